/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Key management for RSA and EC, passed through to the private context.
 *
 * Two rules make remote keys work (both were learnt by others the hard way):
 * exporting one fails, at no cost and without a word, whenever the private
 * half is asked for, since libcrypto tries that first in every operation; and
 * it says that it has a private half all the same.
 */

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <string.h>

#include "algorithms.h"
#include "key.h"
#include "keygen.h"
#include "keygen_vault.h"

#define PRIVATE OSSL_KEYMGMT_SELECT_PRIVATE_KEY
#define PUBLIC OSSL_KEYMGMT_SELECT_PUBLIC_KEY
#define PAIR OSSL_KEYMGMT_SELECT_KEYPAIR

static OSSL_FUNC_keymgmt_new_fn rsa_new, ec_new;
static OSSL_FUNC_keymgmt_free_fn keymgmt_free;
static OSSL_FUNC_keymgmt_load_fn keymgmt_load;
static OSSL_FUNC_keymgmt_dup_fn keymgmt_dup;
static OSSL_FUNC_keymgmt_has_fn keymgmt_has;
static OSSL_FUNC_keymgmt_match_fn keymgmt_match;
static OSSL_FUNC_keymgmt_validate_fn keymgmt_validate;
static OSSL_FUNC_keymgmt_import_fn keymgmt_import;
static OSSL_FUNC_keymgmt_export_fn keymgmt_export;
static OSSL_FUNC_keymgmt_import_types_fn rsa_types, ec_types;
static OSSL_FUNC_keymgmt_get_params_fn keymgmt_get_params;
static OSSL_FUNC_keymgmt_gettable_params_fn rsa_gettable, ec_gettable;
static OSSL_FUNC_keymgmt_set_params_fn keymgmt_set_params;
static OSSL_FUNC_keymgmt_settable_params_fn rsa_settable, ec_settable;
static OSSL_FUNC_keymgmt_gen_init_fn rsa_gen_init, ec_gen_init;
static OSSL_FUNC_keymgmt_gen_settable_params_fn rsa_gen_settable,
    ec_gen_settable;
static OSSL_FUNC_keymgmt_query_operation_name_fn rsa_operation_name,
    ec_operation_name;

static void *rsa_new(void *provctx)
{
    return akv_key_new(provctx, AKV_KEY_RSA);
}

static void *ec_new(void *provctx)
{
    return akv_key_new(provctx, AKV_KEY_EC);
}

static void keymgmt_free(void *keydata)
{
    akv_key_free(keydata);
}

/* A reference is a pointer variable's bytes; who loads empties the variable,
 * so that the producer does not free what it no longer owns. */
static void *keymgmt_load(const void *reference, size_t size)
{
    union {
        const void *in;
        struct akv_key **out;
    } u = { reference };
    struct akv_key *key;

    if (size != sizeof(key))
        return NULL;
    key = *u.out;
    *u.out = NULL;
    return key;
}

static EVP_PKEY *from_params(const struct akv_key *key, int selection,
                             const OSSL_PARAM params[])
{
    OSSL_LIB_CTX *libctx = akv_libctx(key->prov);
    EVP_PKEY_CTX *ctx = NULL;
    EVP_PKEY *pkey = NULL;
    union {
        const OSSL_PARAM *in;
        OSSL_PARAM *out;
    } u = { params };

    if (libctx != NULL)
        ctx = EVP_PKEY_CTX_new_from_name(libctx, akv_key_type_name(key->type),
                                         NULL);
    if (ctx == NULL || EVP_PKEY_fromdata_init(ctx) != 1
        || EVP_PKEY_fromdata(ctx, &pkey, selection, u.out) != 1)
        pkey = NULL;
    EVP_PKEY_CTX_free(ctx);
    return pkey;
}

/* The part of a key that selection names, as a new software key's content. */
static EVP_PKEY *copy_part(const struct akv_key *key, int selection)
{
    OSSL_PARAM *params = NULL;
    EVP_PKEY *pkey = NULL;

    if (EVP_PKEY_todata(key->pkey, selection, &params) == 1)
        pkey = from_params(key, selection, params);
    OSSL_PARAM_free(params);
    return pkey;
}

/* A remote key is immutable: its copy is another reference to it. */
static void *keymgmt_dup(const void *keydata, int selection)
{
    const struct akv_key *src = keydata;
    union {
        const void *in;
        struct akv_key *out;
    } u = { keydata };
    struct akv_key *dst;
    EVP_PKEY *pkey;

    if (src->remote && (selection & PRIVATE) != 0)
        return akv_key_up_ref(u.out);
    dst = akv_key_new(src->prov, src->type);
    if (dst == NULL || src->pkey == NULL)
        return dst;
    pkey = (selection & PAIR) == PAIR ? EVP_PKEY_dup(src->pkey)
                                      : copy_part(src, selection);
    if (pkey == NULL) {
        akv_key_free(dst);
        return NULL;
    }
    akv_key_set0_pkey(dst, pkey);
    return dst;
}

/* Bits without meaning for a key count as present: provider-keymgmt(7). */
static int keymgmt_has(const void *keydata, int selection)
{
    const struct akv_key *key = keydata;

    if (key == NULL)
        return 0;
    if ((selection & PUBLIC) != 0 && !key->has_public)
        return 0;
    if ((selection & PRIVATE) != 0 && !key->has_private && !key->remote)
        return 0;
    if ((selection & OSSL_KEYMGMT_SELECT_DOMAIN_PARAMETERS) != 0
        && key->type == AKV_KEY_EC && key->pkey == NULL)
        return 0;
    return 1;
}

/* Private halves are equal when the public ones are. */
static int keymgmt_match(const void *keydata1, const void *keydata2,
                         int selection)
{
    const struct akv_key *a = keydata1, *b = keydata2;

    if (a->pkey == NULL || b->pkey == NULL)
        return 0;
    if ((selection & PAIR) != 0)
        return EVP_PKEY_eq(a->pkey, b->pkey) == 1;
    return EVP_PKEY_parameters_eq(a->pkey, b->pkey) == 1;
}

static int check(EVP_PKEY_CTX *ctx, int selection, bool quick)
{
    int ok = 1;

    if ((selection & PAIR) == PAIR)
        return EVP_PKEY_check(ctx);
    if ((selection & OSSL_KEYMGMT_SELECT_DOMAIN_PARAMETERS) != 0)
        ok =
            quick ? EVP_PKEY_param_check_quick(ctx) : EVP_PKEY_param_check(ctx);
    if (ok == 1 && (selection & PUBLIC) != 0)
        ok = quick ? EVP_PKEY_public_check_quick(ctx)
                   : EVP_PKEY_public_check(ctx);
    if (ok == 1 && (selection & PRIVATE) != 0)
        ok = EVP_PKEY_private_check(ctx);
    return ok;
}

/* What is in the vault cannot be looked at; its public half can. */
static int keymgmt_validate(const void *keydata, int selection, int checktype)
{
    const struct akv_key *key = keydata;
    EVP_PKEY_CTX *ctx;
    int ok;

    if (key->pkey == NULL)
        return 0;
    if (key->remote)
        selection &= ~PRIVATE;
    ctx = EVP_PKEY_CTX_new_from_pkey(akv_libctx(key->prov), key->pkey, NULL);
    ok =
        ctx != NULL
        && check(ctx, selection, checktype == OSSL_KEYMGMT_VALIDATE_QUICK_CHECK)
               == 1;
    EVP_PKEY_CTX_free(ctx);
    return ok;
}

/* Adds to what the key has: libcrypto imports parameters and public key into
 * one object in turn. */
static int import_more(struct akv_key *key, int selection,
                       const OSSL_PARAM params[])
{
    int all = OSSL_KEYMGMT_SELECT_ALL_PARAMETERS;
    OSSL_PARAM *have = NULL, *both = NULL;
    EVP_PKEY *pkey = NULL;

    if (key->has_public)
        all |= PUBLIC;
    if (key->has_private)
        all |= PRIVATE;
    if (EVP_PKEY_todata(key->pkey, all, &have) == 1)
        both = OSSL_PARAM_merge(have, params); /* the latter win */
    if (both != NULL)
        pkey = from_params(key, all | selection, both);
    OPENSSL_free(both);
    OSSL_PARAM_free(have);
    if (pkey == NULL)
        return 0;
    akv_key_set0_pkey(key, pkey);
    return 1;
}

static int keymgmt_import(void *keydata, int selection,
                          const OSSL_PARAM params[])
{
    struct akv_key *key = keydata;
    EVP_PKEY *pkey;

    if (key->remote)
        return 0;
    if (key->pkey != NULL)
        return import_more(key, selection, params);
    pkey = from_params(key, selection, params);
    if (pkey == NULL)
        return 0;
    akv_key_set0_pkey(key, pkey);
    return 1;
}

static int keymgmt_export(void *keydata, int selection, OSSL_CALLBACK *callback,
                          void *arg)
{
    const struct akv_key *key = keydata;

    if (key->pkey == NULL || (key->remote && (selection & PRIVATE) != 0))
        return 0;
    return EVP_PKEY_export(key->pkey, selection, callback, arg) == 1;
}

/* Tells what import takes and export gives; libcrypto hands us no context
 * here, so the default provider's list cannot be asked for. */
static const OSSL_PARAM *rsa_types(int selection)
{
    static const OSSL_PARAM types[] = {
        OSSL_PARAM_BN(OSSL_PKEY_PARAM_RSA_N, NULL, 0),
        OSSL_PARAM_BN(OSSL_PKEY_PARAM_RSA_E, NULL, 0),
        OSSL_PARAM_BN(OSSL_PKEY_PARAM_RSA_D, NULL, 0),
        OSSL_PARAM_BN(OSSL_PKEY_PARAM_RSA_FACTOR1, NULL, 0),
        OSSL_PARAM_BN(OSSL_PKEY_PARAM_RSA_FACTOR2, NULL, 0),
        OSSL_PARAM_BN(OSSL_PKEY_PARAM_RSA_EXPONENT1, NULL, 0),
        OSSL_PARAM_BN(OSSL_PKEY_PARAM_RSA_EXPONENT2, NULL, 0),
        OSSL_PARAM_BN(OSSL_PKEY_PARAM_RSA_COEFFICIENT1, NULL, 0),
        OSSL_PARAM_END,
    };

    return (selection & PAIR) != 0 ? types : NULL;
}

static const OSSL_PARAM *ec_types(int selection)
{
    static const OSSL_PARAM types[] = {
        OSSL_PARAM_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, NULL, 0),
        OSSL_PARAM_octet_string(OSSL_PKEY_PARAM_PUB_KEY, NULL, 0),
        OSSL_PARAM_BN(OSSL_PKEY_PARAM_PRIV_KEY, NULL, 0),
        OSSL_PARAM_utf8_string(OSSL_PKEY_PARAM_EC_ENCODING, NULL, 0),
        OSSL_PARAM_utf8_string(OSSL_PKEY_PARAM_EC_FIELD_TYPE, NULL, 0),
        OSSL_PARAM_BN(OSSL_PKEY_PARAM_EC_P, NULL, 0),
        OSSL_PARAM_BN(OSSL_PKEY_PARAM_EC_A, NULL, 0),
        OSSL_PARAM_BN(OSSL_PKEY_PARAM_EC_B, NULL, 0),
        OSSL_PARAM_octet_string(OSSL_PKEY_PARAM_EC_GENERATOR, NULL, 0),
        OSSL_PARAM_BN(OSSL_PKEY_PARAM_EC_ORDER, NULL, 0),
        OSSL_PARAM_BN(OSSL_PKEY_PARAM_EC_COFACTOR, NULL, 0),
        OSSL_PARAM_octet_string(OSSL_PKEY_PARAM_EC_SEED, NULL, 0),
        OSSL_PARAM_int(OSSL_PKEY_PARAM_USE_COFACTOR_ECDH, NULL),
        OSSL_PARAM_END,
    };

    return (selection & (PAIR | OSSL_KEYMGMT_SELECT_DOMAIN_PARAMETERS)) != 0
               ? types
               : NULL;
}

static int keymgmt_get_params(void *keydata, OSSL_PARAM params[])
{
    const struct akv_key *key = keydata;

    return key->pkey != NULL && EVP_PKEY_get_params(key->pkey, params) == 1;
}

static int keymgmt_set_params(void *keydata, const OSSL_PARAM params[])
{
    struct akv_key *key = keydata;
    union {
        const OSSL_PARAM *in;
        OSSL_PARAM *out;
    } u = { params };

    if (params == NULL || params[0].key == NULL)
        return 1;
    if (key->remote || key->pkey == NULL
        || EVP_PKEY_set_params(key->pkey, u.out) != 1)
        return 0;
    akv_key_set0_pkey(key, key->pkey); /* a public key may be new */
    return 1;
}

/* The default provider's list of parameters to get or to set. */
static const OSSL_PARAM *
list_of(struct akv_provider *prov, enum akv_key_type type,
        const OSSL_PARAM *(*list)(const EVP_KEYMGMT *keymgmt))
{
    OSSL_LIB_CTX *libctx = akv_libctx(prov);
    EVP_KEYMGMT *keymgmt;
    const OSSL_PARAM *params = NULL;

    keymgmt = libctx != NULL
                  ? EVP_KEYMGMT_fetch(libctx, akv_key_type_name(type), NULL)
                  : NULL;
    if (keymgmt != NULL)
        params = list(keymgmt);
    EVP_KEYMGMT_free(keymgmt);
    return params;
}

static const OSSL_PARAM *rsa_gettable(void *provctx)
{
    return list_of(provctx, AKV_KEY_RSA, EVP_KEYMGMT_gettable_params);
}

static const OSSL_PARAM *ec_gettable(void *provctx)
{
    return list_of(provctx, AKV_KEY_EC, EVP_KEYMGMT_gettable_params);
}

static const OSSL_PARAM *rsa_settable(void *provctx)
{
    return list_of(provctx, AKV_KEY_RSA, EVP_KEYMGMT_settable_params);
}

static const OSSL_PARAM *ec_settable(void *provctx)
{
    return list_of(provctx, AKV_KEY_EC, EVP_KEYMGMT_settable_params);
}

static void *rsa_gen_init(void *provctx, int selection,
                          const OSSL_PARAM params[])
{
    return akv_keygen_new(provctx, AKV_KEY_RSA, selection, params);
}

static void *ec_gen_init(void *provctx, int selection,
                         const OSSL_PARAM params[])
{
    return akv_keygen_new(provctx, AKV_KEY_EC, selection, params);
}

/* The default provider's, and those of keys in a vault; made once. */
static const OSSL_PARAM *gen_settable(struct akv_provider *prov,
                                      enum akv_key_type type)
{
    OSSL_PARAM *list = atomic_load(&prov->gen_settable[type]), *none = NULL;

    if (list != NULL)
        return list;
    list =
        OSSL_PARAM_merge(list_of(prov, type, EVP_KEYMGMT_gen_settable_params),
                         akv_keygen_vault_settable);
    if (list == NULL
        || atomic_compare_exchange_strong(&prov->gen_settable[type], &none,
                                          list))
        return list;
    OPENSSL_free(list); /* another thread was faster */
    return none;
}

static const OSSL_PARAM *rsa_gen_settable(ossl_unused void *gen, void *provctx)
{
    return gen_settable(provctx, AKV_KEY_RSA);
}

static const OSSL_PARAM *ec_gen_settable(ossl_unused void *gen, void *provctx)
{
    return gen_settable(provctx, AKV_KEY_EC);
}

static const char *rsa_operation_name(ossl_unused int operation)
{
    return "RSA";
}

static const char *ec_operation_name(int operation)
{
    switch (operation) {
    case OSSL_OP_SIGNATURE:
        return "ECDSA";
    case OSSL_OP_KEYEXCH:
        return "ECDH";
    default:
        return "EC";
    }
}

#define COMMON_FUNCTIONS                                                       \
    AKV_FN(KEYMGMT_FREE, keymgmt_free), AKV_FN(KEYMGMT_LOAD, keymgmt_load),    \
        AKV_FN(KEYMGMT_DUP, keymgmt_dup), AKV_FN(KEYMGMT_HAS, keymgmt_has),    \
        AKV_FN(KEYMGMT_MATCH, keymgmt_match),                                  \
        AKV_FN(KEYMGMT_VALIDATE, keymgmt_validate),                            \
        AKV_FN(KEYMGMT_IMPORT, keymgmt_import),                                \
        AKV_FN(KEYMGMT_EXPORT, keymgmt_export),                                \
        AKV_FN(KEYMGMT_GET_PARAMS, keymgmt_get_params),                        \
        AKV_FN(KEYMGMT_SET_PARAMS, keymgmt_set_params),                        \
        AKV_FN(KEYMGMT_GEN_SET_TEMPLATE, akv_keygen_set_template),             \
        AKV_FN(KEYMGMT_GEN_SET_PARAMS, akv_keygen_set_params),                 \
        AKV_FN(KEYMGMT_GEN, akv_keygen_run),                                   \
        AKV_FN(KEYMGMT_GEN_CLEANUP, akv_keygen_free)

const OSSL_DISPATCH akv_rsa_keymgmt_functions[] = {
    AKV_FN(KEYMGMT_NEW, rsa_new),
    AKV_FN(KEYMGMT_IMPORT_TYPES, rsa_types),
    AKV_FN(KEYMGMT_EXPORT_TYPES, rsa_types),
    AKV_FN(KEYMGMT_GETTABLE_PARAMS, rsa_gettable),
    AKV_FN(KEYMGMT_SETTABLE_PARAMS, rsa_settable),
    AKV_FN(KEYMGMT_GEN_INIT, rsa_gen_init),
    AKV_FN(KEYMGMT_GEN_SETTABLE_PARAMS, rsa_gen_settable),
    AKV_FN(KEYMGMT_QUERY_OPERATION_NAME, rsa_operation_name),
    COMMON_FUNCTIONS,
    AKV_FN_END,
};

const OSSL_DISPATCH akv_ec_keymgmt_functions[] = {
    AKV_FN(KEYMGMT_NEW, ec_new),
    AKV_FN(KEYMGMT_IMPORT_TYPES, ec_types),
    AKV_FN(KEYMGMT_EXPORT_TYPES, ec_types),
    AKV_FN(KEYMGMT_GETTABLE_PARAMS, ec_gettable),
    AKV_FN(KEYMGMT_SETTABLE_PARAMS, ec_settable),
    AKV_FN(KEYMGMT_GEN_INIT, ec_gen_init),
    AKV_FN(KEYMGMT_GEN_SETTABLE_PARAMS, ec_gen_settable),
    AKV_FN(KEYMGMT_QUERY_OPERATION_NAME, ec_operation_name),
    COMMON_FUNCTIONS,
    AKV_FN_END,
};
