/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Key exchange with EC keys, passed through (impl.h): TLS does one for every
 * handshake, with whatever keys are ours. Azure has none, so that a key of a
 * vault can be the other side's, but not one's own.
 */

#include <openssl/core_names.h>
#include <openssl/params.h>
#include <stddef.h>

#include "algorithms.h"
#include "err.h"
#include "pass.h"

static const struct akv_pass_kind kind = {
    offsetof(struct akv_impl, exchange),
    OSSL_FUNC_KEYEXCH_NEWCTX,
    OSSL_FUNC_KEYEXCH_FREECTX,
    OSSL_FUNC_KEYEXCH_DUPCTX,
};

#define INNER(ctx, id, name, ...)                                              \
    AKV_PASS((ctx), &kind, KEYEXCH_##id, keyexch_##name, __VA_ARGS__)

static OSSL_FUNC_keyexch_newctx_fn ecdh_newctx, ecdh_fips_newctx;
static OSSL_FUNC_keyexch_init_fn ecdh_init;
static OSSL_FUNC_keyexch_set_peer_fn ecdh_set_peer;
static OSSL_FUNC_keyexch_derive_fn ecdh_derive;
static OSSL_FUNC_keyexch_freectx_fn ecdh_freectx;
static OSSL_FUNC_keyexch_dupctx_fn ecdh_dupctx;
static OSSL_FUNC_keyexch_set_ctx_params_fn ecdh_set_params;
static OSSL_FUNC_keyexch_settable_ctx_params_fn ecdh_settable;
static OSSL_FUNC_keyexch_get_ctx_params_fn ecdh_get_params;
static OSSL_FUNC_keyexch_gettable_ctx_params_fn ecdh_gettable;

static void *ecdh_newctx(void *provctx)
{
    return akv_pass_new(provctx, AKV_ROLE_LOCAL);
}

static void *ecdh_fips_newctx(void *provctx)
{
    return akv_pass_new(provctx, AKV_ROLE_FIPS);
}

static void ecdh_freectx(void *vctx)
{
    akv_pass_free(vctx, &kind);
}

static void *ecdh_dupctx(void *vctx)
{
    return akv_pass_dup(vctx, &kind);
}

static int ecdh_init(void *vctx, void *vkey, const OSSL_PARAM params[])
{
    struct akv_pass *ctx = vctx;
    const struct akv_key *key = vkey;
    void *data;

    if (key != NULL && key->remote)
        return akv_raise(key->prov, AKV_R_NO_EXCHANGE, "keys/%s at %s",
                         key->id.name, key->id.host);
    return akv_pass_begin(ctx, &kind, vkey, &data)
               ? INNER(ctx, INIT, init, data, params)
               : 0;
}

/* The inner context may borrow the peer's key, so that it is kept. */
static int ecdh_set_peer(void *vctx, void *vkey)
{
    struct akv_pass *ctx = vctx;
    struct akv_key *peer;
    int ok;

    if (vkey == NULL || ctx->inner == NULL)
        return INNER(ctx, SET_PEER, set_peer, NULL);
    peer = akv_key_as(vkey, ctx->key->impl,
                      OSSL_KEYMGMT_SELECT_PUBLIC_KEY
                          | OSSL_KEYMGMT_SELECT_ALL_PARAMETERS);
    ok = peer != NULL ? INNER(ctx, SET_PEER, set_peer, peer->data) : 0;
    if (ok == 1) {
        akv_key_free(ctx->other);
        ctx->other = peer;
    } else {
        akv_key_free(peer);
    }
    return ok;
}

static int ecdh_derive(void *vctx, unsigned char *secret, size_t *len,
                       size_t size)
{
    const struct akv_pass *ctx = vctx;

    return INNER(ctx, DERIVE, derive, secret, len, size);
}

static int ecdh_set_params(void *vctx, const OSSL_PARAM params[])
{
    const struct akv_pass *ctx = vctx;

    return INNER(ctx, SET_CTX_PARAMS, set_ctx_params, params);
}

static int ecdh_get_params(void *vctx, OSSL_PARAM params[])
{
    const struct akv_pass *ctx = vctx;

    return INNER(ctx, GET_CTX_PARAMS, get_ctx_params, params);
}

static const OSSL_PARAM *ecdh_settable(ossl_unused void *vctx, void *provctx)
{
    return akv_pass_list(provctx, AKV_KEY_EC, kind.functions,
                         OSSL_FUNC_KEYEXCH_SETTABLE_CTX_PARAMS);
}

static const OSSL_PARAM *ecdh_gettable(ossl_unused void *vctx, void *provctx)
{
    return akv_pass_list(provctx, AKV_KEY_EC, kind.functions,
                         OSSL_FUNC_KEYEXCH_GETTABLE_CTX_PARAMS);
}

#define ECDH_FUNCTIONS(new)                                                    \
    {                                                                          \
        AKV_FN(KEYEXCH_NEWCTX, new), AKV_FN(KEYEXCH_INIT, ecdh_init),          \
            AKV_FN(KEYEXCH_SET_PEER, ecdh_set_peer),                           \
            AKV_FN(KEYEXCH_DERIVE, ecdh_derive),                               \
            AKV_FN(KEYEXCH_FREECTX, ecdh_freectx),                             \
            AKV_FN(KEYEXCH_DUPCTX, ecdh_dupctx),                               \
            AKV_FN(KEYEXCH_SET_CTX_PARAMS, ecdh_set_params),                   \
            AKV_FN(KEYEXCH_SETTABLE_CTX_PARAMS, ecdh_settable),                \
            AKV_FN(KEYEXCH_GET_CTX_PARAMS, ecdh_get_params),                   \
            AKV_FN(KEYEXCH_GETTABLE_CTX_PARAMS, ecdh_gettable), AKV_FN_END,    \
    }

const OSSL_DISPATCH akv_ecdh_functions[] = ECDH_FUNCTIONS(ecdh_newctx);
const OSSL_DISPATCH akv_ecdh_fips_functions[] =
    ECDH_FUNCTIONS(ecdh_fips_newctx);
