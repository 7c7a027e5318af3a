/* SPDX-License-Identifier: Apache-2.0 */
#ifndef EMU_AES_H
#define EMU_AES_H

#include <stdbool.h>
#include <stddef.h>

#define EMU_AES_TAG 16

enum emu_aes_mode {
    EMU_AES_GCM,
    EMU_AES_CBC,
    EMU_AES_CBCPAD,
    EMU_AES_KW,
    EMU_AES_KWPAD
};

/* One operation; everything in it is borrowed. */
struct emu_aes {
    enum emu_aes_mode mode;
    const unsigned char *key;
    size_t keylen; /* 16, 24 or 32 */
    const unsigned char *iv;
    size_t ivlen;
    const unsigned char *aad; /* GCM */
    size_t aadlen;
    unsigned char *tag; /* GCM: EMU_AES_TAG bytes, written or checked */
};

/* The caller frees *out. False with nothing written if OpenSSL refuses. */
bool emu_aes_encrypt(const struct emu_aes *aes, const unsigned char *in,
                     size_t inlen, unsigned char **out, size_t *outlen);
bool emu_aes_decrypt(const struct emu_aes *aes, const unsigned char *in,
                     size_t inlen, unsigned char **out, size_t *outlen);

/* HMAC with the digest of that name; `out` has room for 64 bytes. */
bool emu_hmac(const char *digest, const unsigned char *key, size_t keylen,
              const unsigned char *in, size_t inlen, unsigned char *out,
              size_t *outlen);

#endif
