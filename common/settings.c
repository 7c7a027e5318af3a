/* SPDX-License-Identifier: Apache-2.0 */

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "ascii.h"
#include "buf.h"
#include "hosts.h"
#include "list.h"
#include "privileged.h"
#include "settings.h"

extern char **environ;

/* Reads value into the member at the given address; false leaves the member
 * usable, mostly as it was, and sets *why to what was expected. */
typedef bool parse_fn(const char *value, void *member, const char **why);

static parse_fn parse_text, parse_suffix, parse_trusted, parse_resolve,
    parse_authority, parse_time, parse_period, parse_count, parse_bool,
    parse_strict_bool, parse_credential, parse_api_version, parse_chain,
    parse_endpoint, parse_log;

struct setting {
    struct akv_setting_info info;
    parse_fn *parse;
    size_t member; /* offset in struct akv_settings */
    bool text;     /* the member is an owned string */
};

#define TEXT(name, parse, member, standard, secret, ...)                       \
    {                                                                          \
        { name, { __VA_ARGS__ }, standard, secret }, parse,                    \
            offsetof(struct akv_settings, member), true                        \
    }
#define NUMBER(name, parse, member, standard, ...)                             \
    {                                                                          \
        { name, { __VA_ARGS__ }, standard, false }, parse,                     \
            offsetof(struct akv_settings, member), false                       \
    }

/* clang-format off: one row a setting */
static const struct setting table[] = {
    TEXT("default-vault", parse_text, default_vault, NULL, false,
         "AKV_DEFAULT_VAULT"),
    TEXT("dns-suffix", parse_suffix, dns_suffix, "vault.azure.net", false,
         "AKV_DNS_SUFFIX"),
    TEXT("hsm-dns-suffix", parse_suffix, hsm_dns_suffix, "managedhsm.azure.net",
         false, "AKV_HSM_DNS_SUFFIX"),
    TEXT("trusted-hosts", parse_trusted, trusted_hosts, NULL, false,
         "AKV_TRUSTED_HOSTS"),
    TEXT("trusted-resources", parse_trusted, trusted_resources, NULL, false,
         "AKV_TRUSTED_RESOURCES"),
    TEXT("ca-file", parse_text, ca_file, NULL, false, "AKV_CA_FILE"),
    TEXT("ca-path", parse_text, ca_path, NULL, false, "AKV_CA_PATH"),
    TEXT("system-ca-file", parse_text, system_ca_file, NULL, false,
         "SSL_CERT_FILE"),
    TEXT("system-ca-path", parse_text, system_ca_path, NULL, false,
         "SSL_CERT_DIR"),
    TEXT("resolve", parse_resolve, resolve, NULL, false, "AKV_RESOLVE"),
    TEXT("proxy", parse_text, proxy, NULL, false, "AKV_PROXY", "HTTPS_PROXY",
         "https_proxy"),
    TEXT("no-proxy", parse_text, no_proxy, NULL, false, "AKV_NO_PROXY",
         "NO_PROXY", "no_proxy"),
    NUMBER("timeout", parse_time, timeout_ms, "10s", "AKV_TIMEOUT"),
    NUMBER("connect-timeout", parse_time, connect_timeout_ms, "3s",
           "AKV_CONNECT_TIMEOUT"),
    NUMBER("max-connections", parse_count, max_connections, "64",
           "AKV_MAX_CONNECTIONS"),
    TEXT("api-version", parse_api_version, api_version, "7.5", false,
         "AKV_API_VERSION"),
    NUMBER("credential", parse_credential, credential, "default",
           "AKV_CREDENTIAL"),
    TEXT("access-token", parse_text, access_token, NULL, true,
         "AKV_ACCESS_TOKEN"),
    TEXT("access-token-file", parse_text, access_token_file, NULL, false,
         "AKV_ACCESS_TOKEN_FILE"),
    TEXT("tenant-id", parse_text, tenant_id, NULL, false, "AZURE_TENANT_ID"),
    TEXT("client-id", parse_text, client_id, NULL, false, "AZURE_CLIENT_ID"),
    TEXT("client-secret", parse_text, client_secret, NULL, true,
         "AZURE_CLIENT_SECRET"),
    TEXT("client-secret-file", parse_text, client_secret_file, NULL, false,
         "AZURE_CLIENT_SECRET_FILE"),
    TEXT("client-certificate", parse_text, client_certificate, NULL, false,
         "AZURE_CLIENT_CERTIFICATE_PATH"),
    TEXT("client-certificate-password", parse_text, client_certificate_password,
         NULL, true, "AZURE_CLIENT_CERTIFICATE_PASSWORD"),
    TEXT("client-certificate-password-file", parse_text,
         client_certificate_password_file, NULL, false,
         "AZURE_CLIENT_CERTIFICATE_PASSWORD_FILE"),
    NUMBER("send-certificate-chain", parse_bool, send_certificate_chain, "no",
           "AZURE_CLIENT_SEND_CERTIFICATE_CHAIN"),
    TEXT("federated-token-file", parse_text, federated_token_file, NULL, false,
         "AZURE_FEDERATED_TOKEN_FILE"),
    TEXT("managed-identity-id", parse_text, managed_identity_id, NULL, false,
         "AKV_MANAGED_IDENTITY_ID"),
    TEXT("additionally-allowed-tenants", parse_text, allowed_tenants, NULL,
         false, "AZURE_ADDITIONALLY_ALLOWED_TENANTS"),
    NUMBER("single-tenant", parse_bool, single_tenant, "no",
           "AZURE_IDENTITY_DISABLE_MULTITENANTAUTH"),
    TEXT("token-credentials", parse_chain, token_credentials, NULL, false,
         "AZURE_TOKEN_CREDENTIALS"),
    TEXT("identity-endpoint", parse_endpoint, identity_endpoint, NULL, false,
         "IDENTITY_ENDPOINT"),
    TEXT("identity-header", parse_text, identity_header, NULL, true,
         "IDENTITY_HEADER"),
    TEXT("identity-server-thumbprint", parse_text, identity_server_thumbprint,
         NULL, false, "IDENTITY_SERVER_THUMBPRINT"),
    TEXT("imds-endpoint", parse_endpoint, imds_endpoint, NULL, false,
         "IMDS_ENDPOINT"),
    TEXT("msi-endpoint", parse_endpoint, msi_endpoint, NULL, false,
         "MSI_ENDPOINT"),
    TEXT("msi-secret", parse_text, msi_secret, NULL, true, "MSI_SECRET"),
    TEXT("default-identity-client-id", parse_text, default_identity_client_id,
         NULL, false, "DEFAULT_IDENTITY_CLIENT_ID"),
    TEXT("pod-identity-authority-host", parse_endpoint,
         pod_identity_authority_host, NULL, false,
         "AZURE_POD_IDENTITY_AUTHORITY_HOST"),
    TEXT("authority-host", parse_authority, authority_host,
         "https://login.microsoftonline.com", false, "AZURE_AUTHORITY_HOST"),
    NUMBER("verify-signatures", parse_bool, verify_signatures, "yes",
           "AKV_VERIFY_SIGNATURES"),
    NUMBER("chain-from-secret", parse_bool, chain_from_secret, "no",
           "AKV_CHAIN_FROM_SECRET"),
    NUMBER("key-cache", parse_period, key_cache_ms, "60s", "AKV_KEY_CACHE"),
    NUMBER("allow-delete", parse_bool, allow_delete, "no", "AKV_ALLOW_DELETE"),
    NUMBER("rsa1_5", parse_bool, rsa1_5, "yes", "AKV_RSA1_5"),
    NUMBER("allow-rsnull", parse_bool, allow_rsnull, "no", "AKV_ALLOW_RSNULL"),
    NUMBER("assume-fips", parse_strict_bool, assume_fips, "no",
           "AKV_ASSUME_FIPS"),
    NUMBER("log", parse_log, log_level, NULL, "AKV_LOG"),
    NUMBER("log-stats", parse_period, log_stats_ms, "off", "AKV_LOG_STATS"),
};
/* clang-format on */

#define TABLE_ROWS (sizeof(table) / sizeof(table[0]))

static bool parse_text(const char *value, void *member, const char **why)
{
    char *copy = strdup(value);

    if (copy == NULL) {
        *why = "there was no memory for it";
        return false;
    }
    akv_wipe_free(*(char **)member);
    *(char **)member = copy;
    return true;
}

static bool parse_suffix(const char *value, void *member, const char **why)
{
    *why = "a DNS suffix such as vault.azure.net is expected";
    if (*value == '.')
        value++;
    return akv_host_valid(value, strlen(value)) && strchr(value, '.') != NULL
           && parse_text(value, member, why);
}

/* Calls check for each item; all must pass. */
static bool parse_list(const char *value, void *member, const char **why,
                       bool (*check)(const char *item, size_t len))
{
    const char *cursor = value, *item;
    size_t len;

    while ((item = akv_list_next(&cursor, &len)) != NULL)
        if (!check(item, len))
            return false;
    return parse_text(value, member, why);
}

static bool trusted_item(const char *item, size_t len)
{
    if (*item == '.')
        return akv_host_valid(item + 1, len - 1);
    return akv_host_valid(item, len);
}

static bool parse_trusted(const char *value, void *member, const char **why)
{
    *why = "host names and .suffixes without port, separated by commas, are "
           "expected";
    return parse_list(value, member, why, trusted_item);
}

static bool resolve_item(const char *item, size_t len)
{
    const char *port = memchr(item, ':', len), *address;

    if (port == NULL || !akv_host_valid(item, (size_t)(port - item)))
        return false;
    port++;
    address = memchr(port, ':', len - (size_t)(port - item));
    if (address == NULL || !akv_port_valid(port, (size_t)(address - port)))
        return false;
    address++;
    return akv_host_valid(address, len - (size_t)(address - item));
}

static bool parse_resolve(const char *value, void *member, const char **why)
{
    *why = "host:port:address, separated by commas, is expected";
    return parse_list(value, member, why, resolve_item);
}

/* Tokens are asked for there with a secret: https only. */
static bool parse_authority(const char *value, void *member, const char **why)
{
    static const char scheme[] = "https://";
    size_t len = strlen(value);

    *why = "https://HOST[:PORT] is expected";
    if (strncasecmp(value, scheme, sizeof(scheme) - 1) != 0
        || !akv_authority_valid(value + sizeof(scheme) - 1))
        return false;
    if (!parse_text(value, member, why))
        return false;
    if ((*(char **)member)[len - 1] == '/')
        (*(char **)member)[len - 1] = '\0';
    return true;
}

static bool parse_digits(const char *value, char **end, long long *number)
{
    if (!akv_is_digit(*value))
        return false;
    errno = 0;
    *number = strtoll(value, end, 10);
    return errno == 0;
}

static bool parse_time(const char *value, void *member, const char **why)
{
    static const struct {
        const char *unit;
        int64_t ms;
    } units[] = { { "ms", 1 }, { "s", 1000 }, { "m", 60000 } };
    const int64_t most = 24LL * 3600 * 1000;
    long long number;
    char *unit;
    size_t i;

    *why = "a time with its unit, such as 500ms, 10s or 2m, is expected";
    if (!parse_digits(value, &unit, &number))
        return false;
    for (i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
        if (strcmp(unit, units[i].unit) != 0)
            continue;
        *why = "a time between 1ms and 24 hours is expected";
        if (number < 1 || number > most / units[i].ms)
            return false;
        *(int64_t *)member = number * units[i].ms;
        return true;
    }
    return false;
}

static bool parse_period(const char *value, void *member, const char **why)
{
    if (strcmp(value, "off") != 0)
        return parse_time(value, member, why);
    *(int64_t *)member = 0;
    return true;
}

static bool parse_count(const char *value, void *member, const char **why)
{
    long long number;
    char *end;

    *why = "a number between 1 and 10000 is expected";
    if (!parse_digits(value, &end, &number) || *end != '\0' || number < 1
        || number > 10000)
        return false;
    *(int64_t *)member = number;
    return true;
}

struct word {
    const char *word;
    int64_t value;
};

static bool parse_word(const struct word *words, const char *value, size_t len,
                       int64_t *member)
{
    for (; words->word != NULL; words++) {
        if (strlen(words->word) == len
            && strncasecmp(words->word, value, len) == 0) {
            *member = words->value;
            return true;
        }
    }
    return false;
}

static bool parse_bool(const char *value, void *member, const char **why)
{
    static const struct word words[] = {
        { "yes", 1 },   { "true", 1 }, { "on", 1 }, { "1", 1 }, { "no", 0 },
        { "false", 0 }, { "off", 0 },  { "0", 0 },  { NULL, 0 }
    };

    *why = "yes or no is expected";
    return parse_word(words, value, strlen(value), member);
}

/* A word that cannot be read is no reason to do what yes forbids. */
static bool parse_strict_bool(const char *value, void *member, const char **why)
{
    *(int64_t *)member = 1;
    return parse_bool(value, member, why);
}

static bool parse_credential(const char *value, void *member, const char **why)
{
    static const struct word words[] = {
        { "default", AKV_CREDENTIAL_DEFAULT },
        { "environment", AKV_CREDENTIAL_ENVIRONMENT },
        { "workload-identity", AKV_CREDENTIAL_WORKLOAD },
        { "managed-identity", AKV_CREDENTIAL_MANAGED },
        { "azure-cli", AKV_CREDENTIAL_AZURE_CLI },
        { "azd", AKV_CREDENTIAL_AZD },
        { "token", AKV_CREDENTIAL_TOKEN },
        { NULL, 0 },
    };

    const char *cursor = value, *item;
    int64_t kind, all = 0;
    unsigned count = 0;
    size_t len;

    *why = "default, environment, workload-identity, managed-identity, "
           "azure-cli, azd or token is expected, or several but default, "
           "separated by commas";
    while ((item = akv_list_next(&cursor, &len)) != NULL) {
        if (count == AKV_CREDENTIALS_MAX || !parse_word(words, item, len, &kind)
            || (kind == AKV_CREDENTIAL_DEFAULT && len != strlen(value)))
            return false;
        all |= kind << (4 * count++);
    }
    if (count == 0)
        return false;
    *(int64_t *)member = all;
    return true;
}

/* What AZURE_TOKEN_CREDENTIALS may say. */
static bool parse_chain(const char *value, void *member, const char **why)
{
    static const char *const names[] = { "dev",
                                         "prod",
                                         "EnvironmentCredential",
                                         "WorkloadIdentityCredential",
                                         "ManagedIdentityCredential",
                                         "AzureCLICredential",
                                         "AzureDeveloperCLICredential",
                                         "AzurePowerShellCredential" };
    size_t i;

    *why = "dev, prod or the name of one credential, such as "
           "ManagedIdentityCredential, is expected";
    for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if (strcasecmp(names[i], value) == 0)
            return parse_text(value, member, why);
    return false;
}

/* An endpoint of the machine itself, which may be without TLS. */
static bool parse_endpoint(const char *value, void *member, const char **why)
{
    const char *host = strstr(value, "://"), *p;
    char authority[300];
    size_t len;

    *why = "http://HOST or https://HOST, with port and path, is expected";
    if (host == NULL
        || (strncasecmp(value, "http://", 7) != 0
            && strncasecmp(value, "https://", 8) != 0))
        return false;
    host += 3;
    len = strcspn(host, "/?#");
    if (len >= sizeof(authority))
        return false;
    memcpy(authority, host, len);
    authority[len] = '\0';
    for (p = value; *p != '\0'; p++)
        if (*p <= ' ' || *p > '~')
            return false;
    if (!akv_authority_valid(authority) || !parse_text(value, member, why))
        return false;
    len = strlen(value);
    if (value[len - 1] == '/')
        (*(char **)member)[len - 1] = '\0';
    return true;
}

/* It becomes part of a URL. */
static bool parse_api_version(const char *value, void *member, const char **why)
{
    const char *p;

    *why = "an API version such as 7.5 or 2025-07-01 is expected";
    for (p = value; *p != '\0'; p++)
        if (!akv_is_alnum(*p) && *p != '.' && *p != '-')
            return false;
    return akv_is_digit(*value) && p - value < 32
           && parse_text(value, member, why);
}

/* level[,file:PATH] fills two members, log_level and log_file. */
static bool parse_log(const char *value, void *member, const char **why)
{
    static const struct word levels[] = {
        { "off", AKV_LOG_OFF },         { "error", AKV_LOG_ERROR },
        { "warning", AKV_LOG_WARNING }, { "info", AKV_LOG_INFO },
        { "debug", AKV_LOG_DEBUG },     { NULL, 0 }
    };
    struct akv_settings *settings =
        (void *)((char *)member - offsetof(struct akv_settings, log_level));
    const char *comma = strchrnul(value, ',');

    *why = "LEVEL or LEVEL,file:PATH with LEVEL one of off, error, warning, "
           "info, debug is expected";
    if (*comma == ',' && (strncmp(comma, ",file:", 6) != 0 || !comma[6]))
        return false;
    if (!parse_word(levels, value, (size_t)(comma - value), member))
        return false;
    return *comma == '\0' || parse_text(comma + 6, &settings->log_file, why);
}

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

    if (row->parse(value, (char *)settings + row->member, &why))
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

/* A misspelt variable would otherwise be ignored in silence. */
static bool check_environment(struct akv_error *err)
{
    char **entry;
    size_t i, len;

    if (akv_is_privileged()) /* then none of it is read */
        return true;
    for (entry = environ; entry != NULL && *entry != NULL; entry++) {
        if (strncmp(*entry, "AKV_", 4) != 0)
            continue;
        len = strcspn(*entry, "=");
        for (i = 0; i < TABLE_ROWS; i++) {
            const char *env = table[i].info.env[0];

            if (strlen(env) == len && strncmp(env, *entry, len) == 0)
                break;
        }
        if (i < TABLE_ROWS)
            continue;
        if (err->code == AKV_E_NONE)
            (void)akv_error_set(err, AKV_E_CONFIG,
                                "environment variable %.*s: there is no such "
                                "setting; unset it or correct its name",
                                len > 100 ? 100 : (int)len, *entry);
        return false;
    }
    return true;
}

/* An empty text says that there is none, even if the environment has one. */
static bool is_none(const struct setting *row, const char *value)
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

        if (value != NULL && !is_none(row, value))
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
        akv_settings_free(dst);
    return ok;
}

bool akv_settings_load(struct akv_settings *settings,
                       const struct akv_settings_source *source,
                       struct akv_error *err)
{
    struct akv_error first = AKV_ERROR_INIT;
    bool ok = true;
    size_t i;

    memset(settings, 0, sizeof(*settings));
    for (i = 0; i < TABLE_ROWS; i++) {
        const struct setting *row = &table[i];
        const char *origin = row->info.name;
        const char *value = NULL;

        if (row->info.standard != NULL)
            ok &= load_one(settings, row, row->info.standard, origin, &first);
        if (source != NULL && source->conf != NULL)
            value = source->conf(source->arg, row->info.name);
        if (value == NULL)
            value = from_environment(row, &origin);
        if (value != NULL && !is_none(row, value))
            ok &= load_one(settings, row, value, origin, &first);
    }
    ok &= check_environment(&first);
    if (!ok && err != NULL)
        *err = first;
    return ok;
}

void akv_settings_free(struct akv_settings *settings)
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
