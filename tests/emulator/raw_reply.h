/* SPDX-License-Identifier: Apache-2.0 */
#ifndef EMU_RAW_REPLY_H
#define EMU_RAW_REPLY_H

#include "reply.h"

struct MHD_Connection;

/*
 * Writes the reply past libmicrohttpd, which would not send what is wrong on
 * purpose, and cuts the connection.
 */
void emu_raw_reply(struct MHD_Connection *conn, const struct emu_reply *reply);

/* Ends a TCP connection with RST in place of FIN. */
void emu_raw_reset(int fd);

#endif
