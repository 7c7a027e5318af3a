/* SPDX-License-Identifier: Apache-2.0 */
#ifndef EMU_CERT_STORE_H
#define EMU_CERT_STORE_H

#include "cert_content.h"
#include "store.h"
#include "vault.h"

/* A certificate that is ready to go into the store. */
struct emu_new_cert {
    struct emu_cert_parts *parts; /* key and certificates; borrowed */
    struct emu_material *mat;     /* of the same key; borrowed */
    struct json_object *policy;   /* borrowed */
    const char *version;          /* NULL: a new one */
    char *tags;                   /* owned by the store then; NULL: none */
    bool enabled;
    bool preserve_order;
};

/*
 * Puts certificate, key and secret into the store, with the policy. True, and
 * *cert a reference; false with the error in the reply.
 */
bool emu_cert_store(struct emu_call *call, const struct emu_new_cert *new_cert,
                    struct emu_object **cert);

/* Whether the name is free for a certificate; false with the 409 made. */
bool emu_cert_name_free(struct emu_call *call);

#endif
