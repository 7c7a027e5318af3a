/* SPDX-License-Identifier: Apache-2.0 */

/* Keys between the files that people have and the service. Any thread. */

#ifndef AKV_PEM_H
#define AKV_PEM_H

#include "buf.h"
#include "jwk.h"

#ifdef __cplusplus
extern "C" {
#endif

/*
 * Appends the JSON Web Key (RFC 7517) of a private key, RSA or EC on a curve of
 * the service's, as akv_key_import() takes it. data is len bytes of PEM of any
 * kind (PKCS#8, PKCS#1, SEC1), of PKCS#12, or of the DER of either; password
 * opens what is encrypted, and may be NULL. The private parts are wiped from
 * the library's memory, but not from OpenSSL's. AKV_E_INVALID: there is no such
 * key, or it cannot be read, with the reason.
 */
bool akv_pem_to_jwk(const void *data, size_t len, const char *password,
                    struct akv_buf *jwk, struct akv_error *err);

/* Appends the public half of a vault's RSA or EC key as SubjectPublicKeyInfo
 * (RFC 5280): "BEGIN PUBLIC KEY" in PEM, or the same in DER. AKV_E_INVALID: it
 * has none, as symmetric keys. */
bool akv_pem_from_jwk(const struct akv_jwk *jwk, struct akv_buf *pem,
                      struct akv_error *err);
bool akv_pem_der_from_jwk(const struct akv_jwk *jwk, struct akv_buf *der,
                          struct akv_error *err);

#ifdef __cplusplus
}
#endif

#endif
