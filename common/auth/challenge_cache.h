/* SPDX-License-Identifier: Apache-2.0 */

/*
 * What each host has asked for when it was asked without a token. One call
 * asks, and the others to that host wait until it has an answer or has failed;
 * then it is another's turn. Loop thread only.
 */

#ifndef AKV_CHALLENGE_CACHE_H
#define AKV_CHALLENGE_CACHE_H

#include "akv/uri.h"
#include "auth/challenge.h"
#include "transport/http.h"

struct akv_challenge_cache;
struct akv_challenge_host;

struct akv_challenge_entry {
    bool open; /* a trusted host that wants no token */
    struct akv_challenge challenge;
};

/* A call's part in it. Zero at first; it is where it is until it has left. */
struct akv_challenge_wait {
    void (*fn)(void *arg); /* it is time to look, and to ask, again */
    void *arg;
    struct akv_challenge_host *host; /* NULL: it neither asks nor waits */
    bool asking;
    struct akv_challenge_wait *next; /* of those that wait */
};

/* io is borrowed. NULL: no memory. */
struct akv_challenge_cache *akv_challenge_cache_new(struct akv_io *io);

/* When all questions have left. NULL is fine. */
void akv_challenge_cache_free(struct akv_challenge_cache *hosts);

/* What a host has posed, until the next change of it; NULL: not known. */
const struct akv_challenge_entry *
akv_challenge_cache_find(const struct akv_challenge_cache *hosts,
                         const struct akv_id *id);

/* False: no memory. */
bool akv_challenge_cache_set(
    struct akv_challenge_cache *hosts, const struct akv_id *id,
    const struct akv_challenge_entry *posed) AKV_MUST_CHECK;

/* Whether the caller is to ask the host. If not, another does, and fn is
 * called, once, when it no longer does. */
bool akv_challenge_cache_ask(
    struct akv_challenge_cache *hosts, const struct akv_id *id,
    struct akv_challenge_wait *question) AKV_MUST_CHECK;

/* The question has an answer, or is given up: the others are told, later, if
 * it was the one that was asked. Fine where it has left before. */
void akv_challenge_wait_end(struct akv_challenge_wait *question);

/* The same of one that has failed. Those that wait may say why. */
void akv_challenge_wait_fail(struct akv_challenge_wait *question,
                             const struct akv_error *why);

/* Why the last one failed that this one has waited for; NULL: none has. */
const struct akv_error *
akv_challenge_wait_failure(const struct akv_challenge_wait *question);

#endif
