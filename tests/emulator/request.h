/* SPDX-License-Identifier: Apache-2.0 */
#ifndef EMU_REQUEST_H
#define EMU_REQUEST_H

#include <stdbool.h>

#include "buf.h"
#include "target.h"

#define EMU_BODY_LIMIT 1048576
#define EMU_BODY_LIMIT_TEXT "1048576"

struct MHD_Connection;

/* One HTTP request, complete with its body. */
struct emu_request {
    struct MHD_Connection *conn; /* borrowed, lives as long as the request */
    const char *method;          /* borrowed; X-HTTP-METHOD already applied */
    const char *host;            /* borrowed: the Host header, never NULL */
    char *raw;                   /* owned: the target as it was sent */
    struct emu_target target;
    bool bad_target;
    bool hsm;       /* came in at the port of the Managed HSM */
    bool too_large; /* the body, of which nothing was kept */
    struct emu_buf body;
    int fd; /* borrowed: the connection's socket */
};

/* NULL if it was not sent. Case does not matter. */
const char *emu_request_header(const struct emu_request *req, const char *name);

#endif
