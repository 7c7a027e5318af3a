/* SPDX-License-Identifier: Apache-2.0 */

#include <openssl/conf.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/rsa.h>
#include <stdio.h>
#include <string.h>

#include "provider_fixture.h"

struct provider_fixture fixture;

/* The built-in provider is activated by the file, so that it sees the values
 * there. */
static bool load_config(const char *conf)
{
    char text[2000];
    const char *path;

    (void)snprintf(text, sizeof(text),
                   "openssl_conf = init\n[init]\nproviders = list\n"
                   "[list]\nkeyvault = ours\n[ours]\nactivate = 1\n%s",
                   conf);
    path = unit_file("openssl.cnf", text, strlen(text));
    return OSSL_LIB_CTX_load_config(fixture.libctx, path) == 1;
}

bool provider_set_up(const char *conf)
{
    memset(&fixture, 0, sizeof(fixture));
    fixture.libctx = OSSL_LIB_CTX_new();
    if (!CHECK(fixture.libctx != NULL))
        return false;
    CHECK(OSSL_PROVIDER_add_builtin(fixture.libctx, "keyvault",
                                    OSSL_provider_init)
          == 1);
    if (conf != NULL)
        CHECK(load_config(conf));
    fixture.standard = OSSL_PROVIDER_load(fixture.libctx, "default");
    fixture.akv = OSSL_PROVIDER_load(fixture.libctx, "keyvault");
    return CHECK(fixture.standard != NULL) && CHECK(fixture.akv != NULL);
}

void provider_tear_down(void)
{
    if (fixture.akv != NULL)
        CHECK(OSSL_PROVIDER_unload(fixture.akv) == 1);
    if (fixture.standard != NULL)
        CHECK(OSSL_PROVIDER_unload(fixture.standard) == 1);
    OSSL_LIB_CTX_free(fixture.libctx);
    memset(&fixture, 0, sizeof(fixture));
    ERR_clear_error();
}

static int append_error(const char *str, size_t len, void *arg)
{
    return akv_buf_append(arg, str, len) ? 1 : 0;
}

const char *provider_errors(void)
{
    static char text[8000];
    struct akv_buf buf = AKV_BUF_INIT(sizeof(text) - 1);

    ERR_print_errors_cb(append_error, &buf);
    (void)snprintf(text, sizeof(text), "%s", akv_buf_str(&buf));
    akv_buf_free(&buf);
    return text;
}

EVP_PKEY *their_rsa(unsigned bits)
{
    EVP_PKEY *key =
        EVP_PKEY_Q_keygen(fixture.libctx, THEIRS, "RSA", (size_t)bits);

    CHECK(key != NULL && !is_ours(key));
    return key;
}

EVP_PKEY *their_ec(const char *group)
{
    EVP_PKEY *key = EVP_PKEY_Q_keygen(fixture.libctx, THEIRS, "EC", group);

    CHECK_AT(group, key != NULL && !is_ours(key));
    return key;
}

EVP_PKEY *import_key(const EVP_PKEY *key, int selection, const char *propq)
{
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(
        fixture.libctx, EVP_PKEY_get0_type_name(key), propq);
    OSSL_PARAM *params = NULL;
    EVP_PKEY *copy = NULL;

    if (ctx == NULL || EVP_PKEY_todata(key, selection, &params) != 1
        || EVP_PKEY_fromdata_init(ctx) != 1
        || EVP_PKEY_fromdata(ctx, &copy, selection, params) != 1)
        copy = NULL;
    OSSL_PARAM_free(params);
    EVP_PKEY_CTX_free(ctx);
    return copy;
}

bool is_ours(const EVP_PKEY *key)
{
    const OSSL_PROVIDER *provider = EVP_PKEY_get0_provider(key);

    return provider != NULL
           && strcmp(OSSL_PROVIDER_get0_name(provider), "keyvault") == 0;
}
