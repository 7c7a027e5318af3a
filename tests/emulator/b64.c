/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>

#include "b64.h"
#include "xmem.h"

static const char alphabet[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

char *emu_b64url_encode(const void *data, size_t len)
{
    const unsigned char *in = data;
    char *text = emu_xcalloc(len / 3 + 1, 4 + 1);
    char *p = text;
    unsigned bits = 0;
    unsigned nbits = 0;

    for (size_t i = 0; i < len; i++) {
        bits = bits << 8 | in[i];
        nbits += 8;
        while (nbits >= 6) {
            nbits -= 6;
            *p++ = alphabet[bits >> nbits & 63];
        }
    }
    if (nbits > 0)
        *p++ = alphabet[bits << (6 - nbits) & 63];
    *p = '\0';
    return text;
}

/* The length without padding, if the padding is absent or right. */
static bool strip_padding(const char *text, size_t *len)
{
    size_t total = strlen(text);
    size_t used = total;

    while (used > 0 && text[used - 1] == '=')
        used--;
    *len = used;
    return used % 4 != 1
           && (used == total || (total % 4 == 0 && total - used <= 2));
}

bool emu_b64url_decode(const char *text, unsigned char **out, size_t *len)
{
    unsigned bits = 0;
    unsigned nbits = 0;
    size_t textlen;
    size_t n = 0;
    unsigned char *data;

    if (!strip_padding(text, &textlen))
        return false;
    data = emu_xcalloc(textlen * 3 / 4 + 1, 1);
    for (size_t i = 0; i < textlen; i++) {
        const char *p = strchr(alphabet, text[i]);

        if (p == NULL || *p == '\0')
            goto bad;
        bits = bits << 6 | (unsigned)(p - alphabet);
        nbits += 6;
        if (nbits >= 8) {
            nbits -= 8;
            data[n++] = (unsigned char)(bits >> nbits & 255);
        }
    }
    if ((bits & ((1u << nbits) - 1)) != 0)
        goto bad;
    *out = data;
    *len = n;
    return true;
bad:
    free(data);
    return false;
}

char *emu_b64_encode(const void *data, size_t len)
{
    char *out = emu_xcalloc((len + 2) / 3 * 4 + 1, 1);

    EVP_EncodeBlock((unsigned char *)out, data, (int)len);
    return out;
}

static bool decode(const char *text, const char *skipped, unsigned char **out,
                   size_t *len)
{
    size_t size = strlen(text);
    char *url = emu_xcalloc(size + 1, 1);
    size_t n = 0;
    bool ok;

    for (size_t i = 0; i < size; i++)
        if (strchr(skipped, text[i]) == NULL)
            url[n++] = text[i] == '+' ? '-' : text[i] == '/' ? '_' : text[i];
    ok = emu_b64url_decode(url, out, len);
    free(url);
    return ok;
}

bool emu_b64_decode(const char *text, unsigned char **out, size_t *len)
{
    return decode(text, " \t\r\n", out, len);
}

bool emu_b64_decode_any(const char *text, unsigned char **out, size_t *len)
{
    return decode(text, "", out, len);
}
