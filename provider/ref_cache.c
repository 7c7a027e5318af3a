/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The flag busy is tried once and never waited for. Keys are freed when it is
 * down again: freeing one runs the code of another provider.
 */

#include <openssl/crypto.h>
#include <stdatomic.h>
#include <string.h>

#include "ref_cache.h"

#define SLOTS 16

struct slot {
    unsigned char *der; /* owned */
    size_t len;
    struct akv_key *key; /* counted */
};

struct akv_ref_cache {
    atomic_flag busy; /* guards what follows */
    struct slot slots[SLOTS];
    unsigned next; /* where the next one goes */
};

struct akv_ref_cache *akv_ref_cache_new(void)
{
    struct akv_ref_cache *cache = OPENSSL_zalloc(sizeof(*cache));

    if (cache != NULL)
        atomic_flag_clear(&cache->busy);
    return cache;
}

static void ref_cache_slot_clear(struct slot *slot)
{
    akv_key_free(slot->key);
    OPENSSL_free(slot->der);
    memset(slot, 0, sizeof(*slot));
}

void akv_ref_cache_free(struct akv_ref_cache *cache)
{
    size_t i;

    if (cache == NULL)
        return;
    for (i = 0; i < SLOTS; i++)
        ref_cache_slot_clear(&cache->slots[i]);
    OPENSSL_free(cache);
}

static struct slot *ref_cache_find(struct akv_ref_cache *cache, const void *der,
                                   size_t len)
{
    size_t i;

    for (i = 0; i < SLOTS; i++) {
        struct slot *slot = &cache->slots[i];

        if (slot->key != NULL && slot->len == len
            && memcmp(slot->der, der, len) == 0)
            return slot;
    }
    return NULL;
}

struct akv_key *akv_ref_cache_get(struct akv_ref_cache *cache, const void *der,
                                  size_t len)
{
    struct akv_key *key = NULL;
    struct slot *slot;

    if (atomic_flag_test_and_set(&cache->busy))
        return NULL;
    slot = ref_cache_find(cache, der, len);
    if (slot != NULL)
        key = akv_key_up_ref(slot->key);
    atomic_flag_clear(&cache->busy);
    return key;
}

void akv_ref_cache_put(struct akv_ref_cache *cache, const void *der, size_t len,
                       struct akv_key *key)
{
    unsigned char *copy = OPENSSL_memdup(der, len);
    struct slot old = { NULL, 0, NULL };

    if (copy == NULL || atomic_flag_test_and_set(&cache->busy)) {
        OPENSSL_free(copy);
        return;
    }
    if (ref_cache_find(cache, der, len) == NULL) {
        struct slot *slot = &cache->slots[cache->next++ % SLOTS];

        old = *slot;
        slot->der = copy;
        slot->len = len;
        slot->key = akv_key_up_ref(key);
        copy = NULL;
    }
    atomic_flag_clear(&cache->busy);
    OPENSSL_free(copy);
    ref_cache_slot_clear(&old);
}
