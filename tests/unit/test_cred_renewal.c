/* SPDX-License-Identifier: Apache-2.0 */

/* When a token is got anew, and what its end means to those who want it. */

#include "cache_fixture.h"
#include "unit.h"

/* The old token is served until the new one is there. Times are seconds after
 * the token came. */
static void renewal(void)
{
    static const struct {
        const char *where;
        int64_t life, refresh_in, not_yet, due, end;
    } rows[] = {
        { "an hour", 3600, 0, 3299, 3300, 3569 },
        { "a day: at half life", 86400, 0, 43199, 43200, 86369 },
        { "two hours: not yet long", 7200, 0, 6899, 6900, 7169 },
        { "just over two hours", 7202, 0, 3600, 3601, 7171 },
        { "short: at half life", 400, 0, 199, 200, 369 },
        { "as the authority says", 3600, 1000, 999, 1000, 3569 },
    };
    size_t i;

    for (i = 0; i < COUNT(rows); i++) {
        struct waiter waiter;
        int64_t start;

        set_up();
        start = io.now;
        wait_for(&waiter, "t", "s");
        give("old", rows[i].life, rows[i].refresh_in);
        io.now = start + rows[i].not_yet * 1000;
        CHECK_STR(rows[i].where, got(&waiter), "old");
        CHECK_INT(rows[i].where, hand.gets, 1);
        io.now = start + rows[i].due * 1000;
        CHECK_STR(rows[i].where, got(&waiter), "old");
        CHECK_INT(rows[i].where, hand.gets, 2);
        CHECK_STR(rows[i].where, got(&waiter), "old");
        CHECK_INT("one renewal at a time", hand.gets, 2);
        io.now = start + rows[i].end * 1000;
        CHECK_STR(rows[i].where, got(&waiter), "old");
        io.now = start + (rows[i].end + 1) * 1000;
        CHECK_STR(rows[i].where, got(&waiter), "(waits)");
        CHECK_INT("still the same renewal", hand.gets, 2);
        give("new", 3600, 0);
        CHECK_STR(rows[i].where, waiter.text, "new");
        tear_down();
    }
}

static void failed_renewal(void)
{
    struct waiter waiter;

    set_up();
    wait_for(&waiter, "t", "s");
    give("old", 3600, 0);
    io.now += 3300 * 1000;
    CHECK_STR("renewal begins", got(&waiter), "old");
    give(NULL, 0, 0);
    CHECK_STR("the old one is still good", got(&waiter), "old");
    CHECK_INT("no new attempt yet", hand.gets, 2);
    io.now += 29 * 1000;
    CHECK_STR("still good", got(&waiter), "old");
    CHECK_INT("no new attempt yet", hand.gets, 2);
    io.now += 1000;
    CHECK_STR("still good", got(&waiter), "old");
    CHECK_INT("after half a minute", hand.gets, 3);
    io.now += 300 * 1000;
    CHECK_STR("expired", got(&waiter), "(waits)");
    give(NULL, 0, 0);
    CHECK_INT("called", waiter.calls, 1);
    CHECK_HAS("failure", waiter.err.message, "the hand says no");
    CHECK_STR("and anew for the next", got(&waiter), "(waits)");
    CHECK_INT("fetches", hand.gets, 4);
    give("new", 3600, 0);
    CHECK_STR("token", waiter.text, "new");
    tear_down();
}

/* Where nobody works for who does not wait, one waits for a renewal, a part of
 * his time; the others have the old token, and so has he if it fails. */
static void renewal_in_line(void)
{
    struct waiter first, other;

    set_up();
    io.base.driven = true;
    wait_for(&first, "t", "s");
    CHECK_INT("all of the time", hand.deadline - io.now, 10000);
    give("old", 3600, 0);
    io.now += 3300 * 1000;
    wait_for(&first, "t", "s");
    CHECK_INT("waits", first.calls, 0);
    CHECK_INT("a part of it", hand.deadline - io.now, 3333);
    CHECK_STR("another does not", got(&other), "old");
    give(NULL, 0, 0);
    CHECK_STR("the old one is still good", first.text, "old");
    CHECK_STR("and is not renewed at once", got(&other), "old");
    CHECK_INT("fetches", hand.gets, 2);
    io.now += 30 * 1000;
    wait_for(&first, "t", "s");
    give("new", 3600, 0);
    CHECK_STR("renewed", first.text, "new");
    tear_down();
}

/* Told at once what the last one was told, and one tries at a time. */
static void failed_just_now(void)
{
    static const int64_t waits[] = { 2000, 4000, 8000, 16000, 30000, 30000 };
    struct waiter a, b;
    size_t i;

    retry_ms = 2000;
    set_up();
    for (i = 0; i < COUNT(waits); i++) {
        wait_for(&a, "t", "s");
        CHECK_INT("it is tried", hand.gets, (long long)i + 1);
        wait_for(&b, "t", "s");
        CHECK_INT("waits for the first, or is told", b.calls, i > 0);
        give(NULL, 0, 0);
        CHECK_INT("a", a.calls, 1);
        io.now += waits[i] - 1;
        wait_for(&b, "t", "s");
        CHECK_INT("told", b.calls, 1);
        CHECK("so" && b.wait.not_tried);
        CHECK_HAS("why", b.err.message, "the hand says no");
        CHECK_HAS("when", b.err.message, "the next try is in 1 ms");
        CHECK_INT("code", b.err.code, AKV_E_AUTHENTICATION);
        io.now += 1;
    }
    wait_for(&a, "t", "s");
    give("token", 3600, 0);
    CHECK_STR("at last", a.text, "token");
    akv_cred_cache_refused(cache, "t", "s", "token");
    wait_for(&a, "t", "s");
    give(NULL, 0, 0);
    io.now += 2000;
    wait_for(&a, "t", "s");
    CHECK_INT("from the beginning", a.calls, 0);
    give("token", 3600, 0);
    tear_down();
    retry_ms = 0;
}

/* What is the parent's is used until shortly before its end. */
static void inherited(void)
{
    struct waiter waiter;
    int64_t wall;

    heritage = akv_heritage_new();
    CHECK(heritage != NULL);
    set_up();
    wait_for(&waiter, "t", "s");
    give("the parent's", 3600, 1000);
    tear_down();

    set_up(); /* as in a child */
    CHECK_STR("inherited", got(&waiter), "the parent's");
    CHECK_INT("not asked for", hand.gets, 0);
    io.now += 3299 * 1000;
    CHECK_STR("still", got(&waiter), "the parent's");
    CHECK_INT("not asked for", hand.gets, 0);
    io.now += 1000;
    CHECK_STR("still", got(&waiter), "the parent's");
    CHECK_INT("renewed", hand.gets, 1);
    give("own", 3600, 0);
    CHECK_STR("own", got(&waiter), "own");
    akv_cred_cache_refused(cache, "t", "s", "own");
    tear_down();

    set_up();
    CHECK_STR("a refused one is not", got(&waiter), "(waits)");
    wall = akv_clock_wall(&io.clock);
    akv_heritage_put_token(heritage, "t", "u", "old", wall + 29);
    wait_for(&waiter, "t", "u");
    CHECK_INT("an old one is not", waiter.calls, 0);
    tear_down();
    akv_heritage_free(heritage);
    heritage = NULL;
}

/* Renewed although nobody asks. */
static void kept(void)
{
    struct waiter waiter;

    set_up();
    akv_cred_cache_keep(cache, "t", "s"); /* there is none */
    wait_for(&waiter, "t", "s");
    give("one", 3600, 0);
    akv_cred_cache_keep(cache, "t", "s");
    akv_cred_cache_keep(cache, "t", "s");
    fake_io_run(&io, io.now + 3299 * 1000);
    CHECK_INT("not yet", hand.gets, 1);
    fake_io_run(&io, io.now + 1000);
    CHECK_INT("now", hand.gets, 2);
    give(NULL, 0, 0);
    fake_io_run(&io, io.now + 30 * 1000);
    CHECK_INT("again, after a failure", hand.gets, 3);
    give("two", 3600, 0);
    CHECK_STR("there", got(&waiter), "two");
    fake_io_run(&io, io.now + 3300 * 1000);
    CHECK_INT("and again", hand.gets, 4);
    tear_down(); /* with the timer */
}

int main(void)
{
    static const struct unit_test tests[] = {
        { "early renewal", renewal },
        { "failed renewal", failed_renewal },
        { "renewal in line", renewal_in_line },
        { "failed just now", failed_just_now },
        { "inherited", inherited },
        { "kept", kept },
    };

    return unit_main("cred_renewal", tests, COUNT(tests));
}
