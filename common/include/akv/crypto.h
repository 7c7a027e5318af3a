/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Cryptography with a key in a vault: every operation is one request, none is
 * done here. Without a version in the identifier it is the key's current one,
 * and the result says which. Waiting, threads and errors as in object.h.
 */

#ifndef AKV_CRYPTO_H
#define AKV_CRYPTO_H

#include "client.h"
#include "jwk.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The algorithms (RFC 7518 and the service's own). One that the configured
 * api-version does not have is asked for with the first that does. */
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
    AKV_HS256,
    AKV_HS384,
    AKV_HS512,
    AKV_RSA1_5,
    AKV_RSA_OAEP,
    AKV_RSA_OAEP_256,
    AKV_A128GCM,
    AKV_A192GCM,
    AKV_A256GCM,
    AKV_A128CBC,
    AKV_A192CBC,
    AKV_A256CBC,
    AKV_A128CBCPAD,
    AKV_A192CBCPAD,
    AKV_A256CBCPAD,
    AKV_A128KW,
    AKV_A192KW,
    AKV_A256KW,
    AKV_A128KWPAD,
    AKV_A192KWPAD,
    AKV_A256KWPAD,
    AKV_CKM_AES_KEY_WRAP,
    AKV_CKM_AES_KEY_WRAP_PAD,
    AKV_ALG_COUNT
};

/* "ES256" and so on. */
const char *akv_alg_name(enum akv_alg alg);

/* The algorithm of a name in any letter case; false: there is none. */
bool akv_alg_find(const char *name, enum akv_alg *alg);

/* Bytes that the digest must have; 0: the algorithm takes any or none. */
size_t akv_alg_digest_size(enum akv_alg alg);

/* What symmetric algorithms take and give besides the text. The service makes
 * the iv for GCM, and its length may vary; for CBC the caller gives 16 bytes.
 */
struct akv_cipher_params {
    struct akv_buf iv, aad, tag; /* owned */
};

void akv_cipher_params_init(struct akv_cipher_params *params);
void akv_cipher_params_free(struct akv_cipher_params *params);

/*
 * POST /keys/NAME[/VERSION]/sign ("sign", permission keys/sign). digest has
 * akv_alg_digest_size() bytes. Appends the signature as the service makes it:
 * for EC r || s, each as wide as the field. The reply's kid must name the key
 * that was asked (AKV_E_PROTOCOL).
 */
bool akv_crypto_sign(struct akv_client *client, const struct akv_id *id,
                     enum akv_alg alg, const void *digest, size_t len,
                     struct akv_buf *signature, struct akv_error *err);

/* POST .../verify (permission keys/verify). *valid tells whether the
 * signature, in the form that sign returns, is the key's. */
bool akv_crypto_verify(struct akv_client *client, const struct akv_id *id,
                       enum akv_alg alg, const void *digest, size_t len,
                       const void *signature, size_t siglen, bool *valid,
                       struct akv_error *err);

/* The operations on texts: POST .../encrypt, /decrypt, /wrapkey, /unwrapkey
 * (permissions keys/encrypt and so on). Wrapping and encrypting compute the
 * same for RSA; key_ops tells them apart. */
enum akv_cipher_op { AKV_ENCRYPT, AKV_DECRYPT, AKV_WRAP, AKV_UNWRAP };

/*
 * Appends the result, to be wiped by akv_buf_free() if it is a plaintext.
 * params may be NULL for RSA and key wrapping; what the service returns in it
 * replaces what is there.
 */
bool akv_crypto_cipher(struct akv_client *client, const struct akv_id *id,
                       enum akv_cipher_op cipher_op, enum akv_alg alg,
                       const void *text, size_t len,
                       struct akv_cipher_params *params, struct akv_buf *result,
                       struct akv_error *err);

#ifdef __cplusplus
}
#endif

#endif
