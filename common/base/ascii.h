/* SPDX-License-Identifier: Apache-2.0 */

/* Characters as URLs and headers have them, whatever the application's locale
 * calls a letter. */

#ifndef AKV_ASCII_H
#define AKV_ASCII_H

#include <stdbool.h>
#include <stddef.h>

static inline bool akv_is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static inline bool akv_is_alnum(char c)
{
    return akv_is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static inline bool akv_is_space(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

static inline char akv_to_lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
}

/* White space at both ends of *len characters does not count. */
static inline void akv_trim(const char **text, size_t *len)
{
    while (*len > 0 && akv_is_space(**text)) {
        ++*text;
        --*len;
    }
    while (*len > 0 && akv_is_space((*text)[*len - 1]))
        --*len;
}

#endif
