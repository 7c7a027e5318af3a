/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Key encapsulation with RSA and, since OpenSSL 3.2, EC keys, passed through
 * (pass.h). Azure has none, so that with a key of a vault a secret can be
 * encapsulated, but not taken out. Were we to announce none, libcrypto would
 * free our key management once too often when it is asked for such a key.
 */

#include <openssl/core_names.h>
#include <openssl/params.h>
#include <stddef.h>

#include "algorithms.h"
#include "err.h"
#include "pass.h"

/* Of OpenSSL 3.2. */
#define AUTH_ENCAPSULATE_INIT 12
#define AUTH_DECAPSULATE_INIT 13
typedef int auth_init_fn(void *ctx, void *key, void *auth_key,
                         const OSSL_PARAM params[]);

static const struct akv_pass_kind kind = {
    offsetof(struct akv_impl, kem),
    OSSL_FUNC_KEM_NEWCTX,
    OSSL_FUNC_KEM_FREECTX,
    OSSL_FUNC_KEM_DUPCTX,
};

#define INNER(ctx, id, name, ...)                                              \
    AKV_PASS((ctx), &kind, KEM_##id, kem_##name, __VA_ARGS__)

static OSSL_FUNC_kem_newctx_fn kem_newctx, kem_fips_newctx;
static OSSL_FUNC_kem_freectx_fn kem_freectx;
static OSSL_FUNC_kem_dupctx_fn kem_dupctx;
static OSSL_FUNC_kem_encapsulate_init_fn kem_encapsulate_init;
static OSSL_FUNC_kem_encapsulate_fn kem_encapsulate;
static OSSL_FUNC_kem_decapsulate_init_fn kem_decapsulate_init;
static OSSL_FUNC_kem_decapsulate_fn kem_decapsulate;
static OSSL_FUNC_kem_get_ctx_params_fn kem_get_params;
static OSSL_FUNC_kem_gettable_ctx_params_fn kem_rsa_gettable;
static OSSL_FUNC_kem_set_ctx_params_fn kem_set_params;
static OSSL_FUNC_kem_settable_ctx_params_fn kem_rsa_settable, kem_ec_settable;
static auth_init_fn kem_auth_encapsulate_init, kem_auth_decapsulate_init;

static void *kem_newctx(void *provctx)
{
    return akv_pass_new(provctx, AKV_ROLE_LOCAL);
}

static void *kem_fips_newctx(void *provctx)
{
    return akv_pass_new(provctx, AKV_ROLE_FIPS);
}

static void kem_freectx(void *vctx)
{
    akv_pass_free(vctx, &kind);
}

static void *kem_dupctx(void *vctx)
{
    return akv_pass_dup(vctx, &kind);
}

/* The private half is needed: false, with the reason raised, if it is remote.
 */
static bool has_private(const struct akv_key *key)
{
    return key == NULL || !key->remote
           || akv_raise(key->prov, AKV_R_NO_EXCHANGE, "keys/%s at %s",
                        key->id.name, key->id.host);
}

static int kem_encapsulate_init(void *vctx, void *vkey,
                                const OSSL_PARAM params[])
{
    struct akv_pass *ctx = vctx;
    void *data;

    return akv_pass_begin(ctx, &kind, vkey, &data)
               ? INNER(ctx, ENCAPSULATE_INIT, encapsulate_init, data, params)
               : 0;
}

static int kem_decapsulate_init(void *vctx, void *vkey,
                                const OSSL_PARAM params[])
{
    struct akv_pass *ctx = vctx;
    void *data;

    return has_private(vkey) && akv_pass_begin(ctx, &kind, vkey, &data)
               ? INNER(ctx, DECAPSULATE_INIT, decapsulate_init, data, params)
               : 0;
}

/* The inner context may borrow the other key, so that it is kept. */
static int auth_init(struct akv_pass *ctx, int id, struct akv_key *key,
                     struct akv_key *auth, const OSSL_PARAM params[])
{
    auth_init_fn *init;
    void *data;

    if (auth == NULL || !akv_pass_begin(ctx, &kind, key, &data))
        return 0;
    auth = akv_key_as(auth, ctx->key->impl, OSSL_KEYMGMT_SELECT_ALL);
    akv_key_free(ctx->other);
    ctx->other = auth;
    init = (auth_init_fn *)akv_pass_functions(ctx, &kind)->fn[id];
    return init != NULL && auth != NULL
               ? init(ctx->inner, data, auth->data, params)
               : 0;
}

static int kem_auth_encapsulate_init(void *vctx, void *vkey, void *vauth,
                                     const OSSL_PARAM params[])
{
    return has_private(vauth)
               ? auth_init(vctx, AUTH_ENCAPSULATE_INIT, vkey, vauth, params)
               : 0;
}

static int kem_auth_decapsulate_init(void *vctx, void *vkey, void *vauth,
                                     const OSSL_PARAM params[])
{
    return has_private(vkey)
               ? auth_init(vctx, AUTH_DECAPSULATE_INIT, vkey, vauth, params)
               : 0;
}

static int kem_encapsulate(void *vctx, unsigned char *out, size_t *outlen,
                           unsigned char *secret, size_t *secretlen)
{
    const struct akv_pass *ctx = vctx;

    return INNER(ctx, ENCAPSULATE, encapsulate, out, outlen, secret, secretlen);
}

static int kem_decapsulate(void *vctx, unsigned char *out, size_t *outlen,
                           const unsigned char *in, size_t inlen)
{
    const struct akv_pass *ctx = vctx;

    return INNER(ctx, DECAPSULATE, decapsulate, out, outlen, in, inlen);
}

static int kem_get_params(void *vctx, OSSL_PARAM params[])
{
    const struct akv_pass *ctx = vctx;

    return INNER(ctx, GET_CTX_PARAMS, get_ctx_params, params);
}

static int kem_set_params(void *vctx, const OSSL_PARAM params[])
{
    const struct akv_pass *ctx = vctx;

    return INNER(ctx, SET_CTX_PARAMS, set_ctx_params, params);
}

static const OSSL_PARAM *kem_rsa_gettable(ossl_unused void *vctx, void *provctx)
{
    return akv_pass_list(provctx, AKV_KEY_RSA, kind.functions,
                         OSSL_FUNC_KEM_GETTABLE_CTX_PARAMS);
}

static const OSSL_PARAM *kem_rsa_settable(ossl_unused void *vctx, void *provctx)
{
    return akv_pass_list(provctx, AKV_KEY_RSA, kind.functions,
                         OSSL_FUNC_KEM_SETTABLE_CTX_PARAMS);
}

static const OSSL_PARAM *kem_ec_settable(ossl_unused void *vctx, void *provctx)
{
    return akv_pass_list(provctx, AKV_KEY_EC, kind.functions,
                         OSSL_FUNC_KEM_SETTABLE_CTX_PARAMS);
}

#define COMMON_FUNCTIONS(new)                                                  \
    AKV_FN(KEM_NEWCTX, new), AKV_FN(KEM_FREECTX, kem_freectx),                 \
        AKV_FN(KEM_ENCAPSULATE_INIT, kem_encapsulate_init),                    \
        AKV_FN(KEM_ENCAPSULATE, kem_encapsulate),                              \
        AKV_FN(KEM_DECAPSULATE_INIT, kem_decapsulate_init),                    \
        AKV_FN(KEM_DECAPSULATE, kem_decapsulate),                              \
        AKV_FN(KEM_SET_CTX_PARAMS, kem_set_params)

#define RSA_FUNCTIONS(new)                                                     \
    {                                                                          \
        COMMON_FUNCTIONS(new), AKV_FN(KEM_DUPCTX, kem_dupctx),                 \
            AKV_FN(KEM_GET_CTX_PARAMS, kem_get_params),                        \
            AKV_FN(KEM_GETTABLE_CTX_PARAMS, kem_rsa_gettable),                 \
            AKV_FN(KEM_SETTABLE_CTX_PARAMS, kem_rsa_settable), AKV_FN_END,     \
    }

#define EC_FUNCTIONS(new)                                                      \
    {                                                                          \
        COMMON_FUNCTIONS(new),                                                 \
            AKV_FN(KEM_SETTABLE_CTX_PARAMS, kem_ec_settable),                  \
            { AUTH_ENCAPSULATE_INIT,                                           \
              (void (*)(void))kem_auth_encapsulate_init },                     \
            { AUTH_DECAPSULATE_INIT,                                           \
              (void (*)(void))kem_auth_decapsulate_init },                     \
            AKV_FN_END,                                                        \
    }

const OSSL_DISPATCH akv_rsa_kem_functions[] = RSA_FUNCTIONS(kem_newctx);
const OSSL_DISPATCH akv_rsa_fips_kem_functions[] =
    RSA_FUNCTIONS(kem_fips_newctx);
const OSSL_DISPATCH akv_ec_kem_functions[] = EC_FUNCTIONS(kem_newctx);
const OSSL_DISPATCH akv_ec_fips_kem_functions[] = EC_FUNCTIONS(kem_fips_newctx);
