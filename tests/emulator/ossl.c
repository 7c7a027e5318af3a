/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>
#include <sysexits.h>

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/provider.h>
#include <openssl/rand.h>

#include "ossl.h"

static OSSL_LIB_CTX *libctx;
static OSSL_PROVIDER *provider;
static OSSL_PROVIDER *legacy; /* NULL where it is not installed */

bool emu_ossl_init(void)
{
    unsetenv("OPENSSL_CONF");
    if (OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG, NULL) != 1)
        return false;
    libctx = OSSL_LIB_CTX_new();
    if (libctx == NULL)
        return false;
    provider = OSSL_PROVIDER_load(libctx, "default");
    /* PFX files of old are closed with RC2 and triple DES. */
    legacy = OSSL_PROVIDER_load(libctx, "legacy");
    ERR_clear_error();
    return provider != NULL;
}

void emu_ossl_cleanup(void)
{
    if (legacy != NULL)
        OSSL_PROVIDER_unload(legacy);
    if (provider != NULL)
        OSSL_PROVIDER_unload(provider);
    legacy = NULL;
    OSSL_LIB_CTX_free(libctx);
    provider = NULL;
    libctx = NULL;
}

OSSL_LIB_CTX *emu_libctx(void)
{
    return libctx;
}

void emu_random(void *out, size_t len)
{
    if (RAND_bytes_ex(libctx, out, len, 0) != 1) {
        fputs("akv-emulator: no random numbers\n", stderr);
        _Exit(EX_OSERR);
    }
}

static void hex(const unsigned char *in, size_t len, char *out)
{
    static const char digits[] = "0123456789abcdef";

    for (size_t i = 0; i < len; i++) {
        *out++ = digits[in[i] >> 4];
        *out++ = digits[in[i] & 15];
    }
    *out = '\0';
}

void emu_hex_id(char out[33])
{
    unsigned char raw[16];

    emu_random(raw, sizeof(raw));
    hex(raw, sizeof(raw), out);
}

void emu_uuid(char out[37])
{
    unsigned char raw[16];
    char digits[33];

    emu_random(raw, sizeof(raw));
    raw[6] = (unsigned char)((raw[6] & 0x0f) | 0x40);
    raw[8] = (unsigned char)((raw[8] & 0x3f) | 0x80);
    hex(raw, sizeof(raw), digits);
    snprintf(out, 37, "%.8s-%.4s-%.4s-%.4s-%.12s", digits, digits + 8,
             digits + 12, digits + 16, digits + 20);
}

bool emu_sha256(const void *data, size_t len, unsigned char out[32])
{
    return EVP_Q_digest(libctx, "SHA256", NULL, data, len, out, NULL) == 1;
}

void emu_ossl_reason(char *out, size_t size)
{
    unsigned long e = ERR_get_error();

    snprintf(out, size, "%s", "unknown error");
    if (e != 0)
        ERR_error_string_n(e, out, size);
    ERR_clear_error();
}

int emu_no_passphrase(char *buf, int size, int rwflag, void *userdata)
{
    (void)rwflag;
    (void)userdata;
    if (size > 0)
        *buf = '\0';
    return -1;
}
