/* SPDX-License-Identifier: Apache-2.0 */

/* A key: the private half, then the public one, by one request. */

#include <openssl/store.h>

#include "config.h"
#include "err.h"
#include "store.h"

struct key_source {
    struct akv_source base;
    struct akv_key *key; /* owned; NULL until the vault was asked */
    bool private_given, public_given;
};

static bool store_key_fetch(struct key_source *source)
{
    struct akv_provider *prov = source->base.prov;
    struct akv_error err = AKV_ERROR_INIT;
    struct akv_key_bundle bundle;

    if (source->key != NULL)
        return true;
    if (!akv_key_get(akv_config_of(prov)->client, &source->base.id, &bundle,
                     &err))
        (void)akv_raise_error(prov, &err);
    else
        source->key = akv_key_new_remote(prov, &bundle);
    akv_key_bundle_free(&bundle);
    return source->key != NULL;
}

static bool store_key_next(struct akv_source *base, int expected,
                           struct akv_item *item)
{
    struct key_source *source = (struct key_source *)base;
    bool give_private =
        akv_expects(expected, OSSL_STORE_INFO_PKEY) && !source->private_given;
    bool give_public =
        akv_expects(expected, OSSL_STORE_INFO_PUBKEY) && !source->public_given;

    if (!give_private && !give_public)
        return true;
    if (!store_key_fetch(source))
        return false;
    item->kind = AKV_ITEM_KEY;
    item->key = give_private ? akv_key_up_ref(source->key)
                             : akv_key_new_public(source->key);
    item->last = !give_private || !give_public;
    if (give_private)
        source->private_given = true;
    else
        source->public_given = true;
    return item->key != NULL
           || akv_raise(base->prov, AKV_R_MEMORY, "a public key");
}

static void store_key_source_free(struct akv_source *base)
{
    struct key_source *source = (struct key_source *)base;

    akv_key_free(source->key);
    OPENSSL_free(source);
}

struct akv_source *akv_key_source(struct akv_provider *prov,
                                  const struct akv_id *id)
{
    static const struct akv_source_ops ops = { store_key_next,
                                               store_key_source_free };

    return akv_source_new(sizeof(struct key_source), &ops, prov, id);
}
