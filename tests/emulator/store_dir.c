/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The store in a directory: vaults/NAME/KIND/OBJECT.json and, beside the
 * kinds, vault.json. Names are in lower case, since they are the same name.
 */

#include <ctype.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <json-c/json.h>

#include "jsonx.h"
#include "state_dir.h"
#include "store_impl.h"
#include "xmem.h"

static const char *const kinds[EMU_KINDS] = {
    [EMU_KEYS] = "keys", [EMU_SECRETS] = "secrets", [EMU_CERTS] = "certificates"
};

static char *lower(char *text)
{
    for (char *p = text; *p != '\0'; p++)
        *p = (char)tolower((unsigned char)*p);
    return text;
}

static const char *const states[] = { [EMU_STATE_LIVE] = "live",
                                      [EMU_STATE_DELETED] = "deleted",
                                      [EMU_STATE_PURGED] = "purged" };

void emu_entry_save(const struct emu_store *store, const char *vault,
                    enum emu_kind kind, const struct emu_entry *entry)
{
    struct json_object *json;
    char *name;

    if (store->dir == NULL)
        return;
    name = lower(
        emu_xasprintf("vaults/%s/%s/%s.json", vault, kinds[kind], entry->name));
    if (entry->nversions == 0) {
        emu_state_remove(store->dir, name);
    } else {
        json = emu_entry_to_json(entry);
        emu_json_add_str(json, "state", states[entry->state]);
        emu_json_add_int(json, "deleted", entry->deleted);
        emu_json_add_int(json, "purge_at", entry->purge_at);
        emu_state_write(store->dir, name, json);
        json_object_put(json);
    }
    free(name);
}

void emu_vault_save(const struct emu_store *store,
                    const struct emu_vault *vault)
{
    struct json_object *json;
    struct json_object *notes = NULL;
    char *name;

    if (store->dir == NULL)
        return;
    json = json_object_new_object();
    name = lower(emu_xasprintf("vaults/%s/vault.json", vault->name));
    emu_json_add_str(json, "name", vault->name);
    emu_json_add_bool(json, "hsm", vault->traits.hsm);
    emu_json_add_bool(json, "soft_delete", vault->traits.soft_delete);
    emu_json_add_bool(json, "purge_protection", vault->traits.purge_protected);
    emu_json_add_int(json, "recoverable_days", vault->traits.recoverable_days);
    if (vault->traits.tenant != NULL)
        emu_json_add_str(json, "tenant", vault->traits.tenant);
    if (vault->notes != NULL
        && json_object_deep_copy(vault->notes, &notes, NULL) == 0)
        json_object_object_add(json, "notes", notes);
    emu_state_write(store->dir, name, json);
    json_object_put(json);
    free(name);
}

static bool load_entry(struct emu_store *store, const char *path,
                       const struct emu_place *where)
{
    struct json_object *json = emu_state_read(store->dir, path);
    struct emu_place at = *where;
    const char *state = emu_json_str(json, "state");
    struct emu_entry *entry;
    bool ok = false;

    at.name = emu_json_str(json, "name");
    if (at.name != NULL && emu_object_name_ok(at.name) && state != NULL) {
        entry = emu_entry_make(store, &at);
        ok = emu_entry_from_json(entry, at.kind, json);
        for (size_t i = 0; i < entry->nversions; i++)
            snprintf(entry->version[i]->name, sizeof(entry->version[i]->name),
                     "%s", entry->name);
        emu_json_int(emu_json_get(json, "deleted"), &entry->deleted);
        emu_json_int(emu_json_get(json, "purge_at"), &entry->purge_at);
        if (ok && strcmp(state, states[EMU_STATE_DELETED]) == 0)
            entry->state = EMU_STATE_DELETED;
    }
    json_object_put(json);
    if (!ok)
        fprintf(stderr, "akv-emulator: --dir: %s/%s cannot be used\n",
                store->dir, path);
    return ok;
}

static bool load_kind(struct emu_store *store, const char *folder,
                      const struct emu_place *at)
{
    char *relative = emu_xasprintf("vaults/%s/%s", folder, kinds[at->kind]);
    char *path = emu_xasprintf("%s/%s", store->dir, relative);
    DIR *dir = opendir(path);
    const struct dirent *item;
    bool ok = true;

    while (ok && dir != NULL && (item = readdir(dir)) != NULL) {
        size_t len = strlen(item->d_name);
        char *file;

        if (len < 6 || strcmp(item->d_name + len - 5, ".json") != 0)
            continue; /* what a crash has left half-written */
        file = emu_xasprintf("%s/%s", relative, item->d_name);
        ok = load_entry(store, file, at);
        free(file);
    }
    if (dir != NULL)
        closedir(dir);
    free(relative);
    free(path);
    return ok;
}

static void load_traits(struct emu_vault_traits *traits,
                        struct json_object *json)
{
    const char *tenant = emu_json_str(json, "tenant");
    int64_t days = 7;

    traits->hsm = json_object_get_boolean(emu_json_get(json, "hsm"));
    traits->soft_delete =
        json_object_get_boolean(emu_json_get(json, "soft_delete"));
    traits->purge_protected =
        json_object_get_boolean(emu_json_get(json, "purge_protection"));
    emu_json_int(emu_json_get(json, "recoverable_days"), &days);
    traits->recoverable_days = (int)days;
    if (tenant != NULL && traits->tenant == NULL)
        traits->tenant = emu_xstrdup(tenant);
}

static bool load_vault(struct emu_store *store, const char *folder)
{
    char *file = emu_xasprintf("vaults/%s/vault.json", folder);
    struct json_object *json = emu_state_read(store->dir, file);
    const char *name = emu_json_str(json, "name");
    struct emu_place at = { .vault = name };
    bool ok = name != NULL && emu_store_add_vault(store, name);

    if (ok) {
        struct emu_vault *vault = emu_vault_find(store, name);

        load_traits(&vault->traits, json);
        if (emu_json_get(json, "notes") != NULL && vault->notes == NULL)
            json_object_deep_copy(emu_json_get(json, "notes"), &vault->notes,
                                  NULL);
    }
    for (at.kind = EMU_KEYS; ok && at.kind < EMU_KINDS; at.kind++)
        ok = load_kind(store, folder, &at);
    json_object_put(json);
    free(file);
    return ok;
}

bool emu_store_use_dir(struct emu_store *store, const char *path)
{
    char *vaults = emu_xasprintf("%s/vaults", path);
    DIR *dir = opendir(vaults);
    const struct dirent *item;
    bool ok = true;

    store->dir = path;
    while (ok && dir != NULL && (item = readdir(dir)) != NULL)
        if (item->d_name[0] != '.')
            ok = load_vault(store, item->d_name);
    if (dir != NULL)
        closedir(dir);
    free(vaults);
    return ok;
}

void emu_store_save_vaults(struct emu_store *store)
{
    for (size_t i = 0; i < store->nvaults; i++)
        emu_vault_save(store, &store->vault[i]);
}
