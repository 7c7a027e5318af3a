/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "control.h"
#include "counters.h"
#include "faults.h"
#include "jsonx.h"
#include "request_log.h"
#include "store.h"
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

/* A list of rules, or an object that holds it. */
static void set_faults(struct emu *emu, struct emu_request *req,
                       struct emu_reply *reply)
{
    static const char *const members[] = { "rules", NULL };
    struct json_object *top =
        emu_json_parse(emu_buf_str(&req->body), req->body.len);
    struct json_object *list = top;
    struct emu_ruleset *set = NULL;
    char message[512] = "the body is not valid JSON";

    if (json_object_is_type(top, json_type_object)) {
        const char *unknown = emu_json_unknown(top, members);

        list = emu_json_get(top, "rules");
        if (unknown != NULL)
            snprintf(message, sizeof(message), "%s: unknown member", unknown);
        else
            set = emu_ruleset_parse(list, message, sizeof(message));
    } else if (top != NULL) {
        set = emu_ruleset_parse(list, message, sizeof(message));
    }
    if (set == NULL)
        bad(reply, "%s", message);
    else
        emu_reply_json(reply, 200, json_object_new_object());
    json_object_put(top);
    if (set != NULL)
        emu_faults_set(emu->faults, set);
}

static void get_faults(struct emu *emu, struct emu_request *req,
                       struct emu_reply *reply)
{
    (void)req;
    emu_reply_json(reply, 200, emu_faults_json(emu->faults));
}

static void get_log(struct emu *emu, struct emu_request *req,
                    struct emu_reply *reply)
{
    (void)req;
    emu_reply_json(reply, 200, emu_log_json(emu->log));
}

static void reset_log(struct emu *emu, struct emu_request *req,
                      struct emu_reply *reply)
{
    (void)req;
    emu_log_clear(emu->log);
    emu_reply_json(reply, 200, json_object_new_object());
}

static void get_clock(struct emu *emu, struct emu_request *req,
                      struct emu_reply *reply)
{
    struct json_object *obj = json_object_new_object();
    struct emu_clock_state state;

    (void)emu;
    (void)req;
    emu_clock_get(&state);
    emu_json_add_int(obj, "now", state.now);
    emu_json_add_int(obj, "offset_s", state.offset);
    emu_json_add_bool(obj, "freeze", state.frozen);
    emu_reply_json(reply, 200, obj);
}

/* False, with the reply made, unless absent or a number of seconds. */
static bool seconds(struct json_object *obj, struct emu_reply *reply,
                    const char *name, int64_t *out)
{
    struct json_object *value = emu_json_get(obj, name);
    const int64_t century = INT64_C(100) * 366 * 86400;

    if (value == NULL
        || (emu_json_int(value, out) && *out >= -century && *out <= century))
        return true;
    bad(reply, "%s: want a number of seconds", name);
    return false;
}

static void apply_clock(struct json_object *obj, struct emu_reply *reply)
{
    static const char *const members[] = { "offset_s", "advance_s", "freeze",
                                           NULL };
    const char *unknown = emu_json_unknown(obj, members);
    struct json_object *freeze = emu_json_get(obj, "freeze");
    int64_t offset = 0;
    int64_t advance = 0;

    if (unknown != NULL) {
        bad(reply, "%s: unknown member", unknown);
        return;
    }
    if (freeze != NULL && !json_object_is_type(freeze, json_type_boolean)) {
        bad(reply, "freeze: want true or false");
        return;
    }
    if (!seconds(obj, reply, "offset_s", &offset)
        || !seconds(obj, reply, "advance_s", &advance))
        return;
    if (freeze != NULL)
        emu_clock_freeze(json_object_get_boolean(freeze));
    if (emu_json_get(obj, "offset_s") != NULL)
        emu_clock_set_offset(offset);
    emu_clock_advance(advance);
}

static void set_clock(struct emu *emu, struct emu_request *req,
                      struct emu_reply *reply)
{
    struct json_object *obj =
        emu_json_parse(emu_buf_str(&req->body), req->body.len);

    if (json_object_is_type(obj, json_type_object))
        apply_clock(obj, reply);
    else
        bad(reply, "want an object");
    json_object_put(obj);
    if (reply->status == 0)
        get_clock(emu, req, reply);
}

/* False, with the reply made, unless absent or a number that is not negative.
 */
static bool amount(struct json_object *obj, struct emu_reply *reply,
                   const char *name, int64_t *out)
{
    struct json_object *value = emu_json_get(obj, name);

    if (value == NULL
        || (emu_json_int(value, out) && *out >= 0 && *out <= 3600000))
        return true;
    bad(reply, "%s: want a number from 0 to 3600000", name);
    return false;
}

static void get_slow_delete(struct emu *emu, struct emu_request *req,
                            struct emu_reply *reply)
{
    struct json_object *obj = json_object_new_object();
    struct emu_slowness slow;

    (void)req;
    emu_store_get_slowness(emu->store, &slow);
    emu_json_add_int(obj, "ms", slow.ms);
    emu_json_add_int(obj, "polls", slow.polls);
    emu_json_add_int(obj, "create_polls", slow.create_polls);
    emu_reply_json(reply, 200, obj);
}

static void set_slow_delete(struct emu *emu, struct emu_request *req,
                            struct emu_reply *reply)
{
    static const char *const members[] = { "ms", "polls", "create_polls",
                                           NULL };
    struct json_object *obj =
        emu_json_parse(emu_buf_str(&req->body), req->body.len);
    struct emu_slowness slow = { 0, 0, 0 };
    const char *unknown = NULL;

    if (!json_object_is_type(obj, json_type_object))
        bad(reply, "want an object");
    else if ((unknown = emu_json_unknown(obj, members)) != NULL)
        bad(reply, "%s: unknown member", unknown);
    else if (amount(obj, reply, "ms", &slow.ms)
             && amount(obj, reply, "polls", &slow.polls)
             && amount(obj, reply, "create_polls", &slow.create_polls)) {
        emu_store_set_slowness(emu->store, &slow);
        get_slow_delete(emu, req, reply);
    }
    json_object_put(obj);
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
    { "POST", { "faults", NULL }, set_faults },
    { "GET", { "faults", NULL }, get_faults },
    { "GET", { "log", NULL }, get_log },
    { "POST", { "log", "reset" }, reset_log },
    { "POST", { "clock", NULL }, set_clock },
    { "GET", { "clock", NULL }, get_clock },
    { "POST", { "slow-delete", NULL }, set_slow_delete },
    { "GET", { "slow-delete", NULL }, get_slow_delete },
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
