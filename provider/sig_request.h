/* SPDX-License-Identifier: Apache-2.0 */

/* A vault's signature: what can be asked for, and what comes back. */

#ifndef AKV_SIG_REQUEST_H
#define AKV_SIG_REQUEST_H

#include "key.h"

/* A digest of the key's implementation, by any of its names; NULL without a
 * word. The caller frees it. */
EVP_MD *akv_sig_digest(const struct akv_key *key, const char *name);

/* Whether a digest will do for signatures of the key; raises that it will not.
 */
int akv_sig_check_digest(const struct akv_key *key, const char *name);

/*
 * Judges the parameters that were set just now, each by itself: what no other
 * parameter could make good is refused, with the reason raised. Whether they go
 * together is judged when something is signed: they come in any order, and
 * until all are there OpenSSL has others in their place (SHA-1, say). pctx, in
 * which they have been set, is a verification with the public half.
 */
int akv_sig_check_params(const struct akv_key *key, EVP_PKEY_CTX *pctx,
                         const OSSL_PARAM params[]);

/* Signs tbs, a digest, in the vault; verifies what comes back by pctx; writes
 * it as OpenSSL wants it. sig has room for the key's maximum. 0 with the reason
 * raised. */
int akv_sig_request(const struct akv_key *key, EVP_PKEY_CTX *pctx,
                    unsigned char *sig, size_t *siglen,
                    const unsigned char *tbs, size_t tbslen);

#endif
