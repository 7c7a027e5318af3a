/* SPDX-License-Identifier: Apache-2.0 */

/* What a store hands over, one at a time. */

#ifndef AKV_STORE_ITEM_H
#define AKV_STORE_ITEM_H

#include "key.h"

enum akv_item_kind {
    AKV_ITEM_END,    /* there is nothing more */
    AKV_ITEM_KEY,    /* a key of ours, remote or public */
    AKV_ITEM_SECRET, /* bytes: a key for HMAC */
    AKV_ITEM_DER,    /* an object in DER */
    AKV_ITEM_NAME    /* the URI of another thing */
};

/* One object. */
struct akv_item {
    enum akv_item_kind kind;
    bool last;             /* known to be: nothing follows */
    struct akv_key *key;   /* owned */
    struct akv_buf data;   /* owned; bytes, DER or the URI */
    int object;            /* of DER: OSSL_OBJECT_... */
    const char *type;      /* of DER: "RSA", a constant; NULL: unknown */
    const char *structure; /* of DER: "PrivateKeyInfo"; NULL: unknown */
    char description[80];  /* of a name */
};

#define AKV_ITEM_MAX (4u * 1024 * 1024) /* bytes of data */

void akv_item_init(struct akv_item *item);
void akv_item_free(struct akv_item *item);

/* Calls back with the parameters of provider-object(7); returns what it does.
 */
int akv_item_give_secret(struct akv_item *item, OSSL_CALLBACK *callback,
                         void *arg);
int akv_item_give_der(struct akv_item *item, OSSL_CALLBACK *callback,
                      void *arg);
int akv_item_give_name(struct akv_item *item, OSSL_CALLBACK *callback,
                       void *arg);

/* Says that libcrypto cannot use it: not every one says why. Returns 0. */
int akv_item_raise_unusable(struct akv_provider *prov, const struct akv_id *id,
                            const struct akv_item *item);

#endif
