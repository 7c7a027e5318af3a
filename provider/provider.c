/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Entry point and teardown. Loading reads settings and nothing else: no
 * network, no thread, no file, and no failure for a bad setting, which
 * libcrypto would swallow.
 */

#include <openssl/core_names.h>
#include <openssl/params.h>
#include <openssl/provider.h>

#include "algorithms.h"
#include "async.h"
#include "config.h"
#include "jwk.h"
#include "provider.h"
#include "ref_cache.h"
#include "tls_group.h"

static OSSL_FUNC_provider_teardown_fn akv_teardown;
static OSSL_FUNC_provider_gettable_params_fn akv_gettable_params;
static OSSL_FUNC_provider_get_params_fn akv_get_params;
static OSSL_FUNC_provider_query_operation_fn akv_query_operation;
static OSSL_FUNC_provider_get_reason_strings_fn akv_get_reason_strings;
static OSSL_FUNC_provider_get_capabilities_fn akv_get_capabilities;

OSSL_provider_init_fn OSSL_provider_init;

static void private_free(struct akv_private *own)
{
    if (own == NULL)
        return;
    if (own->standard != NULL)
        (void)OSSL_PROVIDER_unload(own->standard);
    OSSL_LIB_CTX_free(own->libctx);
    OPENSSL_free(own);
}

/* It can use the core's BIOs, which decoders and encoders are given. */
static struct akv_private *private_new(const struct akv_provider *prov)
{
    struct akv_private *own = OPENSSL_zalloc(sizeof(*own));

    if (own == NULL)
        return NULL;
    own->libctx = OSSL_LIB_CTX_new_from_dispatch(prov->handle, prov->in);
    if (own->libctx != NULL)
        own->standard = OSSL_PROVIDER_load(own->libctx, "default");
    if (own->standard != NULL)
        return own;
    private_free(own);
    return NULL;
}

const struct akv_private *akv_private_get(struct akv_provider *prov)
{
    struct akv_private *own = atomic_load(&prov->own), *none = NULL;

    if (own != NULL)
        return own;
    own = private_new(prov);
    if (own == NULL) {
        (void)akv_raise(prov, AKV_R_MEMORY, "a private library context");
        return NULL;
    }
    if (atomic_compare_exchange_strong(&prov->own, &none, own))
        return own;
    private_free(own); /* another thread was faster */
    return none;
}

/* A thread that ends gives back what the private context keeps for it. */
static void on_thread_stop(void *arg)
{
    const struct akv_private *own =
        atomic_load(&((struct akv_provider *)arg)->own);

    if (own != NULL)
        OPENSSL_thread_stop_ex(own->libctx);
}

OSSL_LIB_CTX *akv_libctx(struct akv_provider *prov)
{
    /* The contexts that this thread has announced its end to. */
    static _Thread_local const struct akv_private *known[8];
    const struct akv_private *own = akv_private_get(prov);
    size_t i;

    for (i = 0; own != NULL && i < sizeof(known) / sizeof(known[0]); i++) {
        if (known[i] == NULL && prov->core.thread_start != NULL
            && prov->core.thread_start(prov->handle, on_thread_stop, prov))
            known[i] = own;
        if (known[i] == own)
            break;
    }
    return own != NULL ? own->libctx : NULL;
}

void akv_provider_hold(struct akv_provider *prov)
{
    atomic_fetch_add(&prov->live, 1);
}

/*
 * An application may free a key after OPENSSL_cleanup(). The key holds the last
 * reference to the provider then, and OpenSSL 3.0 ends a provider by a lock
 * that is gone. So the provider is kept: the process is ending.
 */
static void outlive_cleanup(const struct akv_provider *prov)
{
    const uint64_t base_only = 0x00040000; /* named in a comment only */

    if (!prov->ending && prov->core.up_ref != NULL
        && !OPENSSL_init_crypto(base_only, NULL))
        (void)prov->core.up_ref(prov->handle, 0);
}

void akv_provider_drop(struct akv_provider *prov)
{
    if (atomic_fetch_sub(&prov->live, 1) == 1)
        outlive_cleanup(prov);
}

static void read_core(struct akv_provider *prov, const OSSL_DISPATCH *in)
{
    for (; in->function_id != 0; in++) {
        switch (in->function_id) {
        case OSSL_FUNC_CORE_GET_PARAMS:
            prov->core.get_params = OSSL_FUNC_core_get_params(in);
            break;
        case OSSL_FUNC_CORE_NEW_ERROR:
            prov->core.new_error = OSSL_FUNC_core_new_error(in);
            break;
        case OSSL_FUNC_CORE_SET_ERROR_DEBUG:
            prov->core.set_error_debug = OSSL_FUNC_core_set_error_debug(in);
            break;
        case OSSL_FUNC_CORE_THREAD_START:
            prov->core.thread_start = OSSL_FUNC_core_thread_start(in);
            break;
        case OSSL_FUNC_PROVIDER_UP_REF:
            prov->core.up_ref = OSSL_FUNC_provider_up_ref(in);
            break;
        case OSSL_FUNC_CORE_VSET_ERROR:
            prov->core.vset_error = OSSL_FUNC_core_vset_error(in);
            break;
        default:
            break;
        }
    }
}

/* May run after OPENSSL_cleanup() has begun, in an atexit handler, or never.
 * What living keys stand on is left to them. */
static void akv_teardown(void *provctx)
{
    struct akv_provider *prov = provctx;

    prov->ending = true;
    if (!akv_client_free(prov->client))
        return;
    prov->client = NULL;
    akv_ref_cache_free(prov->references);
    prov->references = NULL;
    if (atomic_load(&prov->live) > 0)
        return;
    private_free(atomic_load(&prov->own));
    OPENSSL_free(atomic_load(&prov->gen_settable[AKV_KEY_RSA]));
    OPENSSL_free(atomic_load(&prov->gen_settable[AKV_KEY_EC]));
    akv_log_free(prov->log);
    akv_settings_free(&prov->settings);
    OPENSSL_free(prov);
}

static const OSSL_PARAM *akv_gettable_params(void *provctx)
{
    static const OSSL_PARAM gettable[] = {
        OSSL_PARAM_utf8_ptr(OSSL_PROV_PARAM_NAME, NULL, 0),
        OSSL_PARAM_utf8_ptr(OSSL_PROV_PARAM_VERSION, NULL, 0),
        OSSL_PARAM_utf8_ptr(OSSL_PROV_PARAM_BUILDINFO, NULL, 0),
        OSSL_PARAM_int(OSSL_PROV_PARAM_STATUS, NULL),
        OSSL_PARAM_uint64("akv-calls", NULL),
        OSSL_PARAM_uint64("akv-failures", NULL),
        OSSL_PARAM_uint64("akv-requests", NULL),
        OSSL_PARAM_uint64("akv-retries", NULL),
        OSSL_PARAM_uint64("akv-tokens", NULL),
        OSSL_PARAM_uint64("akv-latency-sum-ms", NULL),
        OSSL_PARAM_uint64("akv-latency-max-ms", NULL),
        OSSL_PARAM_uint64("akv-latency-p50-ms", NULL),
        OSSL_PARAM_uint64("akv-latency-p99-ms", NULL),
        OSSL_PARAM_END,
    };

    (void)provctx;
    return gettable;
}

static int set_text(OSSL_PARAM params[], const char *name, const char *text)
{
    OSSL_PARAM *p = OSSL_PARAM_locate(params, name);

    return p == NULL || OSSL_PARAM_set_utf8_ptr(p, text);
}

/* What the client has done in this process. */
static int get_counters(const struct akv_provider *prov, OSSL_PARAM params[])
{
    struct akv_stats_read read;
    const struct {
        const char *name;
        const uint64_t *value;
    } rows[] = {
        { "akv-calls", &read.calls },
        { "akv-failures", &read.failures },
        { "akv-requests", &read.requests },
        { "akv-retries", &read.retries },
        { "akv-tokens", &read.tokens },
        { "akv-latency-sum-ms", &read.sum_ms },
        { "akv-latency-max-ms", &read.max_ms },
        { "akv-latency-p50-ms", &read.p50_ms },
        { "akv-latency-p99-ms", &read.p99_ms },
    };
    size_t i;

    akv_client_stats(prov->client, &read);
    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        OSSL_PARAM *p = OSSL_PARAM_locate(params, rows[i].name);

        if (p != NULL && !OSSL_PARAM_set_uint64(p, *rows[i].value))
            return 0;
    }
    return 1;
}

static int akv_get_params(void *provctx, OSSL_PARAM params[])
{
    OSSL_PARAM *status = OSSL_PARAM_locate(params, OSSL_PROV_PARAM_STATUS);

    if (!get_counters(provctx, params))
        return 0;
    return set_text(params, OSSL_PROV_PARAM_NAME, "Azure Key Vault provider")
           && set_text(params, OSSL_PROV_PARAM_VERSION, AKV_VERSION)
           && set_text(params, OSSL_PROV_PARAM_BUILDINFO, AKV_VERSION)
           && (status == NULL || OSSL_PARAM_set_int(status, 1));
}

static const OSSL_ALGORITHM *akv_query_operation(void *provctx, int operation,
                                                 int *no_cache)
{
    const struct akv_provider *prov = provctx;

    *no_cache = 0;
    return akv_algorithms(operation, prov->settings.assume_fips != 0);
}

static const OSSL_ITEM *akv_get_reason_strings(void *provctx)
{
    (void)provctx;
    return akv_reason_strings();
}

static int akv_get_capabilities(void *provctx, const char *capability,
                                OSSL_CALLBACK *callback, void *arg)
{
    if (OPENSSL_strcasecmp(capability, "TLS-GROUP") != 0)
        return 0;
    return akv_tls_groups(provctx, callback, arg);
}

static const OSSL_DISPATCH provider_functions[] = {
    AKV_FN(PROVIDER_TEARDOWN, akv_teardown),
    AKV_FN(PROVIDER_GETTABLE_PARAMS, akv_gettable_params),
    AKV_FN(PROVIDER_GET_PARAMS, akv_get_params),
    AKV_FN(PROVIDER_QUERY_OPERATION, akv_query_operation),
    AKV_FN(PROVIDER_GET_REASON_STRINGS, akv_get_reason_strings),
    AKV_FN(PROVIDER_GET_CAPABILITIES, akv_get_capabilities),
    AKV_FN_END,
};

int OSSL_provider_init(const OSSL_CORE_HANDLE *handle, const OSSL_DISPATCH *in,
                       const OSSL_DISPATCH **out, void **provctx)
{
    struct akv_provider *prov = OPENSSL_zalloc(sizeof(*prov));

    if (prov == NULL)
        return 0;
    prov->handle = handle;
    prov->in = in;
    read_core(prov, in);
    akv_config_load(prov);
    prov->log = akv_log_new(&prov->settings);
    prov->client = akv_client_new(&prov->settings, prov->log);
    if (prov->client != NULL)
        akv_client_set_waiter(prov->client, &akv_async_waiter);
    prov->references = akv_ref_cache_new();
    if (prov->log == NULL || prov->client == NULL || prov->references == NULL) {
        akv_teardown(prov);
        return 0;
    }
    *out = provider_functions;
    *provctx = prov;
    return 1;
}
