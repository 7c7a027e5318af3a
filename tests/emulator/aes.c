/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>

#include <openssl/err.h>
#include <openssl/evp.h>

#include "aes.h"
#include "ossl.h"
#include "xmem.h"

static EVP_CIPHER *fetch(const struct emu_aes *aes)
{
    static const char *const modes[] = { [EMU_AES_GCM] = "GCM",
                                         [EMU_AES_CBC] = "CBC",
                                         [EMU_AES_CBCPAD] = "CBC",
                                         [EMU_AES_KW] = "WRAP",
                                         [EMU_AES_KWPAD] = "WRAP-PAD" };
    char name[32];

    snprintf(name, sizeof(name), "AES-%zu-%s", aes->keylen * 8,
             modes[aes->mode]);
    return EVP_CIPHER_fetch(emu_libctx(), name, NULL);
}

static bool set_up(EVP_CIPHER_CTX *ctx, const EVP_CIPHER *cipher,
                   const struct emu_aes *aes, int encrypt)
{
    int len;

    EVP_CIPHER_CTX_set_flags(ctx, EVP_CIPHER_CTX_FLAG_WRAP_ALLOW);
    if (EVP_CipherInit_ex2(ctx, cipher, NULL, NULL, encrypt, NULL) != 1)
        return false;
    if (aes->mode == EMU_AES_GCM
        && EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_IVLEN, (int)aes->ivlen,
                               NULL)
               != 1)
        return false;
    if (EVP_CipherInit_ex2(ctx, NULL, aes->key, aes->iv, encrypt, NULL) != 1)
        return false;
    if (aes->mode != EMU_AES_CBCPAD && EVP_CIPHER_CTX_set_padding(ctx, 0) != 1)
        return false;
    if (aes->mode == EMU_AES_GCM && encrypt == 0
        && EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG, EMU_AES_TAG,
                               aes->tag)
               != 1)
        return false;
    return aes->aadlen == 0
           || EVP_CipherUpdate(ctx, NULL, &len, aes->aad, (int)aes->aadlen)
                  == 1;
}

static bool crypt(const struct emu_aes *aes, int encrypt,
                  const unsigned char *in, size_t inlen, unsigned char **out,
                  size_t *outlen)
{
    EVP_CIPHER *cipher = fetch(aes);
    EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
    unsigned char *raw = emu_xcalloc(inlen + 32, 1);
    int len = 0;
    int more = 0;
    bool ok;

    ok = cipher != NULL && ctx != NULL && set_up(ctx, cipher, aes, encrypt)
         && EVP_CipherUpdate(ctx, raw, &len, in, (int)inlen) == 1
         && EVP_CipherFinal_ex(ctx, raw + len, &more) == 1;
    if (ok && aes->mode == EMU_AES_GCM && encrypt != 0)
        ok = EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, EMU_AES_TAG,
                                 aes->tag)
             == 1;
    if (ok) {
        *out = raw;
        *outlen = (size_t)len + (size_t)more;
    } else {
        free(raw);
    }
    EVP_CIPHER_CTX_free(ctx);
    EVP_CIPHER_free(cipher);
    ERR_clear_error();
    return ok;
}

bool emu_aes_encrypt(const struct emu_aes *aes, const unsigned char *in,
                     size_t inlen, unsigned char **out, size_t *outlen)
{
    return crypt(aes, 1, in, inlen, out, outlen);
}

bool emu_aes_decrypt(const struct emu_aes *aes, const unsigned char *in,
                     size_t inlen, unsigned char **out, size_t *outlen)
{
    return crypt(aes, 0, in, inlen, out, outlen);
}

bool emu_hmac(const char *digest, const unsigned char *key, size_t keylen,
              const unsigned char *in, size_t inlen, unsigned char *out,
              size_t *outlen)
{
    return EVP_Q_mac(emu_libctx(), "HMAC", NULL, digest, NULL, key, keylen, in,
                     inlen, out, 64, outlen)
           != NULL;
}
