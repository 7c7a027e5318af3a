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

/* What a port is for; replies differ in more than their content. */
enum emu_style {
    EMU_STYLE_VAULT, /* HTTPS */
    EMU_STYLE_HSM,   /* HTTPS without a Date header */
    EMU_STYLE_PLAIN  /* HTTP */
};

/*
 * Serves what arrives at the sockets, which it takes over. tls is for the
 * HTTPS styles. NULL with a message.
 */
struct emu_server *emu_server_start(struct emu *emu, emu_serve_fn *serve,
                                    const struct emu_sockets *sockets,
                                    const struct emu_tls *tls,
                                    enum emu_style style);
/* Ends all connections. NULL is fine. */
void emu_server_stop(struct emu_server *server);

#endif
