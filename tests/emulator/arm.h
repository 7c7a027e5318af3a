/* SPDX-License-Identifier: Apache-2.0 */
#ifndef EMU_ARM_H
#define EMU_ARM_H

#include <stdbool.h>

#include "emu.h"
#include "reply.h"
#include "request.h"

/* What "az login" asks the management plane, which is not emulated besides:
 * which tenants and subscriptions there are. False: the path is none of its. */
bool emu_arm_serve(struct emu *emu, const struct emu_request *req,
                   struct emu_reply *reply);

#endif
