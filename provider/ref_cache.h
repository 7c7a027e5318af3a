/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The keys of pinned references, by the references' bytes: servers read the
 * same file several times, and its key is the same each time.
 *
 * Any thread may call; whoever finds the cache in use does without it, so that
 * nobody ever waits, a child of a fork least of all.
 */

#ifndef AKV_REF_CACHE_H
#define AKV_REF_CACHE_H

#include "key.h"

struct akv_ref_cache;

/* NULL: no memory. */
struct akv_ref_cache *akv_ref_cache_new(void);

/* Gives up all keys. NULL is fine. Nobody may be using it any more. */
void akv_ref_cache_free(struct akv_ref_cache *cache);

/* A counted reference to the key of these bytes, or NULL. */
struct akv_key *akv_ref_cache_get(struct akv_ref_cache *cache, const void *der,
                                  size_t len);

/* Keeps the key, counted, in the place of the oldest. */
void akv_ref_cache_put(struct akv_ref_cache *cache, const void *der, size_t len,
                       struct akv_key *key);

#endif
