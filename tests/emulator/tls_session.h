/* SPDX-License-Identifier: Apache-2.0 */
#ifndef EMU_TLS_SESSION_H
#define EMU_TLS_SESSION_H

struct MHD_Connection;
struct emu_counters;

/* Session tickets, and the count of full and resumed handshakes. */
struct emu_tickets;

/* One per process: GnuTLS hands its hook no pointer of ours. */
struct emu_tickets *emu_tickets_new(struct emu_counters *counters);
void emu_tickets_free(struct emu_tickets *tickets);

/* For a connection that was just accepted; tickets NULL: nothing to do. */
void emu_tickets_attach(struct emu_tickets *tickets,
                        struct MHD_Connection *conn);

#endif
