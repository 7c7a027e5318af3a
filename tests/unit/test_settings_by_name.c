/* SPDX-License-Identifier: Apache-2.0 */

/* Settings as programs have them: by their names, as text. */

#include <stdlib.h>
#include <string.h>

#include "akv/settings.h"
#include "unit.h"

static void check_value(const struct akv_settings *settings, const char *name,
                        const char *want)
{
    struct akv_buf value = AKV_BUF_INIT(1000);
    struct akv_error err = AKV_ERROR_INIT;

    CHECK_AT(name, akv_settings_get(settings, name, &value, &err));
    CHECK_STR(name, akv_buf_str(&value), want);
    akv_buf_free(&value);
}

/* What there is by default can be set again, and is the same then. */
static void defaults(void)
{
    struct akv_settings *settings = akv_settings_new();
    const struct akv_setting_info *info;
    size_t i;

    for (i = 0; (info = akv_settings_info(i)) != NULL; i++) {
        struct akv_error err = AKV_ERROR_INIT;

        check_value(settings, info->name,
                    info->standard != NULL ? info->standard : "");
        if (info->standard != NULL)
            CHECK_AT(info->name, akv_settings_set(settings, info->name,
                                                  info->standard, &err));
        check_value(settings, info->name,
                    info->standard != NULL ? info->standard : "");
    }
    CHECK(i > 50);
    akv_settings_free(settings);
    akv_settings_free(NULL);
}

static void values(void)
{
    static const struct {
        const char *name, *value, *written; /* NULL: as it was set */
    } rows[] = {
        { "timeout", "1500ms", NULL },
        { "timeout", "2m", "120s" },
        { "key-cache", "off", NULL },
        { "key-cache", "90s", NULL },
        { "retry-after-failure", "500ms", NULL },
        { "max-connections", "7", NULL },
        { "verify-signatures", "off", "no" },
        { "assume-fips", "1", "yes" },
        { "threads", "never", NULL },
        { "credential", "azure-cli,token", NULL },
        { "credential", "managed-identity", NULL },
        { "log", "debug", NULL },
        { "log", "info,file:/tmp/a,b", NULL },
        { "log", "warning,syslog", NULL },
        { "client-secret", "s3cret", NULL },
        { "dns-suffix", ".example.org", "example.org" },
        { "tenant-id", "", "" },
    };
    struct akv_settings *settings = akv_settings_new();
    size_t i;

    for (i = 0; i < COUNT(rows); i++) {
        struct akv_error err = AKV_ERROR_INIT;

        CHECK_AT(rows[i].value,
                 akv_settings_set(settings, rows[i].name, rows[i].value, &err));
        check_value(settings, rows[i].name,
                    rows[i].written != NULL ? rows[i].written : rows[i].value);
    }
    CHECK(akv_settings_set(settings, "timeout", NULL, NULL));
    check_value(settings, "timeout", "10s");
    CHECK(akv_settings_set(settings, "log", NULL, NULL));
    check_value(settings, "log", "");
    CHECK(akv_settings_set(settings, "client-secret", NULL, NULL));
    check_value(settings, "client-secret", "");
    akv_settings_free(settings);
}

static void refused(void)
{
    static const struct {
        const char *name, *value;
        enum akv_error_code code;
        const char *message, *kept;
    } rows[] = {
        { "timeout", "10", AKV_E_CONFIG, "timeout: '10' will not do", "10s" },
        { "assume-fips", "maybe", AKV_E_CONFIG, "yes or no", "no" },
        { "credential", "azd,powershell", AKV_E_CONFIG,
          "one of default, environment, ", "default" },
        { "authority-host", "http://h", AKV_E_CONFIG, "https://HOST",
          "https://login.microsoftonline.com" },
        { "timeoutx", "10s", AKV_E_INVALID,
          "there is no setting 'timeoutx'; did you mean 'timeout'?", NULL },
        { "nothing", "10s", AKV_E_INVALID, "there is no setting 'nothing'",
          NULL },
    };
    struct akv_settings *settings = akv_settings_new();
    struct akv_buf value = AKV_BUF_INIT(10);
    struct akv_error err = AKV_ERROR_INIT;
    size_t i;

    for (i = 0; i < COUNT(rows); i++) {
        CHECK_AT(rows[i].name, !akv_settings_set(settings, rows[i].name,
                                                 rows[i].value, &err));
        CHECK_INT(rows[i].name, err.code, rows[i].code);
        CHECK_HAS(rows[i].name, err.message, rows[i].message);
        if (rows[i].kept != NULL)
            check_value(settings, rows[i].name, rows[i].kept);
    }
    CHECK(!akv_settings_set(settings, "timeout", "10", NULL));
    CHECK(!akv_settings_get(settings, "nothing", &value, &err));
    CHECK_INT("no such setting", err.code, AKV_E_INVALID);
    CHECK(!akv_settings_get(settings, "authority-host", &value, &err));
    CHECK_INT("no room", err.code, AKV_E_MEMORY);
    akv_buf_free(&value);
    akv_settings_free(settings);
}

static void environment(void)
{
    struct akv_settings *settings = akv_settings_new();
    struct akv_error err = AKV_ERROR_INIT;

    CHECK(setenv("AKV_TIMEOUT", "7s", 1) == 0);
    CHECK(setenv("AKV_CA_FILE", "", 1) == 0);
    CHECK(setenv("AKV_THREADS", "sometimes", 1) == 0);
    CHECK(akv_settings_set(settings, "ca-file", "/ca", &err));
    CHECK(!akv_settings_read_environment(settings, &err));
    CHECK_INT("a fault", err.code, AKV_E_CONFIG);
    CHECK_HAS("a fault", err.message, "AKV_THREADS: 'sometimes'");
    check_value(settings, "timeout", "7s");
    check_value(settings, "ca-file", "/ca");
    check_value(settings, "threads", "auto");
    CHECK(unsetenv("AKV_THREADS") == 0);
    CHECK(akv_settings_read_environment(settings, NULL));
    akv_settings_free(settings);
}

int main(void)
{
    static const struct unit_test tests[] = {
        { "defaults", defaults },
        { "values", values },
        { "refused", refused },
        { "environment", environment },
    };

    return unit_main("settings_by_name", tests, COUNT(tests));
}
