/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "jsonx.h"
#include "reply.h"
#include "xmem.h"

void emu_reply_header(struct emu_reply *reply, const char *name,
                      const char *fmt, ...)
{
    struct emu_header *h = reply->header;
    char *value = NULL;
    va_list ap;

    va_start(ap, fmt);
    if (vasprintf(&value, fmt, ap) < 0)
        value = emu_xstrdup("");
    va_end(ap);
    while (h < reply->header + reply->nheaders
           && strcasecmp(h->name, name) != 0)
        h++;
    if (h == reply->header + EMU_MAX_HEADERS) {
        free(value);
        return;
    }
    if (h == reply->header + reply->nheaders) {
        h->name = emu_xstrdup(name);
        reply->nheaders++;
    } else {
        free(h->value);
    }
    h->value = value; /* the header owns it now */
}

const char *emu_reply_get_header(const struct emu_reply *reply,
                                 const char *name)
{
    for (size_t i = 0; i < reply->nheaders; i++)
        if (strcasecmp(reply->header[i].name, name) == 0)
            return reply->header[i].value;
    return NULL;
}

bool emu_reply_has_header(const struct emu_reply *reply, const char *name)
{
    return emu_reply_get_header(reply, name) != NULL;
}

void emu_reply_text(struct emu_reply *reply, unsigned status, const char *type,
                    const char *text)
{
    reply->status = status;
    emu_buf_free(&reply->body);
    emu_buf_addstr(&reply->body, text);
    if (type != NULL)
        emu_reply_header(reply, "Content-Type", "%s", type);
}

void emu_reply_json(struct emu_reply *reply, unsigned status,
                    struct json_object *obj)
{
    emu_reply_text(reply, status, "application/json; charset=utf-8",
                   emu_json_text(obj));
    json_object_put(obj);
}

void emu_reply_error_text(struct emu_reply *reply, unsigned status,
                          const char *code, const char *inner,
                          const char *message)
{
    struct json_object *top = json_object_new_object();
    struct json_object *error = json_object_new_object();

    emu_json_add_str(error, "code", code);
    emu_json_add_str(error, "message", message == NULL ? "" : message);
    if (inner != NULL) {
        struct json_object *innererror = json_object_new_object();

        emu_json_add_str(innererror, "code", inner);
        json_object_object_add(error, "innererror", innererror);
    }
    json_object_object_add(top, "error", error);
    emu_reply_json(reply, status, top);
}

void emu_reply_error(struct emu_reply *reply, enum emu_error error, ...)
{
    const struct emu_error_row *row = emu_error_row(error);
    char message[1024];
    va_list ap;

    va_start(ap, error);
    vsnprintf(message, sizeof(message), row->message, ap);
    va_end(ap);
    emu_reply_error_text(reply, row->status, row->code, row->inner, message);
}

void emu_reply_free(struct emu_reply *reply)
{
    for (size_t i = 0; i < reply->nheaders; i++) {
        free(reply->header[i].name);
        free(reply->header[i].value);
    }
    emu_buf_free(&reply->body);
    memset(reply, 0, sizeof(*reply));
}
