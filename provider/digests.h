/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The digests that a vault's keys sign, a row each:
 *
 *     ROW(index, bits, OpenSSL's name, bytes, PKCS#1 v1.5, PSS,
 *         last arc of the OID under pkcs-1 (RFC 8017, A.2.4), and under
 *         ecdsa-with-SHA2 (RFC 5758, 3.2), the DigestInfo in front of the
 *         digest (RFC 8017, 9.2))
 *
 * Signatures, composed algorithms, their names and messages follow from it.
 */

#ifndef AKV_DIGESTS_H
#define AKV_DIGESTS_H

#include "akv/alg.h"

#define AKV_DIGEST_INFO(length, arc, digest_length)                            \
    {                                                                          \
        0x30, length, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65,    \
            0x03, 0x04, 0x02, arc, 0x05, 0x00, 0x04, digest_length             \
    }

#define AKV_DIGESTS(ROW)                                                       \
    ROW(0, "256", "SHA256", 32, AKV_RS256, AKV_PS256, "11", "2",               \
        AKV_DIGEST_INFO(0x31, 0x01, 0x20))                                     \
    ROW(1, "384", "SHA384", 48, AKV_RS384, AKV_PS384, "12", "3",               \
        AKV_DIGEST_INFO(0x41, 0x02, 0x30))                                     \
    ROW(2, "512", "SHA512", 64, AKV_RS512, AKV_PS512, "13", "4",               \
        AKV_DIGEST_INFO(0x51, 0x03, 0x40))

#define AKV_DIGESTS_COUNT 3

/* For messages. */
#define AKV_DIGESTS_AND "SHA-256, SHA-384 and SHA-512"
#define AKV_DIGESTS_OR "SHA-256, SHA-384 or SHA-512"

#endif
