/* SPDX-License-Identifier: Apache-2.0 */

/*
 * A key object: what another provider (impl.h) made of its public half or of
 * all of it, plus a vault reference when the private half is remote.
 *
 * A key without a reference is the application's own: all that is done with it
 * is done by the other provider. A remote key is pinned to the version that the
 * vault named when it was loaded.
 */

#ifndef AKV_PROVIDER_KEY_H
#define AKV_PROVIDER_KEY_H

#include <openssl/types.h>
#include <stdatomic.h>
#include <stdbool.h>

#include "akv/key.h"
#include "akv/key_ref.h"
#include "impl.h"
#include "provctx.h"

struct akv_key {
    atomic_uint refs;
    struct akv_provider *prov;   /* borrowed */
    const struct akv_impl *impl; /* borrowed, lives as long as prov */
    void *data;                  /* owned; a key of impl's */
    bool remote;                 /* what follows is set */
    struct akv_id id;            /* with its version */
    unsigned ops;                /* enum akv_key_op */
    enum akv_curve curve;        /* EC */
    EVP_PKEY *pkey;              /* owned; the public half, for contexts that
                                    know a vault's limits */
};

/* A key of data, a key of the implementation's, which is taken over in any
 * case. NULL: no memory. */
struct akv_key *akv_key_new(struct akv_provider *prov,
                            const struct akv_impl *impl, void *data);

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

/* A key of the application's with the public half of a remote one. NULL with
 * the reason raised. */
struct akv_key *akv_key_new_public(const struct akv_key *key);

/* Another key of the same content, which can be changed by itself: of all
 * (OSSL_KEYMGMT_SELECT_...) or of a part, which is no remote key. NULL: it
 * cannot be made, or no memory. */
struct akv_key *akv_key_dup(const struct akv_key *key, int selection);

/*
 * The key as an implementation's: itself, counted, or a copy without reference
 * of the part that is selected. NULL: it cannot be had.
 */
struct akv_key *akv_key_as(struct akv_key *key, const struct akv_impl *impl,
                           int selection);

struct akv_key *akv_key_up_ref(struct akv_key *key);
void akv_key_free(struct akv_key *key);

/*
 * Hands a key to libcrypto, which stores and decoders do by reference: the
 * bytes of the pointer to it. *key is NULL afterwards if it was taken.
 */
int akv_key_give(struct akv_key **key, OSSL_CALLBACK *callback, void *arg);

/* The key for what is passed through, counted: by a query for fips=yes nothing
 * is done by what does not have it. NULL with the reason raised. */
struct akv_key *akv_key_for_role(struct akv_key *key, enum akv_role role);

/* Raises that a key of a vault does not count as fips=yes. Always 0. */
int akv_key_raise_fips(struct akv_provider *prov, const struct akv_id *id);

#endif
