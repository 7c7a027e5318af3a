/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Certificates of a vault by their subject (OSSL_STORE_SEARCH_by_name(3)): what
 * "openssl verify -CAstore" and storeutl -subject look for. A vault cannot be
 * asked for it, so that each certificate is, once, and its subject is kept.
 */

#include <openssl/store.h>
#include <openssl/x509.h>

#include "akv/cert.h"
#include "akv/pager.h"
#include "base/clock.h"
#include "base/settings_impl.h"
#include "config.h"
#include "err.h"
#include "store.h"
#include "subject_cache.h"

struct search_source {
    struct akv_source base;
    X509_NAME *subject;      /* owned */
    struct akv_pager *pager; /* owned; NULL until something is asked for */
};

/* One that is not there any more, or not yet issued, is none to be found. */
static bool store_search_is_none(const struct akv_error *err)
{
    return err->code == AKV_E_NOT_FOUND;
}

/* Fills the item if the certificate is one of those looked for. */
static bool look_at(struct search_source *source, const struct akv_id *id,
                    const char *uri, struct akv_item *item)
{
    struct akv_provider *prov = source->base.prov;
    const struct akv_config *config = akv_config_of(prov);
    struct akv_error err = AKV_ERROR_INIT;
    struct akv_cert cert;
    X509 *x509 = NULL;
    bool ok = akv_cert_get(config->client, id, &cert, &err);

    if (!ok)
        ok = store_search_is_none(&err) || akv_raise_error(prov, &err);
    else if (cert.der.len > 0)
        x509 = akv_store_read_x509(prov, cert.der.data, cert.der.len);
    if (x509 != NULL) {
        akv_subject_cache_put(prov->subjects, uri, X509_get_subject_name(x509),
                              akv_clock_mono(akv_clock_system())
                                  + config->settings.key_cache_ms);
        if (X509_NAME_cmp(X509_get_subject_name(x509), source->subject) == 0)
            ok = akv_store_give_x509(prov, x509, item);
    }
    X509_free(x509);
    akv_cert_free(&cert);
    return ok;
}

static bool store_search_consider(struct search_source *source,
                                  const struct akv_properties *properties,
                                  struct akv_item *item)
{
    struct akv_provider *prov = source->base.prov;
    struct akv_buf uri = AKV_BUF_INIT(1024);
    bool ok = akv_id_append_uri(&properties->id, &uri)
              || akv_raise(prov, AKV_R_MEMORY, "a name");

    if (ok
        && !akv_subject_cache_differs(prov->subjects, akv_buf_str(&uri),
                                      source->subject,
                                      akv_clock_mono(akv_clock_system())))
        ok = look_at(source, &properties->id, akv_buf_str(&uri), item);
    akv_buf_free(&uri);
    return ok;
}

static bool store_search_open_pager(struct search_source *source)
{
    struct akv_provider *prov = source->base.prov;
    struct akv_id id = source->base.id;

    id.kind = AKV_KIND_CERTIFICATE;
    source->pager = akv_pager_new(akv_config_of(prov)->client, AKV_LIST, &id);
    return source->pager != NULL || akv_raise(prov, AKV_R_MEMORY, "a list");
}

/* Keys and secrets have no subject. */
static bool has_certificates(const struct akv_id *id)
{
    return id->kind == AKV_KIND_VAULT || id->kind == AKV_KIND_CERTIFICATE;
}

static bool store_search_next(struct akv_source *base, int expected,
                              struct akv_item *item)
{
    struct search_source *source = (struct search_source *)base;
    struct akv_error err = AKV_ERROR_INIT;
    bool ok = true;

    if (!akv_expects(expected, OSSL_STORE_INFO_CERT)
        || !has_certificates(&base->id))
        return true;
    if (source->pager == NULL && !store_search_open_pager(source))
        return false;
    while (ok && item->kind == AKV_ITEM_END) {
        struct akv_properties properties;

        if (!akv_pager_next_object(source->pager, &properties, &err))
            return err.code == AKV_E_NONE || akv_raise_error(base->prov, &err);
        ok = store_search_consider(source, &properties, item);
        akv_properties_free(&properties);
    }
    return ok;
}

static void store_search_source_free(struct akv_source *base)
{
    struct search_source *source = (struct search_source *)base;

    akv_pager_free(source->pager);
    X509_NAME_free(source->subject);
    OPENSSL_free(source);
}

struct akv_source *akv_search_source(struct akv_provider *prov,
                                     const struct akv_id *id,
                                     const X509_NAME *subject)
{
    static const struct akv_source_ops ops = { store_search_next,
                                               store_search_source_free };
    struct akv_source *base =
        akv_source_new(sizeof(struct search_source), &ops, prov, id);
    struct search_source *source = (struct search_source *)base;

    if (base == NULL)
        return NULL;
    source->subject = X509_NAME_dup(subject);
    if (source->subject != NULL)
        return base;
    store_search_source_free(base);
    return NULL;
}
