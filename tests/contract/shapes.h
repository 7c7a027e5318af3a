/* SPDX-License-Identifier: Apache-2.0 */

/* Whether libakv's request has the shape of a recorded one. */

#ifndef SHAPES_H
#define SHAPES_H

#include <stdbool.h>

/* Paths, but for empty segments, and the names of queries; true, or false with
 * the difference printed. */
bool shapes_url(const char *recorded, const char *ours);

/* JSON bodies: members, types and values. NULL: none. */
bool shapes_body(const char *recorded, const char *ours);

/* Names of fields of forms. */
bool shapes_form(const char *recorded, const char *ours);

/* What may differ and did, with counts. */
void shapes_print(void);

#endif
