/* SPDX-License-Identifier: Apache-2.0 */
#ifndef EMU_ALGORITHMS_H
#define EMU_ALGORITHMS_H

#include <stdbool.h>
#include <stddef.h>

#include "aes.h"
#include "jwk.h"

enum emu_padding {
    EMU_PAD_PKCS1,
    EMU_PAD_PSS,
    EMU_PAD_OAEP,
    EMU_PAD_NONE /* EC */
};

/* One name of an algorithm. */
struct emu_alg {
    const char *name;
    const char *curve;  /* EC: the only one that fits */
    const char *digest; /* NULL: none is named (RSNULL, RSA1_5) */
    size_t digest_size;
    size_t overhead;  /* modulus bytes that the input may not use */
    size_t key_bytes; /* symmetric: what the key has, HMAC: at least */
    enum emu_kty kty;
    enum emu_padding padding;
    enum emu_aes_mode mode; /* of symmetric ciphers */
    bool signs;             /* else it encrypts and wraps */
    bool wraps_only;        /* not for encrypt and decrypt */
};

const struct emu_alg *emu_alg_by_name(const char *name);

/*
 * The computations themselves; the caller frees *out. False without anything
 * written if OpenSSL refuses (bad padding, mostly).
 */
bool emu_alg_sign(const struct emu_alg *alg, const struct emu_material *mat,
                  const unsigned char *in, size_t inlen, unsigned char **out,
                  size_t *outlen);
bool emu_alg_verify(const struct emu_alg *alg, const struct emu_material *mat,
                    const unsigned char *in, size_t inlen,
                    const unsigned char *sig, size_t siglen);
bool emu_alg_encrypt(const struct emu_alg *alg, const struct emu_material *mat,
                     const unsigned char *in, size_t inlen, unsigned char **out,
                     size_t *outlen);
bool emu_alg_decrypt(const struct emu_alg *alg, const struct emu_material *mat,
                     const unsigned char *in, size_t inlen, unsigned char **out,
                     size_t *outlen);

#endif
