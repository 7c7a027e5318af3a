/* SPDX-License-Identifier: Apache-2.0 */

#include <stdio.h>
#include <string.h>

#include "cache_fixture.h"
#include "unit.h"

struct fake_io io;
struct hand hand;
struct akv_cred_cache *cache;
int64_t retry_ms;
struct akv_heritage *heritage;

static void hand_get(struct akv_cred *base,
                     const struct akv_token_request *request,
                     akv_token_fn *done, void *arg)
{
    struct hand *asked = (struct hand *)base;

    asked->gets++;
    (void)snprintf(asked->scope, sizeof(asked->scope), "%s", request->scope);
    (void)snprintf(asked->tenant, sizeof(asked->tenant), "%s", request->tenant);
    (void)snprintf(asked->claims, sizeof(asked->claims), "%s",
                   request->claims != NULL ? request->claims : "-");
    asked->deadline = request->deadline;
    if (asked->token.text != NULL) {
        done(arg, &asked->token, NULL);
        return;
    }
    CHECK(asked->done == NULL); /* one request at a time */
    asked->done = done;
    asked->arg = arg;
}

static void hand_free(struct akv_cred *base)
{
    ((struct hand *)base)->frees++;
}

void give(const char *text, int64_t life, int64_t refresh_in)
{
    akv_token_fn *done = hand.done;
    struct akv_token token = { text, 0, 0 };
    struct akv_error err = AKV_ERROR_INIT;
    int64_t now = akv_clock_wall(&io.clock);

    if (!CHECK(done != NULL))
        return;
    hand.done = NULL;
    token.expires_on = now + life;
    token.refresh_on = refresh_in > 0 ? now + refresh_in : 0;
    if (text == NULL)
        (void)akv_error_set(&err, AKV_E_AUTHENTICATION, "the hand says no");
    done(hand.arg, text != NULL ? &token : NULL, text != NULL ? NULL : &err);
}

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

void set_up(void)
{
    static const struct akv_cred_ops ops = { hand_get, hand_free };

    fake_io_init(&io, NULL, 0);
    memset(&hand, 0, sizeof(hand));
    hand.base.ops = &ops;
    cache = akv_cred_cache_new(
        &io.base, &hand.base,
        &(struct akv_cred_cache_options){
            .fetch_ms = 10000, .retry_ms = retry_ms, .heritage = heritage });
    CHECK(cache != NULL);
}

void tear_down(void)
{
    akv_cred_cache_free(cache);
    CHECK_INT("the credential is freed", hand.frees, 1);
    fake_io_clear(&io);
}

void wait_with(struct waiter *waiter, const char *tenant, const char *scope,
               const char *claims)
{
    memset(waiter, 0, sizeof(*waiter));
    waiter->wait.fn = on_token;
    waiter->wait.arg = waiter;
    akv_cred_cache_get(cache, tenant, scope, claims, &waiter->wait);
}

void wait_for(struct waiter *waiter, const char *tenant, const char *scope)
{
    wait_with(waiter, tenant, scope, NULL);
}

const char *got(struct waiter *waiter)
{
    wait_for(waiter, "t", "s");
    return waiter->calls > 0 ? waiter->text : "(waits)";
}
