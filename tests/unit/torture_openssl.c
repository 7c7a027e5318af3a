/* SPDX-License-Identifier: Apache-2.0 */

/* Calls of OpenSSL that make something, each of which can be made to fail. The
 * library's own insides are not touched: they are not what is tested. */

#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/encoder.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/pkcs12.h>
#include <openssl/provider.h>
#include <openssl/stack.h>
#include <openssl/x509.h>

#include "torture.h"

#define WRAP(type, name, parameters, arguments)                                \
    type __real_##name parameters;                                             \
    type __wrap_##name parameters;                                             \
    type __wrap_##name parameters                                              \
    {                                                                          \
        return torture_fails() ? (type)0 : __real_##name arguments;            \
    }

WRAP(void *, CRYPTO_zalloc, (size_t size, const char *file, int line),
     (size, file, line))
WRAP(OSSL_LIB_CTX *, OSSL_LIB_CTX_new, (void), ())
WRAP(OSSL_PROVIDER *, OSSL_PROVIDER_load,
     (OSSL_LIB_CTX * libctx, const char *name), (libctx, name))
WRAP(EVP_PKEY_CTX *, EVP_PKEY_CTX_new_from_name,
     (OSSL_LIB_CTX * libctx, const char *name, const char *propq),
     (libctx, name, propq))
WRAP(EVP_PKEY_CTX *, EVP_PKEY_CTX_new_from_pkey,
     (OSSL_LIB_CTX * libctx, EVP_PKEY *key, const char *propq),
     (libctx, key, propq))
WRAP(EVP_PKEY_CTX *, EVP_PKEY_CTX_dup, (const EVP_PKEY_CTX *ctx), (ctx))
WRAP(EVP_PKEY *, EVP_PKEY_dup, (EVP_PKEY * key), (key))
WRAP(int, EVP_PKEY_todata,
     (const EVP_PKEY *key, int selection, OSSL_PARAM **params),
     (key, selection, params))
WRAP(int, EVP_PKEY_fromdata,
     (EVP_PKEY_CTX * ctx, EVP_PKEY **key, int selection, OSSL_PARAM params[]),
     (ctx, key, selection, params))
WRAP(OSSL_PARAM *, OSSL_PARAM_merge,
     (const OSSL_PARAM *first, const OSSL_PARAM *second), (first, second))
WRAP(OSSL_PARAM_BLD *, OSSL_PARAM_BLD_new, (void), ())
WRAP(OSSL_PARAM *, OSSL_PARAM_BLD_to_param, (OSSL_PARAM_BLD * bld), (bld))
WRAP(EVP_MD_CTX *, EVP_MD_CTX_new, (void), ())
WRAP(int, EVP_MD_CTX_copy_ex, (EVP_MD_CTX * to, const EVP_MD_CTX *from),
     (to, from))
WRAP(EVP_MD *, EVP_MD_fetch,
     (OSSL_LIB_CTX * libctx, const char *name, const char *propq),
     (libctx, name, propq))
WRAP(BIGNUM *, BN_bin2bn, (const unsigned char *data, int len, BIGNUM *to),
     (data, len, to))
WRAP(ECDSA_SIG *, ECDSA_SIG_new, (void), ())
WRAP(void *, CRYPTO_memdup,
     (const void *data, size_t size, const char *file, int line),
     (data, size, file, line))
WRAP(X509 *, X509_new_ex, (OSSL_LIB_CTX * libctx, const char *propq),
     (libctx, propq))
WRAP(BIO *, BIO_new_mem_buf, (const void *data, int len), (data, len))
WRAP(BIO *, BIO_new_from_core_bio, (OSSL_LIB_CTX * libctx, OSSL_CORE_BIO *core),
     (libctx, core))
WRAP(OPENSSL_STACK *, OPENSSL_sk_new_null, (void), ())
WRAP(int, OPENSSL_sk_push, (OPENSSL_STACK * stack, const void *item),
     (stack, item))
WRAP(PKCS12 *, PKCS12_init_ex,
     (int mode, OSSL_LIB_CTX *libctx, const char *propq), (mode, libctx, propq))
WRAP(EVP_PKEY *, d2i_PUBKEY_ex,
     (EVP_PKEY * *key, const unsigned char **der, long len,
      OSSL_LIB_CTX *libctx, const char *propq),
     (key, der, len, libctx, propq))
WRAP(OSSL_ENCODER_CTX *, OSSL_ENCODER_CTX_new_for_pkey,
     (const EVP_PKEY *key, int selection, const char *output,
      const char *structure, const char *propq),
     (key, selection, output, structure, propq))
