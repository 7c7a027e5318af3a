/* SPDX-License-Identifier: Apache-2.0 */

/* base64url (RFC 4648, section 5), the encoding of nearly all binary members,
 * and base64 (section 4), that of certificates. */

#ifndef AKV_BASE64_H
#define AKV_BASE64_H

#include <stdbool.h>
#include <stddef.h>

#include "akv/buf.h"

/* Appends the encoding of len bytes, without padding. */
bool akv_base64url_encode(const void *data, size_t len,
                          struct akv_buf *out) AKV_MUST_CHECK;

/*
 * Appends the bytes that len characters stand for. Padding is accepted where
 * it belongs; characters outside the alphabet, white space, a length that no
 * encoder makes and stray bits in the last character are not: false, and out
 * unchanged.
 */
bool akv_base64url_decode(const char *text, size_t len,
                          struct akv_buf *out) AKV_MUST_CHECK;

/* The same with the standard alphabet and with padding. */
bool akv_base64_encode(const void *data, size_t len,
                       struct akv_buf *out) AKV_MUST_CHECK;
bool akv_base64_decode(const char *text, size_t len,
                       struct akv_buf *out) AKV_MUST_CHECK;

#endif
