/* SPDX-License-Identifier: Apache-2.0 */

/* Whose names are looked up when a key is loaded. */

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/settings_impl.h"
#include "client/client_impl.h"
#include "transport/names.h"
#include "unit.h"

static uid_t uid;
static char asked[1000];

uid_t __wrap_geteuid(void);
void __wrap_akv_names_look_up_early(const char *const hosts[], size_t count,
                                    int64_t ms);

uid_t __wrap_geteuid(void)
{
    return uid;
}

void __wrap_akv_names_look_up_early(const char *const hosts[], size_t count,
                                    int64_t ms)
{
    size_t i;

    CHECK_INT("time", ms, 3000);
    for (i = 0; i < count; i++)
        (void)snprintf(asked + strlen(asked), sizeof(asked) - strlen(asked),
                       "%s ", hosts[i] != NULL ? hosts[i] : "-");
}

#define VAULT "v.vault.azure.net"
#define SECRET "client-secret", "s3cret"

static void whose(void)
{
    static const struct {
        const char *name;
        uid_t uid;
        const char *host, *settings[6], *asked;
    } rows[] = {
        { "a principal",
          0,
          VAULT,
          { SECRET },
          VAULT " login.microsoftonline.com " },
        { "another authority",
          0,
          VAULT,
          { SECRET, "authority-host", "https://login.example:444" },
          VAULT " login.example " },
        { "managed identity",
          0,
          VAULT,
          { "credential", "managed-identity" },
          VAULT " - " },
        { "of several",
          0,
          VAULT,
          { "credential", "azure-cli,environment", SECRET },
          VAULT " login.microsoftonline.com " },
        { "a token", 0, VAULT, { SECRET, "access-token", "abc" }, VAULT " - " },
        { "workload identity",
          0,
          VAULT,
          { "federated-token-file", "/x" },
          VAULT " login.microsoftonline.com " },
        { "nothing is set up", 0, VAULT, { NULL }, VAULT " - " },
        { "another user", 1000, VAULT, { SECRET }, "" },
        { "no vault", 0, "evil.example", { SECRET }, "" },
        { "given",
          0,
          VAULT,
          { SECRET, "resolve", "V.vault.azure.net:443:[::1]" },
          "- login.microsoftonline.com " },
        { "both given",
          0,
          VAULT,
          { SECRET, "resolve",
            VAULT ":443:127.0.0.1,login.microsoftonline.com:443:127.0.0.1" },
          "- - " },
        { "a longer one is given",
          0,
          VAULT,
          { SECRET, "resolve", "v.vault.azure.net.x:443:127.0.0.1" },
          VAULT " login.microsoftonline.com " },
    };
    size_t i;

    for (i = 0; i < COUNT(rows); i++) {
        const char *const *s = rows[i].settings;
        struct akv_error err = AKV_ERROR_INIT;
        struct akv_settings settings;
        struct akv_client *client;

        uid = rows[i].uid;
        asked[0] = '\0';
        CHECK_AT(rows[i].name, unit_settings(&settings, &err, "ca-file",
                                             unit_file("ca", "PEM", 3),
                                             "tenant-id", "t", "client-id", "c",
                                             s[0] != NULL ? s[0] : "timeout",
                                             s[0] != NULL ? s[1] : "10s", s[2],
                                             s[3], s[4], s[5], NULL));
        client = akv_client_new_borrowing(&settings, NULL);
        (void)akv_client_prepare(client, rows[i].host, NULL);
        CHECK_STR(rows[i].name, asked, rows[i].asked);
        asked[0] = '\0';
        (void)akv_client_prepare(client, NULL, NULL);
        CHECK_STR(rows[i].name, asked, "");
        CHECK(akv_client_free(client));
        akv_settings_clear(&settings);
    }
}

int main(void)
{
    static const struct unit_test tests[] = {
        { "whose names", whose },
    };

    return unit_main("prepare", tests, COUNT(tests));
}
