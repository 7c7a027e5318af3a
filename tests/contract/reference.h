/* SPDX-License-Identifier: Apache-2.0 */

/* The table of errors in the reference of the service's wire format. */

#ifndef REFERENCE_H
#define REFERENCE_H

#include <stdbool.h>

/* Whether a kind of refusal was tried; code, inner NULL: any, "": none. */
typedef bool reference_tried_fn(long status, const char *code,
                                const char *inner);

/* Checks that each status, code and inner code of each row was tried, counting
 * rows; false if the file cannot be read. */
bool reference_each_error(const char *path, reference_tried_fn *tried,
                          unsigned *count);

#endif
