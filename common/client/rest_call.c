/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The steps of a call, in the loop and without locks: what the host asks for (a
 * question, answered by 401), the token, the request, and another try. Each
 * step ends in the next one or in the end of the call (rest_call_end.c), which
 * is gone then: nothing touches it behind a function that may have ended it.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "auth/challenge.h"
#include "auth/refusal.h"
#include "base/settings_impl.h"
#include "base/stats_impl.h"
#include "base/trust.h"
#include "client/request.h"
#include "client/rest_call_impl.h"
#include "transport/retry.h"

static void rest_call_advance(struct akv_rest_call *call);
static void rest_call_on_probe(void *arg, struct akv_http_reply *reply,
                               const struct akv_error *err, bool sent);
static void on_answer(void *arg, struct akv_http_reply *reply,
                      const struct akv_error *err, bool sent);

static void log_stats(const struct akv_rest *vault)
{
    char text[300];

    if (vault->io->stats == NULL || vault->settings->log_stats_ms == 0)
        return;
    akv_stats_describe(vault->io->stats, text, sizeof(text));
    akv_log_write(vault->log, AKV_LOG_INFO, "statistics: %s", text);
}

static void on_stats_due(void *arg);

static void start_stats(struct akv_rest *vault)
{
    int64_t period = vault->settings->log_stats_ms;

    if (period > 0)
        vault->stats_timer =
            vault->io->ops->timer(vault->io, period, on_stats_due, vault);
}

static void on_stats_due(void *arg)
{
    log_stats(arg);
    start_stats(arg);
}

struct akv_rest *akv_rest_new(struct akv_io *io, struct akv_cred_cache *cache,
                              const struct akv_settings *settings,
                              struct akv_log *log,
                              struct akv_heritage *heritage)
{
    struct akv_rest *vault = calloc(1, sizeof(*vault));

    if (vault == NULL)
        return NULL;
    vault->io = io;
    vault->cache = cache;
    vault->settings = settings;
    vault->log = log;
    vault->heritage = heritage;
    vault->hosts = akv_challenge_cache_new(io);
    vault->breaker =
        akv_breaker_new(io->clock, settings->retry_after_failure_ms, log);
    if (vault->hosts == NULL || vault->breaker == NULL) {
        akv_challenge_cache_free(vault->hosts);
        akv_breaker_free(vault->breaker);
        free(vault);
        return NULL;
    }
    start_stats(vault);
    return vault;
}

void akv_rest_free(struct akv_rest *vault, const struct akv_error *why)
{
    if (vault == NULL)
        return;
    /* The analyzer does not see that the first of the list is replaced. */
    while (vault->calls != NULL)
        if (why != NULL)
            akv_rest_call_fail(vault->calls,
                               why); /* NOLINT(clang-analyzer-unix.Malloc) */
        else
            akv_rest_call_cancel(vault->calls); /* NOLINT */
    if (vault->stats_timer != NULL)
        vault->io->ops->timer_stop(vault->io, vault->stats_timer);
    log_stats(vault);
    akv_challenge_cache_free(vault->hosts);
    akv_breaker_free(vault->breaker);
    akv_cred_cache_free(vault->cache);
    vault->io->ops->free(vault->io);
    free(vault);
}

const struct akv_op_kind akv_rest_prefetch = { .name = "get a token for",
                                               .method = "GET" };

/* The parent may have been told. */
static const struct akv_challenge_entry *
find_posed(const struct akv_rest_call *call)
{
    const struct akv_rest *vault = call->vault;
    const struct akv_id *id = &call->op->id;
    const struct akv_challenge_entry *posed =
        akv_challenge_cache_find(vault->hosts, id);

    if (posed != NULL || vault->heritage == NULL)
        return posed;
    posed = akv_heritage_get_challenge(vault->heritage, id);
    return posed != NULL && akv_challenge_cache_set(vault->hosts, id, posed)
               ? akv_challenge_cache_find(vault->hosts, id)
               : NULL;
}

static void on_deadline(void *arg)
{
    struct akv_rest_call *call = arg;

    call->timer = NULL;
    akv_rest_call_give_up(call);
}

/* False: it has failed, since it is not worth the wait. */
static bool rest_call_admit(struct akv_rest_call *call)
{
    struct akv_error err = AKV_ERROR_INIT;
    enum akv_admission admission =
        akv_breaker_admit(call->vault->breaker, call->op, &call->answers, &err);

    call->probe = admission == AKV_PROBE;
    if (admission != AKV_REFUSED)
        return true;
    call->not_tried = true;
    akv_rest_call_fail(call, &err);
    return false;
}

/* Another call's question to the host has ended. */
static void on_turn(void *arg)
{
    struct akv_rest_call *call = arg;

    if (call->probe || rest_call_admit(call))
        rest_call_advance(call);
}

static void on_pause_over(void *arg)
{
    struct akv_rest_call *call = arg;

    call->pause = NULL;
    rest_call_advance(call);
}

/* Tries again later. A wait beyond the deadline is not begun. */
static void try_later(struct akv_rest_call *call,
                      const struct akv_http_reply *reply,
                      const struct akv_error *cause)
{
    struct akv_io *io = call->vault->io;
    int64_t delay =
        akv_retry_delay(call->attempt, reply, io->clock, akv_retry_random());
    char why[100];

    call->last = *cause;
    if (akv_rest_call_now(call) + delay >= call->deadline) {
        (void)snprintf(why, sizeof(why),
                       "the next try would be in %lld ms, %lld ms are left",
                       (long long)delay,
                       (long long)(call->deadline - akv_rest_call_now(call)));
        akv_rest_call_out_of_time(call, why);
        return;
    }
    akv_log_write(call->vault->log, AKV_LOG_WARNING,
                  "%s: attempt %u failed, the next in %lld ms: %s",
                  call->op->kind->name, call->attempt, (long long)delay,
                  cause->message);
    AKV_COUNT(io->stats, retries);
    call->pause = io->ops->timer(io, delay, on_pause_over, call);
    if (call->pause == NULL)
        akv_rest_call_give_up(call);
}

/* The vault has answered, or the machine in front of it. */
static void take_note(struct akv_rest_call *call, long status)
{
    call->unanswered = status >= 500;
    call->is_refused = status == 401 || status == 403;
    if (!call->unanswered)
        akv_breaker_answered(call->vault->breaker, call->op, status);
}

/* A name that was purged is free some seconds later. Nothing was done. */
static bool is_being_deleted(const struct akv_error *err)
{
    return err->http_status == 409
           && strcmp(err->inner_code, "ObjectIsBeingDeleted") == 0;
}

/* A reply that is neither success nor a challenge. */
static void on_refusal(struct akv_rest_call *call,
                       const struct akv_http_reply *reply)
{
    struct akv_error err = AKV_ERROR_INIT;

    akv_refusal_read(reply, call->vault->io->clock, &err);
    akv_challenge_wait_fail(&call->turn, &err);
    if ((akv_retry_status(reply->status) || is_being_deleted(&err))
        && !call->probe)
        try_later(call, reply, &err);
    else
        akv_rest_call_fail(call, &err);
}

/* No reply. What may have arrived is repeated only if it may be. */
static void rest_call_on_no_reply(struct akv_rest_call *call,
                                  const struct akv_error *cause, bool sent)
{
    call->unanswered =
        cause->code == AKV_E_TRANSPORT || cause->code == AKV_E_DEADLINE
        || cause->code == AKV_E_CERTIFICATE || cause->code == AKV_E_NAME
        || cause->code == AKV_E_PROXY;
    akv_challenge_wait_fail(&call->turn, cause);
    if (cause->code == AKV_E_DEADLINE)
        akv_rest_call_give_up(call);
    else if (cause->code == AKV_E_TRANSPORT && !call->probe
             && (!sent || !call->op->kind->once)
             && akv_retry_connection(call->vault->settings, ++call->broken))
        try_later(call, NULL, cause);
    else
        akv_rest_call_fail(call, cause);
}

/* token NULL: the question which one the host wants. */
static void send_request(struct akv_rest_call *call, const char *token,
                         akv_http_done_fn *done)
{
    const struct akv_settings *settings = call->vault->settings;
    struct akv_io *io = call->vault->io;
    struct akv_error err = AKV_ERROR_INIT;
    bool built;

    call->attempt++;
    call->unanswered = call->is_refused = false;
    AKV_COUNT(io->stats, requests);
    if (token != NULL)
        built = akv_request_build(&call->request, call->op, settings, token,
                                  call->deadline);
    else
        built = akv_request_build_question(&call->request, call->op, settings,
                                           call->deadline);
    call->request.probe = call->probe;
    if (!built)
        (void)akv_error_set(&err, AKV_E_MEMORY, "no memory for a request");
    else
        call->exchange = io->ops->send(io, &call->request, done, call, &err);
    if (call->exchange == NULL)
        rest_call_on_no_reply(call, &err, false);
}

static void end_prefetch(struct akv_rest_call *call)
{
    const struct akv_challenge_entry *posed = find_posed(call);
    struct akv_buf none = AKV_BUF_INIT(0);

    if (posed != NULL && !posed->open)
        akv_cred_cache_keep(call->vault->cache, posed->challenge.tenant,
                            posed->challenge.scope);
    akv_rest_call_succeed(call, 0, &none);
}

static void rest_call_on_token(void *arg, const char *text,
                               const struct akv_error *err)
{
    struct akv_rest_call *call = arg;

    call->waiting = false;
    call->is_refused = false;
    call->not_tried = call->wait.not_tried;
    call->claims[0] = '\0';
    if (text == NULL && !call->not_tried && err->code == AKV_E_DEADLINE
        && err->http_status == 0) {
        /* The fetch was begun by an earlier call, whose time was up. An answer
         * that came to it holds for this one, too: it has said when to ask. */
        try_later(call, NULL, err);
        return;
    }
    if (text == NULL) {
        akv_rest_call_fail(call, err);
        return;
    }
    akv_buf_free(&call->token);
    akv_buf_init(&call->token, AKV_TOKEN_MAX);
    if (!akv_buf_append_str(&call->token, text)) {
        struct akv_error memory = AKV_ERROR_INIT;

        (void)akv_error_set(&memory, AKV_E_MEMORY, "no memory for a token");
        akv_rest_call_fail(call, &memory);
        return;
    }
    if (call->op->kind == &akv_rest_prefetch)
        end_prefetch(call);
    else
        send_request(call, text, on_answer);
}

/* The next step: which one depends on what is known of the host. */
static void rest_call_advance(struct akv_rest_call *call)
{
    const struct akv_challenge_entry *posed = find_posed(call);

    call->is_refused = false; /* it goes on */
    if (posed == NULL) {
        if (akv_challenge_cache_ask(call->vault->hosts, &call->op->id,
                                    &call->turn))
            send_request(call, NULL, rest_call_on_probe);
    } else if (posed->open && call->op->kind == &akv_rest_prefetch) {
        end_prefetch(call);
    } else if (posed->open) {
        send_request(call, "", on_answer);
    } else {
        call->wait.fn = rest_call_on_token;
        call->wait.arg = call;
        call->waiting = true;
        akv_cred_cache_get(
            call->vault->cache, posed->challenge.tenant, posed->challenge.scope,
            call->claims[0] != '\0' ? call->claims : NULL, &call->wait);
    }
}

static bool rest_call_remember(struct akv_rest_call *call,
                               const struct akv_challenge_entry *posed,
                               struct akv_error *err)
{
    const struct akv_rest *vault = call->vault;

    if (!akv_challenge_cache_set(vault->hosts, &call->op->id, posed))
        return akv_error_set(err, AKV_E_MEMORY, "no memory for a challenge");
    if (vault->heritage != NULL)
        akv_heritage_put_posed(vault->heritage, &call->op->id, posed);
    return true;
}

/* Verifies what the host asks for before any token is fetched for it. */
static bool take_challenge(struct akv_rest_call *call,
                           const struct akv_http_reply *reply,
                           struct akv_error *err)
{
    const struct akv_settings *settings = call->vault->settings;
    const char *host = call->op->id.host;
    struct akv_challenge_entry posed = { .open = false };
    const char *resource = posed.challenge.resource_host;
    bool is_trusted = akv_host_trusted(settings, host);

    if (!akv_challenge_parse(&posed.challenge,
                             reply->headers[AKV_H_WWW_AUTHENTICATE], err))
        return false;
    if (posed.challenge.insufficient) {
        (void)akv_error_set(err, AKV_E_AUTHENTICATION,
                            "the host wants a token with further claims%s",
                            call->evaluated ? ", and refuses one that was got "
                                              "for them"
                                            : " before it was sent any");
        akv_error_set_reply(err, reply->status, NULL, NULL,
                            reply->headers[AKV_H_REQUEST_ID]);
        return false;
    }
    if (is_trusted ? akv_resource_trusted(settings, host, resource)
                   : akv_challenge_fits(&posed.challenge, host)
                         && posed.challenge.is_plain)
        return rest_call_remember(call, &posed, err);
    return akv_error_set(
        err, AKV_E_UNTRUSTED_HOST,
        "the host asks for a token for %.*s, which is %s; list it in %s if it "
        "may have one",
        (int)akv_scope_resource_len(posed.challenge.scope),
        posed.challenge.scope,
        is_trusted ? "neither its own nor a vault's"
                   : "not simply a domain of its own",
        is_trusted ? "trusted-resources" : "trusted-hosts");
}

/* A host that serves without a token: an emulator without authentication. */
static bool take_open(struct akv_rest_call *call,
                      const struct akv_http_reply *reply, struct akv_error *err)
{
    const struct akv_challenge_entry posed = { .open = true };

    if (!akv_host_trusted(call->vault->settings, call->op->id.host)) {
        if (reply->status < 200 || reply->status >= 300)
            akv_refusal_read(reply, call->vault->io->clock, err);
        else
            (void)akv_error_set(err, AKV_E_PROTOCOL,
                                "the host did not ask for a token, so it is "
                                "no vault");
        return false;
    }
    return rest_call_remember(call, &posed, err);
}

static void rest_call_on_probe(void *arg, struct akv_http_reply *reply,
                               const struct akv_error *err, bool sent)
{
    struct akv_rest_call *call = arg;
    struct akv_error why = AKV_ERROR_INIT;
    bool ok;

    call->exchange = NULL;
    if (reply == NULL) {
        (void)sent; /* it changes nothing */
        rest_call_on_no_reply(call, err, false);
        return;
    }
    take_note(call, reply->status);
    if (akv_retry_status(reply->status)) {
        on_refusal(call, reply);
        return;
    }
    if (reply->status == 401)
        ok = take_challenge(call, reply, &why);
    else
        ok = take_open(call, reply, &why);
    call->attempt = 0; /* the question is not an attempt at the operation */
    akv_challenge_wait_end(&call->turn);
    if (ok)
        rest_call_advance(call);
    else
        akv_rest_call_fail(call, &why);
}

/* Whether 401 asks for a token with further claims, for the first time. */
static bool rest_call_take_claims(struct akv_rest_call *call,
                                  const struct akv_http_reply *reply)
{
    struct akv_challenge challenge;

    if (call->evaluated
        || !akv_challenge_parse(&challenge,
                                reply->headers[AKV_H_WWW_AUTHENTICATE], NULL)
        || !challenge.insufficient)
        return false;
    call->evaluated = true;
    memcpy(call->claims, challenge.claims, sizeof(call->claims));
    return true;
}

/* 401 to a token: it was revoked, lacks claims, or the vault has moved to
 * another tenant. One fresh token and one more try for each reason. */
static void on_token_refused(struct akv_rest_call *call,
                             const struct akv_http_reply *reply)
{
    const struct akv_challenge_entry *posed = find_posed(call);
    struct akv_error err = AKV_ERROR_INIT;

    if (rest_call_take_claims(call, reply)) {
        rest_call_advance(call);
        return;
    }
    if (posed != NULL && !posed->open)
        akv_cred_cache_refused(call->vault->cache, posed->challenge.tenant,
                               posed->challenge.scope,
                               akv_buf_str(&call->token));
    if (call->refused) {
        akv_refusal_read(reply, call->vault->io->clock, &err);
        akv_rest_call_fail(call, &err);
        return;
    }
    call->refused = true;
    if (take_challenge(call, reply, &err))
        rest_call_advance(call);
    else
        akv_rest_call_fail(call, &err);
}

static void on_answer(void *arg, struct akv_http_reply *reply,
                      const struct akv_error *err, bool sent)
{
    struct akv_rest_call *call = arg;

    call->exchange = NULL;
    if (reply == NULL) {
        rest_call_on_no_reply(call, err, sent);
        return;
    }
    take_note(call, reply->status);
    if (reply->status >= 200 && reply->status < 300) {
        akv_rest_call_succeed(call, reply->status, &reply->body);
        return;
    }
    akv_http_reply_mask(reply, akv_buf_str(&call->token)); /* it is quoted */
    (reply->status == 401 ? on_token_refused : on_refusal)(call, reply);
}

void akv_rest_call_start(struct akv_rest *vault, const struct akv_op *op,
                         int64_t deadline, akv_rest_call_fn *done, void *arg,
                         struct akv_rest_call **handle)
{
    struct akv_rest_call *call = calloc(1, sizeof(*call));
    struct akv_error err = AKV_ERROR_INIT;

    if (call == NULL) {
        (void)akv_error_set(&err, AKV_E_MEMORY, "no memory for a call");
        *handle = NULL;
        done(arg, NULL, &err);
        return;
    }
    *handle = call;
    call->handle = handle;
    call->vault = vault;
    call->op = op;
    call->started = op->submitted > 0 ? op->submitted : akv_rest_call_now(call);
    call->deadline = deadline;
    call->done = done;
    call->arg = arg;
    call->turn.fn = on_turn;
    call->turn.arg = call;
    call->next = vault->calls;
    if (vault->calls != NULL)
        vault->calls->prev = call;
    vault->calls = call;
    call->timer = vault->io->ops->timer(
        vault->io, deadline - akv_rest_call_now(call), on_deadline, call);
    if (call->timer == NULL)
        akv_rest_call_give_up(call);
    else if (!akv_host_check(vault->settings, op->id.host, &err)) {
        akv_rest_call_fail(call, &err);
    } else if (!rest_call_admit(call)) {
        return;
    } else if (op->delay_ms > 0) {
        call->pause =
            vault->io->ops->timer(vault->io, op->delay_ms, on_pause_over, call);
        if (call->pause == NULL)
            akv_rest_call_give_up(call);
    } else {
        rest_call_advance(call);
    }
}

void akv_rest_call_cancel(struct akv_rest_call *call)
{
    struct akv_error err = AKV_ERROR_INIT;

    (void)akv_error_set(&err, AKV_E_CANCELLED, "the call was given up");
    akv_rest_call_fail(call, &err);
}
