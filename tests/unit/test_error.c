/* SPDX-License-Identifier: Apache-2.0 */

#include <string.h>

#include "akv/error.h"
#include "unit.h"

static void set(void)
{
    struct akv_error err;

    memset(&err, 'x', sizeof(err));
    CHECK(!akv_error_set(&err, AKV_E_NOT_FOUND, "keys/%s: %d", "name", 7));
    CHECK_INT("code", err.code, AKV_E_NOT_FOUND);
    CHECK_STR("message", err.message, "keys/name: 7");
    CHECK_INT("status", err.http_status, 0);
    CHECK_STR("service code", err.service_code, "");
    CHECK_STR("inner code", err.inner_code, "");
    CHECK_STR("request id", err.request_id, "");
    CHECK(!akv_error_set(NULL, AKV_E_NOT_FOUND, "%s", "nobody listens"));
    akv_error_set_reply(NULL, 404, "a", "b", "c");
}

static void reply(void)
{
    struct akv_error err = AKV_ERROR_INIT;

    CHECK(!akv_error_set(&err, AKV_E_FORBIDDEN, "no"));
    akv_error_set_reply(&err, 403, "Forbidden", "KeyDisabled", "0815");
    CHECK_INT("code stays", err.code, AKV_E_FORBIDDEN);
    CHECK_STR("message stays", err.message, "no");
    CHECK_INT("status", err.http_status, 403);
    CHECK_STR("service code", err.service_code, "Forbidden");
    CHECK_STR("inner code", err.inner_code, "KeyDisabled");
    CHECK_STR("request id", err.request_id, "0815");
    akv_error_set_reply(&err, 500, NULL, NULL, NULL);
    CHECK_INT("status", err.http_status, 500);
    CHECK_STR("service code", err.service_code, "");
    CHECK_STR("inner code", err.inner_code, "");
    CHECK_STR("request id", err.request_id, "");
    akv_error_set_reply(&err, 403, "a", "b", "c");
    CHECK(!akv_error_set(&err, AKV_E_MEMORY, "anew"));
    CHECK_INT("cleared", err.http_status, 0);
    CHECK_STR("cleared", err.service_code, "");
}

/* A message ends in one line of somebody's log. */
static void one_line(void)
{
    static const struct {
        const char *text, *want;
    } rows[] = {
        { "plain", "plain" },
        { "two\nlines", "two lines" },
        { "\r\nforged: line", "  forged: line" },
        { "tab\there", "tab here" },
        { "\x1b[31mred", " [31mred" },
        { "bell\a del\x7f.", "bell  del ." },
        { "100 %", "100 %" },
        { "gr\xc3\xbc\xc3\x9f", "gr\xc3\xbc\xc3\x9f" },
        { "", "" },
    };
    size_t i;

    for (i = 0; i < COUNT(rows); i++) {
        struct akv_error err = AKV_ERROR_INIT;

        CHECK(!akv_error_set(&err, AKV_E_SERVICE, "%s", rows[i].text));
        CHECK_STR("message", err.message, rows[i].want);
        akv_error_set_reply(&err, 500, rows[i].text, rows[i].text,
                            rows[i].text);
        CHECK_STR("service code", err.service_code, rows[i].want);
        CHECK_STR("inner code", err.inner_code, rows[i].want);
        CHECK_STR("request id", err.request_id, rows[i].want);
    }
}

static void cut(void)
{
    struct akv_error err = AKV_ERROR_INIT;
    char text[3000];

    memset(text, 'a', sizeof(text) - 1);
    text[sizeof(text) - 1] = '\0';
    CHECK(!akv_error_set(&err, AKV_E_SERVICE, "%s", text));
    CHECK_INT("message", strlen(err.message), sizeof(err.message) - 1);
    akv_error_set_reply(&err, 500, text, text, text);
    CHECK_INT("code", strlen(err.service_code), sizeof(err.service_code) - 1);
    CHECK_INT("inner", strlen(err.inner_code), sizeof(err.inner_code) - 1);
    CHECK_INT("id", strlen(err.request_id), sizeof(err.request_id) - 1);
}

static void names(void)
{
    int code, other;

    for (code = AKV_E_NONE; code <= AKV_E_CANCELLED; code++) {
        const char *name = akv_error_name((enum akv_error_code)code);

        CHECK(name != NULL && *name != '\0' && strcmp(name, "unknown") != 0);
        for (other = AKV_E_NONE; other < code; other++)
            CHECK_AT(name,
                     strcmp(name, akv_error_name((enum akv_error_code)other))
                         != 0);
    }
    CHECK_STR("not found", akv_error_name(AKV_E_NOT_FOUND), "not-found");
    CHECK_STR("no such code", akv_error_name((enum akv_error_code)999),
              "unknown");
    CHECK_STR("negative", akv_error_name((enum akv_error_code) - 1), "unknown");
}

int main(void)
{
    static const struct unit_test tests[] = {
        { "set", set },           { "what a service said", reply },
        { "one line", one_line }, { "long texts are cut", cut },
        { "names", names },
    };

    return unit_main("error", tests, COUNT(tests));
}
