/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Writes keys, in all forms in which the default provider writes RSA and EC
 * keys: libcrypto takes our encoders for our keys before it looks at others.
 * A remote key is written as a PEM key reference, or as text for people; there
 * is no DER of it, for whoever asks for PrivateKeyInfo in DER wants what is in
 * the vault. All else is written by who has the key (impl.h), or, where that
 * provider has no encoder (as fips), by who has one.
 */

#include <openssl/bio.h>
#include <openssl/core_names.h>
#include <openssl/encoder.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <string.h>

#include "akv/key_ref.h"
#include "encoder.h"
#include "err.h"
#include "key.h"
#include "libctx.h"

#define PRIVATE OSSL_KEYMGMT_SELECT_PRIVATE_KEY
#define PUBLIC OSSL_KEYMGMT_SELECT_PUBLIC_KEY
#define PARAMETERS OSSL_KEYMGMT_SELECT_ALL_PARAMETERS

/* What there is, with the parts of a key that each can write. */
static const struct row {
    const char *output, *structure;
    enum akv_key_type type;
    int selection;
} rows[] = {
#define ROW(n, type, out, structure, selection)                                \
    { out, structure, AKV_KEY_##type, selection },
#define BARE_ROW(n, type, out, selection)                                      \
    { out, NULL, AKV_KEY_##type, selection },
    AKV_ENCODERS(ROW, BARE_ROW)
};

/* An encoder of another provider. */
struct inner {
    const struct akv_impl *impl; /* NULL: there is none */
    struct akv_functions functions;
    void *ctx; /* owned */
};

struct encoder_ctx {
    struct akv_provider *prov; /* borrowed */
    const struct row *row;
    struct inner local; /* of who has the application's keys */
    OSSL_PARAM *params; /* owned; what was set, or NULL */
};

static OSSL_FUNC_encoder_freectx_fn encoder_free;
static OSSL_FUNC_encoder_settable_ctx_params_fn encoder_settable;
static OSSL_FUNC_encoder_set_ctx_params_fn encoder_set_params;
static OSSL_FUNC_encoder_encode_fn encoder_encode;

/* Another libcrypto's BIOs are nothing for the providers of this one. */
static bool inner_open(struct inner *inner, const struct encoder_ctx *ctx,
                       const struct akv_impl *impl)
{
    memset(inner, 0, sizeof(*inner));
    if (impl == NULL || !ctx->prov->shares_libcrypto
        || !akv_impl_encoder(impl, ctx->row->output, ctx->row->structure,
                             &inner->functions))
        return false;
    inner->ctx = AKV_CALL(&inner->functions, ENCODER_NEWCTX, encoder_newctx,
                          impl->provctx);
    if (inner->ctx != NULL)
        inner->impl = impl;
    return inner->ctx != NULL;
}

static void inner_close(struct inner *inner)
{
    if (inner->ctx != NULL)
        AKV_FREE(&inner->functions, ENCODER_FREECTX, encoder_freectx,
                 inner->ctx);
}

static int inner_set(const struct inner *inner, const OSSL_PARAM params[])
{
    return inner->functions.fn[OSSL_FUNC_ENCODER_SET_CTX_PARAMS] == NULL
           || AKV_CALL(&inner->functions, ENCODER_SET_CTX_PARAMS,
                       encoder_set_ctx_params, inner->ctx, params);
}

static void *encoder_new(struct akv_provider *prov, size_t row)
{
    struct encoder_ctx *ctx = OPENSSL_zalloc(sizeof(*ctx));

    if (ctx == NULL)
        return NULL;
    ctx->prov = prov;
    ctx->row = &rows[row];
    akv_provider_hold(prov);
    (void)ERR_set_mark();
    (void)inner_open(&ctx->local, ctx,
                     akv_impl_get(prov, ctx->row->type, AKV_ROLE_LOCAL));
    (void)ERR_pop_to_mark();
    return ctx;
}

static void encoder_free(void *vctx)
{
    struct encoder_ctx *ctx = vctx;

    if (ctx == NULL)
        return;
    inner_close(&ctx->local);
    OSSL_PARAM_free(ctx->params);
    akv_provider_drop(ctx->prov);
    OPENSSL_free(ctx);
}

static const OSSL_PARAM *encoder_settable(ossl_unused void *provctx)
{
    static const OSSL_PARAM settable[] = {
        OSSL_PARAM_utf8_string(OSSL_ENCODER_PARAM_CIPHER, NULL, 0),
        OSSL_PARAM_utf8_string(OSSL_ENCODER_PARAM_PROPERTIES, NULL, 0),
        OSSL_PARAM_END,
    };

    return settable;
}

/* Kept, for it is not known yet whose key is written. libcrypto asks the same
 * of the other provider's own encoders: one of both tells what is wrong. */
static int encoder_set_params(void *vctx, const OSSL_PARAM params[])
{
    struct encoder_ctx *ctx = vctx;
    OSSL_PARAM *merged, *copy;
    int ok = 1;

    if (params == NULL || params[0].key == NULL)
        return 1;
    merged = OSSL_PARAM_merge(ctx->params, params);
    copy = merged != NULL ? OSSL_PARAM_dup(merged) : NULL;
    OPENSSL_free(merged);
    if (copy == NULL)
        return 0;
    OSSL_PARAM_free(ctx->params);
    ctx->params = copy;
    (void)ERR_set_mark();
    if (ctx->local.ctx != NULL)
        ok = inner_set(&ctx->local, params);
    (void)ERR_pop_to_mark();
    return ok;
}

/* A cipher that was set; NULL: none, so that no passphrase is wanted. */
static const char *cipher_of(const struct encoder_ctx *ctx)
{
    const OSSL_PARAM *p =
        OSSL_PARAM_locate_const(ctx->params, OSSL_ENCODER_PARAM_CIPHER);
    const char *name = NULL;

    return p != NULL && OSSL_PARAM_get_utf8_string_ptr(p, &name) ? name : NULL;
}

/* Of the parts that are asked for the most private one decides: who asks for
 * it takes those behind it, too. */
static int does_selection(size_t row, int selection)
{
    static const int parts[] = { PRIVATE, PUBLIC, PARAMETERS };
    size_t i;

    if (selection == 0)
        return 1;
    for (i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
        if ((selection & parts[i]) != 0)
            return (rows[row].selection & parts[i]) != 0;
    return 0;
}

/* --- What others write ------------------------------------------------------
 */

/* By the encoder of the key's own provider, which knows the key as it is. */
static int encode_there(const struct inner *inner, OSSL_CORE_BIO *out,
                        const struct akv_key *key, int selection,
                        OSSL_PASSPHRASE_CALLBACK *pw_cb, void *pw_arg)
{
    return AKV_CALL(&inner->functions, ENCODER_ENCODE, encoder_encode,
                    inner->ctx, out, key->data, NULL, selection, pw_cb, pw_arg);
}

struct copy {
    EVP_PKEY_CTX *ctx;
    EVP_PKEY *pkey;
};

static int copy_key(const OSSL_PARAM params[], void *arg)
{
    struct copy *copy = arg;
    union {
        const OSSL_PARAM *in;
        OSSL_PARAM *out;
    } u = { params };

    return EVP_PKEY_fromdata(copy->ctx, &copy->pkey, EVP_PKEY_KEYPAIR, u.out)
           == 1;
}

/* The key as libcrypto itself would have it from the key's provider. */
static EVP_PKEY *to_pkey(const struct akv_key *key, int selection)
{
    const struct akv_impl *impl = key->impl;
    struct copy copy = { NULL, NULL };

    copy.ctx = EVP_PKEY_CTX_new_from_name(
        impl->libctx, akv_key_type_name(impl->type), impl->propq);
    if ((selection & PRIVATE) != 0)
        selection |= PUBLIC;
    if (copy.ctx != NULL && EVP_PKEY_fromdata_init(copy.ctx) == 1)
        (void)AKV_CALL(&impl->key, KEYMGMT_EXPORT, keymgmt_export, key->data,
                       selection | PARAMETERS, copy_key, &copy);
    EVP_PKEY_CTX_free(copy.ctx);
    return copy.pkey;
}

/* By whatever encoder libcrypto finds. */
static int encode_anywhere(const struct encoder_ctx *ctx, OSSL_CORE_BIO *out,
                           const struct akv_key *key, int selection,
                           OSSL_PASSPHRASE_CALLBACK *pw_cb, void *pw_arg)
{
    OSSL_LIB_CTX *libctx = akv_libctx(ctx->prov);
    BIO *bio = libctx != NULL ? BIO_new_from_core_bio(libctx, out) : NULL;
    EVP_PKEY *pkey = bio != NULL ? to_pkey(key, selection) : NULL;
    OSSL_ENCODER_CTX *inner = pkey != NULL ? OSSL_ENCODER_CTX_new_for_pkey(
                                  pkey, selection, ctx->row->output,
                                  ctx->row->structure, key->impl->propq)
                                           : NULL;
    int ok = inner != NULL;

    if (ok && cipher_of(ctx) != NULL)
        ok = OSSL_ENCODER_CTX_set_passphrase_cb(inner, pw_cb, pw_arg) == 1;
    if (ok && ctx->params != NULL)
        ok = OSSL_ENCODER_CTX_set_params(inner, ctx->params) == 1;
    ok = ok && OSSL_ENCODER_to_bio(inner, bio) == 1;
    OSSL_ENCODER_CTX_free(inner);
    EVP_PKEY_free(pkey);
    BIO_free(bio);
    return ok;
}

static int encode_key(const struct encoder_ctx *ctx, OSSL_CORE_BIO *out,
                      const struct akv_key *key, int selection,
                      OSSL_PASSPHRASE_CALLBACK *pw_cb, void *pw_arg)
{
    struct inner own;
    int ok;

    if (ctx->local.ctx != NULL
        && akv_impl_same_provider(ctx->local.impl, key->impl))
        return encode_there(&ctx->local, out, key, selection, pw_cb, pw_arg);
    if (!inner_open(&own, ctx, key->impl))
        return encode_anywhere(ctx, out, key, selection, pw_cb, pw_arg);
    ok = (ctx->params == NULL || inner_set(&own, ctx->params))
         && encode_there(&own, out, key, selection, pw_cb, pw_arg);
    inner_close(&own);
    return ok;
}

/* --- What is in a vault -----------------------------------------------------
 */

static int write_out(const struct encoder_ctx *ctx, OSSL_CORE_BIO *out,
                     const struct akv_buf *text)
{
    OSSL_LIB_CTX *libctx = akv_libctx(ctx->prov);
    BIO *bio = libctx != NULL ? BIO_new_from_core_bio(libctx, out) : NULL;
    size_t written = 0;
    int ok = bio != NULL
             && BIO_write_ex(bio, text->data, text->len, &written) == 1
             && written == text->len;

    BIO_free(bio);
    return ok;
}

static int write_reference(const struct encoder_ctx *ctx, OSSL_CORE_BIO *out,
                           const struct akv_key *key)
{
    struct akv_buf pem = AKV_BUF_INIT(2 * AKV_KEY_REF_MAX);
    struct akv_key_ref ref;
    int ok = 0;

    if (cipher_of(ctx) != NULL)
        return akv_raise(ctx->prov, AKV_R_BAD_REFERENCE,
                         "a key reference holds nothing secret and takes no "
                         "passphrase: leave out %s",
                         cipher_of(ctx));
    if (akv_key_to_reference(key, &ref)
        && akv_key_ref_write_pem(&ref, &pem, NULL))
        ok = write_out(ctx, out, &pem);
    else
        (void)akv_raise(ctx->prov, AKV_R_MEMORY, "a key reference");
    akv_key_ref_free(&ref);
    akv_buf_free(&pem);
    return ok;
}

static int encoder_write_text(const struct encoder_ctx *ctx, OSSL_CORE_BIO *out,
                              const struct akv_key *key)
{
    static const char head[] = "Private-Key in Azure Key Vault: ";
    struct akv_buf text = AKV_BUF_INIT(1024);
    int ok = akv_buf_append(&text, head, sizeof(head) - 1)
             && akv_id_append_uri(&key->id, &text)
             && akv_buf_append(&text, "\n", 1) && write_out(ctx, out, &text)
             && encode_key(ctx, out, key, PUBLIC | PARAMETERS, NULL, NULL);

    akv_buf_free(&text);
    return ok;
}

static int encode_remote(const struct encoder_ctx *ctx, OSSL_CORE_BIO *out,
                         const struct akv_key *key)
{
    if (strcmp(ctx->row->output, "pem") == 0)
        return write_reference(ctx, out, key);
    if (strcmp(ctx->row->output, "text") == 0)
        return encoder_write_text(ctx, out, key);
    return akv_raise(ctx->prov, AKV_R_NO_PRIVATE_KEY,
                     "keys/%s at %s is in the vault; it is written as a "
                     "reference, in PEM, and in no other form",
                     key->id.name, key->id.host);
}

static int encoder_encode(void *vctx, OSSL_CORE_BIO *out, const void *object,
                          const OSSL_PARAM abstract[], int selection,
                          OSSL_PASSPHRASE_CALLBACK *pw_cb, void *pw_arg)
{
    const struct encoder_ctx *ctx = vctx;
    const struct akv_key *key = object;

    if (abstract != NULL || key == NULL)
        return 0;
    if (key->remote && (selection & PRIVATE) != 0)
        return encode_remote(ctx, out, key);
    return encode_key(ctx, out, key, selection, pw_cb, pw_arg);
}

/* --- Tables -----------------------------------------------------------------
 */

/* libcrypto does not tell a context which encoder it is of. */
#define FUNCTIONS(n, ...)                                                      \
    static void *new_##n(void *provctx)                                        \
    {                                                                          \
        return encoder_new(provctx, n);                                        \
    }                                                                          \
    static int selects_##n(ossl_unused void *provctx, int asked)               \
    {                                                                          \
        return does_selection(n, asked);                                       \
    }
AKV_ENCODERS(FUNCTIONS, FUNCTIONS)

#define COMMON_FUNCTIONS(n)                                                    \
    AKV_FN(ENCODER_NEWCTX, new_##n), AKV_FN(ENCODER_FREECTX, encoder_free),    \
        AKV_FN(ENCODER_SETTABLE_CTX_PARAMS, encoder_settable),                 \
        AKV_FN(ENCODER_SET_CTX_PARAMS, encoder_set_params),                    \
        AKV_FN(ENCODER_ENCODE, encoder_encode)

#define TABLE(n, ...)                                                          \
    { COMMON_FUNCTIONS(n), AKV_FN(ENCODER_DOES_SELECTION, selects_##n),        \
      AKV_FN_END },
const OSSL_DISPATCH akv_encoder_functions[][AKV_ENCODER_SIZE] = { AKV_ENCODERS(
    TABLE, TABLE) };
