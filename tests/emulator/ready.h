/* SPDX-License-Identifier: Apache-2.0 */
#ifndef EMU_READY_H
#define EMU_READY_H

#include <stdbool.h>

#include "emu.h"

/* The private directory of a run: CA certificate and control socket. */
struct emu_rundir {
    char *path; /* all owned */
    char *ca_file;
    char *control;
};

bool emu_rundir_make(struct emu_rundir *dir, const char *ca_pem);
void emu_rundir_remove(struct emu_rundir *dir);

/* Tells, by file and descriptor, that requests are served. */
bool emu_ready_announce(const struct emu *emu, const struct emu_rundir *dir);
/* Removes the ready file, if it is still the one that was written. */
void emu_ready_withdraw(const struct emu *emu);

#endif
