/* SPDX-License-Identifier: Apache-2.0 */

/* What the signature dispatch (sig.c), the composed algorithms that use it
 * (sig_composed.c) and the remote half (sig_remote.c) know of each other. */

#ifndef AKV_SIG_H
#define AKV_SIG_H

#include <openssl/core_dispatch.h>
#include <openssl/types.h>

#include "key.h"

struct akv_sig_remote;

/*
 * One of a key of the application's, or of the public half of a vault's, is
 * passed through: inner is a context of those functions. One that a vault signs
 * for is remote. Neither: no key is set.
 */
struct akv_sig_ctx {
    struct akv_provider *prov; /* borrowed */
    enum akv_role role;        /* LOCAL or FIPS: of the query that found us */
    char *propq;               /* owned, or NULL */
    struct akv_key *key;       /* counted reference */
    const struct akv_functions *functions; /* borrowed, of the key's impl */
    void *inner;                           /* owned; of functions */
    struct akv_sig_remote *remote;         /* owned */
};

/* Calls function OSSL_FUNC_SIGNATURE_<id> of the inner context's; 0 where there
 * is none. */
#define AKV_SIG_INNER(ctx, id, name, ...)                                      \
    ((ctx)->inner != NULL                                                      \
         ? AKV_CALL((ctx)->functions, SIGNATURE_##id, signature_##name,        \
                    (ctx)->inner, __VA_ARGS__)                                 \
         : 0)

/* Whether signing with this key, or, without one, the one that is there, is a
 * vault's work. */
bool akv_sig_is_for_vault(const struct akv_sig_ctx *ctx,
                          const struct akv_key *key);

/*
 * Begins what is passed through, with this key or the one that is there: makes
 * an inner context, of the composed algorithm of that number or of none, and
 * sets *data to the key to begin it with, NULL for the same as before. 0 with
 * the reason raised, if there is one.
 */
#define AKV_SIG_PLAIN (-1)
int akv_sig_begin(struct akv_sig_ctx *ctx, struct akv_key *key, int composed,
                  void **data);

/* Begins a vault's signature: see akv_sig_remote_new(). */
int akv_sig_begin_remote(struct akv_sig_ctx *ctx, struct akv_key *key,
                         bool digests, const char *digest,
                         const OSSL_PARAM params[]);

/* The list of parameters; ctx may be NULL. */
const OSSL_PARAM *akv_sig_gettable(const struct akv_sig_ctx *ctx,
                                   struct akv_provider *prov,
                                   enum akv_key_type type);

/* Functions of the dispatch tables: provider-signature(7). */
OSSL_FUNC_signature_newctx_fn akv_sig_newctx, akv_sig_fips_newctx;
OSSL_FUNC_signature_freectx_fn akv_sig_freectx;
OSSL_FUNC_signature_dupctx_fn akv_sig_dupctx;
OSSL_FUNC_signature_sign_fn akv_sig_sign;
OSSL_FUNC_signature_verify_fn akv_sig_verify;
OSSL_FUNC_signature_verify_recover_fn akv_sig_recover;
OSSL_FUNC_signature_get_ctx_params_fn akv_sig_get_params;
OSSL_FUNC_signature_set_ctx_params_fn akv_sig_set_params;

/*
 * A signature by the vault. Parameters are kept by a verification with the
 * public half (an EVP_PKEY_CTX of the key's implementation), which makes
 * AlgorithmIdentifiers, too, and checks what comes back.
 */

/*
 * digests: of messages, which are hashed here, with a digest by name; NULL or
 * "": that of before (which may be NULL), or the key's own. Otherwise what is
 * signed is a digest. NULL with the reason raised: the vault cannot do it. No
 * request is made for that: libssl asks for every scheme it could offer.
 */
struct akv_sig_remote *akv_sig_remote_new(struct akv_key *key, bool digests,
                                          const char *digest,
                                          const struct akv_sig_remote *before,
                                          const OSSL_PARAM params[]);
struct akv_sig_remote *akv_sig_remote_dup(const struct akv_sig_remote *remote);
void akv_sig_remote_free(struct akv_sig_remote *remote);

/* Whether messages are hashed. */
bool akv_sig_remote_hashes(const struct akv_sig_remote *remote);

/* From now on what is signed is a digest of the kind that was set. */
void akv_sig_remote_take_digests(struct akv_sig_remote *remote);

int akv_sig_remote_update(const struct akv_sig_remote *remote,
                          const unsigned char *data, size_t len);

/* Signs what was updated, or tbs; sig of NULL asks for the size. */
int akv_sig_remote_final(const struct akv_sig_remote *remote,
                         unsigned char *sig, size_t *siglen, size_t sigsize);
int akv_sig_remote_sign(const struct akv_sig_remote *remote, unsigned char *sig,
                        size_t *siglen, size_t sigsize,
                        const unsigned char *tbs, size_t tbslen);

/* provider-signature(7); md: those of the digest. */
int akv_sig_remote_get_params(const struct akv_sig_remote *remote,
                              OSSL_PARAM params[]);
int akv_sig_remote_set_params(const struct akv_sig_remote *remote,
                              const OSSL_PARAM params[]);
const OSSL_PARAM *akv_sig_remote_gettable(const struct akv_sig_remote *remote);
const OSSL_PARAM *akv_sig_remote_settable(const struct akv_sig_remote *remote);
int akv_sig_remote_get_md_params(const struct akv_sig_remote *remote,
                                 OSSL_PARAM params[]);
int akv_sig_remote_set_md_params(const struct akv_sig_remote *remote,
                                 const OSSL_PARAM params[]);
const OSSL_PARAM *
akv_sig_remote_gettable_md(const struct akv_sig_remote *remote);
const OSSL_PARAM *
akv_sig_remote_settable_md(const struct akv_sig_remote *remote);

#endif
