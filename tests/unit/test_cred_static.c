/* SPDX-License-Identifier: Apache-2.0 */

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "auth/cred.h"
#include "auth/cred_factory.h"
#include "base/base64.h"
#include "base/settings_impl.h"
#include "fake_io.h"
#include "unit.h"

static char got_text[AKV_TOKEN_MAX + 1];
static int64_t got_expiry, got_refresh;
static struct akv_error got_err;
static unsigned calls;

static void on_token(void *arg, const struct akv_token *token,
                     const struct akv_error *err)
{
    CHECK(arg == &calls);
    calls++;
    got_text[0] = '\0';
    got_expiry = got_refresh = 0;
    if (token != NULL) {
        (void)snprintf(got_text, sizeof(got_text), "%s", token->text);
        got_expiry = token->expires_on;
        got_refresh = token->refresh_on;
        memset(&got_err, 0, sizeof(got_err));
    } else {
        got_err = *err;
    }
}

/* Gets a token by a setting; the result is in got_... */
static void get(const char *name, const char *value)
{
    static const struct akv_token_request request = { .scope = "scope",
                                                      .tenant = "tenant" };
    struct akv_error err = AKV_ERROR_INIT;
    struct akv_settings settings;
    struct akv_cred *cred;
    struct fake_io io;

    fake_io_init(&io, NULL, 0);
    CHECK(unit_settings(&settings, &err, name, value, NULL));
    cred = akv_cred_static_new(&io.base, &settings, &err);
    calls = 0;
    if (CHECK(cred != NULL)) {
        cred->ops->get(cred, &request, on_token, &calls);
        cred->ops->free(cred);
    }
    CHECK_INT("called", calls, 1);
    CHECK(fake_io_idle(&io) && io.count == 0);
    fake_io_clear(&io);
    akv_settings_clear(&settings);
}

/* A token of three parts with a payload. */
static const char *jwt(const char *payload)
{
    static char text[500];
    struct akv_buf middle = AKV_BUF_INIT(400);

    CHECK(akv_base64url_encode(payload, strlen(payload), &middle));
    (void)snprintf(text, sizeof(text), "eyJhbGciOiJub25lIn0.%s.c2ln",
                   akv_buf_str(&middle));
    akv_buf_free(&middle);
    return text;
}

/* An expiry of 0 is a refusal; what tells none counts as fresh for a minute. */
static void expiry(void)
{
    static const struct {
        const char *payload;
        int64_t want;
    } rows[] = {
        { "{\"exp\":1700003600}", 1700003600 },
        { "{\"aud\":\"x\",\"exp\":\"1700003600\"}", 1700003600 },
        { "{\"exp\":1700000001}", 1700000001 },
        { "{\"exp\":1700000000}", 0 },
        { "{\"exp\":1600000000}", 0 },
        { "{\"exp\":-5}", 0 },
        { "{\"exp\":-9223372036854775808}", 0 },
        { "{}", FAKE_WALL + 60 },
        { "{\"exp\":null}", FAKE_WALL + 60 },
        { "{\"exp\":\"soon\"}", FAKE_WALL + 60 },
        { "{\"exp\":1.7e9}", FAKE_WALL + 60 },
        { "[1700003600]", FAKE_WALL + 60 },
        { "no JSON", FAKE_WALL + 60 },
        { "", FAKE_WALL + 60 },
    };
    size_t i;

    for (i = 0; i < COUNT(rows); i++) {
        const char *token = jwt(rows[i].payload);

        get("access-token", token);
        CHECK_STR(rows[i].payload, got_text, rows[i].want > 0 ? token : "");
        CHECK_INT(rows[i].payload, got_expiry, rows[i].want);
        CHECK_INT(rows[i].payload, got_refresh, 0);
        if (rows[i].want == 0) {
            CHECK_INT(rows[i].payload, got_err.code, AKV_E_AUTHENTICATION);
            CHECK_HAS(rows[i].payload, got_err.message, "expired");
            CHECK_AT(rows[i].payload, strstr(got_err.message, "eyJ") == NULL);
        }
    }
}

static void forms(void)
{
    static const struct {
        const char *token;
        bool ok;
    } rows[] = {
        { "opaque", true },
        { "a.b", true },
        { "a.b.c", true },
        { "a.b.c.d.e", true },
        { "..", true },
        { "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~", true },
        { "two words", false },
        { "line\nbreak", false },
        { "carriage\rreturn", false },
        { "tab\t", false },
        { " leading", false },
        { "del\x7f", false },
        { "\xc3\xa4", false },
        { "\x01", false },
    };
    size_t i;

    for (i = 0; i < COUNT(rows); i++) {
        get("access-token", rows[i].token);
        CHECK_STR(rows[i].token, got_text, rows[i].ok ? rows[i].token : "");
        if (!rows[i].ok) {
            CHECK_INT(rows[i].token, got_err.code, AKV_E_AUTHENTICATION);
            CHECK_HAS(rows[i].token, got_err.message, "visible ASCII");
        }
    }
}

static void files(void)
{
    static const struct {
        const char *content;
        size_t len; /* 0: strlen */
        const char *token, *message;
    } rows[] = {
        { "opaque", 0, "opaque", NULL },
        { "opaque\n", 0, "opaque", NULL },
        { "opaque\r\n", 0, "opaque", NULL },
        { "opaque \t\n\n", 0, "opaque", NULL },
        { "", 0, "", "is empty" },
        { "\n", 0, "", "is empty" },
        { " \r\n \n", 0, "", "is empty" },
        { "two\nlines\n", 0, "", "visible ASCII" },
        { "\nopaque", 0, "", "visible ASCII" },
    };
    size_t i;

    for (i = 0; i < COUNT(rows); i++) {
        const char *path =
            unit_file("token", rows[i].content,
                      rows[i].len > 0 ? rows[i].len : strlen(rows[i].content));

        get("access-token-file", path);
        CHECK_STR(rows[i].content, got_text, rows[i].token);
        if (rows[i].message != NULL) {
            CHECK_INT(rows[i].content, got_err.code, AKV_E_AUTHENTICATION);
            CHECK_HAS(rows[i].content, got_err.message, rows[i].message);
        }
    }
}

/* Read anew for each token, since it is written anew before it expires. */
static void file_changes(void)
{
    static const struct akv_token_request request = { .scope = "s",
                                                      .tenant = "t" };
    struct akv_error err = AKV_ERROR_INIT;
    const char *path = unit_file("changing", "one", 3);
    struct akv_settings settings;
    struct akv_cred *cred;
    struct fake_io io;

    fake_io_init(&io, NULL, 0);
    CHECK(unit_settings(&settings, &err, "access-token-file", path, NULL));
    cred = akv_cred_static_new(&io.base, &settings, &err);
    if (!CHECK(cred != NULL))
        return;
    cred->ops->get(cred, &request, on_token, &calls);
    CHECK_STR("first", got_text, "one");
    (void)unit_file("changing", "two\n", 4);
    cred->ops->get(cred, &request, on_token, &calls);
    CHECK_STR("second", got_text, "two");
    CHECK(unlink(path) == 0);
    cred->ops->get(cred, &request, on_token, &calls);
    CHECK_STR("third", got_text, "");
    CHECK_HAS("third", got_err.message, "cannot be read: No such file");
    CHECK_HAS("third", got_err.message, path);
    cred->ops->free(cred);
    fake_io_clear(&io);
    akv_settings_clear(&settings);
}

static void file_too_large(void)
{
    static char text[AKV_TOKEN_MAX + 1];

    memset(text, 'a', sizeof(text));
    get("access-token-file", unit_file("large", text, sizeof(text)));
    CHECK_STR("no token", got_text, "");
    CHECK_HAS("why", got_err.message, "File too large");
}

/* Which credential the settings mean, and what is named when it is missing. */
static void choice(void)
{
    static const struct {
        const char *where, *settings[12], *message;
    } rows[] = {
        { "token", { "access-token", "x" }, NULL },
        { "token file", { "access-token-file", "/x" }, NULL },
        { "credential = token", { "credential", "token" }, "access-token" },
        { "a token is preferred",
          { "access-token", "x", "tenant-id", "a b", "client-id", "c",
            "client-secret", "s" },
          NULL },
        { "but not against credential = environment",
          { "access-token", "x", "credential", "environment" },
          "client-secret" },
        { "without a secret",
          { "credential", "environment" },
          "client-certificate" },
        { "no tenant",
          { "credential", "environment", "client-secret", "s" },
          "tenant-id (AZURE_TENANT_ID) is not set" },
        { "no client",
          { "credential", "environment", "client-secret", "s", "tenant-id",
            "t" },
          "client-id (AZURE_CLIENT_ID) is not set" },
        { "the chain says it when it is asked",
          { "credential", "default" },
          NULL },
        { "all three",
          { "tenant-id", "t", "client-id", "c", "client-secret", "s" },
          NULL },
        { "bad tenant",
          { "credential", "environment", "tenant-id", "a/b", "client-id", "c",
            "client-secret", "s" },
          "tenant-id: 'a/b'" },
    };
    size_t i;

    for (i = 0; i < COUNT(rows); i++) {
        const char *const *s = rows[i].settings;
        struct akv_deferred_files files = { .client_secret = AKV_BUF_INIT(10) };
        struct akv_error err = AKV_ERROR_INIT;
        struct akv_settings settings;
        struct akv_cred *cred;
        struct fake_io io;

        fake_io_init(&io, NULL, 0);
        CHECK(unit_settings(&settings, &err, s[0], s[1], s[2], s[3], s[4], s[5],
                            s[6], s[7], s[8], s[9], NULL));
        cred = akv_cred_new(&io.base, &settings, &files, &err);
        CHECK_AT(rows[i].where, (cred != NULL) == (rows[i].message == NULL));
        if (cred != NULL)
            cred->ops->free(cred);
        else if (rows[i].message != NULL)
            CHECK_HAS(rows[i].where, err.message, rows[i].message);
        CHECK_INT("no request was made", io.count, 0);
        fake_io_clear(&io);
        akv_settings_clear(&settings);
    }
}

int main(void)
{
    static const struct unit_test tests[] = {
        { "expiry of JSON Web Tokens", expiry },
        { "what can be a token", forms },
        { "files", files },
        { "a file that changes", file_changes },
        { "a file that is too large", file_too_large },
        { "choice of a credential", choice },
    };

    return unit_main("cred_static", tests, COUNT(tests));
}
