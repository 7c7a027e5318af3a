/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Values of secrets, kept in memory for a time: for programs that ask for the
 * same secret again and again. Nothing else of the library keeps any.
 *
 * From any thread; one fetch serves all who ask for a secret meanwhile. What
 * has expired is wiped by whatever is called next, so that a program that may
 * be idle for long calls akv_secret_cache_expire() by a timer. After a fork the
 * child begins with an empty cache.
 */

#ifndef AKV_SECRET_CACHE_H
#define AKV_SECRET_CACHE_H

#include "secret.h"

#ifdef __cplusplus
extern "C" {
#endif

struct akv_secret_cache;

/*
 * A cache that keeps each secret for ttl_ms from when it was asked for, and no
 * more than max of them: the one that was longest not used goes first. client
 * is borrowed. ttl_ms and max of 0 keep nothing. NULL: no memory.
 */
struct akv_secret_cache *akv_secret_cache_new(struct akv_client *client,
                                              int64_t ttl_ms, size_t max);

/* Wipes and frees; nobody may be using it. NULL is fine. */
void akv_secret_cache_free(struct akv_secret_cache *cache);

/*
 * The secret as akv_secret_get() has it, a copy that the caller frees in
 * either case, from memory or from the vault. Version "" is what was the
 * latest when it was asked for, and is not a version of its own: the two are
 * kept apart. A failure is not kept.
 */
bool akv_secret_cache_get(struct akv_secret_cache *cache,
                          const struct akv_id *id, struct akv_secret *secret,
                          struct akv_error *err);

/* akv_secret_set() and akv_object_delete(), which also make the cache forget
 * the secret, whether they succeed or not: it may have been changed. */
bool akv_secret_cache_set(struct akv_secret_cache *cache,
                          const struct akv_id *id, const void *value,
                          size_t len, const struct akv_secret_options *options,
                          struct akv_secret *secret, struct akv_error *err);
bool akv_secret_cache_delete(struct akv_secret_cache *cache,
                             const struct akv_id *id,
                             struct akv_properties *properties,
                             struct akv_error *err);

/* Wipes all versions of a secret. A fetch under way still serves those who
 * wait for it, but is not kept. */
void akv_secret_cache_forget(struct akv_secret_cache *cache,
                             const struct akv_id *id);

/* Wipes what has expired; returns how many are kept. */
size_t akv_secret_cache_expire(struct akv_secret_cache *cache);

#ifdef __cplusplus
}
#endif

#endif
