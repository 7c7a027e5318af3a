/* SPDX-License-Identifier: Apache-2.0 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "auth/cred.h"
#include "base/settings_impl.h"
#include "client/request.h"
#include "unit.h"

static const struct akv_op_kind get_kind = { .name = "get",
                                             .method = "GET",
                                             .min_version = "7.0" };
static const struct akv_op_kind sign_kind = {
    .name = "sign", .method = "POST", .suffix = "/sign", .min_version = "7.0"
};
static const struct akv_op_kind create_kind = {
    .name = "create", .method = "POST", .suffix = "/create", .once = true
};

/* An operation on something that an https identifier names. */
static void make_op(struct akv_op *op, const struct akv_op_kind *kind,
                    const char *url, const char *body)
{
    struct akv_error err = AKV_ERROR_INIT;
    struct akv_id id;

    CHECK_AT(url, akv_id_parse_https(&id, url, &err));
    akv_op_init(op, kind, &id);
    if (body != NULL)
        CHECK_AT(url, akv_buf_append_str(&op->body, body));
}

/* The value of a header of the request; NULL: it has none. */
static const char *header(const struct akv_http_request *request,
                          const char *name)
{
    size_t i, len = strlen(name);

    for (i = 0; i < AKV_HTTP_MAX_HEADERS; i++)
        if (request->headers[i] != NULL
            && strncmp(request->headers[i], name, len) == 0
            && strncmp(request->headers[i] + len, ": ", 2) == 0)
            return request->headers[i] + len + 2;
    return NULL;
}

static void urls(void)
{
    static const struct {
        const struct akv_op_kind *kind;
        const char *id, *version, *url;
        bool no_proxy;
    } rows[] = {
        { &get_kind, "https://v.vault.azure.net/keys/k", "7.5",
          "https://v.vault.azure.net/keys/k?api-version=7.5", false },
        { &get_kind, "https://v.vault.azure.net:443/keys/k/1", "7.5",
          "https://v.vault.azure.net/keys/k/1?api-version=7.5", false },
        { &sign_kind, "https://v.vault.azure.net/keys/k/1", "2025-07-01",
          "https://v.vault.azure.net/keys/k/1/sign?api-version=2025-07-01",
          false },
        { &create_kind, "https://localhost:8443/keys/k", "7.5",
          "https://localhost:8443/keys/k/create?api-version=7.5", true },
        { &get_kind, "https://127.0.0.1:8443/keys/k", "7.5",
          "https://127.0.0.1:8443/keys/k?api-version=7.5", true },
        { &get_kind, "https://[::1]/secrets/s", "7.5",
          "https://[::1]/secrets/s?api-version=7.5", true },
        { &get_kind, "https://[2001:db8::1]/secrets/s", "7.5",
          "https://[2001:db8::1]/secrets/s?api-version=7.5", false },
    };
    size_t i;

    for (i = 0; i < COUNT(rows); i++) {
        struct akv_http_request request = { .method = NULL };
        struct akv_error err = AKV_ERROR_INIT;
        struct akv_settings settings;
        struct akv_op op;

        CHECK(unit_settings(&settings, &err, "api-version", rows[i].version,
                            NULL));
        make_op(&op, rows[i].kind, rows[i].id, NULL);
        CHECK_AT(rows[i].url,
                 akv_request_build(&request, &op, &settings, "", 1234));
        CHECK_STR(rows[i].id, request.url, rows[i].url);
        CHECK_STR(rows[i].id, request.method, rows[i].kind->method);
        CHECK_INT(rows[i].id, request.deadline, 1234);
        CHECK_INT(rows[i].id, request.once, rows[i].kind->once);
        CHECK_INT(rows[i].id, request.no_proxy, rows[i].no_proxy);
        CHECK_INT(rows[i].id, request.max_reply, AKV_REPLY_MAX);
        akv_http_request_free(&request);
        akv_op_free(&op);
        akv_settings_clear(&settings);
    }
}

/* The higher of the setting and what the operation needs. */
static void api_versions(void)
{
    static const struct {
        const char *set, *least, *want, *own;
    } rows[] = {
        { "7.5", "7.0", "7.5", NULL },
        { "7.0", "7.5", "7.5", NULL },
        { "7.5", "7.5", "7.5", NULL },
        { "7.1", "2025-07-01", "2025-07-01", NULL },
        { "2025-07-01", "7.6", "2025-07-01", NULL },
        { "2016-10-01", "7.0", "2016-10-01", NULL },
        { "2025-07-01", "2026-04-01", "2026-04-01", NULL },
        { "2026-04-01", "2025-07-01", "2026-04-01", NULL },
        { "7.6-preview.1", "7.0", "7.6-preview.1", NULL },
        { "7.5", NULL, "7.5", NULL },
        { "7.5", NULL, "2026-04-01", "2026-04-01" },
        { "7.1", "7.0", "7.2", "7.2" },
        { "7.5", "7.0", "7.5", "7.2" },
    };
    size_t i;

    for (i = 0; i < COUNT(rows); i++) {
        const struct akv_op_kind kind = { .name = "get",
                                          .method = "GET",
                                          .min_version = rows[i].least };
        struct akv_http_request request = { .method = NULL };
        struct akv_error err = AKV_ERROR_INIT;
        struct akv_settings settings;
        struct akv_op op;
        const char *got;

        CHECK(unit_settings(&settings, &err, "api-version", rows[i].set, NULL));
        make_op(&op, &kind, "https://v.vault.azure.net/keys/k", NULL);
        op.min_version = rows[i].own;
        CHECK(akv_request_build(&request, &op, &settings, "t", 0));
        got = strstr(request.url, "?api-version=");
        CHECK_STR(rows[i].set, got != NULL ? got + 13 : NULL, rows[i].want);
        akv_http_request_free(&request);
        akv_op_free(&op);
        akv_settings_clear(&settings);
    }
}

/* A UUID of version 4. */
static bool is_uuid(const char *text)
{
    static const char form[] = "xxxxxxxx-xxxx-4xxx-vxxx-xxxxxxxxxxxx";
    size_t i;

    for (i = 0; text != NULL && i < sizeof(form) - 1; i++) {
        const char *allowed = form[i] == 'x'   ? "0123456789abcdef"
                              : form[i] == 'v' ? "89ab"
                              : form[i] == '-' ? "-"
                                               : "4";

        if (text[i] == '\0' || strchr(allowed, text[i]) == NULL)
            return false;
    }
    return text != NULL && text[i] == '\0';
}

static void tokens_and_bodies(void)
{
    static const struct {
        const char *where, *token, *body, *authorization, *sent, *type;
    } rows[] = {
        { "with a token", "tok", "{\"value\":\"s\"}", "Bearer tok",
          "{\"value\":\"s\"}", "application/json" },
        { "with a token, without body", "tok", NULL, "Bearer tok", "", NULL },
        { "a host that wants none", "", "{\"value\":\"s\"}", NULL,
          "{\"value\":\"s\"}", "application/json" },
    };
    struct akv_http_request request = { .method = NULL };
    struct akv_error err = AKV_ERROR_INIT;
    struct akv_settings settings;
    char before[40] = "";
    size_t i;

    CHECK(unit_settings(&settings, &err, NULL));
    for (i = 0; i < COUNT(rows); i++) { /* one request, built anew */
        struct akv_op op;
        const char *id;

        make_op(&op, &sign_kind, "https://v.vault.azure.net/keys/k/1",
                rows[i].body);
        CHECK_AT(rows[i].where,
                 akv_request_build(&request, &op, &settings, rows[i].token, 0));
        CHECK_STR(rows[i].where, header(&request, "Authorization"),
                  rows[i].authorization);
        CHECK_STR(rows[i].where, akv_buf_str(&request.body), rows[i].sent);
        CHECK_STR(rows[i].where, header(&request, "Content-Type"),
                  rows[i].type);
        CHECK_STR(rows[i].where, header(&request, "Accept"),
                  "application/json");
        id = header(&request, "x-ms-client-request-id");
        CHECK_AT(rows[i].where, is_uuid(id) && strcmp(id, before) != 0);
        (void)snprintf(before, sizeof(before), "%s", id != NULL ? id : "");
        CHECK_STR(rows[i].where, akv_buf_str(&op.body),
                  rows[i].body != NULL ? rows[i].body : "");
        akv_op_free(&op);
    }
    akv_http_request_free(&request);
    CHECK(request.url == NULL && request.headers[0] == NULL);
    akv_http_request_free(&request);
    akv_settings_clear(&settings);
}

/* A token that would make headers of its own, or is absurdly long. */
static void bad_tokens(void)
{
    static const char *const tokens[] = { "a\r\nX-Evil: 1", "a\nb", "a\rb",
                                          "\n" };
    static char text[AKV_TOKEN_MAX + 100];
    struct akv_http_request request = { .method = NULL };
    struct akv_error err = AKV_ERROR_INIT;
    struct akv_settings settings;
    struct akv_op op;
    size_t i;

    CHECK(unit_settings(&settings, &err, NULL));
    make_op(&op, &get_kind, "https://v.vault.azure.net/keys/k", NULL);
    for (i = 0; i < COUNT(tokens); i++) {
        CHECK_AT(tokens[i],
                 !akv_request_build(&request, &op, &settings, tokens[i], 0));
        CHECK_STR(tokens[i], header(&request, "Authorization"), NULL);
    }
    memset(text, 'a', sizeof(text) - 1);
    CHECK(!akv_request_build(&request, &op, &settings, text, 0));
    text[AKV_TOKEN_MAX] = '\0';
    CHECK(akv_request_build(&request, &op, &settings, text, 0));
    akv_http_request_free(&request);
    akv_op_free(&op);
    akv_settings_clear(&settings);
}

static void headers(void)
{
    struct akv_http_request request = { .method = NULL };
    int i;

    for (i = 0; i < AKV_HTTP_MAX_HEADERS; i++)
        CHECK(akv_http_request_header(&request, "Name", i ? "value" : ""));
    CHECK(!akv_http_request_header(&request, "Name", "one too many"));
    CHECK_STR("form", request.headers[1], "Name: value");
    CHECK_STR("form", request.headers[0], "Name: ");
    akv_http_request_free(&request);
    CHECK(!akv_http_request_header(&request, "Name", "a\r\nb"));
    CHECK(request.headers[0] == NULL);
    for (i = 0; i < AKV_H_COUNT; i++)
        CHECK(akv_header_name((enum akv_header)i) != NULL);
    CHECK_STR("name", akv_header_name(AKV_H_WWW_AUTHENTICATE),
              "www-authenticate");
    CHECK_STR("name", akv_header_name(AKV_H_REQUEST_ID), "x-ms-request-id");
}

/* Nothing secret leaves before the host is known, and nothing is done. */
static void questions(void)
{
    static const struct akv_op_kind
        restore = { .name = "restore", .method = "POST", .suffix = "/restore" },
        list = { .name = "list", .method = "GET" },
        issuers = { .name = "list", .method = "GET", .infix = "/issuers" },
        purge = { .name = "purge", .method = "DELETE", .prefix = "deleted" },
        rng = { .name = "random",
                .method = "POST",
                .suffix = "/rng",
                .min_version = "7.6" };
    static const struct {
        const struct akv_op_kind *kind;
        const char *id, *url;
    } rows[] = {
        { &sign_kind, "/keys/k/1", "/keys?api-version=7.5&maxresults=1" },
        { &create_kind, "/keys/k", "/keys?api-version=7.5&maxresults=1" },
        { &get_kind, "/secrets/s", "/secrets/sx?api-version=7.5" },
        { &get_kind, "/certificates/c", "/certificates/cx?api-version=7.5" },
        { &list, "/secrets/", "/secrets?api-version=7.5" },
        { &issuers, "/certificates/i",
          "/certificates/issuers/ix?api-version=7.5" },
        { &restore, "/secrets/", "/keys?api-version=7.5&maxresults=1" },
        { &purge, "/secrets/s", "/keys?api-version=7.5&maxresults=1" },
        { &rng, "", "/keys?api-version=7.6&maxresults=1" },
    };
    struct akv_http_request request = { .method = NULL };
    struct akv_error err = AKV_ERROR_INIT;
    struct akv_settings settings;
    size_t i;

    CHECK(unit_settings(&settings, &err, NULL));
    for (i = 0; i < COUNT(rows); i++) {
        char id[100], url[100];
        struct akv_op op;

        (void)snprintf(id, sizeof(id), "https://v.vault.azure.net%s%s",
                       rows[i].id, rows[i].id[0] != '\0' ? "x" : "/keys/x");
        (void)snprintf(url, sizeof(url), "https://v.vault.azure.net%s",
                       rows[i].url);
        make_op(&op, rows[i].kind, id,
                strcmp(rows[i].kind->method, "POST") == 0 ? "{\"value\":\"s\"}"
                                                          : NULL);
        if (rows[i].id[0] == '\0')
            op.id.kind = AKV_KIND_VAULT;
        if (rows[i].id[0] == '\0' || rows[i].id[strlen(rows[i].id) - 1] == '/')
            op.id.name[0] = '\0';
        CHECK_AT(rows[i].url,
                 akv_request_build_question(&request, &op, &settings, 1234));
        CHECK_STR(rows[i].url, request.url, url);
        CHECK_STR(rows[i].url, request.method, "GET");
        CHECK_INT(rows[i].url, request.body.len, 0);
        CHECK_INT(rows[i].url, request.deadline, 1234);
        CHECK_STR(rows[i].url, header(&request, "Authorization"), NULL);
        CHECK(!request.once);
        akv_op_free(&op);
    }
    akv_http_request_free(&request);
    akv_settings_clear(&settings);
}

/* The next page's link is used as it is. */
static void link_as_it_is(void)
{
    static const char link[] = "https://v.vault.azure.net:443/keys"
                               "?api-version=7.4&$skiptoken=eyJ&maxresults=1";
    struct akv_http_request request = { .method = NULL };
    struct akv_error err = AKV_ERROR_INIT;
    struct akv_settings settings;
    struct akv_op op;

    CHECK(unit_settings(&settings, &err, NULL));
    make_op(&op, &get_kind, "https://v.vault.azure.net/keys/k", NULL);
    op.link = strdup(link);
    CHECK(akv_request_build(&request, &op, &settings, "", 0));
    CHECK_STR("link", request.url, link);
    CHECK(request.url != op.link);
    akv_http_request_free(&request);
    akv_op_free(&op);
    CHECK(op.link == NULL && op.body.data == NULL);
    akv_settings_clear(&settings);
}

int main(void)
{
    static const struct unit_test tests[] = {
        { "questions", questions },
        { "URLs", urls },
        { "api-version", api_versions },
        { "tokens and bodies", tokens_and_bodies },
        { "tokens that cannot be sent", bad_tokens },
        { "headers", headers },
        { "links", link_as_it_is },
    };

    return unit_main("request", tests, COUNT(tests));
}
