/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Certificates with their keys, as PFX without a password in base64, or as
 * PEM: what is imported, and what the secret of a certificate holds.
 */

#include <stdlib.h>
#include <string.h>

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>

#include "b64.h"
#include "cert_content.h"
#include "ossl.h"
#include "xmem.h"

#define PFX_CIPHER NID_pbe_WithSHA1And3_Key_TripleDES_CBC
#define PFX_ROUNDS 2000

void emu_cert_parts_free(struct emu_cert_parts *parts)
{
    EVP_PKEY_free(parts->key);
    X509_free(parts->leaf);
    sk_X509_pop_free(parts->others, X509_free);
    memset(parts, 0, sizeof(*parts));
}

static X509 *next_cert(BIO *bio)
{
    X509 *cert = X509_new_ex(emu_libctx(), NULL);

    if (cert != NULL
        && PEM_read_bio_X509(bio, &cert, emu_no_passphrase, NULL) == NULL) {
        X509_free(cert); /* NULL if it was a bad certificate */
        return NULL;
    }
    return cert;
}

/* The leaf is the one that fits the key, or the first. */
static void add_cert(struct emu_cert_parts *parts, X509 *cert)
{
    bool fits = parts->leaf == NULL
                && (parts->key == NULL
                    || X509_check_private_key(cert, parts->key) == 1);

    if (fits)
        parts->leaf = cert;
    else if (sk_X509_push(parts->others, cert) <= 0)
        X509_free(cert);
}

/* userdata: where the password is; NULL there: none. */
static int given_or_no_passphrase(char *buf, int size, int rwflag,
                                  void *userdata)
{
    const char *const *where = userdata;
    size_t len = *where == NULL ? 0 : strlen(*where);

    (void)rwflag;
    if (*where == NULL || size < 0 || len > (size_t)size)
        return -1;
    memcpy(buf, *where, len);
    return (int)len;
}

static bool read_pem(struct emu_cert_parts *parts, const char *text,
                     const char *password)
{
    BIO *bio = BIO_new_mem_buf(text, -1);
    X509 *cert;

    if (bio == NULL)
        return false;
    parts->key = PEM_read_bio_PrivateKey_ex(bio, NULL, given_or_no_passphrase,
                                            &password, emu_libctx(), NULL);
    BIO_free(bio);
    bio = BIO_new_mem_buf(text, -1);
    parts->others = sk_X509_new_null();
    while (bio != NULL && (cert = next_cert(bio)) != NULL)
        add_cert(parts, cert);
    BIO_free(bio);
    parts->pem = true;
    return parts->key != NULL && parts->leaf != NULL;
}

static PKCS12 *pfx_of(const unsigned char *raw, size_t len)
{
    PKCS12 *p12 = PKCS12_init_ex(NID_pkcs7_data, emu_libctx(), NULL);

    if (p12 == NULL)
        return NULL;
    return d2i_PKCS12(&p12, &raw, (long)len); /* failing, it frees p12 */
}

static bool is_pem(const char *text)
{
    return strstr(text, "-----BEGIN ") != NULL;
}

/* What the service's documents want and users report: a key in PKCS#8 (with
 * "pwd" encrypted, as recorded), lines that end with LF, nothing before. */
static bool is_as_documented(const char *text, const char *password)
{
    return strncmp(text, "-----BEGIN ", 11) == 0 && strchr(text, '\r') == NULL
           && (strstr(text, "-----BEGIN PRIVATE KEY-----") != NULL
               || strstr(text, "PRIVATE KEY-----") == NULL
               || (password != NULL
                   && strstr(text, "-----BEGIN ENCRYPTED PRIVATE KEY-----")
                          != NULL));
}

/* PEM may come in base64, too: there are clients that encode all. */
bool emu_cert_parts_read(struct emu_cert_parts *parts, const char *text,
                         const char *password, bool lenient, const char **why)
{
    unsigned char *raw = NULL;
    size_t len = 0;
    PKCS12 *p12;
    bool ok = false;

    memset(parts, 0, sizeof(*parts));
    *why = "it has no private key with a certificate that fits it";
    if (is_pem(text)) {
        if (!lenient && !is_as_documented(text, password))
            *why = "its private key is not in PKCS#8 PEM form";
        else
            ok = read_pem(parts, text, password);
    } else if (!emu_b64_decode(text, &raw, &len)) {
        *why = "it is neither PEM nor PKCS#12";
    } else if (is_pem((const char *)raw)) {
        if (!lenient && !is_as_documented((const char *)raw, password))
            *why = "its private key is not in PKCS#8 PEM form";
        else
            ok = read_pem(parts, (const char *)raw, password);
    } else if ((p12 = pfx_of(raw, len)) == NULL) {
        *why = "it is neither PEM nor PKCS#12";
    } else {
        const char *pass = password == NULL ? "" : password;

        if (PKCS12_verify_mac(p12, pass, -1) != 1
            && (*pass != '\0' || PKCS12_verify_mac(p12, NULL, 0) != 1))
            *why = "the password is not correct";
        else
            ok = PKCS12_parse(p12, pass, &parts->key, &parts->leaf,
                              &parts->others)
                     == 1
                 && parts->key != NULL && parts->leaf != NULL;
        PKCS12_free(p12);
    }
    free(raw);
    ERR_clear_error();
    if (!ok)
        emu_cert_parts_free(parts);
    return ok;
}

/* As the service makes them (recorded): triple DES for key and certificates,
 * SHA-1 for the MAC, 2000 rounds. The readers of Go and Java know nothing
 * later; no password at all, not an empty one, is what all readers take. */
char *emu_cert_parts_pfx(const struct emu_cert_parts *parts)
{
    PKCS12 *p12 = PKCS12_create_ex(NULL, NULL, parts->key, parts->leaf,
                                   parts->others, PFX_CIPHER, PFX_CIPHER,
                                   PFX_ROUNDS, -1, 0, emu_libctx(), NULL);
    EVP_MD *sha1 = EVP_MD_fetch(emu_libctx(), "SHA1", NULL);
    unsigned char *der = NULL;
    int len = 0;
    char *text = NULL;

    if (p12 != NULL && sha1 != NULL
        && PKCS12_set_mac(p12, NULL, 0, NULL, 0, PFX_ROUNDS, sha1) == 1)
        len = i2d_PKCS12(p12, &der);
    if (len > 0)
        text = emu_b64_encode(der, (size_t)len);
    OPENSSL_free(der);
    EVP_MD_free(sha1);
    PKCS12_free(p12);
    ERR_clear_error();
    return text;
}

static bool write_certs(BIO *bio, const struct emu_cert_parts *parts,
                        bool leaf_first)
{
    int n = parts->others == NULL ? 0 : sk_X509_num(parts->others);
    bool ok = !leaf_first || PEM_write_bio_X509(bio, parts->leaf) == 1;

    for (int i = 0; ok && i < n; i++)
        ok = PEM_write_bio_X509(bio, sk_X509_value(parts->others, i)) == 1;
    return ok && (leaf_first || PEM_write_bio_X509(bio, parts->leaf) == 1);
}

char *emu_cert_parts_pem(const struct emu_cert_parts *parts, bool leaf_first)
{
    BIO *bio = BIO_new(BIO_s_mem());
    char *text = NULL;
    char *data;

    if (bio != NULL
        && (parts->key == NULL
            || PEM_write_bio_PrivateKey_ex(bio, parts->key, NULL, NULL, 0, NULL,
                                           NULL, emu_libctx(), NULL)
                   == 1)
        && write_certs(bio, parts, leaf_first)) {
        long len = BIO_get_mem_data(bio, &data);

        text = emu_xstrndup(data, (size_t)len);
    }
    BIO_free(bio);
    return text;
}
