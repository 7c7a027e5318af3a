/* SPDX-License-Identifier: Apache-2.0 */

/* A struct akv_cred_cache on a fake_io, with a credential that is answered by
 * hand. */

#ifndef CACHE_FIXTURE_H
#define CACHE_FIXTURE_H

#include "auth/cred_cache.h"
#include "fake_io.h"

/* A credential that is answered by hand, or at once. */
struct hand {
    struct akv_cred base;
    struct akv_token token; /* with text: answers at once */
    akv_token_fn *done;     /* of the request under way */
    void *arg;
    unsigned gets, frees;
    char scope[100], tenant[100], claims[100];
    int64_t deadline;
};

/* One who waits. */
struct waiter {
    struct akv_token_wait wait;
    unsigned calls;
    char text[100]; /* "" on failure */
    struct akv_error err;
};

extern struct fake_io io;
extern struct hand hand;
extern struct akv_cred_cache *cache;
extern int64_t retry_ms;              /* of the next cache */
extern struct akv_heritage *heritage; /* of the next cache */

/* Ends the request under way with a token that lives so many seconds, or,
 * with NULL, with a failure. */
void give(const char *text, int64_t life, int64_t refresh_in);

void set_up(void);
void tear_down(void);

void wait_with(struct waiter *waiter, const char *tenant, const char *scope,
               const char *claims);
void wait_for(struct waiter *waiter, const char *tenant, const char *scope);

/* What a caller gets now: the token, or "(waits)". */
const char *got(struct waiter *waiter);

#endif
