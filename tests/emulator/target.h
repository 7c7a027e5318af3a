/* SPDX-License-Identifier: Apache-2.0 */
#ifndef EMU_TARGET_H
#define EMU_TARGET_H

#include <stdbool.h>
#include <stddef.h>

#define EMU_MAX_SEGMENTS 8
#define EMU_MAX_PARAMS 16

struct emu_param {
    char *name;
    char *value;
};

/*
 * A request target taken apart: empty path segments are dropped (clients send
 * a trailing slash and "keys/k//sign"), everything is percent-decoded.
 */
struct emu_target {
    char *store; /* owned; the strings below point into it */
    char *segment[EMU_MAX_SEGMENTS];
    size_t nsegments;
    struct emu_param param[EMU_MAX_PARAMS];
    size_t nparams;
};

/* False for what no server would route: bad escapes, too many pieces. */
bool emu_target_parse(struct emu_target *target, const char *raw);
void emu_target_free(struct emu_target *target);

/* The first of that name, NULL if there is none. Case does not matter. */
const char *emu_target_param(const struct emu_target *target, const char *name);

/* Decodes %XX in place, and '+' too if asked; false if an escape is bad. */
bool emu_percent_decode(char *s, bool plus);

#endif
