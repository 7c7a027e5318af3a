/* SPDX-License-Identifier: Apache-2.0 */
#ifndef EMU_AUTH_H
#define EMU_AUTH_H

#include <stdbool.h>

struct emu_call;
struct emu_request;

/* Borrowed from the request; NULL: it has none. */
const char *emu_bearer_token(const struct emu_request *req);

/* False, with a 401 in the reply, unless the token is good. */
bool emu_auth_check(struct emu_call *call);

/* A 401 that asks for a token with other claims. */
void emu_auth_claims_challenge(struct emu_call *call);

/* What belongs to every 401, unless a fault has brought its own. */
void emu_auth_challenge(struct emu_call *call);

#endif
