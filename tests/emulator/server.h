/* SPDX-License-Identifier: Apache-2.0 */
#ifndef EMU_SERVER_H
#define EMU_SERVER_H

#include "emu.h"
#include "reply.h"
#include "request.h"
#include "sockets.h"
#include "tls_ca.h"

struct emu_server;

typedef void emu_serve_fn(struct emu *emu, struct emu_request *req,
                          struct emu_reply *reply);

/* HTTPS on both addresses. Takes the sockets over. NULL with a message. */
struct emu_server *emu_server_start(struct emu *emu, emu_serve_fn *serve,
                                    const struct emu_sockets *sockets,
                                    const struct emu_tls *tls);

/* Plain HTTP on a socket that is listening; takes it over. */
struct emu_server *emu_server_start_plain(struct emu *emu, emu_serve_fn *serve,
                                          int fd);

/* Waits for the requests under way, which emu->stop_fd has told to hurry. */
void emu_server_stop(struct emu_server *server);

#endif
