/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The store loader: from a URI to a source of objects, and from those to
 * libcrypto. Nothing is asked of a vault before the first load.
 *
 * Callers loop until the end, not until a failure, so an error must be
 * followed by the end. But not at once: libcrypto takes a load that fails at
 * the end for the end alone, and openssl storeutl would exit with 0.
 */

#include <openssl/core_names.h>
#include <openssl/core_object.h>
#include <openssl/params.h>
#include <openssl/store.h>
#include <openssl/x509.h>
#include <string.h>

#include "algorithms.h"
#include "base/settings_impl.h"
#include "config.h"
#include "err.h"
#include "store.h"

/* OSSL_FUNC_STORE_DELETE of OpenSSL 3.2; others pass over what they do not
 * know. */
#define STORE_DELETE 9

enum state { STATE_READY, STATE_FAILED, STATE_END };

struct store_ctx {
    struct akv_provider *prov; /* borrowed */
    struct akv_error fault;    /* AKV_E_NONE: the URI is good */
    struct akv_source *source; /* owned; NULL if there is a fault */
    struct akv_buf *secret;    /* what is being handed over, or NULL */
    X509_NAME *subject;        /* owned; NULL: any */
    int expected;              /* OSSL_STORE_INFO_..., 0: anything */
    bool misses_fips;          /* keys are asked for with fips=yes */
    enum state state;
};

static OSSL_FUNC_store_open_fn store_open;
static OSSL_FUNC_store_settable_ctx_params_fn store_settable;
static OSSL_FUNC_store_set_ctx_params_fn store_set_params;
static OSSL_FUNC_store_load_fn store_load;
static OSSL_FUNC_store_eof_fn store_eof;
static OSSL_FUNC_store_close_fn store_close;
static OSSL_FUNC_store_export_object_fn store_export;

struct akv_source *akv_source_new(size_t size, const struct akv_source_ops *ops,
                                  struct akv_provider *prov,
                                  const struct akv_id *id)
{
    struct akv_source *source = OPENSSL_zalloc(size);

    if (source == NULL)
        return NULL;
    source->ops = ops;
    source->prov = prov;
    source->id = *id;
    return source;
}

bool akv_expects(int expected, int info)
{
    return expected == 0 || expected == info;
}

static struct akv_source *open_source(struct akv_provider *prov,
                                      const struct akv_id *id)
{
    if (id->name[0] == '\0')
        return akv_list_source(prov, id);
    switch (id->kind) {
    case AKV_KIND_CERTIFICATE:
        return akv_cert_source(prov, id);
    case AKV_KIND_SECRET:
        return akv_secret_source(prov, id);
    default:
        return akv_key_source(prov, id);
    }
}

/* A fault of the URI or of the settings is kept for the load: libcrypto would
 * put "unregistered scheme" on the queue in front of it, if opening failed. */
static bool open_uri(struct store_ctx *ctx, const char *uri)
{
    const struct akv_config *config = akv_config_get(ctx->prov);
    struct akv_id id;

    if (config == NULL)
        return false;
    if (config->fault.code != AKV_E_NONE) {
        ctx->fault = config->fault;
        return true;
    }
    if (!akv_id_parse(&id, uri, &config->settings, &ctx->fault))
        return true;
    ctx->source = open_source(ctx->prov, &id);
    return ctx->source != NULL;
}

static void *store_open(void *provctx, const char *uri)
{
    struct store_ctx *ctx = OPENSSL_zalloc(sizeof(*ctx));

    if (ctx == NULL)
        return NULL;
    ctx->prov = provctx;
    akv_provider_hold(ctx->prov);
    if (open_uri(ctx, uri))
        return ctx;
    (void)store_close(ctx);
    return NULL;
}

static const OSSL_PARAM *store_settable(ossl_unused void *provctx)
{
    static const OSSL_PARAM settable[] = {
        OSSL_PARAM_int(OSSL_STORE_PARAM_EXPECT, NULL),
        OSSL_PARAM_utf8_string(OSSL_STORE_PARAM_PROPERTIES, NULL, 0),
        OSSL_PARAM_octet_string(OSSL_STORE_PARAM_SUBJECT, NULL, 0),
        OSSL_PARAM_END,
    };

    return settable;
}

/* A collection is searched; what a name yields is passed over if it is not
 * what was looked for. */
static int set_subject(struct store_ctx *ctx, const OSSL_PARAM *p)
{
    const unsigned char *der;
    struct akv_source *source;
    size_t len;

    if (!OSSL_PARAM_get_octet_string_ptr(p, (const void **)&der, &len)
        || len > AKV_ITEM_MAX)
        return 0;
    X509_NAME_free(ctx->subject);
    ctx->subject = d2i_X509_NAME(NULL, &der, (long)len);
    if (ctx->subject == NULL)
        return 0;
    if (ctx->source == NULL || ctx->source->id.name[0] != '\0')
        return 1;
    source = akv_search_source(ctx->prov, &ctx->source->id, ctx->subject);
    if (source == NULL)
        return akv_raise(ctx->prov, AKV_R_MEMORY, "a search");
    ctx->source->ops->free(ctx->source);
    ctx->source = source;
    return 1;
}

static int store_set_params(void *vctx, const OSSL_PARAM params[])
{
    struct store_ctx *ctx = vctx;
    const OSSL_PARAM *expect, *properties, *subject;
    const char *propq;

    if (params == NULL)
        return 1;
    expect = OSSL_PARAM_locate_const(params, OSSL_STORE_PARAM_EXPECT);
    properties = OSSL_PARAM_locate_const(params, OSSL_STORE_PARAM_PROPERTIES);
    if (properties != NULL
        && OSSL_PARAM_get_utf8_string_ptr(properties, &propq))
        ctx->misses_fips = akv_config_misses_fips(ctx->prov, propq);
    subject = OSSL_PARAM_locate_const(params, OSSL_STORE_PARAM_SUBJECT);
    return (expect == NULL || OSSL_PARAM_get_int(expect, &ctx->expected))
           && (subject == NULL || set_subject(ctx, subject));
}

/* store_export() is asked for its bytes meanwhile. */
static int store_give_secret(struct store_ctx *ctx, struct akv_item *item,
                             OSSL_CALLBACK *callback, void *arg)
{
    int ok;

    ctx->secret = &item->data;
    ok = akv_item_give_secret(item, callback, arg);
    ctx->secret = NULL;
    return ok;
}

static int store_give(struct store_ctx *ctx, struct akv_item *item,
                      OSSL_CALLBACK *callback, void *arg)
{
    switch (item->kind) {
    case AKV_ITEM_KEY:
        if (ctx->misses_fips)
            return akv_key_raise_fips(ctx->prov, &ctx->source->id);
        return akv_key_give(&item->key, callback, arg);
    case AKV_ITEM_SECRET:
        return store_give_secret(ctx, item, callback, arg);
    case AKV_ITEM_DER:
        return akv_item_give_der(item, callback, arg);
    case AKV_ITEM_NAME:
        return akv_item_give_name(item, callback, arg);
    default:
        return 0;
    }
}

static bool next_item(struct store_ctx *ctx, struct akv_item *item)
{
    int expected = ctx->expected;

    if (ctx->fault.code != AKV_E_NONE) {
        (void)akv_raise_error(ctx->prov, &ctx->fault);
        return false;
    }
    (void)akv_client_prepare(akv_config_of(ctx->prov)->client,
                             ctx->source->id.host, NULL);
    /* Whoever looks for a subject looks for certificates. */
    if (ctx->subject != NULL && expected == 0)
        expected = OSSL_STORE_INFO_CERT;
    return ctx->source->ops->next(ctx->source, expected, item);
}

/* Whether it is what was looked for. */
static bool store_is_wanted(const struct store_ctx *ctx,
                            const struct akv_item *item)
{
    X509 *x509;
    bool is;

    if (ctx->subject == NULL || item->kind == AKV_ITEM_END)
        return true;
    if (item->kind != AKV_ITEM_DER || item->object != OSSL_OBJECT_CERT)
        return false;
    x509 = akv_store_read_x509(ctx->prov, item->data.data, item->data.len);
    is = x509 != NULL
         && X509_NAME_cmp(X509_get_subject_name(x509), ctx->subject) == 0;
    X509_free(x509);
    return is;
}

/* Fills the item with the next one that is wanted; nothing is asked for behind
 * the last. */
static bool next_wanted(struct store_ctx *ctx, struct akv_item *item)
{
    bool last = false;

    while (!last) {
        if (!next_item(ctx, item))
            return false;
        if (store_is_wanted(ctx, item))
            return true;
        last = item->last;
        akv_item_free(item);
        akv_item_init(item);
    }
    return true;
}

static int store_load(void *vctx, OSSL_CALLBACK *object_cb, void *object_arg,
                      ossl_unused OSSL_PASSPHRASE_CALLBACK *pw_cb,
                      ossl_unused void *pw_arg)
{
    struct store_ctx *ctx = vctx;
    struct akv_item item;
    int ok = 0;

    if (ctx->state != STATE_READY) {
        ctx->state = STATE_END;
        return 0;
    }
    akv_item_init(&item);
    ctx->state = STATE_FAILED; /* unless all goes well */
    if (!next_wanted(ctx, &item)) {
        akv_item_free(&item);
        return 0;
    }
    if (item.kind == AKV_ITEM_END) {
        ctx->state = STATE_END;
        ok = 1; /* or OSSL_STORE_error() would tell of an error */
    } else if (store_give(ctx, &item, object_cb, object_arg)) {
        ctx->state = item.last ? STATE_END : STATE_READY;
        ok = 1;
    } else {
        ok = akv_item_raise_unusable(ctx->prov, &ctx->source->id, &item);
    }
    akv_item_free(&item);
    return ok;
}

static int store_eof(void *vctx)
{
    const struct store_ctx *ctx = vctx;

    return ctx->state == STATE_END;
}

static int store_close(void *vctx)
{
    struct store_ctx *ctx = vctx;

    if (ctx == NULL)
        return 1;
    if (ctx->source != NULL)
        ctx->source->ops->free(ctx->source);
    X509_NAME_free(ctx->subject);
    akv_provider_drop(ctx->prov);
    OPENSSL_free(ctx);
    return 1;
}

/* The bytes of a plain secret, and of nothing else: a remote key has none. */
static int store_export(void *vctx, const void *reference, size_t size,
                        OSSL_CALLBACK *callback, void *arg)
{
    const struct store_ctx *ctx = vctx;
    struct akv_buf *secret;
    OSSL_PARAM params[2];

    if (size != sizeof(secret) || ctx->secret == NULL)
        return 0;
    memcpy(&secret, reference, sizeof(secret));
    if (secret != ctx->secret)
        return 0;
    params[0] = OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PRIV_KEY,
                                                  secret->data, secret->len);
    params[1] = OSSL_PARAM_construct_end();
    return callback(params, arg);
}

static bool may_delete(const struct akv_config *config, const char *uri,
                       struct akv_id *id, struct akv_error *err)
{
    if (!akv_id_parse(id, uri, &config->settings, err))
        return false;
    if (id->kind != AKV_KIND_KEY || id->name[0] == '\0')
        return akv_error_set(err, AKV_E_INVALID,
                             "%.200s: only keys can be deleted: "
                             "akv://HOST/keys/NAME",
                             uri);
    if (id->version[0] != '\0')
        return akv_error_set(err, AKV_E_INVALID,
                             "%.200s: a vault deletes all versions of a key "
                             "or none: leave out the version",
                             uri);
    if (!config->settings.allow_delete)
        return akv_error_set(err, AKV_E_CONFIG,
                             "%.200s: the setting allow-delete "
                             "(AKV_ALLOW_DELETE) forbids to delete keys",
                             uri);
    return true;
}

/* What the vault keeps of a deleted key can be recovered there. */
static int store_delete(void *provctx, const char *uri,
                        ossl_unused const OSSL_PARAM params[],
                        ossl_unused OSSL_PASSPHRASE_CALLBACK *pw_cb,
                        ossl_unused void *pw_arg)
{
    struct akv_provider *prov = provctx;
    const struct akv_config *config = akv_config_good(prov);
    struct akv_error err = AKV_ERROR_INIT;
    struct akv_properties properties;
    struct akv_id id;

    if (config == NULL)
        return 0;
    if (!may_delete(config, uri, &id, &err))
        return akv_raise_error(prov, &err);
    if (!akv_object_delete(config->client, &id, &properties, &err)) {
        akv_properties_free(&properties);
        return akv_raise_error(prov, &err);
    }
    akv_properties_free(&properties);
    return 1;
}

const OSSL_DISPATCH akv_store_functions[] = {
    AKV_FN(STORE_OPEN, store_open),
    AKV_FN(STORE_SETTABLE_CTX_PARAMS, store_settable),
    AKV_FN(STORE_SET_CTX_PARAMS, store_set_params),
    AKV_FN(STORE_LOAD, store_load),
    AKV_FN(STORE_EOF, store_eof),
    AKV_FN(STORE_CLOSE, store_close),
    AKV_FN(STORE_EXPORT_OBJECT, store_export),
    { STORE_DELETE, (void (*)(void))store_delete },
    AKV_FN_END,
};
