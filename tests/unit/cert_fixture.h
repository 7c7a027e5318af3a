/* SPDX-License-Identifier: Apache-2.0 */

/* Keys and certificates made on the spot, in the forms that files have. */

#ifndef CERT_FIXTURE_H
#define CERT_FIXTURE_H

#include <openssl/evp.h>
#include <openssl/x509.h>

#include "akv/buf.h"

/* A self-signed certificate of the key; the caller frees it. */
X509 *cert_make(EVP_PKEY *pkey, const char *name);

/* One of the key that another has issued. */
X509 *cert_issue(EVP_PKEY *pkey, const char *name, EVP_PKEY *issuer_key,
                 X509 *issuer);

/* Appended as PEM. password NULL: not encrypted. */
void cert_pem_key(EVP_PKEY *pkey, const char *password, struct akv_buf *out);
void cert_pem(X509 *cert, struct akv_buf *out);

/* A PKCS#12 file; other may be NULL. */
void cert_pfx(EVP_PKEY *pkey, X509 *cert, X509 *other, const char *password,
              struct akv_buf *out);

#endif
