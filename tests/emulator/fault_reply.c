/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "b64.h"
#include "clock.h"
#include "fault_reply.h"
#include "jsonx.h"
#include "xmem.h"

static const char html[] =
    "<!DOCTYPE html><html><head><title>Service Unavailable</title></head>"
    "<body><h1>Service Unavailable</h1><p>The gateway did not get a reply."
    "</p></body></html>\r\n";

static void add_header(const struct emu_rule_header *h, struct emu_reply *reply)
{
    char date[64] = "";
    struct tm tm;
    time_t when;

    if (h->value != NULL) {
        emu_reply_header(reply, h->name, "%s", h->value);
        return;
    }
    /* By the system's clock: the client has no other. */
    when = time(NULL) + (time_t)h->date_in;
    if (gmtime_r(&when, &tm) != NULL)
        strftime(date, sizeof(date), "%a, %d %b %Y %H:%M:%S GMT", &tm);
    emu_reply_header(reply, h->name, "%s", date);
}

static void add_headers(const struct emu_action *action,
                        struct emu_reply *reply)
{
    for (size_t i = 0; i < action->nheaders; i++)
        add_header(&action->header[i], reply);
}

void emu_fault_status(const struct emu_action *action, struct emu_reply *reply)
{
    const struct emu_error_row *row = emu_error_of_status(action->status);
    const char *code = row == NULL ? "Error" : row->code;
    const char *inner = row == NULL ? NULL : row->inner;
    const char *message = row == NULL ? "" : row->message;

    /* A code of one's own has no inner code that belongs to another. */
    if (action->error != NULL || action->inner != NULL)
        inner = action->inner;
    emu_reply_error_text(reply, action->status,
                         action->error == NULL ? code : action->error, inner,
                         action->message == NULL ? message : action->message);
    add_headers(action, reply);
}

void emu_fault_status_identity(const struct emu_action *action,
                               struct emu_reply *reply)
{
    struct json_object *obj = json_object_new_object();

    emu_json_add_str(obj, "error",
                     action->error == NULL ? "temporarily_unavailable"
                                           : action->error);
    emu_json_add_str(obj, "error_description",
                     action->message == NULL
                         ? "AADSTS90033: A transient error has occurred. "
                           "Please try again."
                         : action->message);
    emu_reply_json(reply, action->status, obj);
    add_headers(action, reply);
}

static void truncate_body(struct emu_reply *reply)
{
    if (reply->body.len > 0) {
        reply->body.len /= 2;
        reply->body.data[reply->body.len] = '\0';
    }
}

/* Valid JSON, a hundred thousand arrays deep. */
static void deep_body(struct emu_reply *reply, unsigned status)
{
    const size_t depth = 100000;
    static const char head[] = "{\"value\":";
    const size_t n = sizeof(head) - 1;
    char *text = emu_xcalloc(2 * depth + 32, 1);

    memcpy(text, head, n);
    memset(text + n, '[', depth);
    memset(text + n + depth, ']', depth);
    text[n + 2 * depth] = '}';
    emu_reply_text(reply, status, "application/json; charset=utf-8", text);
    free(text);
}

/* Each member again behind the others, with another value. */
static void duplicate_members(struct emu_reply *reply)
{
    struct json_object *top =
        emu_json_parse(emu_buf_str(&reply->body), reply->body.len);
    struct emu_buf text = EMU_BUF_INIT;

    if (json_object_is_type(top, json_type_object) && reply->body.len > 2) {
        emu_buf_add(&text, reply->body.data, reply->body.len - 1);
        json_object_object_foreach(top, name, value)
        {
            (void)value;
            emu_buf_printf(&text, ",\"%s\":\"duplicate\"", name);
        }
        emu_buf_addstr(&text, "}");
        emu_buf_free(&reply->body);
        reply->body = text; /* its own now */
    }
    json_object_put(top);
}

void emu_fault_body(const struct emu_action *action, struct emu_reply *reply)
{
    unsigned status = reply->status == 0 ? 200 : reply->status;

    switch (action->body) {
    case EMU_BODY_AS_IS:
        return;
    case EMU_BODY_TRUNCATED:
        truncate_body(reply);
        break;
    case EMU_BODY_NOT_JSON:
        emu_reply_text(reply, status, "application/json; charset=utf-8",
                       "this is not JSON");
        break;
    case EMU_BODY_EMPTY:
        emu_reply_text(reply, status, "application/json; charset=utf-8", "");
        break;
    case EMU_BODY_HTML:
        emu_reply_text(reply, status, "text/html; charset=utf-8", html);
        break;
    case EMU_BODY_HUGE:
        emu_reply_text(reply, status, "application/json; charset=utf-8", "");
        reply->delivery = EMU_DELIVER_HUGE;
        reply->huge = (size_t)action->bytes;
        break;
    case EMU_BODY_DEEP:
        deep_body(reply, status);
        break;
    case EMU_BODY_DUPLICATE:
        duplicate_members(reply);
        break;
    }
}

/* Of the bytes that the text stands for; the caller frees the result. Some
 * members are in plain base64: certificates, and PFX files. */
static char *mutate_bytes(const char *text, enum emu_mutation how)
{
    bool url = strpbrk(text, "+/=") == NULL;
    unsigned char *raw;
    unsigned char *longer;
    size_t len;
    char *out;

    if (!(url ? emu_b64url_decode : emu_b64_decode)(text, &raw, &len)
        || len == 0)
        return emu_xstrdup(text);
    longer = emu_xcalloc(len + 1, 1);
    if (how == EMU_FIELD_LEADING_ZERO) {
        memcpy(longer + 1, raw, len);
        len++;
    } else {
        memcpy(longer, raw, len);
        if (how == EMU_FIELD_BIT_FLIPPED)
            longer[len / 2] ^= 1;
        else if (how == EMU_FIELD_SHORT)
            len--;
        else
            longer[len++] = 0x5a;
    }
    out = (url ? emu_b64url_encode : emu_b64_encode)(longer, len);
    free(raw);
    free(longer);
    return out;
}

static char *mutate_text(const char *text, enum emu_mutation how)
{
    size_t len = strlen(text);

    if (how == EMU_FIELD_BAD_BASE64URL)
        return emu_xasprintf("+%.*s/", len > 2 ? (int)len - 2 : 0, text);
    /* Where none belongs, one '=' is still more than none. */
    return emu_xasprintf("%s%s", text, len % 4 == 2 ? "==" : "=");
}

/* Of https://HOST/COLLECTION/NAME[/VERSION]: the part, or NULL. */
static char *part_of_id(char *id, enum emu_mutation how)
{
    int slashes = how == EMU_FIELD_WRONG_HOST   ? 2
                  : how == EMU_FIELD_WRONG_NAME ? 4
                                                : 5;
    char *p = id;

    for (int i = 0; i < slashes; i++) {
        p = strchr(p, '/');
        if (p == NULL)
            return NULL;
        p++;
    }
    return *p == '\0' ? NULL : p;
}

/* The first character of the part becomes another that may stand there. */
static char *mutate_id(const char *text, enum emu_mutation how)
{
    char *copy = emu_xstrdup(text);
    char *part = part_of_id(copy, how);

    if (part != NULL)
        *part = *part == 'a' ? 'b' : 'a';
    return copy;
}

static struct json_object *mutated(struct json_object *value,
                                   enum emu_mutation how)
{
    const char *text = json_object_get_string(value);
    struct json_object *out;
    char *changed;

    if (how == EMU_FIELD_NULL)
        return NULL;
    if (how == EMU_FIELD_WRONG_TYPE)
        return json_object_is_type(value, json_type_int)
                   ? json_object_new_string("one")
                   : json_object_new_int(1);
    if (how >= EMU_FIELD_WRONG_HOST)
        changed = mutate_id(text, how);
    else if (how >= EMU_FIELD_BAD_BASE64URL)
        changed = mutate_text(text, how);
    else
        changed = mutate_bytes(text, how);
    out = json_object_new_string(changed);
    free(changed);
    return out;
}

static void spoil(struct json_object *top, const struct emu_field_fault *field)
{
    char *path = emu_xstrdup(field->path);
    struct json_object *obj = top;
    char *name = path;
    char *dot;

    while (obj != NULL && (dot = strchr(name, '.')) != NULL) {
        *dot = '\0';
        obj = emu_json_get(obj, name);
        name = dot + 1;
    }
    if (obj != NULL && emu_json_get(obj, name) != NULL) {
        if (field->mutation == EMU_FIELD_MISSING)
            json_object_object_del(obj, name);
        else
            json_object_object_add(
                obj, name, mutated(emu_json_get(obj, name), field->mutation));
    }
    free(path);
}

void emu_fault_fields(const struct emu_action *action, struct emu_reply *reply)
{
    struct json_object *top =
        emu_json_parse(emu_buf_str(&reply->body), reply->body.len);

    if (!json_object_is_type(top, json_type_object)) {
        json_object_put(top);
        return;
    }
    for (size_t i = 0; i < action->nfields; i++)
        spoil(top, &action->field[i]);
    emu_reply_json(reply, reply->status, top);
}
