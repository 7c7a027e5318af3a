/* SPDX-License-Identifier: Apache-2.0 */
#ifndef EMU_REPLY_H
#define EMU_REPLY_H

#include <stdbool.h>
#include <stddef.h>

#include "buf.h"
#include "errors.h"

#define EMU_MAX_HEADERS 24

struct json_object;

/* How the reply reaches the client, or does not. */
enum emu_delivery {
    EMU_DELIVER,      /* as it is */
    EMU_DELIVER_DROP, /* the connection is cut instead */
    EMU_DELIVER_RAW,  /* with `length_error`, `body_limit`; cut behind it */
    EMU_DELIVER_HUGE  /* `huge` bytes are made up on the way */
};

struct emu_header {
    char *name;
    char *value;
};

struct emu_reply {
    unsigned status;
    struct emu_buf body;
    struct emu_header header[EMU_MAX_HEADERS]; /* owned */
    size_t nheaders;
    enum emu_delivery delivery;
    size_t huge;
    long length_error; /* added to Content-Length */
    size_t body_limit; /* of the body, so many bytes are sent */
};

/* Replaces a header of that name. */
void emu_reply_header(struct emu_reply *reply, const char *name,
                      const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* NULL if there is none of that name. */
const char *emu_reply_get_header(const struct emu_reply *reply,
                                 const char *name);
bool emu_reply_has_header(const struct emu_reply *reply, const char *name);

/* Takes the object over. */
void emu_reply_json(struct emu_reply *reply, unsigned status,
                    struct json_object *obj);

/* type NULL: no Content-Type. */
void emu_reply_text(struct emu_reply *reply, unsigned status, const char *type,
                    const char *text);

/* {"error":{"code","message","innererror"?}} of the table in errors.c. */
void emu_reply_error(struct emu_reply *reply, enum emu_error error, ...);

/* The same, spelled out; inner and message may be NULL. */
void emu_reply_error_text(struct emu_reply *reply, unsigned status,
                          const char *code, const char *inner,
                          const char *message);

void emu_reply_free(struct emu_reply *reply);

#endif
