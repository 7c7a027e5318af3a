/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Entry point and teardown. Loading reads settings and nothing else: no
 * network, no thread, no file, and no failure for a bad setting, which
 * libcrypto would swallow.
 */

#include <openssl/core_names.h>
#include <openssl/params.h>

#include "akv/jwk.h"
#include "akv/version.h"
#include "algorithms.h"
#include "base/file.h"
#include "base/log.h"
#include "config.h"
#include "err.h"
#include "impl.h"
#include "libctx.h"
#include "provctx.h"
#include "ref_cache.h"
#include "subject_cache.h"
#include "tls_group.h"

static OSSL_FUNC_provider_teardown_fn akv_teardown;
static OSSL_FUNC_provider_gettable_params_fn akv_gettable_params;
static OSSL_FUNC_provider_get_params_fn akv_get_params;
static OSSL_FUNC_provider_query_operation_fn akv_query_operation;
static OSSL_FUNC_provider_get_reason_strings_fn akv_get_reason_strings;
static OSSL_FUNC_provider_get_capabilities_fn akv_get_capabilities;

OSSL_provider_init_fn OSSL_provider_init;

/*
 * provider-base(7) warns to take the core's context for an OSSL_LIB_CTX of
 * ours, since it may be another libcrypto's (a program with OpenSSL linked
 * statically has one). It is the same where the core's functions are those that
 * we are linked with.
 */
static void find_app(struct akv_provider *prov, const OSSL_DISPATCH *in)
{
    OSSL_FUNC_core_get_libctx_fn *get_libctx = NULL;
    bool same = false;

    for (; in->function_id != 0; in++) {
        if (in->function_id == OSSL_FUNC_CORE_GET_LIBCTX)
            get_libctx = OSSL_FUNC_core_get_libctx(in);
        if (in->function_id == OSSL_FUNC_CRYPTO_SECURE_ALLOCATED)
            same = OSSL_FUNC_CRYPTO_secure_allocated(in)
                   == CRYPTO_secure_allocated;
    }
    prov->shares_libcrypto = same && get_libctx != NULL;
    if (prov->shares_libcrypto)
        prov->app = (OSSL_LIB_CTX *)get_libctx(prov->handle);
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

    akv_ref_cache_free(prov->references);
    prov->references = NULL;
    akv_subject_cache_free(prov->subjects);
    prov->subjects = NULL;
    if (!akv_config_end(prov) || atomic_load(&prov->live) > 0)
        return;
    akv_impl_free_all(prov);
    akv_private_free(atomic_load(&prov->own));
    OPENSSL_free(atomic_load(&prov->gen_settable[AKV_KEY_RSA]));
    OPENSSL_free(atomic_load(&prov->gen_settable[AKV_KEY_EC]));
    akv_config_free(prov);
    akv_reasons_free(prov->reasons);
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

static int provider_set_text(OSSL_PARAM params[], const char *name,
                             const char *text)
{
    OSSL_PARAM *p = OSSL_PARAM_locate(params, name);

    return p == NULL || OSSL_PARAM_set_utf8_ptr(p, text);
}

/* What the client has done in this process. */
static int get_counters(const struct akv_provider *prov, OSSL_PARAM params[])
{
    const struct akv_config *config = akv_config_of(prov);
    struct akv_stats_read read = { 0 };
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

    if (config != NULL)
        akv_client_stats(config->client, &read);
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
    return provider_set_text(params, OSSL_PROV_PARAM_NAME,
                             "Azure Key Vault provider")
           && provider_set_text(params, OSSL_PROV_PARAM_VERSION, AKV_VERSION)
           && provider_set_text(params, OSSL_PROV_PARAM_BUILDINFO, AKV_VERSION)
           && (status == NULL || OSSL_PARAM_set_int(status, 1));
}

static bool is_cryptography(int operation)
{
    return operation == OSSL_OP_KEYMGMT || operation == OSSL_OP_SIGNATURE
           || operation == OSSL_OP_ASYM_CIPHER || operation == OSSL_OP_KEYEXCH
           || operation == OSSL_OP_KEM;
}

static const OSSL_ALGORITHM *akv_query_operation(void *provctx, int operation,
                                                 int *no_cache)
{
    *no_cache = 0;
    return akv_algorithms(operation,
                          is_cryptography(operation)
                              && akv_config_fips(provctx) != AKV_FIPS_NO);
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

/* The first is for a libcrypto that is not ours: see akv_reasons_new(). */
static const OSSL_DISPATCH provider_functions[] = {
    AKV_FN(PROVIDER_GET_REASON_STRINGS, akv_get_reason_strings),
    AKV_FN(PROVIDER_TEARDOWN, akv_teardown),
    AKV_FN(PROVIDER_GETTABLE_PARAMS, akv_gettable_params),
    AKV_FN(PROVIDER_GET_PARAMS, akv_get_params),
    AKV_FN(PROVIDER_QUERY_OPERATION, akv_query_operation),
    AKV_FN(PROVIDER_GET_CAPABILITIES, akv_get_capabilities),
    AKV_FN_END,
};

int OSSL_provider_init(const OSSL_CORE_HANDLE *handle, const OSSL_DISPATCH *in,
                       const OSSL_DISPATCH **out, void **provctx)
{
    struct akv_provider *prov = OPENSSL_zalloc(sizeof(*prov));

    if (prov == NULL)
        return 0;
    akv_log_init();
    akv_file_init();
    prov->handle = handle;
    prov->in = in;
    read_core(prov, in);
    find_app(prov, in);
    akv_config_load(prov);
    prov->reasons = akv_reasons_new();
    prov->references = akv_ref_cache_new();
    prov->subjects = akv_subject_cache_new();
    if (prov->reasons == NULL || prov->references == NULL
        || prov->subjects == NULL) {
        akv_teardown(prov);
        return 0;
    }
    *out = provider_functions + prov->shares_libcrypto;
    *provctx = prov;
    return 1;
}
