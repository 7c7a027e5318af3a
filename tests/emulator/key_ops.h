/* SPDX-License-Identifier: Apache-2.0 */
#ifndef EMU_KEY_OPS_H
#define EMU_KEY_OPS_H

#include "keystore.h"
#include "vault.h"

/* Handlers of the operations on keys that are not cryptography. */
void emu_create_key(struct emu_call *call);
void emu_import_key(struct emu_call *call);
void emu_get_key(struct emu_call *call);
void emu_update_key(struct emu_call *call);
void emu_list_keys(struct emu_call *call);
void emu_list_key_versions(struct emu_call *call);

/* The id of a key, with its version if asked; the caller frees it. */
char *emu_key_id(const struct emu_call *call, const struct emu_key *key,
                 bool with_version);

/* The key that the call names; NULL with the 404 in the reply. */
struct emu_key *emu_find_key(struct emu_call *call);

#endif
