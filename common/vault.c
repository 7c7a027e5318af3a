/* SPDX-License-Identifier: Apache-2.0 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "challenge.h"
#include "hosts.h"
#include "posed.h"
#include "request.h"
#include "retry.h"
#include "vault.h"

struct akv_vault {
    struct akv_io *io;                   /* owned */
    struct akv_cred_cache *cache;        /* owned */
    const struct akv_settings *settings; /* borrowed */
    struct akv_log *log;                 /* borrowed, may be NULL */
    struct akv_posed_hosts *hosts;       /* owned */
    struct akv_call *calls;              /* owned: those under way */
    struct akv_timer *stats_timer;       /* NULL: no line is due */
};

struct akv_call {
    struct akv_call *prev, *next;
    struct akv_vault *vault; /* borrowed */
    const struct akv_op *op; /* borrowed until done */
    int64_t started, deadline;
    struct akv_timer *timer;      /* the deadline's */
    struct akv_timer *pause;      /* before the next try, or NULL */
    struct akv_question question; /* what the host asks for */
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
    struct akv_error last; /* of the last try that will be repeated */
    akv_call_fn *done;
    void *arg;
    struct akv_call **handle; /* borrowed: the starter's pointer to this */
};

static void advance(struct akv_call *call);
static void fail(struct akv_call *call, const struct akv_error *cause);
static void on_probe(void *arg, struct akv_http_reply *reply,
                     const struct akv_error *err, bool sent);
static void on_answer(void *arg, struct akv_http_reply *reply,
                      const struct akv_error *err, bool sent);

static void log_stats(const struct akv_vault *vault)
{
    char text[300];

    if (vault->io->stats == NULL || vault->settings->log_stats_ms == 0)
        return;
    akv_stats_describe(vault->io->stats, text, sizeof(text));
    akv_log_write(vault->log, AKV_LOG_INFO, "statistics: %s", text);
}

static void on_stats_due(void *arg);

static void start_stats(struct akv_vault *vault)
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

struct akv_vault *akv_vault_new(struct akv_io *io, struct akv_cred_cache *cache,
                                const struct akv_settings *settings,
                                struct akv_log *log)
{
    struct akv_vault *vault = calloc(1, sizeof(*vault));

    if (vault == NULL)
        return NULL;
    vault->io = io;
    vault->cache = cache;
    vault->settings = settings;
    vault->log = log;
    vault->hosts = akv_posed_new(io);
    if (vault->hosts == NULL) {
        free(vault);
        return NULL;
    }
    start_stats(vault);
    return vault;
}

void akv_vault_free(struct akv_vault *vault, const struct akv_error *why)
{
    if (vault == NULL)
        return;
    /* The analyzer does not see that the first of the list is replaced. */
    while (vault->calls != NULL)
        if (why != NULL)
            fail(vault->calls, why); /* NOLINT(clang-analyzer-unix.Malloc) */
        else
            akv_vault_cancel(vault->calls); /* NOLINT */
    if (vault->stats_timer != NULL)
        vault->io->ops->timer_stop(vault->io, vault->stats_timer);
    log_stats(vault);
    akv_posed_free(vault->hosts);
    akv_cred_cache_free(vault->cache);
    vault->io->ops->free(vault->io);
    free(vault);
}

static const struct akv_posed *find_posed(const struct akv_call *call)
{
    return akv_posed_find(call->vault->hosts, &call->op->id);
}

static int64_t now_of(const struct akv_call *call)
{
    return akv_clock_mono(call->vault->io->clock);
}

static void log_end(const struct akv_call *call, long status,
                    const struct akv_error *err)
{
    bool answered =
        err == NULL
        || (call->op->kind->asks_whether
            && (err->code == AKV_E_NOT_FOUND || err->code == AKV_E_FORBIDDEN));
    enum akv_log_level level = answered ? AKV_LOG_INFO : AKV_LOG_ERROR;
    char what[700];

    if (!akv_log_enabled(call->vault->log, level))
        return;
    akv_op_describe(call->op, what, sizeof(what));
    akv_log_write(
        call->vault->log, level, "%s: status=%ld attempts=%u ms=%lld%s%s", what,
        status, call->attempt, (long long)(now_of(call) - call->started),
        err != NULL ? " error=" : "", err != NULL ? err->message : "");
}

/* Stops whatever the call waits for. */
static void stop_steps(struct akv_call *call)
{
    struct akv_io *io = call->vault->io;

    akv_posed_leave(&call->question);
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
static void finish(struct akv_call *call, struct akv_buf *body,
                   const struct akv_error *err)
{
    akv_call_fn *done = call->done;
    void *arg = call->arg;

    stop_steps(call);
    akv_stats_ended(call->vault->io->stats, body != NULL,
                    now_of(call) - call->started);
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

/* Puts what was attempted in front of a cause, keeping all else of it. */
static void fail(struct akv_call *call, const struct akv_error *cause)
{
    struct akv_error err = *cause;
    char what[700];

    akv_op_describe(call->op, what, sizeof(what));
    (void)akv_error_set(&err, cause->code, "%s: %s", what, cause->message);
    akv_error_set_reply(&err, cause->http_status, cause->service_code,
                        cause->inner_code, cause->request_id);
    akv_log_mask(err.message);
    log_end(call, err.http_status, &err);
    finish(call, NULL, &err);
}

/* Ends a call for want of time, with what happened last, which is the cause
 * where it says enough by itself. */
static void out_of_time(struct akv_call *call, const char *why)
{
    const struct akv_error last = call->last;
    bool had_last = last.code != AKV_E_NONE;
    bool cause = last.code == AKV_E_THROTTLED || last.code == AKV_E_TRANSPORT;
    struct akv_error err = AKV_ERROR_INIT;

    (void)akv_error_set(&err, cause ? last.code : AKV_E_DEADLINE,
                        "%s (attempts: %u)%s%s; see the setting timeout", why,
                        call->attempt, had_last ? ", the last: " : "",
                        had_last ? last.message : "");
    akv_error_set_reply(&err, last.http_status, last.service_code,
                        last.inner_code, last.request_id);
    fail(call, &err);
}

/* The time is up. */
static void give_up(struct akv_call *call)
{
    const struct akv_error *failure = akv_posed_failure(&call->question);
    bool waits = call->question.host != NULL && !call->question.asking;
    char why[100];

    if (call->last.code == AKV_E_NONE && failure != NULL)
        call->last = *failure;
    (void)snprintf(why, sizeof(why), "no answer within %lld ms%s",
                   (long long)(call->deadline - call->started),
                   call->waiting ? ", waiting for the authority's token"
                   : waits       ? ", waiting for another's first answer"
                                 : "");
    out_of_time(call, why);
}

static void on_deadline(void *arg)
{
    struct akv_call *call = arg;

    call->timer = NULL;
    give_up(call);
}

/* Another call's question to the host has ended. */
static void on_turn(void *arg)
{
    advance(arg);
}

static void on_pause_over(void *arg)
{
    struct akv_call *call = arg;

    call->pause = NULL;
    advance(call);
}

/* Tries again later. A wait beyond the deadline is not begun. */
static void try_later(struct akv_call *call, const struct akv_http_reply *reply,
                      const struct akv_error *cause)
{
    struct akv_io *io = call->vault->io;
    int64_t delay =
        akv_retry_delay(call->attempt, reply, io->clock, akv_retry_random());
    char why[100];

    call->last = *cause;
    if (now_of(call) + delay >= call->deadline) {
        (void)snprintf(why, sizeof(why),
                       "the next try would be in %lld ms, %lld ms are left",
                       (long long)delay,
                       (long long)(call->deadline - now_of(call)));
        out_of_time(call, why);
        return;
    }
    akv_log_write(call->vault->log, AKV_LOG_WARNING,
                  "%s: attempt %u failed, the next in %lld ms: %s",
                  call->op->kind->name, call->attempt, (long long)delay,
                  cause->message);
    AKV_COUNT(io->stats, retries);
    call->pause = io->ops->timer(io, delay, on_pause_over, call);
    if (call->pause == NULL)
        give_up(call);
}

/* A reply that is neither success nor a challenge. */
static void on_refusal(struct akv_call *call,
                       const struct akv_http_reply *reply)
{
    struct akv_error err = AKV_ERROR_INIT;

    akv_request_refusal(reply, &err);
    akv_posed_failed(&call->question, &err);
    if (akv_retry_status(reply->status))
        try_later(call, reply, &err);
    else
        fail(call, &err);
}

/* No reply. What may have arrived is repeated only if it may be. */
static void on_no_reply(struct akv_call *call, const struct akv_error *cause,
                        bool sent)
{
    akv_posed_failed(&call->question, cause);
    if (cause->code == AKV_E_DEADLINE)
        give_up(call);
    else if (cause->code == AKV_E_TRANSPORT && (!sent || !call->op->kind->once)
             && ++call->broken <= AKV_RETRY_CONNECTIONS)
        try_later(call, NULL, cause);
    else
        fail(call, cause);
}

/* token NULL: the question which one the host wants. */
static void send_request(struct akv_call *call, const char *token,
                         akv_http_done_fn *done)
{
    const struct akv_settings *settings = call->vault->settings;
    struct akv_io *io = call->vault->io;
    struct akv_error err = AKV_ERROR_INIT;
    bool built;

    call->attempt++;
    AKV_COUNT(io->stats, requests);
    if (token != NULL)
        built = akv_request_build(&call->request, call->op, settings, token,
                                  call->deadline);
    else
        built = akv_request_build_question(&call->request, call->op, settings,
                                           call->deadline);
    if (!built)
        (void)akv_error_set(&err, AKV_E_MEMORY, "no memory for a request");
    else
        call->exchange = io->ops->send(io, &call->request, done, call, &err);
    if (call->exchange == NULL)
        on_no_reply(call, &err, false);
}

static void on_token(void *arg, const char *text, const struct akv_error *err)
{
    struct akv_call *call = arg;

    call->waiting = false;
    call->claims[0] = '\0';
    if (text == NULL && err->code == AKV_E_DEADLINE && err->http_status == 0) {
        /* The fetch was begun by an earlier call, whose time was up. An answer
         * that came to it holds for this one, too: it has said when to ask. */
        try_later(call, NULL, err);
        return;
    }
    if (text == NULL) {
        fail(call, err);
        return;
    }
    akv_buf_free(&call->token);
    akv_buf_init(&call->token, AKV_TOKEN_MAX);
    if (!akv_buf_append_str(&call->token, text)) {
        struct akv_error memory = AKV_ERROR_INIT;

        (void)akv_error_set(&memory, AKV_E_MEMORY, "no memory for a token");
        fail(call, &memory);
        return;
    }
    send_request(call, text, on_answer);
}

/* The next step: which one depends on what is known of the host. */
static void advance(struct akv_call *call)
{
    const struct akv_posed *posed = find_posed(call);

    if (posed == NULL) {
        if (akv_posed_ask(call->vault->hosts, &call->op->id, &call->question))
            send_request(call, NULL, on_probe);
    } else if (posed->open) {
        send_request(call, "", on_answer);
    } else {
        call->wait.fn = on_token;
        call->wait.arg = call;
        call->waiting = true;
        akv_cred_cache_get(
            call->vault->cache, posed->challenge.tenant, posed->challenge.scope,
            call->claims[0] != '\0' ? call->claims : NULL, &call->wait);
    }
}

static bool remember(struct akv_call *call, const struct akv_posed *posed,
                     struct akv_error *err)
{
    return akv_posed_set(call->vault->hosts, &call->op->id, posed)
           || akv_error_set(err, AKV_E_MEMORY, "no memory for a challenge");
}

/* Verifies what the host asks for before any token is fetched for it. */
static bool take_challenge(struct akv_call *call,
                           const struct akv_http_reply *reply,
                           struct akv_error *err)
{
    const struct akv_settings *settings = call->vault->settings;
    const char *host = call->op->id.host;
    struct akv_posed posed = { .open = false };
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
                   : akv_challenge_fits(&posed.challenge, host))
        return remember(call, &posed, err);
    return akv_error_set(
        err, AKV_E_UNTRUSTED_HOST,
        "the host asks for a token for https://%s, which is %s; list it in %s "
        "if it may have one",
        resource,
        is_trusted ? "neither its own nor a vault's" : "no domain of its own",
        is_trusted ? "trusted-resources" : "trusted-hosts");
}

/* A host that serves without a token: an emulator without authentication. */
static bool take_open(struct akv_call *call, const struct akv_http_reply *reply,
                      struct akv_error *err)
{
    const struct akv_posed posed = { .open = true };

    if (!akv_host_trusted(call->vault->settings, call->op->id.host)) {
        if (reply->status < 200 || reply->status >= 300)
            akv_request_refusal(reply, err);
        else
            (void)akv_error_set(err, AKV_E_PROTOCOL,
                                "the host did not ask for a token, so it is "
                                "no vault");
        return false;
    }
    return remember(call, &posed, err);
}

static void on_probe(void *arg, struct akv_http_reply *reply,
                     const struct akv_error *err, bool sent)
{
    struct akv_call *call = arg;
    struct akv_error why = AKV_ERROR_INIT;
    bool ok;

    call->exchange = NULL;
    if (reply == NULL) {
        (void)sent; /* it changes nothing */
        on_no_reply(call, err, false);
        return;
    }
    if (akv_retry_status(reply->status)) {
        on_refusal(call, reply);
        return;
    }
    if (reply->status == 401)
        ok = take_challenge(call, reply, &why);
    else
        ok = take_open(call, reply, &why);
    call->attempt = 0; /* the question is not an attempt at the operation */
    akv_posed_leave(&call->question);
    if (ok)
        advance(call);
    else
        fail(call, &why);
}

/* Whether 401 asks for a token with further claims, for the first time. */
static bool take_claims(struct akv_call *call,
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
static void on_token_refused(struct akv_call *call,
                             const struct akv_http_reply *reply)
{
    const struct akv_posed *posed = find_posed(call);
    struct akv_error err = AKV_ERROR_INIT;

    if (take_claims(call, reply)) {
        advance(call);
        return;
    }
    if (posed != NULL && !posed->open)
        akv_cred_cache_refused(call->vault->cache, posed->challenge.tenant,
                               posed->challenge.scope,
                               akv_buf_str(&call->token));
    if (call->refused) {
        akv_request_refusal(reply, &err);
        fail(call, &err);
        return;
    }
    call->refused = true;
    if (take_challenge(call, reply, &err))
        advance(call);
    else
        fail(call, &err);
}

static void on_answer(void *arg, struct akv_http_reply *reply,
                      const struct akv_error *err, bool sent)
{
    struct akv_call *call = arg;

    call->exchange = NULL;
    if (reply == NULL) {
        on_no_reply(call, err, sent);
        return;
    }
    if (reply->status >= 200 && reply->status < 300) {
        log_end(call, reply->status, NULL);
        finish(call, &reply->body, NULL);
        return;
    }
    akv_http_reply_mask(reply, akv_buf_str(&call->token)); /* it is quoted */
    (reply->status == 401 ? on_token_refused : on_refusal)(call, reply);
}

void akv_vault_start(struct akv_vault *vault, const struct akv_op *op,
                     int64_t deadline, akv_call_fn *done, void *arg,
                     struct akv_call **handle)
{
    struct akv_call *call = calloc(1, sizeof(*call));
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
    call->started = op->submitted > 0 ? op->submitted : now_of(call);
    call->deadline = deadline;
    call->done = done;
    call->arg = arg;
    call->question.fn = on_turn;
    call->question.arg = call;
    call->next = vault->calls;
    if (vault->calls != NULL)
        vault->calls->prev = call;
    vault->calls = call;
    call->timer = vault->io->ops->timer(vault->io, deadline - now_of(call),
                                        on_deadline, call);
    if (call->timer == NULL)
        give_up(call);
    else if (!akv_host_may_be_vault(vault->settings, op->id.host)) {
        (void)akv_error_set(&err, AKV_E_UNTRUSTED_HOST,
                            "the host is no vault of a known Azure cloud; "
                            "list it in trusted-hosts, or set dns-suffix, if "
                            "it may have a token");
        fail(call, &err);
    } else if (op->delay_ms > 0) {
        call->pause =
            vault->io->ops->timer(vault->io, op->delay_ms, on_pause_over, call);
        if (call->pause == NULL)
            give_up(call);
    } else {
        advance(call);
    }
}

void akv_vault_cancel(struct akv_call *call)
{
    struct akv_error err = AKV_ERROR_INIT;

    (void)akv_error_set(&err, AKV_E_CANCELLED, "the call was given up");
    fail(call, &err);
}
