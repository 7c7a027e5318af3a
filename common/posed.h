/* SPDX-License-Identifier: Apache-2.0 */

/*
 * What each host has asked for when it was asked without a token. One call
 * asks, and the others to that host wait until it has an answer or has failed;
 * then it is another's turn. Loop thread only.
 */

#ifndef AKV_POSED_H
#define AKV_POSED_H

#include "challenge.h"
#include "http.h"
#include "uri.h"

struct akv_posed_hosts;
struct akv_posed_host;

struct akv_posed {
    bool open; /* a trusted host that wants no token */
    struct akv_challenge challenge;
};

/* A call's part in it. Zero at first; it is where it is until it has left. */
struct akv_question {
    void (*fn)(void *arg); /* it is time to look, and to ask, again */
    void *arg;
    struct akv_posed_host *host; /* NULL: it neither asks nor waits */
    bool asking;
    struct akv_question *next; /* of those that wait */
};

/* io is borrowed. NULL: no memory. */
struct akv_posed_hosts *akv_posed_new(struct akv_io *io);

/* When all questions have left. NULL is fine. */
void akv_posed_free(struct akv_posed_hosts *hosts);

/* What a host has posed, until the next change of it; NULL: not known. */
const struct akv_posed *akv_posed_find(const struct akv_posed_hosts *hosts,
                                       const struct akv_id *id);

/* False: no memory. */
bool akv_posed_set(struct akv_posed_hosts *hosts, const struct akv_id *id,
                   const struct akv_posed *posed) AKV_MUST_CHECK;

/* Whether the caller is to ask the host. If not, another does, and fn is
 * called, once, when it no longer does. */
bool akv_posed_ask(struct akv_posed_hosts *hosts, const struct akv_id *id,
                   struct akv_question *question) AKV_MUST_CHECK;

/* The question has an answer, or is given up: the others are told, later, if
 * it was the one that was asked. Fine where it has left before. */
void akv_posed_leave(struct akv_question *question);

/* The same of one that has failed. Those that wait may say why. */
void akv_posed_failed(struct akv_question *question,
                      const struct akv_error *why);

/* Why the last one failed that this one has waited for; NULL: none has. */
const struct akv_error *akv_posed_failure(const struct akv_question *question);

#endif
