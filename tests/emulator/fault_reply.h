/* SPDX-License-Identifier: Apache-2.0 */
#ifndef EMU_FAULT_REPLY_H
#define EMU_FAULT_REPLY_H

#include "fault_rules.h"
#include "reply.h"

/* Puts an injected status, its error body and headers into the reply. */
void emu_fault_status(const struct emu_action *action, struct emu_reply *reply);
/* The same in the form that Entra ID has. */
void emu_fault_status_identity(const struct emu_action *action,
                               struct emu_reply *reply);
/* Spoils the body as the action says. */
void emu_fault_body(const struct emu_action *action, struct emu_reply *reply);
/* Spoils members of a JSON body; what is not there stays away. */
void emu_fault_fields(const struct emu_action *action, struct emu_reply *reply);

#endif
