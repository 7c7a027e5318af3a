/* SPDX-License-Identifier: Apache-2.0 */

/*
 * A key object: an EVP_PKEY of the private context, plus a vault reference
 * when the private half is remote.
 *
 * A key without a reference is an ordinary software key: libcrypto imports
 * every RSA and EC key of a process into us when our provider is preferred,
 * and all of it must work as if we were not there. A remote key is immutable
 * and pinned to the version that the vault named when it was loaded.
 */

#ifndef AKV_KEY_H
#define AKV_KEY_H

#include <openssl/types.h>
#include <stdatomic.h>
#include <stdbool.h>

#include "key_ref.h"
#include "keys.h"
#include "provider.h"

struct akv_key {
    atomic_uint refs;
    struct akv_provider *prov; /* borrowed */
    enum akv_key_type type;
    EVP_PKEY *pkey; /* owned; NULL until something is imported */
    bool has_public, has_private;
    bool remote;          /* what follows is set */
    struct akv_id id;     /* with its version */
    unsigned ops;         /* enum akv_key_op */
    enum akv_curve curve; /* EC */
};

/* An empty key of a type; NULL: no memory. */
struct akv_key *akv_key_new(struct akv_provider *prov, enum akv_key_type type);

/* A remote key of what the vault returned. NULL with the reason raised. */
struct akv_key *akv_key_new_remote(struct akv_provider *prov,
                                   const struct akv_key_bundle *bundle);

/* A remote key of a pinned reference, without asking anybody. NULL with the
 * reason raised. */
struct akv_key *akv_key_new_reference(struct akv_provider *prov,
                                      const struct akv_key_ref *ref);

/* A remote key whose public half a certificate holds; pkey is borrowed, and of
 * the private context. NULL with the reason raised. */
struct akv_key *akv_key_new_certified(struct akv_provider *prov,
                                      const struct akv_id *id, unsigned ops,
                                      EVP_PKEY *pkey);

/* The reference to a remote key, pinned as every key of ours is; free it in
 * either case. False: no memory. */
bool akv_key_to_reference(const struct akv_key *key,
                          struct akv_key_ref *ref) AKV_MUST_CHECK;

/* A software key with the public half alone. */
struct akv_key *akv_key_new_public(const struct akv_key *key);

struct akv_key *akv_key_up_ref(struct akv_key *key);
void akv_key_free(struct akv_key *key);

/*
 * Hands a key to libcrypto, which stores and decoders do by reference: the
 * bytes of the pointer to it. *key is NULL afterwards if it was taken.
 */
int akv_key_give(struct akv_key **key, OSSL_CALLBACK *callback, void *arg);

/* Takes pkey as the key's content and finds out which halves it has. */
void akv_key_set0_pkey(struct akv_key *key, EVP_PKEY *pkey);

/* "RSA" or "EC", as the key management is named. */
const char *akv_key_type_name(enum akv_key_type type);

#endif
