/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Key generation by provider-keymgmt(7). Where the key is to be made is certain
 * only at the end: until then parameters go both to the other provider and to
 * keygen_vault.c, and beginning does not fail for want of the former.
 */

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/params.h>

#include "keygen.h"
#include "keygen_vault.h"

struct akv_keygen {
    struct akv_provider *prov; /* borrowed */
    enum akv_key_type type;
    enum akv_role role;
    bool parameters_only;
    const struct akv_impl *impl;   /* NULL: nobody may do it here */
    void *inner;                   /* owned; impl's */
    struct akv_keygen_vault vault; /* what is said of a key in a vault */
};

/* That nobody may generate a key here is not said before it is certain that it
 * is not to be made in a vault. */
static const struct akv_impl *
find_impl(struct akv_provider *prov, enum akv_key_type type, enum akv_role role)
{
    const struct akv_impl *impl;

    (void)ERR_set_mark();
    impl = akv_impl_get(prov, type, role);
    (void)ERR_pop_to_mark();
    return impl;
}

static void *keygen_new(struct akv_provider *prov, enum akv_key_type type,
                        enum akv_role role, int selection,
                        const OSSL_PARAM params[])
{
    struct akv_keygen *gen = OPENSSL_zalloc(sizeof(*gen));

    if (gen == NULL)
        return NULL;
    akv_provider_hold(prov);
    gen->prov = prov;
    gen->type = type;
    gen->role = role;
    gen->parameters_only = (selection & OSSL_KEYMGMT_SELECT_KEYPAIR) == 0;
    akv_keygen_vault_init(&gen->vault);
    gen->impl = find_impl(prov, type, role);
    if (gen->impl != NULL)
        gen->inner =
            AKV_CALL(&gen->impl->key, KEYMGMT_GEN_INIT, keymgmt_gen_init,
                     gen->impl->provctx, selection, params);
    if ((gen->impl == NULL || gen->inner != NULL)
        && akv_keygen_vault_set(prov, &gen->vault, params))
        return gen;
    akv_keygen_free(gen);
    return NULL;
}

void *akv_rsa_gen_init(void *provctx, int selection, const OSSL_PARAM params[])
{
    return keygen_new(provctx, AKV_KEY_RSA, AKV_ROLE_LOCAL, selection, params);
}

void *akv_rsa_fips_gen_init(void *provctx, int selection,
                            const OSSL_PARAM params[])
{
    return keygen_new(provctx, AKV_KEY_RSA, AKV_ROLE_FIPS, selection, params);
}

void *akv_ec_gen_init(void *provctx, int selection, const OSSL_PARAM params[])
{
    return keygen_new(provctx, AKV_KEY_EC, AKV_ROLE_LOCAL, selection, params);
}

void *akv_ec_fips_gen_init(void *provctx, int selection,
                           const OSSL_PARAM params[])
{
    return keygen_new(provctx, AKV_KEY_EC, AKV_ROLE_FIPS, selection, params);
}

/* The parameters of a key, an EC group say, for one more of its kind. */
int akv_keygen_set_template(void *vgen, void *vmodel)
{
    struct akv_keygen *gen = vgen;
    char *group = gen->vault.group;
    struct akv_key *model = vmodel;
    OSSL_PARAM params[2];
    int ok;

    if (gen->impl == NULL)
        return akv_impl_get(gen->prov, gen->type, gen->role) != NULL;
    if (model != NULL)
        model =
            akv_key_as(model, gen->impl, OSSL_KEYMGMT_SELECT_ALL_PARAMETERS);
    ok = AKV_CALL(&gen->impl->key, KEYMGMT_GEN_SET_TEMPLATE,
                  keymgmt_gen_set_template, gen->inner,
                  model != NULL ? model->data : NULL);
    if (ok == 1 && model != NULL) {
        params[0] = OSSL_PARAM_construct_utf8_string(
            OSSL_PKEY_PARAM_GROUP_NAME, group, sizeof(gen->vault.group));
        params[1] = OSSL_PARAM_construct_end();
        (void)AKV_CALL(&model->impl->key, KEYMGMT_GET_PARAMS,
                       keymgmt_get_params, model->data, params);
    }
    akv_key_free(model);
    return ok;
}

int akv_keygen_set_params(void *vgen, const OSSL_PARAM params[])
{
    struct akv_keygen *gen = vgen;

    if (!akv_keygen_vault_set(gen->prov, &gen->vault, params))
        return 0;
    return gen->impl == NULL
           || AKV_CALL(&gen->impl->key, KEYMGMT_GEN_SET_PARAMS,
                       keymgmt_gen_set_params, gen->inner, params);
}

int akv_keygen_get_params(void *vgen, OSSL_PARAM params[])
{
    const struct akv_keygen *gen = vgen;

    if (gen->impl == NULL) /* of a key in a vault nothing is asked */
        return 1;
    return gen->impl->key.fn[AKV_KEYMGMT_GEN_GET_PARAMS] != NULL
           && ((int (*)(void *, OSSL_PARAM *))gen->impl->key
                   .fn[AKV_KEYMGMT_GEN_GET_PARAMS])(gen->inner, params);
}

const OSSL_PARAM *akv_ec_gen_gettable(void *vgen, void *provctx)
{
    static const OSSL_PARAM none[] = { OSSL_PARAM_END };
    const struct akv_keygen *gen = vgen;
    const struct akv_impl *impl =
        gen != NULL ? gen->impl
                    : akv_impl_get(provctx, AKV_KEY_EC, AKV_ROLE_LOCAL);

    return impl != NULL && impl->key.fn[AKV_KEYMGMT_GEN_GETTABLE_PARAMS]
               ? ((const OSSL_PARAM *(*)(void *, void *))
                      impl->key.fn[AKV_KEYMGMT_GEN_GETTABLE_PARAMS])(
                   gen != NULL ? gen->inner : NULL, impl->provctx)
               : none;
}

/* Those of who does it, and those of keys in a vault; made once. */
static const OSSL_PARAM *gen_settable(const struct akv_keygen *gen,
                                      struct akv_provider *prov,
                                      enum akv_key_type type)
{
    OSSL_PARAM *list = atomic_load(&prov->gen_settable[type]), *none = NULL;
    const struct akv_impl *impl =
        gen != NULL ? gen->impl : find_impl(prov, type, AKV_ROLE_LOCAL);
    const OSSL_PARAM *theirs = NULL;

    if (list != NULL)
        return list;
    if (impl != NULL)
        theirs = AKV_CALL(&impl->key, KEYMGMT_GEN_SETTABLE_PARAMS,
                          keymgmt_gen_settable_params,
                          gen != NULL ? gen->inner : NULL, impl->provctx);
    list = OSSL_PARAM_merge(theirs, akv_keygen_vault_settable);
    if (list == NULL
        || atomic_compare_exchange_strong(&prov->gen_settable[type], &none,
                                          list))
        return list;
    OPENSSL_free(list); /* another thread was faster */
    return none;
}

const OSSL_PARAM *akv_rsa_gen_settable(void *vgen, void *provctx)
{
    return gen_settable(vgen, provctx, AKV_KEY_RSA);
}

const OSSL_PARAM *akv_ec_gen_settable(void *vgen, void *provctx)
{
    return gen_settable(vgen, provctx, AKV_KEY_EC);
}

void *akv_keygen_run(void *vgen, OSSL_CALLBACK *callback, void *arg)
{
    struct akv_keygen *gen = vgen;
    const struct akv_impl *impl = gen->impl;

    if (gen->vault.first != NULL && !gen->parameters_only)
        return akv_keygen_vault_run(gen->prov, &gen->vault, gen->type);
    if (impl == NULL)
        impl = akv_impl_get(gen->prov, gen->type, gen->role); /* says why */
    if (gen->inner == NULL)
        return NULL;
    return akv_key_new(gen->prov, impl,
                       AKV_CALL(&impl->key, KEYMGMT_GEN, keymgmt_gen,
                                gen->inner, callback, arg));
}

void akv_keygen_free(void *vgen)
{
    struct akv_keygen *gen = vgen;

    if (gen == NULL)
        return;
    if (gen->inner != NULL)
        AKV_FREE(&gen->impl->key, KEYMGMT_GEN_CLEANUP, keymgmt_gen_cleanup,
                 gen->inner);
    akv_keygen_vault_free(&gen->vault);
    akv_provider_drop(gen->prov);
    OPENSSL_free(gen);
}
