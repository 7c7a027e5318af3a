/* SPDX-License-Identifier: Apache-2.0 */
#ifndef EMU_MANAGED_IDENTITY_H
#define EMU_MANAGED_IDENTITY_H

#include "emu.h"
#include "reply.h"
#include "request.h"

/*
 * Tokens for whoever runs on the machine, over plain HTTP: IMDS, App Service,
 * Azure Arc and Cloud Shell.
 */
void emu_managed_identity_serve(struct emu *emu, struct emu_request *req,
                                struct emu_reply *reply);

#endif
