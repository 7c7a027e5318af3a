/* SPDX-License-Identifier: Apache-2.0 */

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>

#include "keygen.h"
#include "keygen_vault.h"

struct akv_keygen {
    struct akv_provider *prov; /* borrowed */
    enum akv_key_type type;
    bool parameters_only;
    EVP_PKEY_CTX *ctx; /* owned */
    OSSL_CALLBACK *callback;
    void *arg;
    struct akv_keygen_vault vault; /* what is said of a key in a vault */
};

static int start(EVP_PKEY_CTX *ctx, bool parameters_only)
{
    return ctx != NULL
           && (parameters_only ? EVP_PKEY_paramgen_init(ctx)
                               : EVP_PKEY_keygen_init(ctx))
                  == 1;
}

struct akv_keygen *akv_keygen_new(struct akv_provider *prov,
                                  enum akv_key_type type, int selection,
                                  const OSSL_PARAM params[])
{
    struct akv_keygen *gen = OPENSSL_zalloc(sizeof(*gen));
    OSSL_LIB_CTX *libctx = akv_libctx(prov);

    if (gen == NULL || libctx == NULL) {
        OPENSSL_free(gen);
        return NULL;
    }
    akv_provider_hold(prov);
    gen->prov = prov;
    akv_keygen_vault_init(&gen->vault);
    gen->type = type;
    gen->parameters_only = (selection & OSSL_KEYMGMT_SELECT_KEYPAIR) == 0;
    gen->ctx =
        EVP_PKEY_CTX_new_from_name(libctx, akv_key_type_name(type), NULL);
    if (start(gen->ctx, gen->parameters_only)
        && akv_keygen_set_params(gen, params))
        return gen;
    akv_keygen_free(gen);
    return NULL;
}

/* The parameters of a key, an EC group say, for one more of its kind. */
int akv_keygen_set_template(void *vgen, void *vmodel)
{
    struct akv_keygen *gen = vgen;
    const struct akv_key *model = vmodel;
    EVP_PKEY_CTX *ctx;

    if (model->pkey == NULL)
        return akv_raise(gen->prov, AKV_R_NO_KEY, "a key to generate from");
    ctx = EVP_PKEY_CTX_new_from_pkey(akv_libctx(gen->prov), model->pkey, NULL);
    if (!start(ctx, gen->parameters_only)) {
        EVP_PKEY_CTX_free(ctx);
        return 0;
    }
    EVP_PKEY_CTX_free(gen->ctx);
    gen->ctx = ctx;
    if (gen->type == AKV_KEY_EC)
        (void)EVP_PKEY_get_group_name(model->pkey, gen->vault.group,
                                      sizeof(gen->vault.group), NULL);
    return 1;
}

int akv_keygen_set_params(void *vgen, const OSSL_PARAM params[])
{
    struct akv_keygen *gen = vgen;

    return params == NULL || params[0].key == NULL
           || (akv_keygen_vault_set(gen->prov, &gen->vault, params)
               && EVP_PKEY_CTX_set_params(gen->ctx, params) == 1);
}

/* The callback that the application gave, with the two numbers that the
 * inner generation reports. */
static int on_progress(EVP_PKEY_CTX *ctx)
{
    const struct akv_keygen *gen = EVP_PKEY_CTX_get_app_data(ctx);
    int potential = EVP_PKEY_CTX_get_keygen_info(ctx, 0);
    int iteration = EVP_PKEY_CTX_get_keygen_info(ctx, 1);
    OSSL_PARAM params[3];

    params[0] = OSSL_PARAM_construct_int(OSSL_GEN_PARAM_POTENTIAL, &potential);
    params[1] = OSSL_PARAM_construct_int(OSSL_GEN_PARAM_ITERATION, &iteration);
    params[2] = OSSL_PARAM_construct_end();
    return gen->callback(params, gen->arg);
}

void *akv_keygen_run(void *vgen, OSSL_CALLBACK *callback, void *arg)
{
    struct akv_keygen *gen = vgen;
    struct akv_key *key;
    EVP_PKEY *pkey = NULL;

    if (gen->vault.first != NULL && !gen->parameters_only)
        return akv_keygen_vault_run(gen->prov, &gen->vault, gen->type);
    key = akv_key_new(gen->prov, gen->type);
    if (key == NULL)
        return NULL;
    if (callback != NULL) {
        gen->callback = callback;
        gen->arg = arg;
        EVP_PKEY_CTX_set_app_data(gen->ctx, gen);
        EVP_PKEY_CTX_set_cb(gen->ctx, on_progress);
    }
    if (EVP_PKEY_generate(gen->ctx, &pkey) != 1) {
        akv_key_free(key);
        return NULL;
    }
    akv_key_set0_pkey(key, pkey);
    return key;
}

void akv_keygen_free(void *vgen)
{
    struct akv_keygen *gen = vgen;

    if (gen == NULL)
        return;
    EVP_PKEY_CTX_free(gen->ctx);
    akv_keygen_vault_free(&gen->vault);
    akv_provider_drop(gen->prov);
    OPENSSL_free(gen);
}
