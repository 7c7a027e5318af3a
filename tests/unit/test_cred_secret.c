/* SPDX-License-Identifier: Apache-2.0 */

/* The client secret's credential and the token endpoint behind it. */

#include <stdio.h>
#include <string.h>

#include "auth/cred_cache.h"
#include "auth/service_principal.h"
#include "base/settings_impl.h"
#include "fake_io.h"
#include "unit.h"

#define TENANT "11111111-2222-3333-4444-555555555555"
#define GOOD                                                                   \
    "{\"token_type\":\"Bearer\",\"expires_in\":3599,\"access_token\":\"tok\"}"
#define SECRET "s3cret"

/* Steps of a script. */
#define GOOD_REPLY                                                             \
    {                                                                          \
        200, .body = GOOD                                                      \
    }
#define LATER                                                                  \
    {                                                                          \
        503, .body = "later"                                                   \
    }
#define BROKEN                                                                 \
    {                                                                          \
        0, .error = AKV_E_TRANSPORT, .sent = true                              \
    }

static struct fake_io io;
static struct akv_settings settings;
static struct akv_cred *cred;

static unsigned calls;
static char got_text[200];
static int64_t got_expiry, got_refresh;
static struct akv_error got_err;

static void on_token(void *arg, const struct akv_token *token,
                     const struct akv_error *err)
{
    CHECK(arg == &calls);
    calls++;
    got_text[0] = '\0';
    memset(&got_err, 0, sizeof(got_err));
    if (token != NULL) {
        (void)snprintf(got_text, sizeof(got_text), "%s", token->text);
        got_expiry = token->expires_on;
        got_refresh = token->refresh_on;
    } else {
        got_err = *err;
    }
}

static const char *secret_given = SECRET;

static void set_up(const struct fake_step *script, size_t steps)
{
    struct akv_error err = AKV_ERROR_INIT;

    fake_io_init(&io, script, steps);
    CHECK(unit_settings(&settings, &err, "tenant-id", TENANT, "client-id",
                        "app", NULL));
    cred = akv_cred_secret_new(&io.base, &settings, secret_given, &err);
    CHECK(cred != NULL);
    calls = 0;
}

static void tear_down(void)
{
    cred->ops->free(cred);
    CHECK("nothing is left behind" && fake_io_idle(&io));
    CHECK_INT("unexpected requests", io.unexpected, 0);
    fake_io_clear(&io);
    akv_settings_clear(&settings);
}

static void get(const char *tenant, int64_t ms)
{
    const struct akv_token_request request = {
        .scope = "https://vault.azure.net/.default",
        .tenant = tenant,
        .deadline = io.now + ms,
    };

    cred->ops->get(cred, &request, on_token, &calls);
}

static void request(void)
{
    static const struct fake_step script[] = { GOOD_REPLY };

    set_up(script, COUNT(script));
    get("", 10000);
    CHECK_INT("not at once", calls, 0);
    fake_io_run_all(&io);
    CHECK_INT("called", calls, 1);
    CHECK_STR("token", got_text, "tok");
    CHECK_INT("expiry", got_expiry, FAKE_WALL + 3599);
    CHECK_INT("refresh", got_refresh, 0);
    CHECK_INT("requests", io.count, 1);
    CHECK_STR("method", io.requests[0].method, "POST");
    CHECK_STR("URL", io.requests[0].url,
              "https://login.microsoftonline.com/" TENANT "/oauth2/v2.0/token");
    CHECK_STR("type", io.requests[0].content_type,
              "application/x-www-form-urlencoded");
    CHECK_STR("form", io.requests[0].body,
              "grant_type=client_credentials&client_id=app"
              "&scope=https%3A%2F%2Fvault.azure.net%2F.default"
              "&client_secret=" SECRET);
    CHECK_STR("no token of ours", io.requests[0].authorization, NULL);
    CHECK_INT("deadline", io.requests[0].deadline, FAKE_MONO + 10000);
    tear_down();
}

static void form(void)
{
    static const struct {
        const char *value, *want;
    } rows[] = {
        { "", "" },
        { "abc-._~XYZ019", "abc-._~XYZ019" },
        { "a b", "a%20b" },
        { "a+b&c=d", "a%2Bb%26c%3Dd" },
        { "100%", "100%25" },
        { "'\"<>#?/\\", "%27%22%3C%3E%23%3F%2F%5C" },
        { "\r\n\t", "%0D%0A%09" },
        { "\xc3\xa4", "%C3%A4" },
        { "\xff\x7f", "%FF%7F" },
    };
    size_t i;

    for (i = 0; i < COUNT(rows); i++) {
        struct akv_buf out = AKV_BUF_INIT(100);
        char want[100];

        CHECK(akv_form_add(&out, "one", rows[i].value));
        CHECK(akv_form_add(&out, "two", rows[i].value));
        (void)snprintf(want, sizeof(want), "one=%s&two=%s", rows[i].want,
                       rows[i].want);
        CHECK_STR(rows[i].value, akv_buf_str(&out), want);
        akv_buf_free(&out);
        akv_buf_init(&out, 5);
        CHECK(!akv_form_add(&out, "long", "x "));
        akv_buf_free(&out);
    }
}

/* Where it is asked, and whether a proxy may be used. */
static void authorities(void)
{
    static const struct {
        const char *authority, *url;
        bool no_proxy;
    } rows[] = {
        { "https://login.microsoftonline.us/",
          "https://login.microsoftonline.us/t/oauth2/v2.0/token", false },
        { "https://localhost:8443",
          "https://localhost:8443/t/oauth2/v2.0/token", true },
        { "https://127.0.0.1:8443/",
          "https://127.0.0.1:8443/t/oauth2/v2.0/token", true },
        { "https://[::1]:8443", "https://[::1]:8443/t/oauth2/v2.0/token",
          true },
        { "https://[2001:db8::1]", "https://[2001:db8::1]/t/oauth2/v2.0/token",
          false },
    };
    static const struct fake_step script[] = { GOOD_REPLY };
    size_t i;

    for (i = 0; i < COUNT(rows); i++) {
        struct akv_error err = AKV_ERROR_INIT;

        fake_io_init(&io, script, COUNT(script));
        CHECK(unit_settings(&settings, &err, "tenant-id", "t", "client-id", "c",
                            "authority-host", rows[i].authority, NULL));
        cred = akv_cred_secret_new(&io.base, &settings, SECRET, &err);
        calls = 0;
        get("", 10000);
        fake_io_run_all(&io);
        CHECK_STR(rows[i].authority, io.requests[0].url, rows[i].url);
        CHECK_INT(rows[i].authority, io.requests[0].no_proxy, rows[i].no_proxy);
        CHECK_INT(rows[i].authority, calls, 1);
        tear_down();
    }
}

/* Replies of status 200: the expiry, or 0 where there is no token in it. */
static void replies(void)
{
    static const struct {
        const char *body;
        int64_t life, refresh;
    } rows[] = {
        { "{\"access_token\":\"tok\",\"expires_in\":3599}", 3599, 0 },
        { "{\"access_token\":\"tok\",\"expires_in\":\"3599\"}", 3599, 0 },
        { "{\"access_token\":\"tok\",\"expires_in\":7200,\"refresh_in\":3600}",
          7200, 3600 },
        { "{\"access_token\":\"tok\",\"expires_in\":7200,"
          "\"refresh_in\":\"3600\"}",
          7200, 3600 },
        { "{\"access_token\":\"tok\",\"expires_in\":100,\"refresh_in\":100}",
          100, 0 },
        { "{\"access_token\":\"tok\",\"expires_in\":100,\"refresh_in\":0}", 100,
          0 },
        { "{\"access_token\":\"tok\",\"expires_in\":100,\"refresh_in\":-5}",
          100, 0 },
        { "{\"access_token\":\"tok\",\"expires_in\":1}", 1, 0 },
        { "{\"access_token\":\"tok\",\"expires_in\":0}", 0, 0 },
        { "{\"access_token\":\"tok\",\"expires_in\":-1}", 0, 0 },
        { "{\"access_token\":\"tok\",\"expires_in\":2147483647}", 0, 0 },
        { "{\"access_token\":\"tok\",\"expires_in\":99999999999999999999}", 0,
          0 },
        { "{\"access_token\":\"tok\",\"expires_in\":36.5}", 36, 0 },
        { "{\"access_token\":\"tok\",\"expires_in\":\"soon\"}", 0, 0 },
        { "{\"access_token\":\"tok\"}", 0, 0 },
        { "{\"access_token\":\"\",\"expires_in\":3599}", 0, 0 },
        { "{\"access_token\":null,\"expires_in\":3599}", 0, 0 },
        { "{\"access_token\":5,\"expires_in\":3599}", 0, 0 },
        { "{\"access_token\":\"a\\u0000b\",\"expires_in\":3599}", 0, 0 },
        { "{\"expires_in\":3599}", 0, 0 },
        { "{}", 0, 0 },
        { "[]", 0, 0 },
        { "", 0, 0 },
        { "<html>sign in</html>", 0, 0 },
        { "{\"access_token\":\"tok\",\"expires_in\":35", 0, 0 },
    };
    size_t i;

    for (i = 0; i < COUNT(rows); i++) {
        const struct fake_step script[] = { { 200, .body = rows[i].body } };

        set_up(script, COUNT(script));
        get("", 10000);
        fake_io_run_all(&io);
        CHECK_INT(rows[i].body, calls, 1);
        CHECK_STR(rows[i].body, got_text, rows[i].life > 0 ? "tok" : "");
        if (rows[i].life > 0) {
            CHECK_INT(rows[i].body, got_expiry, FAKE_WALL + rows[i].life);
            CHECK_INT(rows[i].body, got_refresh,
                      rows[i].refresh > 0 ? FAKE_WALL + rows[i].refresh : 0);
        } else {
            CHECK_INT(rows[i].body, got_err.code, AKV_E_AUTHENTICATION);
            CHECK_HAS(rows[i].body, got_err.message, "token reply");
        }
        tear_down();
    }
}

static void refusals(void)
{
    static const struct {
        long status;
        const char *body, *code, *message;
    } rows[] = {
        { 401,
          "{\"error\":\"invalid_client\",\"error_description\":\"AADSTS7000215:"
          " Invalid client secret.\\r\\nTrace ID: 1\",\"error_codes\":[7000215]"
          "}",
          "invalid_client",
          "HTTP 401): invalid_client: AADSTS7000215: Invalid client secret."
          "  Trace ID: 1" },
        { 400, "{\"error\":\"invalid_request\"}", "invalid_request",
          "HTTP 400): invalid_request: {" },
        { 400, "{\"error\":{\"code\":\"x\"}}", "", "no error code: {" },
        { 404, "<html>not here</html>", "", "<html>not here</html>" },
        { 302, "", "", "HTTP 302" },
        { 400, "eyJhbGci.eyJhdWQ.c2ln", "", "*****" },
    };
    size_t i;

    for (i = 0; i < COUNT(rows); i++) {
        const struct fake_step script[] = {
            { rows[i].status, .body = rows[i].body, .request_id = "0815" }
        };

        set_up(script, COUNT(script));
        get("", 10000);
        fake_io_run_all(&io);
        CHECK_INT(rows[i].body, calls, 1);
        CHECK_INT(rows[i].body, got_err.code, AKV_E_AUTHENTICATION);
        CHECK_INT(rows[i].body, got_err.http_status, rows[i].status);
        CHECK_STR(rows[i].body, got_err.service_code, rows[i].code);
        CHECK_STR(rows[i].body, got_err.request_id, "0815");
        CHECK_HAS(rows[i].body, got_err.message, rows[i].message);
        CHECK_HAS(rows[i].body, got_err.message, "login.microsoftonline.com");
        CHECK_AT(rows[i].body, strstr(got_err.message, SECRET) == NULL
                                   && strstr(got_err.message, "eyJ") == NULL);
        tear_down();
    }
}

/* What may hold a token is not shown, nor is what proves who asks, though the
 * reply says it again. */
static void nothing_secret(void)
{
    static const char secret[] = "s+3 cr/et~";
    static const struct {
        long status;
        const char *body, *shown; /* NULL: nothing of it */
    } rows[] = {
        { 201, GOOD, NULL },
        { 200, "{\"access_token\":\"opaque\"}", NULL },
        { 200, "opaque", NULL },
        { 302, "opaque", NULL },
        { 400, "{\"access_token\":\"opaque\",\"error\":7}", NULL },
        { 400, "client_secret=s+3 cr/et~ is wrong",
          "client_secret=********** is wrong" },
        { 400, "client_secret=s%2B3%20cr%2Fet~ is wrong",
          "client_secret=**************** is wrong" },
        { 401,
          "{\"error\":\"invalid_client\",\"error_description\":"
          "\"no s+3 cr/et~ here\"}",
          "invalid_client: no ********** here" },
    };
    size_t i;

    for (i = 0; i < COUNT(rows); i++) {
        const struct fake_step script[] = { { rows[i].status,
                                              .body = rows[i].body } };

        secret_given = secret;
        set_up(script, 1);
        secret_given = SECRET;
        get("", 10000);
        fake_io_run_all(&io);
        CHECK_INT(rows[i].body, calls, 1);
        CHECK_STR(rows[i].body, got_text, "");
        CHECK_AT(got_err.message,
                 strstr(got_err.message, "opaque") == NULL
                     && strstr(got_err.message, "tok\"") == NULL
                     && strstr(got_err.message, "cr/et") == NULL
                     && strstr(got_err.message, "cr%") == NULL);
        if (rows[i].shown != NULL)
            CHECK_HAS(rows[i].body, got_err.message, rows[i].shown);
        tear_down();
    }
}

/* A server has no time for more. */
static void broken_for_a_server(void)
{
    static const struct fake_step script[] = { BROKEN, BROKEN, BROKEN, BROKEN };

    set_up(script, COUNT(script));
    settings.retry_after_failure_ms = 2000;
    get("", 30000);
    fake_io_run_all(&io);
    CHECK_INT("tries", io.count, COUNT(script));
    CHECK_INT("code", got_err.code, AKV_E_TRANSPORT);
    tear_down();
}

/* What is tried again, how often, and what is said in the end. */
static void retries(void)
{
    static const struct {
        const char *where;
        struct fake_step script[8];
        size_t requests;
        enum akv_error_code code;
    } rows[] = {
        { "503 then 200", { LATER, GOOD_REPLY }, 2, AKV_E_NONE },
        { "429 with a hint",
          { { 429, .retry_after = "2" }, GOOD_REPLY },
          2,
          AKV_E_NONE },
        { "a hint beyond the deadline",
          { { 429, .retry_after = "60" } },
          1,
          AKV_E_THROTTLED },
        { "503 again and again",
          { LATER, LATER, LATER, LATER, LATER, LATER, GOOD_REPLY },
          7,
          AKV_E_NONE },
        { "broken, then 200", { BROKEN, GOOD_REPLY }, 2, AKV_E_NONE },
        { "broken three times",
          { BROKEN, BROKEN, BROKEN, GOOD_REPLY },
          4,
          AKV_E_NONE },
        { "broken four times",
          { BROKEN, BROKEN, BROKEN, BROKEN, GOOD_REPLY },
          5,
          AKV_E_NONE },
        { "a name that does not exist",
          { { 0, .error = AKV_E_NAME }, GOOD_REPLY },
          1,
          AKV_E_NAME },
        { "a proxy that refuses",
          { { 0, .error = AKV_E_PROXY }, GOOD_REPLY },
          1,
          AKV_E_PROXY },
        { "too large",
          { { 0, .error = AKV_E_PROTOCOL, .sent = true }, GOOD_REPLY },
          1,
          AKV_E_PROTOCOL },
        { "a certificate that is not trusted",
          { { 0, .error = AKV_E_CERTIFICATE }, GOOD_REPLY },
          1,
          AKV_E_CERTIFICATE },
        { "400 is final",
          { { .status = 400 }, GOOD_REPLY },
          1,
          AKV_E_AUTHENTICATION },
        { "401 is final",
          { { .status = 401 }, GOOD_REPLY },
          1,
          AKV_E_AUTHENTICATION },
        { "silence", { { .ms = FAKE_NEVER } }, 1, AKV_E_DEADLINE },
        { "cannot be sent",
          { { .refuse = true, .error = AKV_E_MEMORY } },
          1,
          AKV_E_MEMORY },
        { "cannot be sent again",
          { LATER, { .refuse = true, .error = AKV_E_MEMORY } },
          2,
          AKV_E_MEMORY },
    };
    size_t i;

    for (i = 0; i < COUNT(rows); i++) {
        set_up(rows[i].script, rows[i].requests);
        get("", 30000);
        fake_io_run_all(&io);
        CHECK_INT(rows[i].where, calls, 1);
        CHECK_INT(rows[i].where, io.count, rows[i].requests);
        CHECK_INT(rows[i].where, got_err.code, rows[i].code);
        CHECK_STR(rows[i].where, got_text,
                  rows[i].code == AKV_E_NONE ? "tok" : "");
        CHECK_AT(rows[i].where, io.now <= FAKE_MONO + 30000);
        tear_down();
    }
}

static void until_the_deadline(void)
{
    static struct fake_step script[100];
    size_t i;

    for (i = 0; i < COUNT(script); i++)
        script[i] = (struct fake_step)LATER;
    set_up(script, COUNT(script));
    get("", 20000);
    fake_io_run_all(&io);
    CHECK_INT("called", calls, 1);
    CHECK_HAS("message", got_err.message, "HTTP 503");
    CHECK(io.count >= 4 && io.count <= 10);
    CHECK(io.now < FAKE_MONO + 20000);
    tear_down();
}

/* A vault of a tenant that nobody configured gets no token of ours. */
static void tenants(void)
{
    static const struct {
        const char *tenant;
        bool ok;
    } rows[] = {
        { "", true },
        { TENANT, true },
        { "99999999-2222-3333-4444-555555555555", false },
        { "evil.example", false },
    };
    static const struct fake_step script[] = { GOOD_REPLY };
    size_t i;

    for (i = 0; i < COUNT(rows); i++) {
        set_up(script, COUNT(script));
        get(rows[i].tenant, 10000);
        fake_io_run_all(&io);
        CHECK_INT(rows[i].tenant, calls, 1);
        CHECK_INT(rows[i].tenant, io.count, rows[i].ok ? 1 : 0);
        CHECK_STR(rows[i].tenant, got_text, rows[i].ok ? "tok" : "");
        if (!rows[i].ok) {
            CHECK_INT(rows[i].tenant, got_err.code, AKV_E_AUTHENTICATION);
            CHECK_HAS(rows[i].tenant, got_err.message, rows[i].tenant);
        }
        tear_down();
    }
}

/* At each step: nothing is called, nothing is left. */
static void freed_under_way(void)
{
    static const struct fake_step waiting[] = { { .ms = FAKE_NEVER } };
    static const struct fake_step pausing[] = { { 503, .ms = 100 } };

    set_up(waiting, COUNT(waiting));
    get("", 10000);
    tear_down();
    CHECK_INT("not called", calls, 0);
    set_up(pausing, COUNT(pausing));
    get("", 10000);
    fake_io_run(&io, io.now + 150);
    CHECK("it waits for the next try" && io.timers != NULL);
    tear_down();
    CHECK_INT("not called", calls, 0);
}

static void count_end(void *arg, const char *text, const struct akv_error *err)
{
    (void)text;
    (void)err;
    (*(unsigned *)arg)++;
}

/* A request that cannot be sent ends at once, and by that begins the next:
 * the credential must not forget which one is under way. */
static void next_in_the_failure(void)
{
    static const struct fake_step script[] = {
        { 200, .body = GOOD, .ms = 10 },
        { .refuse = true, .error = AKV_E_MEMORY },
        { 200, .body = GOOD, .ms = 10 },
    };
    static const char *const scopes[] = { "one", "two", "three" };
    struct akv_token_wait waits[COUNT(scopes)];
    struct akv_cred_cache *cache;
    unsigned ends = 0;
    size_t i;

    set_up(script, COUNT(script));
    cache = akv_cred_cache_new(
        &io.base, cred,
        &(struct akv_cred_cache_options){ .fetch_ms = 10000, .retry_ms = 0 });
    for (i = 0; i < COUNT(scopes); i++) {
        waits[i].fn = count_end;
        waits[i].arg = &ends;
        akv_cred_cache_get(cache, "", scopes[i], NULL, &waits[i]);
    }
    fake_io_run(&io, io.now + 15);
    CHECK_INT("ended", ends, 2);
    CHECK("the third is under way" && !fake_io_idle(&io));
    akv_cred_cache_free(cache);
    CHECK("and ends with the credential" && fake_io_idle(&io));
    fake_io_clear(&io);
    akv_settings_clear(&settings);
}

static void huge_secret(void)
{
    static char secret[AKV_TOKEN_MAX + 1];
    struct akv_error err = AKV_ERROR_INIT;

    memset(secret, '+', sizeof(secret) - 1);
    fake_io_init(&io, NULL, 0);
    CHECK(unit_settings(&settings, &err, "tenant-id", "t", "client-id", "c",
                        NULL));
    cred = akv_cred_secret_new(&io.base, &settings, secret, &err);
    calls = 0;
    get("", 10000);
    CHECK_INT("called", calls, 1);
    CHECK_STR("no token", got_text, "");
    CHECK_INT("no request", io.count, 0);
    tear_down();
}

int main(void)
{
    static const struct unit_test tests[] = {
        { "nothing secret is shown", nothing_secret },
        { "the request", request },
        { "form encoding", form },
        { "authorities", authorities },
        { "replies", replies },
        { "refusals", refusals },
        { "retries", retries },
        { "broken for a server", broken_for_a_server },
        { "until the deadline", until_the_deadline },
        { "tenants", tenants },
        { "freed under way", freed_under_way },
        { "the next begins in a failure", next_in_the_failure },
        { "a secret that is too long", huge_secret },
    };

    return unit_main("cred_secret", tests, COUNT(tests));
}
