/* SPDX-License-Identifier: Apache-2.0 */

/* A key that goes out as PEM and comes back as JWK is the same key. */

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <stdint.h>

#include "akv/pem.h"
#include "unit.h"

#define MOST 20000

/* In PKCS#8, encrypted if there is a passphrase. */
static void write_key(EVP_PKEY *pkey, const char *passphrase,
                      struct akv_buf *pem)
{
    BIO *bio = BIO_new(BIO_s_mem());
    char *data;
    long len;

    CHECK(PEM_write_bio_PKCS8PrivateKey(
              bio, pkey, passphrase != NULL ? EVP_aes_256_cbc() : NULL, NULL, 0,
              NULL, (void *)(uintptr_t)passphrase)
          == 1);
    len = BIO_get_mem_data(bio, &data);
    CHECK(akv_buf_append(pem, data, (size_t)len));
    BIO_free(bio);
}

/* Reads what akv_pem_to_jwk() has written, writes the public half, and compares
 * it with the key's. */
static void check_public(const EVP_PKEY *pkey, const struct akv_buf *text)
{
    struct akv_buf pem = AKV_BUF_INIT(MOST), der = AKV_BUF_INIT(MOST);
    struct akv_error err = AKV_ERROR_INIT;
    struct akv_json *json = akv_json_parse(akv_buf_str(text), text->len, &err);
    const unsigned char *p;
    struct akv_jwk jwk;
    EVP_PKEY *got;
    BIO *bio;

    CHECK(akv_jwk_read(&jwk, json, &err));
    CHECK(akv_pem_from_jwk(&jwk, &pem, &err));
    CHECK(akv_pem_der_from_jwk(&jwk, &der, &err));
    bio = BIO_new_mem_buf(pem.data, (int)pem.len);
    got = PEM_read_bio_PUBKEY(bio, NULL, NULL, NULL);
    CHECK(got != NULL && EVP_PKEY_eq(pkey, got) == 1);
    EVP_PKEY_free(got);
    p = der.data;
    got = d2i_PUBKEY(NULL, &p, (long)der.len);
    CHECK(got != NULL && EVP_PKEY_eq(pkey, got) == 1);
    EVP_PKEY_free(got);
    BIO_free(bio);
    akv_jwk_free(&jwk);
    akv_json_free(json);
    akv_buf_free(&pem);
    akv_buf_free(&der);
}

static void there_and_back(void)
{
    EVP_PKEY *keys[] = { EVP_RSA_gen(2048), EVP_EC_gen("P-256") };
    static const char *const passphrases[] = { NULL, "secret" };
    size_t i;

    for (i = 0; i < 2 * COUNT(keys); i++) {
        struct akv_buf pem = AKV_BUF_INIT(MOST), jwk = AKV_BUF_INIT(MOST);
        struct akv_error err = AKV_ERROR_INIT;

        write_key(keys[i / 2], passphrases[i % 2], &pem);
        CHECK(
            akv_pem_to_jwk(pem.data, pem.len, passphrases[i % 2], &jwk, &err));
        CHECK_STR("no error", err.message, "");
        check_public(keys[i / 2], &jwk);
        if (passphrases[i % 2] != NULL) {
            CHECK(!akv_pem_to_jwk(pem.data, pem.len, NULL, &jwk, &err));
            CHECK_INT("encrypted", err.code, AKV_E_INVALID);
            CHECK_HAS("encrypted", err.message, "the key is encrypted");
        }
        akv_buf_free(&pem);
        akv_buf_free(&jwk);
    }
    EVP_PKEY_free(keys[0]);
    EVP_PKEY_free(keys[1]);
}

static void refused(void)
{
    struct akv_buf out = AKV_BUF_INIT(MOST);
    struct akv_error err = AKV_ERROR_INIT;
    struct akv_jwk jwk = { .type = AKV_KEY_OCT };
    EVP_PKEY *key = EVP_EC_gen("secp224r1");
    struct akv_buf pem = AKV_BUF_INIT(MOST);

    CHECK(!akv_pem_to_jwk("", 0, NULL, &out, &err));
    CHECK_INT("nothing", err.code, AKV_E_INVALID);
    CHECK_HAS("nothing", err.message, "key");
    write_key(key, NULL, &pem);
    CHECK(!akv_pem_to_jwk(pem.data, pem.len, NULL, &out, &err));
    CHECK_HAS("a curve", err.message, "curve that a vault does not have");
    CHECK(!akv_pem_from_jwk(&jwk, &out, &err));
    CHECK_INT("symmetric", err.code, AKV_E_INVALID);
    CHECK_HAS("symmetric", err.message, "no public half");
    CHECK_INT("nothing was written", out.len, 0);
    EVP_PKEY_free(key);
    akv_buf_free(&pem);
    akv_buf_free(&out);
}

int main(void)
{
    static const struct unit_test tests[] = {
        { "there and back", there_and_back },
        { "refused", refused },
    };

    return unit_main("pem", tests, COUNT(tests));
}
