/* SPDX-License-Identifier: Apache-2.0 */
#ifndef EMU_SCOPE_H
#define EMU_SCOPE_H

#include "emu.h"
#include "form.h"
#include "reply.h"

/* Which resource a form asks a token for, by "scope" (v2.0) or by "resource"
 * (v1). The caller frees it; NULL, with the reply made, if it is refused. */
char *emu_scope_v2(struct emu *emu, const struct emu_form *form,
                   struct emu_reply *reply);
char *emu_scope_v1(struct emu *emu, const struct emu_form *form,
                   struct emu_reply *reply);

#endif
