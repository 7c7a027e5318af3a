/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Blocks stay DER, with the names of type and structure that libcrypto is
 * handed them by (provider-object(7)); keys and certificates are only decoded
 * for their order and out of PKCS#12. What cannot be decoded stays as it is,
 * for libcrypto to judge. Keys are wiped when they are freed.
 */

#include "secret_blocks.h"

#include <openssl/bio.h>
#include <openssl/core_object.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/store.h>
#include <openssl/x509.h>
#include <string.h>

#include "ossl/key_file.h"

#define BLOCKS_MAX 1024 /* in a secret, which has 25 kB */

/* As libcrypto's store wants to know it. */
static const struct akv_block_kind kinds[] = {
    { PEM_STRING_PKCS8INF, OSSL_STORE_INFO_PKEY, OSSL_OBJECT_PKEY, NULL,
      "PrivateKeyInfo" },
    { PEM_STRING_PKCS8, OSSL_STORE_INFO_PKEY, OSSL_OBJECT_PKEY, NULL,
      "EncryptedPrivateKeyInfo" },
    { PEM_STRING_RSA, OSSL_STORE_INFO_PKEY, OSSL_OBJECT_PKEY, "RSA",
      "type-specific" },
    { PEM_STRING_ECPRIVATEKEY, OSSL_STORE_INFO_PKEY, OSSL_OBJECT_PKEY, "EC",
      "type-specific" },
    { PEM_STRING_PUBLIC, OSSL_STORE_INFO_PUBKEY, OSSL_OBJECT_PKEY, NULL,
      "SubjectPublicKeyInfo" },
    { PEM_STRING_X509, OSSL_STORE_INFO_CERT, OSSL_OBJECT_CERT, NULL, NULL },
    { PEM_STRING_X509_OLD, OSSL_STORE_INFO_CERT, OSSL_OBJECT_CERT, NULL, NULL },
    { PEM_STRING_X509_TRUSTED, OSSL_STORE_INFO_CERT, OSSL_OBJECT_CERT, NULL,
      NULL },
    { PEM_STRING_X509_CRL, OSSL_STORE_INFO_CRL, OSSL_OBJECT_CRL, NULL, NULL },
};

#define KINDS (sizeof(kinds) / sizeof(kinds[0]))
#define PKCS8_KEY (&kinds[0])
#define CERTIFICATE (&kinds[5])

static const struct akv_block_kind *secret_blocks_find_kind(const char *label)
{
    size_t i;

    for (i = 0; i < KINDS; i++)
        if (strcmp(label, kinds[i].label) == 0)
            return &kinds[i];
    return NULL;
}

bool akv_blocks_may_be(int info)
{
    size_t i;

    for (i = 0; i < KINDS; i++)
        if (kinds[i].info == info)
            return true;
    return false;
}

/* Takes der. */
static bool secret_blocks_add(struct akv_blocks *blocks,
                              const struct akv_block_kind *kind,
                              bool has_header, unsigned char *der, long len)
{
    struct akv_block *more = NULL;

    if (blocks->count < BLOCKS_MAX)
        more =
            OPENSSL_realloc(blocks->list, (blocks->count + 1) * sizeof(*more));
    if (more == NULL || der == NULL) {
        if (more != NULL)
            blocks->list = more;
        OPENSSL_clear_free(der, (size_t)len);
        return false;
    }
    blocks->list = more;
    more[blocks->count++] = (struct akv_block){ kind, has_header, der, len };
    return true;
}

void akv_blocks_free(struct akv_blocks *blocks)
{
    size_t i;

    for (i = 0; i < blocks->count; i++)
        OPENSSL_clear_free(blocks->list[i].der, (size_t)blocks->list[i].len);
    OPENSSL_free(blocks->list);
    memset(blocks, 0, sizeof(*blocks));
}

/* --- Order -----------------------------------------------------------------
 */

static X509 *secret_blocks_read_cert(OSSL_LIB_CTX *libctx,
                                     const struct akv_block *block)
{
    const unsigned char *der = block->der;
    X509 *cert = X509_new_ex(libctx, NULL);

    if (cert != NULL && d2i_X509(&cert, &der, block->len) == NULL)
        cert = NULL; /* it was freed */
    return cert;
}

/* The first private key that can be read as it is, to know its certificate. */
static EVP_PKEY *secret_blocks_read_key(OSSL_LIB_CTX *libctx,
                                        const struct akv_blocks *blocks)
{
    size_t i;

    for (i = 0; i < blocks->count; i++) {
        const struct akv_block *block = &blocks->list[i];
        const unsigned char *der = block->der;
        EVP_PKEY *pkey = NULL;

        if (block->kind->info == OSSL_STORE_INFO_PKEY && !block->has_header)
            pkey = d2i_AutoPrivateKey_ex(NULL, &der, block->len, libctx, NULL);
        if (pkey != NULL)
            return pkey;
    }
    return NULL;
}

/* Where certificates are they stay, but for their order. */
static void put_back(struct akv_blocks *blocks, const STACK_OF(X509) * certs)
{
    size_t i;
    int n = 0;

    for (i = 0; i < blocks->count; i++) {
        struct akv_block *block = &blocks->list[i];
        unsigned char *der = NULL;
        int len;

        if (block->kind->info != OSSL_STORE_INFO_CERT)
            continue;
        len = i2d_X509(sk_X509_value(certs, n++), &der);
        if (len < 0)
            continue;
        OPENSSL_free(block->der);
        block->der = der;
        block->len = len;
        block->kind = CERTIFICATE;
    }
}

/* What cannot be read is somebody else's to complain of: nothing is moved. */
static void secret_blocks_sort(struct akv_blocks *blocks, OSSL_LIB_CTX *libctx)
{
    STACK_OF(X509) *certs = sk_X509_new_null();
    EVP_PKEY *pkey = secret_blocks_read_key(libctx, blocks);
    bool ok = certs != NULL;
    size_t i;

    for (i = 0; ok && i < blocks->count; i++) {
        X509 *cert;

        if (blocks->list[i].kind->info != OSSL_STORE_INFO_CERT)
            continue;
        cert = secret_blocks_read_cert(libctx, &blocks->list[i]);
        ok = cert != NULL && sk_X509_push(certs, cert) > 0;
        if (!ok)
            X509_free(cert);
    }
    if (ok && sk_X509_num(certs) > 1) {
        akv_certs_sort(certs, pkey);
        put_back(blocks, certs);
    }
    EVP_PKEY_free(pkey);
    sk_X509_pop_free(certs, X509_free);
}

/* --- Reading ---------------------------------------------------------------
 */

static bool secret_blocks_read_blocks(struct akv_blocks *blocks, BIO *bio)
{
    bool ok = true, more = true;

    while (ok && more) {
        const struct akv_block_kind *kind;
        char *label = NULL, *header = NULL;
        unsigned char *der = NULL;
        long len = 0;

        more = PEM_read_bio(bio, &label, &header, &der, &len) == 1;
        blocks->any |= more;
        kind = more ? secret_blocks_find_kind(label) : NULL;
        if (kind != NULL)
            ok = secret_blocks_add(blocks, kind, *header != '\0', der, len);
        else
            OPENSSL_clear_free(der, (size_t)len);
        OPENSSL_free(label);
        OPENSSL_free(header);
    }
    return ok;
}

bool akv_blocks_read_pem(struct akv_blocks *blocks, OSSL_LIB_CTX *libctx,
                         const struct akv_buf *text)
{
    struct akv_buf lines = AKV_BUF_INIT(2 * text->len + 16);
    BIO *bio = NULL;
    bool ok = akv_pem_lines(text->data, text->len, &lines);

    (void)ERR_set_mark();
    if (ok)
        bio = BIO_new_mem_buf(akv_buf_str(&lines), (int)lines.len);
    ok = bio != NULL && secret_blocks_read_blocks(blocks, bio);
    if (ok)
        secret_blocks_sort(blocks, libctx);
    (void)ERR_pop_to_mark();
    BIO_free(bio);
    akv_buf_free(&lines);
    return ok;
}

static bool secret_blocks_add_key(struct akv_blocks *blocks,
                                  const EVP_PKEY *pkey)
{
    PKCS8_PRIV_KEY_INFO *p8 = EVP_PKEY2PKCS8(pkey);
    unsigned char *der = NULL;
    int len = p8 != NULL ? i2d_PKCS8_PRIV_KEY_INFO(p8, &der) : -1;

    PKCS8_PRIV_KEY_INFO_free(p8);
    return len > 0 && secret_blocks_add(blocks, PKCS8_KEY, false, der, len);
}

static bool secret_blocks_add_cert(struct akv_blocks *blocks, X509 *cert)
{
    unsigned char *der = NULL;
    int len = i2d_X509(cert, &der);

    return len > 0 && secret_blocks_add(blocks, CERTIFICATE, false, der, len);
}

bool akv_blocks_read_pkcs12(struct akv_blocks *blocks,
                            const struct akv_buf *der)
{
    struct akv_key_file file;
    bool ok = akv_key_file_read(&file, der->data, der->len, NULL, NULL);
    int i;

    (void)ERR_set_mark();
    if (ok) {
        (void)akv_key_file_sort(&file);
        ok = file.pkey == NULL || secret_blocks_add_key(blocks, file.pkey);
    }
    for (i = 0; ok && i < sk_X509_num(file.certs); i++)
        ok = secret_blocks_add_cert(blocks, sk_X509_value(file.certs, i));
    (void)ERR_pop_to_mark();
    akv_key_file_free(&file);
    if (!ok)
        akv_blocks_free(blocks);
    blocks->any = ok;
    return ok;
}
