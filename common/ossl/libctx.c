/* SPDX-License-Identifier: Apache-2.0 */

/* A context that was made by OSSL_LIB_CTX_new() reads no openssl.cnf, so that
 * nothing of the application's is in it. */

#include <openssl/crypto.h>
#include <openssl/provider.h>

#include "ossl/libctx.h"

bool akv_libctx_init(struct akv_libctx *own, OSSL_LIB_CTX *libctx)
{
    own->libctx = libctx;
    own->standard =
        libctx != NULL ? OSSL_PROVIDER_load(libctx, "default") : NULL;
    if (own->standard != NULL)
        return true;
    akv_libctx_clear(own);
    return false;
}

void akv_libctx_clear(struct akv_libctx *own)
{
    if (own->standard != NULL)
        (void)OSSL_PROVIDER_unload(own->standard);
    OSSL_LIB_CTX_free(own->libctx);
    own->standard = NULL;
    own->libctx = NULL;
}
