/* SPDX-License-Identifier: Apache-2.0 */
#ifndef EMU_STORE_IMPL_H
#define EMU_STORE_IMPL_H

/* What the files of the store share; nobody else includes it. */

#include <pthread.h>

#include "store.h"

enum emu_state { EMU_STATE_LIVE, EMU_STATE_DELETED, EMU_STATE_PURGED };

struct emu_entry {
    char *name; /* owned, as it was first spelled */
    uint64_t order;
    struct emu_object **version; /* references, oldest first */
    size_t nversions;
    struct json_object *notes; /* owned; NULL: none */
    enum emu_state state;
    int64_t deleted;
    int64_t purge_at;
    int64_t settled_ms; /* until then the state is being changed */
    int64_t polls;      /* atomic; so many requests long, too */
};

struct emu_table {
    struct emu_entry **entry; /* owned, in a fixed order */
    size_t n;
};

struct emu_vault {
    char *name; /* owned */
    struct emu_vault_traits traits;
    struct emu_table table[EMU_KINDS];
    struct json_object *notes; /* owned; NULL: none */
};

struct emu_store {
    pthread_rwlock_t lock;
    struct emu_vault *vault; /* fixed once requests are served */
    size_t nvaults;
    struct emu_slowness slow;
    const char *dir; /* borrowed; NULL: kept in memory only */
};

/* All of these under the lock. */
struct emu_vault *emu_vault_find(const struct emu_store *store,
                                 const char *name);
struct emu_entry *emu_entry_find(const struct emu_store *store,
                                 const struct emu_place *at);
/* The entry, made if there is none. */
struct emu_entry *emu_entry_make(struct emu_store *store,
                                 const struct emu_place *at);
/* Forgets what is in it, but not its name. */
void emu_entry_clear(struct emu_entry *entry);
/* Takes the reference over. */
void emu_entry_push(struct emu_entry *entry, struct emu_object *obj);

/* With the purge date counted in. */
enum emu_state emu_entry_state(const struct emu_entry *entry);
/* False while the change to its state still shows as 404. */
bool emu_entry_settled(const struct emu_entry *entry);
/* Live and settled; counts as a poll. */
struct emu_entry *emu_entry_live(const struct emu_store *store,
                                 const struct emu_place *at);
/*
 * What stands in the way of adding a version or, if the name has to be absent,
 * of making it; EMU_DONE: nothing. Of a certificate, its key and secret count.
 */
enum emu_outcome emu_place_obstacle(const struct emu_store *store,
                                    const struct emu_place *at, bool absent);

/* All of the entry but its state; the caller puts it. */
struct json_object *emu_entry_to_json(const struct emu_entry *entry);
/* False, and an empty entry, unless it is what the other one wrote. */
bool emu_entry_from_json(struct emu_entry *entry, enum emu_kind kind,
                         struct json_object *json);

/* Into the state directory, if there is one. */
void emu_entry_save(const struct emu_store *store, const char *vault,
                    enum emu_kind kind, const struct emu_entry *entry);
void emu_vault_save(const struct emu_store *store,
                    const struct emu_vault *vault);

int64_t emu_monotonic_ms(void);

#endif
