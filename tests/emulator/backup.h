/* SPDX-License-Identifier: Apache-2.0 */
#ifndef EMU_BACKUP_H
#define EMU_BACKUP_H

#include "vault.h"

/* The blob for an exported object: opaque text, the caller frees it. */
char *emu_backup_seal(const struct emu_call *call, struct json_object *obj);

/*
 * The object in a blob of this kind, and of this emulator or one with the
 * same state directory; the caller puts it. NULL with the 400 in the reply.
 */
struct json_object *emu_backup_open(struct emu_call *call, const char *blob);

#endif
