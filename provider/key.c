/* SPDX-License-Identifier: Apache-2.0 */

#include <openssl/core_names.h>
#include <openssl/evp.h>
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

struct akv_key *akv_key_new_remote(struct akv_provider *prov,
                                   const struct akv_key_bundle *bundle)
{
    struct akv_key *key = akv_key_new(prov, bundle->jwk.type);
    EVP_PKEY *pkey = NULL;

    if (key != NULL && akv_libctx(prov) != NULL)
        pkey = akv_pkey_from_jwk(akv_libctx(prov), &bundle->jwk);
    if (pkey == NULL) {
        akv_key_free(key);
        (void)akv_raise(prov, AKV_R_BAD_REPLY,
                        "keys/%s has no valid RSA or EC public key",
                        bundle->properties.id.name);
        return NULL;
    }
    akv_key_set0_pkey(key, pkey);
    key->remote = true;
    key->id = bundle->properties.id;
    key->ops = bundle->jwk.ops;
    key->curve = bundle->jwk.curve;
    return key;
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
