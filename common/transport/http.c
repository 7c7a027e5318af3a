/* SPDX-License-Identifier: Apache-2.0 */

/*
 * What does not depend on who makes an exchange. Of several heads (a proxy's,
 * an interim answer's) the last one's headers count. Headers of requests may
 * hold secrets and are wiped; those of replies are freed as they are.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/ascii.h"
#include "base/log.h"
#include "transport/http.h"

void akv_http_request_free(struct akv_http_request *request)
{
    size_t i;

    free(request->url);
    for (i = 0; i < AKV_HTTP_MAX_HEADERS; i++)
        akv_wipe_free(request->headers[i]);
    akv_buf_free(&request->body);
    memset(request, 0, sizeof(*request));
}

bool akv_http_request_header(struct akv_http_request *request, const char *name,
                             const char *value)
{
    size_t i, size = strlen(name) + 2 + strlen(value) + 1;

    /* A line break would let a value make headers of its own. */
    if (strpbrk(value, "\r\n") != NULL)
        return false;
    for (i = 0; i < AKV_HTTP_MAX_HEADERS; i++) {
        if (request->headers[i] != NULL)
            continue;
        request->headers[i] = malloc(size);
        if (request->headers[i] == NULL)
            return false;
        (void)snprintf(request->headers[i], size, "%s: %s", name, value);
        return true;
    }
    return false;
}

void akv_http_reply_free(struct akv_http_reply *reply)
{
    size_t i;

    for (i = 0; i < AKV_H_COUNT; i++)
        free(reply->headers[i]);
    akv_buf_free(&reply->body);
    memset(reply, 0, sizeof(*reply));
}

static void keep_header(char **kept, const char *value, size_t len)
{
    size_t before = *kept != NULL ? strlen(*kept) : 0;
    char *text = malloc(before + 2 + len + 1);

    if (text == NULL)
        return;
    if (before > 0) {
        memcpy(text, *kept, before);
        memcpy(text + before, ", ", 2);
        before += 2;
    }
    memcpy(text + before, value, len);
    text[before + len] = '\0';
    free(*kept);
    *kept = text;
}

static void drop_headers(struct akv_http_reply *reply)
{
    size_t i;

    for (i = 0; i < AKV_H_COUNT; i++) {
        free(reply->headers[i]);
        reply->headers[i] = NULL;
    }
}

void akv_http_reply_header(struct akv_http_reply *reply, const char *line,
                           size_t len)
{
    const char *value = memchr(line, ':', len);
    size_t name, i;

    /* A new reply begins: what came before was a proxy's, or interim (1xx). */
    if (len > 5 && strncmp(line, "HTTP/", 5) == 0)
        drop_headers(reply);
    if (value == NULL)
        return;
    name = (size_t)(value++ - line);
    for (i = 0; i < AKV_H_COUNT; i++) {
        const char *known = akv_header_name((enum akv_header)i);
        size_t left = len - name - 1;

        if (strlen(known) != name || strncasecmp(known, line, name) != 0)
            continue;
        akv_trim(&value, &left);
        keep_header(&reply->headers[i], value, left);
        break;
    }
}

const char *akv_header_name(enum akv_header header)
{
    static const char *const names[AKV_H_COUNT] = {
        [AKV_H_WWW_AUTHENTICATE] = "www-authenticate",
        [AKV_H_RETRY_AFTER] = "retry-after",
        [AKV_H_RETRY_AFTER_MS] = "retry-after-ms",
        [AKV_H_X_MS_RETRY_AFTER_MS] = "x-ms-retry-after-ms",
        [AKV_H_REQUEST_ID] = "x-ms-request-id",
        [AKV_H_DATE] = "date",
        [AKV_H_LOCATION] = "location",
    };

    return names[header];
}

/* The characters that writers of JSON escape without need: / + & ' < > = */
static bool append_escaped(struct akv_buf *out, const char *secret, bool as_hex)
{
    bool ok = true;

    for (; ok && *secret != '\0'; secret++) {
        if (*secret == '"' || *secret == '\\' || (*secret == '/' && !as_hex))
            ok = akv_buf_appendf(out, "\\%c", *secret);
        else if (as_hex && strchr("/+&'<>=", *secret) != NULL)
            ok = akv_buf_appendf(out, "\\u%04x", (unsigned)*secret);
        else
            ok = akv_buf_append(out, secret, 1);
    }
    return ok;
}

static void mask_text(struct akv_buf *body, const char *secret)
{
    struct akv_buf escaped = AKV_BUF_INIT(65536);
    int as_hex;

    akv_log_mask_known((char *)body->data, body->len, secret);
    for (as_hex = 0; as_hex < 2; as_hex++) {
        if (append_escaped(&escaped, secret, as_hex != 0))
            akv_log_mask_known((char *)body->data, body->len,
                               akv_buf_str(&escaped));
        akv_buf_free(&escaped);
        akv_buf_init(&escaped, 65536);
    }
}

void akv_http_reply_mask(struct akv_http_reply *reply, const char *secret)
{
    size_t i;

    if (secret == NULL || *secret == '\0')
        return;
    for (i = 0; i < AKV_H_COUNT; i++)
        if (reply->headers[i] != NULL)
            akv_log_mask_known(reply->headers[i], strlen(reply->headers[i]),
                               secret);
    if (reply->body.len > 0)
        mask_text(&reply->body, secret);
}
