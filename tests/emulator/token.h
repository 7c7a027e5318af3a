/* SPDX-License-Identifier: Apache-2.0 */
#ifndef EMU_TOKEN_H
#define EMU_TOKEN_H

#include <stdbool.h>

#include "emu.h"
#include "reply.h"
#include "request.h"

/* The HTTPS half of Entra ID. False: the path is none of its. */
bool emu_token_serve(struct emu *emu, const struct emu_request *req,
                     struct emu_reply *reply);

#endif
