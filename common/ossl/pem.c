/* SPDX-License-Identifier: Apache-2.0 */

/* For programs, which need not see OpenSSL's types. */

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include "akv/pem.h"
#include "ossl/key_file.h"
#include "ossl/pkey.h"

bool akv_pem_to_jwk(const void *data, size_t len, const char *password,
                    struct akv_buf *jwk, struct akv_error *err)
{
    struct akv_error why = AKV_ERROR_INIT;
    struct akv_key_file file;
    bool ok = akv_key_file_read(&file, data, len, password, &why);

    if (!ok)
        (void)akv_error_set(err, why.code, "the key %s", why.message);
    else if (file.pkey == NULL)
        ok = akv_error_set(err, AKV_E_INVALID,
                           "there is no private key in the %zu bytes", len);
    else
        ok = akv_pkey_to_jwk(file.pkey, jwk, err);
    akv_key_file_free(&file);
    return ok;
}

static bool pem_write_public(const struct akv_jwk *jwk, bool is_pem,
                             struct akv_buf *out, struct akv_error *err)
{
    EVP_PKEY *pkey = akv_pkey_from_jwk(NULL, jwk);
    BIO *bio = BIO_new(BIO_s_mem());
    bool ok = pkey != NULL && bio != NULL
              && (is_pem ? PEM_write_bio_PUBKEY(bio, pkey)
                         : i2d_PUBKEY_bio(bio, pkey))
                     == 1;
    char *data;
    long len;

    if (ok) {
        len = BIO_get_mem_data(bio, &data);
        ok = akv_buf_append(out, data, (size_t)len);
    }
    BIO_free(bio);
    EVP_PKEY_free(pkey);
    return ok
           || akv_error_set(err, AKV_E_INVALID,
                            "the key has no public half that OpenSSL knows");
}

bool akv_pem_from_jwk(const struct akv_jwk *jwk, struct akv_buf *pem,
                      struct akv_error *err)
{
    return pem_write_public(jwk, true, pem, err);
}

bool akv_pem_der_from_jwk(const struct akv_jwk *jwk, struct akv_buf *der,
                          struct akv_error *err)
{
    return pem_write_public(jwk, false, der, err);
}
