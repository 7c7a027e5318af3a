/* SPDX-License-Identifier: Apache-2.0 */
#ifndef EMU_CLOCK_H
#define EMU_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

/*
 * The time the vault believes it is: the system's, shifted or stopped by
 * POST /clock. It drives nbf, exp, token expiry and the dates in replies.
 */
int64_t emu_now(void);

struct emu_clock_state {
    int64_t now;
    int64_t offset;
    bool frozen;
};

void emu_clock_get(struct emu_clock_state *state);
void emu_clock_set_offset(int64_t seconds);
void emu_clock_advance(int64_t seconds);
void emu_clock_freeze(bool frozen);

#endif
