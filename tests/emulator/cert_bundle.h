/* SPDX-License-Identifier: Apache-2.0 */
#ifndef EMU_CERT_BUNDLE_H
#define EMU_CERT_BUNDLE_H

#include "store.h"
#include "vault.h"

/* The members of a certificate's bundle, and of an item of a list. */
void emu_cert_add(const struct emu_call *call, struct json_object *json,
                  const struct emu_view *view);
void emu_cert_add_item(const struct emu_call *call, struct json_object *json,
                       const struct emu_object *cert, const char *id);

/* Adds the id to a policy, in front; takes the policy over. */
struct json_object *emu_cert_policy(const struct emu_call *call,
                                    const char *name,
                                    struct json_object *policy);

/* The public part of a pending operation, which stays the caller's. */
struct json_object *emu_cert_operation(const struct emu_call *call,
                                       struct json_object *pending);

#endif
