/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Asks a vault's key for everything that must not cost a request: sizes of
 * signatures and plaintexts in each way that libcrypto knows, parameters, a
 * duplicate, what libssl asks while it negotiates. The caller counts what
 * arrives at the vault: one get_key.
 *
 * Usage: sizes URI; the providers come from openssl.cnf.
 */

#include <openssl/rsa.h>

#include "keys.h"

static void digest_sign_sizes(EVP_PKEY *pkey, const char *digest)
{
    EVP_MD_CTX *ctx = EVP_MD_CTX_new(), *copy = EVP_MD_CTX_new();
    size_t once = 0, final = 0, copied = 0;

    check(EVP_DigestSignInit_ex(ctx, NULL, digest, NULL, NULL, pkey, NULL),
          "DigestSignInit");
    check(EVP_DigestSign(ctx, NULL, &once, (const unsigned char *)"x", 1),
          "DigestSign for the size");
    check(EVP_DigestSignInit_ex(ctx, NULL, digest, NULL, NULL, pkey, NULL),
          "DigestSignInit again");
    check(EVP_DigestSignUpdate(ctx, "x", 1), "DigestSignUpdate");
    check(EVP_DigestSignFinal(ctx, NULL, &final), "DigestSignFinal");
    check(EVP_MD_CTX_copy_ex(copy, ctx), "copy");
    check(EVP_DigestSignFinal(copy, NULL, &copied), "DigestSignFinal of it");
    check(once == (size_t)EVP_PKEY_get_size(pkey) && final == once
              && copied == once,
          "sizes differ");
    EVP_MD_CTX_free(ctx);
    EVP_MD_CTX_free(copy);
}

static void sign_size(EVP_PKEY *pkey)
{
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(NULL, pkey, NULL);
    unsigned char digest[32] = { 0 };
    size_t size = 0;

    check(EVP_PKEY_sign_init(ctx) == 1, "sign_init");
    check(EVP_PKEY_CTX_set_signature_md(ctx, EVP_sha256()) == 1, "digest");
    check(EVP_PKEY_sign(ctx, NULL, &size, digest, sizeof(digest)) == 1,
          "sign for the size");
    check(size == (size_t)EVP_PKEY_get_size(pkey), "the size is another");
    EVP_PKEY_CTX_free(ctx);
}

static void decrypt_size(EVP_PKEY *pkey)
{
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(NULL, pkey, NULL);
    unsigned char cipher[512] = { 0 };
    size_t size = 0, len = (size_t)EVP_PKEY_get_size(pkey);

    check(EVP_PKEY_decrypt_init(ctx) == 1, "decrypt_init");
    check(EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_OAEP_PADDING) == 1,
          "padding");
    check(EVP_PKEY_decrypt(ctx, NULL, &size, cipher, len) == 1,
          "decrypt for the size");
    check(size == len, "the plaintext's size is another");
    EVP_PKEY_CTX_free(ctx);
}

/* libssl's question for each signature scheme that it could offer. */
static void negotiation(EVP_PKEY *pkey)
{
    check(EVP_PKEY_digestsign_supports_digest(pkey, NULL, "SHA256", NULL) == 1,
          "SHA-256 is not supported");
    check(EVP_PKEY_digestsign_supports_digest(pkey, NULL, "SHA2-512", NULL)
              == 1,
          "SHA-512 is not supported");
}

static void properties(EVP_PKEY *pkey)
{
    EVP_PKEY *copy = EVP_PKEY_dup(pkey);
    char name[64];

    check(copy != NULL, "no duplicate");
    check(EVP_PKEY_eq(pkey, copy) == 1, "the duplicate is another key");
    check(EVP_PKEY_get_bits(copy) >= 256, "bits");
    check(EVP_PKEY_get_security_bits(copy) >= 112, "security bits");
    check(EVP_PKEY_get_default_digest_name(copy, name, sizeof(name)) > 0,
          "no default digest");
    EVP_PKEY_free(copy);
}

int main(int argc, char **argv)
{
    EVP_PKEY *pkey;

    check(argc == 2, "usage: sizes URI");
    pkey = load_key(NULL, argv[1]);
    properties(pkey);
    negotiation(pkey);
    digest_sign_sizes(pkey, "SHA256");
    sign_size(pkey);
    if (EVP_PKEY_is_a(pkey, "RSA")) {
        digest_sign_sizes(pkey, "SHA512");
        decrypt_size(pkey);
    }
    EVP_PKEY_free(pkey);
    return 0;
}
