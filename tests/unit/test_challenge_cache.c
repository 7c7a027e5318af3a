/* SPDX-License-Identifier: Apache-2.0 */

/* Calls side by side to a host that none has asked yet: one asks, and the
 * others wait for what it finds out. */

#include <string.h>

#include "auth/challenge_cache.h"
#include "unit.h"
#include "vault_fixture.h"

#define OK_REPLY                                                               \
    {                                                                          \
        200, .body = "{}"                                                      \
    }
#define SILENT                                                                 \
    {                                                                          \
        .ms = FAKE_NEVER                                                       \
    }
#define LATE_CHALLENGE                                                         \
    {                                                                          \
        401, .challenge = VAULT_CHALLENGE, .ms = 10                            \
    }
#define UNTRUSTED                                                              \
    {                                                                          \
        0, .error = AKV_E_CERTIFICATE, .ms = 10                                \
    }

static struct vault_result results[20];

static void start_all(const struct fake_step *script, size_t steps,
                      size_t count)
{
    vault_set_up(script, steps, NULL);
    for (size_t i = 0; i < count; i++)
        vault_start(&results[i], &sign_kind, VAULT_KEY, 10000);
}

/* The codes of the first results, which all have been called once; frees
 * them. */
static void expect(const char *where, const enum akv_error_code *codes,
                   size_t count)
{
    for (size_t i = 0; i < count; i++) {
        CHECK_INT(where, results[i].calls, 1);
        CHECK_INT(where, results[i].err.code, codes[i]);
        CHECK_STR(where, results[i].body, codes[i] == AKV_E_NONE ? "{}" : "");
        vault_result_clear(&results[i]);
    }
}

/* How many of the requests were questions, and how many for a token. */
static void expect_requests(const char *where, size_t questions, size_t tokens)
{
    for (size_t i = 0; i < vault_io.count; i++) {
        const struct fake_request *request = &vault_io.requests[i];

        if (strstr(request->url, "/token") != NULL)
            tokens--;
        else if (request->authorization == NULL)
            questions--;
    }
    CHECK_INT(where, questions, 0);
    CHECK_INT(where, tokens, 0);
}

static void many(void)
{
    static const enum akv_error_code codes[COUNT(results)];
    static struct fake_step script[COUNT(results) + 2] = { LATE_CHALLENGE,
                                                           TOKEN_REPLY };

    for (size_t i = 2; i < COUNT(script); i++)
        script[i] = (struct fake_step)OK_REPLY;
    start_all(script, COUNT(script), COUNT(results));
    CHECK_INT("one asks", vault_io.count, 1);
    fake_io_run_all(&vault_io);
    expect("many", codes, COUNT(results));
    expect_requests("many", 1, 1);
    vault_tear_down();
}

/* Whoever fails has failed alone; the next one asks. */
static void failed(void)
{
    static const struct {
        const char *where;
        struct fake_step script[8];
        enum akv_error_code codes[3];
        size_t questions;
    } rows[] = {
        { "the first",
          { UNTRUSTED, LATE_CHALLENGE, TOKEN_REPLY, OK_REPLY, OK_REPLY },
          { AKV_E_CERTIFICATE, AKV_E_NONE, AKV_E_NONE },
          2 },
        { "two of them",
          { UNTRUSTED, UNTRUSTED, LATE_CHALLENGE, TOKEN_REPLY, OK_REPLY },
          { AKV_E_CERTIFICATE, AKV_E_CERTIFICATE, AKV_E_NONE },
          3 },
        { "all",
          { UNTRUSTED, UNTRUSTED, UNTRUSTED },
          { AKV_E_CERTIFICATE, AKV_E_CERTIFICATE, AKV_E_CERTIFICATE },
          3 },
        { "refused by send",
          { { .refuse = true, .error = AKV_E_CERTIFICATE },
            LATE_CHALLENGE,
            TOKEN_REPLY,
            OK_REPLY,
            OK_REPLY },
          { AKV_E_CERTIFICATE, AKV_E_NONE, AKV_E_NONE },
          2 },
        { "not a vault's challenge",
          { CHALLENGE_FOR("https://evil.example"), LATE_CHALLENGE, TOKEN_REPLY,
            OK_REPLY, OK_REPLY },
          { AKV_E_UNTRUSTED_HOST, AKV_E_NONE, AKV_E_NONE },
          2 },
        { "tried again, behind the others",
          { HINTED(503), LATE_CHALLENGE, TOKEN_REPLY, OK_REPLY, OK_REPLY,
            OK_REPLY },
          { AKV_E_NONE, AKV_E_NONE, AKV_E_NONE },
          2 },
    };

    for (size_t i = 0; i < COUNT(rows); i++) {
        size_t steps = 0;

        while (rows[i].script[steps].status != 0
               || rows[i].script[steps].error != AKV_E_NONE)
            steps++;
        start_all(rows[i].script, steps, 3);
        fake_io_run_all(&vault_io);
        CHECK_INT(rows[i].where, vault_io.count, steps);
        expect_requests(rows[i].where, rows[i].questions,
                        rows[i].codes[2] == AKV_E_NONE);
        expect(rows[i].where, rows[i].codes, 3);
        vault_tear_down();
    }
}

/* The one that asks is given up, or one that waits. */
static void cancelled(void)
{
    static const struct fake_step scripts[][5] = {
        { SILENT, LATE_CHALLENGE, TOKEN_REPLY, OK_REPLY, OK_REPLY },
        { LATE_CHALLENGE, TOKEN_REPLY, OK_REPLY, OK_REPLY },
    };
    enum akv_error_code codes[3] = { AKV_E_NONE };

    for (size_t i = 0; i < 3; i++) {
        size_t asking = i == 0 ? 0 : 1;

        start_all(scripts[asking], 5 - asking, 3);
        fake_io_run(&vault_io, FAKE_MONO + 5);
        CHECK_INT("one asks", vault_io.count, 1);
        akv_rest_call_cancel(results[i].handle);
        fake_io_run_all(&vault_io);
        memset(codes, 0, sizeof(codes));
        codes[i] = AKV_E_CANCELLED;
        expect("cancelled", codes, 3);
        expect_requests("cancelled", 2 - asking, 1);
        vault_tear_down();
    }
}

static void freed(void)
{
    static const struct fake_step script[] = { LATE_CHALLENGE };
    static const enum akv_error_code codes[] = { AKV_E_CANCELLED,
                                                 AKV_E_CANCELLED,
                                                 AKV_E_CANCELLED };

    start_all(script, COUNT(script), 3);
    fake_io_run(&vault_io, FAKE_MONO + 5);
    akv_rest_free(vault, NULL);
    vault = NULL;
    CHECK_INT("nobody asks", vault_io.count, 1);
    expect("freed", codes, 3);
    vault_tear_down();
}

/* Who waits until his time is up says so, and why others have failed. */
static void out_of_time(void)
{
    static const struct fake_step script[] = { HINTED(429), SILENT };
    static const enum akv_error_code codes[] = { AKV_E_THROTTLED,
                                                 AKV_E_DEADLINE,
                                                 AKV_E_THROTTLED };
    static const struct fake_step silent[] = { SILENT, SILENT };
    static const enum akv_error_code files[] = { AKV_E_DEADLINE,
                                                 AKV_E_DEADLINE };

    start_all(script, COUNT(script), 3);
    fake_io_run_all(&vault_io);
    CHECK_HAS("the last", results[2].err.message,
              "no answer within 10000 ms, waiting for another's first answer, "
              "before the first try, the last: HTTP 429");
    CHECK_INT("the last", results[2].err.http_status, 429);
    expect("out of time", codes, 3);
    vault_tear_down();

    vault_set_up(silent, COUNT(silent), NULL);
    vault_start(&results[0], &sign_kind, VAULT_KEY, 5000);
    vault_start(&results[1], &sign_kind, VAULT_KEY, 10000);
    fake_io_run(&vault_io, FAKE_MONO + 5010);
    CHECK_INT("the second asks", vault_io.count, 2);
    CHECK_INT("in its own time", results[1].calls, 0);
    fake_io_run_all(&vault_io);
    expect("each in its time", files, 2);
    vault_tear_down();
}

/* What is asked of one host is not waited for by calls to another. */
static void other_hosts(void)
{
    static const struct fake_step script[] = { SILENT, LATE_CHALLENGE,
                                               TOKEN_REPLY, OK_REPLY };

    vault_set_up(script, COUNT(script), NULL);
    vault_start(&results[0], &sign_kind, VAULT_KEY, 10000);
    vault_start(&results[1], &sign_kind, "https://w.vault.azure.net/keys/k/1",
                10000);
    fake_io_run(&vault_io, FAKE_MONO + 100);
    CHECK_STR("the other", results[1].body, "{}");
    CHECK_INT("the silent one", results[0].calls, 0);
    fake_io_run_all(&vault_io);
    CHECK_INT("the silent one", results[0].err.code, AKV_E_DEADLINE);
    vault_result_clear(&results[0]);
    vault_result_clear(&results[1]);
    vault_tear_down();
}

/* Where no timer can be had, the others are told at once. */
static void no_timers(void)
{
    static const struct fake_step script[] = { UNTRUSTED, UNTRUSTED,
                                               LATE_CHALLENGE, TOKEN_REPLY,
                                               OK_REPLY };
    static const enum akv_error_code codes[] = { AKV_E_CERTIFICATE,
                                                 AKV_E_CERTIFICATE,
                                                 AKV_E_NONE };

    start_all(script, COUNT(script), 3);
    vault_io.no_timers = true;
    fake_io_run(&vault_io, FAKE_MONO + 25);
    CHECK_INT("the third asks", vault_io.count, 3);
    vault_io.no_timers = false;
    fake_io_run_all(&vault_io);
    expect("told at once", codes, 3);
    vault_tear_down();
}

static void nothing(void)
{
    struct akv_challenge_wait question = { .fn = NULL };
    struct akv_error err = AKV_ERROR_INIT;

    akv_challenge_cache_free(NULL);
    akv_challenge_wait_end(&question);
    akv_challenge_wait_fail(&question, &err);
    CHECK(akv_challenge_wait_failure(&question) == NULL);
}

int main(void)
{
    static const struct unit_test tests[] = {
        { "many calls, one question, one token", many },
        { "failures", failed },
        { "cancelled", cancelled },
        { "freed", freed },
        { "out of time", out_of_time },
        { "other hosts", other_hosts },
        { "no timers", no_timers },
        { "nothing", nothing },
    };

    return unit_main("posed", tests, COUNT(tests));
}
