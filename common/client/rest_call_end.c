/* SPDX-License-Identifier: Apache-2.0 */

/*
 * How a call ends. Of a failure the breaker is told first; then the log gets
 * its line, all that the call waits for is stopped, and it is taken off the
 * vault's list. Only then done is called, behind which the operation may be
 * gone: it is not looked at any more, and the call itself is freed.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/settings_impl.h"
#include "base/stats_impl.h"
#include "client/rest_call_impl.h"

int64_t akv_rest_call_now(const struct akv_rest_call *call)
{
    return akv_clock_mono(call->vault->io->clock);
}

static void log_end(const struct akv_rest_call *call, long status,
                    const struct akv_error *err)
{
    bool answered =
        err == NULL
        || (call->op->kind->absence_is_answer
            && (err->code == AKV_E_NOT_FOUND || err->code == AKV_E_FORBIDDEN));
    enum akv_log_level level = answered          ? AKV_LOG_INFO
                               : call->not_tried ? AKV_LOG_DEBUG
                                                 : AKV_LOG_ERROR;
    char what[700];

    if (!akv_log_enabled(call->vault->log, level))
        return;
    akv_op_describe(call->op, what, sizeof(what));
    akv_log_write(
        call->vault->log, level, "%s: status=%ld attempts=%u ms=%lld%s%s", what,
        status, call->attempt,
        (long long)(akv_rest_call_now(call) - call->started),
        err != NULL ? " error=" : "", err != NULL ? err->message : "");
}

/* Stops whatever the call waits for. */
static void stop_steps(struct akv_rest_call *call)
{
    struct akv_io *io = call->vault->io;

    akv_challenge_wait_end(&call->turn);
    if (call->waiting)
        akv_cred_cache_cancel(call->vault->cache, &call->wait);
    if (call->exchange != NULL)
        io->ops->cancel(io, call->exchange);
    if (call->pause != NULL)
        io->ops->timer_stop(io, call->pause);
    if (call->timer != NULL)
        io->ops->timer_stop(io, call->timer);
    call->waiting = false;
    call->exchange = NULL;
    call->pause = call->timer = NULL;
}

/* The end of a call: it is gone afterwards. */
static void rest_call_finish(struct akv_rest_call *call, struct akv_buf *body,
                             const struct akv_error *err)
{
    akv_rest_call_fn *done = call->done;
    void *arg = call->arg;

    stop_steps(call);
    akv_stats_ended(call->vault->io->stats, body != NULL,
                    akv_rest_call_now(call) - call->started);
    if (call->prev != NULL)
        call->prev->next = call->next;
    else
        call->vault->calls = call->next;
    if (call->next != NULL)
        call->next->prev = call->prev;
    *call->handle = NULL;
    done(arg, body, err);
    akv_http_request_free(&call->request);
    akv_buf_free(&call->token);
    free(call);
}

void akv_rest_call_succeed(struct akv_rest_call *call, long status,
                           struct akv_buf *body)
{
    log_end(call, status, NULL);
    rest_call_finish(call, body, NULL);
}

static void tell_breaker(const struct akv_rest_call *call,
                         const struct akv_error *cause)
{
    struct akv_breaker *breaker = call->vault->breaker;

    if (call->unanswered)
        akv_breaker_missed(breaker, call->op, call->answers, cause);
    else if (call->is_refused && !call->op->kind->absence_is_answer)
        akv_breaker_refused(breaker, call->op, cause);
}

#define TRIES_SIZE 60

/* How often it was tried, and for how long. */
static const char *describe_tries(const struct akv_rest_call *call,
                                  char text[TRIES_SIZE])
{
    int64_t ms = akv_rest_call_now(call) - call->started;

    if (call->attempt == 0)
        return "before the first try";
    (void)snprintf(text, TRIES_SIZE, "after %u %s in %lld.%lld s",
                   call->attempt, call->attempt == 1 ? "try" : "tries",
                   (long long)ms / 1000, (long long)ms % 1000 / 100);
    return text;
}

static void rest_call_fail(struct akv_rest_call *call,
                           const struct akv_error *cause, const char *tries)
{
    struct akv_error err = *cause;
    char what[700];

    tell_breaker(call, cause);

    akv_op_describe(call->op, what, sizeof(what));
    (void)akv_error_set(&err, cause->code, "%s: %s%s", what, cause->message,
                        tries);
    akv_error_set_reply(&err, cause->http_status, cause->service_code,
                        cause->inner_code, cause->request_id);
    akv_log_mask(err.message);
    log_end(call, err.http_status, &err);
    rest_call_finish(call, NULL, &err);
}

void akv_rest_call_fail(struct akv_rest_call *call,
                        const struct akv_error *cause)
{
    char tries[TRIES_SIZE], text[TRIES_SIZE + 3] = "";

    if (call->attempt > 1 && call->last.code != AKV_E_NONE)
        (void)snprintf(text, sizeof(text), " (%s)",
                       describe_tries(call, tries));
    rest_call_fail(call, cause, text);
}

/* Ends a call for want of time, with what happened last, which is the cause
 * where it says enough by itself. */
void akv_rest_call_out_of_time(struct akv_rest_call *call, const char *why)
{
    const struct akv_error last = call->last;
    bool had_last = last.code != AKV_E_NONE;
    bool cause = last.code == AKV_E_THROTTLED || last.code == AKV_E_TRANSPORT
                 || last.code == AKV_E_CONFLICT;
    struct akv_error err = AKV_ERROR_INIT;
    char tries[TRIES_SIZE];

    (void)akv_error_set(
        &err, cause ? last.code : AKV_E_DEADLINE,
        "%s, %s%s%s; see the setting timeout", why, describe_tries(call, tries),
        had_last ? ", the last: " : "", had_last ? last.message : "");
    akv_error_set_reply(&err, last.http_status, last.service_code,
                        last.inner_code, last.request_id);
    rest_call_fail(call, &err, "");
}

/* The time is up. */
void akv_rest_call_give_up(struct akv_rest_call *call)
{
    const struct akv_error *failure = akv_challenge_wait_failure(&call->turn);
    bool waits = call->turn.host != NULL && !call->turn.asking;
    char why[100];

    call->unanswered |= call->exchange != NULL;
    if (call->last.code == AKV_E_NONE && failure != NULL)
        call->last = *failure;
    (void)snprintf(why, sizeof(why), "no answer within %lld ms%s",
                   (long long)(call->deadline - call->started),
                   call->waiting ? ", waiting for the authority's token"
                   : waits       ? ", waiting for another's first answer"
                                 : "");
    akv_rest_call_out_of_time(call, why);
}
