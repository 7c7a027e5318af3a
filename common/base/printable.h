/* SPDX-License-Identifier: Apache-2.0 */

/* What somebody else has written may command a terminal, or look like a line
 * of its own in a log. */

#ifndef AKV_PRINTABLE_H
#define AKV_PRINTABLE_H

#include <stdbool.h>
#include <stddef.h>

/* How many bytes the first character of a text has, which is not empty: of
 * UTF-8, or one that is not. *is_printable: it is no control character (C0,
 * DEL, C1) and is UTF-8. */
size_t akv_character(const char *text, size_t len, bool *is_printable);

/* Puts blanks in the place of all that is not printable. */
void akv_make_printable(char *text);

#endif
