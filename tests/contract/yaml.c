/* SPDX-License-Identifier: Apache-2.0 */

#include <ctype.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "yaml.h"

struct yaml {
    const char *start, *p;
};

/* A scalar that is being read; len bytes, without NUL behind. */
struct scalar {
    char *data;
    size_t len;
};

static struct json_object *block(struct yaml *y, long least);
static struct json_object *flow(struct yaml *y);

static long column(const struct yaml *y)
{
    const char *p = y->p;

    while (p > y->start && p[-1] != '\n')
        p--;
    return y->p - p;
}

static void skip(struct yaml *y)
{
    y->p += strspn(y->p, " \n\r");
}

static void add(struct scalar *s, char c)
{
    s->data = realloc(s->data, s->len + 2);
    if (s->data == NULL)
        abort();
    s->data[s->len++] = c;
    s->data[s->len] = '\0';
}

/* A line's end inside a scalar: a space, or the empty lines behind it. */
static void fold(struct yaml *y, struct scalar *s)
{
    size_t lines = 0;

    while (s->len > 0 && s->data[s->len - 1] == ' ')
        s->len--;
    for (; isspace((unsigned char)*y->p); y->p++)
        lines += *y->p == '\n' ? 1 : 0;
    if (lines == 1)
        add(s, ' ');
    for (; lines > 1; lines--)
        add(s, '\n');
}

static struct json_object *take(struct scalar *s)
{
    struct json_object *text =
        json_object_new_string_len(s->len > 0 ? s->data : "", (int)s->len);

    free(s->data);
    return text;
}

static struct json_object *single_quoted(struct yaml *y)
{
    struct scalar s = { NULL, 0 };

    for (y->p++; *y->p != '\0';) {
        if (*y->p == '\'' && y->p[1] != '\'')
            break;
        if (*y->p == '\n') {
            fold(y, &s);
        } else {
            y->p += *y->p == '\'' ? 1 : 0;
            add(&s, *y->p++);
        }
    }
    y->p += *y->p != '\0' ? 1 : 0;
    return take(&s);
}

static void escape(struct yaml *y, struct scalar *s)
{
    static const char from[] = "ntr0", to[] = "\n\t\r";
    const char *at = strchr(from, y->p[1]);

    if (y->p[1] == '\n') { /* the line goes on below */
        y->p += 2;
        y->p += strspn(y->p, " ");
        return;
    }
    add(s, at != NULL && *at != '\0' ? to[at - from] : y->p[1]);
    y->p += 2;
}

static struct json_object *double_quoted(struct yaml *y)
{
    struct scalar s = { NULL, 0 };

    for (y->p++; *y->p != '\0' && *y->p != '"';) {
        if (*y->p == '\\' && y->p[1] != '\0')
            escape(y, &s);
        else if (*y->p == '\n')
            fold(y, &s);
        else
            add(&s, *y->p++);
    }
    y->p += *y->p != '\0' ? 1 : 0;
    return take(&s);
}

static struct json_object *plain_of(struct scalar *s)
{
    while (s->len > 0 && s->data[s->len - 1] == ' ')
        s->len--;
    if (s->len == 0 || (s->len == 4 && memcmp(s->data, "null", 4) == 0)) {
        free(s->data);
        return NULL;
    }
    return take(s);
}

/* Goes on in lines that are indented more. */
static struct json_object *plain(struct yaml *y, long indent)
{
    struct scalar s = { NULL, 0 };

    while (*y->p != '\0') {
        struct yaml next = *y;

        if (*y->p != '\n') {
            add(&s, *y->p++);
            continue;
        }
        skip(&next);
        if (*next.p == '\0' || column(&next) <= indent)
            break;
        fold(y, &s);
    }
    return plain_of(&s);
}

static struct json_object *flow_plain(struct yaml *y)
{
    struct scalar s = { NULL, 0 };

    while (*y->p != '\0' && strchr(",]}", *y->p) == NULL
           && !(*y->p == ':' && y->p[1] == ' ')) {
        if (*y->p == '\n')
            fold(y, &s);
        else
            add(&s, *y->p++);
    }
    return plain_of(&s);
}

static struct json_object *flow_mapping(struct yaml *y)
{
    struct json_object *map = json_object_new_object();

    for (y->p++; *y->p != '\0' && *y->p != '}';) {
        struct json_object *key;

        skip(y);
        key = flow(y);
        skip(y);
        y->p += *y->p == ':' ? 1 : 0;
        skip(y);
        json_object_object_add(map, json_object_get_string(key), flow(y));
        json_object_put(key);
        skip(y);
        y->p += *y->p == ',' ? 1 : 0;
    }
    y->p += *y->p == '}' ? 1 : 0;
    return map;
}

static struct json_object *flow_sequence(struct yaml *y)
{
    struct json_object *list = json_object_new_array();

    y->p++;
    skip(y);
    while (*y->p != '\0' && *y->p != ']') {
        json_object_array_add(list, flow(y));
        skip(y);
        y->p += *y->p == ',' ? 1 : 0;
        skip(y);
    }
    y->p += *y->p == ']' ? 1 : 0;
    return list;
}

static struct json_object *flow(struct yaml *y)
{
    switch (*y->p) {
    case '\'':
        return single_quoted(y);
    case '"':
        return double_quoted(y);
    case '{':
        return flow_mapping(y);
    case '[':
        return flow_sequence(y);
    default:
        return flow_plain(y);
    }
}

static struct json_object *scalar(struct yaml *y, long indent)
{
    return strchr("'\"{[", *y->p) != NULL && *y->p != '\0' ? flow(y)
                                                           : plain(y, indent);
}

/* Bytes of a mapping's key, which is a word; 0: there is none. */
static size_t key_length(const char *p)
{
    size_t len = 0;

    while (isalnum((unsigned char)p[len]) || p[len] == '-' || p[len] == '_')
        len++;
    return p[len] == ':' && strchr(" \n", p[len + 1]) != NULL ? len : 0;
}

static struct json_object *mapping(struct yaml *y, long indent)
{
    struct json_object *map = json_object_new_object();
    size_t len;

    while (*y->p != '\0' && column(y) == indent
           && (len = key_length(y->p)) > 0) {
        char *key = strndup(y->p, len);
        struct yaml next;

        y->p += len + 1;
        y->p += strspn(y->p, " ");
        next = *y;
        skip(&next);
        if (*y->p != '\n')
            json_object_object_add(map, key, scalar(y, indent));
        else /* a sequence need not be indented */
            json_object_object_add(
                map, key,
                block(y, strncmp(next.p, "- ", 2) == 0 ? indent : indent + 1));
        free(key);
        skip(y);
    }
    return map;
}

static struct json_object *sequence(struct yaml *y, long indent)
{
    struct json_object *list = json_object_new_array();

    while (column(y) == indent && strncmp(y->p, "- ", 2) == 0) {
        y->p += 2;
        json_object_array_add(list, block(y, indent + 1));
        skip(y);
    }
    return list;
}

static struct json_object *block(struct yaml *y, long least)
{
    skip(y);
    if (*y->p == '\0' || column(y) < least)
        return NULL;
    if (strncmp(y->p, "- ", 2) == 0)
        return sequence(y, column(y));
    if (key_length(y->p) > 0)
        return mapping(y, column(y));
    return scalar(y, least - 1);
}

struct json_object *yaml_parse(const char *text)
{
    struct yaml y = { text, text };

    return block(&y, 0);
}
