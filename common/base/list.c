/* SPDX-License-Identifier: Apache-2.0 */

/* In place: an item is a part of the list, and lasts as long. */

#include <string.h>

#include "base/ascii.h"
#include "base/list.h"

const char *akv_list_next(const char **cursor, size_t *len)
{
    const char *item, *next;

    while (*cursor != NULL && **cursor != '\0') {
        item = *cursor;
        next = strchrnul(item, ',');
        *cursor = *next == ',' ? next + 1 : next;
        *len = (size_t)(next - item);
        akv_trim(&item, len);
        if (*len > 0)
            return item;
    }
    return NULL;
}
