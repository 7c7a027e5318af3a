/* SPDX-License-Identifier: Apache-2.0 */
#ifndef EMU_THROTTLE_H
#define EMU_THROTTLE_H

#include <stdbool.h>

#include "vault.h"

/* What vaults have used up of what the service lets them do in 10 seconds. */
struct emu_throttle;

struct emu_throttle *emu_throttle_new(void);
void emu_throttle_free(struct emu_throttle *throttle);

/* False if the call is one too many. scale: of all limits, 1 is the service. */
bool emu_throttle_take(struct emu_throttle *throttle,
                       const struct emu_call *call, double scale);

#endif
