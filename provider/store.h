/* SPDX-License-Identifier: Apache-2.0 */

/*
 * What a URI yields, object by object: a source for each kind of thing in a
 * vault. store.c hands the objects to libcrypto.
 */

#ifndef AKV_STORE_H
#define AKV_STORE_H

#include "store_item.h"

/* What the caller of the store has said that it wants; OSSL_STORE_INFO_..., 0:
 * anything. */
bool akv_expects(int expected, int info);

struct akv_source;

struct akv_source_ops {
    /* The next object of those expected. False with the reason raised. */
    bool (*next)(struct akv_source *source, int expected,
                 struct akv_item *item);
    void (*free)(struct akv_source *source);
};

struct akv_source {
    const struct akv_source_ops *ops;
    struct akv_provider *prov; /* borrowed */
    struct akv_id id;
};

/* A source of so many bytes, which begins with a struct akv_source; all behind
 * that is zero. NULL: no memory. */
struct akv_source *akv_source_new(size_t size, const struct akv_source_ops *ops,
                                  struct akv_provider *prov,
                                  const struct akv_id *id);

/* Each makes no request; NULL: no memory. */
struct akv_source *akv_key_source(struct akv_provider *prov,
                                  const struct akv_id *id);
struct akv_source *akv_cert_source(struct akv_provider *prov,
                                   const struct akv_id *id);
struct akv_source *akv_secret_source(struct akv_provider *prov,
                                     const struct akv_id *id);
struct akv_source *akv_list_source(struct akv_provider *prov,
                                   const struct akv_id *id);

/* The certificates of a collection, or of the whole vault, with that subject.
 */
struct akv_source *akv_search_source(struct akv_provider *prov,
                                     const struct akv_id *id,
                                     const X509_NAME *subject);

/* A certificate in DER, whose parts are of the private context; NULL without a
 * word: it is none, or something is behind it. */
X509 *akv_store_read_x509(struct akv_provider *prov, const unsigned char *der,
                          size_t len);

/* Whether the content type is that one, whatever parameters it has. */
struct akv_secret;
bool akv_secret_is_type(const struct akv_secret *secret, const char *type);

/* Makes an item of a certificate. False with the reason raised. */
bool akv_store_give_x509(struct akv_provider *prov, X509 *x509,
                         struct akv_item *item);

#endif
