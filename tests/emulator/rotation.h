/* SPDX-License-Identifier: Apache-2.0 */
#ifndef EMU_ROTATION_H
#define EMU_ROTATION_H

#include "vault.h"

void emu_rotate_key(struct emu_call *call);
void emu_get_rotation_policy(struct emu_call *call);
void emu_update_rotation_policy(struct emu_call *call);

/* Rotates the key of the call if its policy says that it is time. */
void emu_rotate_if_due(struct emu_call *call);

#endif
