/* SPDX-License-Identifier: Apache-2.0 */
#ifndef EMU_SEED_H
#define EMU_SEED_H

#include <stdbool.h>

#include "emu.h"

/*
 * Fills the store from a JSON file. A mistake in it is told on stderr with the
 * name of the member, as in "keys[2].crv", and makes this return false.
 * fresh: nothing is kept from another run; otherwise keys, secrets and
 * certificates come only with --seed-missing, and those that are not there.
 */
bool emu_seed_load(const char *path, bool fresh, struct emu *emu);

#endif
