/* SPDX-License-Identifier: Apache-2.0 */
#ifndef EMU_RELEASE_TARGET_H
#define EMU_RELEASE_TARGET_H

#include <openssl/types.h>

#include "vault.h"

/* What an environment says of itself, in a token of an attestation service. */
struct emu_release_target {
    const char *token;          /* borrowed from the body */
    struct json_object *claims; /* owned */
    EVP_PKEY *key;              /* owned: what to wrap with; NULL: none */
};

/* The body's `target`; false with the 400 in the reply. */
bool emu_release_target_read(struct emu_call *call,
                             struct emu_release_target *target);
void emu_release_target_free(struct emu_release_target *target);

/*
 * Whether an authority of the seed file has signed it, and the release policy
 * of the key, if it has one, is met; false with the 403 in the reply.
 */
bool emu_release_target_check(struct emu_call *call,
                              const struct emu_release_target *target,
                              const struct emu_object *key);

#endif
