/* SPDX-License-Identifier: Apache-2.0 */
#ifndef EMU_CERT_PENDING_H
#define EMU_CERT_PENDING_H

#include "object.h"
#include "vault.h"

/* A certificate that has been asked for. */
struct emu_cert_order {
    struct json_object *policy;     /* complete; borrowed */
    const struct emu_material *mat; /* borrowed */
    const struct emu_object *like;  /* enabled, tags, order; borrowed */
};

/* Begins the operation, or does it at once; the reply is made. */
void emu_cert_begin(struct emu_call *call, const struct emu_cert_order *order);

/* Whether an operation is under way. */
bool emu_cert_is_pending(const struct emu_call *call);

#endif
