/* SPDX-License-Identifier: Apache-2.0 */

/* Calls that are ended from outside at each of their steps, and calls side by
 * side. */

#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "base/settings_impl.h"
#include "unit.h"
#include "vault_fixture.h"

#define SILENT                                                                 \
    {                                                                          \
        .ms = FAKE_NEVER                                                       \
    }
#define OK_REPLY                                                               \
    {                                                                          \
        200, .body = "{}"                                                      \
    }

#define PAUSING 500

/* Where a call can stand: after how many milliseconds, and what it waits for
 * then. Answers take 10 ms. */
static const struct fake_step slow[] = {
    { 401, .challenge = VAULT_CHALLENGE, .ms = 10 },
    { 200, .body = "{\"access_token\":\"tok\",\"expires_in\":3600}", .ms = 10 },
    { 503, .retry_after = "1", .ms = 10 },
    { 200, .body = "{}", .ms = 10 },
};

static const struct {
    const char *where;
    int64_t ms;
    size_t requests;
} stands[] = {
    { "before the challenge", 5, 1 },
    { "waiting for a token", 15, 2 },
    { "waiting for the answer", 25, 3 },
    { "in the pause before another try", PAUSING, 3 },
    { "waiting for the second answer", 1035, 4 },
};

static void cancel(void)
{
    size_t i;

    for (i = 0; i < COUNT(stands); i++) {
        vault_set_up(slow, COUNT(slow), NULL);
        vault_call(&sign_kind, VAULT_KEY, 10000);
        fake_io_run(&vault_io, FAKE_MONO + stands[i].ms);
        CHECK_INT(stands[i].where, vault_result.calls, 0);
        CHECK_INT(stands[i].where, vault_io.count, stands[i].requests);
        if (CHECK_AT(stands[i].where, vault_result.handle != NULL))
            akv_rest_call_cancel(vault_result.handle);
        CHECK_INT(stands[i].where, vault_result.calls, 1);
        CHECK_INT(stands[i].where, vault_result.err.code, AKV_E_CANCELLED);
        /* A token is still fetched, for those who come later. */
        fake_io_run_all(&vault_io);
        CHECK_INT(stands[i].where, vault_result.calls, 1);
        CHECK_INT(stands[i].where, vault_io.count, stands[i].requests);
        vault_tear_down();
    }
}

static void freed(void)
{
    size_t i;

    for (i = 0; i < COUNT(stands); i++) {
        vault_set_up(slow, COUNT(slow), NULL);
        vault_call(&sign_kind, VAULT_KEY, 10000);
        fake_io_run(&vault_io, FAKE_MONO + stands[i].ms);
        CHECK_INT(stands[i].where, vault_result.calls, 0);
        akv_rest_free(vault, NULL);
        vault = NULL;
        CHECK_INT(stands[i].where, vault_result.calls, 1);
        CHECK_INT(stands[i].where, vault_result.err.code, AKV_E_CANCELLED);
        vault_tear_down();
    }
}

/* The deadline comes while it waits: once before and once behind what else
 * is due at that very time. A pause is never begun that would end later. */
static void deadline(void)
{
    size_t i;

    for (i = 0; i < COUNT(stands) * 2; i++) {
        const char *where = stands[i / 2].where;
        size_t last = stands[i / 2].requests - 1;
        struct fake_step script[COUNT(slow)];

        if (stands[i / 2].ms == PAUSING)
            continue;
        memcpy(script, slow, sizeof(slow));
        script[last].ms = FAKE_NEVER;
        vault_set_up(script, last + 1, NULL);
        vault_io.exchanges_first = i % 2 == 1;
        vault_call(&sign_kind, VAULT_KEY, 10000);
        fake_io_run_all(&vault_io);
        CHECK_INT(where, vault_result.calls, 1);
        CHECK_INT(where, vault_result.err.code, AKV_E_DEADLINE);
        CHECK_INT(where, vault_result.at, FAKE_MONO + 10000);
        vault_tear_down();
    }
}

/* The token's own bound is the setting's; a call may have less time. */
static void deadline_before_token(void)
{
    static const struct fake_step script[] = {
        { 401, .challenge = VAULT_CHALLENGE, .ms = 10 },
        { 200, .body = "{\"access_token\":\"tok\",\"expires_in\":3600}",
          .ms = 5000 },
    };
    static const struct fake_step warm[] = { OK_REPLY };

    vault_set_up(script, COUNT(script), NULL);
    vault_call(&sign_kind, VAULT_KEY, 1000);
    fake_io_run(&vault_io, FAKE_MONO + 2000);
    CHECK_INT("called", vault_result.calls, 1);
    CHECK_INT("code", vault_result.err.code, AKV_E_DEADLINE);
    CHECK_HAS("message", vault_result.err.message, "within 1000 ms");
    CHECK_HAS("message", vault_result.err.message, "the authority's token");
    fake_io_run_all(&vault_io);
    CHECK_INT("not called again", vault_result.calls, 1);
    fake_io_script(&vault_io, warm, COUNT(warm));
    vault_call(&sign_kind, VAULT_KEY, 1000);
    fake_io_run_all(&vault_io);
    CHECK_STR("the token came for the next", vault_result.body, "{}");
    CHECK_INT("requests", vault_io.count, 3);
    vault_tear_down();
}

/* A fetch that began for an earlier call may end before a later one's time. */
static void token_in_the_second_fetch(void)
{
    static const struct fake_step script[] = {
        CHALLENGE_REPLY, SILENT, CHALLENGE_REPLY, TOKEN_REPLY, OK_REPLY,
    };
    struct vault_result later;

    vault_set_up(script, COUNT(script), NULL);
    vault_call(&sign_kind, VAULT_KEY, 10000);
    fake_io_run(&vault_io, FAKE_MONO + 6000);
    memset(&later, 0, sizeof(later));
    vault_start(&later, &sign_kind, "https://w.vault.azure.net/keys/k/1",
                10000);
    fake_io_run_all(&vault_io);
    CHECK_INT("the first", vault_result.err.code, AKV_E_DEADLINE);
    CHECK_INT("the second", later.calls, 1);
    CHECK_STR("the second", later.body, "{}");
    vault_result_clear(&later);
    vault_tear_down();
}

/* What a call spent in the queue counts. */
static void time_in_the_queue(void)
{
    static const struct fake_step silent[] = { SILENT };
    struct vault_result *result = &vault_result;
    struct akv_id id;

    vault_set_up(silent, COUNT(silent), NULL);
    CHECK(akv_id_parse_https(&id, VAULT_KEY, NULL));
    akv_op_init(&result->op, &sign_kind, &id);
    result->op.submitted = FAKE_MONO - 400;
    vault_restart(result, FAKE_MONO + 600);
    fake_io_run_all(&vault_io);
    CHECK_INT("code", result->err.code, AKV_E_DEADLINE);
    CHECK_INT("when", result->at, FAKE_MONO + 600);
    CHECK_HAS("message", result->err.message, "within 1000 ms");
    vault_tear_down();
}

static void no_time_at_all(void)
{
    static const struct fake_step silent[] = { SILENT };

    vault_set_up(silent, COUNT(silent), NULL);
    vault_call(&sign_kind, VAULT_KEY, 0);
    fake_io_run_all(&vault_io);
    CHECK_INT("code", vault_result.err.code, AKV_E_DEADLINE);
    vault_call(&sign_kind, VAULT_KEY, -5000);
    fake_io_script(&vault_io, silent, COUNT(silent));
    fake_io_run_all(&vault_io);
    CHECK_INT("code", vault_result.err.code, AKV_E_DEADLINE);
    vault_io.unexpected = 0;
    vault_tear_down();
}

static void no_timers(void)
{
    vault_set_up(NULL, 0, NULL);
    vault_io.no_timers = true;
    vault_call(&sign_kind, VAULT_KEY, 10000);
    CHECK_INT("called", vault_result.calls, 1);
    CHECK(vault_result.err.code != AKV_E_NONE);
    CHECK_INT("requests", vault_io.count, 0);
    vault_tear_down();
}

/* What one host asks for says nothing of another, or of another port. */
static void several_hosts(void)
{
    static const char *const urls[] = {
        "https://a.vault.azure.net/keys/k/1",
        "https://b.vault.azure.net/keys/k/1",
        "https://a.vault.azure.net:8443/keys/k/1",
    };
    static const struct fake_step script[] = {
        CHALLENGE_REPLY, TOKEN_REPLY,     OK_REPLY, CHALLENGE_REPLY,
        OK_REPLY,        CHALLENGE_REPLY, OK_REPLY, OK_REPLY,
    };
    size_t i;

    vault_set_up(script, COUNT(script), NULL);
    for (i = 0; i < COUNT(urls); i++) {
        vault_call(&sign_kind, urls[i], 10000);
        fake_io_run_all(&vault_io);
        CHECK_STR(urls[i], vault_result.body, "{}");
    }
    CHECK_INT("requests", vault_io.count, 7);
    vault_call(&sign_kind, urls[0], 10000);
    fake_io_run_all(&vault_io);
    CHECK_INT("known by now", vault_io.count, 8);
    for (i = 0; i < vault_io.count; i++)
        CHECK_AT(vault_io.requests[i].url,
                 vault_io.requests[i].authorization == NULL
                     || strstr(vault_io.requests[i].url, ".vault.azure.net")
                            != NULL);
    vault_tear_down();
}

/* A token that was refused is not sent again, by nobody. */
static void refused_for_all(void)
{
    static const struct fake_step script[] = {
        CHALLENGE_REPLY,
        TOKEN_REPLY,
        { 401, .challenge = VAULT_CHALLENGE },
        { 200, .body = "{\"access_token\":\"new\",\"expires_in\":3600}" },
        OK_REPLY,
        OK_REPLY,
    };

    vault_set_up(script, COUNT(script), NULL);
    vault_call(&sign_kind, VAULT_KEY, 10000);
    fake_io_run_all(&vault_io);
    CHECK_STR("reply", vault_result.body, "{}");
    CHECK_STR("the old one", vault_io.requests[2].authorization, "Bearer tok");
    CHECK_STR("the new one", vault_io.requests[4].authorization, "Bearer new");
    vault_call(&sign_kind, VAULT_KEY, 10000);
    fake_io_run_all(&vault_io);
    CHECK_INT("requests", vault_io.count, 6);
    CHECK_STR("the new one", vault_io.requests[5].authorization, "Bearer new");
    vault_tear_down();
}

/* Each kind of host is asked in the way that it wants, whatever comes between.
 */
static void without_token(void)
{
    static const struct fake_step script[] = { { .status = 404 },
                                               OK_REPLY,
                                               OK_REPLY };

    vault_set_up(script, COUNT(script), "localhost");
    vault_call(&sign_kind, "https://localhost:8443/keys/k/1", 10000);
    fake_io_run_all(&vault_io);
    CHECK_STR("reply", vault_result.body, "{}");
    CHECK_STR("the probe has no body", vault_io.requests[0].body, NULL);
    CHECK_STR("the request has", vault_io.requests[1].body, VAULT_BODY);
    CHECK_STR("and no token", vault_io.requests[1].authorization, NULL);
    CHECK(vault_io.requests[1].no_proxy);
    vault_call(&sign_kind, "https://localhost:8443/keys/k/1", 10000);
    fake_io_run_all(&vault_io);
    CHECK_INT("no probe any more", vault_io.count, 3);
    vault_tear_down();
}

static void nothing_to_free(void)
{
    akv_rest_free(NULL, NULL);
    vault_set_up(NULL, 0, NULL);
    vault_tear_down();
    CHECK(vault == NULL);
}

#define INSUFFICIENT                                                           \
    {                                                                          \
        401, .challenge = "Bearer realm=\"\", error=\"insufficient_claims\", " \
                          "claims=\"eyJhIjoxfQ==\""                            \
    }
#define TOKEN_NAMED(name)                                                      \
    {                                                                          \
        200, .body = "{\"access_token\":\"" name "\",\"expires_in\":3600}"     \
    }

/* A token that lacks claims is replaced by one that has them, once. */
static void claims(void)
{
    static const struct fake_step good[] = {
        CHALLENGE_REPLY,    TOKEN_NAMED("one"), INSUFFICIENT,
        TOKEN_NAMED("two"), OK_REPLY,           OK_REPLY,
    };

    vault_set_up(good, COUNT(good), NULL);
    vault_call(&sign_kind, VAULT_KEY, 10000);
    fake_io_run_all(&vault_io);
    CHECK_STR("answer", vault_result.body, "{}");
    CHECK_INT("requests", vault_io.count, 5);
    CHECK_STR("first", vault_io.requests[2].authorization, "Bearer one");
    CHECK(strstr(vault_io.requests[1].body, "claims") == NULL);
    CHECK_HAS("asked for", vault_io.requests[3].body,
              "&claims=%7B%22a%22%3A1%7D");
    CHECK_HAS("for the same", vault_io.requests[3].body,
              "scope=https%3A%2F%2Fvault.azure.net%2F.default");
    CHECK_STR("second", vault_io.requests[4].authorization, "Bearer two");
    vault_call(&sign_kind, VAULT_KEY, 10000);
    fake_io_run_all(&vault_io);
    CHECK_STR("kept", vault_io.requests[5].authorization, "Bearer two");
    vault_tear_down();
}

/* The authority may not give them: that is the end of the call. */
static void claims_refused(void)
{
    static const struct fake_step script[] = {
        CHALLENGE_REPLY,
        TOKEN_NAMED("one"),
        INSUFFICIENT,
        { 400, .body = "{\"error\":\"interaction_required\"}" },
    };

    vault_set_up(script, COUNT(script), NULL);
    vault_call(&sign_kind, VAULT_KEY, 10000);
    fake_io_run_all(&vault_io);
    CHECK_INT("calls", vault_result.calls, 1);
    CHECK_INT("code", vault_result.err.code, AKV_E_AUTHENTICATION);
    CHECK_STR("said", vault_result.err.service_code, "interaction_required");
    vault_tear_down();
}

/* One round of claims a call, and one ordinary one, in either order. */
static void claims_twice(void)
{
    static const struct {
        const char *where, *trusted;
        struct fake_step script[8];
        size_t requests;
        const char *message; /* NULL: a reply */
    } rows[] = {
        { "before any token",
          NULL,
          { INSUFFICIENT },
          1,
          "wants a token with further claims before it was sent any" },
        { "before any token, by a trusted host",
          "v.vault.azure.net",
          { INSUFFICIENT },
          1,
          "wants a token with further claims before it was sent any" },
        { "twice",
          NULL,
          { CHALLENGE_REPLY, TOKEN_NAMED("one"), INSUFFICIENT,
            TOKEN_NAMED("two"), INSUFFICIENT },
          5,
          "refuses one that was got for them" },
        { "twice, by a trusted host",
          "v.vault.azure.net",
          { CHALLENGE_REPLY, TOKEN_NAMED("one"), INSUFFICIENT,
            TOKEN_NAMED("two"), INSUFFICIENT },
          5,
          "refuses one that was got for them" },
        { "twice, behind an ordinary refusal",
          NULL,
          { CHALLENGE_REPLY, TOKEN_NAMED("one"), CHALLENGE_REPLY,
            TOKEN_NAMED("two"), INSUFFICIENT, TOKEN_NAMED("three"),
            INSUFFICIENT },
          7,
          "HTTP 401" },
        { "once, behind an ordinary refusal",
          NULL,
          { CHALLENGE_REPLY, TOKEN_NAMED("one"), CHALLENGE_REPLY,
            TOKEN_NAMED("two"), INSUFFICIENT, TOKEN_NAMED("three"), OK_REPLY },
          7,
          NULL },
        { "once, before an ordinary refusal",
          NULL,
          { CHALLENGE_REPLY, TOKEN_NAMED("one"), INSUFFICIENT,
            TOKEN_NAMED("two"), CHALLENGE_REPLY, TOKEN_NAMED("three"),
            OK_REPLY },
          7,
          NULL },
    };
    size_t i;

    for (i = 0; i < COUNT(rows); i++) {
        bool ok = rows[i].message == NULL;

        vault_set_up(rows[i].script, rows[i].requests, rows[i].trusted);
        vault_call(&sign_kind, VAULT_KEY, 10000);
        fake_io_run_all(&vault_io);
        CHECK_INT(rows[i].where, vault_result.calls, 1);
        CHECK_INT(rows[i].where, vault_io.count, rows[i].requests);
        CHECK_STR(rows[i].where, vault_result.body, ok ? "{}" : "");
        CHECK_INT(rows[i].where, vault_result.err.code,
                  ok ? AKV_E_NONE : AKV_E_AUTHENTICATION);
        CHECK_INT(rows[i].where, vault_result.err.http_status, ok ? 0 : 401);
        CHECK_HAS(rows[i].where, vault_result.err.message,
                  ok ? "" : rows[i].message);
        vault_tear_down();
    }
}

/* A refusal is an error in the log, unless it is an answer. */
static void logged(void)
{
    static const struct akv_op_kind poll = { .name = "wait for",
                                             .method = "GET",
                                             .absence_is_answer = true };
    static const struct {
        const struct akv_op_kind *kind;
        long status;
        const char *level;
    } rows[] = {
        { &sign_kind, 200, " info: sign " },
        { &sign_kind, 404, " error: sign " },
        { &sign_kind, 403, " error: sign " },
        { &poll, 200, " info: wait for " },
        { &poll, 404, " info: wait for " },
        { &poll, 403, " info: wait for " },
        { &poll, 409, " error: wait for " },
    };
    size_t i;

    for (i = 0; i < COUNT(rows); i++) {
        const struct fake_step script[] = { CHALLENGE_REPLY,
                                            TOKEN_REPLY,
                                            { rows[i].status, .body = "{}" } };
        char path[200], setting[250], status[20];
        struct akv_error err = AKV_ERROR_INIT;
        struct akv_buf text = AKV_BUF_INIT(10000);
        struct akv_settings settings;

        (void)snprintf(path, sizeof(path), "%s/log%zu", unit_folder(), i);
        (void)snprintf(setting, sizeof(setting), "info,file:%s", path);
        (void)snprintf(status, sizeof(status), "status=%ld", rows[i].status);
        CHECK(unit_settings(&settings, &err, "log", setting, NULL));
        vault_log = akv_log_new(&settings);
        vault_set_up(script, COUNT(script), NULL);
        vault_call(rows[i].kind, VAULT_KEY, 10000);
        fake_io_run_all(&vault_io);
        vault_tear_down();
        akv_log_free(vault_log);
        vault_log = NULL;
        akv_settings_clear(&settings);
        CHECK_AT(path, akv_file_read(path, &text, AKV_FILE_PATIENT));
        CHECK_HAS(status, akv_buf_str(&text), rows[i].level);
        CHECK_HAS(status, akv_buf_str(&text), status);
        akv_buf_free(&text);
    }
}

int main(void)
{
    static const struct unit_test tests[] = {
        { "claims", claims },
        { "claims that are refused", claims_refused },
        { "claims twice", claims_twice },
        { "cancelled", cancel },
        { "freed", freed },
        { "deadline", deadline },
        { "deadline before the token comes", deadline_before_token },
        { "a token in the second fetch", token_in_the_second_fetch },
        { "time in the queue", time_in_the_queue },
        { "no time at all", no_time_at_all },
        { "no timers", no_timers },
        { "several hosts", several_hosts },
        { "a refused token", refused_for_all },
        { "a host that wants no token", without_token },
        { "nothing under way", nothing_to_free },
        { "how the end is logged", logged },
    };

    return unit_main("vault_steps", tests, COUNT(tests));
}
