/* SPDX-License-Identifier: Apache-2.0 */

/*
 * RSA encryption and decryption. As in sig.c, all is passed through but the
 * decryption with a key of a vault, which is a decrypt or unwrapKey request; a
 * context of the key's implementation keeps its parameters.
 *
 * PKCS#1 v1.5 decryption by a server that answers differently to bad padding
 * is an oracle. All its failures look alike to the caller, and TLS's RSA key
 * exchange, where the attacker asks as often as it likes, is refused.
 */

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <openssl/rsa.h>
#include <stddef.h>
#include <string.h>

#include "akv/key.h"
#include "algorithms.h"
#include "base/settings_impl.h"
#include "config.h"
#include "err.h"
#include "pass.h"

struct cipher_ctx {
    struct akv_pass pass;
    EVP_PKEY_CTX *pctx; /* owned; instead of an inner one: the vault decrypts */
};

static const struct akv_pass_kind kind = {
    offsetof(struct akv_impl, cipher),
    OSSL_FUNC_ASYM_CIPHER_NEWCTX,
    OSSL_FUNC_ASYM_CIPHER_FREECTX,
    OSSL_FUNC_ASYM_CIPHER_DUPCTX,
};

#define INNER(ctx, id, name, ...)                                              \
    AKV_PASS(&(ctx)->pass, &kind, ASYM_CIPHER_##id, asym_cipher_##name,        \
             __VA_ARGS__)

static OSSL_FUNC_asym_cipher_newctx_fn rsa_newctx, rsa_fips_newctx;
static OSSL_FUNC_asym_cipher_freectx_fn rsa_freectx;
static OSSL_FUNC_asym_cipher_dupctx_fn rsa_dupctx;
static OSSL_FUNC_asym_cipher_encrypt_init_fn rsa_encrypt_init;
static OSSL_FUNC_asym_cipher_encrypt_fn rsa_encrypt;
static OSSL_FUNC_asym_cipher_decrypt_init_fn rsa_decrypt_init;
static OSSL_FUNC_asym_cipher_decrypt_fn rsa_decrypt;
static OSSL_FUNC_asym_cipher_get_ctx_params_fn rsa_get_params;
static OSSL_FUNC_asym_cipher_gettable_ctx_params_fn asym_rsa_gettable;
static OSSL_FUNC_asym_cipher_set_ctx_params_fn rsa_set_params;
static OSSL_FUNC_asym_cipher_settable_ctx_params_fn asym_rsa_settable;

static void *asym_newctx(struct akv_provider *prov, enum akv_role role)
{
    struct cipher_ctx *ctx = OPENSSL_zalloc(sizeof(*ctx));

    if (ctx != NULL)
        akv_pass_init(&ctx->pass, prov, role);
    return ctx;
}

static void *rsa_newctx(void *provctx)
{
    return asym_newctx(provctx, AKV_ROLE_LOCAL);
}

static void *rsa_fips_newctx(void *provctx)
{
    return asym_newctx(provctx, AKV_ROLE_FIPS);
}

static void rsa_freectx(void *vctx)
{
    struct cipher_ctx *ctx = vctx;

    if (ctx == NULL)
        return;
    EVP_PKEY_CTX_free(ctx->pctx);
    akv_pass_clear(&ctx->pass, &kind);
    OPENSSL_free(ctx);
}

static void *rsa_dupctx(void *vctx)
{
    const struct cipher_ctx *src = vctx;
    struct cipher_ctx *dst = asym_newctx(src->pass.prov, src->pass.role);

    if (dst == NULL)
        return NULL;
    if (akv_pass_copy(&dst->pass, &src->pass, &kind)
        && (src->pctx == NULL
            || (dst->pctx = EVP_PKEY_CTX_dup(src->pctx)) != NULL))
        return dst;
    rsa_freectx(dst);
    return NULL;
}

static bool get_padding(const struct cipher_ctx *ctx, int *padding)
{
    OSSL_PARAM params[2];

    params[0] =
        OSSL_PARAM_construct_int(OSSL_ASYM_CIPHER_PARAM_PAD_MODE, padding);
    params[1] = OSSL_PARAM_construct_end();
    return EVP_PKEY_CTX_get_params(ctx->pctx, params) == 1;
}

/* What the vault cannot or must not do is refused as soon as it is set. */
static int asym_check_padding(const struct cipher_ctx *ctx)
{
    int padding = 0;

    if (!get_padding(ctx, &padding))
        return 0;
    switch (padding) {
    case RSA_PKCS1_OAEP_PADDING:
        return 1;
    case RSA_PKCS1_PADDING:
        /* The default until another is set: rsa1_5 is looked at later. */
        return 1;
    case RSA_PKCS1_WITH_TLS_PADDING:
        return akv_raise(ctx->pass.prov, AKV_R_UNSUPPORTED_PADDING,
                         "TLS key exchange by RSA decryption is not done with "
                         "a key in a vault; use an ECDHE cipher suite");
    default:
        return akv_raise(ctx->pass.prov, AKV_R_UNSUPPORTED_PADDING,
                         "mode %d: an RSA key in a vault decrypts OAEP and "
                         "PKCS#1 v1.5 padding only",
                         padding);
    }
}

/* The vault decrypts; what its parameters are is kept here. */
static int begin_remote(struct cipher_ctx *ctx, struct akv_key *key,
                        const OSSL_PARAM params[])
{
    const struct akv_impl *impl = key->impl;

    akv_pass_set_key(&ctx->pass, &kind, key);
    EVP_PKEY_CTX_free(ctx->pctx);
    ctx->pctx = NULL;
    if (ctx->pass.role == AKV_ROLE_FIPS
        && akv_config_fips(ctx->pass.prov) != AKV_FIPS_ASSUMED)
        return akv_key_raise_fips(ctx->pass.prov, &key->id);
    ctx->pctx =
        EVP_PKEY_CTX_new_from_pkey(impl->libctx, key->pkey, impl->propq);
    return ctx->pctx != NULL && EVP_PKEY_decrypt_init_ex(ctx->pctx, params) == 1
           && asym_check_padding(ctx);
}

static int asym_begin(struct cipher_ctx *ctx, struct akv_key *key, void **data)
{
    EVP_PKEY_CTX_free(ctx->pctx);
    ctx->pctx = NULL;
    return akv_pass_begin(&ctx->pass, &kind, key, data);
}

static int rsa_encrypt_init(void *vctx, void *vkey, const OSSL_PARAM params[])
{
    struct cipher_ctx *ctx = vctx;
    void *data;

    return asym_begin(ctx, vkey, &data)
               ? INNER(ctx, ENCRYPT_INIT, encrypt_init, data, params)
               : 0;
}

static int rsa_decrypt_init(void *vctx, void *vkey, const OSSL_PARAM params[])
{
    struct cipher_ctx *ctx = vctx;
    struct akv_key *key = vkey != NULL ? vkey : ctx->pass.key;
    void *data;

    if (key != NULL && key->remote)
        return begin_remote(ctx, key, params);
    return asym_begin(ctx, vkey, &data)
               ? INNER(ctx, DECRYPT_INIT, decrypt_init, data, params)
               : 0;
}

static int rsa_encrypt(void *vctx, unsigned char *out, size_t *outlen,
                       size_t outsize, const unsigned char *in, size_t inlen)
{
    const struct cipher_ctx *ctx = vctx;

    return INNER(ctx, ENCRYPT, encrypt, out, outlen, outsize, in, inlen);
}

static bool is_digest(const struct cipher_ctx *ctx, const char *name,
                      const char *wanted)
{
    const struct akv_impl *impl = ctx->pass.key->impl;
    EVP_MD *md;
    bool is;

    (void)ERR_set_mark();
    md = EVP_MD_fetch(impl->libctx, name, impl->propq);
    (void)ERR_pop_to_mark();
    is = md != NULL && EVP_MD_is_a(md, wanted);
    EVP_MD_free(md);
    return is;
}

/* OpenSSL's default for both digests is SHA-1, and so is RSA-OAEP's. */
static int oaep_alg(const struct cipher_ctx *ctx, enum akv_alg *alg)
{
    char digest[64] = "", mgf1[64] = "";
    unsigned char *label = NULL;
    OSSL_PARAM params[4];

    params[0] = OSSL_PARAM_construct_utf8_string(
        OSSL_ASYM_CIPHER_PARAM_OAEP_DIGEST, digest, sizeof(digest));
    params[1] = OSSL_PARAM_construct_utf8_string(
        OSSL_ASYM_CIPHER_PARAM_MGF1_DIGEST, mgf1, sizeof(mgf1));
    params[2] = OSSL_PARAM_construct_octet_ptr(
        OSSL_ASYM_CIPHER_PARAM_OAEP_LABEL, (void **)&label, 0);
    params[3] = OSSL_PARAM_construct_end();
    if (EVP_PKEY_CTX_get_params(ctx->pctx, params) != 1)
        return 0;
    if (OSSL_PARAM_modified(&params[2]) && params[2].return_size > 0)
        return akv_raise(ctx->pass.prov, AKV_R_UNSUPPORTED_PADDING,
                         "an OAEP label: a vault's is always empty");
    if (digest[0] == '\0' || is_digest(ctx, digest, "SHA1"))
        *alg = AKV_RSA_OAEP;
    else if (is_digest(ctx, digest, "SHA256"))
        *alg = AKV_RSA_OAEP_256;
    else
        return akv_raise(ctx->pass.prov, AKV_R_UNSUPPORTED_DIGEST,
                         "%s: a vault does OAEP with SHA-1 or SHA-256 only",
                         digest);
    if (mgf1[0] == '\0'
        || is_digest(ctx, mgf1, *alg == AKV_RSA_OAEP ? "SHA1" : "SHA256"))
        return 1;
    return akv_raise(ctx->pass.prov, AKV_R_UNSUPPORTED_DIGEST,
                     "%s for MGF1: a vault uses that of OAEP, %s", mgf1,
                     digest[0] != '\0' ? digest : "SHA1");
}

static int choose_alg(const struct cipher_ctx *ctx, enum akv_alg *alg)
{
    int padding = 0;

    if (!asym_check_padding(ctx) || !get_padding(ctx, &padding))
        return 0;
    if (padding == RSA_PKCS1_OAEP_PADDING)
        return oaep_alg(ctx, alg);
    if (!akv_config_of(ctx->pass.prov)->settings.rsa1_5)
        return akv_raise(ctx->pass.prov, AKV_R_UNSUPPORTED_PADDING,
                         "PKCS#1 v1.5 decryption is forbidden by the setting "
                         "rsa1_5");
    *alg = AKV_RSA1_5;
    return 1;
}

/* decrypt where the key allows it, else unwrapKey: the same computation. */
static int choose_op(const struct cipher_ctx *ctx, bool *unwrap)
{
    unsigned ops = ctx->pass.key->ops;

    *unwrap = (ops & AKV_OP_DECRYPT) == 0 && (ops & AKV_OP_UNWRAP) != 0;
    if (ops == 0 || (ops & (AKV_OP_DECRYPT | AKV_OP_UNWRAP)) != 0)
        return 1;
    return akv_raise(ctx->pass.prov, AKV_R_KEY_OPS,
                     "keys/%s at %s allows neither decrypt nor unwrapKey",
                     ctx->pass.key->id.name, ctx->pass.key->id.host);
}

static int remote_decrypt(const struct cipher_ctx *ctx, unsigned char *out,
                          size_t *outlen, size_t outsize,
                          const unsigned char *in, size_t inlen)
{
    size_t modulus = (size_t)EVP_PKEY_get_size(ctx->pass.key->pkey);
    struct akv_buf plain = AKV_BUF_INIT(modulus);
    struct akv_error err = AKV_ERROR_INIT;
    enum akv_alg alg = AKV_RSA_OAEP;
    bool unwrap = false;
    int ok = choose_alg(ctx, &alg) && choose_op(ctx, &unwrap);

    if (!ok)
        return 0;
    /* Whether a plaintext fits must not depend on it: see the comment above. */
    if (outsize < modulus)
        return akv_raise(ctx->pass.prov, AKV_R_BUFFER_TOO_SMALL,
                         "%zu bytes, the key has %zu", outsize, modulus);
    if (inlen != modulus)
        return akv_raise(ctx->pass.prov, AKV_R_BAD_LENGTH,
                         "%zu bytes to decrypt, the key has %zu", inlen,
                         modulus);
    if (!akv_key_cipher(akv_config_of(ctx->pass.prov)->client,
                        &ctx->pass.key->id, unwrap ? AKV_UNWRAP : AKV_DECRYPT,
                        alg, in, inlen, NULL, &plain, &err)) {
        ok = alg == AKV_RSA1_5
                 ? akv_raise(ctx->pass.prov, AKV_R_DECRYPTION, "RSA1_5")
                 : akv_raise_error(ctx->pass.prov, &err);
    } else {
        if (plain.len > 0)
            memcpy(out, plain.data, plain.len);
        *outlen = plain.len;
    }
    akv_buf_free(&plain);
    return ok;
}

static int rsa_decrypt(void *vctx, unsigned char *out, size_t *outlen,
                       size_t outsize, const unsigned char *in, size_t inlen)
{
    const struct cipher_ctx *ctx = vctx;

    if (ctx->pctx == NULL)
        return INNER(ctx, DECRYPT, decrypt, out, outlen, outsize, in, inlen);
    if (out == NULL) { /* the caller only asks how much room to make */
        *outlen = (size_t)EVP_PKEY_get_size(ctx->pass.key->pkey);
        return 1;
    }
    return remote_decrypt(ctx, out, outlen, outsize, in, inlen);
}

static int rsa_get_params(void *vctx, OSSL_PARAM params[])
{
    const struct cipher_ctx *ctx = vctx;

    if (ctx->pctx != NULL)
        return EVP_PKEY_CTX_get_params(ctx->pctx, params) == 1;
    return INNER(ctx, GET_CTX_PARAMS, get_ctx_params, params);
}

/* What cannot be, whatever else is set, is refused at once; whether all goes
 * together is judged when something is decrypted. */
static int rsa_set_params(void *vctx, const OSSL_PARAM params[])
{
    const struct cipher_ctx *ctx = vctx;

    if (ctx->pctx == NULL)
        return INNER(ctx, SET_CTX_PARAMS, set_ctx_params, params);
    if (params == NULL || params[0].key == NULL)
        return 1;
    return EVP_PKEY_CTX_set_params(ctx->pctx, params) == 1
           && asym_check_padding(ctx);
}

static const OSSL_PARAM *asym_rsa_gettable(ossl_unused void *vctx,
                                           void *provctx)
{
    return akv_pass_list(provctx, AKV_KEY_RSA, kind.functions,
                         OSSL_FUNC_ASYM_CIPHER_GETTABLE_CTX_PARAMS);
}

static const OSSL_PARAM *asym_rsa_settable(ossl_unused void *vctx,
                                           void *provctx)
{
    return akv_pass_list(provctx, AKV_KEY_RSA, kind.functions,
                         OSSL_FUNC_ASYM_CIPHER_SETTABLE_CTX_PARAMS);
}

#define RSA_FUNCTIONS(new)                                                     \
    {                                                                          \
        AKV_FN(ASYM_CIPHER_NEWCTX, new),                                       \
            AKV_FN(ASYM_CIPHER_FREECTX, rsa_freectx),                          \
            AKV_FN(ASYM_CIPHER_DUPCTX, rsa_dupctx),                            \
            AKV_FN(ASYM_CIPHER_ENCRYPT_INIT, rsa_encrypt_init),                \
            AKV_FN(ASYM_CIPHER_ENCRYPT, rsa_encrypt),                          \
            AKV_FN(ASYM_CIPHER_DECRYPT_INIT, rsa_decrypt_init),                \
            AKV_FN(ASYM_CIPHER_DECRYPT, rsa_decrypt),                          \
            AKV_FN(ASYM_CIPHER_GET_CTX_PARAMS, rsa_get_params),                \
            AKV_FN(ASYM_CIPHER_GETTABLE_CTX_PARAMS, asym_rsa_gettable),        \
            AKV_FN(ASYM_CIPHER_SET_CTX_PARAMS, rsa_set_params),                \
            AKV_FN(ASYM_CIPHER_SETTABLE_CTX_PARAMS, asym_rsa_settable),        \
            AKV_FN_END,                                                        \
    }

const OSSL_DISPATCH akv_rsa_cipher_functions[] = RSA_FUNCTIONS(rsa_newctx);
const OSSL_DISPATCH akv_rsa_fips_cipher_functions[] =
    RSA_FUNCTIONS(rsa_fips_newctx);
