/* SPDX-License-Identifier: Apache-2.0 */
#ifndef EMU_FAULT_PARSE_H
#define EMU_FAULT_PARSE_H

/* What the files that read the rules of faults share. */

#include "fault_rules.h"

struct emu_fault_parser {
    char where[96]; /* "rules[0].match" */
    char *message;
    size_t size;
    bool phase_given;
    struct emu_rule *rule; /* the one being read */
};

/* Always false; the first complaint stays. */
bool emu_fault_bad(struct emu_fault_parser *p, const char *member,
                   const char *fmt, ...) __attribute__((format(printf, 3, 4)));
bool emu_fault_string(struct emu_fault_parser *p, const char *name,
                      struct json_object *v, char **out);
bool emu_fault_number(struct emu_fault_parser *p, const char *name,
                      struct json_object *v, int64_t low, int64_t high,
                      int64_t *out);
/* A word of a list; the index of it. */
bool emu_fault_word(struct emu_fault_parser *p, const char *name,
                    struct json_object *v, const char *const *words,
                    unsigned *out);

struct emu_fault_member {
    const char *name;
    bool (*read)(struct emu_fault_parser *p, const char *name,
                 struct json_object *v);
};

/* Reads an object that has these members, and no others. */
bool emu_fault_members(struct emu_fault_parser *p, struct json_object *object,
                       const struct emu_fault_member *members, size_t n);

/* Those of an action. */
extern const struct emu_fault_member emu_fault_action_members[];
extern const size_t emu_fault_action_count;

#endif
