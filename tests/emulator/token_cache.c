/* SPDX-License-Identifier: Apache-2.0 */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "token_cache.h"
#include "xmem.h"

#define SLOTS 256u

struct slot {
    char *token; /* owned; NULL: empty */
    struct emu_token_facts facts;
};

struct emu_token_cache {
    pthread_rwlock_t lock;
    struct slot slot[SLOTS];
};

struct emu_token_cache *emu_token_cache_new(void)
{
    struct emu_token_cache *cache = emu_xcalloc(1, sizeof(*cache));

    pthread_rwlock_init(&cache->lock, NULL);
    return cache;
}

void emu_token_cache_free(struct emu_token_cache *cache)
{
    if (cache == NULL)
        return;
    for (size_t i = 0; i < SLOTS; i++)
        free(cache->slot[i].token);
    pthread_rwlock_destroy(&cache->lock);
    free(cache);
}

/* The signature's last characters are as good as a hash. */
static struct slot *slot_of(struct emu_token_cache *cache, const char *token)
{
    size_t len = strlen(token);
    unsigned h = 0;

    for (size_t i = len > 8 ? len - 8 : 0; i < len; i++)
        h = h * 31 + (unsigned char)token[i];
    return &cache->slot[h % SLOTS];
}

bool emu_token_cache_get(struct emu_token_cache *cache, const char *token,
                         struct emu_token_facts *facts)
{
    const struct slot *slot = slot_of(cache, token);
    bool found;

    pthread_rwlock_rdlock(&cache->lock);
    found = slot->token != NULL && strcmp(slot->token, token) == 0;
    if (found)
        *facts = slot->facts;
    pthread_rwlock_unlock(&cache->lock);
    return found;
}

void emu_token_cache_put(struct emu_token_cache *cache, const char *token,
                         const struct emu_token_facts *facts)
{
    struct slot *slot = slot_of(cache, token);
    char *old;

    pthread_rwlock_wrlock(&cache->lock);
    old = slot->token;
    slot->token = emu_xstrdup(token);
    slot->facts = *facts;
    pthread_rwlock_unlock(&cache->lock);
    free(old);
}
