/* SPDX-License-Identifier: Apache-2.0 */

#include <openssl/core_dispatch.h>
#include <openssl/crypto.h>

#include "algorithms.h"
#include "key_ref.h"

/* The names are the default provider's: applications compare them. */
#define RSA_NAMES "RSA:rsaEncryption:1.2.840.113549.1.1.1"
#define EC_NAMES "EC:id-ecPublicKey:1.2.840.10045.2.1"

/* The rows of a table, whose properties begin with p. */
#define KEYMGMT(p)                                                             \
    {                                                                          \
        { RSA_NAMES, p, akv_rsa_keymgmt_functions,                             \
          "RSA keys in Azure Key Vault" },                                     \
            { EC_NAMES, p, akv_ec_keymgmt_functions,                           \
              "EC keys in Azure Key Vault" },                                  \
            { NULL, NULL, NULL, NULL },                                        \
    }

/* Those that older versions cannot use come first: they are passed over. In
 * 3.0 their names would be those of digests, besides. */
#define COMPOSED 6
#define SIGNATURE(p)                                                           \
    {                                                                          \
        { "RSA-SHA2-256:RSA-SHA256:sha256WithRSAEncryption:"                   \
          "1.2.840.113549.1.1.11",                                             \
          p, akv_rsa_composed_functions[0], "RSA with SHA-256" },              \
            { "RSA-SHA2-384:RSA-SHA384:sha384WithRSAEncryption:"               \
              "1.2.840.113549.1.1.12",                                         \
              p, akv_rsa_composed_functions[1], "RSA with SHA-384" },          \
            { "RSA-SHA2-512:RSA-SHA512:sha512WithRSAEncryption:"               \
              "1.2.840.113549.1.1.13",                                         \
              p, akv_rsa_composed_functions[2], "RSA with SHA-512" },          \
            { "ECDSA-SHA2-256:ECDSA-SHA256:ecdsa-with-SHA256:1.2.840.10045.4." \
              "3.2",                                                           \
              p, akv_ecdsa_composed_functions[0], "ECDSA with SHA-256" },      \
            { "ECDSA-SHA2-384:ECDSA-SHA384:ecdsa-with-SHA384:1.2.840.10045.4." \
              "3.3",                                                           \
              p, akv_ecdsa_composed_functions[1], "ECDSA with SHA-384" },      \
            { "ECDSA-SHA2-512:ECDSA-SHA512:ecdsa-with-SHA512:1.2.840.10045.4." \
              "3.4",                                                           \
              p, akv_ecdsa_composed_functions[2], "ECDSA with SHA-512" },      \
            { RSA_NAMES, p, akv_signature_functions,                           \
              "RSA signatures by Azure Key Vault" },                           \
            { "ECDSA", p, akv_signature_functions,                             \
              "ECDSA signatures by Azure Key Vault" },                         \
            { NULL, NULL, NULL, NULL },                                        \
    }

#define ASYM_CIPHER(p)                                                         \
    {                                                                          \
        { RSA_NAMES, p, akv_rsa_cipher_functions,                              \
          "RSA decryption by Azure Key Vault" },                               \
            { NULL, NULL, NULL, NULL },                                        \
    }

/* managedhsm and vault are the schemes of other modules for Key Vault. A
 * loader has one name only: libcrypto does not split it at colons. */
#define STORE(p)                                                               \
    {                                                                          \
        { "akv", p, akv_store_functions, "Azure Key Vault by URI" },           \
            { "managedhsm", p, akv_store_functions, "Managed HSM by URI" },    \
            { "vault", p, akv_store_functions, "Azure Key Vault by URI" },     \
            { NULL, NULL, NULL, NULL },                                        \
    }

/* The second finds what the first hands on by the name of the structure. */
#define DECODER(p)                                                             \
    {                                                                          \
        { "DER", p ",input=pem", akv_pem_decoder_functions,                    \
          "PEM key references" },                                              \
            { RSA_NAMES, p ",input=der,structure=" AKV_KEY_REF_STRUCTURE,      \
              akv_rsa_decoder_functions, "References to RSA keys" },           \
            { EC_NAMES, p ",input=der,structure=" AKV_KEY_REF_STRUCTURE,       \
              akv_ec_decoder_functions, "References to EC keys" },             \
            { NULL, NULL, NULL, NULL },                                        \
    }

#define ENCODER(p)                                                             \
    {                                                                          \
        { RSA_NAMES, p ",output=pem,structure=PrivateKeyInfo",                 \
          akv_pem_encoder_functions, "PEM key references" },                   \
            { EC_NAMES, p ",output=pem,structure=PrivateKeyInfo",              \
              akv_pem_encoder_functions, "PEM key references" },               \
            { RSA_NAMES, p ",output=text", akv_text_encoder_functions,         \
              "RSA keys in Azure Key Vault as text" },                         \
            { EC_NAMES, p ",output=text", akv_text_encoder_functions,          \
              "EC keys in Azure Key Vault as text" },                          \
            { NULL, NULL, NULL, NULL },                                        \
    }

/* By whether fips=yes is claimed. */
static const OSSL_ALGORITHM keymgmt[2][3] = {
    KEYMGMT("provider=akv"), KEYMGMT("provider=akv,fips=yes")
};
static const OSSL_ALGORITHM signature[2][COMPOSED + 3] = {
    SIGNATURE("provider=akv"), SIGNATURE("provider=akv,fips=yes")
};
static const OSSL_ALGORITHM asym_cipher[2][2] = {
    ASYM_CIPHER("provider=akv"), ASYM_CIPHER("provider=akv,fips=yes")
};
static const OSSL_ALGORITHM store[2][4] = { STORE("provider=akv"),
                                            STORE("provider=akv,fips=yes") };
static const OSSL_ALGORITHM decoder[2][4] = {
    DECODER("provider=akv"), DECODER("provider=akv,fips=yes")
};
static const OSSL_ALGORITHM encoder[2][5] = {
    ENCODER("provider=akv"), ENCODER("provider=akv,fips=yes")
};

/* Of the library that runs: it may be later than the one we were built with. */
static bool has_composed(void)
{
    unsigned major = OPENSSL_version_major();

    return major > 3 || (major == 3 && OPENSSL_version_minor() >= 4);
}

const OSSL_ALGORITHM *akv_algorithms(int operation, bool fips)
{
    switch (operation) {
    case OSSL_OP_KEYMGMT:
        return keymgmt[fips];
    case OSSL_OP_SIGNATURE:
        return signature[fips] + (has_composed() ? 0 : COMPOSED);
    case OSSL_OP_ASYM_CIPHER:
        return asym_cipher[fips];
    case OSSL_OP_STORE:
        return store[fips];
    case OSSL_OP_DECODER:
        return decoder[fips];
    case OSSL_OP_ENCODER:
        return encoder[fips];
    default:
        return NULL;
    }
}
