/* SPDX-License-Identifier: Apache-2.0 */

/* A collection, or the whole vault: the names of what is in it, page by
 * page as they are asked for. */

#include <openssl/store.h>
#include <stdio.h>

#include "akv/pager.h"
#include "config.h"
#include "err.h"
#include "store.h"

struct list_source {
    struct akv_source base;
    enum akv_kind kind;      /* the collection that is being listed */
    struct akv_pager *pager; /* owned; NULL between collections */
    bool given;              /* something of this collection */
};

static const char *store_list_describe(enum akv_kind kind)
{
    switch (kind) {
    case AKV_KIND_KEY:
        return "key";
    case AKV_KIND_SECRET:
        return "secret";
    default:
        return "certificate";
    }
}

static bool store_list_fill(struct akv_item *item,
                            const struct akv_properties *p)
{
    const char *type = p->content_type != NULL ? p->content_type : "";

    item->kind = AKV_ITEM_NAME;
    (void)snprintf(item->description, sizeof(item->description),
                   "%s%s%.40s%s%s", store_list_describe(p->id.kind),
                   *type != '\0' ? ", " : "", type,
                   p->managed ? ", of a certificate" : "",
                   p->attributes.enabled == AKV_FLAG_NO ? ", disabled" : "");
    return akv_id_append_uri(&p->id, &item->data);
}

static bool store_list_open_pager(struct list_source *source)
{
    struct akv_id id = source->base.id;

    id.kind = source->kind;
    source->given = false;
    source->pager =
        akv_pager_new(akv_config_of(source->base.prov)->client, AKV_LIST, &id);
    return source->pager != NULL
           || akv_raise(source->base.prov, AKV_R_MEMORY, "a list");
}

/* The whole vault's list goes on with the next collection. */
static bool close_pager(struct list_source *source)
{
    akv_pager_free(source->pager);
    source->pager = NULL;
    if (source->base.id.kind != AKV_KIND_VAULT
        || source->kind == AKV_KIND_CERTIFICATE)
        return false;
    source->kind++;
    return true;
}

/* A Managed HSM has keys and nothing else; how it says so is not documented. */
static bool is_absent(const struct list_source *source,
                      const struct akv_error *err)
{
    return source->base.id.kind == AKV_KIND_VAULT
           && source->kind != AKV_KIND_KEY && !source->given
           && (err->http_status == 404 || err->http_status == 400);
}

/* Names are given whatever is expected, as file: does for a directory: what
 * they lead to has the type, or nothing of it. Of the whole vault only the
 * collection that is made of it, so that no secret is read for a key. */
static bool store_list_is_wanted(const struct list_source *source, int expected)
{
    if (source->base.id.kind != AKV_KIND_VAULT)
        return true;
    switch (expected) {
    case 0:
    case OSSL_STORE_INFO_NAME:
        return true;
    case OSSL_STORE_INFO_PKEY:
    case OSSL_STORE_INFO_PUBKEY:
        return source->kind == AKV_KIND_KEY;
    case OSSL_STORE_INFO_CERT:
        return source->kind == AKV_KIND_CERTIFICATE;
    default:
        return false;
    }
}

static bool store_list_next(struct akv_source *base, int expected,
                            struct akv_item *item)
{
    struct list_source *source = (struct list_source *)base;
    struct akv_properties properties;
    bool ok;

    do {
        struct akv_error err = AKV_ERROR_INIT;

        if (!store_list_is_wanted(source, expected))
            continue;
        if (source->pager == NULL && !store_list_open_pager(source))
            return false;
        if (akv_pager_next_object(source->pager, &properties, &err)) {
            ok = store_list_fill(item, &properties);
            source->given = true;
            akv_properties_free(&properties);
            return ok || akv_raise(base->prov, AKV_R_MEMORY, "a name");
        }
        if (err.code != AKV_E_NONE && !is_absent(source, &err))
            return akv_raise_error(base->prov, &err);
    } while (close_pager(source));
    return true;
}

static void store_list_source_free(struct akv_source *base)
{
    struct list_source *source = (struct list_source *)base;

    akv_pager_free(source->pager);
    OPENSSL_free(source);
}

struct akv_source *akv_list_source(struct akv_provider *prov,
                                   const struct akv_id *id)
{
    static const struct akv_source_ops ops = { store_list_next,
                                               store_list_source_free };
    struct akv_source *base =
        akv_source_new(sizeof(struct list_source), &ops, prov, id);

    if (base != NULL)
        ((struct list_source *)base)->kind =
            id->kind == AKV_KIND_VAULT ? AKV_KIND_KEY : id->kind;
    return base;
}
