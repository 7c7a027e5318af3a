/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The flag busy is tried once and never waited for; what makes way is freed
 * when it is down again. The slots are made when there is something to keep.
 */

#include <openssl/crypto.h>
#include <openssl/x509.h>
#include <stdatomic.h>
#include <string.h>

#include "subject_cache.h"

struct slot {
    char *uri;          /* owned; NULL: free */
    X509_NAME *subject; /* owned */
    int64_t until_ms;
};

struct akv_subject_cache {
    atomic_flag busy;   /* guards what follows */
    struct slot *slots; /* owned; NULL until there is something in it */
    unsigned next;      /* where the next one goes */
};

struct akv_subject_cache *akv_subject_cache_new(void)
{
    struct akv_subject_cache *cache = OPENSSL_zalloc(sizeof(*cache));

    if (cache != NULL)
        atomic_flag_clear(&cache->busy);
    return cache;
}

static void subject_cache_slot_clear(struct slot *slot)
{
    OPENSSL_free(slot->uri);
    X509_NAME_free(slot->subject);
    memset(slot, 0, sizeof(*slot));
}

void akv_subject_cache_free(struct akv_subject_cache *cache)
{
    size_t i;

    if (cache == NULL)
        return;
    for (i = 0; cache->slots != NULL && i < AKV_SUBJECT_CACHE_MAX; i++)
        subject_cache_slot_clear(&cache->slots[i]);
    OPENSSL_free(cache->slots);
    OPENSSL_free(cache);
}

static struct slot *subject_cache_find(struct akv_subject_cache *cache,
                                       const char *uri)
{
    size_t i;

    for (i = 0; cache->slots != NULL && i < AKV_SUBJECT_CACHE_MAX; i++)
        if (cache->slots[i].uri != NULL
            && strcmp(cache->slots[i].uri, uri) == 0)
            return &cache->slots[i];
    return NULL;
}

bool akv_subject_cache_differs(struct akv_subject_cache *cache, const char *uri,
                               const X509_NAME *subject, int64_t now_ms)
{
    const struct slot *slot;
    bool differs;

    if (atomic_flag_test_and_set(&cache->busy))
        return false;
    slot = subject_cache_find(cache, uri);
    differs = slot != NULL && now_ms < slot->until_ms
              && X509_NAME_cmp(slot->subject, subject) != 0;
    atomic_flag_clear(&cache->busy);
    return differs;
}

void akv_subject_cache_put(struct akv_subject_cache *cache, const char *uri,
                           const X509_NAME *subject, int64_t until_ms)
{
    struct slot fresh = { OPENSSL_strdup(uri), X509_NAME_dup(subject),
                          until_ms };
    struct slot *slot, old = { NULL, NULL, 0 };

    if (fresh.uri == NULL || fresh.subject == NULL
        || atomic_flag_test_and_set(&cache->busy)) {
        subject_cache_slot_clear(&fresh);
        return;
    }
    if (cache->slots == NULL)
        cache->slots =
            OPENSSL_zalloc(AKV_SUBJECT_CACHE_MAX * sizeof(*cache->slots));
    slot = subject_cache_find(cache, uri);
    if (slot == NULL && cache->slots != NULL)
        slot = &cache->slots[cache->next++ % AKV_SUBJECT_CACHE_MAX];
    if (slot != NULL) {
        old = *slot;
        *slot = fresh;
    } else {
        old = fresh; /* there is no memory */
    }
    atomic_flag_clear(&cache->busy);
    subject_cache_slot_clear(&old);
}
