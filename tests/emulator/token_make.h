/* SPDX-License-Identifier: Apache-2.0 */
#ifndef EMU_TOKEN_MAKE_H
#define EMU_TOKEN_MAKE_H

#include <stdbool.h>
#include <stdint.h>

#include "emu.h"

struct emu_principal;
struct json_object;

/* Seconds for which a token is good, as Entra ID usually says. */
#define EMU_TOKEN_LIFE 3599

struct emu_token_spec {
    const char *tenant;
    const char *audience;
    int64_t now;
    bool claims_met; /* was asked for with the claims of a challenge */
};

/* The caller frees it; NULL: OpenSSL. Counts it. */
char *emu_token_make(struct emu *emu, const struct emu_principal *principal,
                     const struct emu_token_spec *spec);

/* The members of a v1 reply, which are texts. */
void emu_token_add_times(struct json_object *obj, int64_t now);

/* Whether there are tokens for it; the vault accepts only its own. */
bool emu_token_resource_known(const struct emu *emu, const char *resource);

#endif
