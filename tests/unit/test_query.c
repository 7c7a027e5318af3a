/* SPDX-License-Identifier: Apache-2.0 */

/* Queries of properties. */

#include <openssl/crypto.h>

#include "query.h"
#include "unit.h"

/* What remains of a query without the clauses for us. */
static void without(void)
{
    static const struct {
        const char *query, *rest;
    } rows[] = {
        { "provider=keyvault", "" },
        { "?provider=keyvault", "" },
        { " ? Provider = KeyVault ", "" },
        { "provider=keyvault,fips=yes", "fips=yes" },
        { "fips=yes,provider=keyvault", "fips=yes" },
        { "fips=yes, ?provider=keyvault ,x=1", "fips=yes,x=1" },
        { "provider=keyvaults", "provider=keyvaults" },
        { "provider=key", "provider=key" },
        { "provider!=keyvault", "provider!=keyvault" },
        { "provider=default", "provider=default" },
        { "-provider", "-provider" },
        { "provider", "provider" }, /* = yes */
        { "", "" },
    };
    size_t i;

    for (i = 0; i < COUNT(rows); i++) {
        char *rest = akv_query_without(rows[i].query, "provider", "keyvault");

        CHECK_STR(rows[i].query, rest, rows[i].rest);
        OPENSSL_free(rest);
    }
    CHECK(akv_query_without(NULL, "provider", "keyvault") == NULL);
}

static void demands(void)
{
    static const struct {
        const char *query;
        bool demands;
    } rows[] = {
        { NULL, false },
        { "", false },
        { "fips=yes", true },
        { "fips", true },
        { "fips=no", false },
        { "?fips=yes", false },
        { "x,fips =\t"
          "YES ",
          true },
        { "fips=yesno", false },
        { "-fips", false },
        { "fips!=yes", false },
    };
    size_t i;

    for (i = 0; i < COUNT(rows); i++)
        CHECK_INT(rows[i].query != NULL ? rows[i].query : "none",
                  akv_query_demands(rows[i].query, "fips", "yes"),
                  rows[i].demands);
}

int main(void)
{
    static const struct unit_test tests[] = {
        { "without", without },
        { "demands", demands },
    };

    return unit_main("query", tests, COUNT(tests));
}
