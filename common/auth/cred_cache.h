/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The token cache in front of a credential: one token per tenant and scope,
 * got by one request however many wait for it, and renewed ahead of its
 * expiry while callers go on with the old one. Loop thread only.
 */

#ifndef AKV_CRED_CACHE_H
#define AKV_CRED_CACHE_H

#include "auth/cred.h"
#include "auth/heritage.h"

struct akv_cred_cache;

/* One caller's wait for a token; the memory is the caller's. */
struct akv_token_wait {
    struct akv_token_wait *next;
    /* text is NULL on failure; borrowed for the call */
    void (*fn)(void *arg, const char *text, const struct akv_error *err);
    void *arg;
    bool not_tried; /* set by it: *err is what another fetch has failed with */
};

struct akv_cred_cache_options {
    int64_t fetch_ms; /* bounds one fetch, whoever waits for it */
    /* After a fetch has failed the next callers are told the same, for so long,
     * doubled with each failure in a row; 0: each tries. */
    int64_t retry_ms;
    struct akv_heritage *heritage; /* borrowed, may be NULL: of the parent, and
                                      for children */
};

/* Takes cred. */
struct akv_cred_cache *
akv_cred_cache_new(struct akv_io *io, struct akv_cred *cred,
                   const struct akv_cred_cache_options *options);

/* Frees cache and credential; nobody who waits is called. NULL is fine. */
void akv_cred_cache_free(struct akv_cred_cache *cache);

/* Calls wait->fn once with a token, perhaps before it returns. With claims
 * (JSON; NULL: none) neither the token that is there nor one that is being
 * fetched without them does: a new one is got with them, and stays. */
void akv_cred_cache_get(struct akv_cred_cache *cache, const char *tenant,
                        const char *scope, const char *claims,
                        struct akv_token_wait *wait);

/* Renews this token ahead of its expiry from now on, also while nobody asks for
 * it: for children to come. */
void akv_cred_cache_keep(struct akv_cred_cache *cache, const char *tenant,
                         const char *scope);

/* Forgets a wait whose function was not called yet. */
void akv_cred_cache_cancel(struct akv_cred_cache *cache,
                           struct akv_token_wait *wait);

/* A vault answered 401 to this token: do not hand it out again. */
void akv_cred_cache_refused(struct akv_cred_cache *cache, const char *tenant,
                            const char *scope, const char *text);

#endif
