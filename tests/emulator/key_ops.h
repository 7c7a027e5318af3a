/* SPDX-License-Identifier: Apache-2.0 */
#ifndef EMU_KEY_OPS_H
#define EMU_KEY_OPS_H

#include "vault.h"

/* What only keys do, but for cryptography. */
void emu_create_key(struct emu_call *call);
void emu_import_key(struct emu_call *call);
void emu_get_key(struct emu_call *call);
void emu_update_key(struct emu_call *call);
void emu_random_bytes(struct emu_call *call);

#endif
