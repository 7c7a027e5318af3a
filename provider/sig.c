/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Signatures with RSA and EC keys. Every context holds one of the private
 * context, which keeps the parameters, makes AlgorithmIdentifiers, and does
 * all that is local: verification always, signing where the key is a software
 * key. Digest-signing is a digest and then signing. For a remote key the inner
 * context is a verification, by which the vault's answer is checked.
 */

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>

#include "algorithms.h"
#include "sig.h"

static OSSL_FUNC_signature_sign_init_fn sig_sign_init;
static OSSL_FUNC_signature_verify_init_fn sig_verify_init;
static OSSL_FUNC_signature_verify_recover_init_fn sig_recover_init;
static OSSL_FUNC_signature_verify_recover_fn sig_recover;
static OSSL_FUNC_signature_digest_sign_init_fn sig_digest_sign_init;
static OSSL_FUNC_signature_digest_verify_init_fn sig_digest_verify_init;
static OSSL_FUNC_signature_set_ctx_params_fn sig_set_params;
static OSSL_FUNC_signature_settable_ctx_params_fn sig_settable;
static OSSL_FUNC_signature_get_ctx_md_params_fn sig_get_md_params;
static OSSL_FUNC_signature_gettable_ctx_md_params_fn sig_gettable_md;
static OSSL_FUNC_signature_set_ctx_md_params_fn sig_set_md_params;
static OSSL_FUNC_signature_settable_ctx_md_params_fn sig_settable_md;

/* The caller's propq has no meaning in the private context. */
void *akv_sig_newctx(void *provctx, ossl_unused const char *propq)
{
    struct akv_sig_ctx *ctx = OPENSSL_zalloc(sizeof(*ctx));

    if (ctx == NULL)
        return NULL;
    ctx->prov = provctx;
    akv_provider_hold(ctx->prov);
    return ctx;
}

void akv_sig_freectx(void *vctx)
{
    struct akv_sig_ctx *ctx = vctx;

    if (ctx == NULL)
        return;
    EVP_MD_CTX_free(ctx->mctx);
    EVP_PKEY_CTX_free(ctx->pctx);
    OPENSSL_free(ctx->signature);
    akv_key_free(ctx->key);
    akv_provider_drop(ctx->prov);
    OPENSSL_free(ctx);
}

int akv_sig_keep(struct akv_sig_ctx *ctx, const void *sig, size_t len)
{
    unsigned char *copy = OPENSSL_memdup(sig, len);

    if (copy == NULL)
        return 0;
    OPENSSL_free(ctx->signature);
    ctx->signature = copy;
    ctx->signature_len = len;
    return 1;
}

void *akv_sig_dupctx(void *vctx)
{
    const struct akv_sig_ctx *src = vctx;
    struct akv_sig_ctx *dst = akv_sig_newctx(src->prov, NULL);

    if (dst == NULL)
        return NULL;
    dst->key = akv_key_up_ref(src->key);
    dst->operation = src->operation;
    if (src->pctx != NULL && (dst->pctx = EVP_PKEY_CTX_dup(src->pctx)) == NULL)
        goto fail;
    if (src->mctx != NULL
        && ((dst->mctx = EVP_MD_CTX_new()) == NULL
            || !EVP_MD_CTX_copy_ex(dst->mctx, src->mctx)))
        goto fail;
    if (src->signature != NULL
        && !akv_sig_keep(dst, src->signature, src->signature_len))
        goto fail;
    return dst;

fail:
    akv_sig_freectx(dst);
    return NULL;
}

static bool signs_remotely(const struct akv_sig_ctx *ctx)
{
    return ctx->operation == AKV_SIG_SIGN && ctx->key->remote;
}

/* The inner context for the operation. */
static int init_inner(struct akv_sig_ctx *ctx, const OSSL_PARAM params[])
{
    EVP_PKEY_CTX *pctx =
        EVP_PKEY_CTX_new_from_pkey(akv_libctx(ctx->prov), ctx->key->pkey, NULL);
    int ok = 0;

    if (pctx == NULL)
        return 0;
    if (ctx->operation == AKV_SIG_RECOVER)
        ok = EVP_PKEY_verify_recover_init_ex(pctx, params);
    else if (ctx->operation == AKV_SIG_VERIFY || ctx->key->remote)
        ok = EVP_PKEY_verify_init_ex(pctx, params);
    else
        ok = EVP_PKEY_sign_init_ex(pctx, params);
    if (ok != 1) {
        EVP_PKEY_CTX_free(pctx);
        return 0;
    }
    EVP_PKEY_CTX_free(ctx->pctx);
    ctx->pctx = pctx;
    return 1;
}

/* A key of NULL means the one that is there. */
static int init_key(struct akv_sig_ctx *ctx, struct akv_key *key,
                    enum akv_sig_operation operation, const OSSL_PARAM params[])
{
    if (key != NULL) {
        akv_key_up_ref(key);
        akv_key_free(ctx->key);
        ctx->key = key;
    }
    if (ctx->key == NULL || ctx->key->pkey == NULL)
        return akv_raise(ctx->prov, AKV_R_NO_KEY, "a signature");
    ctx->operation = operation;
    return init_inner(ctx, params);
}

static int init(void *vctx, void *vkey, enum akv_sig_operation operation,
                const OSSL_PARAM params[])
{
    struct akv_sig_ctx *ctx = vctx;

    EVP_MD_CTX_free(ctx->mctx);
    ctx->mctx = NULL;
    return init_key(ctx, vkey, operation, params)
           && (!signs_remotely(ctx)
               || akv_sig_remote_check(ctx->key, ctx->pctx));
}

static int sig_sign_init(void *vctx, void *vkey, const OSSL_PARAM params[])
{
    return init(vctx, vkey, AKV_SIG_SIGN, params);
}

static int sig_verify_init(void *vctx, void *vkey, const OSSL_PARAM params[])
{
    return init(vctx, vkey, AKV_SIG_VERIFY, params);
}

static int sig_recover_init(void *vctx, void *vkey, const OSSL_PARAM params[])
{
    return init(vctx, vkey, AKV_SIG_RECOVER, params);
}

int akv_sig_sign(void *vctx, unsigned char *sig, size_t *siglen, size_t sigsize,
                 const unsigned char *tbs, size_t tbslen)
{
    struct akv_sig_ctx *ctx = vctx;
    size_t most;

    if (ctx->key == NULL || ctx->pctx == NULL)
        return akv_raise(ctx->prov, AKV_R_NO_KEY, "a signature");
    if (!ctx->key->remote) {
        *siglen = sigsize;
        return EVP_PKEY_sign(ctx->pctx, sig, siglen, tbs, tbslen) == 1;
    }
    most = (size_t)EVP_PKEY_get_size(ctx->key->pkey);
    if (sig == NULL) { /* the caller only asks how much room to make */
        *siglen = most;
        return 1;
    }
    if (sigsize < most)
        return akv_raise(ctx->prov, AKV_R_BUFFER_TOO_SMALL,
                         "%zu bytes, the signature may need %zu", sigsize,
                         most);
    return akv_sig_remote_sign(ctx->key, ctx->pctx, sig, siglen, tbs, tbslen);
}

int akv_sig_verify(void *vctx, const unsigned char *sig, size_t siglen,
                   const unsigned char *tbs, size_t tbslen)
{
    const struct akv_sig_ctx *ctx = vctx;

    return ctx->pctx != NULL
           && EVP_PKEY_verify(ctx->pctx, sig, siglen, tbs, tbslen) == 1;
}

static int sig_recover(void *vctx, unsigned char *rout, size_t *routlen,
                       size_t routsize, const unsigned char *sig, size_t siglen)
{
    const struct akv_sig_ctx *ctx = vctx;

    *routlen = routsize;
    return ctx->pctx != NULL
           && EVP_PKEY_verify_recover(ctx->pctx, rout, routlen, sig, siglen)
                  == 1;
}

/* Sets the digest for both the hash and the inner context. No name: the digest
 * that is there, or the key's default. */
static int init_digest(struct akv_sig_ctx *ctx, const char *name)
{
    char standard[64];
    OSSL_PARAM params[2];
    EVP_MD *md = NULL;
    union {
        const char *in;
        char *out;
    } u;
    int ok;

    if ((name == NULL || *name == '\0') && ctx->mctx != NULL
        && EVP_MD_CTX_get0_md(ctx->mctx) != NULL)
        name = EVP_MD_get0_name(EVP_MD_CTX_get0_md(ctx->mctx));
    if (name == NULL || *name == '\0') {
        if (EVP_PKEY_get_default_digest_name(ctx->key->pkey, standard,
                                             sizeof(standard))
            <= 0)
            return akv_raise(ctx->prov, AKV_R_UNSUPPORTED_DIGEST, "none");
        name = standard;
    }
    u.in = name;
    params[0] =
        OSSL_PARAM_construct_utf8_string(OSSL_SIGNATURE_PARAM_DIGEST, u.out, 0);
    params[1] = OSSL_PARAM_construct_end();
    if (ctx->mctx == NULL)
        ctx->mctx = EVP_MD_CTX_new();
    md = EVP_MD_fetch(akv_libctx(ctx->prov), name, NULL);
    if (md == NULL && signs_remotely(ctx))
        return akv_raise(ctx->prov, AKV_R_UNSUPPORTED_DIGEST, "%s", name);
    ok = ctx->mctx != NULL && md != NULL
         && EVP_PKEY_CTX_set_params(ctx->pctx, params) == 1
         && EVP_DigestInit_ex2(ctx->mctx, md, NULL) == 1;
    EVP_MD_free(md);
    return ok;
}

/* libssl calls this for each scheme it could offer, to learn which work. */
int akv_sig_digest_init(void *vctx, const char *name, void *vkey,
                        enum akv_sig_operation operation,
                        const OSSL_PARAM params[])
{
    struct akv_sig_ctx *ctx = vctx;

    return init_key(ctx, vkey, operation, params) && init_digest(ctx, name)
           && (!signs_remotely(ctx)
               || akv_sig_remote_check(ctx->key, ctx->pctx));
}

static int sig_digest_sign_init(void *vctx, const char *name, void *vkey,
                                const OSSL_PARAM params[])
{
    return akv_sig_digest_init(vctx, name, vkey, AKV_SIG_SIGN, params);
}

static int sig_digest_verify_init(void *vctx, const char *name, void *vkey,
                                  const OSSL_PARAM params[])
{
    return akv_sig_digest_init(vctx, name, vkey, AKV_SIG_VERIFY, params);
}

int akv_sig_digest_update(void *vctx, const unsigned char *data, size_t datalen)
{
    const struct akv_sig_ctx *ctx = vctx;

    return ctx->mctx != NULL && EVP_DigestUpdate(ctx->mctx, data, datalen);
}

int akv_sig_digest_sign_final(void *vctx, unsigned char *sig, size_t *siglen,
                              size_t sigsize)
{
    const struct akv_sig_ctx *ctx = vctx;
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned len = 0;

    if (sig != NULL
        && (ctx->mctx == NULL
            || EVP_DigestFinal_ex(ctx->mctx, digest, &len) != 1))
        return 0;
    if (sig == NULL) /* a digest of the right length, for local keys */
        len = ctx->mctx != NULL ? (unsigned)EVP_MD_CTX_get_size(ctx->mctx) : 0;
    return akv_sig_sign(vctx, sig, siglen, sigsize, digest, len);
}

int akv_sig_digest_verify_final(void *vctx, const unsigned char *sig,
                                size_t siglen)
{
    const struct akv_sig_ctx *ctx = vctx;
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned len = 0;

    return ctx->mctx != NULL && EVP_DigestFinal_ex(ctx->mctx, digest, &len) == 1
           && akv_sig_verify(vctx, sig, siglen, digest, len);
}

int akv_sig_get_params(void *vctx, OSSL_PARAM params[])
{
    const struct akv_sig_ctx *ctx = vctx;

    return ctx->pctx != NULL && EVP_PKEY_CTX_get_params(ctx->pctx, params) == 1;
}

static int sig_set_params(void *vctx, const OSSL_PARAM params[])
{
    struct akv_sig_ctx *ctx = vctx;
    const OSSL_PARAM *p;
    const char *name;

    if (params == NULL || params[0].key == NULL)
        return 1;
    p = OSSL_PARAM_locate_const(params, OSSL_SIGNATURE_PARAM_DIGEST);
    /* The hash has begun: its digest cannot be another one. */
    if (ctx->mctx != NULL && p != NULL
        && (!OSSL_PARAM_get_utf8_string_ptr(p, &name)
            || !EVP_MD_is_a(EVP_MD_CTX_get0_md(ctx->mctx), name)))
        return 0;
    return ctx->pctx != NULL && EVP_PKEY_CTX_set_params(ctx->pctx, params) == 1
           && (!signs_remotely(ctx)
               || akv_sig_remote_check(ctx->key, ctx->pctx));
}

/* Without a key the lists are those of no algorithm in particular. */
const OSSL_PARAM *akv_sig_gettable(void *vctx, ossl_unused void *provctx)
{
    static const OSSL_PARAM none[] = {
        OSSL_PARAM_octet_string(OSSL_SIGNATURE_PARAM_ALGORITHM_ID, NULL, 0),
        OSSL_PARAM_utf8_string(OSSL_SIGNATURE_PARAM_DIGEST, NULL, 0),
        OSSL_PARAM_END,
    };
    const struct akv_sig_ctx *ctx = vctx;

    return ctx != NULL && ctx->pctx != NULL
               ? EVP_PKEY_CTX_gettable_params(ctx->pctx)
               : none;
}

static const OSSL_PARAM *sig_settable(void *vctx, ossl_unused void *provctx)
{
    static const OSSL_PARAM none[] = {
        OSSL_PARAM_utf8_string(OSSL_SIGNATURE_PARAM_DIGEST, NULL, 0),
        OSSL_PARAM_END,
    };
    const struct akv_sig_ctx *ctx = vctx;

    return ctx != NULL && ctx->pctx != NULL
               ? EVP_PKEY_CTX_settable_params(ctx->pctx)
               : none;
}

static int sig_get_md_params(void *vctx, OSSL_PARAM params[])
{
    const struct akv_sig_ctx *ctx = vctx;

    return ctx->mctx != NULL && EVP_MD_CTX_get_params(ctx->mctx, params);
}

static const OSSL_PARAM *sig_gettable_md(void *vctx)
{
    const struct akv_sig_ctx *ctx = vctx;

    return ctx->mctx != NULL ? EVP_MD_CTX_gettable_params(ctx->mctx) : NULL;
}

static int sig_set_md_params(void *vctx, const OSSL_PARAM params[])
{
    const struct akv_sig_ctx *ctx = vctx;

    return ctx->mctx != NULL && EVP_MD_CTX_set_params(ctx->mctx, params);
}

static const OSSL_PARAM *sig_settable_md(void *vctx)
{
    const struct akv_sig_ctx *ctx = vctx;

    return ctx->mctx != NULL ? EVP_MD_CTX_settable_params(ctx->mctx) : NULL;
}

const OSSL_DISPATCH akv_signature_functions[] = {
    AKV_FN(SIGNATURE_NEWCTX, akv_sig_newctx),
    AKV_FN(SIGNATURE_FREECTX, akv_sig_freectx),
    AKV_FN(SIGNATURE_DUPCTX, akv_sig_dupctx),
    AKV_FN(SIGNATURE_SIGN_INIT, sig_sign_init),
    AKV_FN(SIGNATURE_SIGN, akv_sig_sign),
    AKV_FN(SIGNATURE_VERIFY_INIT, sig_verify_init),
    AKV_FN(SIGNATURE_VERIFY, akv_sig_verify),
    AKV_FN(SIGNATURE_VERIFY_RECOVER_INIT, sig_recover_init),
    AKV_FN(SIGNATURE_VERIFY_RECOVER, sig_recover),
    AKV_FN(SIGNATURE_DIGEST_SIGN_INIT, sig_digest_sign_init),
    AKV_FN(SIGNATURE_DIGEST_SIGN_UPDATE, akv_sig_digest_update),
    AKV_FN(SIGNATURE_DIGEST_SIGN_FINAL, akv_sig_digest_sign_final),
    AKV_FN(SIGNATURE_DIGEST_VERIFY_INIT, sig_digest_verify_init),
    AKV_FN(SIGNATURE_DIGEST_VERIFY_UPDATE, akv_sig_digest_update),
    AKV_FN(SIGNATURE_DIGEST_VERIFY_FINAL, akv_sig_digest_verify_final),
    AKV_FN(SIGNATURE_GET_CTX_PARAMS, akv_sig_get_params),
    AKV_FN(SIGNATURE_GETTABLE_CTX_PARAMS, akv_sig_gettable),
    AKV_FN(SIGNATURE_SET_CTX_PARAMS, sig_set_params),
    AKV_FN(SIGNATURE_SETTABLE_CTX_PARAMS, sig_settable),
    AKV_FN(SIGNATURE_GET_CTX_MD_PARAMS, sig_get_md_params),
    AKV_FN(SIGNATURE_GETTABLE_CTX_MD_PARAMS, sig_gettable_md),
    AKV_FN(SIGNATURE_SET_CTX_MD_PARAMS, sig_set_md_params),
    AKV_FN(SIGNATURE_SETTABLE_CTX_MD_PARAMS, sig_settable_md),
    AKV_FN_END,
};
