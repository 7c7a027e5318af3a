/* SPDX-License-Identifier: Apache-2.0 */

/* What the service called it, and what the other side does. */

#ifndef CONTRACT_NAMES_H
#define CONTRACT_NAMES_H

#include <stdbool.h>
#include <stddef.h>

#include <json-c/json.h>

#define MAX_PAIRS 4096
#define MAX_OBJECTS 64

struct pair {
    char *recorded;
    char *ours;
};

struct names {
    const char *prefix; /* of objects; NULL: they keep their names */
    struct pair pair[MAX_PAIRS];
    size_t npairs;
    struct pair object[MAX_OBJECTS];
    size_t nobjects;
    unsigned nobjects_ever;
};

/* What has to be another, by what both answered. */
void names_learn(struct names *names, struct json_object *recorded,
                 struct json_object *ours);
/* The text with what was learnt put in; the caller frees it. */
char *names_translate(const struct names *names, const char *text);
/* The same for a message, which may name objects. */
char *names_message(const struct names *names, const char *text);
/* The same for a path, whose object gets its own name. */
char *names_path(struct names *names, const char *path);
/* Whether it has anything in it that was learnt. */
bool names_know(const struct names *names, const char *text);
void names_forget(struct names *names);

#endif
