/* SPDX-License-Identifier: Apache-2.0 */

/* How much work a PKCS#12 file asks for. */

#ifndef AKV_PKCS12_H
#define AKV_PKCS12_H

#include <openssl/pkcs12.h>
#include <stdbool.h>

/* Of all keys together that are derived from the password. Programs use from
 * 2,000 to 600,000 for each of two or three; these take a few seconds. */
#define AKV_PKCS12_ITERATIONS_MAX 3000000

/*
 * Whether what its counts of iterations (RFC 7292, RFC 8018, RFC 9579) add up
 * to is no more than that: whoever writes the file chooses them, whoever reads
 * it has the work. Looks into what is encrypted if the password is empty.
 * Leaves no error in the queue. Safe from any thread that has the file alone.
 */
bool akv_pkcs12_is_bounded(const PKCS12 *p12);

#endif
