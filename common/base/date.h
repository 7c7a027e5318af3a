/* SPDX-License-Identifier: Apache-2.0 */

/* Dates as programs and services write them, whatever the locale's. */

#ifndef AKV_DATE_H
#define AKV_DATE_H

#include <stdbool.h>
#include <stdint.h>

#include "akv/error.h"

/*
 * Reads when a token expires, in each form that identity endpoints and
 * developers' tools have been seen to send: seconds since 1970 (with a
 * fraction, too), 2026-01-31T12:00:00Z (a blank for T, a fraction, an offset),
 * 1/31/2026 1:00:00 PM +00:00 (with 12 or 24 hours). Where it names no zone it
 * is of UTC or, with local, of this machine's. *seconds is since 1970. False,
 * and *seconds unchanged: it is no such date.
 */
bool akv_date_read(const char *text, bool local,
                   int64_t *seconds) AKV_MUST_CHECK;

/* Reads the date of an HTTP header: Sun, 06 Nov 1994 08:49:37 GMT (RFC 9110,
 * section 5.6.7; the two obsolete forms are not read). As above. */
bool akv_date_read_http(const char *text, int64_t *seconds) AKV_MUST_CHECK;

#endif
