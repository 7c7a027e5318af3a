/* SPDX-License-Identifier: Apache-2.0 */

#include <openssl/core_dispatch.h>

#include "algorithms.h"
#include "key_ref.h"

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

/* The second finds what the first hands on by the name of the structure. */
static const OSSL_ALGORITHM decoder[] = {
    { "DER", PROPERTIES ",input=pem", akv_pem_decoder_functions,
      "PEM key references" },
    { RSA_NAMES, PROPERTIES ",input=der,structure=" AKV_KEY_REF_STRUCTURE,
      akv_rsa_decoder_functions, "References to RSA keys" },
    { EC_NAMES, PROPERTIES ",input=der,structure=" AKV_KEY_REF_STRUCTURE,
      akv_ec_decoder_functions, "References to EC keys" },
    { NULL, NULL, NULL, NULL },
};

static const OSSL_ALGORITHM encoder[] = {
    { RSA_NAMES, PROPERTIES ",output=pem,structure=PrivateKeyInfo",
      akv_pem_encoder_functions, "PEM key references" },
    { EC_NAMES, PROPERTIES ",output=pem,structure=PrivateKeyInfo",
      akv_pem_encoder_functions, "PEM key references" },
    { RSA_NAMES, PROPERTIES ",output=text", akv_text_encoder_functions,
      "RSA keys in Azure Key Vault as text" },
    { EC_NAMES, PROPERTIES ",output=text", akv_text_encoder_functions,
      "EC keys in Azure Key Vault as text" },
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
    case OSSL_OP_DECODER:
        return decoder;
    case OSSL_OP_ENCODER:
        return encoder;
    default:
        return NULL;
    }
}
