/* SPDX-License-Identifier: Apache-2.0 */

/* In place: an item is a part of the list, and lasts as long. */

#include <string.h>

#include "base/ascii.h"
#include "base/list.h"

const char *akv_list_next(const char **cursor, size_t *len)
{
    const char *start = *cursor, *end, *next;

    while (start != NULL && *start != '\0') {
        next = end = strchrnul(start, ',');
        while (start < end && akv_is_space(*start))
            start++;
        while (end > start && akv_is_space(end[-1]))
            end--;
        *cursor = *next == ',' ? next + 1 : next;
        if (end > start) {
            *len = (size_t)(end - start);
            return start;
        }
        start = *cursor;
    }
    return NULL;
}
