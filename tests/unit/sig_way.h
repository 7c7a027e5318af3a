/* SPDX-License-Identifier: Apache-2.0 */

#ifndef SIG_WAY_H
#define SIG_WAY_H

#include <openssl/types.h>

/* Sets the texts of a signature's parameters that are not NULL, all at once: 1,
 * or what EVP_PKEY_CTX_set_params() returns. Nothing to set is 1. */
int sig_way_set(EVP_PKEY_CTX *ctx, const char *digest, const char *pad,
                const char *salt, const char *mgf1);

#endif
