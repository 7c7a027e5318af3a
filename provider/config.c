/* SPDX-License-Identifier: Apache-2.0 */

/*
 * No locks: two threads may both make the configuration, and the slower one
 * frees what it made. The application's parameters come by core_get_params()
 * (provider-base(7)), which has those that were added after loading, too.
 * Unlike libakv the provider has a breaker by default (retry-after-failure).
 */

#include <openssl/evp.h>
#include <openssl/params.h>
#include <string.h>

#include "async.h"
#include "base/settings_impl.h"
#include "client/client_impl.h"
#include "config.h"
#include "err.h"
#include "query.h"

#define RETRY_AFTER_FAILURE_MS 2000

/* The core returns its own string; settings copy it. */
static const char *config_conf_value(void *arg, const char *name)
{
    const struct akv_provider *prov = arg;
    char *value = NULL;
    OSSL_PARAM params[2];

    if (prov->core.get_params == NULL)
        return NULL;
    params[0] = OSSL_PARAM_construct_utf8_ptr(name, &value, 0);
    params[1] = OSSL_PARAM_construct_end();
    if (!prov->core.get_params(prov->handle, params)
        || !OSSL_PARAM_modified(&params[0]))
        return NULL;
    return value;
}

void akv_config_load(struct akv_provider *prov)
{
    const struct akv_settings_source source = { config_conf_value, prov };

    (void)akv_settings_load(&prov->given, &source, &prov->given_fault);
    if (prov->given.retry_after_failure_ms == AKV_SETTING_UNSET)
        prov->given.retry_after_failure_ms = RETRY_AFTER_FAILURE_MS;
}

/* What was given at init, and what parameters say now. */
static bool current_settings(struct akv_provider *prov,
                             struct akv_settings *settings,
                             struct akv_error *fault)
{
    const struct akv_settings_source source = { config_conf_value, prov };

    *fault = prov->given_fault;
    if (!akv_settings_dup(settings, &prov->given))
        return false;
    (void)akv_settings_overlay(settings, &source, fault);
    return true;
}

/* Others may call their variables as we do: it is no fault. */
static void warn_of_variable(void *arg, const char *name, const char *meant)
{
    akv_log_write(arg, AKV_LOG_WARNING,
                  "the environment variable %s is no setting, and is not "
                  "read%s%s%s",
                  name, meant != NULL ? "; is " : "",
                  meant != NULL ? meant : "", meant != NULL ? " meant?" : "");
}

/* Its client has ended, or has done nothing. */
static void config_free(struct akv_config *config)
{
    if (config == NULL)
        return;
    akv_log_free(config->log);
    akv_settings_clear(&config->settings);
    OPENSSL_free(config);
}

static struct akv_config *config_new(struct akv_provider *prov)
{
    struct akv_config *config = OPENSSL_zalloc(sizeof(*config));

    if (config == NULL)
        return NULL;
    if (current_settings(prov, &config->settings, &config->fault)) {
        config->log = akv_log_new(&config->settings);
        config->client =
            akv_client_new_borrowing(&config->settings, config->log);
    }
    if (config->log != NULL && config->client != NULL) {
        akv_settings_foreign(warn_of_variable, config->log);
        akv_client_set_waiter(config->client, akv_async_begin);
        return config;
    }
    (void)akv_client_free(config->client);
    config_free(config);
    return NULL;
}

const struct akv_config *akv_config_get(struct akv_provider *prov)
{
    struct akv_config *config = atomic_load(&prov->config), *none = NULL;

    if (config != NULL)
        return config;
    config = config_new(prov);
    if (config == NULL) {
        (void)akv_raise(prov, AKV_R_MEMORY, "a client of vaults");
        return NULL;
    }
    if (atomic_compare_exchange_strong(&prov->config, &none, config))
        return config;
    (void)akv_client_free(config->client); /* another thread was faster */
    config_free(config);
    return none;
}

const struct akv_config *akv_config_good(struct akv_provider *prov)
{
    const struct akv_config *config = akv_config_get(prov);

    if (config == NULL || config->fault.code == AKV_E_NONE)
        return config;
    (void)akv_raise_error(prov, &config->fault);
    return NULL;
}

const struct akv_config *akv_config_of(const struct akv_provider *prov)
{
    return atomic_load(&prov->config);
}

bool akv_config_end(struct akv_provider *prov)
{
    struct akv_config *config = atomic_load(&prov->config);

    if (config != NULL && !akv_client_free(config->client))
        return false;
    if (config != NULL)
        config->client = NULL;
    return true;
}

void akv_config_free(struct akv_provider *prov)
{
    config_free(atomic_load(&prov->config));
    akv_settings_clear(&prov->given);
}

static enum akv_fips decide_fips(struct akv_provider *prov)
{
    struct akv_settings settings;
    struct akv_error fault;
    bool assumed = prov->given.assume_fips != 0;

    if (current_settings(prov, &settings, &fault)) {
        assumed = settings.assume_fips != 0;
        akv_settings_clear(&settings);
    }
    if (assumed)
        return AKV_FIPS_ASSUMED;
    return prov->shares_libcrypto
                   && EVP_default_properties_is_fips_enabled(prov->app) == 1
               ? AKV_FIPS_ASKED
               : AKV_FIPS_NO;
}

enum akv_fips akv_config_fips(struct akv_provider *prov)
{
    int fips = atomic_load(&prov->fips), undecided = AKV_FIPS_UNDECIDED;

    if (fips == AKV_FIPS_UNDECIDED) {
        fips = (int)decide_fips(prov);
        if (!atomic_compare_exchange_strong(&prov->fips, &undecided, fips))
            fips = undecided; /* another thread was faster */
    }
    return (enum akv_fips)fips;
}

bool akv_config_misses_fips(struct akv_provider *prov, const char *propq)
{
    return akv_query_demands(propq, "fips", "yes")
           && akv_config_fips(prov) == AKV_FIPS_NO;
}
