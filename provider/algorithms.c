/* SPDX-License-Identifier: Apache-2.0 */

/*
 * What an older libcrypto cannot use stands first in its table, and the table
 * is entered behind it. Rows that claim fips=yes are added to those that do
 * not, and are found by queries that demand it.
 */

#include <openssl/core_dispatch.h>
#include <openssl/crypto.h>

#include "akv/key_ref.h"
#include "algorithms.h"
#include "digests.h"
#include "encoder.h"

/* The names are the default provider's: applications compare them. */
#define RSA_NAMES "RSA:rsaEncryption:1.2.840.113549.1.1.1"
#define EC_NAMES "EC:id-ecPublicKey:1.2.840.10045.2.1"

#define PLAIN "provider=keyvault"
#define FIPS "provider=keyvault,fips=yes"

#define END                                                                    \
    {                                                                          \
        NULL, NULL, NULL, NULL                                                 \
    }

/* The rows of tables, whose functions are found by p: those without fips come
 * first, for queries that do not mind. */
#define KEYMGMT(p, rsa, ec)                                                    \
    { RSA_NAMES, (p), (rsa), "RSA keys in Azure Key Vault" },                  \
    {                                                                          \
        EC_NAMES, (p), (ec), "EC keys in Azure Key Vault"                      \
    }

#define SIGNATURE(p, rsa, ecdsa)                                               \
    { RSA_NAMES, (p), (rsa), "RSA signatures by Azure Key Vault" },            \
    {                                                                          \
        "ECDSA", (p), (ecdsa), "ECDSA signatures by Azure Key Vault"           \
    }

/* "RSA-SHA2-256" and its other names, the last of which is the OID. */
#define COMPOSED_RSA(index, p, functions, bits, arc)                           \
    { "RSA-SHA2-" bits ":RSA-SHA" bits ":sha" bits "WithRSAEncryption:"        \
      "1.2.840.113549.1.1." arc,                                               \
      (p), (functions)[index], "RSA with SHA-" bits },
#define COMPOSED_ECDSA(index, p, functions, bits, arc)                         \
    { "ECDSA-SHA2-" bits ":ECDSA-SHA" bits ":ecdsa-with-SHA" bits              \
      ":1.2.840.10045.4.3." arc,                                               \
      (p), (functions)[index], "ECDSA with SHA-" bits },

#define ASYM_CIPHER(p, rsa)                                                    \
    {                                                                          \
        RSA_NAMES, (p), (rsa), "RSA decryption by Azure Key Vault"             \
    }

#define KEYEXCH(p, ecdh)                                                       \
    {                                                                          \
        "ECDH", (p), (ecdh), "ECDH, but of keys in Azure Key Vault"            \
    }

#define KEM(names, p, functions)                                               \
    {                                                                          \
        names, (p), (functions),                                               \
            "Key encapsulation, but of keys in Azure Key Vault"                \
    }

/* By whether fips=yes is claimed. */
static const OSSL_ALGORITHM keymgmt[2][5] = {
    { KEYMGMT(PLAIN, akv_rsa_keymgmt_functions, akv_ec_keymgmt_functions),
      END },
    { KEYMGMT(PLAIN, akv_rsa_keymgmt_functions, akv_ec_keymgmt_functions),
      KEYMGMT(FIPS, akv_rsa_fips_keymgmt_functions,
              akv_ec_fips_keymgmt_functions),
      END },
};

/* Those that older versions cannot use come first: they are passed over. In
 * 3.0 their names would be those of digests, besides. */
#define PLAIN_RSA(index, bits, name, size, pkcs1, pss, rsa, ecdsa, ...)        \
    COMPOSED_RSA(index, PLAIN, akv_rsa_composed_functions, bits, rsa)
#define PLAIN_ECDSA(index, bits, name, size, pkcs1, pss, rsa, ecdsa, ...)      \
    COMPOSED_ECDSA(index, PLAIN, akv_ecdsa_composed_functions, bits, ecdsa)
#define FIPS_RSA(index, bits, name, size, pkcs1, pss, rsa, ecdsa, ...)         \
    COMPOSED_RSA(index, FIPS, akv_rsa_fips_composed_functions, bits, rsa)
#define FIPS_ECDSA(index, bits, name, size, pkcs1, pss, rsa, ecdsa, ...)       \
    COMPOSED_ECDSA(index, FIPS, akv_ecdsa_fips_composed_functions, bits, ecdsa)
#define COMPOSED_PLAIN AKV_DIGESTS(PLAIN_RSA) AKV_DIGESTS(PLAIN_ECDSA)
#define COMPOSED_FIPS AKV_DIGESTS(FIPS_RSA) AKV_DIGESTS(FIPS_ECDSA)
#define SIGNATURE_PLAIN                                                        \
    SIGNATURE(PLAIN, akv_rsa_signature_functions, akv_ecdsa_signature_functions)
#define SIGNATURE_FIPS                                                         \
    SIGNATURE(FIPS, akv_rsa_fips_signature_functions,                          \
              akv_ecdsa_fips_signature_functions)
static const OSSL_ALGORITHM signature[] = { COMPOSED_PLAIN SIGNATURE_PLAIN,
                                            END };
static const OSSL_ALGORITHM fips_signature[] = {
    COMPOSED_PLAIN COMPOSED_FIPS SIGNATURE_PLAIN, SIGNATURE_FIPS, END
};
#define COMPOSED (2 * AKV_DIGESTS_COUNT)
#define FIPS_COMPOSED (2 * COMPOSED)

static const OSSL_ALGORITHM asym_cipher[2][3] = {
    { ASYM_CIPHER(PLAIN, akv_rsa_cipher_functions), END },
    { ASYM_CIPHER(PLAIN, akv_rsa_cipher_functions),
      ASYM_CIPHER(FIPS, akv_rsa_fips_cipher_functions), END },
};

static const OSSL_ALGORITHM keyexch[2][3] = {
    { KEYEXCH(PLAIN, akv_ecdh_functions), END },
    { KEYEXCH(PLAIN, akv_ecdh_functions),
      KEYEXCH(FIPS, akv_ecdh_fips_functions), END },
};

/* Those of EC come first: versions before 3.2 pass them over. */
static const OSSL_ALGORITHM kem[2][5] = {
    { KEM(EC_NAMES, PLAIN, akv_ec_kem_functions),
      KEM(RSA_NAMES, PLAIN, akv_rsa_kem_functions), END },
    { KEM(EC_NAMES, PLAIN, akv_ec_kem_functions),
      KEM(EC_NAMES, FIPS, akv_ec_fips_kem_functions),
      KEM(RSA_NAMES, PLAIN, akv_rsa_kem_functions),
      KEM(RSA_NAMES, FIPS, akv_rsa_fips_kem_functions), END },
};

/* managedhsm and vault are the schemes of other modules for Key Vault. A
 * loader has one name only: libcrypto does not split it at colons. */
static const OSSL_ALGORITHM store[] = {
    { "akv", FIPS, akv_store_functions, "Azure Key Vault by URI" },
    { "managedhsm", FIPS, akv_store_functions, "Managed HSM by URI" },
    { "vault", FIPS, akv_store_functions, "Azure Key Vault by URI" },
    END,
};

/* The second finds what the first hands on by the name of the structure. */
#define REFERENCE FIPS ",input=der,structure=" AKV_KEY_REF_STRUCTURE
static const OSSL_ALGORITHM decoder[] = {
    { "DER", FIPS ",input=pem", akv_pem_decoder_functions,
      "PEM key references" },
    { RSA_NAMES, REFERENCE, akv_rsa_decoder_functions,
      "References to RSA keys" },
    { EC_NAMES, REFERENCE, akv_ec_decoder_functions, "References to EC keys" },
    END,
};

#define ENCODER(n, type, output, structure, selection)                         \
    { type##_NAMES, FIPS ",output=" output ",structure=" structure,            \
      akv_encoder_functions[n], #type " keys in Azure Key Vault" },
#define BARE_ENCODER(n, type, output, selection)                               \
    { type##_NAMES, FIPS ",output=" output, akv_encoder_functions[n],          \
      #type " keys in Azure Key Vault" },
static const OSSL_ALGORITHM encoder[] = { AKV_ENCODERS(ENCODER, BARE_ENCODER)
                                              END };

/* Of the library that runs: it may be later than the one we were built with. */
static bool is_since(unsigned minor)
{
    unsigned major = OPENSSL_version_major();

    return major > 3 || (major == 3 && OPENSSL_version_minor() >= minor);
}

const OSSL_ALGORITHM *akv_algorithms(int operation, bool fips)
{
    switch (operation) {
    case OSSL_OP_KEYMGMT:
        return keymgmt[fips];
    case OSSL_OP_SIGNATURE:
        if (fips)
            return fips_signature + (is_since(4) ? 0 : FIPS_COMPOSED);
        return signature + (is_since(4) ? 0 : COMPOSED);
    case OSSL_OP_ASYM_CIPHER:
        return asym_cipher[fips];
    case OSSL_OP_KEYEXCH:
        return keyexch[fips];
    case OSSL_OP_KEM:
        return kem[fips] + (is_since(2) ? 0 : 1 + fips);
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
