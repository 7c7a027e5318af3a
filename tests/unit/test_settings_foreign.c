/* SPDX-License-Identifier: Apache-2.0 */

/* Variables of the environment that are called like ours and are not. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/settings_impl.h"
#include "unit.h"

static char foreign[300];

static void note_foreign(void *arg, const char *name, const char *meant)
{
    size_t len = strlen(foreign);

    CHECK(arg == &foreign);
    (void)snprintf(foreign + len, sizeof(foreign) - len, "%s(%s)", name,
                   meant != NULL ? meant : "-");
}

static void foreign_variables(void)
{
    static const struct {
        const char *name, *want;
    } rows[] = {
        { "AKV_DEFAULT_VAULT", "" },
        { "AKV_DEFAULT_VAULTS", "AKV_DEFAULT_VAULTS(AKV_DEFAULT_VAULT)" },
        { "AKV_DEFAULT_VAUL", "AKV_DEFAULT_VAUL(AKV_DEFAULT_VAULT)" },
        { "AKV_DEFUALT_VAULT", "AKV_DEFUALT_VAULT(AKV_DEFAULT_VAULT)" },
        { "AKV_DEFAULT-VAULT", "AKV_DEFAULT-VAULT(AKV_DEFAULT_VAULT)" },
        { "AKV_TIMEOT", "AKV_TIMEOT(AKV_TIMEOUT)" },
        { "AKV_ca_file", "AKV_ca_file(AKV_CA_FILE)" },
        { "AKV_ACESS_TOKEN", "AKV_ACESS_TOKEN(AKV_ACCESS_TOKEN)" },
        { "AKV_DEFAULT_VAULT_2", "AKV_DEFAULT_VAULT_2(-)" },
        { "AKV_DFEUALT_VAULT", "AKV_DFEUALT_VAULT(-)" },
        { "AKV_", "AKV_(-)" },
        { "AKV_NAME", "AKV_NAME(-)" },
        { "AKV_AUTH_METHOD", "AKV_AUTH_METHOD(-)" },
        { "AKV_SERVICE_HOST", "AKV_SERVICE_HOST(-)" },
        { "AKV_PORT", "AKV_PORT(-)" },
        { "AKV_PORT_443_TCP_ADDR", "AKV_PORT_443_TCP_ADDR(-)" },
        { "AKVX_FOO", "" },
        { "akv_foo", "" },
        { "AZURE_FOO", "" },
    };
    char longest[121] = "AKV_";
    struct akv_error err;
    struct akv_settings s;
    size_t i;

    for (i = 0; i < COUNT(rows); i++) {
        (void)setenv(rows[i].name, "tcp://10.0.0.5:443", 1);
        foreign[0] = '\0';
        akv_settings_foreign(note_foreign, &foreign);
        CHECK_STR(rows[i].name, foreign, rows[i].want);
        CHECK_AT(rows[i].name, unit_settings(&s, &err, "timeout", "7s", NULL));
        CHECK_INT("the settings are read", s.timeout_ms, 7000);
        akv_settings_clear(&s);
        (void)unsetenv(rows[i].name);
    }
    memset(longest + 4, 'X', sizeof(longest) - 5);
    (void)setenv(longest, "x", 1);
    foreign[0] = '\0';
    akv_settings_foreign(note_foreign, &foreign);
    CHECK_INT("cut", strlen(foreign), 99 + strlen("(-)"));
    (void)unsetenv(longest);
}

int main(void)
{
    static const struct unit_test tests[] = {
        { "foreign variables", foreign_variables },
    };

    return unit_main("settings_foreign", tests, COUNT(tests));
}
