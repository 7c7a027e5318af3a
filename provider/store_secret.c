/* SPDX-License-Identifier: Apache-2.0 */

/*
 * A secret, by its content type: the keys and certificates of a PKCS#12 or a
 * PEM file, all of them local, or bytes that are a key for HMAC.
 */

#include <openssl/core_object.h>
#include <openssl/pkcs12.h>
#include <openssl/store.h>
#include <string.h>
#include <strings.h>

#include "akv/secret.h"
#include "base/base64.h"
#include "config.h"
#include "err.h"
#include "libctx.h"
#include "ossl/key_file.h"
#include "pkcs12.h"
#include "secret_blocks.h"
#include "store.h"

struct secret_source {
    struct akv_source base;
    struct akv_secret secret; /* owned */
    bool fetched;
    enum { BYTES, BLOCKS, PKCS12_FILE } form;
    struct akv_blocks blocks; /* owned */
    size_t given;             /* of them */
};

bool akv_secret_is_type(const struct akv_secret *secret, const char *type)
{
    const char *has = secret->properties.content_type;
    size_t len = strlen(type);

    return has != NULL && strncasecmp(has, type, len) == 0
           && strchr("; ", has[len]) != NULL; /* the end counts */
}

/* Most people who put a PEM file into a vault do not say that it is one, or
 * say that it is text. */
static bool is_pem(const struct akv_secret *secret)
{
    const char *type = secret->properties.content_type;

    return akv_secret_is_type(secret, "application/x-pem-file")
           || ((type == NULL || *type == '\0'
                || strncasecmp(type, "text/", 5) == 0)
               && akv_is_pem(secret->value.data, secret->value.len));
}

/* Base64, in lines or not. */
static bool store_secret_decode(const struct akv_buf *text, struct akv_buf *out)
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

static bool store_secret_bad(const struct secret_source *source,
                             const char *what)
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
        return store_secret_bad(source, "no PKCS#12 file");
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

/* Without a password it is taken apart here, else libcrypto does and asks for
 * it. */
static bool store_secret_read_pkcs12(struct secret_source *source)
{
    struct akv_buf der = AKV_BUF_INIT(AKV_ITEM_MAX);
    bool ok = store_secret_decode(&source->secret.value, &der)
                  ? check_pkcs12(source, &der)
                  : store_secret_bad(source, "not base64");

    source->form = PKCS12_FILE;
    if (ok && akv_blocks_read_pkcs12(&source->blocks, &der))
        source->form = BLOCKS;
    akv_buf_free(&der);
    return ok;
}

static bool store_secret_read_pem(struct secret_source *source)
{
    struct akv_provider *prov = source->base.prov;

    source->form = BLOCKS;
    if (!akv_blocks_read_pem(&source->blocks, akv_libctx(prov),
                             &source->secret.value))
        return akv_raise(prov, AKV_R_MEMORY, "a secret");
    return source->blocks.any || store_secret_bad(source, "no PEM file");
}

static bool store_secret_fetch(struct secret_source *source)
{
    struct akv_provider *prov = source->base.prov;
    struct akv_error err = AKV_ERROR_INIT;

    if (source->fetched)
        return true;
    if (!akv_secret_get(akv_config_of(prov)->client, &source->base.id,
                        &source->secret, &err))
        return akv_raise_error(prov, &err);
    source->fetched = true;
    if (is_pem(&source->secret))
        return store_secret_read_pem(source);
    return !akv_secret_is_type(&source->secret, "application/x-pkcs12")
           || store_secret_read_pkcs12(source);
}

static bool next_pkcs12(struct secret_source *source, struct akv_item *item)
{
    item->kind = AKV_ITEM_DER;
    item->object = OSSL_OBJECT_UNKNOWN;
    item->last = true;
    return store_secret_decode(&source->secret.value, &item->data)
           || store_secret_bad(source, "not base64");
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

static bool take_block(struct secret_source *source,
                       const struct akv_block *block, struct akv_item *item)
{
    if (block->has_header)
        return akv_raise(source->base.prov, AKV_R_BAD_REPLY,
                         "secrets/%s at %s holds a key that is encrypted in "
                         "the old form of PEM; PKCS#8 can be read (openssl "
                         "pkcs8 -topk8)",
                         source->base.id.name, source->base.id.host);
    item->kind = AKV_ITEM_DER;
    item->object = block->kind->object;
    item->type = block->kind->type;
    item->structure = block->kind->structure;
    return akv_buf_append(&item->data, block->der, (size_t)block->len)
           || akv_raise(source->base.prov, AKV_R_MEMORY, "a secret");
}

static bool next_block(struct secret_source *source, int expected,
                       struct akv_item *item)
{
    while (source->given < source->blocks.count) {
        const struct akv_block *block = &source->blocks.list[source->given++];

        if (akv_expects(expected, block->kind->info))
            return take_block(source, block, item);
    }
    return true;
}

static bool store_secret_next(struct akv_source *base, int expected,
                              struct akv_item *item)
{
    struct secret_source *source = (struct secret_source *)base;

    if (expected != 0 && !akv_blocks_may_be(expected))
        return true;
    if (!store_secret_fetch(source))
        return false;
    if (source->form == BLOCKS)
        return next_block(source, expected, item);
    if (source->form == PKCS12_FILE)
        return next_pkcs12(source, item);
    return next_bytes(source, expected, item);
}

static void store_secret_source_free(struct akv_source *base)
{
    struct secret_source *source = (struct secret_source *)base;

    akv_blocks_free(&source->blocks);
    akv_secret_free(&source->secret);
    OPENSSL_free(source);
}

struct akv_source *akv_secret_source(struct akv_provider *prov,
                                     const struct akv_id *id)
{
    static const struct akv_source_ops ops = { store_secret_next,
                                               store_secret_source_free };

    return akv_source_new(sizeof(struct secret_source), &ops, prov, id);
}
