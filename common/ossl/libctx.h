/* SPDX-License-Identifier: Apache-2.0 */

/* A library context of our own: the default provider, no configuration file. */

#ifndef AKV_LIBCTX_H
#define AKV_LIBCTX_H

#include <openssl/types.h>

#include "akv/error.h"

struct akv_libctx {
    OSSL_LIB_CTX *libctx;    /* owned; NULL: none */
    OSSL_PROVIDER *standard; /* owned: the default provider in it */
};

/* Takes libctx, which is new, or NULL where there was no memory for one. False,
 * with nothing left: there is none, or it has no default provider. */
bool akv_libctx_init(struct akv_libctx *own,
                     OSSL_LIB_CTX *libctx) AKV_MUST_CHECK;

/* Fine where there is none. */
void akv_libctx_clear(struct akv_libctx *own);

#endif
