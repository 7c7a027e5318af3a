/* SPDX-License-Identifier: Apache-2.0 */

#include <openssl/core_dispatch.h>
#include <openssl/ec.h>
#include <openssl/encoder.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <string.h>

#include "passthrough.h"

static void tell_written(BIO *bio)
{
    char *data = NULL;
    long len = BIO_get_mem_data(bio, &data);

    tell_code(len > 0);
    if (len > 0)
        tell_bytes(data, (size_t)len);
}

static void encode(const struct subject *subject, const char *output,
                   const char *structure, int selection, const char *cipher)
{
    OSSL_ENCODER_CTX *ctx = OSSL_ENCODER_CTX_new_for_pkey(
        subject->pkey, selection, output, structure, NULL);
    BIO *bio = BIO_new(BIO_s_mem());

    begin(subject, "encode", "%s %s %#x %s", output,
          structure != NULL ? structure : "-", (unsigned)selection,
          cipher != NULL ? cipher : "");
    tell_code(OSSL_ENCODER_CTX_get_num_encoders(ctx) > 0);
    if (cipher != NULL) {
        tell_code(OSSL_ENCODER_CTX_set_cipher(ctx, cipher, NULL));
        tell_code(OSSL_ENCODER_CTX_set_passphrase(
            ctx, (const unsigned char *)"secret", 6));
    }
    tell_code(OSSL_ENCODER_to_bio(ctx, bio));
    tell_written(bio);
    end();
    BIO_free(bio);
    OSSL_ENCODER_CTX_free(ctx);
}

void do_encoders(const struct subject *subject)
{
    /* OpenSSL itself crashes when it writes some partial keys as MSBLOB. */
    static const char *const outputs[] = { "DER",      "PEM", "TEXT",  "BLOB",
                                           "nonsense", "PVK", "MSBLOB" };
    static const char *const structures[] = { NULL,
                                              "PrivateKeyInfo",
                                              "EncryptedPrivateKeyInfo",
                                              "SubjectPublicKeyInfo",
                                              "type-specific",
                                              "RSA",
                                              "pkcs1",
                                              "EC",
                                              "X9.62",
                                              "nonsense" };
    static const int selections[] = { EVP_PKEY_KEYPAIR, EVP_PKEY_PUBLIC_KEY,
                                      EVP_PKEY_KEY_PARAMETERS,
                                      OSSL_KEYMGMT_SELECT_PRIVATE_KEY };
    size_t i, j, k;

    for (i = 0; i < COUNT(outputs); i++)
        for (j = 0; j < COUNT(structures); j++)
            for (k = 0; k < COUNT(selections); k++)
                encode(subject, outputs[i], structures[j], selections[k], NULL);
    for (i = 0; i < 2; i++)
        for (j = 0; j < 3; j++) {
            encode(subject, outputs[i], structures[j], EVP_PKEY_KEYPAIR,
                   "AES-256-CBC");
            encode(subject, outputs[i], structures[j], EVP_PKEY_KEYPAIR,
                   "nonsense");
        }
}

/* --- Functions from before there were encoders ------------------------------
 */

static void write_pem(const struct subject *subject)
{
    BIO *bio = BIO_new(BIO_s_mem());

    begin(subject, "PEM", "%s", "of all kinds");
    tell_code(PEM_write_bio_PrivateKey(bio, subject->pkey, NULL, NULL, 0, NULL,
                                       NULL));
    tell_code(PEM_write_bio_PKCS8PrivateKey(bio, subject->pkey, NULL, NULL, 0,
                                            NULL, NULL));
    tell_code(PEM_write_bio_PrivateKey_traditional(bio, subject->pkey, NULL,
                                                   NULL, 0, NULL, NULL));
    tell_code(PEM_write_bio_PUBKEY(bio, subject->pkey));
    tell_code(PEM_write_bio_Parameters(bio, subject->pkey));
    tell_written(bio);
    BIO_free(bio);
    end();
}

static void write_der(const struct subject *subject)
{
    unsigned char *der = NULL;
    int len;

    begin(subject, "DER", "%s", "of all kinds");
    len = i2d_PrivateKey(subject->pkey, &der);
    tell_code(len > 0);
    if (len > 0)
        tell_bytes(der, (size_t)len);
    OPENSSL_free(der);
    tell_code(i2d_PUBKEY(subject->pkey, NULL) > 0);
    tell_code(i2d_PublicKey(subject->pkey, NULL) > 0);
    tell_code(i2d_KeyParams(subject->pkey, NULL) > 0);
    end();
}

static void print(const struct subject *subject)
{
    BIO *bio = BIO_new(BIO_s_mem());

    begin(subject, "print", "%s", "");
    tell_code(EVP_PKEY_print_private(bio, subject->pkey, 0, NULL));
    tell_code(EVP_PKEY_print_public(bio, subject->pkey, 0, NULL));
    tell_code(EVP_PKEY_print_params(bio, subject->pkey, 0, NULL));
    tell_written(bio);
    BIO_free(bio);
    end();
}

/* Keys of before 3.0 are copies of ours. */
static void downgrade(const struct subject *subject)
{
    RSA *rsa;
    EC_KEY *ec;
    PKCS8_PRIV_KEY_INFO *info;
    EVP_PKEY *again;

    begin(subject, "as RSA", "%s", "");
    rsa = EVP_PKEY_get1_RSA(subject->pkey);
    tell_code(rsa != NULL);
    if (rsa != NULL) {
        tell_code(RSA_bits(rsa));
        tell_code(RSA_check_key(rsa));
    }
    RSA_free(rsa);
    end();
    begin(subject, "as EC_KEY", "%s", "");
    ec = EVP_PKEY_get1_EC_KEY(subject->pkey);
    tell_code(ec != NULL);
    if (ec != NULL)
        tell_code(EC_KEY_check_key(ec));
    EC_KEY_free(ec);
    end();
    begin(subject, "as PKCS#8", "%s", "");
    info = EVP_PKEY2PKCS8(subject->pkey);
    tell_code(info != NULL);
    again = info != NULL ? EVP_PKCS82PKEY(info) : NULL;
    tell_code(again != NULL);
    if (again != NULL)
        tell_code(EVP_PKEY_eq(again, subject->pkey));
    PKCS8_PRIV_KEY_INFO_free(info);
    EVP_PKEY_free(again);
    end();
}

void do_old_functions(const struct subject *subject)
{
    write_pem(subject);
    write_der(subject);
    print(subject);
    downgrade(subject);
}
