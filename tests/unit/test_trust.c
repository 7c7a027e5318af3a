/* SPDX-License-Identifier: Apache-2.0 */

#include <string.h>

#include "base/host.h"
#include "base/settings_impl.h"
#include "base/trust.h"
#include "unit.h"

#define L10 "abcdefghij"
#define L60 L10 L10 L10 L10 L10 L10
#define L63 L60 "abc"

static void valid(void)
{
    static const struct {
        const char *host;
        bool ok;
    } rows[] = {
        { "v.vault.azure.net", true },
        { "localhost", true },
        { "a", true },
        { "7", true },
        { "a-b.c-d", true },
        { "under_score.example", true },
        { "127.0.0.1", true },
        { "[::1]", true },
        { "[2001:db8::1]", true },
        { "[::ffff:192.0.2.1]", true },
        { L63 ".example", true },
        { L63 "d.example", false },
        { L63 "." L63 "." L63 "." L60, true },
        { L63 "." L63 "." L63 "." L60 "a", true },
        { L63 "." L63 "." L63 "." L60 "ab", false },
        { "", false },
        { ".", false },
        { ".a", false },
        { "a.", false },
        { "a..b", false },
        { "-a", false },
        { "a-", false },
        { "a-.b", false },
        { "a.-b", false },
        { "a b", false },
        { "a/b", false },
        { "a:443", false },
        { "user@host", false },
        { "a%41", false },
        { "a\\b", false },
        { "a\nb", false },
        { "b\xc3\xbc"
          "cher.example",
          false },
        { "*", false },
        { "[", false },
        { "[]", false },
        { "[:]", false },
        { "[::1", false },
        { "::1", false },
        { "[::1]x", false },
        { "[::1%eth0]", false },
        { "[1::2::3]", false },
        { "[127.0.0.1]", false },
        { "[" L60 L60 "]", false },
    };
    size_t i;

    for (i = 0; i < COUNT(rows); i++)
        CHECK_AT(rows[i].host,
                 akv_host_valid(rows[i].host, strlen(rows[i].host))
                     == rows[i].ok);
    CHECK(akv_host_valid("abc/rest", 3)); /* len counts, not the text's end */
    CHECK(!akv_host_valid("a\0b", 3));
}

static void authority(void)
{
    static const struct {
        const char *text;
        bool ok;
    } rows[] = {
        { "login.microsoftonline.com", true },
        { "login.microsoftonline.com/", true },
        { "localhost:8443", true },
        { "localhost:8443/", true },
        { "127.0.0.1:1", true },
        { "[::1]", true },
        { "[::1]:8443", true },
        { "[::1]:8443/", true },
        { "", false },
        { "/", false },
        { ":443", false },
        { "localhost:", false },
        { "localhost:x", false },
        { "localhost:123456", false },
        { "localhost:65535", true },
        { "localhost:65536", false },
        { "localhost:0", false },
        { "localhost:44 3", false },
        { "localhost:443x", false },
        { "localhost//", false },
        { "localhost/tenant", false },
        { "localhost?x", false },
        { "localhost#x", false },
        { "user@localhost", false },
        { "[::1", false },
        { "[::1]8443", false },
    };
    size_t i;

    for (i = 0; i < COUNT(rows); i++)
        CHECK_AT(rows[i].text, akv_authority_valid(rows[i].text) == rows[i].ok);
}

static void within(void)
{
    static const struct {
        const char *host, *domain;
        bool ok;
    } rows[] = {
        { "v.vault.azure.net", "vault.azure.net", true },
        { "V.Vault.AZURE.net", "vault.azure.net", true },
        { "a.b.vault.azure.net", "vault.azure.net", true },
        { "vault.azure.net", "vault.azure.net", true },
        { "evilvault.azure.net", "vault.azure.net", false },
        { "v.vault.azure.net.evil.example", "vault.azure.net", false },
        { "vault.azure.net", "v.vault.azure.net", false },
        { "azure.net", "vault.azure.net", false },
        { "v.vault.azure.net", "", false },
        { "", "vault.azure.net", false },
        { "", "", false },
    };
    size_t i;

    for (i = 0; i < COUNT(rows); i++)
        CHECK_AT(rows[i].host,
                 akv_host_within(rows[i].host, rows[i].domain) == rows[i].ok);
}

static void trusted(void)
{
    static const struct {
        const char *list, *host;
        bool ok;
    } rows[] = {
        { NULL, "localhost", false },
        { "localhost", "localhost", true },
        { "localhost", "LOCALHOST", true },
        { "LocalHost", "localhost", true },
        { "localhost", "localhost.example", false },
        { "localhost", "alocalhost", false },
        { "localhost", "x.localhost", false },
        { "a.example, b.example", "b.example", true },
        { "a.example,b.example", "c.example", false },
        { ".corp.example", "v.corp.example", true },
        { ".corp.example", "a.v.corp.example", true },
        { ".corp.example", "corp.example", false },
        { ".corp.example", "vcorp.example", false },
        { ".corp.example", "v.corp.example.evil", false },
        { "[::1]", "[::1]", true },
        { "127.0.0.1", "127.0.0.11", false },
    };
    size_t i;

    for (i = 0; i < COUNT(rows); i++) {
        struct akv_error err = AKV_ERROR_INIT;
        struct akv_settings settings;

        CHECK_AT(rows[i].host,
                 rows[i].list == NULL
                     ? unit_settings(&settings, &err, NULL)
                     : unit_settings(&settings, &err, "trusted-hosts",
                                     rows[i].list, NULL));
        CHECK_AT(rows[i].host,
                 akv_host_trusted(&settings, rows[i].host) == rows[i].ok);
        CHECK_AT(rows[i].host,
                 akv_host_may_be_vault(&settings, rows[i].host) == rows[i].ok);
        akv_settings_clear(&settings);
    }
}

static void may_be_vault(void)
{
    static const struct {
        const char *host;
        bool ok;
    } rows[] = {
        { "v.vault.azure.net", true },
        { "V.VAULT.AZURE.NET", true },
        { "h.managedhsm.azure.net", true },
        { "v.vault.azure.cn", true },
        { "h.managedhsm.azure.cn", true },
        { "v.vault.usgovcloudapi.net", true },
        { "h.managedhsm.usgovcloudapi.net", true },
        { "v.vault.azure.evil", false },
        { "v.vault.azure.net.evil.example", false },
        { "evilvault.azure.net", false },
        { "vault.azure.com", false },
        { "example.com", false },
        { "localhost", false },
        { "169.254.169.254", false },
        { "v.private.example", true },
        { "private.example.com", false },
        { "h.hsm.example", true },
    };
    struct akv_error err = AKV_ERROR_INIT;
    struct akv_settings settings;
    size_t i;

    CHECK(unit_settings(&settings, &err, "dns-suffix", ".private.example",
                        "hsm-dns-suffix", "hsm.example", NULL));
    for (i = 0; i < COUNT(rows); i++)
        CHECK_AT(rows[i].host,
                 akv_host_may_be_vault(&settings, rows[i].host) == rows[i].ok);
    akv_settings_clear(&settings);
}

static void loopback(void)
{
    static const struct {
        const char *host;
        bool ok;
    } rows[] = {
        { "localhost", true },
        { "LocalHost", true },
        { "127.0.0.1", true },
        { "127.255.255.254", true },
        { "[::1]", true },
        { "128.0.0.1", false },
        { "127.0.0.1.example", false },
        { "localhost.example", false },
        { "[::2]", false },
        { "10.0.0.127", false },
        { "", false },
    };
    size_t i;

    for (i = 0; i < COUNT(rows); i++)
        CHECK_AT(rows[i].host,
                 akv_host_is_loopback(rows[i].host) == rows[i].ok);
}

static void resources(void)
{
    static const struct {
        const char *host, *resource, *listed;
        bool ok;
    } rows[] = {
        { "localhost", "vault.azure.net", "", true },
        { "localhost", "MANAGEDHSM.azure.net", "", true },
        { "localhost", "vault.usgovcloudapi.net", "", true },
        { "localhost", "vault.own.example", "", true }, /* dns-suffix */
        { "localhost", "localhost", "", true },
        { "v.vault.stack.example", "vault.stack.example", "", true },
        { "v.vault.stack.example", "v.vault.stack.example", "", true },
        { "v.vault.stack.example", "other.stack.example", "", false },
        { "v.vault.stack.example", "w.v.vault.stack.example", "", false },
        { "localhost", "management.azure.com", "", false },
        { "localhost", "graph.microsoft.com", "", false },
        { "localhost", "azure.net", "", false },
        { "localhost", "evil.vault.azure.net", "", false },
        { "localhost", "vault.azure.net.evil.example", "", false },
        { "localhost", "keys.example", "keys.example", true },
        { "localhost", "a.keys.example", "keys.example", false },
        { "localhost", "a.keys.example", "x.example,.keys.example", true },
    };
    size_t i;

    for (i = 0; i < COUNT(rows); i++) {
        struct akv_error err = AKV_ERROR_INIT;
        struct akv_settings settings;

        CHECK(unit_settings(&settings, &err, "dns-suffix", "vault.own.example",
                            "trusted-resources", rows[i].listed, NULL));
        CHECK_AT(rows[i].resource,
                 akv_resource_trusted(&settings, rows[i].host, rows[i].resource)
                     == rows[i].ok);
        akv_settings_clear(&settings);
    }
}

/* What is said of a host that may have no token. */
static void checked(void)
{
    static const struct {
        const char *host, *message; /* NULL: it may */
    } rows[] = {
        { "v.vault.azure.net", NULL },
        { "h.managedhsm.azure.cn", NULL },
        { "h.managedhsm.chinacloudapi.cn", NULL },
        { "evil.example", "list it in trusted-hosts" },
        { "chinacloudapi.cn", "list it in trusted-hosts" },
        { "v.privatelink.vaultcore.azure.net", "; use v.vault.azure.net, " },
        { "V.PrivateLink.VaultCore.azure.cn", "; use V.vault.azure.cn, " },
        { "v.privatelink.vaultcore.usgovcloudapi.net",
          "; use v.vault.usgovcloudapi.net, " },
        { "h.privatelink.managedhsm.azure.net",
          "; use h.managedhsm.azure.net, " },
        { "v.vaultcore.azure.net", "; use v.vault.azure.net, " },
        { ".vaultcore.azure.net", "list it in trusted-hosts" },
        { "own.privatelink.vaultcore.azure.net", NULL },
    };
    struct akv_error err = AKV_ERROR_INIT;
    struct akv_settings settings;
    size_t i;

    CHECK(unit_settings(&settings, &err, "trusted-hosts",
                        "own.privatelink.vaultcore.azure.net", NULL));
    for (i = 0; i < COUNT(rows); i++) {
        bool ok = akv_host_check(&settings, rows[i].host, &err);

        CHECK_INT(rows[i].host, ok, rows[i].message == NULL);
        if (!ok && rows[i].message != NULL) {
            CHECK_INT(rows[i].host, err.code, AKV_E_UNTRUSTED_HOST);
            CHECK_HAS(rows[i].host, err.message, rows[i].message);
        }
    }
    akv_settings_clear(&settings);
}

static void url_host(void)
{
    static const struct {
        const char *url, *host; /* NULL: none */
    } rows[] = {
        { "https://login.example", "login.example" },
        { "https://login.example/", "login.example" },
        { "https://login.example:8443/t", "login.example" },
        { "https://[::1]:8443", "[::1]" },
        { "https://", NULL },
        { "login.example", NULL },
        { "https://far-too-long.example", NULL },
    };
    char host[20];
    size_t i;

    for (i = 0; i < COUNT(rows); i++) {
        CHECK_INT(rows[i].url, akv_url_host(rows[i].url, host, sizeof(host)),
                  rows[i].host != NULL);
        if (rows[i].host != NULL)
            CHECK_STR(rows[i].url, host, rows[i].host);
    }
}

int main(void)
{
    static const struct unit_test tests[] = {
        { "hosts that are checked", checked },
        { "resources", resources },
        { "host names and addresses", valid },
        { "authorities", authority },
        { "below a domain, at a dot", within },
        { "trusted-hosts", trusted },
        { "who may be a vault", may_be_vault },
        { "this machine", loopback },
        { "of a URL", url_host },
    };

    return unit_main("hosts", tests, COUNT(tests));
}
