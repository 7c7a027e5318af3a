/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Signatures with RSA and EC keys. All that is done with a key of the
 * application's, and with the public half of a vault's, is passed through to
 * who does it without us (impl.h); what the vault does is in sig_remote.c.
 *
 * Which of both it is, and whose functions are to be called, is known when
 * there is a key: until then a context holds nothing of the other provider.
 */

#include <openssl/core_names.h>
#include <openssl/params.h>

#include "algorithms.h"
#include "config.h"
#include "err.h"
#include "query.h"
#include "sig.h"

static OSSL_FUNC_signature_sign_init_fn sig_sign_init;
static OSSL_FUNC_signature_verify_init_fn sig_verify_init;
static OSSL_FUNC_signature_verify_recover_init_fn sig_recover_init;
static OSSL_FUNC_signature_digest_sign_init_fn sig_digest_sign_init;
static OSSL_FUNC_signature_digest_sign_update_fn sig_digest_sign_update;
static OSSL_FUNC_signature_digest_sign_final_fn sig_digest_sign_final;
static OSSL_FUNC_signature_digest_verify_init_fn sig_digest_verify_init;
static OSSL_FUNC_signature_digest_verify_update_fn sig_digest_verify_update;
static OSSL_FUNC_signature_digest_verify_final_fn sig_digest_verify_final;
static OSSL_FUNC_signature_gettable_ctx_params_fn sig_rsa_gettable,
    sig_ecdsa_gettable;
static OSSL_FUNC_signature_settable_ctx_params_fn sig_rsa_settable,
    ecdsa_settable;
static OSSL_FUNC_signature_get_ctx_md_params_fn sig_get_md_params;
static OSSL_FUNC_signature_gettable_ctx_md_params_fn sig_gettable_md;
static OSSL_FUNC_signature_set_ctx_md_params_fn sig_set_md_params;
static OSSL_FUNC_signature_settable_ctx_md_params_fn sig_settable_md;

static void *sig_newctx(struct akv_provider *prov, enum akv_role role,
                        const char *propq)
{
    struct akv_sig_ctx *ctx = OPENSSL_zalloc(sizeof(*ctx));

    if (ctx == NULL)
        return NULL;
    ctx->prov = prov;
    ctx->role = role;
    akv_provider_hold(prov);
    /* What asks for us has found us; nothing else would fit it. */
    if (propq != NULL
        && (ctx->propq = akv_query_without(propq, "provider", "keyvault"))
               == NULL) {
        akv_sig_freectx(ctx);
        return NULL;
    }
    return ctx;
}

void *akv_sig_newctx(void *provctx, const char *propq)
{
    return sig_newctx(provctx, AKV_ROLE_LOCAL, propq);
}

void *akv_sig_fips_newctx(void *provctx, const char *propq)
{
    return sig_newctx(provctx, AKV_ROLE_FIPS, propq);
}

static void sig_drop_inner(struct akv_sig_ctx *ctx)
{
    if (ctx->inner != NULL)
        AKV_FREE(ctx->functions, SIGNATURE_FREECTX, signature_freectx,
                 ctx->inner);
    ctx->inner = NULL;
}

void akv_sig_freectx(void *vctx)
{
    struct akv_sig_ctx *ctx = vctx;

    if (ctx == NULL)
        return;
    sig_drop_inner(ctx);
    akv_sig_remote_free(ctx->remote);
    akv_key_free(ctx->key);
    OPENSSL_free(ctx->propq);
    akv_provider_drop(ctx->prov);
    OPENSSL_free(ctx);
}

void *akv_sig_dupctx(void *vctx)
{
    const struct akv_sig_ctx *src = vctx;
    struct akv_sig_ctx *dst = sig_newctx(src->prov, src->role, src->propq);

    if (dst == NULL)
        return NULL;
    dst->key = akv_key_up_ref(src->key);
    dst->functions = src->functions;
    if (src->inner != NULL)
        dst->inner = AKV_CALL(src->functions, SIGNATURE_DUPCTX,
                              signature_dupctx, src->inner);
    if (src->remote != NULL)
        dst->remote = akv_sig_remote_dup(src->remote);
    if ((src->inner != NULL && dst->inner == NULL)
        || (src->remote != NULL && dst->remote == NULL)) {
        akv_sig_freectx(dst);
        return NULL;
    }
    return dst;
}

bool akv_sig_is_for_vault(const struct akv_sig_ctx *ctx,
                          const struct akv_key *key)
{
    if (key == NULL)
        key = ctx->key;
    return key != NULL && key->remote;
}

int akv_sig_begin(struct akv_sig_ctx *ctx, struct akv_key *key, int composed,
                  void **data)
{
    const struct akv_functions *functions;

    *data = NULL;
    if (key == NULL)
        key = ctx->remote != NULL || ctx->inner == NULL ? ctx->key : NULL;
    if (key != NULL && (key = akv_key_for_role(key, ctx->role)) == NULL)
        return 0;
    if (key != NULL) {
        akv_key_free(ctx->key);
        ctx->key = key;
        *data = key->data;
    }
    if (ctx->key == NULL)
        return akv_raise(ctx->prov, AKV_R_NO_KEY, "a signature");
    akv_sig_remote_free(ctx->remote);
    ctx->remote = NULL;
    functions = composed == AKV_SIG_PLAIN ? &ctx->key->impl->signature
                                          : &ctx->key->impl->composed[composed];
    if (functions != ctx->functions)
        sig_drop_inner(ctx);
    ctx->functions = functions;
    if (ctx->inner == NULL)
        ctx->inner = AKV_CALL(functions, SIGNATURE_NEWCTX, signature_newctx,
                              ctx->key->impl->provctx, ctx->propq);
    return ctx->inner != NULL;
}

int akv_sig_begin_remote(struct akv_sig_ctx *ctx, struct akv_key *key,
                         bool digests, const char *digest,
                         const OSSL_PARAM params[])
{
    struct akv_sig_remote *remote;

    if (key != NULL) {
        akv_key_up_ref(key);
        akv_key_free(ctx->key);
        ctx->key = key;
    }
    sig_drop_inner(ctx);
    if (ctx->role == AKV_ROLE_FIPS
        && akv_config_fips(ctx->prov) != AKV_FIPS_ASSUMED)
        return akv_key_raise_fips(ctx->prov, &ctx->key->id);
    remote = akv_sig_remote_new(ctx->key, digests, digest, ctx->remote, params);
    if (remote == NULL)
        return 0;
    akv_sig_remote_free(ctx->remote);
    ctx->remote = remote;
    return 1;
}

static int sig_sign_init(void *vctx, void *vkey, const OSSL_PARAM params[])
{
    struct akv_sig_ctx *ctx = vctx;
    void *data;

    if (akv_sig_is_for_vault(ctx, vkey))
        return akv_sig_begin_remote(ctx, vkey, false, NULL, params);
    return akv_sig_begin(ctx, vkey, AKV_SIG_PLAIN, &data)
               ? AKV_SIG_INNER(ctx, SIGN_INIT, sign_init, data, params)
               : 0;
}

static int sig_verify_init(void *vctx, void *vkey, const OSSL_PARAM params[])
{
    struct akv_sig_ctx *ctx = vctx;
    void *data;

    return akv_sig_begin(ctx, vkey, AKV_SIG_PLAIN, &data)
               ? AKV_SIG_INNER(ctx, VERIFY_INIT, verify_init, data, params)
               : 0;
}

static int sig_recover_init(void *vctx, void *vkey, const OSSL_PARAM params[])
{
    struct akv_sig_ctx *ctx = vctx;
    void *data;

    return akv_sig_begin(ctx, vkey, AKV_SIG_PLAIN, &data) ? AKV_SIG_INNER(
               ctx, VERIFY_RECOVER_INIT, verify_recover_init, data, params)
                                                          : 0;
}

int akv_sig_sign(void *vctx, unsigned char *sig, size_t *siglen, size_t sigsize,
                 const unsigned char *tbs, size_t tbslen)
{
    const struct akv_sig_ctx *ctx = vctx;

    if (ctx->remote != NULL)
        return akv_sig_remote_sign(ctx->remote, sig, siglen, sigsize, tbs,
                                   tbslen);
    return AKV_SIG_INNER(ctx, SIGN, sign, sig, siglen, sigsize, tbs, tbslen);
}

int akv_sig_verify(void *vctx, const unsigned char *sig, size_t siglen,
                   const unsigned char *tbs, size_t tbslen)
{
    const struct akv_sig_ctx *ctx = vctx;

    return AKV_SIG_INNER(ctx, VERIFY, verify, sig, siglen, tbs, tbslen);
}

int akv_sig_recover(void *vctx, unsigned char *rout, size_t *routlen,
                    size_t routsize, const unsigned char *sig, size_t siglen)
{
    const struct akv_sig_ctx *ctx = vctx;

    return AKV_SIG_INNER(ctx, VERIFY_RECOVER, verify_recover, rout, routlen,
                         routsize, sig, siglen);
}

/* libssl calls this for each scheme it could offer, to learn which work. */
static int sig_digest_sign_init(void *vctx, const char *name, void *vkey,
                                const OSSL_PARAM params[])
{
    struct akv_sig_ctx *ctx = vctx;
    void *data;

    if (akv_sig_is_for_vault(ctx, vkey))
        return akv_sig_begin_remote(ctx, vkey, true, name, params);
    return akv_sig_begin(ctx, vkey, AKV_SIG_PLAIN, &data) ? AKV_SIG_INNER(
               ctx, DIGEST_SIGN_INIT, digest_sign_init, name, data, params)
                                                          : 0;
}

static int sig_digest_sign_update(void *vctx, const unsigned char *data,
                                  size_t datalen)
{
    const struct akv_sig_ctx *ctx = vctx;

    if (ctx->remote != NULL)
        return akv_sig_remote_update(ctx->remote, data, datalen);
    return AKV_SIG_INNER(ctx, DIGEST_SIGN_UPDATE, digest_sign_update, data,
                         datalen);
}

static int sig_digest_sign_final(void *vctx, unsigned char *sig, size_t *siglen,
                                 size_t sigsize)
{
    const struct akv_sig_ctx *ctx = vctx;

    if (ctx->remote != NULL)
        return akv_sig_remote_final(ctx->remote, sig, siglen, sigsize);
    return AKV_SIG_INNER(ctx, DIGEST_SIGN_FINAL, digest_sign_final, sig, siglen,
                         sigsize);
}

static int sig_digest_verify_init(void *vctx, const char *name, void *vkey,
                                  const OSSL_PARAM params[])
{
    struct akv_sig_ctx *ctx = vctx;
    void *data;

    return akv_sig_begin(ctx, vkey, AKV_SIG_PLAIN, &data) ? AKV_SIG_INNER(
               ctx, DIGEST_VERIFY_INIT, digest_verify_init, name, data, params)
                                                          : 0;
}

static int sig_digest_verify_update(void *vctx, const unsigned char *data,
                                    size_t datalen)
{
    const struct akv_sig_ctx *ctx = vctx;

    return AKV_SIG_INNER(ctx, DIGEST_VERIFY_UPDATE, digest_verify_update, data,
                         datalen);
}

static int sig_digest_verify_final(void *vctx, const unsigned char *sig,
                                   size_t siglen)
{
    const struct akv_sig_ctx *ctx = vctx;

    return AKV_SIG_INNER(ctx, DIGEST_VERIFY_FINAL, digest_verify_final, sig,
                         siglen);
}

int akv_sig_get_params(void *vctx, OSSL_PARAM params[])
{
    const struct akv_sig_ctx *ctx = vctx;

    if (ctx->remote != NULL)
        return akv_sig_remote_get_params(ctx->remote, params);
    return AKV_SIG_INNER(ctx, GET_CTX_PARAMS, get_ctx_params, params);
}

int akv_sig_set_params(void *vctx, const OSSL_PARAM params[])
{
    const struct akv_sig_ctx *ctx = vctx;

    if (ctx->remote != NULL)
        return akv_sig_remote_set_params(ctx->remote, params);
    return AKV_SIG_INNER(ctx, SET_CTX_PARAMS, set_ctx_params, params);
}

const OSSL_PARAM *akv_sig_gettable(const struct akv_sig_ctx *ctx,
                                   struct akv_provider *prov,
                                   enum akv_key_type type)
{
    const struct akv_impl *impl;

    if (ctx != NULL && ctx->remote != NULL)
        return akv_sig_remote_gettable(ctx->remote);
    if (ctx != NULL && ctx->inner != NULL)
        return AKV_CALL(ctx->functions, SIGNATURE_GETTABLE_CTX_PARAMS,
                        signature_gettable_ctx_params, ctx->inner,
                        ctx->key->impl->provctx);
    impl = akv_impl_get(prov, type, AKV_ROLE_LOCAL);
    return impl != NULL
               ? AKV_CALL(&impl->signature, SIGNATURE_GETTABLE_CTX_PARAMS,
                          signature_gettable_ctx_params, NULL, impl->provctx)
               : NULL;
}

static const OSSL_PARAM *sig_settable(const struct akv_sig_ctx *ctx,
                                      struct akv_provider *prov,
                                      enum akv_key_type type)
{
    const struct akv_impl *impl;

    if (ctx != NULL && ctx->remote != NULL)
        return akv_sig_remote_settable(ctx->remote);
    if (ctx != NULL && ctx->inner != NULL)
        return AKV_CALL(ctx->functions, SIGNATURE_SETTABLE_CTX_PARAMS,
                        signature_settable_ctx_params, ctx->inner,
                        ctx->key->impl->provctx);
    impl = akv_impl_get(prov, type, AKV_ROLE_LOCAL);
    return impl != NULL
               ? AKV_CALL(&impl->signature, SIGNATURE_SETTABLE_CTX_PARAMS,
                          signature_settable_ctx_params, NULL, impl->provctx)
               : NULL;
}

static const OSSL_PARAM *sig_rsa_gettable(void *vctx, void *provctx)
{
    return akv_sig_gettable(vctx, provctx, AKV_KEY_RSA);
}

static const OSSL_PARAM *sig_ecdsa_gettable(void *vctx, void *provctx)
{
    return akv_sig_gettable(vctx, provctx, AKV_KEY_EC);
}

static const OSSL_PARAM *sig_rsa_settable(void *vctx, void *provctx)
{
    return sig_settable(vctx, provctx, AKV_KEY_RSA);
}

static const OSSL_PARAM *ecdsa_settable(void *vctx, void *provctx)
{
    return sig_settable(vctx, provctx, AKV_KEY_EC);
}

static int sig_get_md_params(void *vctx, OSSL_PARAM params[])
{
    const struct akv_sig_ctx *ctx = vctx;

    if (ctx->remote != NULL)
        return akv_sig_remote_get_md_params(ctx->remote, params);
    return AKV_SIG_INNER(ctx, GET_CTX_MD_PARAMS, get_ctx_md_params, params);
}

static const OSSL_PARAM *sig_gettable_md(void *vctx)
{
    const struct akv_sig_ctx *ctx = vctx;

    if (ctx->remote != NULL)
        return akv_sig_remote_gettable_md(ctx->remote);
    return ctx->inner != NULL
               ? AKV_CALL(ctx->functions, SIGNATURE_GETTABLE_CTX_MD_PARAMS,
                          signature_gettable_ctx_md_params, ctx->inner)
               : NULL;
}

static int sig_set_md_params(void *vctx, const OSSL_PARAM params[])
{
    const struct akv_sig_ctx *ctx = vctx;

    if (ctx->remote != NULL)
        return akv_sig_remote_set_md_params(ctx->remote, params);
    return AKV_SIG_INNER(ctx, SET_CTX_MD_PARAMS, set_ctx_md_params, params);
}

static const OSSL_PARAM *sig_settable_md(void *vctx)
{
    const struct akv_sig_ctx *ctx = vctx;

    if (ctx->remote != NULL)
        return akv_sig_remote_settable_md(ctx->remote);
    return ctx->inner != NULL
               ? AKV_CALL(ctx->functions, SIGNATURE_SETTABLE_CTX_MD_PARAMS,
                          signature_settable_ctx_md_params, ctx->inner)
               : NULL;
}

#define COMMON_FUNCTIONS(new)                                                  \
    AKV_FN(SIGNATURE_NEWCTX, new), AKV_FN(SIGNATURE_FREECTX, akv_sig_freectx), \
        AKV_FN(SIGNATURE_DUPCTX, akv_sig_dupctx),                              \
        AKV_FN(SIGNATURE_SIGN_INIT, sig_sign_init),                            \
        AKV_FN(SIGNATURE_SIGN, akv_sig_sign),                                  \
        AKV_FN(SIGNATURE_VERIFY_INIT, sig_verify_init),                        \
        AKV_FN(SIGNATURE_VERIFY, akv_sig_verify),                              \
        AKV_FN(SIGNATURE_DIGEST_SIGN_INIT, sig_digest_sign_init),              \
        AKV_FN(SIGNATURE_DIGEST_SIGN_UPDATE, sig_digest_sign_update),          \
        AKV_FN(SIGNATURE_DIGEST_SIGN_FINAL, sig_digest_sign_final),            \
        AKV_FN(SIGNATURE_DIGEST_VERIFY_INIT, sig_digest_verify_init),          \
        AKV_FN(SIGNATURE_DIGEST_VERIFY_UPDATE, sig_digest_verify_update),      \
        AKV_FN(SIGNATURE_DIGEST_VERIFY_FINAL, sig_digest_verify_final),        \
        AKV_FN(SIGNATURE_GET_CTX_PARAMS, akv_sig_get_params),                  \
        AKV_FN(SIGNATURE_SET_CTX_PARAMS, akv_sig_set_params),                  \
        AKV_FN(SIGNATURE_GET_CTX_MD_PARAMS, sig_get_md_params),                \
        AKV_FN(SIGNATURE_GETTABLE_CTX_MD_PARAMS, sig_gettable_md),             \
        AKV_FN(SIGNATURE_SET_CTX_MD_PARAMS, sig_set_md_params),                \
        AKV_FN(SIGNATURE_SETTABLE_CTX_MD_PARAMS, sig_settable_md)

#define RSA_FUNCTIONS(new)                                                     \
    {                                                                          \
        COMMON_FUNCTIONS(new),                                                 \
            AKV_FN(SIGNATURE_VERIFY_RECOVER_INIT, sig_recover_init),           \
            AKV_FN(SIGNATURE_VERIFY_RECOVER, akv_sig_recover),                 \
            AKV_FN(SIGNATURE_GETTABLE_CTX_PARAMS, sig_rsa_gettable),           \
            AKV_FN(SIGNATURE_SETTABLE_CTX_PARAMS, sig_rsa_settable),           \
            AKV_FN_END,                                                        \
    }

#define ECDSA_FUNCTIONS(new)                                                   \
    {                                                                          \
        COMMON_FUNCTIONS(new),                                                 \
            AKV_FN(SIGNATURE_GETTABLE_CTX_PARAMS, sig_ecdsa_gettable),         \
            AKV_FN(SIGNATURE_SETTABLE_CTX_PARAMS, ecdsa_settable), AKV_FN_END, \
    }

const OSSL_DISPATCH akv_rsa_signature_functions[] =
    RSA_FUNCTIONS(akv_sig_newctx);
const OSSL_DISPATCH akv_rsa_fips_signature_functions[] =
    RSA_FUNCTIONS(akv_sig_fips_newctx);
const OSSL_DISPATCH akv_ecdsa_signature_functions[] =
    ECDSA_FUNCTIONS(akv_sig_newctx);
const OSSL_DISPATCH akv_ecdsa_fips_signature_functions[] =
    ECDSA_FUNCTIONS(akv_sig_fips_newctx);
