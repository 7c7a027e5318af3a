/* SPDX-License-Identifier: Apache-2.0 */

/* What a secret holds, block by block, certificates in the order of their
 * chain: readers such as SSL_CTX_use_certificate_chain_file(3) take the first
 * one for the leaf. */

#ifndef AKV_SECRET_BLOCKS_H
#define AKV_SECRET_BLOCKS_H

#include "akv/buf.h"
#include <openssl/types.h>

struct akv_block_kind {
    const char *label;            /* of PEM */
    int info, object;             /* OSSL_STORE_INFO_..., OSSL_OBJECT_... */
    const char *type, *structure; /* as in struct akv_item */
};

struct akv_block {
    const struct akv_block_kind *kind; /* a constant */
    bool has_header;                   /* encrypted in the old form */
    unsigned char *der;                /* owned */
    long len;
};

struct akv_blocks {
    struct akv_block *list; /* owned */
    size_t count;
    bool any; /* there were blocks, of whatever kind */
};

/* Whether objects of that kind may be in a secret. */
bool akv_blocks_may_be(int info);

/* The blocks of a PEM text that are of use. False: no memory. */
bool akv_blocks_read_pem(struct akv_blocks *blocks, OSSL_LIB_CTX *libctx,
                         const struct akv_buf *text) AKV_MUST_CHECK;

/* What is in a PKCS#12 file without a password. False: it has one, or there is
 * no memory; libcrypto may do better. */
bool akv_blocks_read_pkcs12(struct akv_blocks *blocks,
                            const struct akv_buf *der) AKV_MUST_CHECK;

void akv_blocks_free(struct akv_blocks *blocks);

#endif
