/* SPDX-License-Identifier: Apache-2.0 */

/* Keys between OpenSSL and the service: PEM, EVP_PKEY and JSON Web Keys. */

#ifndef AKV_PKEY_H
#define AKV_PKEY_H

#include "akv/jwk.h"

struct evp_pkey_st;     /* EVP_PKEY */
struct ossl_lib_ctx_st; /* OSSL_LIB_CTX */

/* Appends the JSON Web Key of a private key, RSA or EC on a curve of the
 * service: what akv_key_import() takes. AKV_E_INVALID: it is of another kind.
 */
bool akv_pkey_to_jwk(const struct evp_pkey_st *pkey, struct akv_buf *jwk,
                     struct akv_error *err);

/* The public half of a vault's RSA or EC key in a library context (NULL: the
 * default one); the caller frees it. NULL: it is no valid key, or there is no
 * memory; OpenSSL's error queue has the reason. */
struct evp_pkey_st *akv_pkey_from_jwk(struct ossl_lib_ctx_st *libctx,
                                      const struct akv_jwk *jwk);

/* The curve of an EC key. False: it is none of the service's. */
bool akv_pkey_curve(const struct evp_pkey_st *pkey, enum akv_curve *curve);

#endif
