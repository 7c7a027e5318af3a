/* SPDX-License-Identifier: Apache-2.0 */

/* A library context of our own, for what belongs to no application. */

#ifndef AKV_PROVIDER_LIBCTX_H
#define AKV_PROVIDER_LIBCTX_H

#include "ossl/libctx.h"
#include "provctx.h"

/*
 * The default provider alone, no configuration file, no property query of the
 * application; made when it is first asked for. Any thread may ask, and
 * explicitly: no thread's default context is changed. NULL, with the reason
 * raised, if it cannot be made.
 */
OSSL_LIB_CTX *akv_libctx(struct akv_provider *prov);

/* At teardown. NULL is fine. */
void akv_private_free(struct akv_libctx *own);

#endif
