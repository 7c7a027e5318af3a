/* SPDX-License-Identifier: Apache-2.0 */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "names.h"
#include "recordings.h"

static void learn(struct names *n, const char *recorded, const char *ours)
{
    if (n->npairs == MAX_PAIRS || strlen(recorded) < 8
        || strcmp(recorded, ours) == 0)
        return;
    n->pair[n->npairs++] = (struct pair){ strdup(recorded), strdup(ours) };
}

/* Of two ids, only the version differs by design. */
static void learn_string(struct names *n, const char *recorded,
                         const char *ours)
{
    const char *a = strrchr(recorded, '/');
    const char *b = strrchr(ours, '/');
    const char *token = strstr(recorded, "$skiptoken=");
    const char *own = strstr(ours, "$skiptoken=");

    if (token != NULL && own != NULL) {
        char *x = strndup(token + 11, strcspn(token + 11, "&"));
        char *y = strndup(own + 11, strcspn(own + 11, "&"));

        learn(n, x, y);
        free(x);
        free(y);
    } else if (strncmp(recorded, "https://", 8) == 0 && a != NULL && b != NULL
               && strlen(a) == 33 && strlen(b) == 33) {
        learn(n, a + 1, b + 1);
    } else {
        learn(n, recorded, ours);
    }
}

void names_learn(struct names *n, struct json_object *recorded,
                 struct json_object *ours)
{
    if (json_object_get_type(recorded) != json_object_get_type(ours))
        return;
    if (json_object_is_type(recorded, json_type_string))
        learn_string(n, json_object_get_string(recorded),
                     json_object_get_string(ours));
    if (json_object_is_type(recorded, json_type_object)) {
        json_object_object_foreach(recorded, name, value)
        {
            if (strcmp(name, "tags") != 0) /* which are of who asked */
                names_learn(n, value, recording_get(ours, name));
        }
    }
    /* Lists hold what else is in the vault, so one item stands for all. */
    if (json_object_is_type(recorded, json_type_array)
        && json_object_array_length(recorded) > 0
        && json_object_array_length(ours) > 0)
        names_learn(n, json_object_array_get_idx(recorded, 0),
                    json_object_array_get_idx(ours, 0));
}

/* out with the first place of what is recorded changed; frees out. */
static char *substitute(char *out, const struct pair *pair)
{
    char *at = strstr(out, pair->recorded);
    char *next = NULL;

    if (at == NULL)
        return out;
    if (asprintf(&next, "%.*s%s%s", (int)(at - out), out, pair->ours,
                 at + strlen(pair->recorded))
        < 0)
        abort();
    free(out);
    return next;
}

char *names_translate(const struct names *n, const char *text)
{
    char *out = strdup(text);

    for (size_t i = n->npairs; i-- > 0;)
        out = substitute(out, &n->pair[i]);
    return out;
}

char *names_message(const struct names *n, const char *text)
{
    char *out = names_translate(n, text);

    for (size_t i = 0; i < n->nobjects; i++)
        out = substitute(out, &n->object[i]);
    return out;
}

bool names_know(const struct names *n, const char *text)
{
    for (size_t i = 0; i < n->npairs; i++)
        if (strstr(text, n->pair[i].ours) != NULL)
            return true;
    return false;
}

/* The name that stands for the recorded one, from its first use on. */
static const char *own_name(struct names *n, const char *recorded, size_t len)
{
    char *name = strndup(recorded, len);
    struct pair *pair = NULL;

    for (size_t i = 0; i < n->nobjects && pair == NULL; i++)
        if (strcasecmp(n->object[i].recorded, name) == 0)
            pair = &n->object[i];
    if (pair == NULL && n->nobjects < MAX_OBJECTS) {
        pair = &n->object[n->nobjects++];
        pair->recorded = strdup(name);
        if (asprintf(&pair->ours, "%s-%u", n->prefix, n->nobjects_ever++) < 0)
            abort();
    }
    free(name);
    if (pair == NULL)
        abort();
    return pair->ours;
}

/* Not one that the service refuses, and not what restores. */
static bool is_name(const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (!isalnum((unsigned char)text[i]) && text[i] != '-')
            return false;
    return len > 0 && (len != 7 || strncmp(text, "restore", 7) != 0);
}

char *names_path(struct names *n, const char *path)
{
    size_t kind = 1 + strcspn(path + 1, "/?");
    size_t len = path[kind] == '/' ? strcspn(path + kind + 1, "/?") : 0;
    char *rest = names_translate(n, path + kind + (len == 0 ? 0 : 1 + len));
    char *out = NULL;

    if (n->prefix == NULL || !is_name(path + kind + 1, len)) {
        free(rest);
        return names_translate(n, path);
    }
    if (asprintf(&out, "%.*s/%s%s", (int)kind, path,
                 own_name(n, path + kind + 1, len), rest)
        < 0)
        abort();
    free(rest);
    return out;
}

static void free_pairs(struct pair *pair, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        free(pair[i].recorded);
        free(pair[i].ours);
    }
}

void names_forget(struct names *n)
{
    free_pairs(n->pair, n->npairs);
    free_pairs(n->object, n->nobjects);
    n->npairs = 0;
    n->nobjects = 0;
}
