/* SPDX-License-Identifier: Apache-2.0 */

/*
 * What the programs of these tests share: keys by URI, and signatures that
 * are checked by a library context which knows nothing of our provider. Any
 * failure ends the program with status 1 and OpenSSL's reasons.
 */

#ifndef E2E_KEYS_H
#define E2E_KEYS_H

#include <openssl/evp.h>
#include <openssl/provider.h>

/* A library context with the providers default and, if wanted, akv. */
struct context {
    OSSL_LIB_CTX *libctx; /* NULL: the default one */
    OSSL_PROVIDER *standard;
    OSSL_PROVIDER *ours;
};

void check(int ok, const char *what);

/* own: in a context of its own. */
void context_open(struct context *context, int own, int with_ours);
void context_close(struct context *context);

/* The private key that the URI names; the caller frees it. */
EVP_PKEY *load_key(OSSL_LIB_CTX *libctx, const char *uri);
/* Its public half as a key of another context. */
EVP_PKEY *public_half(EVP_PKEY *pkey, OSSL_LIB_CTX *libctx);

/* Signs with the key, n times, and verifies with the public half. */
void sign_and_verify(OSSL_LIB_CTX *libctx, EVP_PKEY *pkey, OSSL_LIB_CTX *plain,
                     EVP_PKEY *public_key, int n);

#endif
