/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Key management for RSA and EC, passed through to who would do it without us
 * (impl.h): there are no more functions here than the default provider has.
 *
 * Two rules make remote keys work (both were learnt by others the hard way):
 * exporting one fails, at no cost and without a word, whenever the private
 * half is asked for, since libcrypto tries that first in every operation; and
 * it says that it has a private half all the same.
 */

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/params.h>
#include <string.h>

#include "algorithms.h"
#include "err.h"
#include "key.h"
#include "keygen.h"

#define PRIVATE OSSL_KEYMGMT_SELECT_PRIVATE_KEY
#define PUBLIC OSSL_KEYMGMT_SELECT_PUBLIC_KEY
#define PAIR OSSL_KEYMGMT_SELECT_KEYPAIR

static OSSL_FUNC_keymgmt_new_fn rsa_new, ec_new, rsa_fips_new, ec_fips_new;
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
static OSSL_FUNC_keymgmt_gettable_params_fn keymgmt_rsa_gettable, ec_gettable;
static OSSL_FUNC_keymgmt_set_params_fn keymgmt_set_params;
static OSSL_FUNC_keymgmt_settable_params_fn keymgmt_ec_settable;
static OSSL_FUNC_keymgmt_query_operation_name_fn ec_operation_name;

/* Nothing is known of the key yet, so of whom it will be. */
static struct akv_key *key_new(struct akv_provider *prov,
                               enum akv_key_type type, enum akv_role role)
{
    const struct akv_impl *impl = akv_impl_get(prov, type, role);

    return impl != NULL ? akv_key_new(
               prov, impl,
               AKV_CALL(&impl->key, KEYMGMT_NEW, keymgmt_new, impl->provctx))
                        : NULL;
}

static void *rsa_new(void *provctx)
{
    return key_new(provctx, AKV_KEY_RSA, AKV_ROLE_LOCAL);
}

static void *rsa_fips_new(void *provctx)
{
    return key_new(provctx, AKV_KEY_RSA, AKV_ROLE_FIPS);
}

static void *ec_new(void *provctx)
{
    return key_new(provctx, AKV_KEY_EC, AKV_ROLE_LOCAL);
}

static void *ec_fips_new(void *provctx)
{
    return key_new(provctx, AKV_KEY_EC, AKV_ROLE_FIPS);
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

static void *keymgmt_dup(const void *keydata, int selection)
{
    return akv_key_dup(keydata, selection);
}

static int keymgmt_has(const void *keydata, int selection)
{
    const struct akv_key *key = keydata;

    if (key == NULL)
        return 0;
    if (key->remote)
        selection &= ~PRIVATE;
    return AKV_CALL(&key->impl->key, KEYMGMT_HAS, keymgmt_has, key->data,
                    selection);
}

/* Private halves are equal when the public ones are. */
static int keymgmt_match(const void *keydata1, const void *keydata2,
                         int selection)
{
    const struct akv_key *a = keydata1;
    union {
        const void *in;
        struct akv_key *out;
    } u = { keydata2 };
    struct akv_key *b;
    int ok;

    if (a == NULL || u.out == NULL)
        return 0;
    if ((a->remote || u.out->remote) && (selection & PRIVATE) != 0)
        selection = (selection & ~PRIVATE) | PUBLIC;
    b = akv_key_as(u.out, a->impl,
                   (selection & ~PRIVATE) | OSSL_KEYMGMT_SELECT_ALL_PARAMETERS);
    ok = b != NULL
         && AKV_CALL(&a->impl->key, KEYMGMT_MATCH, keymgmt_match, a->data,
                     b->data, selection);
    akv_key_free(b);
    return ok;
}

/* What is in the vault cannot be looked at; its public half can. */
static int keymgmt_validate(const void *keydata, int selection, int checktype)
{
    const struct akv_key *key = keydata;

    if (key->remote)
        selection &= ~PRIVATE;
    return AKV_CALL(&key->impl->key, KEYMGMT_VALIDATE, keymgmt_validate,
                    key->data, selection, checktype);
}

static int keymgmt_import(void *keydata, int selection,
                          const OSSL_PARAM params[])
{
    struct akv_key *key = keydata;

    return !key->remote
           && AKV_CALL(&key->impl->key, KEYMGMT_IMPORT, keymgmt_import,
                       key->data, selection, params);
}

static int keymgmt_export(void *keydata, int selection, OSSL_CALLBACK *callback,
                          void *arg)
{
    const struct akv_key *key = keydata;

    if (key->remote && (selection & PRIVATE) != 0)
        return 0;
    return AKV_CALL(&key->impl->key, KEYMGMT_EXPORT, keymgmt_export, key->data,
                    selection, callback, arg);
}

/* Tells what import takes and export gives, as the default provider does:
 * libcrypto hands us no context here, so nobody can be asked. */
static const OSSL_PARAM *rsa_types(int selection)
{
#define FACTOR(n)                                                              \
    OSSL_PARAM_BN("rsa-factor" #n, NULL, 0),                                   \
        OSSL_PARAM_BN("rsa-exponent" #n, NULL, 0)
#define COEFFICIENT(n) OSSL_PARAM_BN("rsa-coefficient" #n, NULL, 0)
    static const OSSL_PARAM types[] = {
        OSSL_PARAM_BN(OSSL_PKEY_PARAM_RSA_N, NULL, 0),
        OSSL_PARAM_BN(OSSL_PKEY_PARAM_RSA_E, NULL, 0),
        OSSL_PARAM_BN(OSSL_PKEY_PARAM_RSA_D, NULL, 0),
        FACTOR(1),
        FACTOR(2),
        FACTOR(3),
        FACTOR(4),
        FACTOR(5),
        FACTOR(6),
        FACTOR(7),
        FACTOR(8),
        FACTOR(9),
        FACTOR(10),
        COEFFICIENT(1),
        COEFFICIENT(2),
        COEFFICIENT(3),
        COEFFICIENT(4),
        COEFFICIENT(5),
        COEFFICIENT(6),
        COEFFICIENT(7),
        COEFFICIENT(8),
        COEFFICIENT(9),
        OSSL_PARAM_END,
    };

    return (selection & PAIR) != 0 ? types : NULL;
}

#define EC_PRIVATE OSSL_PARAM_BN(OSSL_PKEY_PARAM_PRIV_KEY, NULL, 0)
#define EC_PUBLIC OSSL_PARAM_octet_string(OSSL_PKEY_PARAM_PUB_KEY, NULL, 0)
#define EC_DOMAIN                                                              \
    OSSL_PARAM_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, NULL, 0),               \
        OSSL_PARAM_utf8_string(OSSL_PKEY_PARAM_EC_ENCODING, NULL, 0),          \
        OSSL_PARAM_utf8_string(OSSL_PKEY_PARAM_EC_POINT_CONVERSION_FORMAT,     \
                               NULL, 0),                                       \
        OSSL_PARAM_utf8_string(OSSL_PKEY_PARAM_EC_FIELD_TYPE, NULL, 0),        \
        OSSL_PARAM_BN(OSSL_PKEY_PARAM_EC_P, NULL, 0),                          \
        OSSL_PARAM_BN(OSSL_PKEY_PARAM_EC_A, NULL, 0),                          \
        OSSL_PARAM_BN(OSSL_PKEY_PARAM_EC_B, NULL, 0),                          \
        OSSL_PARAM_octet_string(OSSL_PKEY_PARAM_EC_GENERATOR, NULL, 0),        \
        OSSL_PARAM_BN(OSSL_PKEY_PARAM_EC_ORDER, NULL, 0),                      \
        OSSL_PARAM_BN(OSSL_PKEY_PARAM_EC_COFACTOR, NULL, 0),                   \
        OSSL_PARAM_octet_string(OSSL_PKEY_PARAM_EC_SEED, NULL, 0),             \
        OSSL_PARAM_int(OSSL_PKEY_PARAM_EC_DECODED_FROM_EXPLICIT_PARAMS, NULL)
#define EC_OTHER                                                               \
    OSSL_PARAM_int(OSSL_PKEY_PARAM_USE_COFACTOR_ECDH, NULL),                   \
        OSSL_PARAM_int(OSSL_PKEY_PARAM_EC_INCLUDE_PUBLIC, NULL)

static const OSSL_PARAM *ec_types(int selection)
{
    static const OSSL_PARAM types[][20] = {
        { OSSL_PARAM_END },
        { EC_PRIVATE, OSSL_PARAM_END },
        { EC_PUBLIC, OSSL_PARAM_END },
        { EC_PRIVATE, EC_PUBLIC, OSSL_PARAM_END },
        { EC_DOMAIN, OSSL_PARAM_END },
        { EC_PRIVATE, EC_DOMAIN, OSSL_PARAM_END },
        { EC_PUBLIC, EC_DOMAIN, OSSL_PARAM_END },
        { EC_PRIVATE, EC_PUBLIC, EC_DOMAIN, OSSL_PARAM_END },
        { EC_OTHER, OSSL_PARAM_END },
        { EC_PRIVATE, EC_OTHER, OSSL_PARAM_END },
        { EC_PUBLIC, EC_OTHER, OSSL_PARAM_END },
        { EC_PRIVATE, EC_PUBLIC, EC_OTHER, OSSL_PARAM_END },
        { EC_DOMAIN, EC_OTHER, OSSL_PARAM_END },
        { EC_PRIVATE, EC_DOMAIN, EC_OTHER, OSSL_PARAM_END },
        { EC_PUBLIC, EC_DOMAIN, EC_OTHER, OSSL_PARAM_END },
        { EC_PRIVATE, EC_PUBLIC, EC_DOMAIN, EC_OTHER, OSSL_PARAM_END },
    };
    unsigned row = (selection & PRIVATE) != 0 ? 1 : 0;

    row += (selection & PUBLIC) != 0 ? 2 : 0;
    row += (selection & OSSL_KEYMGMT_SELECT_DOMAIN_PARAMETERS) != 0 ? 4 : 0;
    row += (selection & OSSL_KEYMGMT_SELECT_OTHER_PARAMETERS) != 0 ? 8 : 0;
    return row > 0 ? types[row] : NULL;
}

static int keymgmt_get_params(void *keydata, OSSL_PARAM params[])
{
    const struct akv_key *key = keydata;

    return AKV_CALL(&key->impl->key, KEYMGMT_GET_PARAMS, keymgmt_get_params,
                    key->data, params);
}

/* How an EC key is written may be set of one in a vault, too: it says nothing
 * of the key itself, which cannot be changed. */
static bool is_form(const char *name)
{
    static const char *const forms[] = {
        OSSL_PKEY_PARAM_EC_ENCODING,
        OSSL_PKEY_PARAM_EC_POINT_CONVERSION_FORMAT,
        OSSL_PKEY_PARAM_EC_INCLUDE_PUBLIC,
        OSSL_PKEY_PARAM_EC_GROUP_CHECK_TYPE,
    };
    size_t i;

    for (i = 0; i < sizeof(forms) / sizeof(forms[0]); i++)
        if (OPENSSL_strcasecmp(name, forms[i]) == 0)
            return true;
    return false;
}

static int keymgmt_set_params(void *keydata, const OSSL_PARAM params[])
{
    const struct akv_key *key = keydata;
    const OSSL_PARAM *p = key->remote ? params : NULL;

    for (; p != NULL && p->key != NULL; p++)
        if (!is_form(p->key))
            return akv_raise(key->prov, AKV_R_IMMUTABLE,
                             "%s: keys/%s at %s is in a vault", p->key,
                             key->id.name, key->id.host);
    return AKV_CALL(&key->impl->key, KEYMGMT_SET_PARAMS, keymgmt_set_params,
                    key->data, params);
}

static const OSSL_PARAM *keymgmt_rsa_gettable(void *provctx)
{
    const struct akv_impl *impl =
        akv_impl_get(provctx, AKV_KEY_RSA, AKV_ROLE_LOCAL);

    return impl != NULL ? AKV_CALL(&impl->key, KEYMGMT_GETTABLE_PARAMS,
                                   keymgmt_gettable_params, impl->provctx)
                        : NULL;
}

static const OSSL_PARAM *ec_gettable(void *provctx)
{
    const struct akv_impl *impl =
        akv_impl_get(provctx, AKV_KEY_EC, AKV_ROLE_LOCAL);

    return impl != NULL ? AKV_CALL(&impl->key, KEYMGMT_GETTABLE_PARAMS,
                                   keymgmt_gettable_params, impl->provctx)
                        : NULL;
}

static const OSSL_PARAM *keymgmt_ec_settable(void *provctx)
{
    const struct akv_impl *impl =
        akv_impl_get(provctx, AKV_KEY_EC, AKV_ROLE_LOCAL);

    return impl != NULL ? AKV_CALL(&impl->key, KEYMGMT_SETTABLE_PARAMS,
                                   keymgmt_settable_params, impl->provctx)
                        : NULL;
}

static const char *ec_operation_name(int operation)
{
    switch (operation) {
    case OSSL_OP_SIGNATURE:
        return "ECDSA";
    case OSSL_OP_KEYEXCH:
        return "ECDH";
    default:
        return NULL;
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
        AKV_FN(KEYMGMT_GEN_SET_PARAMS, akv_keygen_set_params),                 \
        AKV_FN(KEYMGMT_GEN, akv_keygen_run),                                   \
        AKV_FN(KEYMGMT_GEN_CLEANUP, akv_keygen_free)

#define RSA_FUNCTIONS(new, gen_init)                                           \
    {                                                                          \
        AKV_FN(KEYMGMT_NEW, new), AKV_FN(KEYMGMT_IMPORT_TYPES, rsa_types),     \
            AKV_FN(KEYMGMT_EXPORT_TYPES, rsa_types),                           \
            AKV_FN(KEYMGMT_GETTABLE_PARAMS, keymgmt_rsa_gettable),             \
            AKV_FN(KEYMGMT_GEN_INIT, gen_init),                                \
            AKV_FN(KEYMGMT_GEN_SETTABLE_PARAMS, akv_rsa_gen_settable),         \
            COMMON_FUNCTIONS, AKV_FN_END,                                      \
    }

#define EC_FUNCTIONS(new, gen_init)                                            \
    {                                                                          \
        AKV_FN(KEYMGMT_NEW, new), AKV_FN(KEYMGMT_IMPORT_TYPES, ec_types),      \
            AKV_FN(KEYMGMT_EXPORT_TYPES, ec_types),                            \
            AKV_FN(KEYMGMT_GETTABLE_PARAMS, ec_gettable),                      \
            AKV_FN(KEYMGMT_SET_PARAMS, keymgmt_set_params),                    \
            AKV_FN(KEYMGMT_SETTABLE_PARAMS, keymgmt_ec_settable),              \
            AKV_FN(KEYMGMT_GEN_INIT, gen_init),                                \
            AKV_FN(KEYMGMT_GEN_SET_TEMPLATE, akv_keygen_set_template),         \
            AKV_FN(KEYMGMT_GEN_SETTABLE_PARAMS, akv_ec_gen_settable),          \
            { AKV_KEYMGMT_GEN_GET_PARAMS,                                      \
              (void (*)(void))akv_keygen_get_params },                         \
            { AKV_KEYMGMT_GEN_GETTABLE_PARAMS,                                 \
              (void (*)(void))akv_ec_gen_gettable },                           \
            AKV_FN(KEYMGMT_QUERY_OPERATION_NAME, ec_operation_name),           \
            COMMON_FUNCTIONS, AKV_FN_END,                                      \
    }

const OSSL_DISPATCH akv_rsa_keymgmt_functions[] =
    RSA_FUNCTIONS(rsa_new, akv_rsa_gen_init);
const OSSL_DISPATCH akv_rsa_fips_keymgmt_functions[] =
    RSA_FUNCTIONS(rsa_fips_new, akv_rsa_fips_gen_init);
const OSSL_DISPATCH akv_ec_keymgmt_functions[] =
    EC_FUNCTIONS(ec_new, akv_ec_gen_init);
const OSSL_DISPATCH akv_ec_fips_keymgmt_functions[] =
    EC_FUNCTIONS(ec_fips_new, akv_ec_fips_gen_init);
