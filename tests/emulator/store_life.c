/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Soft delete. A name is live, deleted or purged; a change from one to the
 * next may show as 404 for a while first (POST /slow-delete), as it does in
 * the service. A certificate takes its key and its secret with it.
 */

#include <time.h>

#include "clock.h"
#include "store_impl.h"

#define DAY INT64_C(86400)

int64_t emu_monotonic_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

enum emu_state emu_entry_state(const struct emu_entry *entry)
{
    if (entry->state == EMU_STATE_DELETED && entry->purge_at <= emu_now())
        return EMU_STATE_PURGED;
    return entry->state;
}

bool emu_entry_settled(const struct emu_entry *entry)
{
    return __atomic_load_n(&entry->polls, __ATOMIC_RELAXED) <= 0
           && entry->settled_ms <= emu_monotonic_ms();
}

/* For a request that asks for it, which counts as a poll. */
static bool poll_entry(struct emu_entry *entry)
{
    if (emu_entry_settled(entry))
        return true;
    __atomic_sub_fetch(&entry->polls, 1, __ATOMIC_RELAXED);
    return false;
}

/* An entry and what it is, which it does not know itself. */
struct part {
    struct emu_entry *entry;
    enum emu_kind kind;
};

/* The entry and, of a certificate, those of its key and secret; how many. */
static size_t companions(const struct emu_store *store,
                         const struct emu_place *at, struct part out[EMU_KINDS])
{
    struct emu_place other = *at;
    size_t n = 0;

    out[n] = (struct part){ emu_entry_find(store, at), at->kind };
    if (out[n].entry == NULL)
        return 0;
    n++;
    if (at->kind != EMU_CERTS)
        return n;
    for (other.kind = EMU_KEYS; other.kind < EMU_CERTS; other.kind++) {
        struct emu_entry *entry = emu_entry_find(store, &other);

        if (entry != NULL && entry->nversions > 0
            && entry->version[entry->nversions - 1]->managed)
            out[n++] = (struct part){ entry, other.kind };
    }
    return n;
}

/* A poll of a certificate is one of its key and secret: they go with it. */
static bool poll_place(const struct emu_store *store,
                       const struct emu_place *at)
{
    struct part part[EMU_KINDS];
    size_t n = companions(store, at, part);

    for (size_t i = 1; i < n; i++)
        poll_entry(part[i].entry);
    return n > 0 && poll_entry(part[0].entry);
}

struct emu_entry *emu_entry_live(const struct emu_store *store,
                                 const struct emu_place *at)
{
    struct emu_entry *entry = emu_entry_find(store, at);

    if (entry == NULL || emu_entry_state(entry) != EMU_STATE_LIVE
        || !poll_place(store, at))
        return NULL;
    return entry;
}

/*
 * A try to use the name counts as a poll, unless it is deleted: that cannot
 * succeed however often it is tried.
 */
static enum emu_outcome entry_obstacle(struct emu_entry *entry)
{
    switch (emu_entry_state(entry)) {
    case EMU_STATE_LIVE:
        return poll_entry(entry) ? EMU_DONE : EMU_IN_RECOVERY;
    case EMU_STATE_DELETED:
        return emu_entry_settled(entry) ? EMU_DELETED : EMU_IN_DELETION;
    case EMU_STATE_PURGED:
        break;
    }
    return poll_entry(entry) ? EMU_DONE : EMU_IN_DELETION;
}

enum emu_outcome emu_place_obstacle(const struct emu_store *store,
                                    const struct emu_place *at, bool absent)
{
    struct emu_place part = *at;
    enum emu_outcome first = EMU_DONE;

    if (at->kind == EMU_CERTS)
        part.kind = EMU_KEYS;
    /* All of them, as the try is one poll of each. */
    for (; part.kind <= at->kind; part.kind++) {
        struct emu_entry *entry = emu_entry_find(store, &part);
        enum emu_outcome outcome = EMU_DONE;

        if (entry != NULL)
            outcome = entry_obstacle(entry);
        if (entry != NULL && outcome == EMU_DONE && absent
            && emu_entry_state(entry) == EMU_STATE_LIVE)
            outcome = EMU_LIVE;
        if (first == EMU_DONE)
            first = outcome;
    }
    return first;
}

/* The change of a certificate begins at one time for all its parts. */
static void begin_change(const struct emu_store *store,
                         const struct emu_vault *vault, struct emu_entry *entry,
                         enum emu_state state, int64_t now_ms)
{
    entry->state = state;
    entry->settled_ms = 0;
    entry->polls = 0;
    if (vault->traits.hsm) /* it is quick */
        return;
    if (store->slow.ms > 0)
        entry->settled_ms = now_ms + store->slow.ms;
    entry->polls = store->slow.polls;
}

static void save(const struct emu_store *store, const struct emu_place *at,
                 const struct part *part)
{
    emu_entry_save(store, at->vault, part->kind, part->entry);
}

static struct emu_view view_of(const struct emu_entry *entry, bool deleted)
{
    return (struct emu_view){ emu_object_up_ref(
                                  entry->version[entry->nversions - 1]),
                              deleted ? entry->deleted : EMU_NO_TIME,
                              deleted ? entry->purge_at : EMU_NO_TIME };
}

enum emu_outcome emu_store_delete(struct emu_store *store,
                                  const struct emu_place *at,
                                  struct emu_view *view)
{
    struct part part[EMU_KINDS];
    int64_t now_ms = emu_monotonic_ms();
    struct emu_vault *vault;
    size_t n = 0;

    pthread_rwlock_wrlock(&store->lock);
    vault = emu_vault_find(store, at->vault);
    if (emu_entry_live(store, at) != NULL)
        n = companions(store, at, part);
    if (n > 0 && !vault->traits.soft_delete)
        *view = view_of(part[0].entry, false);
    for (size_t i = 0; i < n; i++) {
        part[i].entry->deleted = emu_now();
        part[i].entry->purge_at =
            part[i].entry->deleted + vault->traits.recoverable_days * DAY;
        if (vault->traits.soft_delete)
            begin_change(store, vault, part[i].entry, EMU_STATE_DELETED,
                         now_ms);
        else
            emu_entry_clear(part[i].entry);
        save(store, at, &part[i]);
    }
    if (n > 0 && vault->traits.soft_delete)
        *view = view_of(part[0].entry, true);
    pthread_rwlock_unlock(&store->lock);
    return n > 0 ? EMU_DONE : EMU_ABSENT;
}

/* Deleted, and settled: counts as a poll. */
static struct emu_entry *find_deleted(const struct emu_store *store,
                                      const struct emu_place *at)
{
    struct emu_entry *entry = emu_entry_find(store, at);

    if (entry == NULL || emu_entry_state(entry) != EMU_STATE_DELETED
        || !poll_place(store, at))
        return NULL;
    return entry;
}

enum emu_outcome emu_store_get_deleted(struct emu_store *store,
                                       const struct emu_place *at,
                                       struct emu_view *view)
{
    const struct emu_entry *entry;

    pthread_rwlock_rdlock(&store->lock);
    entry = find_deleted(store, at);
    if (entry != NULL)
        *view = view_of(entry, true);
    pthread_rwlock_unlock(&store->lock);
    return entry == NULL ? EMU_ABSENT : EMU_DONE;
}

enum emu_outcome emu_store_recover(struct emu_store *store,
                                   const struct emu_place *at,
                                   struct emu_view *view)
{
    enum emu_outcome outcome = EMU_ABSENT;
    int64_t now_ms = emu_monotonic_ms();
    struct part part[EMU_KINDS];
    struct emu_entry *found;

    pthread_rwlock_wrlock(&store->lock);
    found = emu_entry_find(store, at);
    if (found != NULL && emu_entry_state(found) == EMU_STATE_LIVE) {
        outcome = EMU_LIVE;
    } else if ((found = find_deleted(store, at)) != NULL) {
        size_t n = companions(store, at, part);

        for (size_t i = 0; i < n; i++) {
            begin_change(store, emu_vault_find(store, at->vault), part[i].entry,
                         EMU_STATE_LIVE, now_ms);
            save(store, at, &part[i]);
        }
        *view = view_of(found, false);
        outcome = EMU_DONE;
    }
    pthread_rwlock_unlock(&store->lock);
    return outcome;
}

enum emu_outcome emu_store_purge(struct emu_store *store,
                                 const struct emu_place *at)
{
    enum emu_outcome outcome = EMU_ABSENT;
    int64_t now_ms = emu_monotonic_ms();
    struct part part[EMU_KINDS];
    struct emu_vault *vault;

    pthread_rwlock_wrlock(&store->lock);
    vault = emu_vault_find(store, at->vault);
    if (find_deleted(store, at) == NULL) {
        outcome = EMU_ABSENT;
    } else if (vault->traits.purge_protected) {
        outcome = EMU_PURGE_REFUSED;
    } else {
        size_t n = companions(store, at, part);

        for (size_t i = 0; i < n; i++) {
            emu_entry_clear(part[i].entry);
            begin_change(store, vault, part[i].entry, EMU_STATE_PURGED, now_ms);
            save(store, at, &part[i]);
        }
        outcome = EMU_DONE;
    }
    pthread_rwlock_unlock(&store->lock);
    return outcome;
}

void emu_store_set_slowness(struct emu_store *store,
                            const struct emu_slowness *slow)
{
    pthread_rwlock_wrlock(&store->lock);
    store->slow = *slow;
    pthread_rwlock_unlock(&store->lock);
}

void emu_store_get_slowness(struct emu_store *store, struct emu_slowness *slow)
{
    pthread_rwlock_rdlock(&store->lock);
    *slow = store->slow;
    pthread_rwlock_unlock(&store->lock);
}
