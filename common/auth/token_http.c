/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Asking twice for a token does no harm, so another try may follow one that has
 * arrived. An answer may repeat what it was asked with: that is masked before a
 * refusal quotes it. Behind finish() the request is gone.
 */

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "auth/refusal.h"
#include "auth/token_http.h"
#include "auth/token_reply.h"
#include "base/ascii.h"
#include "base/log.h"
#include "transport/retry.h"

struct akv_token_http {
    struct akv_io *io;                   /* borrowed */
    const struct akv_settings *settings; /* borrowed */
    struct akv_http_request request;
    const struct akv_token_endpoint *endpoint; /* a constant */
    struct akv_exchange *exchange;             /* under way, or NULL */
    struct akv_timer *timer;                   /* before a try, or NULL */
    unsigned attempt;
    akv_token_fn *done;
    void *arg;
    struct akv_token_http **handle; /* borrowed: the starter's pointer */
};

static bool send_now(struct akv_token_http *http, struct akv_error *err);

const char *akv_token_reply_text(const struct akv_http_reply *reply)
{
    const char *text = akv_buf_str(&reply->body);

    if (reply->status < 400 || strcasestr(text, "access_token") != NULL)
        return "(the reply is not shown: it may hold a token)";
    return text;
}

void akv_token_http_cancel(struct akv_token_http *http)
{
    if (http == NULL)
        return;
    if (http->exchange != NULL)
        http->io->ops->cancel(http->io, http->exchange);
    if (http->timer != NULL)
        http->io->ops->timer_stop(http->io, http->timer);
    akv_http_request_free(&http->request);
    free(http);
}

/* Reports and ends: http is gone after it. */
static void token_http_finish(struct akv_token_http *http,
                              const struct akv_token *token,
                              const struct akv_error *err)
{
    akv_token_fn *done = http->done;
    void *arg = http->arg;

    *http->handle = NULL;
    akv_token_http_cancel(http);
    done(arg, token, err);
}

static void token_http_read_token(struct akv_token_http *http,
                                  const struct akv_http_reply *reply)
{
    struct akv_error err = AKV_ERROR_INIT, cause = AKV_ERROR_INIT;
    struct akv_json *json =
        akv_json_parse(akv_buf_str(&reply->body), reply->body.len, &cause);
    const char *why = cause.message;
    char note[AKV_CLOCK_NOTE_SIZE];
    struct akv_token token;

    if (json != NULL)
        why = akv_token_read(json, &akv_token_form_oauth,
                             akv_clock_wall(http->io->clock), &token);
    if (why == NULL) {
        token_http_finish(http, &token, NULL);
    } else {
        (void)akv_error_set(
            &err,
            http->endpoint->bad_reply != AKV_E_NONE ? http->endpoint->bad_reply
                                                    : AKV_E_AUTHENTICATION,
            "the token reply (%s %s) %s%s%s", http->request.method,
            http->request.url, json == NULL ? "will not do: " : "", why,
            akv_refusal_clock(reply, http->io->clock, note));
        token_http_finish(http, NULL, &err);
    }
    akv_json_free(json);
}

static void token_http_on_timer(void *arg)
{
    struct akv_token_http *http = arg;
    struct akv_error err = AKV_ERROR_INIT;

    http->timer = NULL;
    if (!send_now(http, &err))
        token_http_finish(http, NULL, &err);
}

/* False when there is no time left for another try. */
static bool token_http_try_again(struct akv_token_http *http,
                                 const struct akv_http_reply *reply)
{
    int64_t delay = akv_retry_delay(http->attempt, reply, http->io->clock,
                                    akv_retry_random());

    if (akv_clock_mono(http->io->clock) + delay >= http->request.deadline)
        return false;
    http->timer =
        http->io->ops->timer(http->io, delay, token_http_on_timer, http);
    return http->timer != NULL;
}

static void token_http_on_no_reply(struct akv_token_http *http,
                                   const struct akv_error *cause)
{
    const struct akv_token_endpoint *endpoint = http->endpoint;
    struct akv_error err = AKV_ERROR_INIT;

    if (cause->code == AKV_E_TRANSPORT
        && endpoint->retry_connection(http->settings, http->attempt)
        && token_http_try_again(http, NULL))
        return;
    (void)akv_error_set(&err,
                        endpoint->no_reply != NULL ? endpoint->no_reply(cause)
                                                   : cause->code,
                        "no token: %s %s: %s", http->request.method,
                        http->request.url, cause->message);
    token_http_finish(http, NULL, &err);
}

static int token_http_hex_value(char c)
{
    if (akv_is_digit(c))
        return c - '0';
    c = akv_to_lower(c);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* What akv_form_add() has encoded, in place. */
static void token_http_decode(char *text)
{
    char *to = text;

    for (; *text != '\0'; text++) {
        if (*text == '%' && token_http_hex_value(text[1]) >= 0
            && token_http_hex_value(text[2]) >= 0) {
            *to++ = (char)(token_http_hex_value(text[1]) * 16
                           + token_http_hex_value(text[2]));
            text += 2;
        } else {
            *to++ = *text;
        }
    }
    *to = '\0';
}

/* Each value of a form that proves who asks. Without memory for a copy the body
 * is not quoted. */
static void mask_form(const struct akv_buf *form, struct akv_http_reply *reply)
{
    char *copy = strdup(akv_buf_str(form)), *field, *rest = copy;

    if (copy == NULL)
        akv_buf_free(&reply->body);
    while (copy != NULL && (field = strsep(&rest, "&")) != NULL) {
        char *value = strchr(field, '=');

        if (value == NULL)
            continue;
        *value++ = '\0';
        if (strstr(field, "secret") == NULL
            && strstr(field, "assertion") == NULL)
            continue;
        akv_http_reply_mask(reply, value);
        token_http_decode(value);
        akv_http_reply_mask(reply, value);
    }
    akv_wipe_free(copy);
}

/* An answer may repeat what it was asked with: it is to be quoted. Of a header
 * "NAME: SCHEME SECRET" all of the value, and the secret alone. */
static void mask_reply(const struct akv_http_request *request,
                       struct akv_http_reply *reply)
{
    size_t i;

    for (i = 0; i < AKV_HTTP_MAX_HEADERS && request->headers[i] != NULL; i++) {
        const char *value = strstr(request->headers[i], ": "), *behind;

        if (value == NULL
            || strncasecmp(request->headers[i], "Content-Type", 12) == 0)
            continue;
        value += 2;
        akv_http_reply_mask(reply, value);
        behind = strchr(value, ' ');
        if (behind != NULL)
            akv_http_reply_mask(reply, behind + 1);
    }
    mask_form(&request->body, reply);
}

/* An answer that is no token, and that no other try will follow. One that was
 * worth a try says nothing of who asked: it is no failed authentication. */
static void token_http_refuse(struct akv_token_http *http,
                              const struct akv_http_reply *reply,
                              bool retryable)
{
    struct akv_error cause = AKV_ERROR_INIT, err;

    http->endpoint->refusal(&http->request, reply, http->io->clock, &cause);
    err = cause;
    if (retryable) {
        (void)akv_error_set(
            &err, reply->status == 429 ? AKV_E_THROTTLED : AKV_E_DEADLINE,
            "no time is left for try %u: %s", http->attempt + 1, cause.message);
        akv_error_set_reply(&err, reply->status, cause.service_code,
                            cause.inner_code, cause.request_id);
    }
    akv_log_mask(err.message);
    token_http_finish(http, NULL, &err);
}

static void token_http_on_reply(void *arg, struct akv_http_reply *reply,
                                const struct akv_error *cause, bool sent)
{
    struct akv_token_http *http = arg;
    bool retryable;

    (void)sent; /* asking twice for a token does no harm */
    http->exchange = NULL;
    if (reply == NULL) {
        token_http_on_no_reply(http, cause);
    } else if (reply->status == 200) {
        token_http_read_token(http, reply);
    } else {
        retryable = http->endpoint->retry(reply);
        if (!retryable || !token_http_try_again(http, reply)) {
            mask_reply(&http->request, reply);
            token_http_refuse(http, reply, retryable);
        }
    }
}

static bool send_now(struct akv_token_http *http, struct akv_error *err)
{
    http->attempt++;
    http->exchange = http->io->ops->send(http->io, &http->request,
                                         token_http_on_reply, http, err);
    return http->exchange != NULL;
}

void akv_token_http_start(struct akv_io *io,
                          const struct akv_settings *settings,
                          struct akv_http_request *request,
                          const struct akv_token_endpoint *endpoint,
                          akv_token_fn *done, void *arg,
                          struct akv_token_http **handle)
{
    struct akv_token_http *http = calloc(1, sizeof(*http));
    struct akv_error err = AKV_ERROR_INIT;

    *handle = http;
    if (http == NULL) {
        (void)akv_error_set(&err, AKV_E_MEMORY, "no memory for a request");
        akv_http_request_free(request);
        done(arg, NULL, &err);
        return;
    }
    http->io = io;
    http->settings = settings;
    http->request = *request;
    memset(request, 0, sizeof(*request));
    http->endpoint = endpoint;
    http->done = done;
    http->arg = arg;
    http->handle = handle;
    if (!send_now(http, &err))
        token_http_finish(http, NULL, &err);
}
