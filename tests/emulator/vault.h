/* SPDX-License-Identifier: Apache-2.0 */
#ifndef EMU_VAULT_H
#define EMU_VAULT_H

#include "api_version.h"
#include "emu.h"
#include "reply.h"
#include "request.h"
#include "route.h"
#include "store.h"

struct emu_principal;
struct json_object;

/* One call of the REST interface on its way through the checks. */
struct emu_call {
    struct emu *emu; /* borrowed, like all but the body */
    const struct emu_request *req;
    struct emu_reply *reply;
    const struct emu_operation *op; /* NULL: none of ours */
    const char *vault;              /* the stored spelling */
    const struct emu_vault_traits *traits;
    const char *name;    /* NULL: the whole collection */
    const char *version; /* NULL: the latest */
    enum emu_api api;
    const struct emu_principal *caller; /* NULL with --auth off */
    bool claims_met;                    /* by its token */
    bool empty_page; /* a fault: the list goes on behind an empty page */
    struct json_object *body; /* owned by emu_vault_serve() */
};

/* Serves any request that is not for the identity endpoints. */
void emu_vault_serve(struct emu *emu, const struct emu_request *req,
                     struct emu_reply *reply);

#endif
