/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The provider, built into the test program, in a library context of its own
 * beside the default provider; and keys of both.
 */

#ifndef PROVIDER_FIXTURE_H
#define PROVIDER_FIXTURE_H

#include <openssl/evp.h>
#include <openssl/provider.h>

#include "unit.h"

#define OURS "provider=keyvault"
#define THEIRS "provider=default"

struct provider_fixture {
    OSSL_LIB_CTX *libctx;
    OSSL_PROVIDER *standard, *akv;
};

/* What the tests work with, between set_up and tear_down. */
extern struct provider_fixture fixture;

/* Loads both providers. conf: lines for the section of openssl.cnf ("timeout =
 * 5s\n"), or NULL for no file. */
bool provider_set_up(const char *conf);
void provider_tear_down(void);

/* The whole error queue as text, which is emptied; borrowed until the next
 * call. */
const char *provider_errors(void);

/* A new key of the default provider: "RSA" with bits, or an EC group. */
EVP_PKEY *their_rsa(unsigned bits);
EVP_PKEY *their_ec(const char *group);

/* A copy of (a part of) a key as one of the provider that propq names; NULL if
 * it cannot be made. */
EVP_PKEY *import_key(const EVP_PKEY *key, int selection, const char *propq);

/* Whether a key is managed by our provider. */
bool is_ours(const EVP_PKEY *key);

#endif
