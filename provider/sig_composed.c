/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The composed algorithms of OpenSSL 3.4: a digest and a padding by one name
 * (EVP_PKEY_sign_message_init(3)). By a vault they are digest-signing with a
 * fixed digest; started without a message, signing of such a digest. All else
 * is passed through.
 */

#include <openssl/core_names.h>
#include <openssl/params.h>

#include "algorithms.h"
#include "digests.h"
#include "sig.h"

/* Of OpenSSL 3.4: what was built without runs with it, too. */
#define QUERY_KEY_TYPES 26
#define SIGN_MESSAGE_INIT 27
#define SIGN_MESSAGE_UPDATE 28
#define SIGN_MESSAGE_FINAL 29
#define VERIFY_MESSAGE_INIT 30
#define VERIFY_MESSAGE_UPDATE 31
#define VERIFY_MESSAGE_FINAL 32

#define NAME(index, bits, name, size, pkcs1, pss, rsa, ecdsa, ...) name,

static const char *const digests[AKV_DIGESTS_COUNT] = { AKV_DIGESTS(NAME) };

/* Calls a function of OpenSSL 3.4 of the inner context's. */
#define LATER(ctx, id, type, ...)                                              \
    ((ctx)->inner != NULL && (ctx)->functions->fn[id] != NULL                  \
         ? ((type *)(ctx)->functions->fn[id])((ctx)->inner, __VA_ARGS__)       \
         : 0)

typedef int init_fn(void *ctx, void *key, const OSSL_PARAM params[]);
typedef int update_fn(void *ctx, const unsigned char *data, size_t len);
typedef int sign_final_fn(void *ctx, unsigned char *sig, size_t *siglen,
                          size_t sigsize);

static int composed_sign_init(void *vctx, void *vkey, int composed,
                              bool message, const OSSL_PARAM params[])
{
    struct akv_sig_ctx *ctx = vctx;
    void *data;

    if (akv_sig_is_for_vault(ctx, vkey)) {
        if (!akv_sig_begin_remote(ctx, vkey, true, digests[composed], NULL))
            return 0;
        if (!message)
            akv_sig_remote_take_digests(ctx->remote);
        return 1;
    }
    return akv_sig_begin(ctx, vkey, composed, &data) ? LATER(
               ctx, message ? SIGN_MESSAGE_INIT : OSSL_FUNC_SIGNATURE_SIGN_INIT,
               init_fn, data, params)
                                                     : 0;
}

static int composed_init(void *vctx, void *vkey, int composed, int id,
                         const OSSL_PARAM params[])
{
    struct akv_sig_ctx *ctx = vctx;
    void *data;

    return akv_sig_begin(ctx, vkey, composed, &data)
               ? LATER(ctx, id, init_fn, data, params)
               : 0;
}

/* EVP_PKEY_sign(3), of a message or of a digest. A question for the size takes
 * nothing in. */
static int composed_sign(void *vctx, unsigned char *sig, size_t *siglen,
                         size_t sigsize, const unsigned char *tbs,
                         size_t tbslen)
{
    const struct akv_sig_ctx *ctx = vctx;

    if (ctx->remote == NULL || !akv_sig_remote_hashes(ctx->remote))
        return akv_sig_sign(vctx, sig, siglen, sigsize, tbs, tbslen);
    return (sig == NULL || akv_sig_remote_update(ctx->remote, tbs, tbslen))
           && akv_sig_remote_final(ctx->remote, sig, siglen, sigsize);
}

static int composed_sign_update(void *vctx, const unsigned char *data,
                                size_t len)
{
    const struct akv_sig_ctx *ctx = vctx;

    if (ctx->remote != NULL)
        return akv_sig_remote_update(ctx->remote, data, len);
    return LATER(ctx, SIGN_MESSAGE_UPDATE, update_fn, data, len);
}

static int composed_sign_final(void *vctx, unsigned char *sig, size_t *siglen,
                               size_t sigsize)
{
    const struct akv_sig_ctx *ctx = vctx;

    if (ctx->remote != NULL)
        return akv_sig_remote_final(ctx->remote, sig, siglen, sigsize);
    return LATER(ctx, SIGN_MESSAGE_FINAL, sign_final_fn, sig, siglen, sigsize);
}

static int composed_verify_update(void *vctx, const unsigned char *data,
                                  size_t len)
{
    const struct akv_sig_ctx *ctx = vctx;

    return LATER(ctx, VERIFY_MESSAGE_UPDATE, update_fn, data, len);
}

static int composed_verify_final(void *vctx)
{
    const struct akv_sig_ctx *ctx = vctx;

    return ctx->inner != NULL
                   && ctx->functions->fn[VERIFY_MESSAGE_FINAL] != NULL
               ? ((int (*)(void *))ctx->functions->fn[VERIFY_MESSAGE_FINAL])(
                   ctx->inner)
               : 0;
}

/* Nothing can be set of what a vault signs. */
static int composed_set_params(void *vctx, const OSSL_PARAM params[])
{
    const struct akv_sig_ctx *ctx = vctx;

    return ctx->remote != NULL || akv_sig_set_params(vctx, params);
}

static const OSSL_PARAM *composed_settable(void *vctx,
                                           ossl_unused void *provctx)
{
    static const OSSL_PARAM none[] = { OSSL_PARAM_END };
    const struct akv_sig_ctx *ctx = vctx;

    return ctx != NULL && ctx->inner != NULL
               ? AKV_CALL(ctx->functions, SIGNATURE_SETTABLE_CTX_PARAMS,
                          signature_settable_ctx_params, ctx->inner,
                          ctx->key->impl->provctx)
               : none;
}

static const OSSL_PARAM *sig_composed_rsa_gettable(void *vctx, void *provctx)
{
    return akv_sig_gettable(vctx, provctx, AKV_KEY_RSA);
}

static const OSSL_PARAM *sig_composed_ecdsa_gettable(void *vctx, void *provctx)
{
    return akv_sig_gettable(vctx, provctx, AKV_KEY_EC);
}

static const char **rsa_key_types(void)
{
    static const char *types[] = { "RSA", NULL };

    return types;
}

static const char **ec_key_types(void)
{
    static const char *types[] = { "EC", NULL };

    return types;
}

/* The ways to begin, which libcrypto tells of no digest. */
#define COMPOSED_INITS(n)                                                      \
    static int sign_##n(void *ctx, void *key, const OSSL_PARAM params[])       \
    {                                                                          \
        return composed_sign_init(ctx, key, n, false, params);                 \
    }                                                                          \
    static int sign_message_##n(void *ctx, void *key,                          \
                                const OSSL_PARAM params[])                     \
    {                                                                          \
        return composed_sign_init(ctx, key, n, true, params);                  \
    }                                                                          \
    static int verify_##n(void *ctx, void *key, const OSSL_PARAM params[])     \
    {                                                                          \
        return composed_init(ctx, key, n, OSSL_FUNC_SIGNATURE_VERIFY_INIT,     \
                             params);                                          \
    }                                                                          \
    static int verify_message_##n(void *ctx, void *key,                        \
                                  const OSSL_PARAM params[])                   \
    {                                                                          \
        return composed_init(ctx, key, n, VERIFY_MESSAGE_INIT, params);        \
    }                                                                          \
    static int recover_##n(void *ctx, void *key, const OSSL_PARAM params[])    \
    {                                                                          \
        return composed_init(ctx, key, n,                                      \
                             OSSL_FUNC_SIGNATURE_VERIFY_RECOVER_INIT, params); \
    }

#define INITS(index, bits, name, size, pkcs1, pss, rsa, ecdsa, ...)            \
    COMPOSED_INITS(index)

AKV_DIGESTS(INITS)

#define LATER_FN(id, fn)                                                       \
    {                                                                          \
        id, (void (*)(void))(fn)                                               \
    }

#define COMMON_FUNCTIONS(new, n)                                               \
    AKV_FN(SIGNATURE_NEWCTX, new), AKV_FN(SIGNATURE_FREECTX, akv_sig_freectx), \
        AKV_FN(SIGNATURE_DUPCTX, akv_sig_dupctx),                              \
        AKV_FN(SIGNATURE_SIGN_INIT, sign_##n),                                 \
        AKV_FN(SIGNATURE_SIGN, composed_sign),                                 \
        AKV_FN(SIGNATURE_VERIFY_INIT, verify_##n),                             \
        AKV_FN(SIGNATURE_VERIFY, akv_sig_verify),                              \
        AKV_FN(SIGNATURE_GET_CTX_PARAMS, akv_sig_get_params),                  \
        AKV_FN(SIGNATURE_SET_CTX_PARAMS, composed_set_params),                 \
        AKV_FN(SIGNATURE_SETTABLE_CTX_PARAMS, composed_settable),              \
        LATER_FN(SIGN_MESSAGE_INIT, sign_message_##n),                         \
        LATER_FN(SIGN_MESSAGE_UPDATE, composed_sign_update),                   \
        LATER_FN(SIGN_MESSAGE_FINAL, composed_sign_final),                     \
        LATER_FN(VERIFY_MESSAGE_INIT, verify_message_##n),                     \
        LATER_FN(VERIFY_MESSAGE_UPDATE, composed_verify_update),               \
        LATER_FN(VERIFY_MESSAGE_FINAL, composed_verify_final)

#define RSA_FUNCTIONS(new, n)                                                  \
    {                                                                          \
        COMMON_FUNCTIONS(new, n),                                              \
            AKV_FN(SIGNATURE_VERIFY_RECOVER_INIT, recover_##n),                \
            AKV_FN(SIGNATURE_VERIFY_RECOVER, akv_sig_recover),                 \
            AKV_FN(SIGNATURE_GETTABLE_CTX_PARAMS, sig_composed_rsa_gettable),  \
            LATER_FN(QUERY_KEY_TYPES, rsa_key_types), AKV_FN_END,              \
    }

#define ECDSA_FUNCTIONS(new, n)                                                \
    {                                                                          \
        COMMON_FUNCTIONS(new, n),                                              \
            AKV_FN(SIGNATURE_GETTABLE_CTX_PARAMS,                              \
                   sig_composed_ecdsa_gettable),                               \
            LATER_FN(QUERY_KEY_TYPES, ec_key_types), AKV_FN_END,               \
    }

#define RSA_ROW(index, bits, name, size, pkcs1, pss, rsa, ecdsa, ...)          \
    RSA_FUNCTIONS(akv_sig_newctx, index),
#define RSA_FIPS_ROW(index, bits, name, size, pkcs1, pss, rsa, ecdsa, ...)     \
    RSA_FUNCTIONS(akv_sig_fips_newctx, index),
#define ECDSA_ROW(index, bits, name, size, pkcs1, pss, rsa, ecdsa, ...)        \
    ECDSA_FUNCTIONS(akv_sig_newctx, index),
#define ECDSA_FIPS_ROW(index, bits, name, size, pkcs1, pss, rsa, ecdsa, ...)   \
    ECDSA_FUNCTIONS(akv_sig_fips_newctx, index),

const OSSL_DISPATCH akv_rsa_composed_functions[][AKV_COMPOSED_SIZE] = {
    AKV_DIGESTS(RSA_ROW)
};
const OSSL_DISPATCH akv_rsa_fips_composed_functions[][AKV_COMPOSED_SIZE] = {
    AKV_DIGESTS(RSA_FIPS_ROW)
};
const OSSL_DISPATCH akv_ecdsa_composed_functions[][AKV_COMPOSED_SIZE] = {
    AKV_DIGESTS(ECDSA_ROW)
};
const OSSL_DISPATCH akv_ecdsa_fips_composed_functions[][AKV_COMPOSED_SIZE] = {
    AKV_DIGESTS(ECDSA_FIPS_ROW)
};
