/* SPDX-License-Identifier: Apache-2.0 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cred_cache.h"
#include "fake_io.h"
#include "unit.h"

/* A credential that is answered by hand, or at once. */
struct hand {
    struct akv_cred base;
    struct akv_token token; /* with text: answers at once */
    akv_token_fn *done;     /* of the request under way */
    void *arg;
    unsigned gets, frees;
    char scope[100], tenant[100], claims[100];
    int64_t deadline;
};

static void hand_get(struct akv_cred *base,
                     const struct akv_token_request *request,
                     akv_token_fn *done, void *arg)
{
    struct hand *hand = (struct hand *)base;

    hand->gets++;
    (void)snprintf(hand->scope, sizeof(hand->scope), "%s", request->scope);
    (void)snprintf(hand->tenant, sizeof(hand->tenant), "%s", request->tenant);
    (void)snprintf(hand->claims, sizeof(hand->claims), "%s",
                   request->claims != NULL ? request->claims : "-");
    hand->deadline = request->deadline;
    if (hand->token.text != NULL) {
        done(arg, &hand->token, NULL);
        return;
    }
    CHECK(hand->done == NULL); /* one request at a time */
    hand->done = done;
    hand->arg = arg;
}

static void hand_free(struct akv_cred *base)
{
    ((struct hand *)base)->frees++;
}

/* Ends the request under way with a token that lives so many seconds, or,
 * with NULL, with a failure. */
static void give(struct hand *hand, const struct fake_io *io, const char *text,
                 int64_t life, int64_t refresh_in)
{
    akv_token_fn *done = hand->done;
    struct akv_token token = { text, 0, 0 };
    struct akv_error err = AKV_ERROR_INIT;
    int64_t now = akv_clock_wall(&io->clock);

    if (!CHECK(done != NULL))
        return;
    hand->done = NULL;
    token.expires_on = now + life;
    token.refresh_on = refresh_in > 0 ? now + refresh_in : 0;
    if (text == NULL)
        (void)akv_error_set(&err, AKV_E_AUTHENTICATION, "the hand says no");
    done(hand->arg, text != NULL ? &token : NULL, text != NULL ? NULL : &err);
}

/* One who waits. */
struct waiter {
    struct akv_token_wait wait;
    unsigned calls;
    char text[100]; /* "" on failure */
    struct akv_error err;
};

static void on_token(void *arg, const char *text, const struct akv_error *err)
{
    struct waiter *waiter = arg;

    waiter->calls++;
    (void)snprintf(waiter->text, sizeof(waiter->text), "%s",
                   text != NULL ? text : "");
    if (err != NULL)
        waiter->err = *err;
    CHECK((text != NULL) == (err == NULL));
}

static struct fake_io io;
static struct hand hand;
static struct akv_cred_cache *cache;

static void set_up(void)
{
    static const struct akv_cred_ops ops = { hand_get, hand_free };

    fake_io_init(&io, NULL, 0);
    memset(&hand, 0, sizeof(hand));
    hand.base.ops = &ops;
    cache = akv_cred_cache_new(&io.base, &hand.base, 10000);
    CHECK(cache != NULL);
}

static void tear_down(void)
{
    akv_cred_cache_free(cache);
    CHECK_INT("the credential is freed", hand.frees, 1);
    fake_io_clear(&io);
}

static void wait_with(struct waiter *waiter, const char *tenant,
                      const char *scope, const char *claims)
{
    memset(waiter, 0, sizeof(*waiter));
    waiter->wait.fn = on_token;
    waiter->wait.arg = waiter;
    akv_cred_cache_get(cache, tenant, scope, claims, &waiter->wait);
}

static void wait_for(struct waiter *waiter, const char *tenant,
                     const char *scope)
{
    wait_with(waiter, tenant, scope, NULL);
}

/* What a caller gets now: the token, or "(waits)". */
static const char *got(struct waiter *waiter)
{
    wait_for(waiter, "t", "s");
    return waiter->calls > 0 ? waiter->text : "(waits)";
}

static void one_fetch_for_many(void)
{
    struct waiter waiters[50];
    size_t i;

    set_up();
    for (i = 0; i < COUNT(waiters); i++)
        wait_for(&waiters[i], "t", "s");
    CHECK_INT("fetches", hand.gets, 1);
    CHECK_STR("scope", hand.scope, "s");
    CHECK_STR("tenant", hand.tenant, "t");
    CHECK_INT("deadline", hand.deadline, io.now + 10000);
    give(&hand, &io, "token", 3600, 0);
    for (i = 0; i < COUNT(waiters); i++) {
        CHECK_INT("called", waiters[i].calls, 1);
        CHECK_STR("token", waiters[i].text, "token");
    }
    CHECK_STR("from the cache", got(&waiters[0]), "token");
    CHECK_INT("fetches", hand.gets, 1);
    tear_down();
}

/* One token per tenant and scope; the credential does one fetch at a time. */
static void per_scope(void)
{
    struct waiter a, b, c, d;

    set_up();
    wait_for(&a, "t", "s");
    wait_for(&b, "t", "other");
    wait_for(&c, "u", "s");
    wait_for(&d, "t", "other");
    CHECK_INT("fetches", hand.gets, 1);
    give(&hand, &io, "token-a", 3600, 0);
    CHECK_STR("a", a.text, "token-a");
    CHECK_INT("b waits", b.calls, 0);
    CHECK_INT("fetches", hand.gets, 2);
    give(&hand, &io, strcmp(hand.scope, "other") == 0 ? "token-b" : "token-c",
         3600, 0);
    CHECK_INT("fetches", hand.gets, 3);
    give(&hand, &io, strcmp(hand.scope, "other") == 0 ? "token-b" : "token-c",
         3600, 0);
    CHECK_STR("b", b.text, "token-b");
    CHECK_STR("c", c.text, "token-c");
    CHECK_STR("d", d.text, "token-b");
    CHECK_INT("called", a.calls + b.calls + c.calls + d.calls, 4);
    tear_down();
}

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
        give(&hand, &io, "old", rows[i].life, rows[i].refresh_in);
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
        give(&hand, &io, "new", 3600, 0);
        CHECK_STR(rows[i].where, waiter.text, "new");
        tear_down();
    }
}

static void failed_renewal(void)
{
    struct waiter waiter;

    set_up();
    wait_for(&waiter, "t", "s");
    give(&hand, &io, "old", 3600, 0);
    io.now += 3300 * 1000;
    CHECK_STR("renewal begins", got(&waiter), "old");
    give(&hand, &io, NULL, 0, 0);
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
    give(&hand, &io, NULL, 0, 0);
    CHECK_INT("called", waiter.calls, 1);
    CHECK_HAS("failure", waiter.err.message, "the hand says no");
    CHECK_STR("and anew for the next", got(&waiter), "(waits)");
    CHECK_INT("fetches", hand.gets, 4);
    give(&hand, &io, "new", 3600, 0);
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
    give(&hand, &io, "old", 3600, 0);
    io.now += 3300 * 1000;
    wait_for(&first, "t", "s");
    CHECK_INT("waits", first.calls, 0);
    CHECK_INT("a part of it", hand.deadline - io.now, 3333);
    CHECK_STR("another does not", got(&other), "old");
    give(&hand, &io, NULL, 0, 0);
    CHECK_STR("the old one is still good", first.text, "old");
    CHECK_STR("and is not renewed at once", got(&other), "old");
    CHECK_INT("fetches", hand.gets, 2);
    io.now += 30 * 1000;
    wait_for(&first, "t", "s");
    give(&hand, &io, "new", 3600, 0);
    CHECK_STR("renewed", first.text, "new");
    tear_down();
}

static void failure(void)
{
    struct waiter a, b;

    set_up();
    wait_for(&a, "t", "s");
    wait_for(&b, "t", "s");
    give(&hand, &io, NULL, 0, 0);
    CHECK_INT("a", a.calls, 1);
    CHECK_INT("b", b.calls, 1);
    CHECK_INT("a", a.err.code, AKV_E_AUTHENTICATION);
    CHECK_INT("b", b.err.code, AKV_E_AUTHENTICATION);
    CHECK_STR("a failure is not kept", got(&a), "(waits)");
    CHECK_INT("fetches", hand.gets, 2);
    tear_down();
}

static void refused(void)
{
    struct waiter waiter;

    set_up();
    akv_cred_cache_refused(cache, "t", "s", "unknown");
    wait_for(&waiter, "t", "s");
    give(&hand, &io, "one", 3600, 0);
    akv_cred_cache_refused(cache, "t", "s", "another");
    akv_cred_cache_refused(cache, "u", "s", "one");
    CHECK_STR("somebody else's", got(&waiter), "one");
    akv_cred_cache_refused(cache, "t", "s", "one");
    CHECK_STR("not handed out again", got(&waiter), "(waits)");
    CHECK_INT("fetches", hand.gets, 2);
    give(&hand, &io, "two", 3600, 0);
    CHECK_STR("the new one", waiter.text, "two");
    /* Another caller's old token is refused late. */
    akv_cred_cache_refused(cache, "t", "s", "one");
    CHECK_STR("the new one stays", got(&waiter), "two");
    tear_down();
}

/* A renewal is under way when the old token is refused. */
static void refused_in_renewal(void)
{
    struct waiter waiter;

    set_up();
    wait_for(&waiter, "t", "s");
    give(&hand, &io, "one", 3600, 0);
    io.now += 3300 * 1000;
    CHECK_STR("renewal begins", got(&waiter), "one");
    akv_cred_cache_refused(cache, "t", "s", "one");
    CHECK_STR("waits for it", got(&waiter), "(waits)");
    CHECK_INT("fetches", hand.gets, 2);
    give(&hand, &io, "two", 3600, 0);
    CHECK_STR("token", waiter.text, "two");
    tear_down();
}

static void cancel(void)
{
    struct waiter a, b, c;

    set_up();
    wait_for(&a, "t", "s");
    wait_for(&b, "t", "s");
    wait_for(&c, "t", "s");
    akv_cred_cache_cancel(cache, &b.wait);
    akv_cred_cache_cancel(cache, &b.wait);
    give(&hand, &io, "token", 3600, 0);
    CHECK_INT("a", a.calls, 1);
    CHECK_INT("b", b.calls, 0);
    CHECK_INT("c", c.calls, 1);
    akv_cred_cache_cancel(cache, &a.wait);
    CHECK_STR("the token stays", got(&b), "token");
    tear_down();
}

/* The fetch goes on for those who come later. */
static void all_cancelled(void)
{
    struct waiter a, b;

    set_up();
    wait_for(&a, "t", "s");
    akv_cred_cache_cancel(cache, &a.wait);
    wait_for(&b, "t", "s");
    CHECK_INT("fetches", hand.gets, 1);
    give(&hand, &io, "token", 3600, 0);
    CHECK_INT("a", a.calls, 0);
    CHECK_STR("b", b.text, "token");
    tear_down();
}

static void freed_while_waiting(void)
{
    struct waiter a;

    set_up();
    wait_for(&a, "t", "s");
    tear_down();
    CHECK_INT("nobody is called", a.calls, 0);
    akv_cred_cache_free(NULL);
}

/* A credential may answer before its get returns. */
static void at_once(void)
{
    struct waiter a;

    set_up();
    hand.token.text = "now";
    hand.token.expires_on = FAKE_WALL + 3600;
    CHECK_STR("first", got(&a), "now");
    CHECK_STR("second", got(&a), "now");
    CHECK_INT("fetches", hand.gets, 1);
    io.now += 3400 * 1000;
    hand.token.text = "new";
    hand.token.expires_on += 3600;
    CHECK_STR("renewed before it is handed out", got(&a), "new");
    CHECK_INT("fetches", hand.gets, 2);
    tear_down();
}

/* A token without the claims does not do, even where it is on its way. */
static void claims_in_a_fetch(void)
{
    struct waiter a, b, c, d;

    set_up();
    wait_for(&a, "t", "s");
    CHECK_STR("first", hand.claims, "-");
    wait_with(&b, "t", "s", "{1}");
    CHECK_INT("one at a time", hand.gets, 1);
    give(&hand, &io, "without", 3600, 0);
    CHECK_INT("not with this one", a.calls + b.calls, 0);
    CHECK_INT("fetches", hand.gets, 2);
    CHECK_STR("second", hand.claims, "{1}");
    wait_with(&c, "t", "s", "{1}"); /* is what is being fetched */
    wait_for(&d, "t", "s");
    give(&hand, &io, "with", 3600, 0);
    CHECK_STR("a", a.text, "with");
    CHECK_STR("b", b.text, "with");
    CHECK_STR("c", c.text, "with");
    CHECK_STR("d", d.text, "with");
    CHECK_INT("fetches", hand.gets, 2);
    CHECK_STR("kept", got(&a), "with");
    tear_down();
}

static void claims_in_a_renewal(void)
{
    struct waiter a, b, c;

    set_up();
    wait_for(&a, "t", "s");
    give(&hand, &io, "old", 3600, 0);
    io.now += 3300 * 1000;
    CHECK_STR("renewal begins", got(&a), "old");
    wait_with(&b, "t", "s", "{1}");
    CHECK_STR("the old one does not do", got(&a), "(waits)");
    give(&hand, &io, NULL, 0, 0);
    CHECK_INT("its failure is nobody's", a.calls + b.calls, 0);
    CHECK_INT("fetches", hand.gets, 3);
    CHECK_STR("third", hand.claims, "{1}");
    wait_with(&c, "t", "s", "{2}");
    give(&hand, &io, "one", 3600, 0);
    CHECK_STR("fourth", hand.claims, "{2}");
    give(&hand, &io, NULL, 0, 0);
    CHECK_INT("a", a.err.code, AKV_E_AUTHENTICATION);
    CHECK_INT("b", b.err.code, AKV_E_AUTHENTICATION);
    CHECK_INT("c", c.err.code, AKV_E_AUTHENTICATION);
    CHECK_INT("fetches", hand.gets, 4);
    tear_down();
}

/* A fetch that has not begun takes the claims along. */
static void claims_in_the_queue(void)
{
    struct waiter a, b, c;

    set_up();
    wait_for(&a, "t", "other");
    wait_for(&b, "t", "s");
    wait_with(&c, "t", "s", "{1}");
    give(&hand, &io, "token-a", 3600, 0);
    CHECK_STR("a", a.text, "token-a");
    CHECK_STR("with them at once", hand.claims, "{1}");
    give(&hand, &io, "token-b", 3600, 0);
    CHECK_STR("b", b.text, "token-b");
    CHECK_STR("c", c.text, "token-b");
    CHECK_INT("fetches", hand.gets, 2);
    tear_down();
}

/* A token that is too near its end is given to those who wait for it, but
 * not kept. */
static void nearly_over(void)
{
    struct waiter a;

    set_up();
    wait_for(&a, "t", "s");
    give(&hand, &io, "brief", 20, 0);
    CHECK_STR("given", a.text, "brief");
    CHECK_STR("not kept", got(&a), "(waits)");
    CHECK_INT("fetches", hand.gets, 2);
    tear_down();
}

static void huge(void)
{
    static char text[AKV_TOKEN_MAX + 2];
    struct waiter a;

    set_up();
    memset(text, 'a', AKV_TOKEN_MAX + 1);
    wait_for(&a, "t", "s");
    give(&hand, &io, text, 3600, 0);
    CHECK_INT("called", a.calls, 1);
    CHECK_STR("no token", a.text, "");
    CHECK_INT("failure", a.err.code, AKV_E_PROTOCOL);
    text[AKV_TOKEN_MAX] = '\0';
    wait_for(&a, "t", "s");
    give(&hand, &io, text, 3600, 0);
    CHECK_INT("the largest is good", strlen(a.text), sizeof(a.text) - 1);
    tear_down();
}

int main(void)
{
    static const struct unit_test tests[] = {
        { "one fetch for many", one_fetch_for_many },
        { "one token per tenant and scope", per_scope },
        { "early renewal", renewal },
        { "failed renewal", failed_renewal },
        { "renewal in line", renewal_in_line },
        { "failure", failure },
        { "refused tokens", refused },
        { "refused while it is renewed", refused_in_renewal },
        { "cancel", cancel },
        { "all have cancelled", all_cancelled },
        { "freed while somebody waits", freed_while_waiting },
        { "answered at once", at_once },
        { "claims during a fetch", claims_in_a_fetch },
        { "claims during a renewal", claims_in_a_renewal },
        { "claims for a fetch in the queue", claims_in_the_queue },
        { "nearly over", nearly_over },
        { "too large", huge },
    };

    return unit_main("cred_cache", tests, COUNT(tests));
}
