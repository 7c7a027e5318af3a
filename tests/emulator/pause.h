/* SPDX-License-Identifier: Apache-2.0 */
#ifndef EMU_PAUSE_H
#define EMU_PAUSE_H

/*
 * Sleeps, as an injected delay does: until the time is over, the client has
 * hung up, or the process is to end. ms < 0: without a limit.
 */
void emu_pause(int client_fd, int stop_fd, long ms);

#endif
