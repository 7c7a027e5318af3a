/* SPDX-License-Identifier: Apache-2.0 */

#include <string.h>

#include "transport/http.h"
#include "unit.h"

static void take(struct akv_http_reply *reply, const char *line)
{
    akv_http_reply_header(reply, line, strlen(line));
}

static void reply_headers(void)
{
    static const struct {
        const char *line;
        enum akv_header header;
        const char *value; /* NULL: none is kept */
    } rows[] = {
        { "Retry-After: 3\r\n", AKV_H_RETRY_AFTER, "3" },
        { "RETRY-AFTER:3\r\n", AKV_H_RETRY_AFTER, "3" },
        { "retry-after: \t 3 \t\r\n", AKV_H_RETRY_AFTER, "3" },
        { "retry-after:\r\n", AKV_H_RETRY_AFTER, "" },
        { "date: a: b\r\n", AKV_H_DATE, "a: b" },
        { "retry-after", AKV_H_RETRY_AFTER, NULL },
        { "retry-afte: 3\r\n", AKV_H_RETRY_AFTER, NULL },
        { "retry-after-m: 3\r\n", AKV_H_RETRY_AFTER, NULL },
        { ": 3\r\n", AKV_H_RETRY_AFTER, NULL },
        { "\r\n", AKV_H_RETRY_AFTER, NULL },
        { "", AKV_H_RETRY_AFTER, NULL },
    };
    size_t i;

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct akv_http_reply reply;
        const char *got;

        memset(&reply, 0, sizeof(reply));
        take(&reply, rows[i].line);
        got = reply.headers[rows[i].header];
        CHECK_AT(rows[i].line, (got == NULL) == (rows[i].value == NULL));
        if (got != NULL && rows[i].value != NULL)
            CHECK_STR(rows[i].line, got, rows[i].value);
        akv_http_reply_free(&reply);
    }
}

static void several(void)
{
    struct akv_http_reply reply;

    memset(&reply, 0, sizeof(reply));
    take(&reply, "HTTP/1.1 100 Continue\r\n");
    take(&reply, "date: earlier\r\n");
    take(&reply, "HTTP/1.1 401 Unauthorized\r\n");
    CHECK(reply.headers[AKV_H_DATE] == NULL);
    take(&reply, "www-authenticate: Basic\r\n");
    take(&reply, "www-authenticate: Bearer x\r\n");
    CHECK_STR("joined", reply.headers[AKV_H_WWW_AUTHENTICATE],
              "Basic, Bearer x");
    akv_http_reply_free(&reply);
}

/* A request has room for some headers, and none for a line break. */
static void request_headers(void)
{
    struct akv_http_request request;
    size_t i;

    memset(&request, 0, sizeof(request));
    CHECK(!akv_http_request_header(&request, "a", "b\r\nc: d"));
    CHECK(!akv_http_request_header(&request, "a", "b\nc: d"));
    for (i = 0; i < AKV_HTTP_MAX_HEADERS; i++)
        CHECK(akv_http_request_header(&request, "a", "b"));
    CHECK_STR("header", request.headers[0], "a: b");
    CHECK(!akv_http_request_header(&request, "a", "b"));
    akv_http_request_free(&request);
}

int main(void)
{
    static const struct unit_test tests[] = {
        { "headers of a reply", reply_headers },
        { "several of them", several },
        { "headers of a request", request_headers },
    };

    return unit_main("http", tests, sizeof(tests) / sizeof(tests[0]));
}
