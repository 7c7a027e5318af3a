/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The settings as the library, the provider and the command read them: a
 * structure that they fill from the table in settings.c. Programs have it by
 * name alone (akv/settings.h), so that a new member is nobody's business.
 */

#ifndef AKV_SETTINGS_IMPL_H
#define AKV_SETTINGS_IMPL_H

#include <stdbool.h>
#include <stdint.h>

#include "akv/settings.h"
#include "base/settings_credentials.h"

#define AKV_SETTING_UNSET (-1)

/* How long a file that blocks is waited for. */
#define AKV_FILE_MS(settings)                                                  \
    ((settings)->connect_timeout_ms < (settings)->timeout_ms                   \
         ? (settings)->connect_timeout_ms                                      \
         : (settings)->timeout_ms)

/* Whether the I/O thread may be started. */
enum akv_threads { AKV_THREADS_AUTO, AKV_THREADS_NEVER };

#define AKV_CREDENTIALS_MAX 8 /* in one list */

enum akv_log_level {
    AKV_LOG_UNSET, /* akv_log_failure() alone */
    AKV_LOG_OFF,
    AKV_LOG_ERROR,
    AKV_LOG_WARNING,
    AKV_LOG_INFO,
    AKV_LOG_DEBUG
};

/* Texts are owned and NULL when not set; lists are commas between items. */
struct akv_settings {
    char *default_vault;
    char *dns_suffix;
    char *hsm_dns_suffix;
    char *trusted_hosts;     /* list of hosts and .suffixes */
    char *trusted_resources; /* the same */
    char *ca_file;
    char *ca_path;
    char *system_ca_file; /* instead of the system's, without the former */
    char *system_ca_path; /* ':' between them */
    char *resolve;        /* list of host:port:address */
    char *proxy;
    char *no_proxy;
    int64_t timeout_ms;
    int64_t connect_timeout_ms;
    int64_t max_connections;
    char *api_version;
    int64_t credential;      /* see akv_credential_at() */
    char *access_token;      /* secret */
    char *access_token_file; /* secret's path */
    char *tenant_id;
    char *client_id;
    char *client_secret; /* secret */
    char *client_secret_file;
    char *client_certificate;
    char *client_certificate_password; /* secret */
    char *client_certificate_password_file;
    int64_t send_certificate_chain;
    char *federated_token_file;
    /* the cluster's proxy for tokens (identity binding of AKS) */
    char *kubernetes_token_proxy;
    char *kubernetes_sni_name;
    char *kubernetes_ca_file;
    char *kubernetes_ca_data;
    char *managed_identity_id;
    char *allowed_tenants; /* ';' between them */
    int64_t single_tenant;
    char *token_credentials; /* AZURE_TOKEN_CREDENTIALS */
    /* how a host tells of its managed identity */
    char *identity_endpoint;
    char *identity_header; /* secret */
    char *identity_server_thumbprint;
    char *imds_endpoint;
    char *msi_endpoint;
    char *msi_secret; /* secret */
    char *default_identity_client_id;
    char *pod_identity_authority_host;
    char *authority_host;
    int64_t threads;           /* enum akv_threads */
    int64_t verify_signatures; /* booleans are 0 or 1 */
    int64_t chain_from_secret;
    int64_t key_cache_ms;           /* 0: off */
    int64_t retry_after_failure_ms; /* 0: off; AKV_SETTING_UNSET: so it is, but
                                       for the provider */
    int64_t prefetch_token;
    int64_t allow_delete;
    int64_t rsa1_5;
    int64_t allow_rsnull;
    int64_t assume_fips;
    int64_t log_level;     /* enum akv_log_level */
    char *log_file;        /* NULL: standard error */
    int64_t log_syslog;    /* instead */
    int64_t log_stats_ms;  /* 0: off */
    bool has_others_token; /* AZURE_CLI_ACCESS_TOKEN is set, by which
                              Microsoft's own provider is given a token */
};

/* Where values come from. conf returns the configuration file's value of a
 * setting, or NULL; the string is copied. It may be NULL itself. */
struct akv_settings_source {
    const char *(*conf)(void *arg, const char *name);
    void *arg;
};

/*
 * Fills *settings, which need not be initialised, from configuration file,
 * environment and defaults, in this order of precedence. Reads the
 * environment but no file. A variable that is empty counts as not set; a text
 * without default that is empty in the file is not set, whatever the
 * environment says.
 *
 * On a fault (a bad value) it returns false with
 * the first one in *err, and *settings holds the default in its place: usable
 * for whatever does not depend on it. Free it in either case.
 */
bool akv_settings_load(struct akv_settings *settings,
                       const struct akv_settings_source *source,
                       struct akv_error *err);

/*
 * Takes over what the source's conf has, and nothing else: values that have
 * come since. A fault goes to *err unless it holds one; the member stays as it
 * was. The settings are in use by nobody.
 */
bool akv_settings_overlay(struct akv_settings *settings,
                          const struct akv_settings_source *source,
                          struct akv_error *err);

/* A copy, to be freed; *dst need not be initialised. False: no memory, and
 * nothing to be freed. */
bool akv_settings_dup(struct akv_settings *dst,
                      const struct akv_settings *src) AKV_MUST_CHECK;

/* Wipes and frees the members. NULL is fine. */
void akv_settings_clear(struct akv_settings *settings);

/* The settings' credentials in their order: four bits each, the first lowest.
 * The default one ends a list, and stands for itself as the first. */
static inline enum akv_credential_kind
akv_credential_at(const struct akv_settings *settings, unsigned index)
{
    return (enum akv_credential_kind)(settings->credential >> (4 * index) & 15);
}

#endif
