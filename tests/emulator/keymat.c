/* SPDX-License-Identifier: Apache-2.0 */

/* Key material as text, and symmetric keys, which are hardly more. */

#include <stdlib.h>
#include <string.h>

#include <openssl/bio.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include "b64.h"
#include "jwk.h"
#include "ossl.h"
#include "xmem.h"

/* Takes k over. */
static struct emu_material *oct_new(unsigned char *k, size_t len, bool hsm)
{
    struct emu_material *mat = emu_xcalloc(1, sizeof(*mat));

    mat->refs = 1;
    mat->kty = EMU_KTY_OCT;
    mat->k = k;
    mat->size = len;
    mat->hsm = hsm;
    return mat;
}

struct emu_material *emu_material_generate_oct(unsigned bits, bool hsm)
{
    unsigned char *k = emu_xcalloc(bits / 8, 1);

    emu_random(k, bits / 8);
    return oct_new(k, bits / 8, hsm);
}

struct emu_material *emu_material_from_k(const char *k, bool hsm)
{
    unsigned char *raw;
    size_t len;

    if (!emu_b64url_decode(k, &raw, &len))
        return NULL;
    if (len == 16 || len == 24 || len == 32 || len == 48 || len == 64)
        return oct_new(raw, len, hsm);
    free(raw);
    return NULL;
}

struct emu_material *emu_material_from_pem(const char *pem, bool hsm)
{
    BIO *bio = BIO_new_mem_buf(pem, -1);
    EVP_PKEY *pkey = NULL;

    if (bio != NULL)
        pkey = PEM_read_bio_PrivateKey_ex(bio, NULL, emu_no_passphrase, NULL,
                                          emu_libctx(), NULL);
    BIO_free(bio);
    ERR_clear_error();
    return pkey == NULL ? NULL : emu_material_new(pkey, hsm);
}

char *emu_material_export(const struct emu_material *mat)
{
    BIO *bio;
    char *data;
    char *text = NULL;

    if (mat->kty == EMU_KTY_OCT)
        return emu_b64url_encode(mat->k, mat->size);
    bio = BIO_new(BIO_s_mem());
    if (bio != NULL
        && PEM_write_bio_PrivateKey_ex(bio, mat->pkey, NULL, NULL, 0, NULL,
                                       NULL, emu_libctx(), NULL)
               == 1) {
        long len = BIO_get_mem_data(bio, &data);

        text = emu_xstrndup(data, (size_t)len);
    }
    BIO_free(bio);
    return text;
}

unsigned emu_material_bits(const struct emu_material *mat)
{
    return mat->kty == EMU_KTY_OCT ? (unsigned)mat->size * 8
                                   : (unsigned)EVP_PKEY_get_bits(mat->pkey);
}
