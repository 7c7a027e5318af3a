/* SPDX-License-Identifier: Apache-2.0 */

/* Objects as provider-object(7) wants them. Its parameters are not constant,
 * though nobody writes to them: hence the unions. */

#include <openssl/core_names.h>
#include <openssl/core_object.h>
#include <openssl/params.h>
#include <string.h>

#include "err.h"
#include "store_item.h"

void akv_item_init(struct akv_item *item)
{
    memset(item, 0, sizeof(*item));
    akv_buf_init(&item->data, AKV_ITEM_MAX);
}

void akv_item_free(struct akv_item *item)
{
    akv_key_free(item->key);
    akv_buf_free(&item->data);
}

/* The default provider's key management asks store_export() for the bytes:
 * there is no other way to give it a key of this kind. */
int akv_item_give_secret(struct akv_item *item, OSSL_CALLBACK *callback,
                         void *arg)
{
    static char name[] = "HMAC";
    struct akv_buf *secret = &item->data;
    int type = OSSL_OBJECT_PKEY;
    OSSL_PARAM params[4];

    params[0] = OSSL_PARAM_construct_int(OSSL_OBJECT_PARAM_TYPE, &type);
    params[1] =
        OSSL_PARAM_construct_utf8_string(OSSL_OBJECT_PARAM_DATA_TYPE, name, 0);
    params[2] = OSSL_PARAM_construct_octet_string(OSSL_OBJECT_PARAM_REFERENCE,
                                                  &secret, sizeof(secret));
    params[3] = OSSL_PARAM_construct_end();
    return callback(params, arg);
}

int akv_item_give_der(struct akv_item *item, OSSL_CALLBACK *callback, void *arg)
{
    union {
        const char *in;
        char *out;
    } type = { item->type }, structure = { item->structure };
    OSSL_PARAM params[5], *p = params;

    *p++ = OSSL_PARAM_construct_int(OSSL_OBJECT_PARAM_TYPE, &item->object);
    *p++ = OSSL_PARAM_construct_octet_string(OSSL_OBJECT_PARAM_DATA,
                                             item->data.data, item->data.len);
    if (item->type != NULL)
        *p++ = OSSL_PARAM_construct_utf8_string(OSSL_OBJECT_PARAM_DATA_TYPE,
                                                type.out, 0);
    if (item->structure != NULL)
        *p++ = OSSL_PARAM_construct_utf8_string(
            OSSL_OBJECT_PARAM_DATA_STRUCTURE, structure.out, 0);
    *p = OSSL_PARAM_construct_end();
    return callback(params, arg);
}

int akv_item_give_name(struct akv_item *item, OSSL_CALLBACK *callback,
                       void *arg)
{
    int type = OSSL_OBJECT_NAME;
    union {
        unsigned char *in;
        char *out;
    } uri = { item->data.data };
    OSSL_PARAM params[4];

    params[0] = OSSL_PARAM_construct_int(OSSL_OBJECT_PARAM_TYPE, &type);
    params[1] =
        OSSL_PARAM_construct_utf8_string(OSSL_OBJECT_PARAM_DATA, uri.out, 0);
    params[2] = OSSL_PARAM_construct_utf8_string(OSSL_OBJECT_PARAM_DESC,
                                                 item->description, 0);
    params[3] = OSSL_PARAM_construct_end();
    return callback(params, arg);
}

int akv_item_raise_unusable(struct akv_provider *prov, const struct akv_id *id,
                            const struct akv_item *item)
{
    return item->kind != AKV_ITEM_DER
               ? 0
               : akv_raise(prov, AKV_R_BAD_REPLY,
                           "%s/%s at %s holds %s that cannot be read: it "
                           "is damaged, of no supported kind, or locked with "
                           "another password",
                           akv_kind_collection(id->kind), id->name, id->host,
                           item->object == OSSL_OBJECT_CERT   ? "a certificate"
                           : item->object == OSSL_OBJECT_CRL  ? "a CRL"
                           : item->object == OSSL_OBJECT_PKEY ? "a key"
                                                              : "a file");
}
