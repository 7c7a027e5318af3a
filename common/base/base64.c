/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Both alphabets by the same functions; padding is written for one of them, and
 * accepted where it may be for both. What is decoded goes directly behind the
 * buffer's content and counts only when all of it was good: else bytes may stay
 * there, which are wiped with the buffer.
 */

#include <stdint.h>

#include "base/base64.h"

/* The alphabets differ in the last two characters. */
struct alphabet {
    const char *chars;
    bool padded;
};

#define COMMON_CHARS                                                           \
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"

static const struct alphabet url = { COMMON_CHARS "-_", false };
static const struct alphabet standard = { COMMON_CHARS "+/", true };

static bool base64_encode(const struct alphabet *alphabet, const void *data,
                          size_t len, struct akv_buf *out)
{
    const unsigned char *in = data;
    const char *chars = alphabet->chars;
    size_t bare = len / 3 * 4 + (len % 3 > 0 ? len % 3 + 1 : 0);
    size_t need = alphabet->padded ? (bare + 3) / 4 * 4 : bare;
    unsigned char *p = akv_buf_reserve(out, need);
    size_t i;

    if (p == NULL)
        return false;
    for (i = 0; i < len; i += 3) {
        size_t left = len - i;
        uint32_t v = (uint32_t)in[i] << 16;

        if (left > 1)
            v |= (uint32_t)in[i + 1] << 8;
        if (left > 2)
            v |= in[i + 2];
        *p++ = (unsigned char)chars[v >> 18];
        *p++ = (unsigned char)chars[v >> 12 & 63];
        if (left > 1)
            *p++ = (unsigned char)chars[v >> 6 & 63];
        if (left > 2)
            *p++ = (unsigned char)chars[v & 63];
    }
    for (; bare < need; bare++)
        *p++ = '=';
    *p = '\0';
    out->len += need;
    return true;
}

bool akv_base64url_encode(const void *data, size_t len, struct akv_buf *out)
{
    return base64_encode(&url, data, len, out);
}

bool akv_base64_encode(const void *data, size_t len, struct akv_buf *out)
{
    return base64_encode(&standard, data, len, out);
}

static int value_of(const struct alphabet *alphabet, char c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    if (c == alphabet->chars[62])
        return 62;
    return c == alphabet->chars[63] ? 63 : -1;
}

/* The length without padding, or SIZE_MAX if the padding is misplaced. */
static size_t strip_padding(const char *text, size_t len)
{
    size_t bare = len;

    while (bare > 0 && text[bare - 1] == '=')
        bare--;
    if (bare == len)
        return bare;
    return len % 4 == 0 && len - bare <= 2 ? bare : SIZE_MAX;
}

static bool decode_into(const struct alphabet *alphabet, const char *text,
                        size_t len, unsigned char *p)
{
    uint32_t v = 0;
    size_t i;
    unsigned bits = 0;

    for (i = 0; i < len; i++) {
        int c = value_of(alphabet, text[i]);

        if (c < 0)
            return false;
        v = v << 6 | (uint32_t)c;
        bits += 6;
        if (bits >= 8) {
            bits -= 8;
            *p++ = (unsigned char)(v >> bits);
            v &= (1u << bits) - 1;
        }
    }
    *p = '\0';
    return v == 0;
}

static bool base64_decode(const struct alphabet *alphabet, const char *text,
                          size_t len, struct akv_buf *out)
{
    size_t bare = strip_padding(text, len);
    unsigned char *p;

    if (bare == SIZE_MAX || bare % 4 == 1)
        return false;
    p = akv_buf_reserve(out, bare / 4 * 3 + (bare % 4 > 0 ? bare % 4 - 1 : 0));
    if (p == NULL)
        return false;
    if (!decode_into(alphabet, text, bare, p)) {
        *p = '\0';
        return false;
    }
    out->len += bare / 4 * 3 + (bare % 4 > 0 ? bare % 4 - 1 : 0);
    return true;
}

bool akv_base64url_decode(const char *text, size_t len, struct akv_buf *out)
{
    return base64_decode(&url, text, len, out);
}

bool akv_base64_decode(const char *text, size_t len, struct akv_buf *out)
{
    return base64_decode(&standard, text, len, out);
}
