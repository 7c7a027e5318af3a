/* SPDX-License-Identifier: Apache-2.0 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ascii.h"
#include "entra.h"
#include "hosts.h"
#include "json.h"
#include "log.h"
#include "retry.h"

struct akv_entra {
    struct akv_io *io; /* borrowed */
    struct akv_http_request request;
    struct akv_exchange *exchange; /* under way, or NULL */
    struct akv_timer *timer;       /* before the next try, or NULL */
    unsigned attempt;
    akv_token_fn *done;
    void *arg;
    struct akv_entra **handle; /* borrowed: the poster's pointer to this */
};

static bool send_now(struct akv_entra *entra, struct akv_error *err);

bool akv_form_add(struct akv_buf *form, const char *name, const char *value)
{
    bool ok = akv_buf_appendf(form, "%s%s=", form->len > 0 ? "&" : "", name);

    for (; ok && *value != '\0'; value++) {
        if (akv_is_alnum(*value) || strchr("-._~", *value) != NULL)
            ok = akv_buf_append(form, value, 1);
        else
            ok = akv_buf_appendf(form, "%%%02X", (unsigned char)*value);
    }
    return ok;
}

void akv_entra_cancel(struct akv_entra *entra)
{
    if (entra == NULL)
        return;
    if (entra->exchange != NULL)
        entra->io->ops->cancel(entra->io, entra->exchange);
    if (entra->timer != NULL)
        entra->io->ops->timer_stop(entra->io, entra->timer);
    akv_http_request_free(&entra->request);
    free(entra);
}

/* Reports and ends: entra is gone after it. */
static void finish(struct akv_entra *entra, const struct akv_token *token,
                   const struct akv_error *err)
{
    akv_token_fn *done = entra->done;
    void *arg = entra->arg;

    *entra->handle = NULL;
    akv_entra_cancel(entra);
    done(arg, token, err);
}

static void read_error(const struct akv_entra *entra,
                       const struct akv_http_reply *reply,
                       struct akv_error *err)
{
    struct akv_json *json =
        akv_json_parse(akv_buf_str(&reply->body), reply->body.len, NULL);
    const char *code = akv_json_get_text(json, "error");
    const char *text = akv_json_get_text(json, "error_description");

    (void)akv_error_set(err, AKV_E_AUTHENTICATION,
                        "the authority refuses a token (POST %s: HTTP %ld): "
                        "%s: %.400s",
                        entra->request.url, reply->status,
                        code != NULL ? code : "no error code",
                        text != NULL ? text : akv_buf_str(&reply->body));
    akv_log_mask(err->message);
    akv_error_set_reply(err, reply->status, code, NULL,
                        reply->headers[AKV_H_REQUEST_ID]);
    akv_json_free(json);
}

static void read_token(struct akv_entra *entra,
                       const struct akv_http_reply *reply)
{
    struct akv_error err = AKV_ERROR_INIT, why = AKV_ERROR_INIT;
    struct akv_json *json =
        akv_json_parse(akv_buf_str(&reply->body), reply->body.len, &why);
    int64_t now = akv_clock_wall(entra->io->clock), life = 0, refresh = 0;
    struct akv_token token = { akv_json_get_text(json, "access_token"), 0, 0 };

    if (token.text != NULL && *token.text != '\0'
        && akv_json_get_int(json, "expires_in", &life) && life > 0
        && life < INT32_MAX) {
        token.expires_on = now + life;
        if (akv_json_get_int(json, "refresh_in", &refresh) && refresh > 0
            && refresh < life)
            token.refresh_on = now + refresh;
        finish(entra, &token, NULL);
    } else {
        (void)akv_error_set(
            &err, AKV_E_AUTHENTICATION,
            "the authority's token reply (POST %s) %s", entra->request.url,
            json == NULL ? why.message : "lacks access_token or expires_in");
        finish(entra, NULL, &err);
    }
    akv_json_free(json);
}

static void on_timer(void *arg)
{
    struct akv_entra *entra = arg;
    struct akv_error err = AKV_ERROR_INIT;

    entra->timer = NULL;
    if (!send_now(entra, &err))
        finish(entra, NULL, &err);
}

/* False when there is no time left for another try. */
static bool try_again(struct akv_entra *entra,
                      const struct akv_http_reply *reply)
{
    int64_t delay = akv_retry_delay(entra->attempt, reply, entra->io->clock,
                                    akv_retry_random());

    if (akv_clock_mono(entra->io->clock) + delay >= entra->request.deadline)
        return false;
    entra->timer = entra->io->ops->timer(entra->io, delay, on_timer, entra);
    return entra->timer != NULL;
}

static void on_reply(void *arg, struct akv_http_reply *reply,
                     const struct akv_error *cause, bool sent)
{
    struct akv_entra *entra = arg;
    struct akv_error err = AKV_ERROR_INIT;

    (void)sent; /* asking twice for a token does no harm */
    entra->exchange = NULL;
    if (reply == NULL) {
        if (cause->code == AKV_E_TRANSPORT
            && entra->attempt <= AKV_RETRY_CONNECTIONS
            && try_again(entra, NULL))
            return;
        (void)akv_error_set(&err, cause->code, "no token: POST %s: %s",
                            entra->request.url, cause->message);
        finish(entra, NULL, &err);
    } else if (reply->status == 200) {
        read_token(entra, reply);
    } else if (!akv_retry_status(reply->status) || !try_again(entra, reply)) {
        read_error(entra, reply, &err);
        finish(entra, NULL, &err);
    }
}

static bool send_now(struct akv_entra *entra, struct akv_error *err)
{
    entra->attempt++;
    entra->exchange =
        entra->io->ops->send(entra->io, &entra->request, on_reply, entra, err);
    return entra->exchange != NULL;
}

static bool build(struct akv_entra *entra, const char *authority,
                  const char *tenant, struct akv_buf *form)
{
    struct akv_http_request *request = &entra->request;
    const char *host = authority + strlen("https://");
    char bare[256];

    request->method = "POST";
    request->max_reply = AKV_TOKEN_MAX * 2;
    (void)snprintf(
        bare, sizeof(bare), "%.*s",
        (int)(*host == '[' ? strcspn(host, "]") + 1 : strcspn(host, ":/")),
        host);
    request->no_proxy = akv_host_is_loopback(bare);
    request->body = *form;
    akv_buf_init(form, form->max);
    return asprintf(&request->url, "%s/%s/oauth2/v2.0/token", authority, tenant)
               > 0
           && akv_http_request_header(request, "Content-Type",
                                      "application/x-www-form-urlencoded")
           && akv_http_request_header(request, "Accept", "application/json");
}

void akv_entra_post(struct akv_io *io, const char *authority,
                    const char *tenant, struct akv_buf *form, int64_t deadline,
                    akv_token_fn *done, void *arg, struct akv_entra **handle)
{
    struct akv_entra *entra = calloc(1, sizeof(*entra));
    struct akv_error err = AKV_ERROR_INIT;

    *handle = entra;
    if (entra == NULL) {
        (void)akv_error_set(&err, AKV_E_MEMORY, "no memory for a request");
        akv_buf_free(form);
        done(arg, NULL, &err);
        return;
    }
    entra->io = io;
    entra->done = done;
    entra->arg = arg;
    entra->handle = handle;
    entra->request.deadline = deadline;
    if (!build(entra, authority, tenant, form))
        (void)akv_error_set(&err, AKV_E_MEMORY, "no memory for a request");
    else if (send_now(entra, &err))
        return;
    finish(entra, NULL, &err);
}
