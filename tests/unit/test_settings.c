/* SPDX-License-Identifier: Apache-2.0 */

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/settings_impl.h"
#include "unit.h"

static bool load(struct akv_settings *settings, const char *name,
                 const char *value, struct akv_error *err)
{
    memset(settings, 0xff, sizeof(*settings)); /* need not be initialised */
    memset(err, 0, sizeof(*err));
    return unit_settings(settings, err, name, value, NULL);
}

static void defaults(void)
{
    struct akv_error err = AKV_ERROR_INIT;
    struct akv_settings s;

    memset(&s, 0xff, sizeof(s));
    CHECK(akv_settings_load(&s, NULL, &err));
    CHECK_INT("no fault", err.code, AKV_E_NONE);
    CHECK_STR("dns-suffix", s.dns_suffix, "vault.azure.net");
    CHECK_STR("hsm-dns-suffix", s.hsm_dns_suffix, "managedhsm.azure.net");
    CHECK_STR("authority-host", s.authority_host,
              "https://login.microsoftonline.com");
    CHECK_STR("api-version", s.api_version, "7.5");
    CHECK_INT("timeout", s.timeout_ms, 10000);
    CHECK_INT("connect-timeout", s.connect_timeout_ms, 3000);
    CHECK_INT("max-connections", s.max_connections, 64);
    CHECK_INT("credential", s.credential, AKV_CREDENTIAL_DEFAULT);
    CHECK_INT("threads", s.threads, AKV_THREADS_AUTO);
    CHECK_INT("retry-after-failure", s.retry_after_failure_ms,
              AKV_SETTING_UNSET);
    CHECK_INT("verify-signatures", s.verify_signatures, 1);
    CHECK_INT("rsa1_5", s.rsa1_5, 1);
    CHECK_INT("log", s.log_level, AKV_LOG_UNSET);
    CHECK(s.default_vault == NULL && s.trusted_hosts == NULL);
    CHECK(s.ca_file == NULL && s.ca_path == NULL && s.resolve == NULL);
    CHECK(s.proxy == NULL && s.no_proxy == NULL && s.log_file == NULL);
    CHECK(s.access_token == NULL && s.access_token_file == NULL);
    CHECK(s.tenant_id == NULL && s.client_id == NULL);
    CHECK(s.client_secret == NULL && s.client_secret_file == NULL);
    akv_settings_clear(&s);
    CHECK(s.dns_suffix == NULL && s.timeout_ms == 0);
    akv_settings_clear(&s);
    akv_settings_clear(NULL);
}

static int64_t number_of(const struct akv_settings *s, const char *name)
{
    const struct {
        const char *name;
        int64_t value;
    } members[] = {
        { "timeout", s->timeout_ms },
        { "connect-timeout", s->connect_timeout_ms },
        { "max-connections", s->max_connections },
        { "verify-signatures", s->verify_signatures },
        { "send-certificate-chain", s->send_certificate_chain },
        { "single-tenant", s->single_tenant },
        { "rsa1_5", s->rsa1_5 },
        { "credential", s->credential },
        { "log", s->log_level },
    };
    size_t i;

    for (i = 0; i < COUNT(members); i++)
        if (strcmp(members[i].name, name) == 0)
            return members[i].value;
    return INT64_MIN;
}

static const char *text_of(const struct akv_settings *s, const char *name)
{
    const struct {
        const char *name, *value;
    } members[] = {
        { "default-vault", s->default_vault },
        { "dns-suffix", s->dns_suffix },
        { "hsm-dns-suffix", s->hsm_dns_suffix },
        { "trusted-hosts", s->trusted_hosts },
        { "trusted-resources", s->trusted_resources },
        { "ca-file", s->ca_file },
        { "ca-path", s->ca_path },
        { "system-ca-file", s->system_ca_file },
        { "system-ca-path", s->system_ca_path },
        { "resolve", s->resolve },
        { "proxy", s->proxy },
        { "no-proxy", s->no_proxy },
        { "api-version", s->api_version },
        { "access-token", s->access_token },
        { "access-token-file", s->access_token_file },
        { "tenant-id", s->tenant_id },
        { "client-id", s->client_id },
        { "client-secret", s->client_secret },
        { "client-secret-file", s->client_secret_file },
        { "client-certificate", s->client_certificate },
        { "client-certificate-password", s->client_certificate_password },
        { "client-certificate-password-file",
          s->client_certificate_password_file },
        { "federated-token-file", s->federated_token_file },
        { "kubernetes-token-proxy", s->kubernetes_token_proxy },
        { "kubernetes-sni-name", s->kubernetes_sni_name },
        { "kubernetes-ca-file", s->kubernetes_ca_file },
        { "kubernetes-ca-data", s->kubernetes_ca_data },
        { "managed-identity-id", s->managed_identity_id },
        { "token-credentials", s->token_credentials },
        { "identity-endpoint", s->identity_endpoint },
        { "identity-header", s->identity_header },
        { "identity-server-thumbprint", s->identity_server_thumbprint },
        { "imds-endpoint", s->imds_endpoint },
        { "msi-endpoint", s->msi_endpoint },
        { "msi-secret", s->msi_secret },
        { "default-identity-client-id", s->default_identity_client_id },
        { "pod-identity-authority-host", s->pod_identity_authority_host },
        { "additionally-allowed-tenants", s->allowed_tenants },
        { "authority-host", s->authority_host },
        { "log", s->log_file },
    };
    size_t i;

    for (i = 0; i < COUNT(members); i++)
        if (strcmp(members[i].name, name) == 0)
            return members[i].value;
    return "(no such text)";
}

static const struct {
    const char *name, *value;
    int64_t want;
} number_rows[] = {
    { "timeout", "500ms", 500 },
    { "timeout", "10s", 10000 },
    { "timeout", "2m", 120000 },
    { "timeout", "1ms", 1 },
    { "timeout", "007s", 7000 },
    { "timeout", "86400s", 86400000 },
    { "timeout", "1440m", 86400000 },
    { "timeout", "86400001ms", -1 },
    { "timeout", "86401s", -1 },
    { "timeout", "1441m", -1 },
    { "timeout", "0s", -1 },
    { "timeout", "10", -1 },
    { "timeout", "s", -1 },
    { "timeout", "", -1 },
    { "timeout", "-1s", -1 },
    { "timeout", "+1s", -1 },
    { "timeout", " 1s", -1 },
    { "timeout", "1s ", -1 },
    { "timeout", "1 s", -1 },
    { "timeout", "1.5s", -1 },
    { "timeout", "1S", -1 },
    { "timeout", "1h", -1 },
    { "timeout", "1e3s", -1 },
    { "timeout", "0x10s", -1 },
    { "timeout", "99999999999999999999s", -1 },
    { "timeout", "9223372036854775807m", -1 },
    { "connect-timeout", "250ms", 250 },
    { "connect-timeout", "250", -1 },
    { "max-connections", "1", 1 },
    { "max-connections", "10000", 10000 },
    { "max-connections", "0", -1 },
    { "max-connections", "10001", -1 },
    { "max-connections", "-1", -1 },
    { "max-connections", "8x", -1 },
    { "max-connections", "", -1 },
    { "max-connections", "18446744073709551617", -1 },
    { "verify-signatures", "yes", 1 },
    { "verify-signatures", "TRUE", 1 },
    { "verify-signatures", "on", 1 },
    { "verify-signatures", "1", 1 },
    { "verify-signatures", "No", 0 },
    { "verify-signatures", "false", 0 },
    { "verify-signatures", "off", 0 },
    { "verify-signatures", "0", 0 },
    { "verify-signatures", "", -1 },
    { "verify-signatures", "y", -1 },
    { "verify-signatures", "yes ", -1 },
    { "verify-signatures", "2", -1 },
    { "verify-signatures", "maybe", -1 },
    { "send-certificate-chain", "True", 1 },
    { "send-certificate-chain", "si", -1 },
    { "single-tenant", "1", 1 },
    { "single-tenant", "2", -1 },
    { "rsa1_5", "no", 0 },
    { "rsa1_5", "none", -1 },
    { "credential", "default", AKV_CREDENTIAL_DEFAULT },
    { "credential", "environment", AKV_CREDENTIAL_ENVIRONMENT },
    { "credential", "workload-identity", AKV_CREDENTIAL_WORKLOAD },
    { "credential", "managed-identity", AKV_CREDENTIAL_MANAGED },
    { "credential", "azure-cli", AKV_CREDENTIAL_AZURE_CLI },
    { "credential", "azd", AKV_CREDENTIAL_AZD },
    { "credential", "powershell", -1 },
    { "credential", "Token", AKV_CREDENTIAL_TOKEN },
    { "credential", "tokens", -1 },
    { "credential", "", -1 },
    { "credential", "azure-cli, environment",
      AKV_CREDENTIAL_AZURE_CLI | AKV_CREDENTIAL_ENVIRONMENT << 4 },
    { "credential", "azd,default", -1 },
    { "credential", "azd,azd,azd,azd,azd,azd,azd,azd,azd", -1 },
    { "log", "off", AKV_LOG_OFF },
    { "log", "error", AKV_LOG_ERROR },
    { "log", "warning", AKV_LOG_WARNING },
    { "log", "info", AKV_LOG_INFO },
    { "log", "debug", AKV_LOG_DEBUG },
    { "log", "DEBUG,file:/x", AKV_LOG_DEBUG },
    { "log", "info,syslog", AKV_LOG_INFO },
    { "log", "info,syslog,", -1 },
    { "log", "info,SYSLOG", -1 },
    { "log", "trace", -1 },
    { "log", "", -1 },
    { "log", "debug,", -1 },
    { "log", "debug,file:", -1 },
    { "log", "debug,/x", -1 },
    { "log", "debug, file:/x", -1 },
    { "log", ",file:/x", -1 },
    { "log", "file:/x", -1 },
};

/* A value and what it becomes; -1 where it is refused, and the default stays.
 */
static void numbers(void)
{
    struct akv_settings standard;
    struct akv_error err = AKV_ERROR_INIT;
    size_t i;

    CHECK(akv_settings_load(&standard, NULL, &err));
    for (i = 0; i < COUNT(number_rows); i++) {
        bool ok = number_rows[i].want >= 0;
        struct akv_settings s;
        char where[100];

        (void)snprintf(where, sizeof(where), "%s = %s", number_rows[i].name,
                       number_rows[i].value);
        CHECK_AT(where,
                 load(&s, number_rows[i].name, number_rows[i].value, &err)
                     == ok);
        CHECK_INT(where, number_of(&s, number_rows[i].name),
                  ok ? number_rows[i].want
                     : number_of(&standard, number_rows[i].name));
        CHECK_INT(where, err.code, ok ? AKV_E_NONE : AKV_E_CONFIG);
        if (!ok) {
            CHECK_HAS(where, err.message, number_rows[i].name);
            CHECK_HAS(where, err.message, number_rows[i].value);
            CHECK_HAS(where, err.message, " is expected");
        }
        akv_settings_clear(&s);
    }
    akv_settings_clear(&standard);
}

#define L10 "abcdefghij"

static const struct {
    const char *name, *value, *want;
} text_rows[] = {
    { "default-vault", "myvault", "myvault" },
    { "dns-suffix", "vault.azure.cn", "vault.azure.cn" },
    { "dns-suffix", ".vault.azure.cn", "vault.azure.cn" },
    { "dns-suffix", "nodot", "!" },
    { "dns-suffix", ".nodot", "!" },
    { "dns-suffix", "..a.b", "!" },
    { "dns-suffix", "a.b.", "!" },
    { "dns-suffix", "a b.c", "!" },
    { "dns-suffix", "https://a.b", "!" },
    { "dns-suffix", "", "!" },
    { "hsm-dns-suffix", "hsm.example", "hsm.example" },
    { "hsm-dns-suffix", "*.example", "!" },
    { "trusted-hosts", "localhost", "localhost" },
    { "trusted-hosts", "localhost, .corp.example,[::1]",
      "localhost, .corp.example,[::1]" },
    { "trusted-hosts", " , ", " , " },
    { "trusted-hosts", "localhost:8443", "!" },
    { "trusted-hosts", "a b", "!" },
    { "trusted-hosts", "good.example,*.example", "!" },
    { "trusted-hosts", ".", "!" },
    { "trusted-hosts", "https://localhost", "!" },
    { "trusted-resources", "keys.example,.own.example",
      "keys.example,.own.example" },
    { "trusted-resources", "https://keys.example", "!" },
    { "resolve", "v.vault.azure.net:443:127.0.0.1",
      "v.vault.azure.net:443:127.0.0.1" },
    { "resolve", "a.example:1:10.0.0.1,b.example:2:[::1]",
      "a.example:1:10.0.0.1,b.example:2:[::1]" },
    { "resolve", "a.example", "!" },
    { "resolve", "a.example:443", "!" },
    { "resolve", "a.example::10.0.0.1", "!" },
    { "resolve", "a.example:x:10.0.0.1", "!" },
    { "resolve", "a.example:443:", "!" },
    { "resolve", ":443:10.0.0.1", "!" },
    { "resolve", "-a.example:443:10.0.0.1", "!" },
    { "resolve", "a.example:443:10.0.0.1,b", "!" },
    { "authority-host", "https://login.example", "https://login.example" },
    { "authority-host", "https://login.example/", "https://login.example" },
    { "authority-host", "HTTPS://localhost:8443", "HTTPS://localhost:8443" },
    { "authority-host", "https://[::1]:8443/", "https://[::1]:8443" },
    { "authority-host", "http://login.example", "!" },
    { "authority-host", "login.example", "!" },
    { "authority-host", "https://", "!" },
    { "authority-host", "https:///", "!" },
    { "authority-host", "https://login.example/tenant", "!" },
    { "authority-host", "https://login.example//", "!" },
    { "authority-host", "https://user@login.example", "!" },
    { "authority-host", "https://login.example?x", "!" },
    { "authority-host", "https://login.example:", "!" },
    { "authority-host", "", "!" },
    { "api-version", "7.4", "7.4" },
    { "api-version", "2025-07-01", "2025-07-01" },
    { "api-version", "7.6-preview.1", "7.6-preview.1" },
    { "api-version", "", "!" },
    { "api-version", "v7", "!" },
    { "api-version", "7.5&x=1", "!" },
    { "api-version", "7.5 ", "!" },
    { "api-version", "7_5", "!" },
    { "api-version", "7" L10 L10 L10, "7" L10 L10 L10 },
    { "api-version", "7" L10 L10 L10 "x", "!" },
    { "log", "info,file:/tmp/a,b", "/tmp/a,b" },
    { "ca-file", "/x/ca.pem", "/x/ca.pem" },
    { "ca-path", "/x/certs", "/x/certs" },
    { "proxy", "http://proxy:3128", "http://proxy:3128" },
    { "no-proxy", "a.example", "a.example" },
    { "access-token", "abc", "abc" },
    { "access-token-file", "/x/token", "/x/token" },
    { "tenant-id", "t", "t" },
    { "client-id", "c", "c" },
    { "client-secret", "s", "s" },
    { "client-secret-file", "/x/secret", "/x/secret" },
    { "client-certificate", "/x/cert", "/x/cert" },
    { "additionally-allowed-tenants", "a;b;*", "a;b;*" },
    { "token-credentials", "dev", "dev" },
    { "token-credentials", "PROD", "PROD" },
    { "token-credentials", "azureclicredential", "azureclicredential" },
    { "token-credentials", "AzurePowerShellCredential",
      "AzurePowerShellCredential" },
    { "token-credentials", "", NULL },
    { "token-credentials", "production", "!" },
    { "token-credentials", "AzureCLI", "!" },
    { "token-credentials", "dev,prod", "!" },
    { "identity-endpoint", "http://127.0.0.1:41/msi/token?x",
      "http://127.0.0.1:41/msi/token?x" },
    { "identity-endpoint", "https://[::1]/", "https://[::1]" },
    { "identity-endpoint", "HTTP://localhost", "HTTP://localhost" },
    { "identity-endpoint", "localhost/msi", "!" },
    { "identity-endpoint", "ftp://localhost", "!" },
    { "identity-endpoint", "file:///http://localhost", "!" },
    { "identity-endpoint", "http://", "!" },
    { "identity-endpoint", "http:///msi", "!" },
    { "identity-endpoint", "http://user@127.0.0.1/msi", "!" },
    { "identity-endpoint", "http://localhost:41@evil.example/msi", "!" },
    { "identity-endpoint", "http://user:word@127.0.0.1/msi", "!" },
    { "identity-endpoint", "http://localhost:x/msi", "!" },
    { "imds-endpoint", "http://user@127.0.0.1", "!" },
    { "pod-identity-authority-host", "http://user@127.0.0.1", "!" },
    { "identity-endpoint", "http://user@localhost/", "!" },
    { "identity-endpoint", "http://local host/", "!" },
    { "identity-endpoint", "http://localhost/a b", "!" },
    { "identity-endpoint", "http://localhost/\r\nX: y", "!" },
    { "identity-endpoint", "http://[::1", "!" },
    { "identity-endpoint", "", NULL },
    { "managed-identity-id", "", NULL },
    { "client-secret", "", NULL },
    { "resolve", "", NULL },
    { "imds-endpoint", "http://127.0.0.1/", "http://127.0.0.1" },
    { "imds-endpoint", "127.0.0.1", "!" },
    { "msi-endpoint", "http://localhost:50342/oauth2/token",
      "http://localhost:50342/oauth2/token" },
    { "msi-endpoint", "localhost:50342", "!" },
    { "pod-identity-authority-host", "http://127.0.0.1:8080/",
      "http://127.0.0.1:8080" },
    { "pod-identity-authority-host", "gopher://x", "!" },
};

/* A value and what it becomes; NULL where it sets nothing, "!" where it is
 * refused, and the default stays. */
static void texts(void)
{
    struct akv_settings standard;
    struct akv_error err = AKV_ERROR_INIT;
    size_t i;

    CHECK(akv_settings_load(&standard, NULL, &err));
    for (i = 0; i < COUNT(text_rows); i++) {
        bool ok =
            text_rows[i].want == NULL || strcmp(text_rows[i].want, "!") != 0;
        struct akv_settings s;
        char where[200];

        (void)snprintf(where, sizeof(where), "%s = %s", text_rows[i].name,
                       text_rows[i].value);
        CHECK_AT(where,
                 load(&s, text_rows[i].name, text_rows[i].value, &err) == ok);
        CHECK_STR(where, text_of(&s, text_rows[i].name),
                  ok ? text_rows[i].want
                     : text_of(&standard, text_rows[i].name));
        if (!ok) {
            CHECK_INT(where, err.code, AKV_E_CONFIG);
            CHECK_HAS(where, err.message, text_rows[i].name);
            CHECK_HAS(where, err.message, "expected");
        }
        akv_settings_clear(&s);
    }
    akv_settings_clear(&standard);
}

/* The proxy that the file's value (NULL: none) and the environment make. */
static void expect_proxy(const char *where, const char *conf, const char *want)
{
    struct akv_error err;
    struct akv_settings s;

    CHECK_AT(where, load(&s, conf != NULL ? "proxy" : "unknown",
                         conf != NULL ? conf : "", &err));
    CHECK_STR(where, s.proxy, want);
    akv_settings_clear(&s);
}

/* The configuration file, then the environment's names in their order, then
 * the default. */
static void precedence(void)
{
    struct akv_error err;
    struct akv_settings s;

    (void)setenv("https_proxy", "http://three", 1);
    expect_proxy("third name", NULL, "http://three");
    (void)setenv("HTTPS_PROXY", "http://two", 1);
    expect_proxy("second name", NULL, "http://two");
    (void)setenv("AKV_PROXY", "", 1);
    expect_proxy("an empty variable is none", NULL, "http://two");
    (void)setenv("AKV_PROXY", "http://one", 1);
    expect_proxy("first name", NULL, "http://one");
    expect_proxy("configuration file", "http://conf", "http://conf");
    expect_proxy("none, says the configuration file", "", NULL);
    (void)unsetenv("AKV_PROXY");
    (void)unsetenv("HTTPS_PROXY");
    (void)unsetenv("https_proxy");
    (void)setenv("AKV_TIMEOUT", "bad", 1);
    CHECK(load(&s, "timeout", "5s", &err)); /* nobody looks at the variable */
    CHECK_INT("configuration file", s.timeout_ms, 5000);
    akv_settings_clear(&s);
    (void)unsetenv("AKV_TIMEOUT");
}

/* OpenSSL's own variables are for want of ours: they widen nothing. */
static void system_certificates(void)
{
    struct akv_error err;
    struct akv_settings s;

    (void)setenv("SSL_CERT_FILE", "/x", 1);
    CHECK(load(&s, "unknown", "", &err));
    CHECK(s.ca_file == NULL);
    CHECK_STR("SSL_CERT_FILE", s.system_ca_file, "/x");
    akv_settings_clear(&s);
    (void)unsetenv("SSL_CERT_FILE");
}

/* Each setting by each of its variables; the message names the variable. */
static void environment(void)
{
    const struct akv_setting_info *info;
    struct akv_error err;
    struct akv_settings s;
    size_t i, j;

    for (i = 0; (info = akv_settings_info(i)) != NULL; i++) {
        for (j = 0; j < 4 && info->env[j] != NULL; j++) {
            const char *bad = "\n not good for any but plain text";
            bool plain;

            (void)setenv(info->env[j], bad, 1);
            plain = load(&s, "unknown", "", &err);
            if (plain) {
                CHECK_STR(info->env[j], text_of(&s, info->name), bad);
            } else {
                CHECK_INT(info->env[j], err.code, AKV_E_CONFIG);
                CHECK_HAS(info->env[j], err.message, info->env[j]);
            }
            akv_settings_clear(&s);
            (void)unsetenv(info->env[j]);
        }
    }
    CHECK(i > 20);
}

static void first_fault(void)
{
    struct akv_error err = AKV_ERROR_INIT;
    struct akv_settings s;

    (void)setenv("AKV_NONSENSE", "1", 1);
    CHECK(!unit_settings(&s, &err, "log", "loud", "timeout", "soon",
                         "dns-suffix", "vault.azure.cn", "max-connections", "0",
                         NULL));
    (void)unsetenv("AKV_NONSENSE");
    CHECK_HAS("the first in the table", err.message, "timeout: 'soon'");
    CHECK_INT("default", s.timeout_ms, 10000);
    CHECK_INT("default", s.max_connections, 64);
    CHECK_STR("the good one", s.dns_suffix, "vault.azure.cn");
    akv_settings_clear(&s);
    CHECK(!unit_settings(&s, NULL, "timeout", "soon", NULL));
    akv_settings_clear(&s);
}

static void table(void)
{
    const struct akv_setting_info *info, *other;
    char name[100];
    size_t i, j;

    for (i = 0; (info = akv_settings_info(i)) != NULL; i++) {
        (void)snprintf(name, sizeof(name), " %s ", info->name);
        CHECK(info->name != NULL && info->env[0] != NULL);
        CHECK_AT(info->name,
                 info->secret
                     == (strstr(" access-token client-secret "
                                "client-certificate-password identity-header "
                                "msi-secret ",
                                name)
                         != NULL));
        for (j = 0; j < i && (other = akv_settings_info(j)) != NULL; j++)
            CHECK_AT(info->name,
                     strcmp(info->name, other->name) != 0
                         && strcmp(info->env[0], other->env[0]) != 0);
    }
    CHECK(akv_settings_info(SIZE_MAX) == NULL);
}

int main(void)
{
    static const struct unit_test tests[] = {
        { "defaults", defaults },
        { "numbers, times and words", numbers },
        { "texts", texts },
        { "precedence", precedence },
        { "environment", environment },
        { "system certificates", system_certificates },
        { "the first fault is kept", first_fault },
        { "the table", table },
    };

    (void)unsetenv("AKV_THREADS"); /* whatever this is run with */
    return unit_main("settings", tests, COUNT(tests));
}
