/* SPDX-License-Identifier: Apache-2.0 */

#include <string.h>

#include "cache_fixture.h"
#include "unit.h"

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
    give("token", 3600, 0);
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
    give("token-a", 3600, 0);
    CHECK_STR("a", a.text, "token-a");
    CHECK_INT("b waits", b.calls, 0);
    CHECK_INT("fetches", hand.gets, 2);
    give(strcmp(hand.scope, "other") == 0 ? "token-b" : "token-c", 3600, 0);
    CHECK_INT("fetches", hand.gets, 3);
    give(strcmp(hand.scope, "other") == 0 ? "token-b" : "token-c", 3600, 0);
    CHECK_STR("b", b.text, "token-b");
    CHECK_STR("c", c.text, "token-c");
    CHECK_STR("d", d.text, "token-b");
    CHECK_INT("called", a.calls + b.calls + c.calls + d.calls, 4);
    tear_down();
}

static void failure(void)
{
    struct waiter a, b;

    set_up();
    wait_for(&a, "t", "s");
    wait_for(&b, "t", "s");
    give(NULL, 0, 0);
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
    give("one", 3600, 0);
    akv_cred_cache_refused(cache, "t", "s", "another");
    akv_cred_cache_refused(cache, "u", "s", "one");
    CHECK_STR("somebody else's", got(&waiter), "one");
    akv_cred_cache_refused(cache, "t", "s", "one");
    CHECK_STR("not handed out again", got(&waiter), "(waits)");
    CHECK_INT("fetches", hand.gets, 2);
    give("two", 3600, 0);
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
    give("one", 3600, 0);
    io.now += 3300 * 1000;
    CHECK_STR("renewal begins", got(&waiter), "one");
    akv_cred_cache_refused(cache, "t", "s", "one");
    CHECK_STR("waits for it", got(&waiter), "(waits)");
    CHECK_INT("fetches", hand.gets, 2);
    give("two", 3600, 0);
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
    give("token", 3600, 0);
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
    give("token", 3600, 0);
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
    give("without", 3600, 0);
    CHECK_INT("not with this one", a.calls + b.calls, 0);
    CHECK_INT("fetches", hand.gets, 2);
    CHECK_STR("second", hand.claims, "{1}");
    wait_with(&c, "t", "s", "{1}"); /* is what is being fetched */
    wait_for(&d, "t", "s");
    give("with", 3600, 0);
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
    give("old", 3600, 0);
    io.now += 3300 * 1000;
    CHECK_STR("renewal begins", got(&a), "old");
    wait_with(&b, "t", "s", "{1}");
    CHECK_STR("the old one does not do", got(&a), "(waits)");
    give(NULL, 0, 0);
    CHECK_INT("its failure is nobody's", a.calls + b.calls, 0);
    CHECK_INT("fetches", hand.gets, 3);
    CHECK_STR("third", hand.claims, "{1}");
    wait_with(&c, "t", "s", "{2}");
    give("one", 3600, 0);
    CHECK_STR("fourth", hand.claims, "{2}");
    give(NULL, 0, 0);
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
    give("token-a", 3600, 0);
    CHECK_STR("a", a.text, "token-a");
    CHECK_STR("with them at once", hand.claims, "{1}");
    give("token-b", 3600, 0);
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
    give("brief", 20, 0);
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
    give(text, 3600, 0);
    CHECK_INT("called", a.calls, 1);
    CHECK_STR("no token", a.text, "");
    CHECK_INT("failure", a.err.code, AKV_E_PROTOCOL);
    text[AKV_TOKEN_MAX] = '\0';
    wait_for(&a, "t", "s");
    give(text, 3600, 0);
    CHECK_INT("the largest is good", strlen(a.text), sizeof(a.text) - 1);
    tear_down();
}

int main(void)
{
    static const struct unit_test tests[] = {
        { "one fetch for many", one_fetch_for_many },
        { "one token per tenant and scope", per_scope },
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
