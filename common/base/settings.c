/* SPDX-License-Identifier: Apache-2.0 */

/*
 * A new setting is a row of the table, a member and maybe a kind of value:
 * loading, copying, writing and wiping follow from that. Of texts log_file
 * alone has no row, being filled by that of log; it counts as one behind the
 * last (text_of()). A program with more rights than its caller has nothing read
 * from the environment.
 */

#include <stdlib.h>
#include <string.h>

#include "akv/buf.h"
#include "base/near.h"
#include "base/privileged.h"
#include "base/settings_impl.h"
#include "base/settings_parse.h"

extern char **environ;

struct setting {
    struct akv_setting_info info;
    const struct akv_setting_kind *kind;
    size_t member; /* offset in struct akv_settings */
    bool text;     /* the member is an owned string */
};

#define TEXT(name, kind, member, standard, secret, ...)                        \
    {                                                                          \
        { name, { __VA_ARGS__ }, standard, secret }, kind,                     \
            offsetof(struct akv_settings, member), true                        \
    }
#define NUMBER(name, kind, member, standard, ...)                              \
    {                                                                          \
        { name, { __VA_ARGS__ }, standard, false }, kind,                      \
            offsetof(struct akv_settings, member), false                       \
    }

/* clang-format off: one row a setting */
static const struct setting table[] = {
    TEXT("default-vault", &akv_kind_text, default_vault, NULL, false,
         "AKV_DEFAULT_VAULT"),
    TEXT("dns-suffix", &akv_kind_suffix, dns_suffix, "vault.azure.net", false,
         "AKV_DNS_SUFFIX"),
    TEXT("hsm-dns-suffix", &akv_kind_suffix, hsm_dns_suffix,
         "managedhsm.azure.net", false, "AKV_HSM_DNS_SUFFIX"),
    TEXT("trusted-hosts", &akv_kind_trusted, trusted_hosts, NULL, false,
         "AKV_TRUSTED_HOSTS"),
    TEXT("trusted-resources", &akv_kind_trusted, trusted_resources, NULL, false,
         "AKV_TRUSTED_RESOURCES"),
    TEXT("ca-file", &akv_kind_text, ca_file, NULL, false, "AKV_CA_FILE"),
    TEXT("ca-path", &akv_kind_text, ca_path, NULL, false, "AKV_CA_PATH"),
    TEXT("system-ca-file", &akv_kind_text, system_ca_file, NULL, false,
         "SSL_CERT_FILE"),
    TEXT("system-ca-path", &akv_kind_text, system_ca_path, NULL, false,
         "SSL_CERT_DIR"),
    TEXT("resolve", &akv_kind_resolve, resolve, NULL, false, "AKV_RESOLVE"),
    TEXT("proxy", &akv_kind_text, proxy, NULL, false, "AKV_PROXY",
         "HTTPS_PROXY", "https_proxy"),
    TEXT("no-proxy", &akv_kind_text, no_proxy, NULL, false, "AKV_NO_PROXY",
         "NO_PROXY", "no_proxy"),
    NUMBER("timeout", &akv_kind_time, timeout_ms, "10s", "AKV_TIMEOUT"),
    NUMBER("connect-timeout", &akv_kind_time, connect_timeout_ms, "3s",
           "AKV_CONNECT_TIMEOUT"),
    NUMBER("max-connections", &akv_kind_count, max_connections, "64",
           "AKV_MAX_CONNECTIONS"),
    TEXT("api-version", &akv_kind_api_version, api_version, "7.5", false,
         "AKV_API_VERSION"),
    NUMBER("credential", &akv_kind_credential, credential, "default",
           "AKV_CREDENTIAL"),
    TEXT("access-token", &akv_kind_text, access_token, NULL, true,
         "AKV_ACCESS_TOKEN"),
    TEXT("access-token-file", &akv_kind_text, access_token_file, NULL, false,
         "AKV_ACCESS_TOKEN_FILE"),
    TEXT("tenant-id", &akv_kind_text, tenant_id, NULL, false,
         "AZURE_TENANT_ID"),
    TEXT("client-id", &akv_kind_text, client_id, NULL, false,
         "AZURE_CLIENT_ID"),
    TEXT("client-secret", &akv_kind_text, client_secret, NULL, true,
         "AZURE_CLIENT_SECRET"),
    TEXT("client-secret-file", &akv_kind_text, client_secret_file, NULL, false,
         "AZURE_CLIENT_SECRET_FILE"),
    TEXT("client-certificate", &akv_kind_text, client_certificate, NULL, false,
         "AZURE_CLIENT_CERTIFICATE_PATH"),
    TEXT("client-certificate-password", &akv_kind_text,
         client_certificate_password, NULL, true,
         "AZURE_CLIENT_CERTIFICATE_PASSWORD"),
    TEXT("client-certificate-password-file", &akv_kind_text,
         client_certificate_password_file, NULL, false,
         "AZURE_CLIENT_CERTIFICATE_PASSWORD_FILE"),
    NUMBER("send-certificate-chain", &akv_kind_bool, send_certificate_chain,
           "no", "AZURE_CLIENT_SEND_CERTIFICATE_CHAIN"),
    TEXT("federated-token-file", &akv_kind_text, federated_token_file, NULL,
         false, "AZURE_FEDERATED_TOKEN_FILE"),
    TEXT("kubernetes-token-proxy", &akv_kind_token_proxy,
         kubernetes_token_proxy, NULL, false, "AZURE_KUBERNETES_TOKEN_PROXY"),
    TEXT("kubernetes-sni-name", &akv_kind_host, kubernetes_sni_name, NULL,
         false, "AZURE_KUBERNETES_SNI_NAME"),
    TEXT("kubernetes-ca-file", &akv_kind_text, kubernetes_ca_file, NULL, false,
         "AZURE_KUBERNETES_CA_FILE"),
    TEXT("kubernetes-ca-data", &akv_kind_text, kubernetes_ca_data, NULL, false,
         "AZURE_KUBERNETES_CA_DATA"),
    TEXT("managed-identity-id", &akv_kind_text, managed_identity_id, NULL,
         false, "AKV_MANAGED_IDENTITY_ID"),
    TEXT("additionally-allowed-tenants", &akv_kind_text, allowed_tenants, NULL,
         false, "AZURE_ADDITIONALLY_ALLOWED_TENANTS"),
    NUMBER("single-tenant", &akv_kind_bool, single_tenant, "no",
           "AZURE_IDENTITY_DISABLE_MULTITENANTAUTH"),
    TEXT("token-credentials", &akv_kind_chain, token_credentials, NULL, false,
         "AZURE_TOKEN_CREDENTIALS"),
    TEXT("identity-endpoint", &akv_kind_endpoint, identity_endpoint, NULL,
         false, "IDENTITY_ENDPOINT"),
    TEXT("identity-header", &akv_kind_text, identity_header, NULL, true,
         "IDENTITY_HEADER"),
    TEXT("identity-server-thumbprint", &akv_kind_text,
         identity_server_thumbprint, NULL, false, "IDENTITY_SERVER_THUMBPRINT"),
    TEXT("imds-endpoint", &akv_kind_endpoint, imds_endpoint, NULL, false,
         "IMDS_ENDPOINT"),
    TEXT("msi-endpoint", &akv_kind_endpoint, msi_endpoint, NULL, false,
         "MSI_ENDPOINT"),
    TEXT("msi-secret", &akv_kind_text, msi_secret, NULL, true, "MSI_SECRET"),
    TEXT("default-identity-client-id", &akv_kind_text,
         default_identity_client_id, NULL, false, "DEFAULT_IDENTITY_CLIENT_ID"),
    TEXT("pod-identity-authority-host", &akv_kind_endpoint,
         pod_identity_authority_host, NULL, false,
         "AZURE_POD_IDENTITY_AUTHORITY_HOST"),
    TEXT("authority-host", &akv_kind_authority, authority_host,
         "https://login.microsoftonline.com", false, "AZURE_AUTHORITY_HOST"),
    NUMBER("threads", &akv_kind_threads, threads, "auto", "AKV_THREADS"),
    NUMBER("verify-signatures", &akv_kind_bool, verify_signatures, "yes",
           "AKV_VERIFY_SIGNATURES"),
    NUMBER("chain-from-secret", &akv_kind_bool, chain_from_secret, "no",
           "AKV_CHAIN_FROM_SECRET"),
    NUMBER("key-cache", &akv_kind_period, key_cache_ms, "60s", "AKV_KEY_CACHE"),
    NUMBER("prefetch-token", &akv_kind_bool, prefetch_token, "no",
           "AKV_PREFETCH_TOKEN"),
    NUMBER("retry-after-failure", &akv_kind_wait, retry_after_failure_ms, NULL,
           "AKV_RETRY_AFTER_FAILURE"),
    NUMBER("allow-delete", &akv_kind_bool, allow_delete, "no",
           "AKV_ALLOW_DELETE"),
    NUMBER("rsa1_5", &akv_kind_bool, rsa1_5, "yes", "AKV_RSA1_5"),
    NUMBER("allow-rsnull", &akv_kind_bool, allow_rsnull, "no",
           "AKV_ALLOW_RSNULL"),
    NUMBER("assume-fips", &akv_kind_strict_bool, assume_fips, "no",
           "AKV_ASSUME_FIPS"),
    NUMBER("log", &akv_kind_log, log_level, NULL, "AKV_LOG"),
    NUMBER("log-stats", &akv_kind_period, log_stats_ms, "off", "AKV_LOG_STATS"),
};
/* clang-format on */

#define TABLE_ROWS (sizeof(table) / sizeof(table[0]))

const struct akv_setting_info *akv_settings_info(size_t i)
{
    return i < TABLE_ROWS ? &table[i].info : NULL;
}

/* Keeps the first fault only: it is the one that is reported. */
static bool load_one(struct akv_settings *settings, const struct setting *row,
                     const char *value, const char *origin,
                     struct akv_error *err)
{
    const char *why = "";

    if (row->kind->parse(value, (char *)settings + row->member, &why))
        return true;
    if (err->code == AKV_E_NONE)
        (void)akv_error_set(err, AKV_E_CONFIG, "%s: '%s' will not do: %s",
                            origin, row->info.secret ? "(secret)" : value, why);
    return false;
}

static const char *from_environment(const struct setting *row,
                                    const char **origin)
{
    const char *value;
    size_t i;

    for (i = 0; i < 4 && row->info.env[i] != NULL; i++) {
        value = secure_getenv(row->info.env[i]);
        if (value != NULL && *value != '\0') {
            *origin = row->info.env[i];
            return value;
        }
    }
    return NULL;
}

/* The variable of a setting that is the name, or else near to it. */
static const char *find_variable(const char *name, bool *is_it)
{
    const char *near = NULL, *env;
    size_t i;

    *is_it = false;
    for (i = 0; i < TABLE_ROWS && !*is_it; i++) {
        env = table[i].info.env[0];
        *is_it = strcmp(env, name) == 0;
        if (near == NULL && akv_is_near(env, name))
            near = env;
    }
    return near;
}

void akv_settings_foreign(void (*fn)(void *arg, const char *name,
                                     const char *meant),
                          void *arg)
{
    char **entry, name[100];

    if (akv_is_privileged()) /* then none of it is read */
        return;
    for (entry = environ; entry != NULL && *entry != NULL; entry++) {
        size_t len = strcspn(*entry, "=");
        const char *near;
        bool is_it;

        if (strncmp(*entry, "AKV_", 4) != 0)
            continue;
        if (len >= sizeof(name))
            len = sizeof(name) - 1;
        memcpy(name, *entry, len);
        name[len] = '\0';
        near = find_variable(name, &is_it);
        if (!is_it)
            fn(arg, name, near);
    }
}

/* An empty text says that there is none, even if the environment has one. */
static bool settings_is_none(const struct setting *row, const char *value)
{
    return *value == '\0' && row->text && row->info.standard == NULL;
}

bool akv_settings_overlay(struct akv_settings *settings,
                          const struct akv_settings_source *source,
                          struct akv_error *err)
{
    bool ok = true;
    size_t i;

    for (i = 0; i < TABLE_ROWS; i++) {
        const struct setting *row = &table[i];
        const char *value = source->conf(source->arg, row->info.name);

        if (value != NULL && !settings_is_none(row, value))
            ok &= load_one(settings, row, value, row->info.name, err);
    }
    return ok;
}

/* Where a text is; NULL: the row has none. */
static char **text_of(struct akv_settings *settings, size_t row)
{
    if (row == TABLE_ROWS)
        return &settings->log_file;
    return table[row].text ? (void *)((char *)settings + table[row].member)
                           : NULL;
}

bool akv_settings_dup(struct akv_settings *dst, const struct akv_settings *src)
{
    bool ok = true;
    size_t i;

    *dst = *src; /* the numbers; each text in it is replaced */
    for (i = 0; i <= TABLE_ROWS; i++) {
        char **text = text_of(dst, i);

        if (text != NULL && *text != NULL) {
            *text = strdup(*text);
            ok = ok && *text != NULL;
        }
    }
    if (!ok)
        akv_settings_clear(dst);
    return ok;
}

static const struct akv_settings unset = {
    .retry_after_failure_ms = AKV_SETTING_UNSET,
};

/* What was before is given up. */
static bool load_standard(struct akv_settings *settings,
                          const struct setting *row, struct akv_error *err)
{
    if (row->text) {
        akv_wipe_free(*(char **)((char *)settings + row->member));
        *(char **)((char *)settings + row->member) = NULL;
    } else {
        memcpy((char *)settings + row->member,
               (const char *)&unset + row->member, sizeof(int64_t));
        if (row->kind == &akv_kind_log) { /* has two members more */
            akv_wipe_free(settings->log_file);
            settings->log_file = NULL;
            settings->log_syslog = 0;
        }
    }
    return row->info.standard == NULL
           || load_one(settings, row, row->info.standard, row->info.name, err);
}

static bool load_environment(struct akv_settings *settings,
                             const struct setting *row, struct akv_error *err)
{
    const char *origin, *value = from_environment(row, &origin);

    return value == NULL || load_one(settings, row, value, origin, err);
}

bool akv_settings_load(struct akv_settings *settings,
                       const struct akv_settings_source *source,
                       struct akv_error *err)
{
    struct akv_error first = AKV_ERROR_INIT;
    bool ok = true;
    size_t i;

    *settings = unset;
    settings->has_others_token =
        secure_getenv("AZURE_CLI_ACCESS_TOKEN") != NULL;
    for (i = 0; i < TABLE_ROWS; i++) {
        const struct setting *row = &table[i];
        const char *value = NULL;

        ok &= load_standard(settings, row, &first);
        if (source != NULL && source->conf != NULL)
            value = source->conf(source->arg, row->info.name);
        if (value == NULL)
            ok &= load_environment(settings, row, &first);
        else if (!settings_is_none(row, value))
            ok &= load_one(settings, row, value, row->info.name, &first);
    }
    if (!ok && err != NULL)
        *err = first;
    return ok;
}

void akv_settings_clear(struct akv_settings *settings)
{
    size_t i;

    if (settings == NULL)
        return;
    for (i = 0; i <= TABLE_ROWS; i++) {
        char **text = text_of(settings, i);

        if (text != NULL)
            akv_wipe_free(*text);
    }
    memset(settings, 0, sizeof(*settings));
}

struct akv_settings *akv_settings_new(void)
{
    struct akv_settings *settings = malloc(sizeof(*settings));
    struct akv_error err = AKV_ERROR_INIT;
    bool ok = settings != NULL;
    size_t i;

    if (ok)
        *settings = unset;
    for (i = 0; ok && i < TABLE_ROWS; i++)
        ok = load_standard(settings, &table[i], &err);
    if (ok)
        return settings;
    akv_settings_free(settings);
    return NULL;
}

void akv_settings_free(struct akv_settings *settings)
{
    akv_settings_clear(settings);
    free(settings);
}

bool akv_settings_read_environment(struct akv_settings *settings,
                                   struct akv_error *err)
{
    struct akv_error first = AKV_ERROR_INIT;
    bool ok = true;
    size_t i;

    settings->has_others_token =
        secure_getenv("AZURE_CLI_ACCESS_TOKEN") != NULL;
    for (i = 0; i < TABLE_ROWS; i++)
        ok &= load_environment(settings, &table[i], &first);
    if (!ok && err != NULL)
        *err = first;
    return ok;
}

/* NULL: there is none, which *err says. */
static const struct setting *find_setting(const char *name,
                                          struct akv_error *err)
{
    const char *near = NULL;
    size_t i;

    for (i = 0; i < TABLE_ROWS; i++) {
        if (strcmp(table[i].info.name, name) == 0)
            return &table[i];
        if (near == NULL && akv_is_near(table[i].info.name, name))
            near = table[i].info.name;
    }
    (void)akv_error_set(err, AKV_E_INVALID, "there is no setting '%s'%s%s%s",
                        name, near != NULL ? "; did you mean '" : "",
                        near != NULL ? near : "", near != NULL ? "'?" : "");
    return NULL;
}

bool akv_settings_set(struct akv_settings *settings, const char *name,
                      const char *value, struct akv_error *err)
{
    const struct setting *row = find_setting(name, err);
    struct akv_error why = AKV_ERROR_INIT;
    int64_t before;
    bool ok;

    if (row == NULL)
        return false;
    memcpy(&before, (char *)settings + row->member, sizeof(before));
    if (value == NULL || settings_is_none(row, value))
        ok = load_standard(settings, row, &why);
    else
        ok = load_one(settings, row, value, name, &why);
    if (!ok && !row->text) /* a strict one is not what it was */
        memcpy((char *)settings + row->member, &before, sizeof(before));
    if (!ok && err != NULL)
        *err = why;
    return ok;
}

bool akv_settings_get(const struct akv_settings *settings, const char *name,
                      struct akv_buf *value, struct akv_error *err)
{
    const struct setting *row = find_setting(name, err);

    return row != NULL
           && (row->kind->write((const char *)settings + row->member, value)
               || akv_error_set(err, AKV_E_MEMORY, "no memory for a value"));
}
