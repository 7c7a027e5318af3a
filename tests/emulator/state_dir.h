/* SPDX-License-Identifier: Apache-2.0 */
#ifndef EMU_STATE_DIR_H
#define EMU_STATE_DIR_H

#include <stdbool.h>

struct emu_identity;
struct emu_store;
struct json_object;

/* Makes the directory; false with a message. *fresh: nothing is in it yet. */
bool emu_state_open(const char *dir, bool *fresh);

/*
 * A file of JSON in the directory, by a name with slashes. Written under
 * another name, synced and renamed, so that it is there whole or not at all.
 */
bool emu_state_write(const char *dir, const char *name,
                     struct json_object *obj);
void emu_state_remove(const char *dir, const char *name);
/* NULL if there is none; the caller puts it. */
struct json_object *emu_state_read(const char *dir, const char *name);

/* Takes what is there into the store, and keeps it there from now on. */
bool emu_store_use_dir(struct emu_store *store, const char *dir);
/* The same for tenant, default client, secrets and keys. */
bool emu_identity_use_dir(struct emu_identity *identity, const char *dir);

#endif
