/* SPDX-License-Identifier: Apache-2.0 */

/* PKCS#12 files, and how much work one asks for. */

#ifndef AKV_PKCS12_H
#define AKV_PKCS12_H

#include <openssl/pkcs12.h>
#include <stdbool.h>

#include "akv/buf.h"

/* Of all keys together that are derived from the password. Programs use from
 * 2,000 to 600,000 for each of two or three; these take a few seconds. */
#define AKV_PKCS12_ITERATIONS_MAX 3000000

/* A file in DER, whose keys and certificates are of that library context; the
 * caller frees it. NULL: it is none. Leaves no error in the queue. */
PKCS12 *akv_pkcs12_read(OSSL_LIB_CTX *libctx, const struct akv_buf *der);

/*
 * Whether what its counts of iterations (RFC 7292, RFC 8018, RFC 9579) add up
 * to is no more than that: whoever writes the file chooses them, whoever reads
 * it has the work. Looks into what is encrypted if the password is empty.
 * Leaves no error in the queue. Safe from any thread that has the file alone.
 */
bool akv_pkcs12_is_bounded(const PKCS12 *p12);

#endif
