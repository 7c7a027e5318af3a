/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Errors on OpenSSL's queue. Exactly one per failure, raised by whoever turned
 * a fact into a failure, in the thread that called us; the application's
 * libcrypto writes it down, whichever one we are linked with.
 */

#ifndef AKV_PROVIDER_ERR_H
#define AKV_PROVIDER_ERR_H

#include <openssl/core.h>

#include "error.h"

struct akv_provider;

enum akv_reason {
    AKV_R_MEMORY = 1,
    AKV_R_BAD_URI,
    AKV_R_BAD_SETTING,
    AKV_R_UNTRUSTED_HOST,
    AKV_R_AUTHENTICATION,
    AKV_R_FORBIDDEN,
    AKV_R_NOT_FOUND,
    AKV_R_CONFLICT,
    AKV_R_THROTTLED,
    AKV_R_DEADLINE,
    AKV_R_TRANSPORT,
    AKV_R_BAD_REPLY,
    AKV_R_SERVICE,
    AKV_R_CANCELLED,
    AKV_R_NO_KEY,
    AKV_R_UNSUPPORTED_DIGEST,
    AKV_R_UNSUPPORTED_PADDING,
    AKV_R_UNSUPPORTED_SALT,
    AKV_R_BAD_LENGTH,
    AKV_R_BUFFER_TOO_SMALL,
    AKV_R_BAD_SIGNATURE,
    AKV_R_KEY_OPS,
    AKV_R_DECRYPTION,
    AKV_R_BAD_REFERENCE,
    AKV_R_BAD_GENERATION,
    AKV_R_FIPS,
    AKV_R_IMMUTABLE,
    AKV_R_NO_EXCHANGE,
    AKV_R_NO_PRIVATE_KEY,
    AKV_R_THREADS,
    AKV_R_DESCRIPTORS,
    AKV_R_SANDBOX,
    AKV_R_CHROOT,
    AKV_R_NAME,
    AKV_R_PROXY
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
