/* SPDX-License-Identifier: Apache-2.0 */
#ifndef EMU_CONTROL_H
#define EMU_CONTROL_H

#include "emu.h"
#include "reply.h"
#include "request.h"

/* Serves the control socket: what a test asks of the emulator itself. */
void emu_control_serve(struct emu *emu, struct emu_request *req,
                       struct emu_reply *reply);

#endif
