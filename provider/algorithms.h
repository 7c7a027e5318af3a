/* SPDX-License-Identifier: Apache-2.0 */

/* The dispatch tables, each the only exported name of its file, and the tables
 * of algorithms that point to them. */

#ifndef AKV_ALGORITHMS_H
#define AKV_ALGORITHMS_H

#include <openssl/core.h>
#include <stdbool.h>

/* Those with fips in their name are found by a query for fips=yes. */
extern const OSSL_DISPATCH akv_rsa_keymgmt_functions[];
extern const OSSL_DISPATCH akv_rsa_fips_keymgmt_functions[];
extern const OSSL_DISPATCH akv_ec_keymgmt_functions[];
extern const OSSL_DISPATCH akv_ec_fips_keymgmt_functions[];
extern const OSSL_DISPATCH akv_rsa_signature_functions[];
extern const OSSL_DISPATCH akv_rsa_fips_signature_functions[];
extern const OSSL_DISPATCH akv_ecdsa_signature_functions[];
extern const OSSL_DISPATCH akv_ecdsa_fips_signature_functions[];
/* With SHA-256, SHA-384 and SHA-512, for OpenSSL 3.4 and later. */
#define AKV_COMPOSED_SIZE 21
extern const OSSL_DISPATCH akv_rsa_composed_functions[][AKV_COMPOSED_SIZE];
extern const OSSL_DISPATCH akv_rsa_fips_composed_functions[][AKV_COMPOSED_SIZE];
extern const OSSL_DISPATCH akv_ecdsa_composed_functions[][AKV_COMPOSED_SIZE];
extern const OSSL_DISPATCH akv_ecdsa_fips_composed_functions[]
                                                            [AKV_COMPOSED_SIZE];
extern const OSSL_DISPATCH akv_rsa_cipher_functions[];
extern const OSSL_DISPATCH akv_rsa_fips_cipher_functions[];
extern const OSSL_DISPATCH akv_ecdh_functions[];
extern const OSSL_DISPATCH akv_ecdh_fips_functions[];
extern const OSSL_DISPATCH akv_rsa_kem_functions[];
extern const OSSL_DISPATCH akv_rsa_fips_kem_functions[];
/* For OpenSSL 3.2 and later. */
extern const OSSL_DISPATCH akv_ec_kem_functions[];
extern const OSSL_DISPATCH akv_ec_fips_kem_functions[];
extern const OSSL_DISPATCH akv_store_functions[];
extern const OSSL_DISPATCH akv_pem_decoder_functions[];
extern const OSSL_DISPATCH akv_rsa_decoder_functions[];
extern const OSSL_DISPATCH akv_ec_decoder_functions[];

/*
 * Static tables, so that asking costs nothing: libcrypto asks often. fips: what
 * is cryptography claims fips=yes, too. What only reads and writes always does,
 * as in OpenSSL's base provider.
 */
const OSSL_ALGORITHM *akv_algorithms(int operation, bool fips);

#endif
