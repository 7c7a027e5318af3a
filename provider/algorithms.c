/* SPDX-License-Identifier: Apache-2.0 */

#include <openssl/core_dispatch.h>

#include "algorithms.h"

/* The names are the default provider's: applications compare them. */
#define RSA_NAMES "RSA:rsaEncryption:1.2.840.113549.1.1.1"
#define EC_NAMES "EC:id-ecPublicKey:1.2.840.10045.2.1"
#define PROPERTIES "provider=akv"

static const OSSL_ALGORITHM keymgmt[] = {
    { RSA_NAMES, PROPERTIES, akv_rsa_keymgmt_functions,
      "RSA keys in Azure Key Vault" },
    { EC_NAMES, PROPERTIES, akv_ec_keymgmt_functions,
      "EC keys in Azure Key Vault" },
    { NULL, NULL, NULL, NULL },
};

static const OSSL_ALGORITHM signature[] = {
    { RSA_NAMES, PROPERTIES, akv_signature_functions,
      "RSA signatures by Azure Key Vault" },
    { "ECDSA", PROPERTIES, akv_signature_functions,
      "ECDSA signatures by Azure Key Vault" },
    { NULL, NULL, NULL, NULL },
};

static const OSSL_ALGORITHM asym_cipher[] = {
    { RSA_NAMES, PROPERTIES, akv_rsa_cipher_functions,
      "RSA decryption by Azure Key Vault" },
    { NULL, NULL, NULL, NULL },
};

/* managedhsm and vault are the schemes of other modules for Key Vault. A
 * loader has one name only: libcrypto does not split it at colons. */
static const OSSL_ALGORITHM store[] = {
    { "akv", PROPERTIES, akv_store_functions, "Azure Key Vault by URI" },
    { "managedhsm", PROPERTIES, akv_store_functions, "Managed HSM by URI" },
    { "vault", PROPERTIES, akv_store_functions, "Azure Key Vault by URI" },
    { NULL, NULL, NULL, NULL },
};

const OSSL_ALGORITHM *akv_algorithms(int operation)
{
    switch (operation) {
    case OSSL_OP_KEYMGMT:
        return keymgmt;
    case OSSL_OP_SIGNATURE:
        return signature;
    case OSSL_OP_ASYM_CIPHER:
        return asym_cipher;
    case OSSL_OP_STORE:
        return store;
    default:
        return NULL;
    }
}
