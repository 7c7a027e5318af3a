/* SPDX-License-Identifier: Apache-2.0 */

/* What a rule can do to a reply, a connection, a token or a list: a reader for
 * each member of "action", and the table of them at the end. */

#include <stdio.h>
#include <string.h>

#include "fault_parse.h"
#include "jsonx.h"
#include "xmem.h"

#define MAX_DELAY_MS 3600000

static bool read_delay(struct emu_fault_parser *p, const char *name,
                       struct json_object *v)
{
    return emu_fault_number(p, name, v, 0, MAX_DELAY_MS,
                            &p->rule->action.delay_ms);
}

static bool read_jitter(struct emu_fault_parser *p, const char *name,
                        struct json_object *v)
{
    return emu_fault_number(p, name, v, 0, MAX_DELAY_MS,
                            &p->rule->action.jitter_ms);
}

static bool read_code(struct emu_fault_parser *p, const char *name,
                      struct json_object *v)
{
    int64_t n;

    if (!emu_fault_number(p, name, v, 200, 599, &n))
        return false;
    p->rule->action.status = (unsigned)n;
    return true;
}

static bool read_error(struct emu_fault_parser *p, const char *name,
                       struct json_object *v)
{
    return emu_fault_string(p, name, v, &p->rule->action.error);
}

static bool read_inner(struct emu_fault_parser *p, const char *name,
                       struct json_object *v)
{
    return emu_fault_string(p, name, v, &p->rule->action.inner);
}

static bool read_message(struct emu_fault_parser *p, const char *name,
                         struct json_object *v)
{
    return emu_fault_string(p, name, v, &p->rule->action.message);
}

/* {"date_in_s": N} is what an HTTP date N seconds from now is written as. */
static bool read_header(struct emu_fault_parser *p, const char *name,
                        struct json_object *v, struct emu_rule_header *h)
{
    static const char *const allowed[] = { "date_in_s", NULL };

    if (json_object_is_type(v, json_type_object)) {
        const char *unknown = emu_json_unknown(v, allowed);

        if (unknown != NULL)
            return emu_fault_bad(p, name, "unknown member '%s'", unknown);
        if (!emu_fault_number(p, name, emu_json_get(v, "date_in_s"),
                              -MAX_DELAY_MS, MAX_DELAY_MS, &h->date_in))
            return false;
    } else if (!emu_fault_string(p, name, v, &h->value)) {
        return false;
    }
    h->name = emu_xstrdup(name);
    return true;
}

static bool read_headers(struct emu_fault_parser *p, const char *name,
                         struct json_object *v)
{
    struct emu_action *action = &p->rule->action;

    if (!json_object_is_type(v, json_type_object))
        return emu_fault_bad(p, name, "want an object");
    json_object_object_foreach(v, header, value)
    {
        if (action->nheaders == EMU_MAX_HEADERS_OF_RULE)
            return emu_fault_bad(p, name, "too many headers");
        if (!read_header(p, header, value, &action->header[action->nheaders]))
            return false;
        action->nheaders++;
    }
    return true;
}

static const struct emu_fault_member status_members[] = {
    { "code", read_code },       { "error", read_error },
    { "inner", read_inner },     { "message", read_message },
    { "headers", read_headers },
};

/* A number, or an object that says more. */
static bool read_status(struct emu_fault_parser *p, const char *name,
                        struct json_object *v)
{
    size_t len = strlen(p->where);
    bool ok;

    if (!json_object_is_type(v, json_type_object))
        return read_code(p, name, v);
    snprintf(p->where + len, sizeof(p->where) - len, ".%s", name);
    ok = emu_fault_members(p, v, status_members,
                           sizeof(status_members) / sizeof(status_members[0]));
    if (ok && p->rule->action.status == 0)
        ok = emu_fault_bad(p, "code", "missing");
    p->where[len] = '\0';
    return ok;
}

static bool read_body(struct emu_fault_parser *p, const char *name,
                      struct json_object *v)
{
    static const char *const words[] = {
        "as_is", "truncated", "not_json",          "empty", "html",
        "huge",  "deep",      "duplicate_members", NULL
    };
    unsigned i;

    if (!emu_fault_word(p, name, v, words, &i))
        return false;
    p->rule->action.body = (enum emu_body)i;
    return true;
}

static bool read_bytes(struct emu_fault_parser *p, const char *name,
                       struct json_object *v)
{
    return emu_fault_number(p, name, v, 16, INT64_C(1) << 36,
                            &p->rule->action.bytes);
}

static bool read_field(struct emu_fault_parser *p, const char *name,
                       struct json_object *v)
{
    static const char *const words[] = {
        "missing", "null",       "wrong_type",   "bit_flipped",
        "short",   "long",       "leading_zero", "bad_base64url",
        "padded",  "wrong_host", "wrong_name",   "wrong_version",
        NULL
    };
    struct emu_action *action = &p->rule->action;

    size_t len = strlen(p->where);

    if (!json_object_is_type(v, json_type_object))
        return emu_fault_bad(p, name, "want an object");
    snprintf(p->where + len, sizeof(p->where) - len, ".%s", name);
    json_object_object_foreach(v, path, how)
    {
        struct emu_field_fault *field = &action->field[action->nfields];
        unsigned i;

        if (action->nfields == EMU_MAX_FIELDS_OF_RULE)
            return emu_fault_bad(p, name, "too many members");
        if (!emu_fault_word(p, path, how, words, &i))
            return false;
        field->path = emu_xstrdup(path);
        field->mutation = (enum emu_mutation)i;
        action->nfields++;
    }
    p->where[len] = '\0';
    return true;
}

static bool read_stall(struct emu_fault_parser *p, const char *name,
                       struct json_object *v)
{
    if (!json_object_is_type(v, json_type_boolean))
        return emu_fault_bad(p, name, "want true or false");
    p->rule->action.stall = json_object_get_boolean(v);
    return true;
}

/* A word, or {"after_bytes": N}. */
static bool read_drop(struct emu_fault_parser *p, const char *name,
                      struct json_object *v)
{
    static const char *const words[] = { "no", "before_response",
                                         "after_headers", "rst", NULL };
    static const char *const members[] = { "after_bytes", NULL };
    struct emu_action *action = &p->rule->action;
    unsigned i;

    if (json_object_is_type(v, json_type_object)) {
        if (emu_json_unknown(v, members) != NULL)
            return emu_fault_bad(p, name, "unknown member '%s'",
                                 emu_json_unknown(v, members));
        action->drop = EMU_DROP_AFTER_BYTES;
        return emu_fault_number(p, name, emu_json_get(v, "after_bytes"), 0,
                                INT32_MAX, &action->drop_bytes);
    }
    if (!emu_fault_word(p, name, v, words, &i))
        return false;
    action->drop = (enum emu_drop)i;
    return true;
}

static bool read_content_length(struct emu_fault_parser *p, const char *name,
                                struct json_object *v)
{
    static const char *const words[] = { "right", "short", "long", NULL };
    static const int64_t errors[] = { 0, -5, 5 };
    unsigned i;

    if (!emu_fault_word(p, name, v, words, &i))
        return false;
    p->rule->action.length_error = errors[i];
    return true;
}

static bool read_redirect(struct emu_fault_parser *p, const char *name,
                          struct json_object *v)
{
    return emu_fault_string(p, name, v, &p->rule->action.redirect);
}

static bool read_throttle(struct emu_fault_parser *p, const char *name,
                          struct json_object *v)
{
    static const char *const words[] = { "azure", NULL };
    unsigned i;

    if (!emu_fault_word(p, name, v, words, &i))
        return false;
    if (p->rule->action.throttle == 0)
        p->rule->action.throttle = 1;
    return true;
}

static bool read_scale(struct emu_fault_parser *p, const char *name,
                       struct json_object *v)
{
    double scale = json_object_get_double(v);

    if (!(scale > 0 && scale <= 1000))
        return emu_fault_bad(p, name, "want a number above 0");
    p->rule->action.throttle = scale;
    return true;
}

static bool read_empty_page(struct emu_fault_parser *p, const char *name,
                            struct json_object *v)
{
    if (!json_object_is_type(v, json_type_boolean))
        return emu_fault_bad(p, name, "want true or false");
    p->rule->action.empty_page = json_object_get_boolean(v);
    return true;
}

static bool read_tls(struct emu_fault_parser *p, const char *name,
                     struct json_object *v)
{
    static const char *const words[] = { "good",     "expired", "wrong_host",
                                         "other_ca", "closed",  NULL };
    unsigned i;

    if (!emu_fault_word(p, name, v, words, &i))
        return false;
    p->rule->action.tls = (enum emu_tls_fault)i;
    p->rule->phase = EMU_PHASE_CONNECT;
    return true;
}

static bool read_token(struct emu_fault_parser *p, const char *name,
                       struct json_object *v)
{
    static const char *const words[] = { "good", "expired", "wrong_audience",
                                         "claims_challenge", NULL };
    unsigned i;

    if (!emu_fault_word(p, name, v, words, &i))
        return false;
    p->rule->action.token = (enum emu_token_kind)i;
    return true;
}

const struct emu_fault_member emu_fault_action_members[] = {
    { "delay_ms", read_delay },    { "jitter_ms", read_jitter },
    { "status", read_status },     { "body", read_body },
    { "bytes", read_bytes },       { "field", read_field },
    { "stall", read_stall },       { "drop", read_drop },
    { "token", read_token },       { "content_length", read_content_length },
    { "redirect", read_redirect }, { "throttle", read_throttle },
    { "scale", read_scale },       { "empty_page", read_empty_page },
    { "tls", read_tls },
};

const size_t emu_fault_action_count =
    sizeof(emu_fault_action_members) / sizeof(emu_fault_action_members[0]);
