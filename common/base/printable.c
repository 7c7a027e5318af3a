/* SPDX-License-Identifier: Apache-2.0 */

/*
 * UTF-8 by RFC 3629, whatever the locale: a byte that begins no valid sequence
 * is a character by itself.
 */

#include <string.h>

#include "base/printable.h"

/* Of a lead byte; 0: it is none. */
static size_t sequence_length(unsigned char lead)
{
    if (lead < 0x80)
        return 1;
    if (lead >= 0xc2 && lead < 0xe0)
        return 2;
    if (lead >= 0xe0 && lead < 0xf0)
        return 3;
    return lead >= 0xf0 && lead < 0xf5 ? 4 : 0;
}

size_t akv_character(const char *text, size_t len, bool *is_printable)
{
    const unsigned char *p = (const unsigned char *)text;
    size_t size = sequence_length(p[0]), i;

    *is_printable = false;
    if (size == 0 || size > len)
        return 1;
    for (i = 1; i < size; i++)
        if ((p[i] & 0xc0) != 0x80)
            return 1;
    if ((p[0] == 0xe0 && p[1] < 0xa0) || (p[0] == 0xed && p[1] > 0x9f)
        || (p[0] == 0xf0 && p[1] < 0x90) || (p[0] == 0xf4 && p[1] > 0x8f))
        return 1; /* longer than needed, a surrogate, or beyond Unicode */
    *is_printable =
        size == 1 ? p[0] >= 0x20 && p[0] != 0x7f : p[0] != 0xc2 || p[1] >= 0xa0;
    return size;
}

void akv_make_printable(char *text)
{
    size_t len = strlen(text), i, size;
    bool is_printable;

    for (i = 0; i < len; i += size) {
        size = akv_character(text + i, len - i, &is_printable);
        if (!is_printable)
            memset(text + i, ' ', size);
    }
}
