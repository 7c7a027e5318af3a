/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Errors on OpenSSL's queue. Exactly one per failure, raised by whoever turned
 * a fact into a failure, in the thread that called us; the application's
 * libcrypto writes it down, whichever one we are linked with.
 */

#ifndef AKV_PROVIDER_ERR_H
#define AKV_PROVIDER_ERR_H

#include <openssl/core.h>

#include "akv/error.h"

struct akv_provider;

/* The numbers never change: programs compare ERR_GET_REASON(). */
enum akv_reason {
    AKV_R_MEMORY = 1,
    AKV_R_BAD_URI = 2,
    AKV_R_BAD_SETTING = 3,
    AKV_R_UNTRUSTED_HOST = 4,
    AKV_R_AUTHENTICATION = 5,
    AKV_R_FORBIDDEN = 6,
    AKV_R_NOT_FOUND = 7,
    AKV_R_CONFLICT = 8,
    AKV_R_THROTTLED = 9,
    AKV_R_DEADLINE = 10,
    AKV_R_TRANSPORT = 11,
    AKV_R_BAD_REPLY = 12,
    AKV_R_SERVICE = 13,
    AKV_R_CANCELLED = 14,
    AKV_R_NO_KEY = 15,
    AKV_R_UNSUPPORTED_DIGEST = 16,
    AKV_R_UNSUPPORTED_PADDING = 17,
    AKV_R_UNSUPPORTED_SALT = 18,
    AKV_R_BAD_LENGTH = 19,
    AKV_R_BUFFER_TOO_SMALL = 20,
    AKV_R_BAD_SIGNATURE = 21,
    AKV_R_KEY_OPS = 22,
    AKV_R_DECRYPTION = 23,
    AKV_R_BAD_REFERENCE = 24,
    AKV_R_BAD_GENERATION = 25,
    AKV_R_FIPS = 26,
    AKV_R_IMMUTABLE = 27,
    AKV_R_NO_EXCHANGE = 28,
    AKV_R_NO_PRIVATE_KEY = 29,
    AKV_R_THREADS = 30,
    AKV_R_DESCRIPTORS = 31,
    AKV_R_SANDBOX = 32,
    AKV_R_CHROOT = 33,
    AKV_R_NAME = 34,
    AKV_R_PROXY = 35
};

/* The texts of the reasons, for OSSL_FUNC_PROVIDER_GET_REASON_STRINGS. */
const OSSL_ITEM *akv_reason_strings(void);

/*
 * The same texts where the application's libcrypto is ours: it is given them
 * at the first error. What it has got by that function it takes back when the
 * provider is freed, by a lock that OPENSSL_cleanup() has freed before; and the
 * provider lives on, in any certificate whose key we have been asked about.
 */
struct akv_reasons *akv_reasons_new(void);
void akv_reasons_free(struct akv_reasons *reasons);

/* Puts a reason with data on the queue. Always returns 0. What a vault or the
 * network refused was logged where it happened. */
#define akv_raise(prov, reason, ...)                                           \
    akv_raise_at((prov), (reason), OPENSSL_FILE, OPENSSL_LINE, OPENSSL_FUNC,   \
                 __VA_ARGS__)
int akv_raise_at(const struct akv_provider *prov, enum akv_reason reason,
                 const char *file, int line, const char *func, const char *fmt,
                 ...) AKV_PRINTF(6, 7);

/* The same for an error of libakv: the reason follows from its code. It may be
 * told on standard error, too: see akv_log_failure(). */
#define akv_raise_error(prov, err)                                             \
    akv_raise_error_at((prov), (err), OPENSSL_FILE, OPENSSL_LINE, OPENSSL_FUNC)
int akv_raise_error_at(const struct akv_provider *prov,
                       const struct akv_error *err, const char *file, int line,
                       const char *func);
enum akv_reason akv_reason_of(const struct akv_error *err);

#endif
