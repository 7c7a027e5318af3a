/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The composed algorithms of OpenSSL 3.4: a digest and a padding by one name
 * (EVP_PKEY_sign_message_init(3)). They are digest-signing with a fixed digest;
 * started without a message, signing of such a digest. Nothing can be set but
 * the signature that a message is verified with, which then has no argument.
 */

#include <openssl/evp.h>
#include <openssl/params.h>

#include "algorithms.h"
#include "sig.h"

/* Of OpenSSL 3.4: what was built without runs with it, too. */
#define QUERY_KEY_TYPES 26
#define SIGN_MESSAGE_INIT 27
#define SIGN_MESSAGE_UPDATE 28
#define SIGN_MESSAGE_FINAL 29
#define VERIFY_MESSAGE_INIT 30
#define VERIFY_MESSAGE_UPDATE 31
#define VERIFY_MESSAGE_FINAL 32
#define PARAM_SIGNATURE "signature"

static int composed_set_params(void *vctx, const OSSL_PARAM params[])
{
    struct akv_sig_ctx *ctx = vctx;
    const OSSL_PARAM *p = NULL;

    if (params != NULL)
        p = OSSL_PARAM_locate_const(params, PARAM_SIGNATURE);
    return p == NULL
           || (p->data_type == OSSL_PARAM_OCTET_STRING
               && akv_sig_keep(ctx, p->data, p->data_size));
}

static const OSSL_PARAM *composed_settable(void *vctx,
                                           ossl_unused void *provctx)
{
    static const OSSL_PARAM none[] = { OSSL_PARAM_END };
    static const OSSL_PARAM signature[] = {
        OSSL_PARAM_octet_string(PARAM_SIGNATURE, NULL, 0),
        OSSL_PARAM_END,
    };
    const struct akv_sig_ctx *ctx = vctx;

    return ctx != NULL && ctx->operation == AKV_SIG_VERIFY && ctx->mctx != NULL
               ? signature
               : none;
}

static int composed_init(void *vctx, void *vkey,
                         enum akv_sig_operation operation, const char *digest,
                         bool message, const OSSL_PARAM params[])
{
    struct akv_sig_ctx *ctx = vctx;

    OPENSSL_free(ctx->signature);
    ctx->signature = NULL;
    if (!akv_sig_digest_init(vctx, digest, vkey, operation, NULL))
        return 0;
    if (!message) {
        EVP_MD_CTX_free(ctx->mctx);
        ctx->mctx = NULL;
    }
    return composed_set_params(vctx, params);
}

/* EVP_PKEY_sign(3), of a message or of a digest. A question for the size takes
 * nothing in. */
static int composed_sign(void *vctx, unsigned char *sig, size_t *siglen,
                         size_t sigsize, const unsigned char *tbs,
                         size_t tbslen)
{
    const struct akv_sig_ctx *ctx = vctx;

    if (ctx->mctx == NULL)
        return akv_sig_sign(vctx, sig, siglen, sigsize, tbs, tbslen);
    return (sig == NULL || akv_sig_digest_update(vctx, tbs, tbslen))
           && akv_sig_digest_sign_final(vctx, sig, siglen, sigsize);
}

static int composed_verify(void *vctx, const unsigned char *sig, size_t siglen,
                           const unsigned char *tbs, size_t tbslen)
{
    const struct akv_sig_ctx *ctx = vctx;

    if (ctx->mctx == NULL)
        return akv_sig_verify(vctx, sig, siglen, tbs, tbslen);
    return akv_sig_digest_update(vctx, tbs, tbslen)
           && akv_sig_digest_verify_final(vctx, sig, siglen);
}

static int composed_verify_final(void *vctx)
{
    const struct akv_sig_ctx *ctx = vctx;

    return ctx->signature != NULL
           && akv_sig_digest_verify_final(vctx, ctx->signature,
                                          ctx->signature_len);
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

/* The four ways to begin with a digest. */
#define COMPOSED_INITS(digest)                                                 \
    static int sign_##digest(void *ctx, void *key, const OSSL_PARAM params[])  \
    {                                                                          \
        return composed_init(ctx, key, AKV_SIG_SIGN, #digest, false, params);  \
    }                                                                          \
    static int sign_message_##digest(void *ctx, void *key,                     \
                                     const OSSL_PARAM params[])                \
    {                                                                          \
        return composed_init(ctx, key, AKV_SIG_SIGN, #digest, true, params);   \
    }                                                                          \
    static int verify_##digest(void *ctx, void *key,                           \
                               const OSSL_PARAM params[])                      \
    {                                                                          \
        return composed_init(ctx, key, AKV_SIG_VERIFY, #digest, false,         \
                             params);                                          \
    }                                                                          \
    static int verify_message_##digest(void *ctx, void *key,                   \
                                       const OSSL_PARAM params[])              \
    {                                                                          \
        return composed_init(ctx, key, AKV_SIG_VERIFY, #digest, true, params); \
    }

COMPOSED_INITS(SHA256)
COMPOSED_INITS(SHA384)
COMPOSED_INITS(SHA512)

#define LATER(id, fn)                                                          \
    {                                                                          \
        id, (void (*)(void))(fn)                                               \
    }

#define COMPOSED(digest, key_types)                                            \
    {                                                                          \
        AKV_FN(SIGNATURE_NEWCTX, akv_sig_newctx),                              \
            AKV_FN(SIGNATURE_FREECTX, akv_sig_freectx),                        \
            AKV_FN(SIGNATURE_DUPCTX, akv_sig_dupctx),                          \
            AKV_FN(SIGNATURE_SIGN_INIT, sign_##digest),                        \
            AKV_FN(SIGNATURE_SIGN, composed_sign),                             \
            AKV_FN(SIGNATURE_VERIFY_INIT, verify_##digest),                    \
            AKV_FN(SIGNATURE_VERIFY, composed_verify),                         \
            AKV_FN(SIGNATURE_GET_CTX_PARAMS, akv_sig_get_params),              \
            AKV_FN(SIGNATURE_GETTABLE_CTX_PARAMS, akv_sig_gettable),           \
            AKV_FN(SIGNATURE_SET_CTX_PARAMS, composed_set_params),             \
            AKV_FN(SIGNATURE_SETTABLE_CTX_PARAMS, composed_settable),          \
            LATER(QUERY_KEY_TYPES, key_types),                                 \
            LATER(SIGN_MESSAGE_INIT, sign_message_##digest),                   \
            LATER(SIGN_MESSAGE_UPDATE, akv_sig_digest_update),                 \
            LATER(SIGN_MESSAGE_FINAL, akv_sig_digest_sign_final),              \
            LATER(VERIFY_MESSAGE_INIT, verify_message_##digest),               \
            LATER(VERIFY_MESSAGE_UPDATE, akv_sig_digest_update),               \
            LATER(VERIFY_MESSAGE_FINAL, composed_verify_final), AKV_FN_END,    \
    }

const OSSL_DISPATCH akv_rsa_composed_functions[3][AKV_COMPOSED_SIZE] = {
    COMPOSED(SHA256, rsa_key_types),
    COMPOSED(SHA384, rsa_key_types),
    COMPOSED(SHA512, rsa_key_types),
};

const OSSL_DISPATCH akv_ecdsa_composed_functions[3][AKV_COMPOSED_SIZE] = {
    COMPOSED(SHA256, ec_key_types),
    COMPOSED(SHA384, ec_key_types),
    COMPOSED(SHA512, ec_key_types),
};
