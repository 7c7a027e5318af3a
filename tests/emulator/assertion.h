/* SPDX-License-Identifier: Apache-2.0 */
#ifndef EMU_ASSERTION_H
#define EMU_ASSERTION_H

#include <stdbool.h>

#include "form.h"
#include "identity.h"
#include "reply.h"
#include "request.h"

/*
 * The client_assertion of a token request: signed with the certificate of the
 * application, or a token of the issuer that it trusts. False, with the error
 * in the reply, if it is not good.
 */
bool emu_assertion_check(const struct emu_principal *principal,
                         const struct emu_request *req,
                         const struct emu_form *form, struct emu_reply *reply);

#endif
