/* SPDX-License-Identifier: Apache-2.0 */
#ifndef EMU_SERVICE_H
#define EMU_SERVICE_H

#include "emu.h"

#define EX_EMU_USAGE 2 /* exit status for what is not understood */

/*
 * Opens the ports, tells that they are served, and waits for the end: a
 * signal at the descriptor, or what the options say. The exit status.
 */
int emu_service_run(struct emu *emu, int signal_fd);

#endif
