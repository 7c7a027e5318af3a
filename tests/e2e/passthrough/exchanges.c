/* SPDX-License-Identifier: Apache-2.0 */

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/params.h>
#include <openssl/rsa.h>
#include <string.h>

#include "passthrough.h"

struct way {
    int padding; /* 0: not set */
    const char *digest, *mgf1, *label;
};

static const struct way ways[] = {
    { 0, NULL, NULL, NULL },
    { RSA_PKCS1_PADDING, NULL, NULL, NULL },
    { RSA_NO_PADDING, NULL, NULL, NULL },
    { RSA_X931_PADDING, NULL, NULL, NULL },
    { RSA_PKCS1_PSS_PADDING, NULL, NULL, NULL },
    { RSA_PKCS1_WITH_TLS_PADDING, NULL, NULL, NULL },
    { RSA_PKCS1_OAEP_PADDING, NULL, NULL, NULL },
    { RSA_PKCS1_OAEP_PADDING, "SHA256", NULL, NULL },
    { RSA_PKCS1_OAEP_PADDING, "SHA256", "SHA1", "a label" },
    { RSA_PKCS1_OAEP_PADDING, "SHAKE128", NULL, NULL },
    { RSA_PKCS1_OAEP_PADDING, "nonsense", NULL, NULL },
    { 99, NULL, NULL, NULL },
};

static int set_way(EVP_PKEY_CTX *ctx, const struct way *way)
{
    int ok = 1;

    if (way->padding != 0)
        ok = EVP_PKEY_CTX_set_rsa_padding(ctx, way->padding);
    if (ok == 1 && way->digest != NULL)
        ok = EVP_PKEY_CTX_set_rsa_oaep_md_name(ctx, way->digest, NULL);
    if (ok == 1 && way->mgf1 != NULL)
        ok = EVP_PKEY_CTX_set_rsa_mgf1_md_name(ctx, way->mgf1, NULL);
    if (ok == 1 && way->label != NULL)
        ok = EVP_PKEY_CTX_set0_rsa_oaep_label(ctx, OPENSSL_strdup(way->label),
                                              (int)strlen(way->label));
    return ok;
}

static const char *or_none(const char *text)
{
    return text != NULL ? text : "-";
}

/* The TLS padding of a secret looks at the versions. */
static void set_tls(EVP_PKEY_CTX *ctx)
{
    unsigned version = 0x0303;
    OSSL_PARAM params[3];

    params[0] = OSSL_PARAM_construct_uint(
        OSSL_ASYM_CIPHER_PARAM_TLS_CLIENT_VERSION, &version);
    params[1] = OSSL_PARAM_construct_uint(
        OSSL_ASYM_CIPHER_PARAM_TLS_NEGOTIATED_VERSION, &version);
    params[2] = OSSL_PARAM_construct_end();
    tell_code(EVP_PKEY_CTX_set_params(ctx, params));
}

static size_t encrypt(const struct subject *subject, const struct way *way,
                      unsigned char *out, size_t size, size_t inlen)
{
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(NULL, subject->pkey, NULL);
    unsigned char in[300];
    size_t len = 0;

    memset(in, 3, sizeof(in));
    begin(subject, "encrypt", "%d %s %s %s, %zu", way->padding,
          or_none(way->digest), or_none(way->mgf1), or_none(way->label), inlen);
    tell_code(EVP_PKEY_encrypt_init(ctx));
    tell_code(set_way(ctx, way));
    tell_code(EVP_PKEY_encrypt(ctx, NULL, &len, in, inlen));
    tell_size(len);
    len = 10;
    tell_code(EVP_PKEY_encrypt(ctx, out, &len, in, inlen));
    len = size;
    if (EVP_PKEY_encrypt(ctx, out, &len, in, inlen) == 1)
        tell_bytes(out, len);
    else
        len = 0;
    EVP_PKEY_CTX_free(ctx);
    end();
    return len;
}

static void decrypt(const struct subject *subject, const struct way *way,
                    const unsigned char *in, size_t inlen, const char *what)
{
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(NULL, subject->pkey, NULL);
    unsigned char out[600];
    size_t len = 0;
    int ok;

    begin(subject, "decrypt", "%d %s %s %s, %s", way->padding,
          or_none(way->digest), or_none(way->mgf1), or_none(way->label), what);
    tell_code(EVP_PKEY_decrypt_init(ctx));
    tell_code(set_way(ctx, way));
    if (way->padding == RSA_PKCS1_WITH_TLS_PADDING)
        set_tls(ctx);
    tell_code(EVP_PKEY_decrypt(ctx, NULL, &len, in, inlen));
    tell_size(len);
    len = 5;
    tell_code(EVP_PKEY_decrypt(ctx, out, &len, in, inlen));
    tell_size(len);
    len = sizeof(out);
    ok = EVP_PKEY_decrypt(ctx, out, &len, in, inlen);
    tell_code(ok);
    if (ok == 1)
        tell_bytes(out, len);
    EVP_PKEY_CTX_free(ctx);
    end();
}

void do_ciphers(const struct subject *subject)
{
    static const size_t sizes[] = { 0, 1, 48, 190, 245, 256, 300 };
    unsigned char text[600], fixed[256];
    size_t i, j, len;

    memset(fixed, 0x11, sizeof(fixed));
    for (i = 0; i < COUNT(ways); i++) {
        for (j = 0; j < COUNT(sizes); j++) {
            len = encrypt(subject, &ways[i], text, sizeof(text), sizes[j]);
            if (len > 0)
                decrypt(subject, &ways[i], text, len, "what was encrypted");
        }
        decrypt(subject, &ways[i], fixed, sizeof(fixed), "any bytes");
        decrypt(subject, &ways[i], fixed, 255, "too few bytes");
        decrypt(subject, &ways[i], fixed, 0, "no bytes");
    }
}

static void derive(const struct subject *subject, EVP_PKEY *peer,
                   const char *whose, int kdf, int cofactor)
{
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(NULL, subject->pkey, NULL);
    unsigned char secret[300];
    size_t len = 0;

    begin(subject, "derive", "%s, kdf %d, cofactor %d", whose, kdf, cofactor);
    tell_code(EVP_PKEY_derive_init(ctx));
    tell_code(EVP_PKEY_derive(ctx, NULL, &len));
    if (cofactor >= 0)
        tell_code(EVP_PKEY_CTX_set_ecdh_cofactor_mode(ctx, cofactor));
    if (kdf) {
        tell_code(EVP_PKEY_CTX_set_ecdh_kdf_type(ctx, EVP_PKEY_ECDH_KDF_X9_63));
        tell_code(EVP_PKEY_CTX_set_ecdh_kdf_md(ctx, EVP_sha256()));
        tell_code(EVP_PKEY_CTX_set_ecdh_kdf_outlen(ctx, 40));
    }
    tell_code(EVP_PKEY_derive_set_peer(ctx, peer));
    tell_code(EVP_PKEY_derive(ctx, NULL, &len));
    tell_size(len);
    len = 3;
    tell_code(EVP_PKEY_derive(ctx, secret, &len));
    len = sizeof(secret);
    if (EVP_PKEY_derive(ctx, secret, &len) == 1)
        tell_bytes(secret, len);
    EVP_PKEY_CTX_free(ctx);
    end();
}

static void encapsulate(const struct subject *subject, const char *operation)
{
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(NULL, subject->pkey, NULL);
    unsigned char wrapped[600], secret[600], again[600];
    size_t wlen = sizeof(wrapped), slen = sizeof(secret), alen = sizeof(again);

    begin(subject, "encapsulate", "%s", or_none(operation));
    tell_code(EVP_PKEY_encapsulate_init(ctx, NULL));
    if (operation != NULL)
        tell_code(EVP_PKEY_CTX_set_kem_op(ctx, operation));
    tell_code(EVP_PKEY_encapsulate(ctx, NULL, &wlen, NULL, &slen));
    tell_size(wlen);
    tell_size(slen);
    wlen = sizeof(wrapped);
    slen = sizeof(secret);
    tell_code(EVP_PKEY_encapsulate(ctx, wrapped, &wlen, secret, &slen));
    EVP_PKEY_CTX_free(ctx);
    ctx = EVP_PKEY_CTX_new_from_pkey(NULL, subject->pkey, NULL);
    tell_code(EVP_PKEY_decapsulate_init(ctx, NULL));
    if (operation != NULL)
        tell_code(EVP_PKEY_CTX_set_kem_op(ctx, operation));
    tell_code(EVP_PKEY_decapsulate(ctx, again, &alen, wrapped, wlen));
    tell_size(alen);
    EVP_PKEY_CTX_free(ctx);
    end();
}

void do_exchanges(const struct subject *subject)
{
    int kdf, cofactor;

    for (kdf = 0; kdf <= 1; kdf++) {
        for (cofactor = -1; cofactor <= 1; cofactor++) {
            derive(subject, subject->other, "with another", kdf, cofactor);
            derive(subject, subject->pkey, "with itself", kdf, cofactor);
        }
    }
    /* A provider of the RSA KEM without RSA-PSS keys, which is what we are, is
     * noted in the queue beside the reason why there is none of these. */
    if (strcmp(subject->type, "RSA-PSS") == 0)
        return;
    encapsulate(subject, NULL);
    encapsulate(subject, "RSASVE");
    encapsulate(subject, "DHKEM");
}
