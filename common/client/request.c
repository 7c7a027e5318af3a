/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Each try is built anew, with an x-ms-client-request-id of its own. Its
 * api-version is the configured one, or the operation's least if that is later.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "auth/cred.h"
#include "base/host.h"
#include "base/settings_impl.h"
#include "client/request.h"

/* 2025-07-01, maybe with -preview behind it. */
static bool request_is_date(const char *version)
{
    return strspn(version, "0123456789") == 4 && version[4] == '-';
}

/* The higher of the configured version and the operation's own. Versions of
 * the form 7.x sort before dates, and among themselves as text. */
static const char *api_version(const struct akv_op *op,
                               const struct akv_settings *settings)
{
    const char *set = settings->api_version;
    const char *least =
        op->min_version != NULL ? op->min_version : op->kind->min_version;
    bool set_date = request_is_date(set), least_date;

    if (least == NULL)
        return set;
    least_date = request_is_date(least);
    if (set_date != least_date)
        return set_date ? set : least;
    return strcmp(set, least) >= 0 ? set : least;
}

static bool request_make_url(const struct akv_op *op,
                             const struct akv_settings *settings, char **url)
{
    struct akv_buf text = AKV_BUF_INIT(16384);
    bool ok;

    if (op->link != NULL) {
        *url = strdup(op->link);
        return *url != NULL;
    }
    ok = akv_buf_append_str(&text, "https://")
         && akv_id_append_host(&op->id, &text) && akv_op_append_path(op, &text)
         && akv_buf_appendf(&text, "?api-version=%s%s",
                            api_version(op, settings), op->query);
    if (ok)
        *url = strdup(akv_buf_str(&text));
    akv_buf_free(&text);
    return ok && *url != NULL;
}

/* A random version 4 UUID (RFC 9562), by which support finds a request. */
static void make_uuid(char text[37])
{
    unsigned char b[16] = { 0 };

    (void)!getrandom(b, sizeof(b), GRND_NONBLOCK);
    b[6] = (unsigned char)((b[6] & 0x0f) | 0x40);
    b[8] = (unsigned char)((b[8] & 0x3f) | 0x80);
    (void)snprintf(text, 37,
                   "%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-"
                   "%02x%02x%02x%02x%02x%02x",
                   b[0], b[1], b[2], b[3], b[4], b[5], b[6], b[7], b[8], b[9],
                   b[10], b[11], b[12], b[13], b[14], b[15]);
}

bool akv_request_build(struct akv_http_request *request,
                       const struct akv_op *op,
                       const struct akv_settings *settings, const char *token,
                       int64_t deadline)
{
    struct akv_buf bearer = AKV_BUF_INIT(AKV_TOKEN_MAX + 16);
    char uuid[37];
    bool ok;

    akv_http_request_free(request);
    make_uuid(uuid);
    akv_buf_init(&request->body, op->body.max);
    request->method = op->kind->method;
    request->max_reply = AKV_REPLY_MAX;
    request->deadline = deadline;
    request->once = op->kind->once;
    request->no_proxy = akv_host_is_loopback(op->id.host);
    ok = request_make_url(op, settings, &request->url)
         && akv_http_request_header(request, "Accept", "application/json")
         && akv_http_request_header(request, "x-ms-client-request-id", uuid);
    if (ok && op->body.len > 0)
        ok = akv_http_request_header(request, "Content-Type",
                                     "application/json");
    ok =
        ok
        && akv_buf_append(&request->body, akv_buf_str(&op->body), op->body.len);
    if (ok && *token != '\0')
        ok = akv_buf_appendf(&bearer, "Bearer %s", token)
             && akv_http_request_header(request, "Authorization",
                                        akv_buf_str(&bearer));
    akv_buf_free(&bearer);
    return ok;
}

bool akv_request_build_question(struct akv_http_request *request,
                                const struct akv_op *op,
                                const struct akv_settings *settings,
                                int64_t deadline)
{
    static const struct akv_op_kind ask = { .name = "ask", .method = "GET" };
    bool is_restore =
        op->id.name[0] == '\0' && strcmp(op->kind->method, "POST") == 0;
    struct akv_op question;

    if (strcmp(op->kind->method, "GET") == 0 && op->id.kind != AKV_KIND_VAULT)
        return akv_request_build(request, op, settings, "", deadline);
    akv_op_init(&question, &ask, &op->id);
    question.id.name[0] = question.id.version[0] = '\0';
    question.min_version =
        op->min_version != NULL ? op->min_version : op->kind->min_version;
    if (question.id.kind == AKV_KIND_VAULT || op->kind->prefix != NULL
        || is_restore)
        question.id.kind = AKV_KIND_KEY;
    (void)snprintf(question.query, sizeof(question.query), "&maxresults=1");
    return akv_request_build(request, &question, settings, "", deadline);
}
