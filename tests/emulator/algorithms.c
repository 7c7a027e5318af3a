/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The algorithms of the service, done with real keys. Digests are never
 * hashed again, PSS salts are as long as the digest, and ECDSA signatures are
 * r || s with the bytes of the field each.
 */

#include <stdlib.h>
#include <string.h>

#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>

#include "algorithms.h"
#include "ossl.h"
#include "xmem.h"

#define SIGN(name, kty, curve, md, size, pad)                                  \
    {                                                                          \
        name, curve, md, size, 0, 0, kty, pad, EMU_AES_GCM, true, false        \
    }
#define PLAIN(name, signs, md, size, pad, overhead)                            \
    {                                                                          \
        name, NULL, md, size, overhead, 0, EMU_KTY_RSA, pad, EMU_AES_GCM,      \
            signs, false                                                       \
    }
#define HMAC(name, md, size)                                                   \
    {                                                                          \
        name, NULL, md, size, 0, size, EMU_KTY_OCT, EMU_PAD_NONE, EMU_AES_GCM, \
            true, false                                                        \
    }
#define AES(name, mode, bytes, wraps)                                          \
    {                                                                          \
        name, NULL, NULL, 0, 0, bytes, EMU_KTY_OCT, EMU_PAD_NONE, mode, false, \
            wraps                                                              \
    }

static const struct emu_alg algs[] = {
    SIGN("RS256", EMU_KTY_RSA, NULL, "SHA256", 32, EMU_PAD_PKCS1),
    SIGN("RS384", EMU_KTY_RSA, NULL, "SHA384", 48, EMU_PAD_PKCS1),
    SIGN("RS512", EMU_KTY_RSA, NULL, "SHA512", 64, EMU_PAD_PKCS1),
    SIGN("PS256", EMU_KTY_RSA, NULL, "SHA256", 32, EMU_PAD_PSS),
    SIGN("PS384", EMU_KTY_RSA, NULL, "SHA384", 48, EMU_PAD_PSS),
    SIGN("PS512", EMU_KTY_RSA, NULL, "SHA512", 64, EMU_PAD_PSS),
    PLAIN("RSNULL", true, NULL, 0, EMU_PAD_PKCS1, 11),
    SIGN("ES256", EMU_KTY_EC, "P-256", "SHA256", 32, EMU_PAD_NONE),
    SIGN("ES256K", EMU_KTY_EC, "P-256K", "SHA256", 32, EMU_PAD_NONE),
    SIGN("ES384", EMU_KTY_EC, "P-384", "SHA384", 48, EMU_PAD_NONE),
    SIGN("ES512", EMU_KTY_EC, "P-521", "SHA512", 64, EMU_PAD_NONE),
    PLAIN("RSA1_5", false, NULL, 0, EMU_PAD_PKCS1, 11),
    PLAIN("RSA-OAEP", false, "SHA1", 20, EMU_PAD_OAEP, 42),
    PLAIN("RSA-OAEP-256", false, "SHA256", 32, EMU_PAD_OAEP, 66),
    HMAC("HS256", "SHA256", 32),
    HMAC("HS384", "SHA384", 48),
    HMAC("HS512", "SHA512", 64),
    AES("A128GCM", EMU_AES_GCM, 16, false),
    AES("A192GCM", EMU_AES_GCM, 24, false),
    AES("A256GCM", EMU_AES_GCM, 32, false),
    AES("A128CBC", EMU_AES_CBC, 16, false),
    AES("A192CBC", EMU_AES_CBC, 24, false),
    AES("A256CBC", EMU_AES_CBC, 32, false),
    AES("A128CBCPAD", EMU_AES_CBCPAD, 16, false),
    AES("A192CBCPAD", EMU_AES_CBCPAD, 24, false),
    AES("A256CBCPAD", EMU_AES_CBCPAD, 32, false),
    AES("A128KW", EMU_AES_KW, 16, true),
    AES("A192KW", EMU_AES_KW, 24, true),
    AES("A256KW", EMU_AES_KW, 32, true),
    AES("A128KWPAD", EMU_AES_KWPAD, 16, true),
    AES("A192KWPAD", EMU_AES_KWPAD, 24, true),
    AES("A256KWPAD", EMU_AES_KWPAD, 32, true),
    AES("CKM_AES_KEY_WRAP", EMU_AES_KW, 0, true),
    AES("CKM_AES_KEY_WRAP_PAD", EMU_AES_KWPAD, 0, true),
};

const struct emu_alg *emu_alg_by_name(const char *name)
{
    for (size_t i = 0; i < sizeof(algs) / sizeof(algs[0]); i++)
        if (strcmp(algs[i].name, name) == 0)
            return &algs[i];
    return NULL;
}

static bool set_rsa(EVP_PKEY_CTX *ctx, const struct emu_alg *alg, int padding)
{
    EVP_MD *md = NULL;
    bool ok;

    if (EVP_PKEY_CTX_set_rsa_padding(ctx, padding) != 1)
        return false;
    if (alg->digest == NULL)
        return true;
    if (padding == RSA_PKCS1_OAEP_PADDING)
        return EVP_PKEY_CTX_set_rsa_oaep_md_name(ctx, alg->digest, NULL) == 1
               && EVP_PKEY_CTX_set_rsa_mgf1_md_name(ctx, alg->digest, NULL)
                      == 1;
    md = EVP_MD_fetch(emu_libctx(), alg->digest, NULL);
    ok = md != NULL && EVP_PKEY_CTX_set_signature_md(ctx, md) == 1;
    if (ok && padding == RSA_PKCS1_PSS_PADDING)
        ok = EVP_PKEY_CTX_set_rsa_mgf1_md(ctx, md) == 1
             && EVP_PKEY_CTX_set_rsa_pss_saltlen(ctx, RSA_PSS_SALTLEN_DIGEST)
                    == 1;
    EVP_MD_free(md);
    return ok;
}

static int openssl_padding(const struct emu_alg *alg)
{
    static const int paddings[] = { [EMU_PAD_PKCS1] = RSA_PKCS1_PADDING,
                                    [EMU_PAD_PSS] = RSA_PKCS1_PSS_PADDING,
                                    [EMU_PAD_OAEP] = RSA_PKCS1_OAEP_PADDING,
                                    [EMU_PAD_NONE] = RSA_NO_PADDING };

    return paddings[alg->padding];
}

static EVP_PKEY_CTX *new_ctx(const struct emu_material *mat)
{
    return EVP_PKEY_CTX_new_from_pkey(emu_libctx(), mat->pkey, NULL);
}

static bool der_to_raw(const unsigned char *der, size_t derlen,
                       unsigned char *raw, size_t field)
{
    const unsigned char *p = der;
    ECDSA_SIG *sig = d2i_ECDSA_SIG(NULL, &p, (long)derlen);
    bool ok;

    ok = sig != NULL
         && BN_bn2binpad(ECDSA_SIG_get0_r(sig), raw, (int)field) == (int)field
         && BN_bn2binpad(ECDSA_SIG_get0_s(sig), raw + field, (int)field)
                == (int)field;
    ECDSA_SIG_free(sig);
    return ok;
}

/* The caller frees *der with OPENSSL_free(). */
static bool raw_to_der(const unsigned char *raw, size_t field,
                       unsigned char **der, size_t *derlen)
{
    ECDSA_SIG *sig = ECDSA_SIG_new();
    BIGNUM *r = BN_bin2bn(raw, (int)field, NULL);
    BIGNUM *s = BN_bin2bn(raw + field, (int)field, NULL);
    int len = -1;

    *der = NULL;
    if (sig != NULL && r != NULL && s != NULL
        && ECDSA_SIG_set0(sig, r, s) == 1) {
        r = NULL; /* sig owns them now */
        s = NULL;
        len = i2d_ECDSA_SIG(sig, der);
    }
    BN_free(r);
    BN_free(s);
    ECDSA_SIG_free(sig);
    *derlen = len > 0 ? (size_t)len : 0;
    return len > 0;
}

static bool begin(EVP_PKEY_CTX *ctx, int (*init)(EVP_PKEY_CTX *),
                  const struct emu_alg *alg)
{
    return ctx != NULL && init(ctx) == 1
           && (alg->kty == EMU_KTY_EC
               || set_rsa(ctx, alg, openssl_padding(alg)));
}

bool emu_alg_sign(const struct emu_alg *alg, const struct emu_material *mat,
                  const unsigned char *in, size_t inlen, unsigned char **out,
                  size_t *outlen)
{
    EVP_PKEY_CTX *ctx = new_ctx(mat);
    unsigned char raw[1024];
    size_t len = sizeof(raw);
    bool ok = begin(ctx, EVP_PKEY_sign_init, alg)
              && EVP_PKEY_sign(ctx, raw, &len, in, inlen) == 1;

    if (ok) {
        *outlen = alg->kty == EMU_KTY_EC ? 2 * mat->size : len;
        *out = emu_xcalloc(*outlen, 1);
        if (alg->kty == EMU_KTY_EC)
            ok = der_to_raw(raw, len, *out, mat->size);
        else
            memcpy(*out, raw, len);
    }
    EVP_PKEY_CTX_free(ctx);
    ERR_clear_error();
    return ok;
}

bool emu_alg_verify(const struct emu_alg *alg, const struct emu_material *mat,
                    const unsigned char *in, size_t inlen,
                    const unsigned char *sig, size_t siglen)
{
    EVP_PKEY_CTX *ctx = NULL;
    unsigned char *der = NULL;
    bool ok = false;

    if (alg->kty == EMU_KTY_EC) {
        if (siglen != 2 * mat->size
            || !raw_to_der(sig, mat->size, &der, &siglen))
            goto out;
        sig = der;
    }
    ctx = new_ctx(mat);
    ok = begin(ctx, EVP_PKEY_verify_init, alg)
         && EVP_PKEY_verify(ctx, sig, siglen, in, inlen) == 1;
out:
    EVP_PKEY_CTX_free(ctx);
    OPENSSL_free(der);
    ERR_clear_error();
    return ok;
}

bool emu_alg_encrypt(const struct emu_alg *alg, const struct emu_material *mat,
                     const unsigned char *in, size_t inlen, unsigned char **out,
                     size_t *outlen)
{
    EVP_PKEY_CTX *ctx = new_ctx(mat);
    unsigned char *raw = emu_xcalloc(mat->size, 1);
    size_t len = mat->size;
    bool ok = begin(ctx, EVP_PKEY_encrypt_init, alg)
              && EVP_PKEY_encrypt(ctx, raw, &len, in, inlen) == 1;

    if (ok) {
        *out = raw;
        *outlen = len;
    } else {
        free(raw);
    }
    EVP_PKEY_CTX_free(ctx);
    ERR_clear_error();
    return ok;
}

/*
 * Ours, because OpenSSL 3.2 and later answer bad PKCS#1 padding with made-up
 * bytes, where the service answers with an error.
 */
static bool unpad_pkcs1(unsigned char *block, size_t *len)
{
    size_t i = 2;

    if (*len < 11 || block[0] != 0 || block[1] != 2)
        return false;
    while (i < *len && block[i] != 0)
        i++;
    if (i == *len || i < 10) /* at least eight bytes of padding */
        return false;
    i++;
    memmove(block, block + i, *len - i);
    *len -= i;
    return true;
}

bool emu_alg_decrypt(const struct emu_alg *alg, const struct emu_material *mat,
                     const unsigned char *in, size_t inlen, unsigned char **out,
                     size_t *outlen)
{
    bool oaep = alg->padding == EMU_PAD_OAEP;
    EVP_PKEY_CTX *ctx = new_ctx(mat);
    unsigned char *raw = emu_xcalloc(mat->size, 1);
    size_t len = mat->size;
    bool ok;

    ok = ctx != NULL && EVP_PKEY_decrypt_init(ctx) == 1
         && set_rsa(ctx, alg, oaep ? RSA_PKCS1_OAEP_PADDING : RSA_NO_PADDING)
         && EVP_PKEY_decrypt(ctx, raw, &len, in, inlen) == 1
         && (oaep || unpad_pkcs1(raw, &len));
    if (ok) {
        *out = raw;
        *outlen = len;
    } else {
        free(raw);
    }
    EVP_PKEY_CTX_free(ctx);
    ERR_clear_error();
    return ok;
}
