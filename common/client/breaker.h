/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Which calls are not worth the wait (a circuit breaker, for servers, whose
 * handshakes wait for it).
 *
 * A vault that is away: it is so when a call has ended without the vault's own
 * answer (none, or 5xx), all its tries included, and none was answered since
 * that call began. Until it answers again calls fail at once, with the same
 * reason, but for one a second, which tries.
 *
 * A refusal that another try cannot mend (401, 403): the same operation with
 * the same key fails at once for retry-after-failure, doubled with each refusal
 * in a row up to 30 s.
 *
 * What a stranger's bad input is answered with (400, 404, 409) is none of
 * these, and 429 has a time of its own. In the loop only.
 */

#ifndef AKV_BREAKER_H
#define AKV_BREAKER_H

#include "base/clock.h"
#include "base/log.h"
#include "client/op.h"

struct akv_breaker;

enum akv_admission {
    AKV_ADMITTED,
    AKV_PROBE,   /* it finds out whether that has changed: no second try */
    AKV_REFUSED, /* *err says why */
};

/* retry_ms: the setting retry-after-failure; 0 admits all. clock and log (may
 * be NULL) are borrowed. NULL: no memory. */
struct akv_breaker *akv_breaker_new(const struct akv_clock *clock,
                                    int64_t retry_ms, struct akv_log *log);
void akv_breaker_free(struct akv_breaker *breaker); /* NULL is fine */

/* Whether an operation may be begun. *answers is to be given to
 * akv_breaker_missed(). */
enum akv_admission akv_breaker_admit(struct akv_breaker *breaker,
                                     const struct akv_op *op, uint64_t *answers,
                                     struct akv_error *err);

/* The vault has answered with this status, below 500. */
void akv_breaker_answered(struct akv_breaker *breaker, const struct akv_op *op,
                          long status);

/* A call has ended for this reason, without an answer. */
void akv_breaker_missed(struct akv_breaker *breaker, const struct akv_op *op,
                        uint64_t answers, const struct akv_error *why);

/* A call has ended with 401 or 403. */
void akv_breaker_refused(struct akv_breaker *breaker, const struct akv_op *op,
                         const struct akv_error *why);

#endif
