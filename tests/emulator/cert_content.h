/* SPDX-License-Identifier: Apache-2.0 */
#ifndef EMU_CERT_CONTENT_H
#define EMU_CERT_CONTENT_H

#include <stdbool.h>

#include <openssl/x509.h>

/* A certificate with what belongs to it; all owned. */
struct emu_cert_parts {
    EVP_PKEY *key;           /* NULL: none */
    X509 *leaf;              /* the one that fits the key */
    STACK_OF(X509) * others; /* NULL: none */
    bool pem;                /* that is what it came as */
};

void emu_cert_parts_free(struct emu_cert_parts *parts);

/* Reads a PFX in base64, or PEM; lenient: PEM of any form. False, with nothing
 * set, and the reason. */
bool emu_cert_parts_read(struct emu_cert_parts *parts, const char *text,
                         const char *password, bool lenient, const char **why);

/* The text of the secret; the caller frees it. NULL: OpenSSL. */
char *emu_cert_parts_pfx(const struct emu_cert_parts *parts);
/* leaf_first: else the order in which they came. */
char *emu_cert_parts_pem(const struct emu_cert_parts *parts, bool leaf_first);

#endif
