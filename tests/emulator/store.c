/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Vaults, what is in them and the versions of each. One rwlock guards the
 * tables; objects are immutable and counted, so they are used outside it.
 */

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <json-c/json.h>

#include "clock.h"
#include "ossl.h"
#include "store_impl.h"
#include "xmem.h"

static bool name_chars_ok(const char *name)
{
    return name[strspn(name, "0123456789abcdefghijklmnopqrstuvwxyz"
                             "ABCDEFGHIJKLMNOPQRSTUVWXYZ-")]
           == '\0';
}

bool emu_vault_name_ok(const char *name)
{
    size_t len = strlen(name);

    return len >= 3 && len <= 24 && name_chars_ok(name)
           && strstr(name, "--") == NULL;
}

bool emu_object_name_ok(const char *name)
{
    size_t len = strlen(name);

    return len >= 1 && len <= EMU_MAX_NAME && name_chars_ok(name);
}

void emu_view_free(struct emu_view *view)
{
    emu_object_free(view->obj);
    view->obj = NULL;
}

struct emu_store *emu_store_new(void)
{
    struct emu_store *store = emu_xcalloc(1, sizeof(*store));

    pthread_rwlock_init(&store->lock, NULL);
    return store;
}

void emu_entry_clear(struct emu_entry *entry)
{
    for (size_t i = 0; i < entry->nversions; i++)
        emu_object_free(entry->version[i]);
    free(entry->version);
    json_object_put(entry->notes);
    entry->version = NULL;
    entry->nversions = 0;
    entry->notes = NULL;
    entry->state = EMU_STATE_PURGED;
}

static void vault_free(struct emu_vault *vault)
{
    for (size_t kind = 0; kind < EMU_KINDS; kind++) {
        struct emu_table *table = &vault->table[kind];

        for (size_t i = 0; i < table->n; i++) {
            emu_entry_clear(table->entry[i]);
            free(table->entry[i]->name);
            free(table->entry[i]);
        }
        free(table->entry);
    }
    json_object_put(vault->notes);
    free(vault->traits.tenant);
    free(vault->name);
}

void emu_store_free(struct emu_store *store)
{
    if (store == NULL)
        return;
    for (size_t i = 0; i < store->nvaults; i++)
        vault_free(&store->vault[i]);
    free(store->vault);
    pthread_rwlock_destroy(&store->lock);
    free(store);
}

struct emu_vault *emu_vault_find(const struct emu_store *store,
                                 const char *name)
{
    for (size_t i = 0; i < store->nvaults; i++)
        if (strcasecmp(store->vault[i].name, name) == 0)
            return &store->vault[i];
    return NULL;
}

bool emu_store_add_vault(struct emu_store *store, const char *name)
{
    static const struct emu_vault_traits usual = { .soft_delete = true,
                                                   .recoverable_days = 7 };

    if (!emu_vault_name_ok(name))
        return false;
    if (emu_vault_find(store, name) != NULL)
        return true;
    store->vault =
        emu_xrealloc(store->vault, store->nvaults + 1, sizeof(*store->vault));
    store->vault[store->nvaults++] =
        (struct emu_vault){ .name = emu_xstrdup(name), .traits = usual };
    return true;
}

const char *emu_store_vault(const struct emu_store *store, size_t index)
{
    return index < store->nvaults ? store->vault[index].name : NULL;
}

const char *emu_store_default(const struct emu_store *store, bool hsm)
{
    for (size_t i = 0; i < store->nvaults; i++)
        if (store->vault[i].traits.hsm == hsm)
            return store->vault[i].name;
    return NULL;
}

const char *emu_store_find_vault(const struct emu_store *store,
                                 const char *name)
{
    const struct emu_vault *vault = emu_vault_find(store, name);

    return vault == NULL ? NULL : vault->name;
}

struct emu_vault_traits *emu_store_traits(struct emu_store *store,
                                          const char *vault)
{
    return &emu_vault_find(store, vault)->traits;
}

/* FNV-1a of the lower-case name: an order that is neither name nor time. */
static uint64_t order_of(const char *name)
{
    uint64_t h = 14695981039346656037u;

    for (; *name != '\0'; name++) {
        unsigned char c = (unsigned char)*name;

        h ^= c >= 'A' && c <= 'Z' ? c + 32u : c;
        h *= 1099511628211u;
    }
    return h;
}

static int compare(const struct emu_entry *entry, uint64_t order,
                   const char *name)
{
    if (entry->order != order)
        return entry->order < order ? -1 : 1;
    return strcasecmp(entry->name, name);
}

/* Index of the first entry that is not before the name. */
static size_t lower_bound(const struct emu_table *table, const char *name,
                          bool *found)
{
    uint64_t order = order_of(name);
    size_t low = 0;
    size_t high = table->n;

    while (low < high) {
        size_t mid = low + (high - low) / 2;

        if (compare(table->entry[mid], order, name) < 0)
            low = mid + 1;
        else
            high = mid;
    }
    *found = low < table->n && compare(table->entry[low], order, name) == 0;
    return low;
}

struct emu_entry *emu_entry_find(const struct emu_store *store,
                                 const struct emu_place *at)
{
    const struct emu_vault *vault = emu_vault_find(store, at->vault);
    const struct emu_table *table;
    bool found;
    size_t i;

    if (vault == NULL)
        return NULL;
    table = &vault->table[at->kind];
    i = lower_bound(table, at->name, &found);
    return found ? table->entry[i] : NULL;
}

struct emu_entry *emu_entry_make(struct emu_store *store,
                                 const struct emu_place *at)
{
    struct emu_table *table =
        &emu_vault_find(store, at->vault)->table[at->kind];
    bool found;
    size_t i = lower_bound(table, at->name, &found);
    struct emu_entry *entry;

    if (found)
        return table->entry[i];
    entry = emu_xcalloc(1, sizeof(*entry));
    entry->name = emu_xstrdup(at->name);
    entry->order = order_of(at->name);
    entry->state = EMU_STATE_PURGED;
    table->entry =
        emu_xrealloc(table->entry, table->n + 1, sizeof(struct emu_entry *));
    memmove(table->entry + i + 1, table->entry + i,
            (table->n - i) * sizeof(struct emu_entry *));
    table->entry[i] = entry;
    table->n++;
    return entry;
}

void emu_entry_push(struct emu_entry *entry, struct emu_object *obj)
{
    if (emu_entry_state(entry) != EMU_STATE_LIVE) {
        emu_entry_clear(entry);
        entry->state = EMU_STATE_LIVE;
        entry->settled_ms = 0;
        entry->polls = 0;
    }
    entry->version = emu_xrealloc(entry->version, entry->nversions + 1,
                                  sizeof(struct emu_object *));
    entry->version[entry->nversions++] = obj;
}

/* Index of the version, NULL: the latest; nversions if it is not there. */
static size_t find_version(const struct emu_entry *entry, const char *version)
{
    size_t i = 0;

    if (version == NULL)
        return entry->nversions - 1;
    while (i < entry->nversions
           && strcasecmp(entry->version[i]->version, version) != 0)
        i++;
    return i;
}

static void stamp(struct emu_entry *entry, struct emu_object *obj)
{
    strncpy(obj->name, entry->name, EMU_MAX_NAME);
    if (*obj->version == '\0')
        emu_hex_id(obj->version);
    if (obj->created == 0)
        obj->created = emu_now();
    obj->updated = emu_now();
    if (obj->kind == EMU_SECRETS && emu_entry_state(entry) == EMU_STATE_LIVE)
        obj->previous =
            emu_xstrdup(entry->version[entry->nversions - 1]->version);
}

enum emu_outcome emu_store_add(struct emu_store *store,
                               const struct emu_place *at,
                               struct emu_object *obj)
{
    struct emu_entry *entry;
    enum emu_outcome outcome;

    pthread_rwlock_wrlock(&store->lock);
    outcome = emu_place_obstacle(store, at, false);
    if (outcome == EMU_DONE) {
        entry = emu_entry_make(store, at);
        stamp(entry, obj);
        emu_entry_push(entry, emu_object_up_ref(obj));
        emu_entry_save(store, at->vault, at->kind, entry);
    }
    pthread_rwlock_unlock(&store->lock);
    return outcome;
}

enum emu_outcome emu_store_may_add(struct emu_store *store,
                                   const struct emu_place *at)
{
    enum emu_outcome outcome;

    pthread_rwlock_rdlock(&store->lock);
    outcome = emu_place_obstacle(store, at, false);
    pthread_rwlock_unlock(&store->lock);
    return outcome;
}

struct emu_object *emu_store_get(struct emu_store *store,
                                 const struct emu_place *at,
                                 const char *version)
{
    struct emu_object *obj = NULL;
    struct emu_entry *entry;

    pthread_rwlock_rdlock(&store->lock);
    entry = emu_entry_live(store, at);
    if (entry != NULL) {
        size_t i = find_version(entry, version);

        if (i < entry->nversions)
            obj = emu_object_up_ref(entry->version[i]);
    }
    pthread_rwlock_unlock(&store->lock);
    return obj;
}

struct emu_object *emu_store_peek(struct emu_store *store,
                                  const struct emu_place *at, bool deleted)
{
    enum emu_state wanted = deleted ? EMU_STATE_DELETED : EMU_STATE_LIVE;
    struct emu_object *obj = NULL;
    const struct emu_entry *entry;

    pthread_rwlock_rdlock(&store->lock);
    entry = emu_entry_find(store, at);
    if (entry != NULL && emu_entry_state(entry) == wanted
        && emu_entry_settled(entry))
        obj = emu_object_up_ref(entry->version[entry->nversions - 1]);
    pthread_rwlock_unlock(&store->lock);
    return obj;
}

struct emu_object *emu_store_update(struct emu_store *store,
                                    const struct emu_place *at,
                                    const char *version, emu_change_fn *change,
                                    void *arg)
{
    struct emu_object *obj = NULL;
    struct emu_object *old = NULL;
    struct emu_entry *entry;

    pthread_rwlock_wrlock(&store->lock);
    entry = emu_entry_live(store, at);
    if (entry != NULL) {
        size_t i = find_version(entry, version);

        if (i < entry->nversions) {
            old = entry->version[i];
            obj = emu_object_dup(old);
            change(obj, arg);
            obj->updated = emu_now();
            entry->version[i] = emu_object_up_ref(obj);
            emu_entry_save(store, at->vault, at->kind, entry);
        }
    }
    pthread_rwlock_unlock(&store->lock);
    emu_object_free(old);
    return obj;
}

static size_t list_names(const struct emu_table *table, bool deleted,
                         const char *marker, struct emu_view *out, size_t max)
{
    enum emu_state wanted = deleted ? EMU_STATE_DELETED : EMU_STATE_LIVE;
    size_t n = 0;
    size_t i = 0;
    bool found = false;

    if (marker != NULL)
        i = lower_bound(table, marker, &found);
    if (found)
        i++;
    for (; i < table->n && n < max; i++) {
        const struct emu_entry *entry = table->entry[i];

        if (emu_entry_state(entry) == wanted && emu_entry_settled(entry))
            out[n++] = (struct emu_view){
                emu_object_up_ref(entry->version[entry->nversions - 1]),
                deleted ? entry->deleted : EMU_NO_TIME,
                deleted ? entry->purge_at : EMU_NO_TIME
            };
    }
    return n;
}

static int compare_versions(const void *a, const void *b)
{
    const struct emu_object *const *left = a;
    const struct emu_object *const *right = b;

    return strcmp((*left)->version, (*right)->version);
}

/* Versions are random, so their own order will do. */
static size_t list_versions(const struct emu_entry *entry, const char *marker,
                            struct emu_view *out, size_t max)
{
    struct emu_object **sorted = emu_xcalloc(entry->nversions, sizeof(*sorted));
    size_t n = 0;

    memcpy(sorted, entry->version, entry->nversions * sizeof(*sorted));
    qsort(sorted, entry->nversions, sizeof(*sorted), compare_versions);
    for (size_t i = 0; i < entry->nversions && n < max; i++)
        if (marker == NULL || strcmp(sorted[i]->version, marker) > 0)
            out[n++] = (struct emu_view){ emu_object_up_ref(sorted[i]),
                                          EMU_NO_TIME, EMU_NO_TIME };
    free(sorted);
    return n;
}

size_t emu_store_list(struct emu_store *store, const struct emu_place *at,
                      bool deleted, const char *marker, struct emu_view *out,
                      size_t max)
{
    size_t n = 0;

    pthread_rwlock_rdlock(&store->lock);
    if (at->name == NULL) {
        n = list_names(&emu_vault_find(store, at->vault)->table[at->kind],
                       deleted, marker, out, max);
    } else {
        const struct emu_entry *entry = emu_entry_live(store, at);

        if (entry != NULL)
            n = list_versions(entry, marker, out, max);
    }
    pthread_rwlock_unlock(&store->lock);
    return n;
}
