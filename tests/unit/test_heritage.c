/* SPDX-License-Identifier: Apache-2.0 */

#include <string.h>

#include "auth/heritage.h"
#include "unit.h"

static const char *token_of(const struct akv_heritage *heritage,
                            const char *tenant, const char *scope)
{
    static char copy[100];
    struct akv_buf text = AKV_BUF_INIT(sizeof(copy) - 1);
    int64_t expires_on = 0;

    if (!akv_heritage_get_token(heritage, tenant, scope, &text, &expires_on))
        return NULL;
    CHECK_INT("expires_on", expires_on, 1000 + (int64_t)text.len);
    (void)strcpy(copy, akv_buf_str(&text));
    akv_buf_free(&text);
    return copy;
}

static void put(struct akv_heritage *heritage, const char *tenant,
                const char *scope, const char *text)
{
    akv_heritage_put_token(heritage, tenant, scope, text,
                           text != NULL ? 1000 + (int64_t)strlen(text) : 0);
}

static void tokens(void)
{
    struct akv_heritage *heritage = akv_heritage_new();
    int i;

    CHECK(heritage != NULL);
    CHECK_STR("none", token_of(heritage, "t", "s"), NULL);
    put(heritage, "t", "s", NULL);
    CHECK_STR("none", token_of(heritage, "t", "s"), NULL);
    put(heritage, "t", "s", "one");
    put(heritage, "t", "other", "two");
    CHECK_STR("t, s", token_of(heritage, "t", "s"), "one");
    CHECK_STR("t, other", token_of(heritage, "t", "other"), "two");
    CHECK_STR("another", token_of(heritage, "other", "s"), NULL);
    for (i = 0; i < 5; i++) {
        put(heritage, "t", "s", "newer");
        CHECK_STR("anew", token_of(heritage, "t", "s"), "newer");
    }
    put(heritage, "t", "s", NULL);
    CHECK_STR("forgotten", token_of(heritage, "t", "s"), NULL);
    CHECK_STR("the other is not", token_of(heritage, "t", "other"), "two");
    akv_heritage_free(heritage);
    akv_heritage_free(NULL);
}

static void posed(void)
{
    struct akv_heritage *heritage = akv_heritage_new();
    const struct akv_id id = { .kind = AKV_KIND_KEY,
                               .host = "v.vault.azure.net",
                               .port = 443 };
    struct akv_id other = id;
    struct akv_challenge_entry asks;
    const struct akv_challenge_entry *known;

    memset(&asks, 0, sizeof(asks));
    (void)strcpy(asks.challenge.tenant, "t");
    CHECK(akv_heritage_get_challenge(heritage, &id) == NULL);
    akv_heritage_put_posed(heritage, &id, &asks);
    known = akv_heritage_get_challenge(heritage, &id);
    CHECK(known != NULL && strcmp(known->challenge.tenant, "t") == 0);
    akv_heritage_put_posed(heritage, &id, &asks);
    CHECK("the same" && akv_heritage_get_challenge(heritage, &id) == known);
    (void)strcpy(asks.challenge.tenant, "u");
    akv_heritage_put_posed(heritage, &id, &asks);
    CHECK_STR("the newest",
              akv_heritage_get_challenge(heritage, &id)->challenge.tenant, "u");
    other.port = 8443;
    CHECK(akv_heritage_get_challenge(heritage, &other) == NULL);
    akv_heritage_free(heritage);
}

int main(void)
{
    static const struct unit_test tests[] = {
        { "tokens", tokens },
        { "what hosts ask for", posed },
    };

    return unit_main("heritage", tests, COUNT(tests));
}
