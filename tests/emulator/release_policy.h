/* SPDX-License-Identifier: Apache-2.0 */
#ifndef EMU_RELEASE_POLICY_H
#define EMU_RELEASE_POLICY_H

#include <stdbool.h>

struct json_object;

/*
 * A policy of the service's grammar: {"version":"1.0.0","anyOf":[{"authority":
 * URL,"anyOf" or "allOf":[CONDITION...]}...]}, a condition being such a list
 * again or {"claim":NAME,"equals":VALUE}. The same in the service's own words,
 * as which the caller puts it; NULL if it is none.
 */
struct json_object *emu_release_rules(struct json_object *policy);

/*
 * Whether one of the policy's authorities is the issuer and its conditions
 * hold for the claims. A claim that is not there is not equal to anything.
 */
bool emu_release_allowed(struct json_object *rules, const char *issuer,
                         struct json_object *claims);

/* The same URL but for a slash at the end. */
bool emu_same_authority(const char *a, const char *b);

#endif
