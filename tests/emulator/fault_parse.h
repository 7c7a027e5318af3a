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

/* Members of an action. */
bool emu_fault_read_drop(struct emu_fault_parser *p, const char *name,
                         struct json_object *v);
bool emu_fault_read_content_length(struct emu_fault_parser *p, const char *name,
                                   struct json_object *v);
bool emu_fault_read_redirect(struct emu_fault_parser *p, const char *name,
                             struct json_object *v);
bool emu_fault_read_throttle(struct emu_fault_parser *p, const char *name,
                             struct json_object *v);
bool emu_fault_read_scale(struct emu_fault_parser *p, const char *name,
                          struct json_object *v);
bool emu_fault_read_empty_page(struct emu_fault_parser *p, const char *name,
                               struct json_object *v);
bool emu_fault_read_tls(struct emu_fault_parser *p, const char *name,
                        struct json_object *v);
bool emu_fault_read_token(struct emu_fault_parser *p, const char *name,
                          struct json_object *v);

#endif
