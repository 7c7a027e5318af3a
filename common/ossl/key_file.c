/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Key and certificates are made in a library context of their own and must be
 * freed before it; it is the thread's default while they are read. Readers are
 * tried in turn, since DER does not say what it is, and what their failures
 * leave in the thread's error queue is taken off again.
 */

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <openssl/pkcs7.h>
#include <openssl/provider.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <string.h>

#include "ossl/key_file.h"
#include "ossl/passphrase.h"

#define BEGIN "-----BEGIN "

struct reading {
    struct akv_key_file *file;
    const char *password; /* NULL: none */
    struct akv_error *err;
};

static bool key_file_fail(struct reading *reading, const char *why)
{
    return akv_error_set(reading->err, AKV_E_INVALID, "%s", why);
}

static bool key_file_no_memory(struct reading *reading)
{
    return akv_error_set(reading->err, AKV_E_MEMORY, "is too much for memory");
}

/* --- Order -----------------------------------------------------------------
 */

static bool has_issued_any(const STACK_OF(X509) * certs, int at)
{
    X509 *cert = sk_X509_value(certs, at);
    int i;

    for (i = 0; i < sk_X509_num(certs); i++)
        if (i != at
            && X509_check_issued(cert, sk_X509_value(certs, i)) == X509_V_OK)
            return true;
    return false;
}

static int find_leaf(const STACK_OF(X509) * certs, const EVP_PKEY *pkey)
{
    int i;

    for (i = 0; i < sk_X509_num(certs); i++)
        if (pkey != NULL
            && X509_check_private_key(sk_X509_value(certs, i), pkey) == 1)
            return i;
    for (i = 0; i < sk_X509_num(certs); i++)
        if (!has_issued_any(certs, i))
            return i;
    return 0;
}

static void key_file_move(STACK_OF(X509) * certs, int from, int to)
{
    X509 *cert = sk_X509_delete(certs, from);

    /* There is room for what was taken out. */
    (void)sk_X509_insert(certs, cert, to);
}

void akv_certs_sort(STACK_OF(X509) * certs, const EVP_PKEY *pkey)
{
    int count = sk_X509_num(certs), sorted, i;

    if (count < 1)
        return;
    (void)ERR_set_mark();
    key_file_move(certs, find_leaf(certs, pkey), 0);
    for (sorted = 1; sorted < count; sorted++) {
        X509 *last = sk_X509_value(certs, sorted - 1);

        for (i = sorted; i < count; i++)
            if (X509_check_issued(sk_X509_value(certs, i), last) == X509_V_OK)
                break;
        if (i == count)
            break;
        key_file_move(certs, i, sorted);
    }
    (void)ERR_pop_to_mark();
}

/* --- Parts -----------------------------------------------------------------
 */

static bool key_file_add_cert(struct reading *reading, const unsigned char *der,
                              long len)
{
    struct akv_key_file *file = reading->file;
    X509 *cert = X509_new_ex(file->own.libctx, NULL);

    if (cert != NULL && d2i_X509(&cert, &der, len) == NULL)
        return key_file_fail(reading, "has a certificate that cannot be read");
    if (cert != NULL && sk_X509_push(file->certs, cert) > 0)
        return true;
    X509_free(cert);
    return key_file_no_memory(reading);
}

static bool add_certs(struct reading *reading, const STACK_OF(X509) * certs)
{
    int i;

    for (i = 0; i < sk_X509_num(certs); i++) {
        X509 *cert = sk_X509_value(certs, i);

        if (X509_up_ref(cert) != 1)
            return key_file_no_memory(reading);
        if (sk_X509_push(reading->file->certs, cert) < 1) {
            X509_free(cert);
            return key_file_no_memory(reading);
        }
    }
    return true;
}

static bool add_pkcs7(struct reading *reading, const unsigned char *der,
                      long len)
{
    PKCS7 *p7 = d2i_PKCS7(NULL, &der, len);
    bool ok = p7 != NULL && PKCS7_type_is_signed(p7)
              && add_certs(reading, p7->d.sign->cert);

    PKCS7_free(p7);
    return ok
           || key_file_fail(reading, "has a PKCS#7 block without certificates");
}

/* The first key counts. */
static bool key_file_add_key(struct reading *reading, EVP_PKEY *pkey)
{
    if (pkey == NULL)
        return key_file_fail(reading, "has a private key that cannot be read");
    if (reading->file->pkey == NULL)
        reading->file->pkey = pkey;
    else
        EVP_PKEY_free(pkey);
    return true;
}

/* Of any form: OpenSSL finds out which. */
static bool add_plain_key(struct reading *reading, const unsigned char *der,
                          long len)
{
    return key_file_add_key(
        reading, d2i_AutoPrivateKey_ex(NULL, &der, len,
                                       reading->file->own.libctx, NULL));
}

static bool no_password(struct reading *reading)
{
    return key_file_fail(reading,
                         reading->password == NULL
                             ? "is encrypted: its password is missing"
                             : "is encrypted with another password, or in a "
                               "way that cannot be read");
}

static bool add_encrypted_key(struct reading *reading, const unsigned char *der,
                              long len)
{
    X509_SIG *sig = d2i_X509_SIG(NULL, &der, len);
    PKCS8_PRIV_KEY_INFO *p8 = NULL;
    EVP_PKEY *pkey = NULL;

    if (sig != NULL && reading->password != NULL)
        p8 = PKCS8_decrypt_ex(sig, reading->password,
                              (int)strlen(reading->password),
                              reading->file->own.libctx, NULL);
    if (p8 != NULL)
        pkey = EVP_PKCS82PKEY_ex(p8, reading->file->own.libctx, NULL);
    PKCS8_PRIV_KEY_INFO_free(p8);
    X509_SIG_free(sig);
    return pkey != NULL ? key_file_add_key(reading, pkey)
                        : no_password(reading);
}

static bool is_password(PKCS12 *p12, const char *password)
{
    return PKCS12_mac_present(p12) == 0
           || PKCS12_verify_mac(p12, password, password != NULL ? -1 : 0) == 1;
}

/* *parsed: it was taken apart, and what fails is memory. */
static bool parse_pkcs12(struct reading *reading, PKCS12 *p12, bool *parsed)
{
    STACK_OF(X509) *certs = reading->file->certs, *others = NULL;
    const char *password = reading->password != NULL ? reading->password : "";
    EVP_PKEY *pkey = NULL;
    X509 *cert = NULL;
    bool ok = true;

    *parsed = PKCS12_parse(p12, password, &pkey, &cert, &others) == 1;
    if (pkey != NULL)
        ok = key_file_add_key(reading, pkey);
    if (cert != NULL && sk_X509_push(certs, cert) < 1) {
        X509_free(cert);
        ok = key_file_no_memory(reading);
    }
    ok = *parsed && ok && add_certs(reading, others);
    sk_X509_pop_free(others, X509_free);
    return ok;
}

/* Those of before 2010 have RC2 and 40 bits, which OpenSSL 3 keeps apart. */
static bool load_legacy(struct akv_key_file *file)
{
    if (file->legacy == NULL)
        file->legacy = OSSL_PROVIDER_load(file->own.libctx, "legacy");
    return file->legacy != NULL;
}

static PKCS12 *key_file_read_pkcs12(struct reading *reading,
                                    const unsigned char *der, long len)
{
    PKCS12 *p12 =
        PKCS12_init_ex(NID_pkcs7_data, reading->file->own.libctx, NULL);

    if (p12 != NULL && d2i_PKCS12(&p12, &der, len) == NULL)
        p12 = NULL; /* it was freed */
    return p12;
}

static bool add_pkcs12(struct reading *reading, PKCS12 *p12)
{
    const char *password = reading->password;
    bool is_right = is_password(p12, password)
                    || (password == NULL && is_password(p12, ""));
    bool parsed, ok = parse_pkcs12(reading, p12, &parsed);

    if (parsed)
        return ok;
    if (!is_right)
        return no_password(reading);
    if (!load_legacy(reading->file))
        return key_file_fail(
            reading, "is encrypted with a cipher (such as RC2) of OpenSSL's "
                     "legacy provider, which is not installed here (package "
                     "openssl-provider-legacy); or write it anew: openssl "
                     "pkcs12 -legacy -nodes, then openssl pkcs12 -export");
    ok = parse_pkcs12(reading, p12, &parsed);
    return parsed ? ok
                  : key_file_fail(reading,
                                  "is a PKCS#12 file that cannot be read");
}

/* --- PEM -------------------------------------------------------------------
 */

/* As the callback of libcrypto wants it. */
static int give_password(char *buf, int size, int rwflag, void *arg)
{
    const char *password = arg;
    int len = password != NULL ? (int)strlen(password) : -1;

    if (len < 0 || len > size)
        return akv_pem_no_passphrase(buf, size, rwflag, NULL);
    memcpy(buf, password, (size_t)len);
    return len;
}

/* "Proc-Type: 4,ENCRYPTED" (RFC 1421), in place. */
static bool key_file_decrypt(struct reading *reading, char *header,
                             unsigned char *der, long *len)
{
    EVP_CIPHER_INFO cipher;
    union {
        const char *in;
        void *out;
    } password = { reading->password };

    return *header == '\0'
           || (PEM_get_EVP_CIPHER_INFO(header, &cipher) == 1
               && PEM_do_header(&cipher, der, len, give_password, password.out)
                      == 1)
           || no_password(reading);
}

static bool add_openssh(struct reading *reading, const unsigned char *der,
                        long len)
{
    (void)der;
    (void)len;
    return key_file_fail(reading,
                         "is an OpenSSH key: make it PKCS#8 (ssh-keygen -p -m "
                         "PKCS8 -f FILE)");
}

static bool add_block(struct reading *reading, const char *label, char *header,
                      unsigned char *der, long len)
{
    static const struct {
        const char *label;
        bool (*add)(struct reading *, const unsigned char *, long);
    } labels[] = {
        { PEM_STRING_PKCS8INF, add_plain_key },
        { PEM_STRING_PKCS8, add_encrypted_key },
        { PEM_STRING_RSA, add_plain_key },
        { PEM_STRING_ECPRIVATEKEY, add_plain_key },
        { PEM_STRING_X509, key_file_add_cert },
        { PEM_STRING_X509_OLD, key_file_add_cert },
        { PEM_STRING_X509_TRUSTED, key_file_add_cert },
        { PEM_STRING_PKCS7, add_pkcs7 },
        { "CMS", add_pkcs7 },
        { "OPENSSH PRIVATE KEY", add_openssh },
    };
    size_t i;

    for (i = 0; i < sizeof(labels) / sizeof(labels[0]); i++)
        if (strcmp(label, labels[i].label) == 0)
            return key_file_decrypt(reading, header, der, &len)
                   && labels[i].add(reading, der, len);
    return true;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

static size_t skip_mark(const char *text, size_t len)
{
    return len >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
}

bool akv_is_pem(const void *data, size_t len)
{
    const char *text = data, *end = text + len;

    text += skip_mark(text, len);
    while (text < end) {
        while (text < end && is_blank(*text))
            text++;
        if ((size_t)(end - text) >= sizeof(BEGIN)
            && memcmp(text, BEGIN, sizeof(BEGIN) - 1) == 0)
            return true; /* with a letter of the label behind it */
        while (text < end && *text != '\n' && *text != '\r')
            text++;
        text += text < end;
    }
    return false;
}

/* What blanks are at the end of lines, it drops by itself. */
bool akv_pem_lines(const void *data, size_t len, struct akv_buf *out)
{
    const char *text = data;
    size_t i = skip_mark(text, len), start;

    while (i < len) {
        while (i < len && is_blank(text[i]))
            i++;
        for (start = i; i < len && text[i] != '\n' && text[i] != '\r';)
            i++;
        if (!akv_buf_append(out, text + start, i - start)
            || !akv_buf_append(out, "\n", 1))
            return false;
        i += i + 1 < len && text[i] == '\r' && text[i + 1] == '\n' ? 2 : 1;
    }
    return true;
}

static bool key_file_read_blocks(struct reading *reading, BIO *bio)
{
    bool ok = true, more = true;

    while (ok && more) {
        char *label = NULL, *header = NULL;
        unsigned char *der = NULL;
        long len = 0, size;

        more = PEM_read_bio(bio, &label, &header, &der, &len) == 1;
        size = len;
        if (more)
            ok = add_block(reading, label, header, der, len);
        OPENSSL_free(label);
        OPENSSL_free(header);
        OPENSSL_clear_free(der, (size_t)size);
    }
    return ok;
}

static bool key_file_read_pem(struct reading *reading, const void *data,
                              size_t len)
{
    struct akv_buf lines = AKV_BUF_INIT(2 * AKV_KEY_FILE_MAX);
    BIO *bio = NULL;
    bool ok;

    if (akv_pem_lines(data, len, &lines))
        bio = BIO_new_mem_buf(lines.data, (int)lines.len);
    ok = bio != NULL ? key_file_read_blocks(reading, bio)
                     : key_file_no_memory(reading);
    BIO_free(bio);
    akv_buf_free(&lines);
    return ok;
}

/* --- DER -------------------------------------------------------------------
 */

/* Whether the bytes are a key in PKCS#8 that is encrypted: a sequence of an
 * algorithm and an octet string, to their end. */
static bool is_encrypted_key(const unsigned char *der, long len)
{
    const unsigned char *p = der;
    X509_SIG *sig = d2i_X509_SIG(NULL, &p, len);
    bool is = sig != NULL && p == der + len;

    X509_SIG_free(sig);
    return is;
}

static bool read_der(struct reading *reading, const unsigned char *der,
                     long len)
{
    struct akv_error *err = reading->err;
    PKCS12 *p12 = key_file_read_pkcs12(reading, der, len);
    bool ok;

    if (p12 != NULL) {
        ok = add_pkcs12(reading, p12);
        PKCS12_free(p12);
        return ok;
    }
    if (is_encrypted_key(der, len))
        return add_encrypted_key(reading, der, len);
    if (key_file_add_cert(reading, der, len) || add_pkcs7(reading, der, len)
        || add_plain_key(reading, der, len))
        return true;
    return akv_error_set(err, AKV_E_INVALID,
                         "is neither PEM nor PKCS#12, nor a key, a certificate "
                         "or PKCS#7 in DER");
}

bool akv_key_file_read(struct akv_key_file *file, const void *data, size_t len,
                       const char *password, struct akv_error *err)
{
    struct reading reading = { file, password, err };
    OSSL_LIB_CTX *before;
    bool ok;

    memset(file, 0, sizeof(*file));
    if (len > AKV_KEY_FILE_MAX)
        return key_file_fail(&reading, "has more bytes than any such file");
    file->certs = sk_X509_new_null();
    if (!akv_libctx_init(&file->own, OSSL_LIB_CTX_new()) || file->certs == NULL)
        return key_file_no_memory(&reading);
    /* OpenSSL 3.0 fetches some of what is in PKCS#12 from the default one. */
    before = OSSL_LIB_CTX_set0_default(file->own.libctx);
    (void)ERR_set_mark();
    ok = akv_is_pem(data, len) ? key_file_read_pem(&reading, data, len)
                               : read_der(&reading, data, (long)len);
    (void)ERR_pop_to_mark();
    (void)OSSL_LIB_CTX_set0_default(before);
    return ok;
}

void akv_key_file_free(struct akv_key_file *file)
{
    EVP_PKEY_free(file->pkey);
    sk_X509_pop_free(file->certs, X509_free);
    if (file->legacy != NULL)
        (void)OSSL_PROVIDER_unload(file->legacy);
    akv_libctx_clear(&file->own);
    memset(file, 0, sizeof(*file));
}

size_t akv_key_file_count(const struct akv_key_file *file)
{
    int count = sk_X509_num(file->certs);

    return count > 0 ? (size_t)count : 0;
}

bool akv_key_file_sort(struct akv_key_file *file)
{
    bool fits;

    akv_certs_sort(file->certs, file->pkey);
    if (file->pkey == NULL || sk_X509_num(file->certs) < 1)
        return false;
    (void)ERR_set_mark();
    fits =
        X509_check_private_key(sk_X509_value(file->certs, 0), file->pkey) == 1;
    (void)ERR_pop_to_mark();
    return fits;
}

static bool write_key(BIO *bio, const EVP_PKEY *pkey)
{
    PKCS8_PRIV_KEY_INFO *p8 = EVP_PKEY2PKCS8(pkey);
    bool ok = p8 != NULL && PEM_write_bio_PKCS8_PRIV_KEY_INFO(bio, p8) == 1;

    PKCS8_PRIV_KEY_INFO_free(p8);
    return ok;
}

static bool take_written(BIO *bio, bool ok, struct akv_buf *pem)
{
    char *data;
    long len;

    if (ok) {
        len = BIO_get_mem_data(bio, &data);
        ok = akv_buf_append(pem, data, (size_t)len);
        akv_wipe(data, (size_t)len);
    }
    BIO_free(bio);
    return ok;
}

bool akv_key_file_write_certs(const struct akv_key_file *file,
                              struct akv_buf *pem)
{
    BIO *bio = BIO_new(BIO_s_mem());
    bool ok = bio != NULL;
    int i;

    for (i = 0; ok && i < sk_X509_num(file->certs); i++)
        ok = PEM_write_bio_X509(bio, sk_X509_value(file->certs, i)) == 1;
    return take_written(bio, ok, pem);
}

bool akv_key_file_write(const struct akv_key_file *file, struct akv_buf *pem)
{
    BIO *bio = BIO_new(BIO_s_secmem());
    bool ok = bio != NULL && (file->pkey == NULL || write_key(bio, file->pkey));

    return take_written(bio, ok, pem) && akv_key_file_write_certs(file, pem);
}
