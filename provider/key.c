/* SPDX-License-Identifier: Apache-2.0 */

/*
 * A remote key has its public half twice: data, of the implementation that
 * works with it, and pkey, of the private context, from which references and
 * public copies are made. The provider counts its keys, which may outlast its
 * teardown.
 */

#include <openssl/core_names.h>
#include <openssl/core_object.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <openssl/provider.h>
#include <openssl/x509.h>
#include <string.h>

#include "base/settings_impl.h"
#include "config.h"
#include "err.h"
#include "key.h"
#include "libctx.h"
#include "ossl/pkey.h"

struct akv_key *akv_key_new(struct akv_provider *prov,
                            const struct akv_impl *impl, void *data)
{
    struct akv_key *key = data != NULL ? OPENSSL_zalloc(sizeof(*key)) : NULL;

    if (key == NULL) {
        AKV_FREE(&impl->key, KEYMGMT_FREE, keymgmt_free, data);
        return NULL;
    }
    atomic_init(&key->refs, 1);
    key->prov = prov;
    key->impl = impl;
    key->data = data;
    akv_provider_hold(prov);
    return key;
}

struct akv_key *akv_key_up_ref(struct akv_key *key)
{
    if (key != NULL)
        atomic_fetch_add(&key->refs, 1);
    return key;
}

void akv_key_free(struct akv_key *key)
{
    if (key == NULL || atomic_fetch_sub(&key->refs, 1) != 1)
        return;
    AKV_FREE(&key->impl->key, KEYMGMT_FREE, keymgmt_free, key->data);
    EVP_PKEY_free(key->pkey);
    akv_provider_drop(key->prov);
    OPENSSL_free(key);
}

int akv_key_give(struct akv_key **key, OSSL_CALLBACK *callback, void *arg)
{
    int type = OSSL_OBJECT_PKEY;
    union {
        const char *in;
        char *out;
    } name = { akv_key_type_name((*key)->impl->type) };
    OSSL_PARAM params[4];

    params[0] = OSSL_PARAM_construct_int(OSSL_OBJECT_PARAM_TYPE, &type);
    params[1] = OSSL_PARAM_construct_utf8_string(OSSL_OBJECT_PARAM_DATA_TYPE,
                                                 name.out, 0);
    params[2] = OSSL_PARAM_construct_octet_string(OSSL_OBJECT_PARAM_REFERENCE,
                                                  key, sizeof(*key));
    params[3] = OSSL_PARAM_construct_end();
    return callback(params, arg);
}

struct import {
    const struct akv_impl *impl;
    void *data;
    int selection;
};

static int key_import(const OSSL_PARAM params[], void *arg)
{
    const struct import *to = arg;

    return AKV_CALL(&to->impl->key, KEYMGMT_IMPORT, keymgmt_import, to->data,
                    to->selection, params);
}

/* What an implementation makes of the public half; NULL: nothing. */
static void *import_public(const struct akv_impl *impl, const EVP_PKEY *pkey)
{
    struct import to = { impl, NULL, EVP_PKEY_PUBLIC_KEY };

    to.data = AKV_CALL(&impl->key, KEYMGMT_NEW, keymgmt_new, impl->provctx);
    if (to.data != NULL
        && EVP_PKEY_export(pkey, to.selection, key_import, &to) == 1)
        return to.data;
    AKV_FREE(&impl->key, KEYMGMT_FREE, keymgmt_free, to.data);
    return NULL;
}

/* A key whose public half is pkey, for a role; NULL with the reason raised. */
static struct akv_key *new_of(struct akv_provider *prov, enum akv_key_type type,
                              enum akv_role role, const EVP_PKEY *pkey,
                              const struct akv_id *id)
{
    const struct akv_impl *impl = akv_impl_get(prov, type, role);
    void *data;

    if (impl == NULL)
        return NULL;
    (void)ERR_set_mark();
    data = import_public(impl, pkey);
    (void)ERR_pop_to_mark();
    if (data == NULL) {
        (void)akv_raise(prov, impl->fips ? AKV_R_FIPS : AKV_R_BAD_REPLY,
                        "keys/%s at %s is a key that provider %s%s refuses",
                        id->name, id->host, akv_impl_name(impl),
                        impl->fips ? ", chosen by the setting assume-fips,"
                                   : "");
        return NULL;
    }
    return akv_key_new(prov, impl, data);
}

/* A remote key whose public half is pkey, which is taken over. */
static struct akv_key *new_remote(struct akv_provider *prov,
                                  const struct akv_id *id, unsigned ops,
                                  enum akv_key_type type, enum akv_curve curve,
                                  EVP_PKEY *pkey)
{
    struct akv_key *key = new_of(prov, type, AKV_ROLE_VAULT, pkey, id);

    if (key == NULL) {
        EVP_PKEY_free(pkey);
        return NULL;
    }
    key->remote = true;
    key->id = *id;
    key->ops = ops;
    key->curve = curve;
    key->pkey = pkey;
    return key;
}

struct akv_key *akv_key_new_remote(struct akv_provider *prov,
                                   const struct akv_key_bundle *bundle)
{
    const struct akv_id *id = &bundle->properties.id;
    OSSL_LIB_CTX *libctx = akv_libctx(prov);
    EVP_PKEY *pkey = NULL;

    if (libctx != NULL)
        pkey = akv_pkey_from_jwk(libctx, &bundle->jwk);
    if (pkey == NULL) {
        (void)akv_raise(prov, AKV_R_BAD_REPLY,
                        "keys/%s has no valid RSA or EC public key", id->name);
        return NULL;
    }
    return new_remote(prov, id, bundle->jwk.ops, bundle->jwk.type,
                      bundle->jwk.curve, pkey);
}

/* What a vault can have a key of. */
static bool take_pkey(EVP_PKEY *pkey, enum akv_key_type type,
                      enum akv_curve *curve)
{
    return pkey != NULL && EVP_PKEY_is_a(pkey, akv_key_type_name(type))
           && (type == AKV_KEY_RSA || akv_pkey_curve(pkey, curve));
}

/* The key may be used by a worker with fewer rights than this process. The
 * public half is of use anyway; who signs is told of a failure. */
static void key_prepare(const struct akv_config *config,
                        const struct akv_id *id)
{
    (void)akv_client_prepare(config->client, id->host, NULL);
    if (config->settings.prefetch_token)
        (void)akv_client_prefetch(config->client, id, NULL);
}

struct akv_key *akv_key_new_reference(struct akv_provider *prov,
                                      const struct akv_key_ref *ref)
{
    const unsigned char *der = ref->spki.data;
    OSSL_LIB_CTX *libctx = akv_libctx(prov);
    enum akv_curve curve = AKV_P256;
    EVP_PKEY *pkey = NULL;

    key_prepare(akv_config_of(prov), &ref->id);
    (void)ERR_set_mark();
    if (libctx != NULL)
        pkey = d2i_PUBKEY_ex(NULL, &der, (long)ref->spki.len, libctx, NULL);
    (void)ERR_pop_to_mark();
    if (!take_pkey(pkey, ref->type, &curve)) {
        EVP_PKEY_free(pkey);
        (void)akv_raise(prov, AKV_R_BAD_REFERENCE,
                        "the key reference to keys/%s at %s has no valid %s "
                        "public key",
                        ref->id.name, ref->id.host,
                        akv_key_type_name(ref->type));
        return NULL;
    }
    return new_remote(prov, &ref->id, ref->ops, ref->type, curve, pkey);
}

struct akv_key *akv_key_new_certified(struct akv_provider *prov,
                                      const struct akv_id *id, unsigned ops,
                                      EVP_PKEY *pkey)
{
    enum akv_key_type type =
        EVP_PKEY_is_a(pkey, "EC") ? AKV_KEY_EC : AKV_KEY_RSA;
    enum akv_curve curve = AKV_P256;

    if (!take_pkey(pkey, type, &curve)) {
        (void)akv_raise(prov, AKV_R_BAD_REPLY,
                        "keys/%s at %s is neither RSA nor EC on a curve of "
                        "Key Vault",
                        id->name, id->host);
        return NULL;
    }
    (void)EVP_PKEY_up_ref(pkey);
    return new_remote(prov, id, ops, type, curve, pkey);
}

bool akv_key_to_reference(const struct akv_key *key, struct akv_key_ref *ref)
{
    unsigned char *der = NULL;
    int len = i2d_PUBKEY(key->pkey, &der);
    bool ok;

    akv_key_ref_init(ref);
    ref->id = key->id;
    ref->type = key->impl->type;
    ref->ops = key->ops;
    ok = len > 0 && akv_buf_append(&ref->spki, der, (size_t)len);
    OPENSSL_free(der);
    return ok;
}

struct akv_key *akv_key_new_public(const struct akv_key *key)
{
    return new_of(key->prov, key->impl->type, AKV_ROLE_LOCAL, key->pkey,
                  &key->id);
}

struct akv_key *akv_key_dup(const struct akv_key *key, int selection)
{
    struct akv_key *dup =
        akv_key_new(key->prov, key->impl,
                    AKV_CALL(&key->impl->key, KEYMGMT_DUP, keymgmt_dup,
                             key->data, selection));

    if (dup == NULL || !key->remote
        || (selection & OSSL_KEYMGMT_SELECT_PRIVATE_KEY) == 0)
        return dup;
    (void)EVP_PKEY_up_ref(key->pkey);
    dup->pkey = key->pkey;
    dup->remote = true;
    dup->id = key->id;
    dup->ops = key->ops;
    dup->curve = key->curve;
    return dup;
}

struct akv_key *akv_key_as(struct akv_key *key, const struct akv_impl *impl,
                           int selection)
{
    struct import to = { impl, NULL, selection };

    if (akv_impl_same_provider(key->impl, impl))
        return akv_key_up_ref(key);
    to.data = AKV_CALL(&impl->key, KEYMGMT_NEW, keymgmt_new, impl->provctx);
    if (to.data != NULL
        && AKV_CALL(&key->impl->key, KEYMGMT_EXPORT, keymgmt_export, key->data,
                    selection, key_import, &to)
               == 1)
        return akv_key_new(key->prov, impl, to.data);
    AKV_FREE(&impl->key, KEYMGMT_FREE, keymgmt_free, to.data);
    return NULL;
}

struct akv_key *akv_key_for_role(struct akv_key *key, enum akv_role role)
{
    const struct akv_impl *impl;
    struct akv_key *moved;

    if (role != AKV_ROLE_FIPS)
        return akv_key_up_ref(key);
    impl = akv_impl_get(key->prov, key->impl->type, AKV_ROLE_FIPS);
    if (impl == NULL)
        return NULL;
    moved = akv_key_as(key, impl, OSSL_KEYMGMT_SELECT_ALL);
    if (moved == NULL)
        (void)akv_raise(key->prov, AKV_R_FIPS,
                        "provider %s, which has fips=yes, refuses the key",
                        akv_impl_name(impl));
    return moved;
}

int akv_key_raise_fips(struct akv_provider *prov, const struct akv_id *id)
{
    return akv_raise(prov, AKV_R_FIPS,
                     "fips=yes is asked for, and whether the vault of %s/%s at "
                     "%s has it is for you to say: see the setting assume-fips "
                     "(AKV_ASSUME_FIPS)",
                     akv_kind_collection(id->kind), id->name, id->host);
}
