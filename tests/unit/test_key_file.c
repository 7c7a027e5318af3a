/* SPDX-License-Identifier: Apache-2.0 */

/* Files with keys and certificates, in the forms that people have them. */

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <openssl/pkcs7.h>
#include <openssl/provider.h>
#include <stdlib.h>
#include <string.h>

#include "cert_fixture.h"
#include "ossl/key_file.h"
#include "unit.h"

#define MOST 100000

static EVP_PKEY *root_key, *inter_key, *leaf_key, *ec_key;
static X509 *root, *inter, *leaf;

static void set_up(void)
{
    root_key = EVP_RSA_gen(2048);
    inter_key = EVP_EC_gen("P-256");
    leaf_key = EVP_RSA_gen(2048);
    ec_key = EVP_EC_gen("P-384");
    root = cert_make(root_key, "root");
    inter = cert_issue(inter_key, "inter", root_key, root);
    leaf = cert_issue(leaf_key, "leaf", inter_key, inter);
}

static void clean_up(void)
{
    EVP_PKEY_free(root_key);
    EVP_PKEY_free(inter_key);
    EVP_PKEY_free(leaf_key);
    EVP_PKEY_free(ec_key);
    X509_free(root);
    X509_free(inter);
    X509_free(leaf);
}

static void take(BIO *bio, struct akv_buf *out)
{
    char *data;
    long len = BIO_get_mem_data(bio, &data);

    CHECK(len > 0 && akv_buf_append(out, data, (size_t)len));
    BIO_free(bio);
}

/* --- Texts -----------------------------------------------------------------
 */

static void pkcs8(struct akv_buf *out)
{
    cert_pem_key(leaf_key, NULL, out);
}

static void encrypted(struct akv_buf *out)
{
    cert_pem_key(leaf_key, "pass", out);
}

static void traditional(struct akv_buf *out)
{
    BIO *bio = BIO_new(BIO_s_mem());

    CHECK(PEM_write_bio_PrivateKey_traditional(bio, leaf_key, NULL, NULL, 0,
                                               NULL, NULL)
          == 1);
    take(bio, out);
}

static void old_encrypted(struct akv_buf *out)
{
    BIO *bio = BIO_new(BIO_s_mem());

    CHECK(PEM_write_bio_PrivateKey_traditional(bio, leaf_key, EVP_aes_128_cbc(),
                                               (const unsigned char *)"pass", 4,
                                               NULL, NULL)
          == 1);
    take(bio, out);
}

static void sec1(struct akv_buf *out)
{
    BIO *bio = BIO_new(BIO_s_mem());

    CHECK(akv_buf_append_str(out, "-----BEGIN EC PARAMETERS-----\n"
                                  "BgUrgQQAIg==\n"
                                  "-----END EC PARAMETERS-----\n")
          && PEM_write_bio_PrivateKey_traditional(bio, ec_key, NULL, NULL, 0,
                                                  NULL, NULL)
                 == 1);
    take(bio, out);
}

static void der_key(struct akv_buf *out)
{
    BIO *bio = BIO_new(BIO_s_mem());

    CHECK(i2d_PKCS8PrivateKey_bio(bio, leaf_key, NULL, NULL, 0, NULL, NULL)
          == 1);
    take(bio, out);
}

static void der_encrypted(struct akv_buf *out)
{
    BIO *bio = BIO_new(BIO_s_mem());

    CHECK(i2d_PKCS8PrivateKey_bio(bio, leaf_key, EVP_aes_128_cbc(), "pass", 4,
                                  NULL, NULL)
          == 1);
    take(bio, out);
}

static void der_cert(struct akv_buf *out)
{
    BIO *bio = BIO_new(BIO_s_mem());

    CHECK(i2d_X509_bio(bio, leaf) == 1);
    take(bio, out);
}

static PKCS7 *p7(void)
{
    PKCS7 *p7 = PKCS7_new();

    CHECK(PKCS7_set_type(p7, NID_pkcs7_signed) == 1
          && PKCS7_content_new(p7, NID_pkcs7_data) == 1
          && PKCS7_add_certificate(p7, root) == 1
          && PKCS7_add_certificate(p7, inter) == 1
          && PKCS7_add_certificate(p7, leaf) == 1);
    return p7;
}

static void p7b(struct akv_buf *out)
{
    BIO *bio = BIO_new(BIO_s_mem());
    PKCS7 *bundle = p7();

    CHECK(PEM_write_bio_PKCS7(bio, bundle) == 1);
    PKCS7_free(bundle);
    take(bio, out);
}

static void p7_der(struct akv_buf *out)
{
    BIO *bio = BIO_new(BIO_s_mem());
    PKCS7 *bundle = p7();

    CHECK(i2d_PKCS7_bio(bio, bundle) == 1);
    PKCS7_free(bundle);
    take(bio, out);
}

static void backwards(struct akv_buf *out)
{
    cert_pem(root, out);
    cert_pem(inter, out);
    cert_pem(leaf, out);
    pkcs8(out);
}

static void pfx(struct akv_buf *out)
{
    cert_pfx(leaf_key, leaf, inter, "pass", out);
}

static void open_pfx(struct akv_buf *out)
{
    cert_pfx(leaf_key, leaf, inter, "", out);
}

static void openssh(struct akv_buf *out)
{
    CHECK(akv_buf_append_str(out, "-----BEGIN OPENSSH PRIVATE KEY-----\n"
                                  "AAAA\n"
                                  "-----END OPENSSH PRIVATE KEY-----\n"));
}

static void broken(struct akv_buf *out)
{
    CHECK(akv_buf_append_str(out, "-----BEGIN PRIVATE KEY-----\n"
                                  "AAAA\n"
                                  "-----END PRIVATE KEY-----\n"));
}

static void words(struct akv_buf *out)
{
    CHECK(akv_buf_append_str(out, "what I wanted to say -----BEGIN "));
}

/* --- Tests -----------------------------------------------------------------
 */

static const struct {
    const char *where;
    void (*write)(struct akv_buf *out);
    const char *password;
    EVP_PKEY *const *key; /* NULL: none */
    size_t certs;
    const char *message; /* NULL: it can be read */
} rows[] = {
    { "PKCS#8", pkcs8, NULL, &leaf_key, 0, NULL },
    { "PKCS#8, a password too many", pkcs8, "x", &leaf_key, 0, NULL },
    { "PKCS#1", traditional, NULL, &leaf_key, 0, NULL },
    { "SEC1 behind its parameters", sec1, NULL, &ec_key, 0, NULL },
    { "encrypted", encrypted, "pass", &leaf_key, 0, NULL },
    { "encrypted, no password", encrypted, NULL, NULL, 0,
      "is encrypted: its password is missing" },
    { "encrypted, a wrong one", encrypted, "Pass", NULL, 0,
      "is encrypted with another password" },
    { "encrypted in the old form", old_encrypted, "pass", &leaf_key, 0, NULL },
    { "encrypted in the old form, no password", old_encrypted, NULL, NULL, 0,
      "is encrypted: its password is missing" },
    { "the key behind its chain", backwards, NULL, &leaf_key, 3, NULL },
    { "PKCS#7", p7b, NULL, NULL, 3, NULL },
    { "PKCS#12", pfx, "pass", &leaf_key, 2, NULL },
    { "PKCS#12, no password", pfx, NULL, NULL, 0,
      "is encrypted: its password is missing" },
    { "PKCS#12, a wrong password", pfx, "Pass", NULL, 0,
      "is encrypted with another password" },
    { "PKCS#12 without a password", open_pfx, NULL, &leaf_key, 2, NULL },
    { "DER", der_key, NULL, &leaf_key, 0, NULL },
    { "DER, encrypted", der_encrypted, "pass", &leaf_key, 0, NULL },
    { "DER, encrypted, no password", der_encrypted, NULL, NULL, 0,
      "is encrypted: its password is missing" },
    { "a certificate in DER", der_cert, NULL, NULL, 1, NULL },
    { "PKCS#7 in DER", p7_der, NULL, NULL, 3, NULL },
    { "OpenSSH's own form", openssh, NULL, NULL, 0, "ssh-keygen -p -m PKCS8" },
    { "a key that is none", broken, NULL, NULL, 0,
      "has a private key that cannot be read" },
    { "words", words, NULL, NULL, 0, "is neither PEM nor PKCS#12" },
};

static void read_one(size_t row, const char *where, const struct akv_buf *text)
{
    struct akv_error err = AKV_ERROR_INIT;
    struct akv_key_file file;
    bool ok = akv_key_file_read(&file, text->data, text->len,
                                rows[row].password, &err);

    CHECK_INT(where, ok, rows[row].message == NULL);
    if (!ok && rows[row].message != NULL) {
        CHECK_INT(where, err.code, AKV_E_INVALID);
        CHECK_HAS(where, err.message, rows[row].message);
    } else if (ok) {
        CHECK_INT(where, akv_key_file_count(&file), rows[row].certs);
        CHECK_AT(where, (file.pkey != NULL) == (rows[row].key != NULL));
        CHECK_AT(where, rows[row].key == NULL
                            || EVP_PKEY_eq(file.pkey, *rows[row].key) == 1);
    }
    CHECK_AT(where, ERR_peek_error() == 0);
    akv_key_file_free(&file);
}

static void forms(void)
{
    size_t i;

    for (i = 0; i < COUNT(rows); i++) {
        struct akv_buf text = AKV_BUF_INIT(MOST);

        rows[i].write(&text);
        read_one(i, rows[i].where, &text);
        akv_buf_free(&text);
    }
}

/* How editors, mails and other systems leave a text. */
static void decorate(const struct akv_buf *text, const char *before,
                     const char *indent, const char *end, struct akv_buf *out)
{
    const char *line = akv_buf_str(text);

    CHECK(akv_buf_append_str(out, before));
    while (*line != '\0') {
        size_t len = strcspn(line, "\n");

        CHECK(akv_buf_append_str(out, indent) && akv_buf_append(out, line, len)
              && akv_buf_append_str(out, end));
        line += len + (line[len] == '\n');
    }
}

static void texts(void)
{
    static const struct {
        const char *before, *indent, *end;
    } ways[] = {
        { "\xef\xbb\xbf", "", "\n" },
        { "", "", "\r\n" },
        { "", "", "\r" },
        { "", "", "  \t\n" },
        { "", "    ", "\n" },
        { "\n\n# mine\nBag Attributes\n    localKeyID: 01\n", "", "\n" },
        { "\xef\xbb\xbf", "\t", " \r\n" },
    };
    size_t i, j;

    for (i = 0; i < COUNT(rows); i++) {
        struct akv_buf text = AKV_BUF_INIT(MOST);

        rows[i].write(&text);
        for (j = 0; akv_is_pem(text.data, text.len) && j < COUNT(ways); j++) {
            struct akv_buf decorated = AKV_BUF_INIT(2 * MOST);

            /* the old form has a blank line between header and text */
            decorate(&text, ways[j].before, ways[j].indent, ways[j].end,
                     &decorated);
            CHECK_AT(rows[i].where, akv_is_pem(decorated.data, decorated.len));
            read_one(i, rows[i].where, &decorated);
            akv_buf_free(&decorated);
        }
        akv_buf_free(&text);
    }
}

static void is_pem(void)
{
    static const struct {
        const char *text;
        bool is;
    } cases[] = {
        { "-----BEGIN X", true },
        { "a\n-----BEGIN X", true },
        { "a\r\n \t-----BEGIN X", true },
        { "\xef\xbb\xbf-----BEGIN X", true },
        { "a -----BEGIN X", false },
        { "----BEGIN X", false },
        { "-----BEGIN", false },
        { "-----END X", false },
        { "", false },
    };
    size_t i;

    for (i = 0; i < COUNT(cases); i++)
        CHECK_INT(cases[i].text,
                  akv_is_pem(cases[i].text, strlen(cases[i].text)),
                  cases[i].is);
}

/* --- Order and writing -----------------------------------------------------
 */

static void sorted(void)
{
    X509 *const all[] = { leaf, inter, root };
    static const int orders[][3] = { { 0, 1, 2 }, { 0, 2, 1 }, { 1, 0, 2 },
                                     { 1, 2, 0 }, { 2, 0, 1 }, { 2, 1, 0 } };
    size_t i, with_key;
    int j;

    for (i = 0; i < COUNT(orders); i++)
        for (with_key = 0; with_key < 2; with_key++) {
            STACK_OF(X509) *certs = sk_X509_new_null();

            for (j = 0; j < 3; j++)
                CHECK(sk_X509_push(certs, all[orders[i][j]]) > 0);
            akv_certs_sort(certs, with_key ? leaf_key : NULL);
            for (j = 0; j < 3; j++)
                CHECK("leaf, issuer, root"
                      && sk_X509_value(certs, j) == all[j]);
            sk_X509_free(certs);
        }
    akv_certs_sort(NULL, NULL);
}

/* What is not of the chain stays behind it. */
static void strangers(void)
{
    X509 *stranger = cert_make(ec_key, "stranger");
    STACK_OF(X509) *certs = sk_X509_new_null();

    CHECK(sk_X509_push(certs, stranger) > 0 && sk_X509_push(certs, root) > 0
          && sk_X509_push(certs, leaf) > 0);
    akv_certs_sort(certs, leaf_key);
    CHECK(sk_X509_value(certs, 0) == leaf && sk_X509_value(certs, 1) == stranger
          && sk_X509_value(certs, 2) == root);
    sk_X509_free(certs);
    X509_free(stranger);
}

/* A certificate of another key is no error of OpenSSL's that stays. */
static void of_another(void)
{
    struct akv_buf text = AKV_BUF_INIT(MOST);
    struct akv_error err = AKV_ERROR_INIT;
    struct akv_key_file file;

    traditional(&text);
    cert_pem(root, &text);
    ERR_clear_error();
    CHECK(akv_key_file_read(&file, text.data, text.len, NULL, &err));
    CHECK("no certificate is the key's" && !akv_key_file_sort(&file));
    CHECK("the queue is as it was" && ERR_peek_error() == 0);
    akv_key_file_free(&file);
    akv_buf_free(&text);
}

static void written(void)
{
    struct akv_buf text = AKV_BUF_INIT(MOST), pem = AKV_BUF_INIT(MOST);
    struct akv_error err = AKV_ERROR_INIT;
    struct akv_key_file file;

    traditional(&text);
    cert_pem(root, &text);
    cert_pem(leaf, &text);
    CHECK(akv_key_file_read(&file, text.data, text.len, NULL, &err));
    CHECK("the key's certificate is there" && akv_key_file_sort(&file));
    CHECK(akv_key_file_write(&file, &pem));
    CHECK_INT("it begins with the key",
              strncmp(akv_buf_str(&pem), "-----BEGIN PRIVATE KEY-----\n", 28),
              0);
    CHECK("no CR" && strchr(akv_buf_str(&pem), '\r') == NULL);
    akv_key_file_free(&file);
    CHECK(akv_key_file_read(&file, pem.data, pem.len, NULL, &err));
    CHECK_INT("certificates", akv_key_file_count(&file), 2);
    CHECK(X509_cmp(sk_X509_value(file.certs, 0), leaf) == 0);
    akv_buf_free(&pem);
    CHECK(akv_key_file_write_certs(&file, &pem));
    CHECK("no key" && strstr(akv_buf_str(&pem), "PRIVATE KEY") == NULL);
    akv_key_file_free(&file);
    akv_buf_free(&pem);
    akv_buf_free(&text);
    akv_buf_init(&pem, 10);
    pkcs8(&text);
    CHECK(akv_key_file_read(&file, text.data, text.len, NULL, &err));
    CHECK("no certificate" && !akv_key_file_sort(&file));
    CHECK("no room" && !akv_key_file_write(&file, &pem));
    akv_key_file_free(&file);
    akv_buf_free(&text);
}

/* False: nobody can make such a file here. */
static bool old_pfx(struct akv_buf *out)
{
    OSSL_LIB_CTX *libctx = OSSL_LIB_CTX_new();
    OSSL_PROVIDER *standard = OSSL_PROVIDER_load(libctx, "default");
    OSSL_PROVIDER *legacy = OSSL_PROVIDER_load(libctx, "legacy");
    BIO *bio = BIO_new(BIO_s_mem());
    PKCS12 *p12 = NULL;

    if (legacy != NULL)
        p12 = PKCS12_create_ex("pass", "name", leaf_key, leaf, NULL,
                               NID_pbe_WithSHA1And40BitRC2_CBC,
                               NID_pbe_WithSHA1And40BitRC2_CBC, 2000, 1, 0,
                               libctx, NULL);
    CHECK(legacy == NULL || (p12 != NULL && i2d_PKCS12_bio(bio, p12) == 1));
    if (p12 != NULL)
        take(bio, out);
    else
        BIO_free(bio);
    PKCS12_free(p12);
    if (legacy != NULL)
        (void)OSSL_PROVIDER_unload(legacy);
    (void)OSSL_PROVIDER_unload(standard);
    OSSL_LIB_CTX_free(libctx);
    ERR_clear_error();
    return out->len > 0;
}

/* Of before 2010: by the legacy provider, or its absence is named. */
static void old_cipher(void)
{
    struct akv_buf text = AKV_BUF_INIT(MOST);
    struct akv_error err = AKV_ERROR_INIT;
    struct akv_key_file file;

    if (!old_pfx(&text))
        return;
    CHECK(akv_key_file_read(&file, text.data, text.len, "pass", &err));
    CHECK("the key" && EVP_PKEY_eq(file.pkey, leaf_key) == 1);
    CHECK_INT("its certificate", akv_key_file_count(&file), 1);
    akv_key_file_free(&file);
    CHECK(!akv_key_file_read(&file, text.data, text.len, "x", &err));
    CHECK_HAS("a wrong password", err.message, "another password");
    akv_key_file_free(&file);
    (void)setenv("OPENSSL_MODULES", "/nonexistent", 1);
    CHECK(!akv_key_file_read(&file, text.data, text.len, "pass", &err));
    CHECK_HAS("remedy", err.message, "package openssl-provider-legacy");
    (void)unsetenv("OPENSSL_MODULES");
    akv_key_file_free(&file);
    akv_buf_free(&text);
}

static void too_large(void)
{
    struct akv_error err = AKV_ERROR_INIT;
    struct akv_key_file file;

    CHECK(!akv_key_file_read(&file, "", AKV_KEY_FILE_MAX + 1, NULL, &err));
    CHECK_INT("code", err.code, AKV_E_INVALID);
    akv_key_file_free(&file);
}

int main(void)
{
    static const struct unit_test tests[] = {
        { "set up", set_up },         { "forms", forms },
        { "texts", texts },           { "what PEM is", is_pem },
        { "sorted", sorted },         { "strangers", strangers },
        { "of another", of_another }, { "written", written },
        { "old cipher", old_cipher }, { "too large", too_large },
        { "clean up", clean_up },
    };

    return unit_main("key_file", tests, COUNT(tests));
}
