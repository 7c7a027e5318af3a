/* SPDX-License-Identifier: Apache-2.0 */
#ifndef EMU_X509_MAKE_H
#define EMU_X509_MAKE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <openssl/types.h>
#include <openssl/x509.h>

/* An extension as OpenSSL's configuration files write it. */
struct emu_extension {
    int nid;
    const char *value; /* NULL or empty: left out */
};

/* issuer: the certificate itself if it signs itself. */
bool emu_x509_add_extensions(X509 *cert, X509 *issuer,
                             const struct emu_extension *list, size_t n);
bool emu_x509_set_serial(X509 *cert);

/* "CN=name, O=firm"; NULL if it cannot be read. The caller frees it. */
X509_NAME *emu_x509_name(const char *text);
/* The other way round, the last part first; the caller frees it. */
char *emu_x509_name_text(const X509_NAME *name);

/* base64 of the DER; the caller frees it. */
char *emu_x509_base64(const X509 *cert);
/* From base64 of DER, or of PEM's own base64 text. The caller frees it. */
X509 *emu_x509_from_base64(const char *text);
/* base64url of the SHA-1 of the DER; the caller frees it. */
char *emu_x509_thumbprint(const X509 *cert);
void emu_x509_dates(const X509 *cert, int64_t *nbf, int64_t *exp);

#endif
