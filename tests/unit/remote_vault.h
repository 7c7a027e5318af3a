/* SPDX-License-Identifier: Apache-2.0 */

/* A vault of three keys (rsa, ec, ec521) in the program itself: it answers
 * what the provider asks through libakv's client. */

#ifndef REMOTE_VAULT_H
#define REMOTE_VAULT_H

#include "fake_client.h"
#include "provider_fixture.h"

/* What the next signatures or plaintexts suffer from. */
enum remote_fault {
    REMOTE_NONE,
    REMOTE_FLIP,
    REMOTE_SHORT,
    REMOTE_LONG,
    REMOTE_EMPTY,
    REMOTE_ZERO,
    REMOTE_ONES,
    REMOTE_OTHER_KID,
    REMOTE_REFUSE
};

struct remote_vault {
    EVP_PKEY *rsa, *ec, *ec521; /* the default provider's, with both halves */
    unsigned gets, signs, decrypts, unwraps;
    char alg[20];        /* the last that was asked for */
    const char *key_ops; /* JSON of what the keys allow */
    enum remote_fault fault;
};

extern struct remote_vault remote;

/* provider_set_up(), the keys, and calls answered from here. */
bool remote_vault_open(const char *conf);
void remote_vault_close(void);

/* Counters, fault and key_ops as at the beginning. */
void remote_vault_reset(void);

/* The private key that a URI yields; NULL if it yields none. */
EVP_PKEY *remote_key(const char *uri);

/* The vault's own key of that URI. */
EVP_PKEY *remote_original(const char *uri);

/* Keys of both kinds, with a vault reference and as software keys of ours. */
struct remote_keys {
    EVP_PKEY *remote_rsa, *remote_ec;
    EVP_PKEY *plain_rsa, *plain_ec;
};

/* remote_vault_open() and its keys; remote_keys_close() ends both. */
void remote_keys_open(struct remote_keys *keys);
void remote_keys_close(struct remote_keys *keys);

/* Appends a key reference in PEM, made without our provider; pinned if the URI
 * has a version. */
bool remote_reference(const char *uri, struct akv_buf *pem);

#endif
