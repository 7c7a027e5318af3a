/* SPDX-License-Identifier: Apache-2.0 */

#include <openssl/err.h>
#include <openssl/store.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <stdlib.h>

#include "keys.h"

void check(int ok, const char *what)
{
    if (ok)
        return;
    fprintf(stderr, "failed: %s\n", what);
    ERR_print_errors_fp(stderr);
    exit(1);
}

void context_open(struct context *context, int own, int with_ours)
{
    context->libctx = own ? OSSL_LIB_CTX_new() : NULL;
    check(!own || context->libctx != NULL, "a library context");
    context->standard = OSSL_PROVIDER_load(context->libctx, "default");
    check(context->standard != NULL, "load the default provider");
    context->ours = NULL;
    if (!with_ours)
        return;
    context->ours = OSSL_PROVIDER_load(context->libctx, "keyvault");
    check(context->ours != NULL, "load our provider");
}

void context_close(struct context *context)
{
    if (context->ours != NULL)
        check(OSSL_PROVIDER_unload(context->ours), "unload our provider");
    check(OSSL_PROVIDER_unload(context->standard), "unload the default one");
    OSSL_LIB_CTX_free(context->libctx);
}

EVP_PKEY *load_key(OSSL_LIB_CTX *libctx, const char *uri)
{
    OSSL_STORE_CTX *ctx =
        OSSL_STORE_open_ex(uri, libctx, NULL, NULL, NULL, NULL, NULL, NULL);
    OSSL_STORE_INFO *info;
    EVP_PKEY *pkey;

    check(ctx != NULL, "open the URI");
    check(OSSL_STORE_expect(ctx, OSSL_STORE_INFO_PKEY), "expect a key");
    info = OSSL_STORE_load(ctx);
    check(info != NULL, "load the URI");
    pkey = OSSL_STORE_INFO_get1_PKEY(info);
    check(pkey != NULL, "take the key");
    OSSL_STORE_INFO_free(info);
    OSSL_STORE_close(ctx);
    return pkey;
}

EVP_PKEY *public_half(EVP_PKEY *pkey, OSSL_LIB_CTX *libctx)
{
    unsigned char *der = NULL;
    const unsigned char *p;
    int len = i2d_PUBKEY(pkey, &der);
    EVP_PKEY *public_key;

    check(len > 0, "encode the public half");
    p = der;
    public_key = d2i_PUBKEY_ex(NULL, &p, len, libctx, NULL);
    check(public_key != NULL, "decode the public half");
    OPENSSL_free(der);
    return public_key;
}

static void sign(OSSL_LIB_CTX *libctx, EVP_PKEY *pkey, unsigned char *sig,
                 size_t *len, const void *data, size_t size)
{
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();

    check(EVP_DigestSignInit_ex(ctx, NULL, "SHA256", libctx, NULL, pkey, NULL)
              == 1,
          "DigestSignInit");
    check(EVP_DigestSign(ctx, sig, len, data, size) == 1, "DigestSign");
    EVP_MD_CTX_free(ctx);
}

static void verify(OSSL_LIB_CTX *libctx, EVP_PKEY *pkey,
                   const unsigned char *sig, size_t len, const void *data,
                   size_t size)
{
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();

    check(EVP_DigestVerifyInit_ex(ctx, NULL, "SHA256", libctx, NULL, pkey, NULL)
              == 1,
          "DigestVerifyInit");
    check(EVP_DigestVerify(ctx, sig, len, data, size) == 1, "DigestVerify");
    EVP_MD_CTX_free(ctx);
}

void sign_and_verify(OSSL_LIB_CTX *libctx, EVP_PKEY *pkey, OSSL_LIB_CTX *plain,
                     EVP_PKEY *public_key, int n)
{
    unsigned char sig[1024];
    size_t len;
    int i;

    for (i = 0; i < n; i++) {
        len = sizeof(sig);
        sign(libctx, pkey, sig, &len, &i, sizeof(i));
        verify(plain, public_key, sig, len, &i, sizeof(i));
    }
}
