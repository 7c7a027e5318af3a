/* SPDX-License-Identifier: Apache-2.0 */

/* What the signature dispatch (sig.c), the composed algorithms that use it
 * (sig_composed.c) and the remote half (sig_remote.c) know of each other. */

#ifndef AKV_SIG_H
#define AKV_SIG_H

#include <openssl/core_dispatch.h>
#include <openssl/types.h>

#include "key.h"

enum akv_sig_operation {
    AKV_SIG_NONE,
    AKV_SIG_SIGN,
    AKV_SIG_VERIFY,
    AKV_SIG_RECOVER
};

struct akv_sig_ctx {
    struct akv_provider *prov; /* borrowed */
    struct akv_key *key;       /* counted reference */
    EVP_PKEY_CTX *pctx;        /* owned */
    EVP_MD_CTX *mctx;          /* owned; NULL: the input is a digest */
    enum akv_sig_operation operation;
    /* Composed algorithms only: what a message is to be verified with. */
    unsigned char *signature; /* owned, or NULL */
    size_t signature_len;
};

/* Digest-signing or -verification begins, with that digest or a standard one
 * (NULL). A key of NULL is the one that is there. */
int akv_sig_digest_init(void *vctx, const char *name, void *vkey,
                        enum akv_sig_operation operation,
                        const OSSL_PARAM params[]);

/* Copies the signature that a message is to be verified with. */
int akv_sig_keep(struct akv_sig_ctx *ctx, const void *sig, size_t len);

/* Functions of the dispatch table: provider-signature(7). */
OSSL_FUNC_signature_newctx_fn akv_sig_newctx;
OSSL_FUNC_signature_freectx_fn akv_sig_freectx;
OSSL_FUNC_signature_dupctx_fn akv_sig_dupctx;
OSSL_FUNC_signature_sign_fn akv_sig_sign;
OSSL_FUNC_signature_verify_fn akv_sig_verify;
OSSL_FUNC_signature_digest_sign_update_fn akv_sig_digest_update;
OSSL_FUNC_signature_digest_sign_final_fn akv_sig_digest_sign_final;
OSSL_FUNC_signature_digest_verify_final_fn akv_sig_digest_verify_final;
OSSL_FUNC_signature_get_ctx_params_fn akv_sig_get_params;
OSSL_FUNC_signature_gettable_ctx_params_fn akv_sig_gettable;

/*
 * Brings the parameters that are set in pctx into what the vault can do for
 * the key, or raises why that cannot be. Called after each change of them, so
 * that libssl learns early which schemes to offer: no request, and 0 is final
 * for these parameters. pctx is a verification with the public half.
 */
int akv_sig_remote_check(const struct akv_key *key, EVP_PKEY_CTX *pctx);

/* Signs tbs, a digest, in the vault; verifies what comes back by pctx; writes
 * it as OpenSSL wants it. sig has room for the key's maximum. */
int akv_sig_remote_sign(const struct akv_key *key, EVP_PKEY_CTX *pctx,
                        unsigned char *sig, size_t *siglen,
                        const unsigned char *tbs, size_t tbslen);

#endif
