/* SPDX-License-Identifier: Apache-2.0 */

/* A call under way: what rest_call.c (its steps) and rest_call_end.c (its end)
 * share. In the loop only. */

#ifndef AKV_REST_CALL_IMPL_H
#define AKV_REST_CALL_IMPL_H

#include "auth/challenge_cache.h"
#include "client/breaker.h"
#include "client/rest_call.h"

struct akv_rest {
    struct akv_io *io;                   /* owned */
    struct akv_cred_cache *cache;        /* owned */
    const struct akv_settings *settings; /* borrowed */
    struct akv_log *log;                 /* borrowed, may be NULL */
    struct akv_challenge_cache *hosts;   /* owned */
    struct akv_rest_call *calls;         /* owned: those under way */
    struct akv_breaker *breaker;         /* owned */
    struct akv_heritage *heritage;       /* borrowed, may be NULL */
    struct akv_timer *stats_timer;       /* NULL: no line is due */
};

struct akv_rest_call {
    struct akv_rest_call *prev, *next;
    struct akv_rest *vault;  /* borrowed */
    const struct akv_op *op; /* borrowed until done */
    int64_t started, deadline;
    struct akv_timer *timer;        /* the deadline's */
    struct akv_timer *pause;        /* before the next try, or NULL */
    struct akv_challenge_wait turn; /* what the host asks for */
    struct akv_token_wait wait;
    bool waiting;                  /* for a token */
    struct akv_exchange *exchange; /* under way, or NULL */
    struct akv_http_request request;
    struct akv_buf token; /* the one that was sent, to tell if refused */
    bool refused;         /* a token was refused once already */
    bool evaluated;       /* claims were asked for once already */
    char claims[1024];    /* JSON; for the next token, or empty */
    unsigned attempt;
    unsigned broken;       /* connections */
    bool probe;            /* of a vault that is away: one try */
    bool unanswered;       /* the last try, by the vault itself */
    bool is_refused;       /* by the vault, with 401 or 403 */
    bool not_tried;        /* it fails as another did just now */
    uint64_t answers;      /* for akv_breaker_missed() */
    struct akv_error last; /* of the last try that will be repeated */
    akv_rest_call_fn *done;
    void *arg;
    struct akv_rest_call **handle; /* borrowed: the starter's pointer to this */
};

int64_t akv_rest_call_now(const struct akv_rest_call *call);

/* Each of these is the end: the call is gone afterwards. */

void akv_rest_call_succeed(struct akv_rest_call *call, long status,
                           struct akv_buf *body);

/* cause: without what was attempted, which is put in front of it. */
void akv_rest_call_fail(struct akv_rest_call *call,
                        const struct akv_error *cause);

/* For want of time, with what happened last. */
void akv_rest_call_out_of_time(struct akv_rest_call *call, const char *why);
void akv_rest_call_give_up(struct akv_rest_call *call);

#endif
