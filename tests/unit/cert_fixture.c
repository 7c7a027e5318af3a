/* SPDX-License-Identifier: Apache-2.0 */

#include <openssl/bio.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <string.h>

#include "cert_fixture.h"
#include "unit.h"

X509 *cert_issue(EVP_PKEY *pkey, const char *name, EVP_PKEY *issuer_key,
                 X509 *issuer)
{
    const EVP_MD *md =
        EVP_PKEY_is_a(issuer_key, "ED25519") ? NULL : EVP_sha256();
    X509_NAME *subject = X509_NAME_new(); /* a certificate's is constant */
    X509 *cert = X509_new();

    CHECK(cert != NULL && subject != NULL && X509_set_version(cert, 2) == 1
          && ASN1_INTEGER_set(X509_get_serialNumber(cert), 1) == 1
          && X509_gmtime_adj(X509_getm_notBefore(cert), 0) != NULL
          && X509_gmtime_adj(X509_getm_notAfter(cert), 3600) != NULL
          && X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC,
                                        (const unsigned char *)name, -1, -1, 0)
                 == 1
          && X509_set_subject_name(cert, subject) == 1
          && X509_set_issuer_name(
                 cert, issuer != NULL ? X509_get_subject_name(issuer) : subject)
                 == 1
          && X509_set_pubkey(cert, pkey) == 1
          && X509_sign(cert, issuer_key, md) > 0);
    X509_NAME_free(subject);
    return cert;
}

X509 *cert_make(EVP_PKEY *pkey, const char *name)
{
    return cert_issue(pkey, name, pkey, NULL);
}

static void take(BIO *bio, struct akv_buf *out)
{
    char *data;
    long len = BIO_get_mem_data(bio, &data);

    CHECK(len > 0 && akv_buf_append(out, data, (size_t)len));
    BIO_free(bio);
}

void cert_pem_key(EVP_PKEY *pkey, const char *password, struct akv_buf *out)
{
    const EVP_CIPHER *cipher = password != NULL ? EVP_aes_128_cbc() : NULL;
    BIO *bio = BIO_new(BIO_s_mem());

    CHECK(PEM_write_bio_PKCS8PrivateKey(
              bio, pkey, cipher, password,
              password != NULL ? (int)strlen(password) : 0, NULL, NULL)
          == 1);
    take(bio, out);
}

void cert_pem(X509 *cert, struct akv_buf *out)
{
    BIO *bio = BIO_new(BIO_s_mem());

    CHECK(PEM_write_bio_X509(bio, cert) == 1);
    take(bio, out);
}

void cert_pfx(EVP_PKEY *pkey, X509 *cert, X509 *other, const char *password,
              struct akv_buf *out)
{
    STACK_OF(X509) *others = sk_X509_new_null();
    BIO *bio = BIO_new(BIO_s_mem());
    PKCS12 *pfx;

    CHECK(other == NULL || sk_X509_push(others, other) > 0);
    pfx = PKCS12_create(password, "name", pkey, cert, others, 0, 0, 0, 0, 0);
    CHECK(pfx != NULL && i2d_PKCS12_bio(bio, pfx) == 1);
    PKCS12_free(pfx);
    sk_X509_free(others);
    take(bio, out);
}
