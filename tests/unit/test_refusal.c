/* SPDX-License-Identifier: Apache-2.0 */

/* What a vault says when it refuses, as a person reads it. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "akv/json.h"
#include "auth/refusal.h"
#include "unit.h"

#define NOW 1767279845 /* 2026-01-01T15:04:05Z */

static int64_t wall_s(void *arg)
{
    (void)arg;
    return NOW;
}

static const struct akv_clock clock = { NULL, wall_s, NULL };

static void refusals(void)
{
    static const struct {
        long status;
        const char *body, *request_id;
        enum akv_error_code code;
        const char *service_code, *inner, *message;
    } rows[] = {
        { 403,
          "{\"error\":{\"code\":\"Forbidden\",\"message\":\"Not you.\","
          "\"innererror\":{\"code\":\"ForbiddenByRbac\"}}}",
          "0815", AKV_E_FORBIDDEN, "Forbidden", "ForbiddenByRbac",
          "HTTP 403 Forbidden (ForbiddenByRbac): Not you. [request id 0815]" },
        { 404,
          "{\"error\":{\"code\":\"KeyNotFound\",\"message\":\"None.\","
          "\"innererror\":null}}",
          NULL, AKV_E_NOT_FOUND, "KeyNotFound", "",
          "HTTP 404 KeyNotFound: None." },
        { 400,
          "{\"error\":{\"message\":\"a\\r\\nb\",\"code\":\"Bad\\nParameter\"}}",
          "a\nb", AKV_E_SERVICE, "Bad Parameter", "",
          "HTTP 400 Bad Parameter: a  b [request id a b]" },
        { 409, "{\"error\":{\"code\":\"Conflict\"}}", NULL, AKV_E_CONFLICT,
          "Conflict", "",
          "HTTP 409 Conflict: {\"error\":{\"code\":\"Conflict\"}}" },
        { 429, "", NULL, AKV_E_THROTTLED, "", "", "HTTP 429" },
        { 401, "", "x", AKV_E_AUTHENTICATION, "", "",
          "HTTP 401 [request id x]" },
        { 400, "<html>Bad</html>\n", NULL, AKV_E_SERVICE, "", "",
          "HTTP 400: <html>Bad</html> " },
        { 500, "{}", NULL, AKV_E_SERVICE, "", "", "HTTP 500: {}" },
        { 503, "{\"error\":\"gone\"}", NULL, AKV_E_SERVICE, "", "",
          "HTTP 503: {\"error\":\"gone\"}" },
        { 502, "[1]", NULL, AKV_E_SERVICE, "", "", "HTTP 502: [1]" },
        { 500, "{\"error\":{\"code\":5,\"message\":[],\"innererror\":\"x\"}}",
          NULL, AKV_E_SERVICE, "", "",
          "HTTP 500: {\"error\":{\"code\":5,\"message\":[],\"innererror\":"
          "\"x\"}}" },
        { 302, "moved", NULL, AKV_E_SERVICE, "", "",
          "HTTP 302: a redirection to nowhere, which is not followed. moved" },
        { 400, "you sent opaque.Token~1, opaque.Token~1", NULL, AKV_E_SERVICE,
          "", "", "HTTP 400: you sent **************, **************" },
        { 401, "{\"error\":{\"message\":\"not opaque.Token~1\"}}", NULL,
          AKV_E_AUTHENTICATION, "", "", "HTTP 401: not **************" },
    };
    size_t i;

    for (i = 0; i < COUNT(rows); i++) {
        struct akv_http_reply reply = { .status = rows[i].status };
        struct akv_error err = AKV_ERROR_INIT;

        akv_buf_init(&reply.body, 1000);
        CHECK(akv_buf_append_str(&reply.body, rows[i].body));
        if (rows[i].request_id != NULL)
            reply.headers[AKV_H_REQUEST_ID] = strdup(rows[i].request_id);
        akv_http_reply_mask(&reply, "opaque.Token~1");
        akv_refusal_read(&reply, &clock, &err);
        CHECK_INT(rows[i].body, err.code, rows[i].code);
        CHECK_INT(rows[i].body, err.http_status, rows[i].status);
        CHECK_STR(rows[i].body, err.service_code, rows[i].service_code);
        CHECK_STR(rows[i].body, err.inner_code, rows[i].inner);
        CHECK_STR(rows[i].body, err.message, rows[i].message);
        akv_http_reply_free(&reply);
        CHECK(reply.body.data == NULL
              && reply.headers[AKV_H_REQUEST_ID] == NULL);
    }
}

/* As reported by users; the identities are made up. */
#define RBAC(assignment)                                                       \
    "Caller is not authorized to perform action on resource.\r\nIf role "      \
    "assignments, deny assignments or role definitions were changed "          \
    "recently, please observe propagation time.\r\nCaller: "                   \
    "appid=11111111-2222-3333-4444-555555555555;"                              \
    "oid=66666666-2222-3333-4444-555555555555;iss=https://sts.windows.net/"    \
    "77777777-2222-3333-4444-555555555555/\r\nAction: "                        \
    "'Microsoft.KeyVault/vaults/keys/sign/action'\r\nResource: "               \
    "'/subscriptions/88888888-2222-3333-4444-555555555555/resourcegroups/"     \
    "a-group-of-resources/providers/microsoft.keyvault/vaults/v/keys/"         \
    "web'\r\nAssignment: " assignment "\r\nDenyAssignmentId: "                 \
    "null\r\nDecisionReason: null \r\nVault: v;location=westeurope"

static void role_assignments(void)
{
    static const struct {
        const char *text, *begin;
    } rows[] = {
        { RBAC("(not found)"),
          "HTTP 403 Forbidden (ForbiddenByRbac): assignment not found: "
          "'Microsoft.KeyVault/vaults/keys/sign/action' on vaults/v/keys/web "
          "for oid=66666666-2222-3333-4444-555555555555. Caller is not" },
        { RBAC("/subscriptions/x"),
          "HTTP 403 Forbidden (ForbiddenByRbac): not permitted: "
          "'Microsoft.KeyVault/vaults/keys/sign/action' on " },
        { "Caller: me\r\nAction: 'x'\r\nResource: 'y'",
          "HTTP 403 Forbidden (ForbiddenByRbac): not permitted: 'x' on y for "
          "me. Caller: me" },
        { "Caller: me\r\nResource: 'y'",
          "HTTP 403 Forbidden (ForbiddenByRbac): Caller: me" },
    };
    size_t i;

    for (i = 0; i < COUNT(rows); i++) {
        struct akv_http_reply reply = { .status = 403 };
        struct akv_error err = AKV_ERROR_INIT;
        struct akv_json *json = akv_json_new_object(), *error;

        akv_buf_init(&reply.body, 4000);
        error = akv_json_add_object(json, "error");
        CHECK(akv_json_add_text(error, "code", "Forbidden")
              && akv_json_add_text(error, "message", rows[i].text)
              && akv_json_add_json(error, "innererror",
                                   "{\"code\":\"ForbiddenByRbac\"}")
              && akv_json_print(json, &reply.body));
        akv_refusal_read(&reply, &clock, &err);
        CHECK_INT(err.message,
                  strncmp(err.message, rows[i].begin, strlen(rows[i].begin)),
                  0);
        CHECK_HAS("all of it", err.message, strrchr(rows[i].text, '\n') + 1);
        akv_json_free(json);
        akv_http_reply_free(&reply);
    }
}

static void redirections(void)
{
    struct akv_http_reply reply = { .status = 307 };
    struct akv_error err = AKV_ERROR_INIT;

    akv_buf_init(&reply.body, 100);
    akv_refusal_read(&reply, &clock, &err);
    CHECK_STR("none", err.message,
              "HTTP 307: a redirection to nowhere, which is not followed. ");
    reply.headers[AKV_H_LOCATION] = strdup("https://portal.example/login");
    akv_refusal_read(&reply, &clock, &err);
    CHECK_HAS("target", err.message,
              "a redirection to https://portal.example/login, which is not");
    akv_http_reply_free(&reply);
}

/* A clock that is off is the reason that no other text tells. */
static void clocks(void)
{
    static const struct {
        const char *date, *want;
    } rows[] = {
        { NULL, "" },
        { "yesterday", "" },
        { "Thu, 01 Jan 2026 15:04:05 GMT", "" },
        { "Thu, 01 Jan 2026 15:06:05 GMT", "" },
        { "Thu, 01 Jan 2026 15:02:05 GMT", "" },
        { "Thu, 01 Jan 2026 15:06:06 GMT",
          "; this machine's clock is 121 s behind the server's" },
        { "Thu, 01 Jan 2026 14:04:05 GMT",
          "; this machine's clock is 3600 s ahead of the server's" },
    };
    size_t i;

    for (i = 0; i < COUNT(rows); i++) {
        struct akv_http_reply reply = { .status = 401 };
        struct akv_error err = AKV_ERROR_INIT;
        char note[AKV_CLOCK_NOTE_SIZE], want[200];

        if (rows[i].date != NULL)
            reply.headers[AKV_H_DATE] = strdup(rows[i].date);
        CHECK_STR("note", akv_refusal_clock(&reply, &clock, note),
                  rows[i].want);
        akv_refusal_read(&reply, &clock, &err);
        (void)snprintf(want, sizeof(want), "HTTP 401%s", rows[i].want);
        CHECK_STR("a token refused", err.message, want);
        reply.status = 403;
        akv_refusal_read(&reply, &clock, &err);
        CHECK_STR("not of other refusals", err.message, "HTTP 403");
        akv_http_reply_free(&reply);
    }
}

int main(void)
{
    static const struct unit_test tests[] = {
        { "refusals", refusals },
        { "role assignments", role_assignments },
        { "redirections", redirections },
        { "clocks", clocks },
    };

    return unit_main("refusal", tests, COUNT(tests));
}
