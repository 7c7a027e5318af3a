/* SPDX-License-Identifier: Apache-2.0 */

/* Which tenant is asked, and what a service principal's request says besides
 * its proof. */

#include <stdio.h>
#include <string.h>

#include "auth/service_principal.h"
#include "base/settings_impl.h"
#include "cred_fixture.h"
#include "unit.h"

#define GOOD                                                                   \
    {                                                                          \
        200, .body = "{\"access_token\":\"tok\",\"expires_in\":3600}"          \
    }

static const struct {
    const char *where, *allowed, *single, *own, *wanted;
    const char *chosen; /* NULL: refused */
} tenant_rows[] = {
    { "none is named", NULL, NULL, "own", "", "own" },
    { "the same", NULL, NULL, "own", "own", "own" },
    { "the same in capitals", NULL, NULL, "own", "OWN", "own" },
    { "another", NULL, NULL, "own", "other", NULL },
    { "another that is listed", "other", NULL, "own", "other", "other" },
    { "listed second", "a;other", NULL, "own", "other", "other" },
    { "listed in capitals", "a;OTHER;b", NULL, "own", "other", "other" },
    { "part of a listed one", "others", NULL, "own", "other", NULL },
    { "more than a listed one", "oth;er", NULL, "own", "other", NULL },
    { "an empty list", ";;", NULL, "own", "other", NULL },
    { "commas do not part them", "a,other", NULL, "own", "other", NULL },
    { "any", "*", NULL, "own", "other", "other" },
    { "any, listed second", "a;*", NULL, "own", "other", "other" },
    { "a star in a name is none", "oth*", NULL, "own", "other", NULL },
    { "two stars are none", "**", NULL, "own", "other", NULL },
    { "one tenant only", NULL, "yes", "own", "other", "own" },
    { "one tenant only, though listed", "*", "yes", "own", "other", "own" },
    { "AD FS stays", "*", NULL, "adfs", "other", "adfs" },
    { "AD FS in capitals", NULL, NULL, "ADFS", "other", "ADFS" },
    { "AD FS is no answer to others", NULL, NULL, "own", "adfs", NULL },
    { "no tenant of one's own", NULL, NULL, NULL, "other", "other" },
};

static void tenants(void)
{
    size_t i;

    for (i = 0; i < COUNT(tenant_rows); i++) {
        struct akv_error err = AKV_ERROR_INIT;
        struct akv_settings settings;
        const char *chosen;

        CHECK(unit_settings(
            &settings, &err,
            tenant_rows[i].allowed != NULL ? "additionally-allowed-tenants"
                                           : "unknown",
            tenant_rows[i].allowed,
            tenant_rows[i].single != NULL ? "single-tenant" : NULL,
            tenant_rows[i].single, NULL));
        chosen = akv_tenant_choose(&settings, tenant_rows[i].own,
                                   tenant_rows[i].wanted, &err);
        CHECK_STR(tenant_rows[i].where, chosen, tenant_rows[i].chosen);
        if (tenant_rows[i].chosen == NULL) {
            CHECK_INT(tenant_rows[i].where, err.code, AKV_E_AUTHENTICATION);
            CHECK_HAS(tenant_rows[i].where, err.message, tenant_rows[i].wanted);
            CHECK_HAS(tenant_rows[i].where, err.message,
                      "AZURE_ADDITIONALLY_ALLOWED_TENANTS");
        } else {
            CHECK_INT(tenant_rows[i].where, err.code, AKV_E_NONE);
        }
        akv_settings_clear(&settings);
    }
}

static struct akv_cred *principal(const struct fake_step *script, size_t steps,
                                  const char *const *settings)
{
    struct akv_error err = AKV_ERROR_INIT;
    struct akv_cred *cred;

    cred_set_up(script, steps, settings);
    cred = akv_cred_secret_new(&cred_io.base, &cred_settings, "s", &err);
    CHECK(cred != NULL);
    return cred;
}

static void listed_tenant_is_asked(void)
{
    static const struct fake_step script[] = { GOOD, GOOD };
    static const char *const settings[] = {
        "tenant-id", "own", "client-id", "c", "additionally-allowed-tenants",
        "other",     NULL
    };
    struct akv_cred *cred = principal(script, COUNT(script), settings);

    cred_get_all(cred, "other", NULL);
    CHECK_STR("token", cred_result.text, "tok");
    CHECK_STR("asked", cred_io.requests[0].url,
              "https://login.microsoftonline.com/other/oauth2/v2.0/token");
    cred_get_all(cred, "", NULL);
    CHECK_STR("asked", cred_io.requests[1].url,
              "https://login.microsoftonline.com/own/oauth2/v2.0/token");
    cred_get_all(cred, "third", NULL);
    CHECK_STR("refused", cred_result.text, "");
    CHECK_INT("refused", cred_result.err.code, AKV_E_AUTHENTICATION);
    CHECK_INT("and nobody was asked", cred_io.count, 2);
    cred_tear_down(cred);
}

static void claims(void)
{
    static const struct fake_step script[] = { GOOD, GOOD };
    static const char *const settings[] = { "tenant-id", "own", "client-id",
                                            "c", NULL };
    struct akv_cred *cred = principal(script, COUNT(script), settings);

    cred_get_all(cred, "own", "{\"a\":\"&=+\"}");
    CHECK_STR("claims", cred_field(cred_io.requests[0].body, "claims"),
              "{\"a\":\"&=+\"}");
    CHECK_STR("scope", cred_field(cred_io.requests[0].body, "scope"),
              CRED_SCOPE);
    cred_get_all(cred, "own", NULL);
    CHECK(strstr(cred_io.requests[1].body, "claims") == NULL);
    CHECK(!cred_io.requests[0].plain && !cred_io.requests[0].no_proxy);
    CHECK_HAS("headers", cred_io.requests[0].headers,
              "Accept: application/json\n");
    cred_tear_down(cred);
}

/* Another path, and a resource where others have a scope. */
static void adfs(void)
{
    static const struct fake_step script[] = { GOOD };
    static const char *const settings[] = {
        "tenant-id",          "adfs", "client-id", "c", "authority-host",
        "https://fs.example", NULL
    };
    struct akv_cred *cred = principal(script, COUNT(script), settings);

    cred_get_all(cred, "other", NULL);
    CHECK_STR("token", cred_result.text, "tok");
    CHECK_STR("asked", cred_io.requests[0].url,
              "https://fs.example/adfs/oauth2/token");
    CHECK_STR("resource", cred_field(cred_io.requests[0].body, "resource"),
              "https://vault.azure.net");
    CHECK_STR("no scope", cred_field(cred_io.requests[0].body, "scope"), "");
    cred_tear_down(cred);
}

/* What is missing is said when the credential is made. */
static void not_set_up(void)
{
    static const struct {
        const char *where, *settings[6];
        enum akv_error_code code;
        const char *message;
    } rows[] = {
        { "nothing", { "unknown", "" }, AKV_E_UNAVAILABLE, "tenant-id" },
        { "no tenant",
          { "client-id", "c" },
          AKV_E_UNAVAILABLE,
          "tenant-id (AZURE_TENANT_ID) is not set" },
        { "no client",
          { "tenant-id", "t" },
          AKV_E_UNAVAILABLE,
          "client-id (AZURE_CLIENT_ID) is not set" },
        { "a tenant that leads elsewhere",
          { "tenant-id", "../x", "client-id", "c" },
          AKV_E_CONFIG,
          "'../x'" },
        { "an empty tenant",
          { "tenant-id", "", "client-id", "c" },
          AKV_E_UNAVAILABLE,
          "tenant-id (AZURE_TENANT_ID) is not set" },
        { "a question mark",
          { "tenant-id", "t?x", "client-id", "c" },
          AKV_E_CONFIG,
          "'t?x'" },
    };
    size_t i;

    for (i = 0; i < COUNT(rows); i++) {
        struct akv_error err = AKV_ERROR_INIT;

        cred_set_up(NULL, 0, rows[i].settings);
        CHECK_AT(rows[i].where,
                 akv_cred_secret_new(&cred_io.base, &cred_settings, "s", &err)
                     == NULL);
        CHECK_INT(rows[i].where, err.code, rows[i].code);
        CHECK_HAS(rows[i].where, err.message, rows[i].message);
        cred_tear_down(NULL);
    }
}

/* A token in hand is worth nothing to who has gone. */
static void freed_under_way(void)
{
    static const struct fake_step script[] = { { .ms = FAKE_NEVER } };
    static const char *const settings[] = { "tenant-id", "own", "client-id",
                                            "c", NULL };
    struct akv_cred *cred = principal(script, COUNT(script), settings);

    cred_get(cred, "", NULL, 10000);
    CHECK_INT("asked", cred_io.count, 1);
    cred_tear_down(cred);
    CHECK_INT("not called", cred_result.calls, 0);
}

int main(void)
{
    static const struct unit_test tests[] = {
        { "choice of a tenant", tenants },
        { "a listed tenant is asked", listed_tenant_is_asked },
        { "claims", claims },
        { "AD FS", adfs },
        { "not set up", not_set_up },
        { "freed under way", freed_under_way },
    };

    return unit_main("principal", tests, COUNT(tests));
}
