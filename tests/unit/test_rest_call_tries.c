/* SPDX-License-Identifier: Apache-2.0 */

/* What is tried how often, and until when: in a program that waits for one
 * thing, and in a server, whose handshakes wait (retry-after-failure). */

#include <stdio.h>
#include <string.h>

#include "unit.h"
#include "vault_fixture.h"

#define FAILS(code)                                                            \
    {                                                                          \
        0, .error = (code)                                                     \
    }
#define MOST 12

static const struct {
    const char *where;
    struct fake_step step; /* the same each time */
    bool behind_token;     /* to the operation, not to the first question */
    enum akv_error_code code;
    bool is_final;
    size_t server_tries; /* 0: until the deadline, as in a program */
} rows[] = {
    { "no connection", NO_CONNECTION, false, AKV_E_TRANSPORT, false, 4 },
    { "no connection any more", NO_CONNECTION, true, AKV_E_TRANSPORT, false,
      4 },
    { "cut off", CUT_OFF, true, AKV_E_TRANSPORT, false, 4 },
    { "no such name", FAILS(AKV_E_NAME), false, AKV_E_NAME, true, 1 },
    { "no such name any more", FAILS(AKV_E_NAME), true, AKV_E_NAME, true, 1 },
    { "the proxy refuses", FAILS(AKV_E_PROXY), false, AKV_E_PROXY, true, 1 },
    { "a certificate", FAILS(AKV_E_CERTIFICATE), false, AKV_E_CERTIFICATE, true,
      1 },
    { "busy", { .status = 503 }, true, AKV_E_DEADLINE, false, 0 },
    { "throttled", { .status = 429 }, true, AKV_E_THROTTLED, false, 0 },
    { "forbidden", { .status = 403 }, true, AKV_E_FORBIDDEN, true, 1 },
    { "a name that is taken",
      { .status = 409 },
      true,
      AKV_E_CONFLICT,
      true,
      1 },
    { "a name that was purged",
      { 409, .body = "{\"error\":{\"code\":\"Conflict\",\"message\":\"later\","
                     "\"innererror\":{\"code\":\"ObjectIsBeingDeleted\"}}}" },
      true,
      AKV_E_CONFLICT,
      false,
      0 },
};

static void try_one(size_t row, bool is_server)
{
    const char *where = rows[row].where;
    size_t before = rows[row].behind_token ? 2 : 0, i, tries;
    struct fake_step script[MOST] = { CHALLENGE_REPLY, TOKEN_REPLY };
    char said[40];

    for (i = before; i < MOST; i++)
        script[i] = rows[row].step;
    vault_retry = is_server ? "2s" : "0s";
    vault_set_up(script, MOST, NULL);
    vault_call(&sign_kind, VAULT_KEY, 10000);
    fake_io_run_all(&vault_io);
    tries = vault_io.count - before;
    CHECK_INT(where, vault_result.calls, 1);
    CHECK_INT(where, vault_result.err.code, rows[row].code);
    if (rows[row].is_final || (is_server && rows[row].server_tries > 0))
        CHECK_INT(where, tries,
                  rows[row].is_final ? 1 : rows[row].server_tries);
    else
        CHECK_AT(where, tries >= 5 && vault_io.now > FAKE_MONO + 3000
                            && vault_io.now <= FAKE_MONO + 10000);
    (void)snprintf(said, sizeof(said), "after %zu tries in ", tries);
    if (tries > 1)
        CHECK_HAS(where, vault_result.err.message, said);
    vault_tear_down();
    vault_retry = "0s";
}

static void tries(void)
{
    size_t i;

    for (i = 0; i < COUNT(rows) * 2; i++)
        try_one(i / 2, i % 2 != 0);
}

/* A resource is the token's audience, with its port and path; only hosts that
 * are trusted may have such. */
static void audiences(void)
{
    static const struct {
        struct fake_step challenge;
        const char *trusted, *scope; /* of the form; NULL: refused */
    } cases[] = {
        { CHALLENGE_FOR("https://vault.azure.net/"), NULL,
          "scope=https%3A%2F%2Fvault.azure.net%2F.default" },
        { CHALLENGE_FOR("https://v.vault.azure.net:8443"), "v.vault.azure.net",
          "scope=https%3A%2F%2Fv.vault.azure.net%3A8443%2F.default" },
        { CHALLENGE_FOR("https://vault.azure.net/11-22"), "v.vault.azure.net",
          "scope=https%3A%2F%2Fvault.azure.net%2F11-22%2F.default" },
        { CHALLENGE_FOR("https://vault.azure.net:8443"), NULL, NULL },
        { CHALLENGE_FOR("https://vault.azure.net/11-22"), NULL, NULL },
    };
    size_t i;

    for (i = 0; i < COUNT(cases); i++) {
        const struct fake_step script[] = { cases[i].challenge,
                                            TOKEN_REPLY,
                                            { 200, .body = "{}" } };
        bool ok = cases[i].scope != NULL;

        vault_set_up(script, ok ? COUNT(script) : 1, cases[i].trusted);
        vault_call(&sign_kind, VAULT_KEY, 10000);
        fake_io_run_all(&vault_io);
        CHECK_INT(script[0].challenge, vault_result.err.code,
                  ok ? AKV_E_NONE : AKV_E_UNTRUSTED_HOST);
        if (ok)
            CHECK_HAS(script[0].challenge, vault_io.requests[1].body,
                      cases[i].scope);
        else
            CHECK_HAS(script[0].challenge, vault_result.err.message,
                      "trusted-hosts");
        vault_tear_down();
    }
}

#define OF(tenant)                                                             \
    {                                                                          \
        401, .challenge =                                                      \
                 "Bearer authorization=\"https://login.example/" tenant        \
                 "\", resource=\"https://vault.azure.net\""                    \
    }
#define TOKEN(text)                                                            \
    {                                                                          \
        200, .body = "{\"access_token\":\"" text "\",\"expires_in\":3600}"     \
    }

/* Two calls at once are refused, and each is told another tenant: each goes on
 * with what it was told itself. */
static void different_challenges(void)
{
    static const struct fake_step script[] = {
        CHALLENGE_REPLY,
        TOKEN("first"),
        { 200, .body = "1" },
        OF("a"),
        OF("b"),
        TOKEN("of-a"),
        { 200, .body = "2" },
        TOKEN("of-b"),
        { 200, .body = "3" },
    };
    struct vault_result other;
    size_t i;
    bool a = false, b = false;

    memset(&other, 0, sizeof(other));
    vault_set_up(script, COUNT(script), NULL);
    vault_call(&sign_kind, VAULT_KEY, 10000);
    fake_io_run_all(&vault_io);
    vault_result_clear(&vault_result);
    vault_call(&sign_kind, VAULT_KEY, 10000);
    vault_start(&other, &create_kind, "https://v.vault.azure.net/keys/o",
                10000);
    fake_io_run_all(&vault_io);
    CHECK_INT("one", vault_result.err.code, AKV_E_NONE);
    CHECK_INT("other", other.err.code, AKV_E_NONE);
    CHECK_INT("requests", vault_io.count, COUNT(script));
    for (i = 5; i < COUNT(script); i++) {
        const struct fake_request *request = &vault_io.requests[i];
        const char *bearer = request->authorization;

        if (bearer == NULL)
            continue;
        a |= strcmp(bearer, "Bearer of-a") == 0
             && strstr(request->url, "/keys/k/1/sign") != NULL;
        b |= strcmp(bearer, "Bearer of-b") == 0
             && strstr(request->url, "/keys/o/create") != NULL;
    }
    CHECK("each its own" && a && b);
    CHECK_HAS("one's tenant", vault_io.requests[5].url, "/a/oauth2/");
    vault_result_clear(&other);
    vault_tear_down();
}

int main(void)
{
    static const struct unit_test tests[] = {
        { "tries", tries },
        { "audiences", audiences },
        { "different challenges", different_challenges },
    };

    return unit_main("vault_tries", tests, COUNT(tests));
}
