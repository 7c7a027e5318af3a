/* SPDX-License-Identifier: Apache-2.0 */
#ifndef EMU_SETTINGS_H
#define EMU_SETTINGS_H

#include <stdbool.h>

#include "object.h"
#include "reply.h"

struct json_object;

/*
 * Puts what a create, import or update body says into the settings: key_ops
 * of the first object (NULL: none), attributes and tags of the second. What is
 * absent stays as it is. False with the 400 in the reply.
 */
bool emu_settings_read(struct emu_reply *reply, struct json_object *with_ops,
                       struct json_object *body, struct emu_settings *settings);

/* The same for the release_policy of a key. */
bool emu_release_policy_read(struct emu_reply *reply, struct json_object *body,
                             struct emu_settings *settings);
/* What it says, for the caller to put; NULL if there is none. */
struct json_object *
emu_release_policy_rules(const struct emu_settings *settings);
/* Whether it may not be changed any more. */
bool emu_release_policy_fixed(const struct emu_settings *settings);

#endif
