/* SPDX-License-Identifier: Apache-2.0 */

#include <openssl/core_names.h>
#include <openssl/core_object.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <openssl/x509.h>
#include <string.h>

#include "key.h"
#include "pkey.h"

const char *akv_key_type_name(enum akv_key_type type)
{
    return type == AKV_KEY_RSA ? "RSA" : "EC";
}

struct akv_key *akv_key_new(struct akv_provider *prov, enum akv_key_type type)
{
    struct akv_key *key = OPENSSL_zalloc(sizeof(*key));

    if (key == NULL)
        return NULL;
    atomic_init(&key->refs, 1);
    key->prov = prov;
    key->type = type;
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
    } name = { akv_key_type_name((*key)->type) };
    OSSL_PARAM params[4];

    params[0] = OSSL_PARAM_construct_int(OSSL_OBJECT_PARAM_TYPE, &type);
    params[1] = OSSL_PARAM_construct_utf8_string(OSSL_OBJECT_PARAM_DATA_TYPE,
                                                 name.out, 0);
    params[2] = OSSL_PARAM_construct_octet_string(OSSL_OBJECT_PARAM_REFERENCE,
                                                  key, sizeof(*key));
    params[3] = OSSL_PARAM_construct_end();
    return callback(params, arg);
}

/* Asks for the size only: a private number is not copied to learn of it. */
static bool has_number(const EVP_PKEY *pkey, const char *name)
{
    OSSL_PARAM params[2];

    params[0] = OSSL_PARAM_construct_BN(name, NULL, 0);
    params[1] = OSSL_PARAM_construct_end();
    return EVP_PKEY_get_params(pkey, params) == 1
           && OSSL_PARAM_modified(&params[0]);
}

/* OpenSSL 3.0 does not tell the size of an EC key's private number. */
static bool has_scalar(const EVP_PKEY *pkey)
{
    unsigned char number[128]; /* more than any curve needs */
    OSSL_PARAM params[2];
    bool has;

    params[0] = OSSL_PARAM_construct_BN(OSSL_PKEY_PARAM_PRIV_KEY, number,
                                        sizeof(number));
    params[1] = OSSL_PARAM_construct_end();
    has = EVP_PKEY_get_params(pkey, params) == 1
          && OSSL_PARAM_modified(&params[0]);
    OPENSSL_cleanse(number, sizeof(number));
    return has;
}

static bool has_octets(const EVP_PKEY *pkey, const char *name)
{
    size_t len = 0;

    return EVP_PKEY_get_octet_string_param(pkey, name, NULL, 0, &len) == 1;
}

void akv_key_set0_pkey(struct akv_key *key, EVP_PKEY *pkey)
{
    bool rsa = key->type == AKV_KEY_RSA;

    if (pkey != key->pkey)
        EVP_PKEY_free(key->pkey);
    key->pkey = pkey;
    key->has_public = rsa ? has_number(pkey, OSSL_PKEY_PARAM_RSA_N)
                          : has_octets(pkey, OSSL_PKEY_PARAM_PUB_KEY);
    key->has_private =
        rsa ? has_number(pkey, OSSL_PKEY_PARAM_RSA_D) : has_scalar(pkey);
}

/* A remote key whose public half is pkey, which is taken over. */
static struct akv_key *new_remote(struct akv_provider *prov,
                                  const struct akv_id *id, unsigned ops,
                                  enum akv_key_type type, EVP_PKEY *pkey)
{
    struct akv_key *key = akv_key_new(prov, type);

    if (key == NULL) {
        EVP_PKEY_free(pkey);
        (void)akv_raise(prov, AKV_R_MEMORY, "a key");
        return NULL;
    }
    akv_key_set0_pkey(key, pkey);
    key->remote = true;
    key->id = *id;
    key->ops = ops;
    return key;
}

struct akv_key *akv_key_new_remote(struct akv_provider *prov,
                                   const struct akv_key_bundle *bundle)
{
    const struct akv_id *id = &bundle->properties.id;
    OSSL_LIB_CTX *libctx = akv_libctx(prov);
    EVP_PKEY *pkey = NULL;
    struct akv_key *key;

    if (libctx != NULL)
        pkey = akv_pkey_from_jwk(libctx, &bundle->jwk);
    if (pkey == NULL) {
        (void)akv_raise(prov, AKV_R_BAD_REPLY,
                        "keys/%s has no valid RSA or EC public key", id->name);
        return NULL;
    }
    key = new_remote(prov, id, bundle->jwk.ops, bundle->jwk.type, pkey);
    if (key != NULL)
        key->curve = bundle->jwk.curve;
    return key;
}

/* What a vault can have a key of. */
static bool take_pkey(EVP_PKEY *pkey, enum akv_key_type type,
                      enum akv_curve *curve)
{
    return pkey != NULL && EVP_PKEY_is_a(pkey, akv_key_type_name(type))
           && (type == AKV_KEY_RSA || akv_pkey_curve(pkey, curve));
}

struct akv_key *akv_key_new_reference(struct akv_provider *prov,
                                      const struct akv_key_ref *ref)
{
    const unsigned char *der = ref->spki.data;
    OSSL_LIB_CTX *libctx = akv_libctx(prov);
    enum akv_curve curve = AKV_P256;
    EVP_PKEY *pkey = NULL;
    struct akv_key *key;

    /* The key may be used by a worker with fewer rights than this process. The
     * public half is of use anyway; who signs is told of a failure. */
    (void)akv_client_prepare(prov->client, NULL);
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
    key = new_remote(prov, &ref->id, ref->ops, ref->type, pkey);
    if (key != NULL)
        key->curve = curve;
    return key;
}

struct akv_key *akv_key_new_certified(struct akv_provider *prov,
                                      const struct akv_id *id, unsigned ops,
                                      EVP_PKEY *pkey)
{
    enum akv_key_type type =
        EVP_PKEY_is_a(pkey, "EC") ? AKV_KEY_EC : AKV_KEY_RSA;
    enum akv_curve curve = AKV_P256;
    struct akv_key *key;

    if (!take_pkey(pkey, type, &curve)) {
        (void)akv_raise(prov, AKV_R_BAD_REPLY,
                        "keys/%s at %s is neither RSA nor EC on a curve of "
                        "Key Vault",
                        id->name, id->host);
        return NULL;
    }
    (void)EVP_PKEY_up_ref(pkey);
    key = new_remote(prov, id, ops, type, pkey);
    if (key != NULL)
        key->curve = curve;
    return key;
}

bool akv_key_to_reference(const struct akv_key *key, struct akv_key_ref *ref)
{
    unsigned char *der = NULL;
    int len = i2d_PUBKEY(key->pkey, &der);
    bool ok;

    akv_key_ref_init(ref);
    ref->id = key->id;
    ref->type = key->type;
    ref->ops = key->ops;
    ok = len > 0 && akv_buf_append(&ref->spki, der, (size_t)len);
    OPENSSL_free(der);
    return ok;
}

struct akv_key *akv_key_new_public(const struct akv_key *key)
{
    struct akv_key *copy = akv_key_new(key->prov, key->type);
    EVP_PKEY *pkey;

    if (copy == NULL)
        return NULL;
    pkey = EVP_PKEY_dup(key->pkey); /* it can be changed, a remote one not */
    if (pkey == NULL) {
        akv_key_free(copy);
        return NULL;
    }
    akv_key_set0_pkey(copy, pkey);
    return copy;
}
