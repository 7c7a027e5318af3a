/* SPDX-License-Identifier: Apache-2.0 */

/*
 * JSON that goes with a name or a vault, and the JSON that a whole name is
 * when it leaves the store: as a backup, or for the state directory.
 */

#include <stdio.h>

#include <json-c/json.h>

#include "jsonx.h"
#include "store_impl.h"

/* The notes of the entry or, without a name, of the vault; NULL: no entry. */
static struct json_object **notes_at(struct emu_store *store,
                                     const struct emu_place *at,
                                     enum emu_state state)
{
    struct emu_entry *entry;

    if (at->name == NULL)
        return &emu_vault_find(store, at->vault)->notes;
    entry = emu_entry_find(store, at);
    if (entry == NULL || emu_entry_state(entry) != state)
        return NULL;
    return &entry->notes;
}

static struct json_object *get_note(struct emu_store *store,
                                    const struct emu_place *at,
                                    const char *note, enum emu_state state)
{
    struct json_object *copy = NULL;
    struct json_object **notes;
    struct json_object *value;

    pthread_rwlock_rdlock(&store->lock);
    notes = notes_at(store, at, state);
    value = notes == NULL ? NULL : emu_json_get(*notes, note);
    if (value != NULL)
        json_object_deep_copy(value, &copy, NULL);
    pthread_rwlock_unlock(&store->lock);
    return copy;
}

struct json_object *emu_store_get_note(struct emu_store *store,
                                       const struct emu_place *at,
                                       const char *note)
{
    return get_note(store, at, note, EMU_STATE_LIVE);
}

struct json_object *emu_store_get_deleted_note(struct emu_store *store,
                                               const struct emu_place *at,
                                               const char *note)
{
    return get_note(store, at, note, EMU_STATE_DELETED);
}

bool emu_store_set_note(struct emu_store *store, const struct emu_place *at,
                        const char *note, struct json_object *value)
{
    struct json_object **notes;

    pthread_rwlock_wrlock(&store->lock);
    notes = notes_at(store, at, EMU_STATE_LIVE);
    if (notes != NULL) {
        if (*notes == NULL)
            *notes = json_object_new_object();
        if (value == NULL)
            json_object_object_del(*notes, note);
        else
            json_object_object_add(*notes, note, value);
        if (at->name == NULL)
            emu_vault_save(store, emu_vault_find(store, at->vault));
        else
            emu_entry_save(store, at->vault, at->kind,
                           emu_entry_find(store, at));
    } else {
        json_object_put(value);
    }
    pthread_rwlock_unlock(&store->lock);
    return notes != NULL;
}

struct json_object *emu_entry_to_json(const struct emu_entry *entry)
{
    struct json_object *json = json_object_new_object();
    struct json_object *list = json_object_new_array();
    struct json_object *notes = NULL;

    emu_json_add_str(json, "name", entry->name);
    for (size_t i = 0; i < entry->nversions; i++)
        json_object_array_add(list, emu_object_to_json(entry->version[i]));
    json_object_object_add(json, "versions", list);
    if (entry->notes != NULL
        && json_object_deep_copy(entry->notes, &notes, NULL) == 0)
        json_object_object_add(json, "notes", notes);
    return json;
}

bool emu_entry_from_json(struct emu_entry *entry, enum emu_kind kind,
                         struct json_object *json)
{
    struct json_object *list = emu_json_get(json, "versions");
    struct json_object *notes = emu_json_get(json, "notes");

    if (!json_object_is_type(list, json_type_array)
        || json_object_array_length(list) == 0)
        return false;
    for (size_t i = 0; i < json_object_array_length(list); i++) {
        struct emu_object *obj =
            emu_object_from_json(kind, json_object_array_get_idx(list, i));

        if (obj == NULL) {
            emu_entry_clear(entry);
            return false;
        }
        emu_entry_push(entry, obj); /* its own now */
    }
    if (notes != NULL)
        json_object_deep_copy(notes, &entry->notes, NULL);
    return true;
}

static struct json_object *export_one(const struct emu_store *store,
                                      const struct emu_place *at)
{
    const struct emu_entry *entry = emu_entry_live(store, at);

    return entry == NULL ? NULL : emu_entry_to_json(entry);
}

struct json_object *emu_store_export(struct emu_store *store,
                                     const struct emu_place *at)
{
    struct emu_place other = *at;
    struct json_object *json;

    pthread_rwlock_rdlock(&store->lock);
    json = export_one(store, at);
    if (json != NULL && at->kind == EMU_CERTS) {
        static const char *const names[] = { "key", "secret" };

        for (other.kind = EMU_KEYS; other.kind < EMU_CERTS; other.kind++)
            json_object_object_add(json, names[other.kind],
                                   export_one(store, &other));
    }
    pthread_rwlock_unlock(&store->lock);
    return json;
}

static enum emu_outcome import_one(struct emu_store *store,
                                   const struct emu_place *at,
                                   struct json_object *json,
                                   struct emu_object **obj)
{
    struct emu_entry *entry = emu_entry_make(store, at);

    if (!emu_entry_from_json(entry, at->kind, json))
        return EMU_ABSENT;
    for (size_t i = 0; i < entry->nversions; i++)
        snprintf(entry->version[i]->name, sizeof(entry->version[i]->name), "%s",
                 entry->name);
    emu_entry_save(store, at->vault, at->kind, entry);
    if (obj != NULL)
        *obj = emu_object_up_ref(entry->version[entry->nversions - 1]);
    return EMU_DONE;
}

enum emu_outcome emu_store_import(struct emu_store *store,
                                  const struct emu_place *at,
                                  struct json_object *json,
                                  struct emu_object **obj)
{
    static const char *const names[] = { "key", "secret" };
    struct emu_place other = *at;
    enum emu_outcome outcome;

    pthread_rwlock_wrlock(&store->lock);
    outcome = emu_place_obstacle(store, at, true);
    if (outcome == EMU_DONE)
        outcome = import_one(store, at, json, obj);
    if (outcome == EMU_DONE && at->kind == EMU_CERTS)
        for (other.kind = EMU_KEYS; other.kind < EMU_CERTS; other.kind++)
            if (emu_json_get(json, names[other.kind]) != NULL)
                import_one(store, &other, emu_json_get(json, names[other.kind]),
                           NULL);
    pthread_rwlock_unlock(&store->lock);
    return outcome;
}
