/* SPDX-License-Identifier: Apache-2.0 */

/*
 * What a child process takes over from its parent: the tokens, and what hosts
 * ask for. Servers with a process for each connection would ask the authority
 * each time.
 *
 * All of it lies behind atomic pointers, which are written in the loop, so that
 * a child finds it whole, whatever the parent's threads did when it was forked,
 * and takes no lock. In the loop only.
 */

#ifndef AKV_HERITAGE_H
#define AKV_HERITAGE_H

#include "auth/challenge_cache.h"

struct akv_heritage;

/* NULL: no memory. */
struct akv_heritage *akv_heritage_new(void);

/* Wipes; by the process that has made it, when no loop uses it. NULL is fine.
 */
void akv_heritage_free(struct akv_heritage *heritage);

/* Lack of memory is silent: a child asks then. text NULL: there is none. */
void akv_heritage_put_token(struct akv_heritage *heritage, const char *tenant,
                            const char *scope, const char *text,
                            int64_t expires_on);

/* Appends the token's text to an empty buffer. False: there is none. */
bool akv_heritage_get_token(const struct akv_heritage *heritage,
                            const char *tenant, const char *scope,
                            struct akv_buf *text, int64_t *expires_on);

void akv_heritage_put_posed(struct akv_heritage *heritage,
                            const struct akv_id *id,
                            const struct akv_challenge_entry *posed);

/* NULL: there is none. */
const struct akv_challenge_entry *
akv_heritage_get_challenge(const struct akv_heritage *heritage,
                           const struct akv_id *id);

#endif
