/* SPDX-License-Identifier: Apache-2.0 */

/* Lists in settings and options: items with commas between them. */

#ifndef AKV_LIST_H
#define AKV_LIST_H

#include <stddef.h>

/*
 * The next item of a comma-separated list, white space around it removed.
 * *cursor starts at the list (NULL is an empty one). Returns the item, which
 * is not NUL-terminated, and its length; NULL at the end. Empty items are
 * passed over.
 */
const char *akv_list_next(const char **cursor, size_t *len);

#endif
