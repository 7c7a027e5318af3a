/* SPDX-License-Identifier: Apache-2.0 */

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/params.h>
#include <openssl/x509.h>
#include <string.h>

#include "passthrough.h"

static const struct {
    const char *type;
    int parameters; /* only those */
    const char *name, *value;
} rows[] = {
    { "RSA", 0, "bits", "1024" },
    { "RSA", 0, "bits", "511" },
    { "RSA", 0, "bits", "512" },
    { "RSA", 0, "bits", "0" },
    { "RSA", 0, "bits", "nonsense" },
    { "RSA", 0, "pubexp", "3" },
    { "RSA", 0, "pubexp", "4" },
    { "RSA", 0, "primes", "3" },
    { "RSA", 0, "primes", "99" },
    { "RSA", 0, "nonsense", "1" },
    { "RSA", 1, "bits", "1024" },
    { "EC", 0, NULL, NULL },
    { "EC", 1, NULL, NULL },
    { "EC", 0, "group", "P-256" },
    { "EC", 0, "group", "prime256v1" },
    { "EC", 0, "group", "SM2" },
    { "EC", 0, "group", "secp256k1" },
    { "EC", 0, "group", "sect233r1" },
    { "EC", 0, "group", "secp112r1" },
    { "EC", 0, "group", "nonsense" },
    { "EC", 0, "group", "" },
    { "EC", 1, "group", "P-521" },
    { "EC", 0, "encoding", "explicit" },
    { "EC", 0, "point-format", "compressed" },
    { "EC", 0, "p", "23" },
    { "EC", 0, "use-cofactor-flag", "1" },
    { "RSA-PSS", 0, "bits", "1024" },
    { "SM2", 0, NULL, NULL },
};

static int has_no_use(const char *type)
{
    return strcmp(type, "RSA") == 0 || strcmp(type, "RSA-PSS") == 0;
}

/* What can be asked of a key that is made (OpenSSL 3.4). */
static void tell_gettable(EVP_PKEY_CTX *ctx)
{
    const OSSL_PARAM *list = EVP_PKEY_CTX_gettable_params(ctx);
    int indicator = -7;
    OSSL_PARAM params[2] = { OSSL_PARAM_int("fips-indicator", &indicator),
                             OSSL_PARAM_END };

    tell_text(list != NULL ? "a list" : "no list");
    for (; list != NULL && list->key != NULL; list++)
        tell_text(list->key);
    tell_code(EVP_PKEY_CTX_get_params(ctx, params));
    tell_code(indicator);
}

static void generate(size_t row)
{
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, rows[row].type, NULL);
    EVP_PKEY *pkey = NULL;
    int ok = 1;

    begin(NULL, rows[row].parameters ? "make parameters" : "make a key",
          "%s %s %s", rows[row].type,
          rows[row].name != NULL ? rows[row].name : "-",
          rows[row].value != NULL ? rows[row].value : "-");
    tell_code(rows[row].parameters ? EVP_PKEY_paramgen_init(ctx)
                                   : EVP_PKEY_keygen_init(ctx));
    tell_gettable(ctx);
    if (has_no_use(rows[row].type)) /* the sooner it is made */
        tell_code(EVP_PKEY_CTX_set_rsa_keygen_bits(ctx, 1024));
    if (rows[row].name != NULL) {
        const OSSL_PARAM *settable = EVP_PKEY_CTX_settable_params(ctx);
        OSSL_PARAM params[2] = { OSSL_PARAM_END, OSSL_PARAM_END };
        int found = 0;

        ok = OSSL_PARAM_allocate_from_text(&params[0], settable, rows[row].name,
                                           rows[row].value,
                                           strlen(rows[row].value), &found);
        tell_code(ok);
        tell_code(found);
        if (ok == 1)
            ok = EVP_PKEY_CTX_set_params(ctx, params);
        tell_code(ok);
        OPENSSL_free(params[0].data);
    }
    if (ok == 1)
        tell_code(EVP_PKEY_generate(ctx, &pkey));
    if (pkey != NULL) {
        tell_code(EVP_PKEY_get_bits(pkey));
        tell_code(i2d_PrivateKey(pkey, NULL));
        tell_code(i2d_PUBKEY(pkey, NULL));
    }
    EVP_PKEY_free(pkey);
    EVP_PKEY_CTX_free(ctx);
    end();
}

static int count_progress(EVP_PKEY_CTX *ctx)
{
    int *left = EVP_PKEY_CTX_get_app_data(ctx);

    return (*left)-- > 0;
}

/* A callback that stops it. */
static void stop(void)
{
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
    EVP_PKEY *pkey = NULL;
    int left = 2;

    begin(NULL, "make a key", "%s", "and stop");
    tell_code(EVP_PKEY_keygen_init(ctx));
    EVP_PKEY_CTX_set_app_data(ctx, &left);
    EVP_PKEY_CTX_set_cb(ctx, count_progress);
    tell_code(EVP_PKEY_keygen(ctx, &pkey));
    tell_code(pkey == NULL);
    EVP_PKEY_free(pkey);
    EVP_PKEY_CTX_free(ctx);
    end();
}

void do_generation(void)
{
    size_t i;

    for (i = 0; i < COUNT(rows); i++)
        generate(i);
    stop();
}

/* --- By another key ---------------------------------------------------------
 */

static void by_template(const struct subject *subject)
{
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(NULL, subject->pkey, NULL);
    EVP_PKEY *pkey = NULL;

    begin(subject, "make one of its kind", "%s", "");
    tell_code(EVP_PKEY_keygen_init(ctx));
    if (strcmp(subject->type, "EC") != 0)
        tell_code(EVP_PKEY_CTX_set_rsa_keygen_bits(ctx, 1024));
    tell_code(EVP_PKEY_keygen(ctx, &pkey));
    if (pkey != NULL) {
        tell_code(EVP_PKEY_get_bits(pkey));
        tell_code(EVP_PKEY_parameters_eq(pkey, subject->pkey));
    }
    EVP_PKEY_free(pkey);
    EVP_PKEY_CTX_free(ctx);
    end();
}

void do_templates(const struct subject *subject)
{
    by_template(subject);
}

/* --- Of given numbers -------------------------------------------------------
 */

static void import(const char *type, int selection, const OSSL_PARAM *params,
                   const char *what)
{
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, type, NULL);
    EVP_PKEY *pkey = NULL;
    union {
        const OSSL_PARAM *in;
        OSSL_PARAM *out;
    } u = { params };
    size_t n = 0;

    begin(NULL, "import", "%s %s %#x", type, what, (unsigned)selection);
    for (params = EVP_PKEY_fromdata_settable(ctx, selection);
         params != NULL && params->key != NULL; params++)
        n++;
    tell_size(n);
    tell_code(EVP_PKEY_fromdata_init(ctx));
    tell_code(EVP_PKEY_fromdata(ctx, &pkey, selection, u.out));
    if (pkey != NULL)
        tell_code(EVP_PKEY_get_bits(pkey));
    EVP_PKEY_free(pkey);
    EVP_PKEY_CTX_free(ctx);
    end();
}

void do_imports(void)
{
    static const char *const types[] = { "RSA", "EC", "RSA-PSS", "SM2" };
    static const int selections[] = { 0, EVP_PKEY_KEY_PARAMETERS,
                                      EVP_PKEY_PUBLIC_KEY, EVP_PKEY_KEYPAIR };
    unsigned char number[4] = { 7, 0, 0, 0 }, point[65] = { 4 };
    char group[] = "P-256", odd[] = "nonsense";
    size_t i, j;

    for (i = 0; i < COUNT(types); i++) {
        for (j = 0; j < COUNT(selections); j++) {
            OSSL_PARAM none[] = { OSSL_PARAM_END };
            OSSL_PARAM rsa[] = { OSSL_PARAM_BN("n", number, sizeof(number)),
                                 OSSL_PARAM_BN("e", number, 1),
                                 OSSL_PARAM_END };
            OSSL_PARAM ec[] = {
                OSSL_PARAM_utf8_string("group", group, sizeof(group) - 1),
                OSSL_PARAM_octet_string("pub", point, sizeof(point)),
                OSSL_PARAM_END
            };
            OSSL_PARAM wrong[] = {
                OSSL_PARAM_utf8_string("group", odd, sizeof(odd) - 1),
                OSSL_PARAM_utf8_string("n", odd, sizeof(odd) - 1),
                OSSL_PARAM_END
            };

            import(types[i], selections[j], none, "nothing");
            import(types[i], selections[j], rsa, "small numbers");
            import(types[i], selections[j], ec, "no point of the curve");
            import(types[i], selections[j], wrong, "wrong types");
        }
    }
}
