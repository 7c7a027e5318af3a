/* SPDX-License-Identifier: Apache-2.0 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "auth/token_http.h"
#include "cred_fixture.h"
#include "unit.h"

static bool retry(const struct akv_http_reply *reply)
{
    return reply->status == 503 || reply->status == 429;
}

static void refusal(const struct akv_http_request *request,
                    const struct akv_http_reply *reply,
                    const struct akv_clock *clock, struct akv_error *err)
{
    CHECK("the clock" && clock == cred_io.base.clock);
    (void)akv_error_set(err, AKV_E_FORBIDDEN, "%s said %ld with %s",
                        request->url, reply->status,
                        "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiIxMjM0NSJ9.c2lnbmF0");
}

static enum akv_error_code no_reply(const struct akv_error *cause)
{
    return cause->code == AKV_E_TRANSPORT ? AKV_E_UNAVAILABLE : cause->code;
}

static bool twice(const struct akv_settings *settings, unsigned nth)
{
    CHECK("the settings" && settings == &cred_settings);
    return nth <= 2;
}

static bool never(const struct akv_settings *settings, unsigned nth)
{
    (void)settings;
    (void)nth;
    return false;
}

static const struct akv_token_endpoint plain = { retry, refusal, NULL,
                                                 AKV_E_NONE, twice };
static const struct akv_token_endpoint mapped = { retry, refusal, no_reply,
                                                  AKV_E_UNAVAILABLE, never };

static struct akv_token_http *http;

static void start(const struct akv_token_endpoint *endpoint, int64_t ms)
{
    struct akv_http_request request = { .method = "GET", .max_reply = 10000 };

    request.url = strdup("http://localhost/token");
    request.deadline = cred_io.now + ms;
    memset(&cred_result, 0, sizeof(cred_result));
    akv_token_http_start(&cred_io.base, &cred_settings, &request, endpoint,
                         cred_on_token, &cred_result, &http);
    CHECK("moved" && request.url == NULL);
}

#define GOOD                                                                   \
    {                                                                          \
        200, .body = "{\"access_token\":\"tok\",\"expires_in\":3600}"          \
    }
#define BROKEN                                                                 \
    {                                                                          \
        0, .error = AKV_E_TRANSPORT                                            \
    }

static const struct {
    const char *where;
    const struct akv_token_endpoint *endpoint;
    struct fake_step script[5];
    size_t steps;
    enum akv_error_code code; /* AKV_E_NONE: a token */
    const char *message;
} rows[] = {
    { "at once", &plain, { GOOD }, 1, AKV_E_NONE, "" },
    { "later",
      &plain,
      { { .status = 503 }, { .status = 503 }, { .status = 503 }, GOOD },
      4,
      AKV_E_NONE,
      "" },
    { "two broken connections",
      &plain,
      { BROKEN, BROKEN, GOOD },
      3,
      AKV_E_NONE,
      "" },
    { "three of them",
      &plain,
      { BROKEN, BROKEN, BROKEN },
      3,
      AKV_E_TRANSPORT,
      "no token: GET http://localhost/token: " },
    { "the only one", &mapped, { BROKEN }, 1, AKV_E_UNAVAILABLE, "broke" },
    { "another failure",
      &plain,
      { { 0, .error = AKV_E_CERTIFICATE } },
      1,
      AKV_E_CERTIFICATE,
      "no token: " },
    { "refused",
      &plain,
      { { .status = 400 } },
      1,
      AKV_E_FORBIDDEN,
      "said 400" },
    { "refused for good",
      &mapped,
      { { .status = 503 }, { .status = 400 } },
      2,
      AKV_E_FORBIDDEN,
      "said 400" },
    { "no token in it",
      &plain,
      { { 200, .body = "{}" } },
      1,
      AKV_E_AUTHENTICATION,
      "has no token of one word" },
    { "no JSON",
      &mapped,
      { { 200, .body = "<html>" } },
      1,
      AKV_E_UNAVAILABLE,
      "not JSON" },
    { "201 is no token",
      &plain,
      { { 201, .body = "{\"access_token\":\"tok\",\"expires_in\":3600}" } },
      1,
      AKV_E_FORBIDDEN,
      "said 201" },
    { "cannot be sent",
      &plain,
      { { .refuse = true, .error = AKV_E_MEMORY } },
      1,
      AKV_E_MEMORY,
      "cannot send" },
};

static void exchanges(void)
{
    size_t i;

    for (i = 0; i < COUNT(rows); i++) {
        cred_set_up(rows[i].script, rows[i].steps, NULL);
        start(rows[i].endpoint, 100000);
        fake_io_run_all(&cred_io);
        CHECK_INT(rows[i].where, cred_result.calls, 1);
        CHECK_AT(rows[i].where, http == NULL);
        CHECK_STR(rows[i].where, cred_result.text,
                  rows[i].code == AKV_E_NONE ? "tok" : "");
        CHECK_INT(rows[i].where, cred_result.err.code, rows[i].code);
        CHECK_HAS(rows[i].where, cred_result.err.message, rows[i].message);
        CHECK_AT(rows[i].where,
                 strstr(cred_result.err.message, "eyJzdWIi") == NULL);
        CHECK_INT(rows[i].where, cred_io.count, rows[i].steps);
        cred_tear_down(NULL);
    }
}

/* A pause that would end behind the deadline is not begun. That the authority
 * has no time says nothing of who asked. */
static void deadline(void)
{
    static const struct {
        const struct akv_token_endpoint *endpoint;
        struct fake_step step;
        enum akv_error_code code;
    } ends[] = {
        { &plain, { 503, .retry_after = "9" }, AKV_E_DEADLINE },
        { &mapped, { 503, .retry_after = "9" }, AKV_E_DEADLINE },
        { &plain, { 429, .retry_after = "9" }, AKV_E_THROTTLED },
        { &mapped, { 429, .retry_after = "9" }, AKV_E_THROTTLED },
    };
    size_t i;

    for (i = 0; i < COUNT(ends); i++) {
        const struct fake_step script[] = { ends[i].step, ends[i].step };

        cred_set_up(script, COUNT(script), NULL);
        start(ends[i].endpoint, 10000);
        fake_io_run_all(&cred_io);
        CHECK_INT("tries", cred_io.count, 2);
        CHECK_INT("the second time", cred_result.err.code, ends[i].code);
        CHECK_INT("the answer", cred_result.err.http_status,
                  ends[i].step.status);
        CHECK_HAS("why", cred_result.err.message,
                  "no time is left for try 3: http://localhost/token said ");
        CHECK_AT("masked", strstr(cred_result.err.message, "eyJzdWIi") == NULL);
        CHECK("in time" && cred_io.now < FAKE_MONO + 10000);
        cred_tear_down(NULL);
    }
}

static void cancelled(void)
{
    static const struct fake_step script[] = { { 503, .ms = 10 },
                                               { .ms = FAKE_NEVER } };
    static const int64_t moments[] = { 5, 20, 5000 };
    size_t i;

    for (i = 0; i < COUNT(moments); i++) {
        cred_set_up(script, COUNT(script), NULL);
        start(&plain, 100000);
        fake_io_run(&cred_io, FAKE_MONO + moments[i]);
        CHECK(http != NULL);
        akv_token_http_cancel(http);
        CHECK_INT("not called", cred_result.calls, 0);
        cred_tear_down(NULL);
    }
    akv_token_http_cancel(NULL);
}

int main(void)
{
    static const struct unit_test tests[] = {
        { "exchanges", exchanges },
        { "deadline", deadline },
        { "cancelled", cancelled },
    };

    return unit_main("token_http", tests, COUNT(tests));
}
