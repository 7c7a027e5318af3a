/* SPDX-License-Identifier: Apache-2.0 */
#ifndef EMU_OBJECT_OPS_H
#define EMU_OBJECT_OPS_H

#include "vault.h"

/* What keys, secrets and certificates do alike. */
void emu_list_objects(struct emu_call *call);
void emu_list_object_versions(struct emu_call *call);
void emu_list_deleted_objects(struct emu_call *call);
void emu_delete_object(struct emu_call *call);
void emu_get_deleted_object(struct emu_call *call);
void emu_recover_object(struct emu_call *call);
void emu_purge_object(struct emu_call *call);
void emu_backup_object(struct emu_call *call);
void emu_restore_object(struct emu_call *call);

#endif
