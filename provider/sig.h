/* SPDX-License-Identifier: Apache-2.0 */

/* What the signature dispatch (sig.c) and the remote half (sig_remote.c) know
 * of each other. */

#ifndef AKV_SIG_H
#define AKV_SIG_H

#include <openssl/types.h>

#include "key.h"

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
