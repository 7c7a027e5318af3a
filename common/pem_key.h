/* SPDX-License-Identifier: Apache-2.0 */

#ifndef AKV_PEM_KEY_H
#define AKV_PEM_KEY_H

#include "buf.h"

/*
 * Appends the JSON Web Key of a private key in PEM form, RSA or EC on a curve
 * of the service, without a passphrase: what akv_keys_import() takes. Done by
 * OpenSSL in a library context made for it. AKV_E_INVALID says what is wrong.
 */
bool akv_pem_key_to_jwk(const char *pem, size_t len, struct akv_buf *jwk,
                        struct akv_error *err);

#endif
