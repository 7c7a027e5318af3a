/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Order of locks: the cache's, then the loop's, since a fetch is begun under
 * it. It is released while anybody waits for a reply. The references to an
 * entry are counted under it, too; who waits holds one, so that a secret may be
 * forgotten meanwhile.
 */

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "akv/secret_cache.h"
#include "base/clock.h"
#include "base/per_process.h"
#include "client/call_impl.h"

/*
 * A reply, or the fetch of one, which is nobody's in particular: whoever asked
 * first may be gone, as jobs go that are abandoned. Replies are kept as they
 * came and read anew for each caller, which is a copy that nothing has to make.
 * The list holds a reference, and so does each who waits.
 */
struct entry {
    struct entry *next; /* the one that was used before this */
    unsigned refs;
    struct akv_id id;
    int64_t expires;
    struct akv_call *fetch; /* owned; with the reply */
};

struct state {
    struct akv_own own;
    pthread_mutex_t lock; /* never held while somebody waits */
    struct entry *first;  /* owned */
};

struct akv_secret_cache {
    struct akv_client *client; /* borrowed */
    int64_t ttl_ms;
    size_t max;
    akv_own_slot state; /* owned; NULL until first used */
};

struct akv_secret_cache *akv_secret_cache_new(struct akv_client *client,
                                              int64_t ttl_ms, size_t max)
{
    struct akv_secret_cache *cache = calloc(1, sizeof(*cache));

    if (cache == NULL)
        return NULL;
    cache->client = client;
    cache->ttl_ms = ttl_ms;
    cache->max = max;
    return cache;
}

static struct state *find_state(struct akv_secret_cache *cache)
{
    return (struct state *)akv_own_find(&cache->state);
}

static bool state_begin(void *own)
{
    return pthread_mutex_init(&((struct state *)own)->lock, NULL) == 0;
}

static void state_end(void *own)
{
    (void)pthread_mutex_destroy(&((struct state *)own)->lock);
}

/* NULL: no memory. */
static struct state *get_state(struct akv_secret_cache *cache)
{
    static const struct akv_own_kind kind = { sizeof(struct state), state_begin,
                                              state_end };

    return akv_own_get(&cache->state, &kind);
}

static void secret_cache_release(struct entry *entry)
{
    if (--entry->refs > 0)
        return;
    akv_call_free(entry->fetch);
    free(entry);
}

/* Takes what *at points to off the list. */
static void secret_cache_drop(struct entry **at)
{
    struct entry *entry = *at;

    *at = entry->next;
    secret_cache_release(entry);
}

void akv_secret_cache_free(struct akv_secret_cache *cache)
{
    struct state *state = cache != NULL ? find_state(cache) : NULL;

    if (state != NULL) {
        while (state->first != NULL)
            secret_cache_drop(&state->first);
        (void)pthread_mutex_destroy(&state->lock);
        free(state);
    }
    free(cache);
}

/* Keeps max replies of those that have not expired, and every fetch; returns
 * how many replies. */
static size_t secret_cache_clean(const struct akv_secret_cache *cache,
                                 struct state *state)
{
    int64_t now = akv_clock_mono(akv_clock_system());
    struct entry **at = &state->first;
    size_t kept = 0;

    while (*at != NULL) {
        bool ended = akv_call_is_over((*at)->fetch);

        if (ended && (now >= (*at)->expires || kept == cache->max)) {
            secret_cache_drop(at);
            continue;
        }
        kept += ended;
        at = &(*at)->next;
    }
    return kept;
}

static bool same_name(const struct akv_id *a, const struct akv_id *b)
{
    return a->port == b->port && strcmp(a->host, b->host) == 0
           && strcasecmp(a->name, b->name) == 0;
}

/* Moves the entry to the front; NULL: there is none. */
static struct entry *secret_cache_find(struct state *state,
                                       const struct akv_id *id)
{
    struct entry **at, *entry;

    for (at = &state->first; *at != NULL; at = &(*at)->next) {
        entry = *at;
        if (!same_name(&entry->id, id)
            || strcmp(entry->id.version, id->version) != 0)
            continue;
        *at = entry->next;
        entry->next = state->first;
        state->first = entry;
        return entry;
    }
    return NULL;
}

static void secret_cache_forget(struct state *state, const struct akv_id *id,
                                const struct entry *only)
{
    struct entry **at = &state->first;

    while (*at != NULL) {
        bool fits = only != NULL ? *at == only : same_name(&(*at)->id, id);

        if (fits)
            secret_cache_drop(at);
        else
            at = &(*at)->next;
    }
}

/* Begins to ask the vault. NULL: it cannot, or there is no memory. */
static struct entry *secret_cache_add(const struct akv_secret_cache *cache,
                                      struct state *state,
                                      const struct akv_id *id,
                                      struct akv_error *err)
{
    struct entry *entry = calloc(1, sizeof(*entry));

    if (entry == NULL) {
        (void)akv_error_set(err, AKV_E_MEMORY, "no memory for a secret");
        return NULL;
    }
    entry->fetch = akv_secret_get_start(cache->client, id, NULL, NULL, err);
    if (entry->fetch == NULL) {
        free(entry);
        return NULL;
    }
    entry->refs = 1;
    entry->id = *id;
    entry->expires = akv_clock_mono(akv_clock_system()) + cache->ttl_ms;
    entry->next = state->first;
    state->first = entry;
    return entry;
}

/* Waits for the reply, with the lock released meanwhile, and reads it. What
 * cannot be read is not kept, and neither is what was forgotten meanwhile. */
static bool read_entry(struct state *state, struct entry *entry,
                       struct akv_secret *secret, struct akv_error *err)
{
    bool ok;

    (void)pthread_mutex_unlock(&state->lock);
    ok = akv_secret_get_result(entry->fetch, secret, err);
    (void)pthread_mutex_lock(&state->lock);
    if (!ok)
        secret_cache_forget(state, &entry->id, entry);
    return ok;
}

bool akv_secret_cache_get(struct akv_secret_cache *cache,
                          const struct akv_id *id, struct akv_secret *secret,
                          struct akv_error *err)
{
    struct state *state = get_state(cache);
    struct entry *entry;
    bool ok = false;

    memset(secret, 0, sizeof(*secret));
    if (state == NULL)
        return akv_error_set(err, AKV_E_MEMORY, "no memory for a cache");
    (void)pthread_mutex_lock(&state->lock);
    (void)secret_cache_clean(cache, state);
    entry = secret_cache_find(state, id);
    if (entry == NULL)
        entry = secret_cache_add(cache, state, id, err);
    if (entry != NULL) {
        entry->refs++;
        ok = read_entry(state, entry, secret, err);
        secret_cache_release(entry);
        (void)secret_cache_clean(cache, state);
    }
    (void)pthread_mutex_unlock(&state->lock);
    return ok;
}

bool akv_secret_cache_set(struct akv_secret_cache *cache,
                          const struct akv_id *id, const void *value,
                          size_t len, const struct akv_secret_options *options,
                          struct akv_secret *secret, struct akv_error *err)
{
    bool ok =
        akv_secret_set(cache->client, id, value, len, options, secret, err);

    akv_secret_cache_forget(cache, id);
    return ok;
}

bool akv_secret_cache_delete(struct akv_secret_cache *cache,
                             const struct akv_id *id,
                             struct akv_properties *properties,
                             struct akv_error *err)
{
    bool ok = akv_object_delete(cache->client, id, properties, err);

    akv_secret_cache_forget(cache, id);
    return ok;
}

void akv_secret_cache_forget(struct akv_secret_cache *cache,
                             const struct akv_id *id)
{
    struct state *state = get_state(cache);

    if (state == NULL)
        return; /* there is none to forget */
    (void)pthread_mutex_lock(&state->lock);
    secret_cache_forget(state, id, NULL);
    (void)pthread_mutex_unlock(&state->lock);
}

size_t akv_secret_cache_expire(struct akv_secret_cache *cache)
{
    struct state *state = get_state(cache);
    size_t kept;

    if (state == NULL)
        return 0;
    (void)pthread_mutex_lock(&state->lock);
    kept = secret_cache_clean(cache, state);
    (void)pthread_mutex_unlock(&state->lock);
    return kept;
}
