/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Files with private keys and certificates, in the forms that people have them:
 * PEM of any kind with anything around it (PKCS#8, PKCS#1, SEC1, PKCS#7; CR LF,
 * a byte order mark, blanks at either end of lines), PKCS#12 also with ciphers
 * of before 2010, and the DER of each. OpenSSL reads them, in a library context
 * made for that.
 */

#ifndef AKV_KEY_FILE_H
#define AKV_KEY_FILE_H

#include "akv/buf.h"
#include "akv/error.h"
#include "ossl/libctx.h"

struct evp_pkey_st;   /* EVP_PKEY */
struct stack_st_X509; /* STACK_OF(X509) */
struct x509_st;       /* X509 */

#define AKV_KEY_FILE_MAX (1024 * 1024) /* bytes that are looked at */

struct akv_key_file {
    struct evp_pkey_st *pkey;    /* owned; the first; NULL: none */
    struct stack_st_X509 *certs; /* owned; as they are in the file */
    struct akv_libctx own;       /* of both */
    void *legacy;                /* owned; a provider in it, or NULL */
};

/*
 * Reads what is in len bytes, which may be nothing. password: of what is
 * encrypted; NULL: there is none. False: AKV_E_INVALID says what cannot be read
 * and what to do, without a subject ("is encrypted: ..."); or no memory. Free
 * *file in either case. Any thread.
 */
bool akv_key_file_read(struct akv_key_file *file, const void *data, size_t len,
                       const char *password, struct akv_error *err);
void akv_key_file_free(struct akv_key_file *file);

size_t
akv_key_file_count(const struct akv_key_file *file); /* of certificates */

/* akv_certs_sort(). Whether there are a key and its certificate, which is the
 * first now. */
bool akv_key_file_sort(struct akv_key_file *file);

/* Appends the key as PKCS#8 PEM ("BEGIN PRIVATE KEY"), and the certificates in
 * their order, with LF: what the service takes. False: no memory. */
bool akv_key_file_write(const struct akv_key_file *file,
                        struct akv_buf *pem) AKV_MUST_CHECK;

/* The certificates alone. */
bool akv_key_file_write_certs(const struct akv_key_file *file,
                              struct akv_buf *pem) AKV_MUST_CHECK;

/*
 * Puts the certificate of the key first (pkey may be NULL: then one that has
 * issued none of the others), behind it who has issued it, and so on; what does
 * not belong to that chain stays behind it as it was.
 */
void akv_certs_sort(struct stack_st_X509 *certs,
                    const struct evp_pkey_st *pkey);

/* Whether a text has a PEM block in it: "-----BEGIN " at the start of a line,
 * where blanks and a byte order mark may be. */
bool akv_is_pem(const void *text, size_t len);

/* Appends its lines as libcrypto expects them: without a byte order mark, and
 * without blanks at their beginning. False: no memory. */
bool akv_pem_lines(const void *text, size_t len,
                   struct akv_buf *out) AKV_MUST_CHECK;

#endif
