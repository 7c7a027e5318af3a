/* SPDX-License-Identifier: Apache-2.0 */

/* The algorithms that keys in a vault are used with. */

#ifndef AKV_ALG_H
#define AKV_ALG_H

#include <stdbool.h>
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The algorithms (RFC 7518 and the service's own). One that the configured
 * api-version does not have is asked for with the first that does. */
enum akv_alg {
    AKV_RS256,
    AKV_RS384,
    AKV_RS512,
    AKV_PS256,
    AKV_PS384,
    AKV_PS512,
    AKV_RSNULL,
    AKV_ES256,
    AKV_ES256K,
    AKV_ES384,
    AKV_ES512,
    AKV_HS256,
    AKV_HS384,
    AKV_HS512,
    AKV_RSA1_5,
    AKV_RSA_OAEP,
    AKV_RSA_OAEP_256,
    AKV_A128GCM,
    AKV_A192GCM,
    AKV_A256GCM,
    AKV_A128CBC,
    AKV_A192CBC,
    AKV_A256CBC,
    AKV_A128CBCPAD,
    AKV_A192CBCPAD,
    AKV_A256CBCPAD,
    AKV_A128KW,
    AKV_A192KW,
    AKV_A256KW,
    AKV_A128KWPAD,
    AKV_A192KWPAD,
    AKV_A256KWPAD,
    AKV_CKM_AES_KEY_WRAP,
    AKV_CKM_AES_KEY_WRAP_PAD,
    AKV_ALG_COUNT
};

/* "ES256" and so on. */
const char *akv_alg_name(enum akv_alg alg);

/* The algorithm of a name in any letter case; false: there is none. */
bool akv_alg_find(const char *name, enum akv_alg *alg);

/* Bytes that the digest must have; 0: the algorithm takes any or none. */
size_t akv_alg_digest_size(enum akv_alg alg);

/* That digest as OpenSSL calls it: "SHA256"; NULL: as above. */
const char *akv_alg_digest_name(enum akv_alg alg);

#ifdef __cplusplus
}
#endif

#endif
