/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "control.h"
#include "counters.h"
#include "jsonx.h"
#include "xmem.h"

static void bad(struct emu_reply *reply, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

static void bad(struct emu_reply *reply, const char *fmt, ...)
{
    char text[512];
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(text, sizeof(text), fmt, ap);
    va_end(ap);
    emu_reply_error_text(reply, 400, "BadRequest", NULL, text);
}

static void get_counters(struct emu *emu, struct emu_request *req,
                         struct emu_reply *reply)
{
    (void)req;
    emu_reply_json(reply, 200, emu_counters_json(emu->counters));
}

static void reset_counters(struct emu *emu, struct emu_request *req,
                           struct emu_reply *reply)
{
    (void)req;
    emu_counters_reset(emu->counters);
    emu_reply_json(reply, 200, json_object_new_object());
}

static bool number(struct emu_request *req, struct emu_reply *reply,
                   const char *name, long fallback, long *out)
{
    const char *text = emu_target_param(&req->target, name);
    char *end;

    *out = fallback;
    if (text == NULL)
        return true;
    *out = strtol(text, &end, 10);
    if (end != text && *end == '\0' && *out >= 0)
        return true;
    bad(reply, "%s: '%s' is not a number", name, text);
    return false;
}

static void wait_for(struct emu *emu, struct emu_request *req,
                     struct emu_reply *reply)
{
    const char *op = emu_target_param(&req->target, "op");
    long count;
    long ms;

    if (op == NULL || !emu_counters_known(op)) {
        bad(reply, "op: '%s' is no operation and no counter",
            op == NULL ? "" : op);
        return;
    }
    if (!number(req, reply, "count", 1, &count)
        || !number(req, reply, "ms", 10000, &ms))
        return;
    if (emu_counters_wait(emu->counters, op, (uint64_t)count, ms))
        get_counters(emu, req, reply);
    else
        emu_reply_json(reply, 408, emu_counters_json(emu->counters));
}

static const struct {
    const char *method;
    const char *path[2];
    void (*serve)(struct emu *emu, struct emu_request *req,
                  struct emu_reply *reply);
} calls[] = {
    { "GET", { "counters", NULL }, get_counters },
    { "POST", { "counters", "reset" }, reset_counters },
    { "GET", { "wait", NULL }, wait_for },
};

static bool path_is(const char *const path[2], const struct emu_target *target)
{
    size_t n = path[1] == NULL ? 1 : 2;

    if (target->nsegments != n)
        return false;
    for (size_t i = 0; i < n; i++)
        if (strcmp(target->segment[i], path[i]) != 0)
            return false;
    return true;
}

void emu_control_serve(struct emu *emu, struct emu_request *req,
                       struct emu_reply *reply)
{
    for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
        if (strcmp(calls[i].method, req->method) == 0
            && path_is(calls[i].path, &req->target)) {
            calls[i].serve(emu, req, reply);
            return;
        }
    }
    emu_reply_error_text(reply, 404, "NotFound", NULL,
                         "there is no such control call");
}
