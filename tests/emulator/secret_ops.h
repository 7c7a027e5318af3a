/* SPDX-License-Identifier: Apache-2.0 */
#ifndef EMU_SECRET_OPS_H
#define EMU_SECRET_OPS_H

#include "vault.h"

/* What only secrets do. */
void emu_set_secret(struct emu_call *call);
void emu_get_secret(struct emu_call *call);
void emu_update_secret(struct emu_call *call);

#endif
