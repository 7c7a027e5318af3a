/* SPDX-License-Identifier: Apache-2.0 */

/* Which calls are not worth the wait: how a vault that is away, and one that
 * refuses, are asked. */

#include <stdio.h>
#include <string.h>

#include "client/breaker.h"
#include "unit.h"
#include "vault_fixture.h"

#define OTHER_KEY "https://v.vault.azure.net/keys/other/1"

static const struct fake_step warm_up[] = { CHALLENGE_REPLY,
                                            TOKEN_REPLY,
                                            { 200, .body = "1" } };

static void set_up(const char *retry)
{
    vault_retry = retry;
    vault_set_up(warm_up, COUNT(warm_up), NULL);
    vault_call(&sign_kind, VAULT_KEY, 10000);
    fake_io_run_all(&vault_io);
    CHECK_STR("warm", vault_result.body, "1");
}

static void tear_down(void)
{
    vault_tear_down();
    vault_retry = "0s";
}

/* Answers the next requests so; the last answer is that of all further ones. */
static void answer(struct fake_step step)
{
    static struct fake_step steps[100];
    size_t i;

    for (i = 0; i < COUNT(steps); i++)
        steps[i] = step;
    fake_io_script(&vault_io, steps, COUNT(steps));
}

static size_t call(const char *url)
{
    size_t before = vault_io.count;

    vault_call(&sign_kind, url, 10000);
    fake_io_run_all(&vault_io);
    CHECK_INT("ended", vault_result.calls, 1);
    return vault_io.count - before;
}

/* The first call ends when its tries are used up; the next fail at once, but
 * for one a second; one answer ends it. */
static void away(void)
{
    static const struct {
        const char *name;
        struct fake_step step;
        enum akv_error_code code;
    } rows[] = {
        { "refused", NO_CONNECTION, AKV_E_TRANSPORT },
        { "cut off", CUT_OFF, AKV_E_TRANSPORT },
        { "500", { .status = 500 }, AKV_E_DEADLINE },
        { "502", { .status = 502 }, AKV_E_DEADLINE },
        { "501", { .status = 501 }, AKV_E_SERVICE },
        { "no answer", { .ms = FAKE_NEVER }, AKV_E_DEADLINE },
        { "certificate", { .error = AKV_E_CERTIFICATE }, AKV_E_CERTIFICATE },
    };
    size_t i, j;

    for (i = 0; i < COUNT(rows); i++) {
        const char *name = rows[i].name;
        int64_t start;

        set_up("2s");
        answer(rows[i].step);
        CHECK_AT(name, call(VAULT_KEY) >= 1);
        CHECK_INT(name, vault_result.err.code, rows[i].code);
        CHECK_AT(name, strstr(vault_result.err.message, "not tried") == NULL);
        for (j = 0; j < 5; j++) {
            start = vault_io.now;
            CHECK_INT(name, call(j % 2 == 0 ? VAULT_KEY : OTHER_KEY), 0);
            CHECK_INT(name, vault_io.now - start, 0);
            CHECK_INT(name, vault_result.err.code, rows[i].code);
            CHECK_HAS(name, vault_result.err.message,
                      "not tried, the next try is in ");
            vault_io.now += 100;
        }
        vault_io.now += 1000;
        CHECK_INT("a probe", call(VAULT_KEY), 1);
        CHECK("by a new connection"
              && vault_io.requests[vault_io.count - 1].probe);
        if (rows[i].step.ms != FAKE_NEVER) /* that has taken its time */
            CHECK_INT("no other", call(VAULT_KEY), 0);
        answer((struct fake_step){ 200, .body = "2" });
        vault_io.now += 1000;
        CHECK_INT("a probe", call(VAULT_KEY), 1);
        CHECK_STR(name, vault_result.body, "2");
        CHECK_INT("all", call(OTHER_KEY), 1);
        CHECK(!vault_io.requests[vault_io.count - 1].probe);
        tear_down();
    }
}

/* What says that the vault is there: its own refusals, too. */
static void answered(void)
{
    static const long statuses[] = { 200, 400, 403, 404, 409, 429 };
    size_t i;

    for (i = 0; i < COUNT(statuses); i++) {
        set_up("2s");
        answer((struct fake_step)NO_CONNECTION);
        (void)call(VAULT_KEY);
        CHECK_INT("away", call(VAULT_KEY), 0);
        answer((struct fake_step){ .status = statuses[i] });
        vault_io.now += 1000;
        (void)call(VAULT_KEY);
        CHECK("there again" && call(OTHER_KEY) >= 1);
        tear_down();
    }
}

/* A call that began before another was answered says nothing. */
static void meanwhile_answered(void)
{
    static const struct fake_step mixed[] = { { .ms = FAKE_NEVER },
                                              { 200, .body = "2" },
                                              { 200, .body = "3" } };
    struct vault_result slow;

    memset(&slow, 0, sizeof(slow));
    set_up("2s");
    fake_io_script(&vault_io, mixed, COUNT(mixed));
    vault_start(&slow, &sign_kind, VAULT_KEY, 10000);
    CHECK_INT("answered", call(OTHER_KEY), 1);
    fake_io_run_all(&vault_io);
    CHECK_INT("ended", slow.calls, 1);
    CHECK_INT("without an answer", slow.err.code, AKV_E_DEADLINE);
    CHECK_INT("it is not away", call(VAULT_KEY), 1);
    vault_result_clear(&slow);
    tear_down();
}

/* Those under way go on. */
static void under_way(void)
{
    static const struct fake_step mixed[] = { { 200, .body = "2", .ms = 9000 },
                                              NO_CONNECTION,
                                              NO_CONNECTION,
                                              NO_CONNECTION,
                                              NO_CONNECTION,
                                              { 200, .body = "3" } };
    struct vault_result slow;

    memset(&slow, 0, sizeof(slow));
    set_up("2s");
    fake_io_script(&vault_io, mixed, COUNT(mixed));
    vault_start(&slow, &sign_kind, VAULT_KEY, 10000);
    vault_call(&sign_kind, OTHER_KEY, 10000);
    while (vault_result.calls == 0)
        fake_io_run(&vault_io, vault_io.now + 100);
    CHECK_INT("away", vault_result.err.code, AKV_E_TRANSPORT);
    CHECK_INT("not that one", slow.calls, 0);
    CHECK_INT("at once", call(OTHER_KEY), 0);
    CHECK_INT("under way", slow.calls, 1); /* call() let it end */
    CHECK_STR("reply", slow.body, "2");
    CHECK_INT("there again", call(OTHER_KEY), 1);
    vault_result_clear(&slow);
    tear_down();
}

/* A token that is refused is tried anew. */
static void refuse(long status)
{
    static const struct fake_step turns[] = {
        { 401, .challenge = VAULT_CHALLENGE }, TOKEN_REPLY
    };
    static struct fake_step steps[99];
    size_t i;

    for (i = 0; i < COUNT(steps); i++)
        steps[i] = turns[i % COUNT(turns)];
    if (status == 401)
        fake_io_script(&vault_io, steps, COUNT(steps));
    else
        answer((struct fake_step){ .status = status });
}

/* Each host and each operation with a key has its own. */
static void refused(void)
{
    static const long statuses[] = { 401, 403 };
    size_t i, before;

    for (i = 0; i < COUNT(statuses); i++) {
        static const int64_t waits[] = {
            2000, 4000, 8000, 16000, 30000, 30000
        };
        size_t j;

        set_up("2s");
        refuse(statuses[i]);
        for (j = 0; j < COUNT(waits); j++) {
            CHECK("asked" && call(VAULT_KEY) >= 1);
            CHECK_INT("code", vault_result.err.http_status, statuses[i]);
            vault_io.now += waits[j] - 1;
            CHECK_INT("not tried", call(VAULT_KEY), 0);
            CHECK_INT("code", vault_result.err.http_status, statuses[i]);
            vault_io.now += 1;
        }
        before = vault_io.count;
        CHECK("another key" && call(OTHER_KEY) >= 1);
        vault_call(&create_kind, VAULT_KEY, 10000);
        fake_io_run_all(&vault_io);
        CHECK("another operation" && vault_io.count > before + 1);
        answer((struct fake_step)TOKEN_REPLY);
        CHECK("it is let in again" && call(VAULT_KEY) >= 1);
        CHECK_INT("and again", call(VAULT_KEY), 1);
        tear_down();
    }
}

/* Those that were under way together are one refusal. */
static void refused_together(void)
{
    struct vault_result results[6];
    size_t i;

    set_up("2s");
    answer((struct fake_step){ .status = 403, .ms = 10 });
    for (i = 0; i < COUNT(results); i++) {
        memset(&results[i], 0, sizeof(results[i]));
        vault_start(&results[i], &sign_kind, VAULT_KEY, 10000);
    }
    fake_io_run_all(&vault_io);
    for (i = 0; i < COUNT(results); i++) {
        CHECK_INT("refused", results[i].err.http_status, 403);
        vault_result_clear(&results[i]);
    }
    vault_io.now += 1999;
    CHECK_INT("not tried", call(VAULT_KEY), 0);
    vault_io.now += 1;
    CHECK_INT("tried", call(VAULT_KEY), 1);
    vault_io.now += 3999;
    CHECK_INT("doubled", call(VAULT_KEY), 0);
    tear_down();
}

/* A refusal's time is not begun again by a call that its vault's absence has
 * stopped. */
static void refused_and_away(void)
{
    set_up("2s");
    answer((struct fake_step){ .status = 403 });
    CHECK_INT("refused", call(VAULT_KEY), 1);
    answer((struct fake_step)NO_CONNECTION);
    CHECK("away" && call(OTHER_KEY) > 1);
    vault_io.now += 2000;
    CHECK_INT("a probe", call(OTHER_KEY), 1);
    vault_io.now += 100;
    CHECK_INT("not tried", call(VAULT_KEY), 0);
    answer((struct fake_step){ 200, .body = "2" });
    vault_io.now += 900;
    CHECK_INT("there again", call(OTHER_KEY), 1);
    CHECK_INT("and tried", call(VAULT_KEY), 1);
    CHECK_STR("reply", vault_result.body, "2");
    tear_down();
}

/* The time is up while the authority is waited for: nobody has refused. */
static void late_token(void)
{
    static const struct fake_step script[] = { CHALLENGE_REPLY,
                                               { 200, .ms = 6000,
                                                 .body = "{\"access_token\":"
                                                         "\"t\",\"expires_in"
                                                         "\":3600}" },
                                               { 200, .body = "1" } };

    vault_retry = "2s";
    vault_set_up(script, COUNT(script), NULL);
    vault_call(&sign_kind, VAULT_KEY, 5000);
    fake_io_run(&vault_io, vault_io.now + 5500);
    CHECK_INT("too late", vault_result.err.code, AKV_E_DEADLINE);
    vault_call(&sign_kind, VAULT_KEY, 5000);
    fake_io_run_all(&vault_io);
    CHECK_STR("reply", vault_result.body, "1");
    tear_down();
}

/* A stranger can have these: they stop nobody. */
static void never(void)
{
    static const long statuses[] = { 400, 404, 409 };
    size_t i, j;

    for (i = 0; i < COUNT(statuses); i++) {
        set_up("2s");
        answer((struct fake_step){ .status = statuses[i] });
        for (j = 0; j < 10; j++)
            CHECK_INT("asked", call(VAULT_KEY), 1);
        tear_down();
    }
}

static void switched_off(void)
{
    int j;

    set_up("0s");
    answer((struct fake_step){ .status = 403 });
    for (j = 0; j < 3; j++)
        CHECK_INT("asked", call(VAULT_KEY), 1);
    answer((struct fake_step){ .status = 501 });
    for (j = 0; j < 3; j++)
        CHECK_INT("asked", call(VAULT_KEY), 1);
    tear_down();
}

/* The authority's refusal is the credential's, whatever the call; its absence
 * is no vault's. */
static void authority(void)
{
    static const struct fake_step refuses[] = {
        CHALLENGE_REPLY,
        { 401, .body = "{\"error\":\"invalid_client\"}" },
        { 401, .body = "{\"error\":\"invalid_client\"}" },
        TOKEN_REPLY,
        { 200, .body = "1" },
    };

    vault_retry = "2s";
    vault_set_up(refuses, COUNT(refuses), NULL);
    CHECK_INT("question and token", call(VAULT_KEY), 2);
    CHECK_INT("code", vault_result.err.code, AKV_E_AUTHENTICATION);
    CHECK_INT("not tried", call(VAULT_KEY), 0);
    CHECK_HAS("why", vault_result.err.message, "invalid_client");
    CHECK_HAS("why", vault_result.err.message, "not tried, the next try is in");
    CHECK_INT("nor with another key", call(OTHER_KEY), 0);
    vault_io.now += 2000;
    CHECK_INT("tried", call(OTHER_KEY), 1);
    vault_io.now += 3999;
    CHECK_INT("doubled", call(OTHER_KEY), 0);
    vault_io.now += 1;
    CHECK_INT("tried", call(OTHER_KEY), 2);
    CHECK_STR("reply", vault_result.body, "1");
    tear_down();
}

/* Many operations are remembered, not any number. */
static void many_refusals(void)
{
    static struct akv_op ops[100];
    struct akv_error why = AKV_ERROR_INIT, err = AKV_ERROR_INIT;
    struct fake_io io;
    struct akv_breaker *breaker;
    uint64_t answers;
    size_t i, kept = 0;

    fake_io_init(&io, NULL, 0);
    breaker = akv_breaker_new(io.base.clock, 1000, NULL);
    CHECK(breaker != NULL);
    (void)akv_error_set(&why, AKV_E_FORBIDDEN, "no");
    for (i = 0; i < COUNT(ops); i++) {
        const struct akv_id id = { .kind = AKV_KIND_KEY,
                                   .host = "v.example",
                                   .port = 443 };

        akv_op_init(&ops[i], &sign_kind, &id);
        (void)snprintf(ops[i].id.name, sizeof(ops[i].id.name), "k%zu", i);
        akv_breaker_refused(breaker, &ops[i], &why);
    }
    for (i = 0; i < COUNT(ops); i++)
        kept +=
            akv_breaker_admit(breaker, &ops[i], &answers, &err) == AKV_REFUSED;
    CHECK_INT("the newest", kept, 64);
    CHECK_INT("the newest",
              akv_breaker_admit(breaker, &ops[99], &answers, &err),
              AKV_REFUSED);
    akv_breaker_free(breaker);
    akv_breaker_free(NULL);
    fake_io_clear(&io);
}

int main(void)
{
    static const struct unit_test tests[] = {
        { "away", away },
        { "answered", answered },
        { "meanwhile answered", meanwhile_answered },
        { "under way", under_way },
        { "refused", refused },
        { "refused together", refused_together },
        { "refused and away", refused_and_away },
        { "a late token", late_token },
        { "never", never },
        { "switched off", switched_off },
        { "authority", authority },
        { "many refusals", many_refusals },
    };

    return unit_main("breaker", tests, COUNT(tests));
}
