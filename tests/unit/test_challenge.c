/* SPDX-License-Identifier: Apache-2.0 */

#include <stdio.h>
#include <string.h>

#include "auth/challenge.h"
#include "unit.h"

#define LOGIN "https://login.microsoftonline.com/"
#define TENANT "11111111-2222-3333-4444-555555555555"
#define VAULT "https://vault.azure.net"
#define SCOPE VAULT "/.default"

static const struct {
    const char *header, *tenant, *scope, *host;
} good_rows[] = {
    { "Bearer authorization=\"" LOGIN TENANT "\", resource=\"" VAULT "\"",
      TENANT, SCOPE, "vault.azure.net" },
    { "Bearer authorization=\"https://login.windows.net/" TENANT
      "\", resource=\"https://managedhsm.azure.net\"",
      TENANT, "https://managedhsm.azure.net/.default", "managedhsm.azure.net" },
    { "Bearer authorization=\"" LOGIN TENANT "\",resource=\"" VAULT "\"",
      TENANT, SCOPE, "vault.azure.net" },
    { "Bearer authorization=\"" LOGIN TENANT "\" resource=\"" VAULT "\"",
      TENANT, SCOPE, "vault.azure.net" },
    { "Bearer authorization=" LOGIN TENANT ", resource=" VAULT, TENANT, SCOPE,
      "vault.azure.net" },
    { "Bearer authorization=" LOGIN TENANT " resource=" VAULT, TENANT, SCOPE,
      "vault.azure.net" },
    { "bearer AUTHORIZATION=\"" LOGIN TENANT "\", Resource=\"" VAULT "\"",
      TENANT, SCOPE, "vault.azure.net" },
    { "Bearer authorization_uri=\"" LOGIN TENANT
      "/oauth2/authorize\", resource=\"" VAULT "\"",
      TENANT, SCOPE, "vault.azure.net" },
    { "Bearer resource=\"" VAULT "\", authorization=\"" LOGIN TENANT "/\"",
      TENANT, SCOPE, "vault.azure.net" },
    { "Bearer scope=\"" SCOPE "\", authorization=\"" LOGIN TENANT "\"", TENANT,
      SCOPE, "vault.azure.net" },
    /* a port, a path, and slashes that some put in front of .default */
    { "Bearer resource=\"https://Host.example:8443\"", "",
      "https://Host.example:8443/.default", "host.example" },
    { "Bearer resource=\"https://vault.corp.example/1-2\"", "",
      "https://vault.corp.example/1-2/.default", "vault.corp.example" },
    { "Bearer scope=\"https://vault.corp.example:1/a/b/.default\"", "",
      "https://vault.corp.example:1/a/b/.default", "vault.corp.example" },
    { "Bearer scope=\"https://vault.azure.net//.default\"", "", SCOPE,
      "vault.azure.net" },
    /* scope wins, wherever it stands */
    { "Bearer resource=\"https://other.example\", scope=\"" SCOPE "\"", "",
      SCOPE, "vault.azure.net" },
    { "Bearer scope=\"" SCOPE "\", resource=\"https://other.example\"", "",
      SCOPE, "vault.azure.net" },
    { "Bearer resource=\"" VAULT "/\"", "", SCOPE, "vault.azure.net" },
    { "Bearer resource=\"HTTPS://Vault.Azure.Net\"", "",
      "https://Vault.Azure.Net/.default", "vault.azure.net" },
    { "Bearer resource=\"" VAULT "\"", "", SCOPE, "vault.azure.net" },
    { "Bearer authorization=\"\", resource=\"" VAULT "\"", "", SCOPE,
      "vault.azure.net" },
    { "Bearer authorization=\"https://login.example\", resource=\"" VAULT "\"",
      "", SCOPE, "vault.azure.net" },
    { "Bearer authorization=\"https://login.example/\", resource=\"" VAULT "\"",
      "", SCOPE, "vault.azure.net" },
    { "Bearer realm=\"\", error=\"invalid_token\", claims=\"e30=\", "
      "future=x, resource=\"" VAULT "\"",
      "", SCOPE, "vault.azure.net" },
    { "Basic realm=\"vault\", Bearer resource=\"" VAULT "\"", "", SCOPE,
      "vault.azure.net" },
    { "Negotiate, NTLM,Bearer resource=\"" VAULT "\"", "", SCOPE,
      "vault.azure.net" },
    /* what belongs to another scheme is not the Bearer challenge's */
    { "Bearer resource=\"" VAULT "\", PoP resource=\"https://evil.example"
      "\", scope=\"https://evil.example/.default\"",
      "", SCOPE, "vault.azure.net" },
    { "PoP resource=\"https://evil.example\", Bearer resource=\"" VAULT "\"",
      "", SCOPE, "vault.azure.net" },
    { "Bearer resource=\"" VAULT, "", SCOPE, "vault.azure.net" },
    /* blanks, and none where they may be */
    { "Bearer  authorization=\"" LOGIN TENANT "\"  \t ,\t resource=\"" VAULT
      "\"",
      TENANT, SCOPE, "vault.azure.net" },
    { "Bearer\tauthorization=\"" LOGIN TENANT "\"\tresource=\"" VAULT "\"",
      TENANT, SCOPE, "vault.azure.net" },
    { "\t , Bearer authorization = \"" LOGIN TENANT "\" , resource\t=\t" VAULT,
      TENANT, SCOPE, "vault.azure.net" },
    { ",,Bearer resource=" VAULT ",,", "", SCOPE, "vault.azure.net" },
    /* what is quoted is no challenge */
    { "Basic realm=\"Bearer resource=\\\"https://evil.example\\\"\", "
      "Bearer resource=\"" VAULT "\"",
      "", SCOPE, "vault.azure.net" },
    { "Bearer realm=\"a\\\", resource=\\\"https://evil.example\", "
      "resource=\"" VAULT "\"",
      "", SCOPE, "vault.azure.net" },
    { "Bearer realm=\"\\\\\", resource=\"" VAULT "\"", "", SCOPE,
      "vault.azure.net" },
    { "Bearer resource=\"https://vault\\.azure\\.net\"", "", SCOPE,
      "vault.azure.net" },
    { "Bearer realm=\"Basic realm=x, PoP\" resource=\"" VAULT "\"", "", SCOPE,
      "vault.azure.net" },
    /* the first that names what it must */
    { "Bearer realm=\"x\", Bearer resource=\"" VAULT "\"", "", SCOPE,
      "vault.azure.net" },
    { "Bearer, Bearer resource=\"" VAULT "\"", "", SCOPE, "vault.azure.net" },
    { "Bearer authorization=\"" LOGIN "other\", Bearer resource=\"" VAULT "\"",
      "", SCOPE, "vault.azure.net" },
    { "Bearer realm=\"x\", Basic realm=\"y\", Bearer authorization=\"" LOGIN
          TENANT "\", resource=\"" VAULT "\"",
      TENANT, SCOPE, "vault.azure.net" },
    { "Bearer resource=\"" VAULT "\", Bearer resource=\"https://evil.example\"",
      "", SCOPE, "vault.azure.net" },
    { "Bearer error=\"invalid_token\", Bearer scope=" SCOPE, "", SCOPE,
      "vault.azure.net" },
    /* other schemes have something else than parameters */
    { "Negotiate oYG2MIGzoAMK/+==, Bearer resource=\"" VAULT "\"", "", SCOPE,
      "vault.azure.net" },
    { "NTLM TlRMTVNT, Bearer resource=\"" VAULT "\"", "", SCOPE,
      "vault.azure.net" },
    { "NTLM bearer, Bearer resource=\"" VAULT "\"", "", SCOPE,
      "vault.azure.net" },
    { "Negotiate bearer=, Bearer resource=\"" VAULT "\"", "", SCOPE,
      "vault.azure.net" },
    { "Bearer mF_9.B5f-4.1JqM=, Bearer resource=\"" VAULT "\"", "", SCOPE,
      "vault.azure.net" },
    { "DPoP algs=\"ES256 PS256\" Bearer resource=\"" VAULT "\"", "", SCOPE,
      "vault.azure.net" },
};

static void good(void)
{
    size_t i;

    for (i = 0; i < COUNT(good_rows); i++) {
        struct akv_error err = AKV_ERROR_INIT;
        struct akv_challenge challenge;

        memset(&challenge, 0xff, sizeof(challenge));
        if (!CHECK_AT(
                good_rows[i].header,
                akv_challenge_parse(&challenge, good_rows[i].header, &err)))
            continue;
        CHECK_STR(good_rows[i].header, challenge.tenant, good_rows[i].tenant);
        CHECK_STR(good_rows[i].header, challenge.scope, good_rows[i].scope);
        CHECK_STR(good_rows[i].header, challenge.resource_host,
                  good_rows[i].host);
    }
}

static void bad(void)
{
    static const struct {
        const char *header, *message;
    } rows[] = {
        { NULL, "without a Bearer challenge: no WWW-Authenticate" },
        { "PoP realm=\"\", resource=\"" VAULT "\"",
          "token binding is enforced" },
        { "Basic realm=\"x\", PoP resource=\"" VAULT "\"",
          "token binding is enforced" },
        { "PoP resource=\"" VAULT "\", Bearer realm=\"x\"", "no resource" },
        { "Bearer resource=\"https://vault.azure.net:x\"", "no https://HOST" },
        { "Bearer resource=\"https://vault.azure.net:0\"", "no https://HOST" },
        { "Bearer resource=\"https://vault.azure.net/a?b\"",
          "no https://HOST" },
        { "Bearer resource=\"https://vault.azure.net/a%20b\"",
          "no https://HOST" },
        { "", "without a Bearer" },
        { "Bearer", "no resource" },
        { "Basic realm=\"vault\"", "without a Bearer" },
        { "NotBearer resource=\"" VAULT "\"", "without a Bearer" },
        { "Bearerish resource=\"" VAULT "\"", "without a Bearer" },
        { "resource=\"" VAULT "\"", "without a Bearer" },
        { "Bearer ", "no resource" },
        { "Bearer realm=\"x\"", "no resource" },
        { "Bearer resource", "no resource" },
        { "Bearer resource=", "no resource" },
        { "Bearer resource=\"\"", "is no https://HOST: '" },
        { "Bearer resource=\"vault.azure.net\"", "is no https://HOST: '" },
        { "Bearer resource=\"http://vault.azure.net\"",
          "is no https://HOST: '" },
        { "Bearer resource=\"https://\"", "is no https://HOST: '" },
        { "Bearer resource=\"https:///x\"", "is no https://HOST: '" },
        { "Bearer resource=\"https://a b\"", "is no https://HOST: '" },
        { "Bearer resource=\"https://user@vault.azure.net\"",
          "is no https://HOST: '" },
        { "Bearer resource=\"https://vault.azure.net?x\"",
          "is no https://HOST: '" },
        { "Bearer resource=\"https://*.azure.net\"", "is no https://HOST: '" },
        { "Bearer scope=\"x\", resource=\"" VAULT "\"",
          "is no https://HOST: '" },
        { "Bearer =\"x\", resource=\"" VAULT "\"", "without a Bearer" },
        { "Bearer x=\"y\", =\"z\", resource=\"" VAULT "\"", "no resource" },
        { "Basic realm=\"Bearer resource=" VAULT "\"", "without a Bearer" },
        { "Basic realm=\"x, Bearer resource=" VAULT "\"", "without a Bearer" },
        { "Basic realm=\"\\\", Bearer resource=" VAULT "\"",
          "without a Bearer" },
        { "Basic bearer=\"x\", resource=\"" VAULT "\"", "without a Bearer" },
        { "Basic Bearer, resource=\"" VAULT "\"", "without a Bearer" },
        { "Bearer realm=\"x\", Bearer, Basic resource=\"" VAULT "\"",
          "no resource" },
        { "Bearer realm=\"\\", "no resource" },
        { "Bearer resource=\"" VAULT "\\", "is no https://HOST: '" },
        { "Bearer authorization=\"" LOGIN "a_b\", resource=\"" VAULT "\"",
          "no valid tenant" },
        { "Bearer authorization=\"" LOGIN "a%2fb\", resource=\"" VAULT "\"",
          "no valid tenant" },
        { "Bearer authorization=\"" LOGIN "a?b\", resource=\"" VAULT "\"",
          "no valid tenant" },
        { "Bearer authorization=\"" LOGIN "/x\", resource=\"" VAULT "\"",
          "no valid tenant" },
        { "Bearer authorization=\"" LOGIN "a b\", resource=\"" VAULT "\"",
          "no valid tenant" },
    };
    size_t i;

    for (i = 0; i < COUNT(rows); i++) {
        const char *where = rows[i].header != NULL ? rows[i].header : "(null)";
        struct akv_error err = AKV_ERROR_INIT;
        struct akv_challenge challenge;

        CHECK_AT(where, !akv_challenge_parse(&challenge, rows[i].header, &err));
        CHECK_INT(where, err.code, AKV_E_AUTHENTICATION);
        CHECK_HAS(where, err.message, rows[i].message);
        CHECK_AT(where, !akv_challenge_parse(&challenge, rows[i].header, NULL));
    }
}

/* Lengths around the sizes of what is filled. */
static void long_values(void)
{
    char tenant[400], header[1000];
    struct akv_challenge challenge;
    size_t len;

    for (len = 1; len < sizeof(tenant); len++) {
        memset(tenant, 'a', len);
        tenant[len] = '\0';
        if (len == sizeof(tenant) - 1)
            break;
        (void)snprintf(header, sizeof(header),
                       "Bearer authorization=\"" LOGIN "%s\", resource=\"" VAULT
                       "\"",
                       tenant);
        if (akv_challenge_parse(&challenge, header, NULL) != (len <= 127))
            break;
        if (len <= 127 && strcmp(challenge.tenant, tenant) != 0)
            break;
    }
    CHECK_INT("lengths of a tenant", len, sizeof(tenant) - 1);
    for (len = 1; len < 399; len++) {
        size_t i;

        for (i = 0; i < len; i++)
            tenant[i] = i % 50 == 49 ? '.' : 'h';
        tenant[len] = '\0';
        (void)snprintf(header, sizeof(header), "Bearer resource=https://%s",
                       tenant);
        if (akv_challenge_parse(&challenge, header, NULL)
            != (len <= 253 && len % 50 != 0))
            break;
    }
    CHECK_INT("lengths of a host", len, 399);
}

static void fits(void)
{
    static const struct {
        const char *resource, *host;
        bool ok;
    } rows[] = {
        { VAULT, "v.vault.azure.net", true },
        { VAULT, "V.VAULT.AZURE.NET", true },
        { "https://Vault.Azure.NET", "v.vault.azure.net", true },
        { VAULT, "a.b.vault.azure.net", true },
        { VAULT, "vault.azure.net", false },
        { VAULT, "evilvault.azure.net", false },
        { VAULT, "v.vault.azure.net.evil.example", false },
        { VAULT, "v.vault.azure.cn", false },
        { VAULT, "v.managedhsm.azure.net", false },
        { VAULT, "localhost", false },
        { VAULT, "[::1]", false },
        { VAULT, "", false },
        { "https://evil.example", "v.vault.azure.net", false },
        { "https://management.azure.com", "v.vault.azure.net", false },
        { "https://graph.microsoft.com", "v.vault.azure.net", false },
        { "https://v.vault.azure.net", "v.vault.azure.net", false },
        { "https://x.v.vault.azure.net", "v.vault.azure.net", false },
        { "https://net", "v.vault.azure.net", true },
    };
    size_t i;

    for (i = 0; i < COUNT(rows); i++) {
        struct akv_challenge challenge;
        char header[200];

        (void)snprintf(header, sizeof(header), "Bearer resource=\"%s\"",
                       rows[i].resource);
        CHECK_AT(header, akv_challenge_parse(&challenge, header, NULL));
        CHECK_AT(rows[i].host,
                 akv_challenge_fits(&challenge, rows[i].host) == rows[i].ok);
    }
}

static void tenants(void)
{
    static const struct {
        const char *tenant;
        bool ok;
    } rows[] = {
        { TENANT, true },      { "contoso.onmicrosoft.com", true },
        { "common", true },    { "", false },
        { "a/b", false },      { "a b", false },
        { "a\nb", false },     { "a%2fb", false },
        { "a?b", false },      { "a#b", false },
        { "\xc3\xa4", false },
    };
    size_t i;

    for (i = 0; i < COUNT(rows); i++)
        CHECK_AT(rows[i].tenant,
                 akv_tenant_valid(rows[i].tenant) == rows[i].ok);
}

#define CAE                                                                    \
    "Bearer realm=\"\", authorization_uri=\"" LOGIN                            \
    "common/oauth2/authorize\", error=\"insufficient_claims\", "

/* Continuous access evaluation: claims in place of a resource. */
static void claims(void)
{
    static char large[1600];
    static const struct {
        const char *header;
        const char *claims; /* NULL: no such challenge */
    } rows[] = {
        { CAE "claims=\"eyJhIjoxfQ==\"", "{\"a\":1}" },
        { CAE "claims=\"eyJhIjoxfQ\"", "{\"a\":1}" },
        { CAE "claims=eyJhIjoxfQ==", "{\"a\":1}" },
        { "bearer ERROR=Insufficient_Claims CLAIMS=eyJhIjoxfQ==", "{\"a\":1}" },
        { "Basic x, " CAE "claims=\"eyJhIjoxfQ==\"", "{\"a\":1}" },
        { CAE "claims=\"eyJhIjoxfQ==\", resource=\"" VAULT "\"", "{\"a\":1}" },
        { CAE "claims=\"\"", NULL },
        { CAE "claims=\"not base64\"", NULL },
        { CAE "claims=\"AA==\"", NULL }, /* NUL */
        { CAE "x=y", NULL },
        { CAE "claims=\"eyJhIjoxfQ=", NULL },
        { "Bearer error=\"invalid_token\", claims=\"eyJhIjoxfQ==\"", NULL },
        { "Bearer claims=\"eyJhIjoxfQ==\"", NULL },
        { large, NULL },
    };
    size_t i;

    (void)snprintf(large, sizeof(large), CAE "claims=\"%01368d\"", 0);
    for (i = 0; i < COUNT(rows); i++) {
        struct akv_challenge challenge;
        struct akv_error err = AKV_ERROR_INIT;
        bool ok;

        memset(&challenge, 0xff, sizeof(challenge));
        ok = akv_challenge_parse(&challenge, rows[i].header, &err);
        CHECK_AT(rows[i].header, ok == (rows[i].claims != NULL));
        CHECK_INT(rows[i].header, challenge.insufficient, ok);
        CHECK_STR(rows[i].header, challenge.claims, ok ? rows[i].claims : "");
        CHECK_STR("no scope", challenge.scope, "");
        CHECK_STR("no host", challenge.resource_host, "");
        if (!ok)
            CHECK_INT(rows[i].header, err.code, AKV_E_AUTHENTICATION);
    }
}

int main(void)
{
    static const struct unit_test tests[] = {
        { "claims", claims },     { "good ones", good },
        { "bad ones", bad },      { "long values", long_values },
        { "whom it fits", fits }, { "tenants", tenants },
    };

    return unit_main("challenge", tests, COUNT(tests));
}
