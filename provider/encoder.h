/* SPDX-License-Identifier: Apache-2.0 */

/* The encoders there are: encoder.c. */

#ifndef AKV_ENCODER_H
#define AKV_ENCODER_H

#include <openssl/core_dispatch.h>

/*
 * X(number, type, output, structure, parts of a key), or Y without structure:
 * those of the default provider for RSA and EC, in its order, as libcrypto
 * chooses by it where the caller names no structure.
 */
#define AKV_ENCODER_PAIR                                                       \
    (OSSL_KEYMGMT_SELECT_PRIVATE_KEY | OSSL_KEYMGMT_SELECT_PUBLIC_KEY)
#define AKV_ENCODER_NO_PUBLIC                                                  \
    (OSSL_KEYMGMT_SELECT_PRIVATE_KEY | OSSL_KEYMGMT_SELECT_ALL_PARAMETERS)
#define AKV_ENCODER_PRIVATE OSSL_KEYMGMT_SELECT_PRIVATE_KEY
#define AKV_ENCODER_PUBLIC OSSL_KEYMGMT_SELECT_PUBLIC_KEY
#define AKV_ENCODER_BLOB                                                       \
    (OSSL_KEYMGMT_SELECT_PUBLIC_KEY | OSSL_KEYMGMT_SELECT_ALL_PARAMETERS)
#define AKV_ENCODER_ALL (AKV_ENCODER_PAIR | OSSL_KEYMGMT_SELECT_ALL_PARAMETERS)

/* clang-format off: one row an encoder */
#define AKV_ENCODERS(X, Y)                                                     \
    Y(0, RSA, "text", AKV_ENCODER_ALL)                                         \
    Y(1, EC, "text", AKV_ENCODER_ALL)                                          \
    X(2, RSA, "der", "type-specific", AKV_ENCODER_PAIR)                        \
    X(3, RSA, "pem", "type-specific", AKV_ENCODER_PAIR)                        \
    X(4, EC, "der", "type-specific", AKV_ENCODER_NO_PUBLIC)                    \
    X(5, EC, "pem", "type-specific", AKV_ENCODER_NO_PUBLIC)                    \
    Y(6, EC, "blob", AKV_ENCODER_BLOB)                                         \
    Y(7, RSA, "msblob", AKV_ENCODER_PAIR)                                      \
    Y(8, RSA, "pvk", AKV_ENCODER_PRIVATE)                                      \
    X(9, RSA, "der", "EncryptedPrivateKeyInfo", AKV_ENCODER_PRIVATE)           \
    X(10, RSA, "pem", "EncryptedPrivateKeyInfo", AKV_ENCODER_PRIVATE)          \
    X(11, RSA, "der", "PrivateKeyInfo", AKV_ENCODER_PRIVATE)                   \
    X(12, RSA, "pem", "PrivateKeyInfo", AKV_ENCODER_PRIVATE)                   \
    X(13, RSA, "der", "SubjectPublicKeyInfo", AKV_ENCODER_PUBLIC)              \
    X(14, RSA, "pem", "SubjectPublicKeyInfo", AKV_ENCODER_PUBLIC)              \
    X(15, EC, "der", "EncryptedPrivateKeyInfo", AKV_ENCODER_PRIVATE)           \
    X(16, EC, "pem", "EncryptedPrivateKeyInfo", AKV_ENCODER_PRIVATE)           \
    X(17, EC, "der", "PrivateKeyInfo", AKV_ENCODER_PRIVATE)                    \
    X(18, EC, "pem", "PrivateKeyInfo", AKV_ENCODER_PRIVATE)                    \
    X(19, EC, "der", "SubjectPublicKeyInfo", AKV_ENCODER_PUBLIC)               \
    X(20, EC, "pem", "SubjectPublicKeyInfo", AKV_ENCODER_PUBLIC)               \
    X(21, RSA, "der", "rsa", AKV_ENCODER_PAIR)                                 \
    X(22, RSA, "pem", "rsa", AKV_ENCODER_PAIR)                                 \
    X(23, EC, "der", "ec", AKV_ENCODER_NO_PUBLIC)                              \
    X(24, EC, "pem", "ec", AKV_ENCODER_NO_PUBLIC)                              \
    X(25, RSA, "der", "pkcs1", AKV_ENCODER_PAIR)                               \
    X(26, RSA, "pem", "pkcs1", AKV_ENCODER_PAIR)                               \
    X(27, EC, "der", "X9.62", AKV_ENCODER_NO_PUBLIC)                           \
    X(28, EC, "pem", "X9.62", AKV_ENCODER_NO_PUBLIC)
/* clang-format on */

/* Functions by the rows' numbers. */
#define AKV_ENCODER_SIZE 7
extern const OSSL_DISPATCH akv_encoder_functions[][AKV_ENCODER_SIZE];

#endif
