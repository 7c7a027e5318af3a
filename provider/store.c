/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Loads keys by URI. Nothing is asked of a vault before the first load; one
 * request then serves both objects that a key has.
 *
 * Callers loop until the end, not until a failure, so an error must be
 * followed by the end. But not at once: libcrypto takes a load that fails at
 * the end for the end alone, and openssl storeutl would exit with 0.
 */

#include <openssl/core_names.h>
#include <openssl/core_object.h>
#include <openssl/params.h>
#include <openssl/store.h>
#include <string.h>

#include "algorithms.h"
#include "key.h"

/* What comes next. */
enum step { STEP_PRIVATE, STEP_PUBLIC, STEP_FAILED, STEP_END };

struct store_ctx {
    struct akv_provider *prov; /* borrowed */
    struct akv_error fault;    /* AKV_E_NONE: the URI is good */
    struct akv_id id;
    struct akv_key *key; /* owned; NULL until the vault was asked */
    int expected;        /* OSSL_STORE_INFO_..., 0: anything */
    enum step step;
};

static OSSL_FUNC_store_open_fn store_open;
static OSSL_FUNC_store_settable_ctx_params_fn store_settable;
static OSSL_FUNC_store_set_ctx_params_fn store_set_params;
static OSSL_FUNC_store_load_fn store_load;
static OSSL_FUNC_store_eof_fn store_eof;
static OSSL_FUNC_store_close_fn store_close;

/* What is wrong with the URI or the settings, if anything. */
static bool check_uri(struct store_ctx *ctx, const char *uri)
{
    const struct akv_provider *prov = ctx->prov;

    if (prov->config_error.code != AKV_E_NONE) {
        ctx->fault = prov->config_error;
        return false;
    }
    if (!akv_id_parse(&ctx->id, uri, &prov->settings, &ctx->fault))
        return false;
    if (ctx->id.kind == AKV_KIND_KEY && ctx->id.name[0] != '\0')
        return true;
    return akv_error_set(&ctx->fault, AKV_E_INVALID,
                         "%.200s: only keys can be loaded: "
                         "akv://HOST/keys/NAME",
                         uri);
}

/* A fault is kept for the load: libcrypto would put "unregistered scheme" on
 * the queue in front of it, if opening failed. */
static void *store_open(void *provctx, const char *uri)
{
    struct store_ctx *ctx = OPENSSL_zalloc(sizeof(*ctx));

    if (ctx == NULL)
        return NULL;
    ctx->prov = provctx;
    akv_provider_hold(ctx->prov);
    (void)check_uri(ctx, uri);
    return ctx;
}

static const OSSL_PARAM *store_settable(ossl_unused void *provctx)
{
    static const OSSL_PARAM settable[] = {
        OSSL_PARAM_int(OSSL_STORE_PARAM_EXPECT, NULL),
        OSSL_PARAM_END,
    };

    return settable;
}

/* What a key has nothing of ends the load without a request. */
static int store_set_params(void *vctx, const OSSL_PARAM params[])
{
    struct store_ctx *ctx = vctx;
    const OSSL_PARAM *p;

    if (params == NULL)
        return 1;
    p = OSSL_PARAM_locate_const(params, OSSL_STORE_PARAM_EXPECT);
    if (p == NULL)
        return 1;
    if (!OSSL_PARAM_get_int(p, &ctx->expected))
        return 0;
    if (ctx->fault.code != AKV_E_NONE)
        return 1; /* it must be reported, whatever is expected */
    if (ctx->expected == OSSL_STORE_INFO_PUBKEY)
        ctx->step = STEP_PUBLIC;
    else if (ctx->expected != 0 && ctx->expected != OSSL_STORE_INFO_PKEY)
        ctx->step = STEP_END;
    return 1;
}

static int fetch_key(struct store_ctx *ctx)
{
    struct akv_provider *prov = ctx->prov;
    struct akv_error err = AKV_ERROR_INIT;
    struct akv_key_bundle bundle;

    if (ctx->key != NULL)
        return 1;
    if (ctx->fault.code != AKV_E_NONE)
        return akv_raise_error(prov, &ctx->fault);
    if (!akv_keys_get(prov->client, &ctx->id, &bundle, &err))
        (void)akv_raise_error(prov, &err);
    else
        ctx->key = akv_key_new_remote(prov, &bundle);
    akv_key_bundle_free(&bundle);
    return ctx->key != NULL;
}

/* Hands over an object by reference: the bytes of the pointer to it. */
static int deliver(struct akv_key *key, OSSL_CALLBACK *callback, void *arg)
{
    int type = OSSL_OBJECT_PKEY;
    union {
        const char *in;
        char *out;
    } name = { akv_key_type_name(key->type) };
    OSSL_PARAM params[4];
    int ok;

    params[0] = OSSL_PARAM_construct_int(OSSL_OBJECT_PARAM_TYPE, &type);
    params[1] = OSSL_PARAM_construct_utf8_string(OSSL_OBJECT_PARAM_DATA_TYPE,
                                                 name.out, 0);
    params[2] = OSSL_PARAM_construct_octet_string(OSSL_OBJECT_PARAM_REFERENCE,
                                                  &key, sizeof(key));
    params[3] = OSSL_PARAM_construct_end();
    ok = callback(params, arg);
    akv_key_free(key); /* NULL when it was taken */
    return ok;
}

static int store_load(void *vctx, OSSL_CALLBACK *object_cb, void *object_arg,
                      ossl_unused OSSL_PASSPHRASE_CALLBACK *pw_cb,
                      ossl_unused void *pw_arg)
{
    struct store_ctx *ctx = vctx;
    enum step step = ctx->step;
    struct akv_key *key;

    if (step == STEP_FAILED || step == STEP_END) {
        ctx->step = STEP_END;
        return 0;
    }
    ctx->step = STEP_FAILED; /* unless all goes well */
    if (!fetch_key(ctx))
        return 0;
    key = step == STEP_PRIVATE ? akv_key_up_ref(ctx->key)
                               : akv_key_new_public(ctx->key);
    if (key == NULL || !deliver(key, object_cb, object_arg))
        return 0;
    ctx->step =
        step == STEP_PRIVATE && ctx->expected == 0 ? STEP_PUBLIC : STEP_END;
    return 1;
}

static int store_eof(void *vctx)
{
    const struct store_ctx *ctx = vctx;

    return ctx->step == STEP_END;
}

static int store_close(void *vctx)
{
    struct store_ctx *ctx = vctx;

    if (ctx == NULL)
        return 1;
    akv_key_free(ctx->key);
    akv_provider_drop(ctx->prov);
    OPENSSL_free(ctx);
    return 1;
}

const OSSL_DISPATCH akv_store_functions[] = {
    AKV_FN(STORE_OPEN, store_open),
    AKV_FN(STORE_SETTABLE_CTX_PARAMS, store_settable),
    AKV_FN(STORE_SET_CTX_PARAMS, store_set_params),
    AKV_FN(STORE_LOAD, store_load),
    AKV_FN(STORE_EOF, store_eof),
    AKV_FN(STORE_CLOSE, store_close),
    AKV_FN_END,
};
