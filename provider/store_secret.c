/* SPDX-License-Identifier: Apache-2.0 */

/*
 * A secret, by its content type: the keys and certificates of a PKCS#12 or a
 * PEM file, all of them local, or bytes that are a key for HMAC.
 */

#include <openssl/bio.h>
#include <openssl/core_object.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <openssl/store.h>
#include <string.h>
#include <strings.h>

#include "base64.h"
#include "config.h"
#include "libctx.h"
#include "pkcs12.h"
#include "secrets.h"
#include "store.h"

struct secret_source {
    struct akv_source base;
    struct akv_secret secret; /* owned */
    bool fetched;
    BIO *pem; /* owned; what of the PEM text is left, or NULL */
    bool block_seen;
};

/* What is in a PEM block of a label, as libcrypto's store wants to know it. */
static const struct {
    const char *label;
    int info, object;
    const char *type, *structure;
} labels[] = {
    { PEM_STRING_PKCS8INF, OSSL_STORE_INFO_PKEY, OSSL_OBJECT_PKEY, NULL,
      "PrivateKeyInfo" },
    { PEM_STRING_PKCS8, OSSL_STORE_INFO_PKEY, OSSL_OBJECT_PKEY, NULL,
      "EncryptedPrivateKeyInfo" },
    { PEM_STRING_RSA, OSSL_STORE_INFO_PKEY, OSSL_OBJECT_PKEY, "RSA",
      "type-specific" },
    { PEM_STRING_ECPRIVATEKEY, OSSL_STORE_INFO_PKEY, OSSL_OBJECT_PKEY, "EC",
      "type-specific" },
    { PEM_STRING_PUBLIC, OSSL_STORE_INFO_PUBKEY, OSSL_OBJECT_PKEY, NULL,
      "SubjectPublicKeyInfo" },
    { PEM_STRING_X509, OSSL_STORE_INFO_CERT, OSSL_OBJECT_CERT, NULL, NULL },
    { PEM_STRING_X509_OLD, OSSL_STORE_INFO_CERT, OSSL_OBJECT_CERT, NULL, NULL },
    { PEM_STRING_X509_TRUSTED, OSSL_STORE_INFO_CERT, OSSL_OBJECT_CERT, NULL,
      NULL },
    { PEM_STRING_X509_CRL, OSSL_STORE_INFO_CRL, OSSL_OBJECT_CRL, NULL, NULL },
};

#define LABELS (sizeof(labels) / sizeof(labels[0]))

static bool is_type(const struct akv_secret *secret, const char *type)
{
    const char *has = secret->properties.content_type;

    return has != NULL && strcasecmp(has, type) == 0;
}

/* Most people who put a PEM file into a vault do not say that it is one. */
static bool is_pem(const struct akv_secret *secret)
{
    static const char begin[] = "-----BEGIN ";

    return is_type(secret, "application/x-pem-file")
           || (secret->properties.content_type == NULL
               && secret->value.len > sizeof(begin)
               && memcmp(secret->value.data, begin, sizeof(begin) - 1) == 0);
}

static bool fetch(struct secret_source *source)
{
    struct akv_provider *prov = source->base.prov;
    struct akv_error err = AKV_ERROR_INIT;

    if (source->fetched)
        return true;
    if (!akv_secret_get(akv_config_of(prov)->client, &source->base.id, false,
                        &source->secret, &err))
        return akv_raise_error(prov, &err);
    source->fetched = true;
    if (!is_pem(&source->secret))
        return true;
    source->pem = BIO_new_mem_buf(akv_buf_str(&source->secret.value),
                                  (int)source->secret.value.len);
    return source->pem != NULL || akv_raise(prov, AKV_R_MEMORY, "a secret");
}

/* Base64, in lines or not. */
static bool decode(const struct akv_buf *text, struct akv_buf *out)
{
    struct akv_buf bare = AKV_BUF_INIT(AKV_ITEM_MAX);
    bool ok = true;
    size_t i;

    for (i = 0; ok && i < text->len; i++)
        if (text->data[i] != '\n' && text->data[i] != '\r')
            ok = akv_buf_append(&bare, text->data + i, 1);
    ok = ok && akv_base64_decode(akv_buf_str(&bare), bare.len, out);
    akv_buf_free(&bare);
    return ok;
}

static bool bad(const struct secret_source *source, const char *what)
{
    const char *type = source->secret.properties.content_type;

    return akv_raise(source->base.prov, AKV_R_BAD_REPLY,
                     "secrets/%s at %s %s%s, but is %s", source->base.id.name,
                     source->base.id.host,
                     type != NULL ? "is said to be " : "begins like a PEM file",
                     type != NULL ? type : "", what);
}

static bool check_pkcs12(const struct secret_source *source,
                         const struct akv_buf *der)
{
    PKCS12 *p12 = akv_pkcs12_read(akv_libctx(source->base.prov), der);
    bool bounded;

    if (p12 == NULL)
        return bad(source, "no PKCS#12 file");
    bounded = akv_pkcs12_is_bounded(p12);
    PKCS12_free(p12);
    return bounded
           || akv_raise(source->base.prov, AKV_R_BAD_REPLY,
                        "the PKCS#12 file in secrets/%s at %s wants more than "
                        "%d iterations for the keys that its password makes; "
                        "write it anew with fewer (openssl pkcs12 -iter)",
                        source->base.id.name, source->base.id.host,
                        AKV_PKCS12_ITERATIONS_MAX);
}

/* libcrypto takes it apart, and asks for its password if it has one. */
static bool next_pkcs12(struct secret_source *source, struct akv_item *item)
{
    item->kind = AKV_ITEM_DER;
    item->object = OSSL_OBJECT_UNKNOWN;
    item->last = true;
    if (!decode(&source->secret.value, &item->data))
        return bad(source, "not base64");
    return check_pkcs12(source, &item->data);
}

static bool next_bytes(struct secret_source *source, int expected,
                       struct akv_item *item)
{
    const struct akv_buf *value = &source->secret.value;

    if (!akv_expects(expected, OSSL_STORE_INFO_PKEY))
        return true;
    item->kind = AKV_ITEM_SECRET;
    item->last = true;
    return akv_buf_append(&item->data, value->data, value->len)
           || akv_raise(source->base.prov, AKV_R_MEMORY, "a secret");
}

/* Fills the item if the block is one of those expected. */
static bool take_block(struct secret_source *source, int expected,
                       const char *label, const char *header,
                       const unsigned char *der, long len,
                       struct akv_item *item)
{
    size_t i;

    for (i = 0; i < LABELS; i++)
        if (strcmp(label, labels[i].label) == 0)
            break;
    if (i == LABELS || !akv_expects(expected, labels[i].info))
        return true;
    if (*header != '\0')
        return akv_raise(source->base.prov, AKV_R_BAD_REPLY,
                         "secrets/%s at %s holds a key that is encrypted in "
                         "the old form of PEM; PKCS#8 can be read (openssl "
                         "pkcs8 -topk8)",
                         source->base.id.name, source->base.id.host);
    item->kind = AKV_ITEM_DER;
    item->object = labels[i].object;
    item->type = labels[i].type;
    item->structure = labels[i].structure;
    return akv_buf_append(&item->data, der, (size_t)len)
           || akv_raise(source->base.prov, AKV_R_MEMORY, "a secret");
}

static bool next_block(struct secret_source *source, int expected,
                       struct akv_item *item)
{
    bool ok = true, more = true;

    while (ok && more && item->kind == AKV_ITEM_END) {
        char *label = NULL, *header = NULL;
        unsigned char *der = NULL;
        long len = 0;

        (void)ERR_set_mark();
        more = PEM_read_bio(source->pem, &label, &header, &der, &len) == 1;
        (void)ERR_pop_to_mark();
        if (more)
            ok = take_block(source, expected, label, header, der, len, item);
        source->block_seen = source->block_seen || more;
        OPENSSL_free(label);
        OPENSSL_free(header);
        OPENSSL_clear_free(der, (size_t)len);
    }
    return ok && (source->block_seen || bad(source, "no PEM file"));
}

/* Whether there may be any of those in a secret. */
static bool is_possible(int expected)
{
    size_t i;

    for (i = 0; i < LABELS; i++)
        if (akv_expects(expected, labels[i].info))
            return true;
    return false;
}

static bool next(struct akv_source *base, int expected, struct akv_item *item)
{
    struct secret_source *source = (struct secret_source *)base;

    if (!is_possible(expected))
        return true;
    if (!fetch(source))
        return false;
    if (source->pem != NULL)
        return next_block(source, expected, item);
    if (is_type(&source->secret, "application/x-pkcs12"))
        return next_pkcs12(source, item);
    return next_bytes(source, expected, item);
}

static void source_free(struct akv_source *base)
{
    struct secret_source *source = (struct secret_source *)base;

    BIO_free(source->pem);
    akv_secret_free(&source->secret);
    OPENSSL_free(source);
}

struct akv_source *akv_secret_source(struct akv_provider *prov,
                                     const struct akv_id *id)
{
    static const struct akv_source_ops ops = { next, source_free };

    return akv_source_new(sizeof(struct secret_source), &ops, prov, id);
}
