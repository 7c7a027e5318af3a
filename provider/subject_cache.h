/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The subjects of certificates, by their URIs, for the time of the setting
 * key-cache: whoever looks for issuers by their names asks for many of them,
 * and each would be every certificate of the vault once more.
 *
 * Any thread may call; whoever finds the cache in use does without it.
 */

#ifndef AKV_SUBJECT_CACHE_H
#define AKV_SUBJECT_CACHE_H

#include <openssl/types.h>
#include <stdbool.h>
#include <stdint.h>

#define AKV_SUBJECT_CACHE_MAX 1024 /* the oldest make way */

struct akv_subject_cache;

/* NULL: no memory. */
struct akv_subject_cache *akv_subject_cache_new(void);
void akv_subject_cache_free(struct akv_subject_cache *cache); /* NULL is fine */

/* Whether the certificate of that URI is known to have another subject than
 * this, at a time in monotonic milliseconds. */
bool akv_subject_cache_differs(struct akv_subject_cache *cache, const char *uri,
                               const X509_NAME *subject, int64_t now_ms);

/* Keeps a subject until a time. */
void akv_subject_cache_put(struct akv_subject_cache *cache, const char *uri,
                           const X509_NAME *subject, int64_t until_ms);

#endif
