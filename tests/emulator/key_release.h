/* SPDX-License-Identifier: Apache-2.0 */
#ifndef EMU_KEY_RELEASE_H
#define EMU_KEY_RELEASE_H

#include "vault.h"

void emu_release_key(struct emu_call *call);
void emu_get_key_attestation(struct emu_call *call);

#endif
