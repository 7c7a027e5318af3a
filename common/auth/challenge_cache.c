/* SPDX-License-Identifier: Apache-2.0 */

/*
 * A host stays once it is known what it wants; until then it is freed when its
 * last question leaves, in akv_challenge_wait_end(). Those that wait are told
 * from a timer of the loop, since each of them may end and start other calls.
 */

#include <stdlib.h>
#include <string.h>

#include "auth/challenge_cache.h"

struct akv_challenge_host {
    struct akv_challenge_host *next;
    struct akv_challenge_cache *hosts; /* borrowed: it owns this */
    char name[256];
    unsigned port;
    bool known;
    struct akv_challenge_entry posed;
    bool asked;                         /* by one of the questions */
    struct akv_challenge_wait *waiting; /* borrowed; the first is the oldest */
    struct akv_challenge_wait **last;   /* where the next one is linked */
    struct akv_timer *timer;            /* those that wait are told, or NULL */
    struct akv_error failure;           /* of the last that asked */
};

struct akv_challenge_cache {
    struct akv_io *io;                /* borrowed */
    struct akv_challenge_host *first; /* owned */
};

struct akv_challenge_cache *akv_challenge_cache_new(struct akv_io *io)
{
    struct akv_challenge_cache *hosts = calloc(1, sizeof(*hosts));

    if (hosts != NULL)
        hosts->io = io;
    return hosts;
}

static void challenge_cache_drop(struct akv_challenge_host *host)
{
    struct akv_challenge_host **link = &host->hosts->first;
    struct akv_io *io = host->hosts->io;

    while (*link != host)
        link = &(*link)->next;
    *link = host->next;
    if (host->timer != NULL)
        io->ops->timer_stop(io, host->timer);
    free(host);
}

void akv_challenge_cache_free(struct akv_challenge_cache *hosts)
{
    if (hosts == NULL)
        return;
    while (hosts->first != NULL)
        challenge_cache_drop(hosts->first);
    free(hosts);
}

static struct akv_challenge_host *
challenge_cache_find(const struct akv_challenge_cache *hosts,
                     const struct akv_id *id)
{
    struct akv_challenge_host *host = hosts->first;

    while (host != NULL
           && (host->port != id->port || strcmp(host->name, id->host) != 0))
        host = host->next;
    return host;
}

static struct akv_challenge_host *find_or_add(struct akv_challenge_cache *hosts,
                                              const struct akv_id *id)
{
    struct akv_challenge_host *host = challenge_cache_find(hosts, id);

    if (host != NULL)
        return host;
    host = calloc(1, sizeof(*host));
    if (host == NULL)
        return NULL;
    memcpy(host->name, id->host, sizeof(host->name));
    host->port = id->port;
    host->hosts = hosts;
    host->last = &host->waiting;
    host->next = hosts->first;
    hosts->first = host;
    return host;
}

const struct akv_challenge_entry *
akv_challenge_cache_find(const struct akv_challenge_cache *hosts,
                         const struct akv_id *id)
{
    const struct akv_challenge_host *host = challenge_cache_find(hosts, id);

    return host != NULL && host->known ? &host->posed : NULL;
}

bool akv_challenge_cache_set(struct akv_challenge_cache *hosts,
                             const struct akv_id *id,
                             const struct akv_challenge_entry *posed)
{
    struct akv_challenge_host *host = find_or_add(hosts, id);

    if (host == NULL)
        return false;
    host->posed = *posed;
    host->known = true;
    return true;
}

/* Without memory to wait in, everybody asks for himself. */
bool akv_challenge_cache_ask(struct akv_challenge_cache *hosts,
                             const struct akv_id *id,
                             struct akv_challenge_wait *question)
{
    struct akv_challenge_host *host = find_or_add(hosts, id);

    if (host == NULL)
        return true;
    question->host = host;
    question->asking = !host->asked;
    if (question->asking) {
        host->asked = true;
        return true;
    }
    question->next = NULL;
    *host->last = question;
    host->last = &question->next;
    return false;
}

static void unlink_waiting(struct akv_challenge_host *host,
                           const struct akv_challenge_wait *question)
{
    struct akv_challenge_wait **link = &host->waiting;

    while (*link != question)
        link = &(*link)->next;
    *link = question->next;
    if (*link == NULL)
        host->last = link;
}

/* All of them where the host is known now: that one stays for good. Else the
 * first, which asks, and after which the host may be gone. */
static void challenge_cache_tell(void *arg)
{
    struct akv_challenge_host *host = arg;
    bool more = true;

    host->timer = NULL;
    while (more && !host->asked && host->waiting != NULL) {
        struct akv_challenge_wait *question = host->waiting;

        more = host->known;
        unlink_waiting(host, question);
        question->host = NULL;
        question->fn(question->arg);
    }
}

void akv_challenge_wait_end(struct akv_challenge_wait *question)
{
    struct akv_challenge_host *host = question->host;
    struct akv_io *io;

    if (host == NULL)
        return;
    question->host = NULL;
    if (question->asking)
        host->asked = false;
    else
        unlink_waiting(host, question);
    question->asking = false;
    if (host->asked)
        return;
    if (host->waiting == NULL) {
        if (!host->known)
            challenge_cache_drop(host);
        return;
    }
    /* Later, since each of them may end and start others. */
    io = host->hosts->io;
    if (host->timer == NULL)
        host->timer = io->ops->timer(io, 0, challenge_cache_tell, host);
    if (host->timer == NULL)
        challenge_cache_tell(host);
}

void akv_challenge_wait_fail(struct akv_challenge_wait *question,
                             const struct akv_error *why)
{
    if (question->host != NULL && question->asking)
        question->host->failure = *why;
    akv_challenge_wait_end(question);
}

const struct akv_error *
akv_challenge_wait_failure(const struct akv_challenge_wait *question)
{
    const struct akv_challenge_host *host = question->host;

    return host != NULL && !question->asking && host->failure.code != AKV_E_NONE
               ? &host->failure
               : NULL;
}
