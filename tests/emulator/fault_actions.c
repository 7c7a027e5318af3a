/* SPDX-License-Identifier: Apache-2.0 */

/* Actions that break connections, tokens, TLS and lists. */

#include "fault_parse.h"
#include "jsonx.h"

/* A word, or {"after_bytes": N}. */
bool emu_fault_read_drop(struct emu_fault_parser *p, const char *name,
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

bool emu_fault_read_content_length(struct emu_fault_parser *p, const char *name,
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

bool emu_fault_read_redirect(struct emu_fault_parser *p, const char *name,
                             struct json_object *v)
{
    return emu_fault_string(p, name, v, &p->rule->action.redirect);
}

bool emu_fault_read_throttle(struct emu_fault_parser *p, const char *name,
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

bool emu_fault_read_scale(struct emu_fault_parser *p, const char *name,
                          struct json_object *v)
{
    double scale = json_object_get_double(v);

    if (!(scale > 0 && scale <= 1000))
        return emu_fault_bad(p, name, "want a number above 0");
    p->rule->action.throttle = scale;
    return true;
}

bool emu_fault_read_empty_page(struct emu_fault_parser *p, const char *name,
                               struct json_object *v)
{
    if (!json_object_is_type(v, json_type_boolean))
        return emu_fault_bad(p, name, "want true or false");
    p->rule->action.empty_page = json_object_get_boolean(v);
    return true;
}

bool emu_fault_read_tls(struct emu_fault_parser *p, const char *name,
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

bool emu_fault_read_token(struct emu_fault_parser *p, const char *name,
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
