/* SPDX-License-Identifier: Apache-2.0 */

/*
 * From the JSON of POST /faults to rules. A test with a typing error would
 * otherwise pass for the wrong reason, so everything unknown is refused.
 */

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fault_parse.h"
#include "jsonx.h"
#include "route.h"
#include "xmem.h"

#define DEFAULT_HUGE (16 << 20)

bool emu_fault_bad(struct emu_fault_parser *p, const char *member,
                   const char *fmt, ...)
{
    char why[256];
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(why, sizeof(why), fmt, ap);
    va_end(ap);
    if (*p->message == '\0')
        snprintf(p->message, p->size, "%s%s%s: %s", p->where,
                 *member == '\0' ? "" : ".", member, why);
    return false;
}

bool emu_fault_members(struct emu_fault_parser *p, struct json_object *obj,
                       const struct emu_fault_member *members, size_t n)
{
    if (!json_object_is_type(obj, json_type_object))
        return emu_fault_bad(p, "", "want an object");
    json_object_object_foreach(obj, name, value)
    {
        size_t i = 0;

        while (i < n && strcmp(members[i].name, name) != 0)
            i++;
        if (i == n)
            return emu_fault_bad(p, name, "unknown member");
        if (!members[i].read(p, name, value))
            return false;
    }
    return true;
}

bool emu_fault_string(struct emu_fault_parser *p, const char *name,
                      struct json_object *v, char **out)
{
    if (!json_object_is_type(v, json_type_string))
        return emu_fault_bad(p, name, "want a string");
    free(*out);
    *out = emu_xstrdup(json_object_get_string(v));
    return true;
}

bool emu_fault_number(struct emu_fault_parser *p, const char *name,
                      struct json_object *v, int64_t low, int64_t high,
                      int64_t *out)
{
    if (!emu_json_int(v, out) || *out < low || *out > high)
        return emu_fault_bad(p, name, "want a number from %lld to %lld",
                             (long long)low, (long long)high);
    return true;
}

/* A word of a list; the index of it. */
bool emu_fault_word(struct emu_fault_parser *p, const char *name,
                    struct json_object *v, const char *const *words,
                    unsigned *out)
{
    const char *text = json_object_is_type(v, json_type_string)
                           ? json_object_get_string(v)
                           : NULL;

    for (*out = 0; text != NULL && words[*out] != NULL; ++*out)
        if (strcmp(words[*out], text) == 0)
            return true;
    return emu_fault_bad(p, name, "unknown value %s", emu_json_text(v));
}

static bool read_op(struct emu_fault_parser *p, const char *name,
                    struct json_object *v)
{
    char **op = &p->rule->match.op;

    if (!emu_fault_string(p, name, v, op))
        return false;
    if (strcmp(*op, "token") != 0 && strcmp(*op, "identity") != 0
        && emu_operation_by_name(*op) == NULL)
        return emu_fault_bad(p, name, "there is no operation '%s'", *op);
    return true;
}

static bool read_vault(struct emu_fault_parser *p, const char *name,
                       struct json_object *v)
{
    return emu_fault_string(p, name, v, &p->rule->match.vault);
}

static bool read_key(struct emu_fault_parser *p, const char *name,
                     struct json_object *v)
{
    return emu_fault_string(p, name, v, &p->rule->match.key);
}

static bool read_nth(struct emu_fault_parser *p, const char *name,
                     struct json_object *v)
{
    return emu_fault_number(p, name, v, 1, INT32_MAX, &p->rule->match.nth);
}

static bool read_every(struct emu_fault_parser *p, const char *name,
                       struct json_object *v)
{
    return emu_fault_number(p, name, v, 1, INT32_MAX, &p->rule->match.every);
}

static bool read_count(struct emu_fault_parser *p, const char *name,
                       struct json_object *v)
{
    return emu_fault_number(p, name, v, 1, INT32_MAX, &p->rule->match.count);
}

static bool read_seed(struct emu_fault_parser *p, const char *name,
                      struct json_object *v)
{
    int64_t n;

    if (!emu_fault_number(p, name, v, 0, INT64_MAX, &n))
        return false;
    p->rule->match.seed = (uint64_t)n;
    return true;
}

static bool read_prob(struct emu_fault_parser *p, const char *name,
                      struct json_object *v)
{
    double prob = json_object_get_double(v);

    if ((!json_object_is_type(v, json_type_double)
         && !json_object_is_type(v, json_type_int))
        || !(prob >= 0 && prob <= 1))
        return emu_fault_bad(p, name, "want a number from 0 to 1");
    p->rule->match.prob = prob;
    return true;
}

static const struct emu_fault_member match_members[] = {
    { "op", read_op },     { "vault", read_vault }, { "key", read_key },
    { "nth", read_nth },   { "every", read_every }, { "count", read_count },
    { "prob", read_prob }, { "seed", read_seed },
};

static bool read_part(struct emu_fault_parser *p, const char *name,
                      struct json_object *v,
                      const struct emu_fault_member *members, size_t n)
{
    size_t len = strlen(p->where);
    bool ok;

    snprintf(p->where + len, sizeof(p->where) - len, ".%s", name);
    ok = emu_fault_members(p, v, members, n);
    p->where[len] = '\0';
    return ok;
}

static bool read_match(struct emu_fault_parser *p, const char *name,
                       struct json_object *v)
{
    return read_part(p, name, v, match_members,
                     sizeof(match_members) / sizeof(match_members[0]));
}

static bool read_action(struct emu_fault_parser *p, const char *name,
                        struct json_object *v)
{
    return read_part(p, name, v, emu_fault_action_members,
                     emu_fault_action_count);
}

static bool read_phase(struct emu_fault_parser *p, const char *name,
                       struct json_object *v)
{
    static const char *const words[] = { "before_auth", "after_auth",
                                         "after_op", NULL };
    unsigned i;

    if (!emu_fault_word(p, name, v, words, &i))
        return false;
    p->rule->phase = (enum emu_phase)i;
    p->phase_given = true;
    return true;
}

static const struct emu_fault_member rule_members[] = {
    { "match", read_match },
    { "phase", read_phase },
    { "action", read_action },
};

/* What changes a reply has to wait for one. */
static bool needs_reply(const struct emu_action *action)
{
    return action->nfields > 0 || action->body == EMU_BODY_TRUNCATED
           || action->body == EMU_BODY_DUPLICATE
           || action->drop == EMU_DROP_AFTER_HEADERS
           || action->drop == EMU_DROP_AFTER_BYTES || action->length_error != 0;
}

/* What an action is for by itself. */
static enum emu_phase default_phase(const struct emu_action *action)
{
    return needs_reply(action) || action->drop != EMU_DROP_NO
                   || action->body != EMU_BODY_AS_IS
               ? EMU_PHASE_AFTER_OP
               : EMU_PHASE_AFTER_AUTH;
}

/* Tokens are spoilt where they are made, claims asked for anywhere else. */
static bool token_fits(const struct emu_rule *rule)
{
    const char *op = rule->match.op;
    bool claims = rule->action.token == EMU_TOKEN_CLAIMS_CHALLENGE;

    if (rule->action.token == EMU_TOKEN_GOOD)
        return true;
    if (rule->phase != EMU_PHASE_AFTER_AUTH)
        return false;
    return op == NULL ? claims : (strcmp(op, "token") == 0) != claims;
}

/* Members that exclude each other. */
static bool check_members(struct emu_fault_parser *p,
                          const struct emu_action *action)
{
    if (action->nfields > 0
        && (action->body != EMU_BODY_AS_IS || action->status != 0))
        return emu_fault_bad(p, "action.field",
                             "not together with status or body");
    if (action->bytes != 0 && action->body != EMU_BODY_HUGE)
        return emu_fault_bad(p, "action.bytes", "only with the body \"huge\"");
    return true;
}

static bool check_rule(struct emu_fault_parser *p, struct json_object *obj)
{
    struct emu_rule *rule = p->rule;
    const struct emu_action *action = &rule->action;
    struct json_object *given = emu_json_get(obj, "action");

    if (given == NULL || json_object_object_length(given) == 0)
        return emu_fault_bad(p, "action", "missing");
    if (action->tls != EMU_TLS_GOOD)
        return (rule->match.op == NULL && !p->phase_given)
               || emu_fault_bad(p, "action.tls", "only without op and phase");
    if (!p->phase_given)
        rule->phase = default_phase(action);
    if (needs_reply(action) && rule->phase != EMU_PHASE_AFTER_OP)
        return emu_fault_bad(p, "phase",
                             "this action needs the phase after_op");
    if (!check_members(p, action))
        return false;
    return token_fits(rule)
           || emu_fault_bad(p, "action.token",
                            "only with the operation \"token\", after_auth; "
                            "claims_challenge only with others");
}

static bool read_rule(struct emu_fault_parser *p, struct json_object *obj)
{
    struct emu_rule *rule = p->rule;

    rule->match.prob = 1;
    p->phase_given = false;
    if (!emu_fault_members(p, obj, rule_members,
                           sizeof(rule_members) / sizeof(rule_members[0]))
        || !check_rule(p, obj))
        return false;
    if (rule->action.bytes == 0)
        rule->action.bytes = DEFAULT_HUGE;
    rule->random = rule->match.seed;
    rule->source = json_object_get(obj);
    return true;
}

struct emu_ruleset *emu_ruleset_parse(struct json_object *list, char *message,
                                      size_t size)
{
    struct emu_fault_parser p = { .where = "rules",
                                  .message = message,
                                  .size = size };
    struct emu_ruleset *set;

    *message = '\0';
    if (!json_object_is_type(list, json_type_array)) {
        emu_fault_bad(&p, "", "want a list");
        return NULL;
    }
    if (json_object_array_length(list) > EMU_MAX_RULES) {
        emu_fault_bad(&p, "", "want at most %d", EMU_MAX_RULES);
        return NULL;
    }
    set = emu_xcalloc(1, sizeof(*set));
    set->refs = 1;
    for (size_t i = 0; i < json_object_array_length(list); i++) {
        p.rule = &set->rule[set->nrules++];
        snprintf(p.where, sizeof(p.where), "rules[%zu]", i);
        if (!read_rule(&p, json_object_array_get_idx(list, i))) {
            emu_ruleset_free(set);
            return NULL;
        }
    }
    return set;
}

static void rule_clear(struct emu_rule *rule)
{
    struct emu_action *action = &rule->action;

    free(rule->match.op);
    free(rule->match.vault);
    free(rule->match.key);
    free(action->error);
    free(action->inner);
    free(action->message);
    free(action->redirect);
    /* A header or member that was refused half-way is beyond the count. */
    for (size_t i = 0; i < EMU_MAX_HEADERS_OF_RULE; i++) {
        free(action->header[i].name);
        free(action->header[i].value);
    }
    for (size_t i = 0; i < action->nfields; i++)
        free(action->field[i].path);
    json_object_put(rule->source);
}

void emu_ruleset_free(struct emu_ruleset *set)
{
    if (set == NULL || __atomic_sub_fetch(&set->refs, 1, __ATOMIC_ACQ_REL) > 0)
        return;
    for (size_t i = 0; i < set->nrules; i++)
        rule_clear(&set->rule[i]);
    free(set);
}
