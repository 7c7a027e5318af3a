/* SPDX-License-Identifier: Apache-2.0 */

/* What a call asks, in which order, and what it never sends to whom. */

#include <stdio.h>
#include <string.h>

#include "unit.h"
#include "vault_fixture.h"

static void whole_way(void)
{
    static const struct fake_step script[] = { CHALLENGE_REPLY,
                                               TOKEN_REPLY,
                                               { 200, .body = "{\"a\":1}" } };

    vault_set_up(script, COUNT(script), NULL);
    vault_call(&sign_kind, VAULT_KEY, 10000);
    CHECK_INT("not at once", vault_result.calls, 0);
    CHECK(vault_result.handle != NULL);
    fake_io_run_all(&vault_io);
    CHECK_INT("called", vault_result.calls, 1);
    CHECK(vault_result.handle == NULL);
    CHECK_STR("reply", vault_result.body, "{\"a\":1}");
    if (CHECK_INT("requests", vault_io.count, 3)) {
        CHECK_STR("probe", vault_io.requests[0].url,
                  "https://v.vault.azure.net/keys?api-version=7.5"
                  "&maxresults=1");
        CHECK_STR("probe", vault_io.requests[0].method, "GET");
        CHECK_STR("the probe has no token", vault_io.requests[0].authorization,
                  NULL);
        CHECK_STR("the probe has no body", vault_io.requests[0].body, NULL);
        CHECK_HAS("token", vault_io.requests[1].url, "/oauth2/v2.0/token");
        CHECK_HAS("token", vault_io.requests[1].body,
                  "scope=https%3A%2F%2Fvault.azure.net%2F.default");
        CHECK_STR("request", vault_io.requests[2].url,
                  "https://v.vault.azure.net/keys/k/1/sign?api-version=7.5");
        CHECK_STR("request", vault_io.requests[2].method, "POST");
        CHECK_STR("request", vault_io.requests[2].authorization, "Bearer tok");
        CHECK_STR("request", vault_io.requests[2].body, VAULT_BODY);
        CHECK_INT("request", vault_io.requests[2].deadline, FAKE_MONO + 10000);
    }
    vault_tear_down();
}

/* On a warm client it is one request. */
static void warm(void)
{
    static const struct fake_step script[] = { CHALLENGE_REPLY,
                                               TOKEN_REPLY,
                                               { 200, .body = "1" },
                                               { 200, .body = "2" },
                                               { 200, .body = "3" } };

    vault_set_up(script, COUNT(script), NULL);
    vault_call(&sign_kind, VAULT_KEY, 10000);
    fake_io_run_all(&vault_io);
    vault_call(&sign_kind, VAULT_KEY, 10000);
    fake_io_run_all(&vault_io);
    CHECK_STR("reply", vault_result.body, "2");
    CHECK_INT("requests", vault_io.count, 4);
    CHECK_STR("request", vault_io.requests[3].authorization, "Bearer tok");
    CHECK_STR("request", vault_io.requests[3].body, VAULT_BODY);
    vault_call(&create_kind, "https://V.Vault.Azure.Net:443/keys/other", 10000);
    fake_io_run_all(&vault_io);
    CHECK_STR("another operation", vault_result.body, "3");
    CHECK_INT("requests", vault_io.count, 5);
    CHECK(vault_io.requests[4].once && !vault_io.requests[3].once);
    vault_tear_down();
}

/* Whole ways as tables: what is answered in turn, how many requests that
 * makes, and how it ends. */
struct way {
    const char *where, *url;
    struct fake_step script[10];
    size_t requests;
    enum akv_error_code code; /* AKV_E_NONE: a reply */
    const char *message;      /* a part of it; NULL: any */
};

static void run_ways(const struct way *ways, size_t count,
                     const struct akv_op_kind *kind, const char *trusted)
{
    size_t i;

    for (i = 0; i < count; i++) {
        vault_set_up(ways[i].script, ways[i].requests, trusted);
        vault_call(kind, ways[i].url, 10000);
        fake_io_run_all(&vault_io);
        CHECK_INT(ways[i].where, vault_result.calls, 1);
        CHECK_INT(ways[i].where, vault_result.err.code, ways[i].code);
        CHECK_INT(ways[i].where, vault_io.count, ways[i].requests);
        CHECK_AT(ways[i].where, vault_result.at <= FAKE_MONO + 10000);
        CHECK_AT(ways[i].where, vault_result.handle == NULL);
        if (ways[i].message != NULL)
            CHECK_HAS(ways[i].where, vault_result.err.message, ways[i].message);
        if (ways[i].code != AKV_E_NONE)
            CHECK_HAS("what was attempted", vault_result.err.message,
                      " keys/k/1 at ");
        vault_tear_down();
    }
}

static const struct way host_ways[] = {
    { "an untrusted host",
      "https://evil.example/keys/k/1",
      { { 0 } },
      0,
      AKV_E_UNTRUSTED_HOST,
      "trusted-hosts" },
    { "one that only looks like a vault",
      "https://v.vault.azure.net.evil.example/keys/k/1",
      { { 0 } },
      0,
      AKV_E_UNTRUSTED_HOST,
      NULL },
    { "the metadata service",
      "https://169.254.169.254/keys/k/1",
      { { 0 } },
      0,
      AKV_E_UNTRUSTED_HOST,
      NULL },
    { "a resource that is not its own",
      VAULT_KEY,
      { CHALLENGE_FOR("https://evil.example") },
      1,
      AKV_E_UNTRUSTED_HOST,
      "https://evil.example" },
    { "a resource that is another service's",
      VAULT_KEY,
      { CHALLENGE_FOR("https://management.azure.com") },
      1,
      AKV_E_UNTRUSTED_HOST,
      NULL },
    { "no challenge in the 401",
      VAULT_KEY,
      { { 401, .body = "x" } },
      1,
      AKV_E_AUTHENTICATION,
      "without a Bearer challenge" },
    { "a challenge without resource",
      VAULT_KEY,
      { { 401, .challenge = "Bearer realm=\"x\"" } },
      1,
      AKV_E_AUTHENTICATION,
      "no resource" },
    { "a host that asks for no token",
      VAULT_KEY,
      { { 200, .body = "{}" } },
      1,
      AKV_E_PROTOCOL,
      "no vault" },
    { "403 without asking",
      VAULT_KEY,
      { { .status = 403 } },
      1,
      AKV_E_FORBIDDEN,
      "HTTP 403" },
    { "a redirection",
      VAULT_KEY,
      { { .status = 302 } },
      1,
      AKV_E_SERVICE,
      "HTTP 302" },
};

static void hosts(void)
{
    static const struct way trusted[] = {
        { "a trusted host with a foreign resource",
          "https://localhost:8443/keys/k/1",
          { CHALLENGE_REPLY, TOKEN_REPLY, { 200, .body = "{}" } },
          3,
          AKV_E_NONE,
          NULL },
        { "a trusted host with its own domain",
          "https://localhost:8443/keys/k/1",
          { CHALLENGE_FOR("https://localhost"),
            TOKEN_REPLY,
            { 200, .body = "{}" } },
          3,
          AKV_E_NONE,
          NULL },
        { "a trusted host with another service's resource",
          "https://localhost:8443/keys/k/1",
          { CHALLENGE_FOR("https://management.azure.com") },
          1,
          AKV_E_UNTRUSTED_HOST,
          "https://management.azure.com, which is neither its own nor "
          "a vault's; list it in trusted-resources" },
        { "a trusted host that has nothing to list",
          "https://localhost:8443/keys/k/1",
          { { .status = 404 }, { 200, .body = "{}" } },
          2,
          AKV_E_NONE,
          NULL },
        { "a trusted host that asks for no token",
          "https://localhost:8443/keys/k/1",
          { { .status = 200 }, { 200, .body = "{}" } },
          2,
          AKV_E_NONE,
          NULL },
        { "one that refuses without asking",
          "https://localhost:8443/keys/k/1",
          { { .status = 403 }, { .status = 403 } },
          2,
          AKV_E_FORBIDDEN,
          NULL },
        { "one that asks later",
          "https://localhost:8443/keys/k/1",
          { { .status = 200 },
            CHALLENGE_REPLY,
            TOKEN_REPLY,
            { 200, .body = "{}" } },
          4,
          AKV_E_NONE,
          NULL },
        { "one that is not listed",
          "https://localhost.example/keys/k/1",
          { { 0 } },
          0,
          AKV_E_UNTRUSTED_HOST,
          NULL },
    };

    run_ways(host_ways, COUNT(host_ways), &sign_kind, NULL);
    run_ways(trusted, COUNT(trusted), &sign_kind, "localhost");
}

static void refusals(void)
{
    static const struct way ways[] = {
        { "404",
          VAULT_KEY,
          { CHALLENGE_REPLY,
            TOKEN_REPLY,
            { 404, .body = "{\"error\":{\"code\":\"KeyNotFound\","
                           "\"message\":\"None.\"}}" } },
          3,
          AKV_E_NOT_FOUND,
          "HTTP 404 KeyNotFound: None." },
        { "403",
          VAULT_KEY,
          { CHALLENGE_REPLY, TOKEN_REPLY, { 403, .body = "{}" } },
          3,
          AKV_E_FORBIDDEN,
          NULL },
        { "409",
          VAULT_KEY,
          { CHALLENGE_REPLY, TOKEN_REPLY, { 409, .body = "{}" } },
          3,
          AKV_E_CONFLICT,
          NULL },
        { "400",
          VAULT_KEY,
          { CHALLENGE_REPLY, TOKEN_REPLY, { 400, .body = "<html>" } },
          3,
          AKV_E_SERVICE,
          "<html>" },
        { "401 once: one fresh token",
          VAULT_KEY,
          { CHALLENGE_REPLY,
            TOKEN_REPLY,
            CHALLENGE_REPLY,
            TOKEN_REPLY,
            { 200, .body = "{}" } },
          5,
          AKV_E_NONE,
          NULL },
        { "401 twice",
          VAULT_KEY,
          { CHALLENGE_REPLY,
            TOKEN_REPLY,
            CHALLENGE_REPLY,
            TOKEN_REPLY,
            { 401, .challenge = VAULT_CHALLENGE,
              .body = "{\"error\":{\"code\":\"Unauthorized\",\"message\":"
                      "\"AKV10022\"}}" } },
          5,
          AKV_E_AUTHENTICATION,
          "AKV10022" },
        { "401 to a token, for a foreign resource",
          VAULT_KEY,
          { CHALLENGE_REPLY, TOKEN_REPLY,
            CHALLENGE_FOR("https://evil.example") },
          3,
          AKV_E_UNTRUSTED_HOST,
          NULL },
        { "401 to a token, without challenge",
          VAULT_KEY,
          { CHALLENGE_REPLY, TOKEN_REPLY, { .status = 401 } },
          3,
          AKV_E_AUTHENTICATION,
          "without a Bearer challenge" },
        { "the client secret is refused",
          VAULT_KEY,
          { CHALLENGE_REPLY,
            { 401, .body = "{\"error\":\"invalid_client\","
                           "\"error_description\":\"AADSTS7000215\"}" } },
          2,
          AKV_E_AUTHENTICATION,
          "AADSTS7000215" },
        { "no time for a token",
          VAULT_KEY,
          { CHALLENGE_REPLY, { .ms = FAKE_NEVER } },
          2,
          AKV_E_DEADLINE,
          NULL },
        { "a reply that is too large",
          VAULT_KEY,
          { CHALLENGE_REPLY,
            TOKEN_REPLY,
            { 0, .error = AKV_E_PROTOCOL, .sent = true } },
          3,
          AKV_E_PROTOCOL,
          NULL },
    };

    run_ways(ways, COUNT(ways), &sign_kind, NULL);
}

/* That the authority has no time is no failed authentication. */
static void busy_authority(void)
{
    static const struct way ways[] = {
        { "the authority is busy for long",
          VAULT_KEY,
          { CHALLENGE_REPLY,
            { 429, .retry_after = "60", .body = "AADSTS90055" } },
          2,
          AKV_E_THROTTLED,
          "no time is left for try 2: the authority refuses a token" },
        { "the authority is down for long",
          VAULT_KEY,
          { CHALLENGE_REPLY,
            { 503, .retry_after = "60", .body = "AADSTS90033" } },
          2,
          AKV_E_DEADLINE,
          "HTTP 503): no error code: AADSTS90033" },
        { "the authority is busy all the time",
          VAULT_KEY,
          { CHALLENGE_REPLY,
            { 429, .retry_after = "4" },
            { 429, .retry_after = "4" },
            { 429, .retry_after = "4" } },
          4,
          AKV_E_THROTTLED,
          "no time is left for try 4" },
        { "the authority is busy at first",
          VAULT_KEY,
          { CHALLENGE_REPLY,
            { 429, .retry_after = "4" },
            TOKEN_REPLY,
            { 200, .body = "{}" } },
          4,
          AKV_E_NONE,
          NULL },
    };

    run_ways(ways, COUNT(ways), &sign_kind, NULL);
}

static const struct way retry_ways[] = {
    { "503, then 200",
      VAULT_KEY,
      { CHALLENGE_REPLY,
        TOKEN_REPLY,
        { .status = 503 },
        { 200, .body = "{}" } },
      4,
      AKV_E_NONE,
      NULL },
    { "every status that is worth it",
      VAULT_KEY,
      { CHALLENGE_REPLY,
        TOKEN_REPLY,
        HINTED(408),
        HINTED(429),
        HINTED(500),
        HINTED(502),
        HINTED(503),
        HINTED(504),
        { 200, .body = "{}" } },
      9,
      AKV_E_NONE,
      NULL },
    { "the probe is repeated, too",
      VAULT_KEY,
      { { .status = 503 },
        HINTED(429),
        CHALLENGE_REPLY,
        TOKEN_REPLY,
        { 200, .body = "{}" } },
      5,
      AKV_E_NONE,
      NULL },
    { "501 is not",
      VAULT_KEY,
      { CHALLENGE_REPLY, TOKEN_REPLY, { .status = 501 } },
      3,
      AKV_E_SERVICE,
      "HTTP 501" },
    { "a hint beyond the deadline is not waited for",
      VAULT_KEY,
      { CHALLENGE_REPLY,
        TOKEN_REPLY,
        { 429, .retry_after = "10", .body = "slow down" } },
      3,
      AKV_E_THROTTLED,
      "slow down" },
    { "nor one of a broken server",
      VAULT_KEY,
      { CHALLENGE_REPLY,
        TOKEN_REPLY,
        { 503, .retry_after = "3600", .body = "closed" } },
      3,
      AKV_E_DEADLINE,
      "closed" },
    { "a hint just before it",
      VAULT_KEY,
      { CHALLENGE_REPLY,
        TOKEN_REPLY,
        { 429, .retry_after = "9" },
        { 200, .body = "{}" } },
      4,
      AKV_E_NONE,
      NULL },
    { "no connection, then one",
      VAULT_KEY,
      { NO_CONNECTION,
        NO_CONNECTION,
        CHALLENGE_REPLY,
        TOKEN_REPLY,
        NO_CONNECTION,
        { 200, .body = "{}" } },
      6,
      AKV_E_NONE,
      NULL },
    { "refusals before it do not count",
      VAULT_KEY,
      { CHALLENGE_REPLY,
        TOKEN_REPLY,
        HINTED(503),
        HINTED(503),
        HINTED(503),
        NO_CONNECTION,
        { 200, .body = "{}" } },
      7,
      AKV_E_NONE,
      NULL },
    { "a certificate that is not trusted",
      VAULT_KEY,
      { { 0, .error = AKV_E_CERTIFICATE } },
      1,
      AKV_E_CERTIFICATE,
      NULL },
    { "the vault is silent",
      VAULT_KEY,
      { CHALLENGE_REPLY, TOKEN_REPLY, { .ms = FAKE_NEVER } },
      3,
      AKV_E_DEADLINE,
      "within 10000 ms" },
    { "silent to the probe",
      VAULT_KEY,
      { { .ms = FAKE_NEVER } },
      1,
      AKV_E_DEADLINE,
      NULL },
    { "nothing can be sent",
      VAULT_KEY,
      { { .refuse = true, .error = AKV_E_MEMORY } },
      1,
      AKV_E_MEMORY,
      NULL },
    { "nothing can be sent in time",
      VAULT_KEY,
      { CHALLENGE_REPLY,
        TOKEN_REPLY,
        { .refuse = true, .error = AKV_E_DEADLINE } },
      3,
      AKV_E_DEADLINE,
      NULL },
};

static void retries(void)
{
    run_ways(retry_ways, COUNT(retry_ways), &sign_kind, NULL);
}

/* What may have arrived is repeated only if that does no harm. */
static void repeatable_or_not(void)
{
    static const struct way repeatable[] = {
        { "sent: repeated",
          VAULT_KEY,
          { CHALLENGE_REPLY, TOKEN_REPLY, CUT_OFF, { 200, .body = "{}" } },
          4,
          AKV_E_NONE,
          NULL },
    };
    static const struct way once[] = {
        { "sent: not repeated",
          VAULT_KEY,
          { CHALLENGE_REPLY, TOKEN_REPLY, CUT_OFF },
          3,
          AKV_E_TRANSPORT,
          NULL },
        { "not sent: repeated",
          VAULT_KEY,
          { CHALLENGE_REPLY,
            TOKEN_REPLY,
            NO_CONNECTION,
            { 200, .body = "{}" } },
          4,
          AKV_E_NONE,
          NULL },
        { "a status: repeated",
          VAULT_KEY,
          { CHALLENGE_REPLY,
            TOKEN_REPLY,
            { .status = 503 },
            { 200, .body = "{}" } },
          4,
          AKV_E_NONE,
          NULL },
        { "the probe changes nothing: repeated",
          VAULT_KEY,
          { CUT_OFF, CHALLENGE_REPLY, TOKEN_REPLY, { 200, .body = "{}" } },
          4,
          AKV_E_NONE,
          NULL },
    };

    run_ways(repeatable, COUNT(repeatable), &sign_kind, NULL);
    run_ways(once, COUNT(once), &create_kind, NULL);
}

/* 429 without end. */
static void throttled(void)
{
    static struct fake_step script[60];
    size_t i;
    int hinted;

    for (hinted = 0; hinted < 2; hinted++) {
        for (i = 0; i < COUNT(script); i++)
            script[i] = (struct fake_step){
                429, .retry_after = hinted ? "1" : NULL,
                .body = "{\"error\":{\"code\":\"Throttled\",\"message\":"
                        "\"too many\"}}"
            };
        script[0] = (struct fake_step)CHALLENGE_REPLY;
        script[1] = (struct fake_step)TOKEN_REPLY;
        vault_set_up(script, COUNT(script), NULL);
        vault_call(&sign_kind, VAULT_KEY, 10000);
        fake_io_run_all(&vault_io);
        CHECK_INT("called", vault_result.calls, 1);
        CHECK_INT("code", vault_result.err.code, AKV_E_THROTTLED);
        CHECK_INT("status", vault_result.err.http_status, 429);
        CHECK_STR("service code", vault_result.err.service_code, "Throttled");
        CHECK_HAS("message", vault_result.err.message, "too many");
        CHECK_HAS("message", vault_result.err.message, "timeout");
        CHECK(vault_io.now <= FAKE_MONO + 10000);
        if (hinted)
            CHECK_INT("once a second", vault_io.count, 2 + 10);
        else
            CHECK(vault_io.count >= 2 + 5 && vault_io.count <= 2 + 8);
        vault_tear_down();
    }
}

int main(void)
{
    static const struct unit_test tests[] = {
        { "challenge, token, request", whole_way },
        { "a warm client", warm },
        { "whom a token is given", hosts },
        { "refusals", refusals },
        { "a busy authority", busy_authority },
        { "retries", retries },
        { "repeatable or not", repeatable_or_not },
        { "throttled for ever", throttled },
    };

    return unit_main("vault", tests, COUNT(tests));
}
