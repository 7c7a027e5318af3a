/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Cryptography with a key in a vault: every operation is one request, none is
 * done here. Waiting, threads and errors as in keys.h.
 */

#ifndef AKV_CRYPTO_H
#define AKV_CRYPTO_H

#include "client.h"
#include "jwk.h"

/* The JOSE algorithms of asymmetric keys (RFC 7518; RSNULL and ES256K are the
 * service's). */
enum akv_alg {
    AKV_RS256,
    AKV_RS384,
    AKV_RS512,
    AKV_PS256,
    AKV_PS384,
    AKV_PS512,
    AKV_RSNULL,
    AKV_ES256,
    AKV_ES256K,
    AKV_ES384,
    AKV_ES512,
    AKV_RSA1_5,
    AKV_RSA_OAEP,
    AKV_RSA_OAEP_256
};

/* "ES256" and so on. */
const char *akv_alg_name(enum akv_alg alg);

/* Bytes that the digest must have; 0: the algorithm takes any or none. */
size_t akv_alg_digest_size(enum akv_alg alg);

/*
 * POST /keys/NAME[/VERSION]/sign ("sign", permission keys/sign). digest has
 * akv_alg_digest_size() bytes. Appends the signature as the service makes it:
 * for EC r || s, each as wide as the field. The reply's kid must name the key
 * that was asked (AKV_E_PROTOCOL).
 */
bool akv_crypto_sign(struct akv_client *client, const struct akv_id *id,
                     enum akv_alg alg, const void *digest, size_t len,
                     struct akv_buf *signature, struct akv_error *err);

/*
 * POST /keys/NAME[/VERSION]/decrypt or /unwrapkey (permission keys/decrypt or
 * keys/unwrapKey); both compute the same. Appends the plaintext; wipe it by
 * akv_buf_free().
 */
bool akv_crypto_decrypt(struct akv_client *client, const struct akv_id *id,
                        bool unwrap, enum akv_alg alg, const void *ciphertext,
                        size_t len, struct akv_buf *plaintext,
                        struct akv_error *err);

#endif
