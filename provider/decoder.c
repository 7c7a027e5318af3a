/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Reads key references (key_ref.h) out of PEM, in two steps, as libcrypto
 * decodes: PEM to DER, DER to a key. Every key that the process reads passes
 * by here, so that what is not ours is left at once and without a word. What
 * bears our label is ours: if it cannot be used, the reason is raised, and
 * nobody else need try.
 */

#include <openssl/bio.h>
#include <openssl/core_names.h>
#include <openssl/core_object.h>
#include <openssl/err.h>
#include <openssl/params.h>
#include <openssl/pem.h>
#include <string.h>

#include "akv/key_ref.h"
#include "algorithms.h"
#include "config.h"
#include "err.h"
#include "key.h"
#include "libctx.h"
#include "ref_cache.h"

static OSSL_FUNC_decoder_newctx_fn decoder_new;
static OSSL_FUNC_decoder_freectx_fn decoder_free;
static OSSL_FUNC_decoder_does_selection_fn decoder_does_selection;
static OSSL_FUNC_decoder_decode_fn pem_decode, rsa_decode, ec_decode;

/* There is one for every key that is read: nothing is made. */
static void *decoder_new(void *provctx)
{
    return provctx;
}

static void decoder_free(ossl_unused void *ctx)
{
}

static int decoder_does_selection(ossl_unused void *provctx, int selection)
{
    return selection == 0 || (selection & OSSL_KEYMGMT_SELECT_PRIVATE_KEY) != 0;
}

static int decoder_give_der(unsigned char *der, size_t len,
                            OSSL_CALLBACK *callback, void *arg)
{
    static char structure[] = AKV_KEY_REF_STRUCTURE;
    OSSL_PARAM params[3];

    params[0] =
        OSSL_PARAM_construct_octet_string(OSSL_OBJECT_PARAM_DATA, der, len);
    params[1] = OSSL_PARAM_construct_utf8_string(
        OSSL_OBJECT_PARAM_DATA_STRUCTURE, structure, 0);
    params[2] = OSSL_PARAM_construct_end();
    return callback(params, arg);
}

/* The key of a reference without a version: what the vault has now. */
static struct akv_key *ask_vault(struct akv_provider *prov,
                                 const struct akv_key_ref *ref)
{
    struct akv_client *client = akv_config_of(prov)->client;
    struct akv_error err = AKV_ERROR_INIT;
    struct akv_key_bundle bundle;
    struct akv_key *key = NULL;

    (void)akv_client_prepare(client, ref->id.host, NULL);
    if (!akv_key_get(client, &ref->id, &bundle, &err))
        (void)akv_raise_error(prov, &err);
    else if (bundle.jwk.type != ref->type)
        (void)akv_raise(prov, AKV_R_BAD_REFERENCE,
                        "the key reference says that keys/%s is of type %s, "
                        "in the vault it is not",
                        ref->id.name, akv_key_type_name(ref->type));
    else
        key = akv_key_new_remote(prov, &bundle);
    akv_key_bundle_free(&bundle);
    return key;
}

/* Each reader has a key of its own: the form of an EC key can be set. */
static struct akv_key *get_key(struct akv_provider *prov, const void *der,
                               size_t len, const struct akv_key_ref *ref)
{
    struct akv_key *known, *key = NULL;

    if (ref->spki.len == 0)
        return ask_vault(prov, ref);
    known = akv_ref_cache_get(prov->references, der, len);
    if (known != NULL)
        key = akv_key_dup(known, OSSL_KEYMGMT_SELECT_ALL);
    akv_key_free(known);
    return key != NULL ? key : akv_key_new_reference(prov, ref);
}

/* The key of a reference, with the reason raised if there is none. */
static struct akv_key *decoder_resolve(struct akv_provider *prov,
                                       const void *der, size_t len,
                                       struct akv_key_ref *ref)
{
    const struct akv_config *config = akv_config_good(prov);
    struct akv_error err = AKV_ERROR_INIT;

    akv_key_ref_init(ref);
    if (config == NULL)
        return NULL;
    if (akv_key_ref_read(ref, der, len, &config->settings, &err))
        return get_key(prov, der, len, ref);
    if (err.code == AKV_E_INVALID)
        (void)akv_raise(prov, AKV_R_BAD_REFERENCE, "%s", err.message);
    else
        (void)akv_raise_error(prov, &err);
    return NULL;
}

/* What goes on to the second step is pinned, so that this one is the only one
 * that can fail: libcrypto's store drops the errors of the second. */
static int pass_on(struct akv_provider *prov, unsigned char *der, size_t len,
                   OSSL_CALLBACK *callback, void *arg)
{
    struct akv_buf pinned = AKV_BUF_INIT(AKV_KEY_REF_MAX);
    struct akv_key_ref ref;
    struct akv_key *key = decoder_resolve(prov, der, len, &ref);
    int ok = key != NULL;

    if (ok && ref.spki.len == 0) {
        akv_key_ref_free(&ref);
        ok = akv_key_to_reference(key, &ref)
             && akv_key_ref_write_der(&ref, &pinned, NULL);
        if (!ok)
            (void)akv_raise(prov, AKV_R_MEMORY, "a key reference");
        der = pinned.data;
        len = pinned.len;
    }
    if (ok) {
        akv_ref_cache_put(prov->references, der, len, key);
        ok = decoder_give_der(der, len, callback, arg);
    }
    akv_key_free(key);
    akv_key_ref_free(&ref);
    akv_buf_free(&pinned);
    return ok;
}

/* Takes one PEM block, whatever it is: the caller goes on behind it. */
static int pem_decode(void *ctx, OSSL_CORE_BIO *in, ossl_unused int selection,
                      OSSL_CALLBACK *callback, void *arg,
                      ossl_unused OSSL_PASSPHRASE_CALLBACK *pw_cb,
                      ossl_unused void *pw_arg)
{
    struct akv_provider *prov = ctx;
    OSSL_LIB_CTX *libctx = akv_libctx(prov);
    BIO *bio = libctx != NULL ? BIO_new_from_core_bio(libctx, in) : NULL;
    char *label = NULL, *header = NULL;
    unsigned char *der = NULL;
    long len = 0;
    int ok = 1;

    if (bio == NULL)
        return 0;
    (void)ERR_set_mark();
    if (PEM_read_bio(bio, &label, &header, &der, &len) != 1)
        len = -1;
    (void)ERR_pop_to_mark();
    if (len >= 0 && strcmp(label, AKV_KEY_REF_LABEL) == 0)
        ok = pass_on(prov, der, (size_t)len, callback, arg);
    OPENSSL_free(label);
    OPENSSL_free(header);
    OPENSSL_clear_free(der, len > 0 ? (size_t)len : 0);
    BIO_free(bio);
    return ok;
}

/* The bytes up to the end. False: too many, or none. */
static bool read_all(struct akv_provider *prov, OSSL_CORE_BIO *in,
                     struct akv_buf *out)
{
    OSSL_LIB_CTX *libctx = akv_libctx(prov);
    BIO *bio = libctx != NULL ? BIO_new_from_core_bio(libctx, in) : NULL;
    unsigned char part[1024];
    size_t len = 0;
    bool ok = bio != NULL;

    while (ok && BIO_read_ex(bio, part, sizeof(part), &len) == 1 && len > 0)
        ok = akv_buf_append(out, part, len);
    OPENSSL_cleanse(part, sizeof(part)); /* it may be somebody's key */
    BIO_free(bio);
    return ok && out->len > 0;
}

/*
 * Whether the reference is one to a key of that type. Both decoders see it: one
 * that cannot be read is for the first to complain of.
 */
static bool decoder_is_mine(enum akv_key_type type, const struct akv_buf *der)
{
    enum akv_key_type found;

    if (!akv_key_ref_is(der->data, der->len))
        return false;
    return akv_key_ref_type(der->data, der->len, &found) ? found == type
                                                         : type == AKV_KEY_RSA;
}

/* What the first step passes on is good. A reference in DER begins here. */
static int decoder_decode(struct akv_provider *prov, enum akv_key_type type,
                          OSSL_CORE_BIO *in, OSSL_CALLBACK *callback, void *arg)
{
    struct akv_buf der = AKV_BUF_INIT(AKV_KEY_REF_MAX);
    struct akv_key *key = NULL;
    struct akv_key_ref ref;
    int ok = 1;

    if (read_all(prov, in, &der) && decoder_is_mine(type, &der)) {
        key = decoder_resolve(prov, der.data, der.len, &ref);
        ok = key != NULL && akv_key_give(&key, callback, arg);
        akv_key_free(key); /* NULL when it was taken */
        akv_key_ref_free(&ref);
    }
    akv_buf_free(&der);
    return ok;
}

static int rsa_decode(void *ctx, OSSL_CORE_BIO *in, ossl_unused int selection,
                      OSSL_CALLBACK *callback, void *arg,
                      ossl_unused OSSL_PASSPHRASE_CALLBACK *pw_cb,
                      ossl_unused void *pw_arg)
{
    return decoder_decode(ctx, AKV_KEY_RSA, in, callback, arg);
}

static int ec_decode(void *ctx, OSSL_CORE_BIO *in, ossl_unused int selection,
                     OSSL_CALLBACK *callback, void *arg,
                     ossl_unused OSSL_PASSPHRASE_CALLBACK *pw_cb,
                     ossl_unused void *pw_arg)
{
    return decoder_decode(ctx, AKV_KEY_EC, in, callback, arg);
}

const OSSL_DISPATCH akv_pem_decoder_functions[] = {
    AKV_FN(DECODER_NEWCTX, decoder_new),
    AKV_FN(DECODER_FREECTX, decoder_free),
    AKV_FN(DECODER_DECODE, pem_decode),
    AKV_FN_END,
};

const OSSL_DISPATCH akv_rsa_decoder_functions[] = {
    AKV_FN(DECODER_NEWCTX, decoder_new),
    AKV_FN(DECODER_FREECTX, decoder_free),
    AKV_FN(DECODER_DOES_SELECTION, decoder_does_selection),
    AKV_FN(DECODER_DECODE, rsa_decode),
    AKV_FN_END,
};

const OSSL_DISPATCH akv_ec_decoder_functions[] = {
    AKV_FN(DECODER_NEWCTX, decoder_new),
    AKV_FN(DECODER_FREECTX, decoder_free),
    AKV_FN(DECODER_DOES_SELECTION, decoder_does_selection),
    AKV_FN(DECODER_DECODE, ec_decode),
    AKV_FN_END,
};
