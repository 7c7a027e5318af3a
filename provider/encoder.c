/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Writes a remote key as a PEM key reference, or as text for people. What is
 * no remote key is written as the default provider does it. There is no
 * encoder of a remote key to DER: a reference is a kind of PEM, and whoever
 * asks for PrivateKeyInfo in DER wants what is in the vault.
 */

#include <openssl/bio.h>
#include <openssl/core_names.h>
#include <openssl/encoder.h>
#include <openssl/params.h>
#include <string.h>

#include "algorithms.h"
#include "key.h"
#include "key_ref.h"

struct encoder_ctx {
    struct akv_provider *prov; /* borrowed */
    char cipher[64];           /* empty: no passphrase */
};

static OSSL_FUNC_encoder_newctx_fn encoder_new;
static OSSL_FUNC_encoder_freectx_fn encoder_free;
static OSSL_FUNC_encoder_settable_ctx_params_fn encoder_settable;
static OSSL_FUNC_encoder_set_ctx_params_fn encoder_set_params;
static OSSL_FUNC_encoder_does_selection_fn pem_does_selection;
static OSSL_FUNC_encoder_encode_fn pem_encode, text_encode;

static void *encoder_new(void *provctx)
{
    struct encoder_ctx *ctx = OPENSSL_zalloc(sizeof(*ctx));

    if (ctx == NULL)
        return NULL;
    ctx->prov = provctx;
    akv_provider_hold(ctx->prov);
    return ctx;
}

static void encoder_free(void *vctx)
{
    struct encoder_ctx *ctx = vctx;

    if (ctx == NULL)
        return;
    akv_provider_drop(ctx->prov);
    OPENSSL_free(ctx);
}

static const OSSL_PARAM *encoder_settable(ossl_unused void *provctx)
{
    static const OSSL_PARAM settable[] = {
        OSSL_PARAM_utf8_string(OSSL_ENCODER_PARAM_CIPHER, NULL, 0),
        OSSL_PARAM_END,
    };

    return settable;
}

static int encoder_set_params(void *vctx, const OSSL_PARAM params[])
{
    struct encoder_ctx *ctx = vctx;
    const OSSL_PARAM *p =
        OSSL_PARAM_locate_const(params, OSSL_ENCODER_PARAM_CIPHER);
    char *name = ctx->cipher;

    ctx->cipher[0] = p != NULL ? '\0' : ctx->cipher[0];
    return p == NULL || p->data == NULL
           || OSSL_PARAM_get_utf8_string(p, &name, sizeof(ctx->cipher));
}

static int pem_does_selection(ossl_unused void *provctx, int selection)
{
    return (selection & OSSL_KEYMGMT_SELECT_PRIVATE_KEY) != 0;
}

/* By the encoders of the private context. */
static int encode_inside(const struct encoder_ctx *ctx, BIO *out,
                         const struct akv_key *key, int selection,
                         const char *type, const char *structure,
                         OSSL_PASSPHRASE_CALLBACK *pw_cb, void *pw_arg)
{
    OSSL_ENCODER_CTX *inner = OSSL_ENCODER_CTX_new_for_pkey(
        key->pkey, selection, type, structure, NULL);
    int ok = inner != NULL;

    if (ok && ctx->cipher[0] != '\0')
        ok = OSSL_ENCODER_CTX_set_cipher(inner, ctx->cipher, NULL) == 1
             && OSSL_ENCODER_CTX_set_passphrase_cb(inner, pw_cb, pw_arg) == 1;
    ok = ok && OSSL_ENCODER_to_bio(inner, out) == 1;
    OSSL_ENCODER_CTX_free(inner);
    return ok;
}

static int write_reference(const struct encoder_ctx *ctx, BIO *out,
                           const struct akv_key *key)
{
    struct akv_buf pem = AKV_BUF_INIT(2 * AKV_KEY_REF_MAX);
    struct akv_key_ref ref;
    size_t written;
    int ok = 0;

    if (ctx->cipher[0] != '\0')
        return akv_raise(ctx->prov, AKV_R_BAD_REFERENCE,
                         "a key reference holds nothing secret and takes no "
                         "passphrase: leave out %s",
                         ctx->cipher);
    if (akv_key_to_reference(key, &ref)
        && akv_key_ref_write_pem(&ref, &pem, NULL))
        ok = BIO_write_ex(out, pem.data, pem.len, &written) == 1
             && written == pem.len;
    else
        (void)akv_raise(ctx->prov, AKV_R_MEMORY, "a key reference");
    akv_key_ref_free(&ref);
    akv_buf_free(&pem);
    return ok;
}

static BIO *open_out(const struct encoder_ctx *ctx, OSSL_CORE_BIO *out,
                     const void *object, const OSSL_PARAM abstract[])
{
    const struct akv_key *key = object;
    OSSL_LIB_CTX *libctx;

    if (abstract != NULL || key == NULL || key->pkey == NULL)
        return NULL;
    libctx = akv_libctx(ctx->prov);
    return libctx != NULL ? BIO_new_from_core_bio(libctx, out) : NULL;
}

static int pem_encode(void *vctx, OSSL_CORE_BIO *core_out, const void *object,
                      const OSSL_PARAM abstract[], int selection,
                      OSSL_PASSPHRASE_CALLBACK *pw_cb, void *pw_arg)
{
    const struct encoder_ctx *ctx = vctx;
    const struct akv_key *key = object;
    BIO *out = open_out(ctx, core_out, object, abstract);
    int ok = 0;

    if (out != NULL)
        ok = key->remote ? write_reference(ctx, out, key)
                         : encode_inside(ctx, out, key, selection, "PEM",
                                         "PrivateKeyInfo", pw_cb, pw_arg);
    BIO_free(out);
    return ok;
}

static int print_remote(BIO *out, const struct akv_key *key)
{
    struct akv_buf uri = AKV_BUF_INIT(1024);
    int ok = akv_id_append_uri(&key->id, &uri)
             && BIO_printf(out, "Private-Key in Azure Key Vault: %s\n",
                           akv_buf_str(&uri))
                    > 0;

    akv_buf_free(&uri);
    return ok;
}

static int text_encode(void *vctx, OSSL_CORE_BIO *core_out, const void *object,
                       const OSSL_PARAM abstract[], int selection,
                       ossl_unused OSSL_PASSPHRASE_CALLBACK *pw_cb,
                       ossl_unused void *pw_arg)
{
    const struct encoder_ctx *ctx = vctx;
    const struct akv_key *key = object;
    BIO *out = open_out(ctx, core_out, object, abstract);
    int ok = out != NULL;

    if (ok && key->remote && (selection & OSSL_KEYMGMT_SELECT_PRIVATE_KEY)) {
        selection =
            OSSL_KEYMGMT_SELECT_PUBLIC_KEY | OSSL_KEYMGMT_SELECT_ALL_PARAMETERS;
        ok = print_remote(out, key);
    }
    ok =
        ok && encode_inside(ctx, out, key, selection, "TEXT", NULL, NULL, NULL);
    BIO_free(out);
    return ok;
}

const OSSL_DISPATCH akv_pem_encoder_functions[] = {
    AKV_FN(ENCODER_NEWCTX, encoder_new),
    AKV_FN(ENCODER_FREECTX, encoder_free),
    AKV_FN(ENCODER_SETTABLE_CTX_PARAMS, encoder_settable),
    AKV_FN(ENCODER_SET_CTX_PARAMS, encoder_set_params),
    AKV_FN(ENCODER_DOES_SELECTION, pem_does_selection),
    AKV_FN(ENCODER_ENCODE, pem_encode),
    AKV_FN_END,
};

const OSSL_DISPATCH akv_text_encoder_functions[] = {
    AKV_FN(ENCODER_NEWCTX, encoder_new),
    AKV_FN(ENCODER_FREECTX, encoder_free),
    AKV_FN(ENCODER_ENCODE, text_encode),
    AKV_FN_END,
};
