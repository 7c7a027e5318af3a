/* SPDX-License-Identifier: Apache-2.0 */

/* The functions in the dispatch tables, called as libcrypto seldom does: on
 * empty objects, without an init, twice, with nothing. */

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/params.h>
#include <openssl/store.h>
#include <string.h>

#include "algorithms.h"
#include "remote_vault.h"

#define ALL OSSL_KEYMGMT_SELECT_ALL
#define PRIVATE OSSL_KEYMGMT_SELECT_PRIVATE_KEY
#define PUBLIC OSSL_KEYMGMT_SELECT_PUBLIC_KEY
#define DOMAIN OSSL_KEYMGMT_SELECT_DOMAIN_PARAMETERS

static void *provctx;

typedef void any_fn(void);

/* A function of a table; NULL: it has none. */
static any_fn *find(const OSSL_DISPATCH *table, int id)
{
    for (; table->function_id != 0; table++)
        if (table->function_id == id)
            return table->function;
    return NULL;
}

#define GET(type, table, id) ((OSSL_FUNC_##type##_fn *)find((table), (id)))

static void set_up(void)
{
    CHECK(remote_vault_open(NULL));
    provctx = OSSL_PROVIDER_get0_provider_ctx(fixture.akv);
    CHECK(provctx != NULL);
}

static void tear_down(void)
{
    remote_vault_close();
    CHECK(fixture.libctx == NULL);
}

/* Every table has each function once. */
static void tables(void)
{
    static const OSSL_DISPATCH *const all[] = {
        akv_rsa_keymgmt_functions,
        akv_rsa_fips_keymgmt_functions,
        akv_ec_keymgmt_functions,
        akv_ec_fips_keymgmt_functions,
        akv_rsa_signature_functions,
        akv_rsa_fips_signature_functions,
        akv_ecdsa_signature_functions,
        akv_ecdsa_fips_signature_functions,
        akv_rsa_cipher_functions,
        akv_rsa_fips_cipher_functions,
        akv_ecdh_functions,
        akv_ecdh_fips_functions,
        akv_store_functions
    };
    const OSSL_DISPATCH *row;
    size_t i;

    for (i = 0; i < COUNT(all); i++) {
        for (row = all[i]; row->function_id != 0; row++) {
            CHECK(row->function != NULL);
            CHECK(find(row + 1, row->function_id) == NULL);
        }
    }
}

/* An algorithm of a provider by its first name; NULL: it has none. */
static const OSSL_DISPATCH *table_of(const OSSL_PROVIDER *provider,
                                     int operation, const char *name)
{
    const OSSL_ALGORITHM *alg;
    int no_cache;

    alg = OSSL_PROVIDER_query_operation(provider, operation, &no_cache);
    for (; alg != NULL && alg->algorithm_names != NULL; alg++)
        if (strncmp(alg->algorithm_names, name, strlen(name)) == 0
            && strcspn(alg->algorithm_names, ":") == strlen(name))
            return alg->implementation;
    return NULL;
}

/* What default offers of an algorithm we offer, too, whatever the version:
 * what is in no table is passed through by nobody. */
static void all_of_default(void)
{
    static const struct {
        int operation;
        const char *name;
        int without; /* libcrypto has a way around it */
    } rows[] = {
        { OSSL_OP_KEYMGMT, "RSA", 17 }, /* NEW_EX, of 4.0 */
        { OSSL_OP_KEYMGMT, "EC", 17 },
        { OSSL_OP_SIGNATURE, "RSA", 0 },
        { OSSL_OP_SIGNATURE, "ECDSA", 0 },
        { OSSL_OP_SIGNATURE, "RSA-SHA2-256", 0 },
        { OSSL_OP_SIGNATURE, "ECDSA-SHA2-256", 0 },
        { OSSL_OP_ASYM_CIPHER, "RSA", 0 },
        { OSSL_OP_KEYEXCH, "ECDH", 11 }, /* DERIVE_SKEY, of 3.6 */
        { OSSL_OP_KEM, "RSA", 0 },
        { OSSL_OP_KEM, "EC", 0 },
    };
    size_t i;

    for (i = 0; i < COUNT(rows); i++) {
        const OSSL_DISPATCH *theirs =
            table_of(fixture.standard, rows[i].operation, rows[i].name);
        const OSSL_DISPATCH *ours =
            table_of(fixture.akv, rows[i].operation, rows[i].name);

        if (theirs == NULL) /* not in this version */
            continue;
        CHECK(ours != NULL);
        for (; ours != NULL && theirs->function_id != 0; theirs++)
            if (theirs->function_id != rows[i].without)
                CHECK_INT(rows[i].name,
                          find(ours, theirs->function_id) != NULL
                              ? theirs->function_id
                              : 0,
                          theirs->function_id);
    }
}

struct keymgmt {
    OSSL_FUNC_keymgmt_new_fn *new_key;
    OSSL_FUNC_keymgmt_free_fn *free_key;
    OSSL_FUNC_keymgmt_has_fn *has;
    OSSL_FUNC_keymgmt_match_fn *match;
    OSSL_FUNC_keymgmt_validate_fn *validate;
    OSSL_FUNC_keymgmt_import_fn *import;
    OSSL_FUNC_keymgmt_export_fn *export;
    OSSL_FUNC_keymgmt_dup_fn *dup;
    OSSL_FUNC_keymgmt_load_fn *load;
    OSSL_FUNC_keymgmt_get_params_fn *get_params;
    OSSL_FUNC_keymgmt_set_params_fn *set_params;
    OSSL_FUNC_keymgmt_import_types_fn *types;
};

static struct keymgmt keymgmt_of(const OSSL_DISPATCH *table)
{
    struct keymgmt all = {
        GET(keymgmt_new, table, OSSL_FUNC_KEYMGMT_NEW),
        GET(keymgmt_free, table, OSSL_FUNC_KEYMGMT_FREE),
        GET(keymgmt_has, table, OSSL_FUNC_KEYMGMT_HAS),
        GET(keymgmt_match, table, OSSL_FUNC_KEYMGMT_MATCH),
        GET(keymgmt_validate, table, OSSL_FUNC_KEYMGMT_VALIDATE),
        GET(keymgmt_import, table, OSSL_FUNC_KEYMGMT_IMPORT),
        GET(keymgmt_export, table, OSSL_FUNC_KEYMGMT_EXPORT),
        GET(keymgmt_dup, table, OSSL_FUNC_KEYMGMT_DUP),
        GET(keymgmt_load, table, OSSL_FUNC_KEYMGMT_LOAD),
        GET(keymgmt_get_params, table, OSSL_FUNC_KEYMGMT_GET_PARAMS),
        GET(keymgmt_set_params, table, OSSL_FUNC_KEYMGMT_SET_PARAMS),
        GET(keymgmt_import_types, table, OSSL_FUNC_KEYMGMT_IMPORT_TYPES),
    };

    return all;
}

static int never(const OSSL_PARAM params[], void *arg)
{
    (void)params;
    (*(unsigned *)arg)++;
    return 1;
}

static void empty_keys(void)
{
    static const OSSL_DISPATCH *const managers[] = { akv_rsa_keymgmt_functions,
                                                     akv_ec_keymgmt_functions };
    static const int bits[] = { PRIVATE, PUBLIC, ALL };
    size_t i, j;

    for (i = 0; i < COUNT(managers); i++) {
        struct keymgmt km = keymgmt_of(managers[i]);
        void *key = km.new_key(provctx), *copy;

        if (!CHECK(key != NULL))
            continue;
        for (j = 0; j < COUNT(bits); j++) {
            CHECK_INT("has", km.has(key, bits[j]), 0);
            CHECK_INT("has", km.has(NULL, bits[j]), 0);
            CHECK_INT("match", km.match(NULL, key, bits[j]), 0);
            CHECK_INT("match", km.match(key, NULL, bits[j]), 0);
        }
        CHECK_INT("an RSA key has no parameters to lack", km.has(key, DOMAIN),
                  i == 0);
        copy = km.dup(key, ALL);
        CHECK(copy != NULL && km.has(copy, PUBLIC) == 0);
        km.free_key(copy);
        km.free_key(key);
        km.free_key(NULL);
        CHECK(km.load(&key, sizeof(key) - 1) == NULL);
        CHECK(km.types(PUBLIC) != NULL && km.types(0) == NULL);
    }
    ERR_clear_error();
}

/* Parameters and public key, one after the other into one object. */
static void import_in_turn(void)
{
    static const int parts[] = { EVP_PKEY_KEY_PARAMETERS, EVP_PKEY_PUBLIC_KEY };
    struct keymgmt km = keymgmt_of(akv_ec_keymgmt_functions);
    void *key = km.new_key(provctx), *whole = km.new_key(provctx);
    OSSL_PARAM *params = NULL;
    size_t i;

    CHECK_INT("export", EVP_PKEY_todata(remote.ec, EVP_PKEY_KEYPAIR, &params),
              1);
    CHECK_INT("import", km.import(whole, ALL, params), 1);
    CHECK_INT("private", km.has(whole, PRIVATE), 1);
    OSSL_PARAM_free(params);
    for (i = 0; i < COUNT(parts); i++) {
        CHECK_INT("export", EVP_PKEY_todata(remote.ec, parts[i], &params), 1);
        CHECK_INT("import", km.import(key, parts[i], params), 1);
        CHECK_INT("parameters", km.has(key, DOMAIN), 1);
        CHECK_INT("public", km.has(key, PUBLIC), i >= 1);
        CHECK_INT("private", km.has(key, PRIVATE), 0);
        CHECK_INT("match", km.match(key, whole, DOMAIN), 1);
        OSSL_PARAM_free(params);
    }
    CHECK_INT("match", km.match(key, whole, PUBLIC | DOMAIN), 1);
    CHECK_INT(
        "validate",
        km.validate(key, PUBLIC | DOMAIN, OSSL_KEYMGMT_VALIDATE_FULL_CHECK), 1);
    km.free_key(key);
    km.free_key(whole);
    ERR_clear_error();
}

/* A remote key cannot be changed. */
static void remote_is_immutable(void)
{
    EVP_PKEY *key = remote_key("akv://v/keys/ec");

    CHECK(key != NULL);
    CHECK(EVP_PKEY_set_utf8_string_param(
              key, OSSL_PKEY_PARAM_EC_POINT_CONVERSION_FORMAT, "compressed")
          == 1); /* that is a matter of writing it down */
    CHECK(EVP_PKEY_set1_encoded_public_key(key, (const unsigned char *)"x", 1)
          != 1);
    CHECK_INT("it is as before", EVP_PKEY_eq(key, remote.ec), 1);
    EVP_PKEY_free(key);
    ERR_clear_error();
}

/* A context that was never initialised does nothing, but breaks nothing. */
static void signature_without_key(void)
{
    const OSSL_DISPATCH *t = akv_rsa_signature_functions;
    OSSL_FUNC_signature_newctx_fn *newctx =
        GET(signature_newctx, t, OSSL_FUNC_SIGNATURE_NEWCTX);
    OSSL_FUNC_signature_freectx_fn *freectx =
        GET(signature_freectx, t, OSSL_FUNC_SIGNATURE_FREECTX);
    void *ctx = newctx(provctx, NULL);
    void *copy = GET(signature_dupctx, t, OSSL_FUNC_SIGNATURE_DUPCTX)(ctx);
    OSSL_PARAM none[] = { OSSL_PARAM_END };
    unsigned char sig[100], tbs[32] = { 0 };
    size_t len = sizeof(sig);

    CHECK(ctx != NULL && copy != NULL);
    CHECK_INT("init",
              GET(signature_sign_init, t,
                  OSSL_FUNC_SIGNATURE_SIGN_INIT)(ctx, NULL, none),
              0);
    CHECK_INT("sign",
              GET(signature_sign, t, OSSL_FUNC_SIGNATURE_SIGN)(
                  ctx, sig, &len, sizeof(sig), tbs, sizeof(tbs)),
              0);
    CHECK_INT("verify",
              GET(signature_verify, t, OSSL_FUNC_SIGNATURE_VERIFY)(
                  ctx, sig, sizeof(sig), tbs, sizeof(tbs)),
              0);
    CHECK_INT(
        "recover",
        GET(signature_verify_recover, t, OSSL_FUNC_SIGNATURE_VERIFY_RECOVER)(
            ctx, sig, &len, sizeof(sig), tbs, sizeof(tbs)),
        0);
    CHECK_INT("update",
              GET(signature_digest_sign_update, t,
                  OSSL_FUNC_SIGNATURE_DIGEST_SIGN_UPDATE)(ctx, tbs, 1),
              0);
    CHECK_INT(
        "final",
        GET(signature_digest_sign_final, t,
            OSSL_FUNC_SIGNATURE_DIGEST_SIGN_FINAL)(ctx, sig, &len, sizeof(sig)),
        0);
    CHECK_INT("size",
              GET(signature_digest_sign_final, t,
                  OSSL_FUNC_SIGNATURE_DIGEST_SIGN_FINAL)(ctx, NULL, &len, 0),
              0);
    CHECK_INT("set",
              GET(signature_set_ctx_params, t,
                  OSSL_FUNC_SIGNATURE_SET_CTX_PARAMS)(ctx, none),
              0);
    CHECK_INT("get",
              GET(signature_get_ctx_params, t,
                  OSSL_FUNC_SIGNATURE_GET_CTX_PARAMS)(ctx, none),
              0);
    CHECK(GET(signature_gettable_ctx_params, t,
              OSSL_FUNC_SIGNATURE_GETTABLE_CTX_PARAMS)(ctx, provctx)
          != NULL);
    CHECK(GET(signature_settable_ctx_params, t,
              OSSL_FUNC_SIGNATURE_SETTABLE_CTX_PARAMS)(NULL, provctx)
          != NULL);
    freectx(ctx);
    freectx(copy);
    freectx(NULL);
    ERR_clear_error();
}

static void cipher_without_key(void)
{
    const OSSL_DISPATCH *t = akv_rsa_cipher_functions;
    OSSL_FUNC_asym_cipher_freectx_fn *freectx =
        GET(asym_cipher_freectx, t, OSSL_FUNC_ASYM_CIPHER_FREECTX);
    void *ctx =
        GET(asym_cipher_newctx, t, OSSL_FUNC_ASYM_CIPHER_NEWCTX)(provctx);
    void *copy = GET(asym_cipher_dupctx, t, OSSL_FUNC_ASYM_CIPHER_DUPCTX)(ctx);
    OSSL_PARAM none[] = { OSSL_PARAM_END };
    unsigned char out[100], in[32] = { 0 };
    size_t len = sizeof(out);

    CHECK(ctx != NULL && copy != NULL);
    CHECK_INT("init",
              GET(asym_cipher_encrypt_init, t,
                  OSSL_FUNC_ASYM_CIPHER_ENCRYPT_INIT)(ctx, NULL, none),
              0);
    CHECK_INT("encrypt",
              GET(asym_cipher_encrypt, t, OSSL_FUNC_ASYM_CIPHER_ENCRYPT)(
                  ctx, out, &len, sizeof(out), in, sizeof(in)),
              0);
    CHECK_INT("decrypt",
              GET(asym_cipher_decrypt, t, OSSL_FUNC_ASYM_CIPHER_DECRYPT)(
                  ctx, out, &len, sizeof(out), in, sizeof(in)),
              0);
    CHECK_INT("set",
              GET(asym_cipher_set_ctx_params, t,
                  OSSL_FUNC_ASYM_CIPHER_SET_CTX_PARAMS)(ctx, none),
              0);
    CHECK_INT("get",
              GET(asym_cipher_get_ctx_params, t,
                  OSSL_FUNC_ASYM_CIPHER_GET_CTX_PARAMS)(ctx, none),
              0);
    freectx(ctx);
    freectx(copy);
    freectx(NULL);
    ERR_clear_error();
}

static void store(void)
{
    const OSSL_DISPATCH *t = akv_store_functions;
    OSSL_FUNC_store_set_ctx_params_fn *set =
        GET(store_set_ctx_params, t, OSSL_FUNC_STORE_SET_CTX_PARAMS);
    OSSL_FUNC_store_eof_fn *eof = GET(store_eof, t, OSSL_FUNC_STORE_EOF);
    OSSL_FUNC_store_load_fn *load = GET(store_load, t, OSSL_FUNC_STORE_LOAD);
    OSSL_FUNC_store_close_fn *close_store =
        GET(store_close, t, OSSL_FUNC_STORE_CLOSE);
    void *ctx =
        GET(store_open, t, OSSL_FUNC_STORE_OPEN)(provctx, "akv://v/keys/none");
    char text[] = "der";
    OSSL_PARAM unknown[] = { OSSL_PARAM_utf8_string(OSSL_STORE_PARAM_INPUT_TYPE,
                                                    text, 3),
                             OSSL_PARAM_END };
    OSSL_PARAM wrong[] = {
        OSSL_PARAM_utf8_string(OSSL_STORE_PARAM_EXPECT, text, 3), OSSL_PARAM_END
    };
    unsigned calls = 0;
    int tries;

    CHECK(ctx != NULL);
    CHECK_INT("nothing", set(ctx, NULL), 1);
    CHECK_INT("unknown", set(ctx, unknown), 1);
    CHECK_INT("wrong", set(ctx, wrong), 0);
    CHECK_INT("not at the end", eof(ctx), 0);
    for (tries = 0; tries < 5 && !eof(ctx); tries++)
        CHECK_INT("load", load(ctx, never, &calls, NULL, NULL), 0);
    CHECK(tries < 5 && calls == 0);
    CHECK_INT("load behind the end", load(ctx, never, &calls, NULL, NULL), 0);
    CHECK_INT("close", close_store(ctx), 1);
    CHECK_INT("close nothing", close_store(NULL), 1);
    ERR_clear_error();
}

int main(void)
{
    static const struct unit_test tests[] = {
        { "set up", set_up },
        { "tables", tables },
        { "all of default's", all_of_default },
        { "empty keys", empty_keys },
        { "import in turn", import_in_turn },
        { "remote keys are immutable", remote_is_immutable },
        { "signature without a key", signature_without_key },
        { "cipher without a key", cipher_without_key },
        { "store", store },
        { "tear down", tear_down },
    };

    return unit_main("dispatch", tests, COUNT(tests));
}
