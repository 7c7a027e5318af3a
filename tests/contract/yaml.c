/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Recursive descent over the text. In block style, the column of the first
 * character of a node says what belongs to it.
 */

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <json-c/json.h>

#include "yaml.h"

#define MAX_DEPTH 32

struct yaml {
    const char *text;
    const char *at;
    int depth;
    bool bad;
};

/* A scalar on its way; grown by add(). */
struct scalar {
    char *data; /* owned */
    size_t len;
};

static struct json_object *parse_node(struct yaml *y, int parent);

static struct json_object *fail(struct yaml *y)
{
    y->bad = true;
    return NULL;
}

static void add(struct scalar *s, char c)
{
    char *data = realloc(s->data, s->len + 2);

    if (data == NULL)
        abort();
    s->data = data;
    s->data[s->len++] = c;
    s->data[s->len] = '\0';
}

static int column(const struct yaml *y)
{
    const char *line = y->at;

    while (line > y->text && line[-1] != '\n')
        line--;
    return (int)(y->at - line);
}

static void skip_spaces(struct yaml *y)
{
    while (*y->at == ' ')
        y->at++;
}

static bool at_comment(const struct yaml *y)
{
    return *y->at == '#' && (y->at == y->text || strchr(" \n", y->at[-1]));
}

/* To the next token, over ends of lines and comments. */
static void skip_blank(struct yaml *y)
{
    for (;;) {
        y->at += strspn(y->at, " \r\n");
        if (!at_comment(y))
            return;
        y->at += strcspn(y->at, "\n");
    }
}

/* A line's end in a scalar is a space; empty lines behind it are such. */
static void fold(struct yaml *y, struct scalar *s)
{
    size_t lines = 0;

    while (s->len > 0 && s->data[s->len - 1] == ' ')
        s->data[--s->len] = '\0';
    while (*y->at == '\n' || *y->at == ' ' || *y->at == '\r') {
        lines += *y->at == '\n';
        y->at++;
    }
    if (lines == 1)
        add(s, ' ');
    for (; lines > 1; lines--)
        add(s, '\n');
}

static void add_utf8(struct scalar *s, unsigned long code)
{
    if (code < 0x80) {
        add(s, (char)code);
    } else if (code < 0x800) {
        add(s, (char)(0xc0 | code >> 6));
        add(s, (char)(0x80 | (code & 0x3f)));
    } else {
        add(s, (char)(0xe0 | code >> 12));
        add(s, (char)(0x80 | (code >> 6 & 0x3f)));
        add(s, (char)(0x80 | (code & 0x3f)));
    }
}

/* What is behind a backslash in double quotes; false if it is not known. */
static bool escape(struct yaml *y, struct scalar *s)
{
    static const char from[] = "0abtnvfre \"/\\";
    static const char to[] = "\0\a\b\t\n\v\f\r\033 \"/\\";
    const char *known;
    char hex[5] = "";
    size_t digits;

    if (*y->at == '\n') {
        y->at += strspn(y->at, "\n ");
        return true;
    }
    if (*y->at == 'x' || *y->at == 'u') {
        digits = *y->at == 'x' ? 2 : 4;
        strncpy(hex, y->at + 1, digits);
        if (strspn(hex, "0123456789abcdefABCDEF") != digits)
            return false;
        add_utf8(s, strtoul(hex, NULL, 16));
        y->at += digits + 1;
        return true;
    }
    known = *y->at == '\0' ? NULL : strchr(from, *y->at);
    if (known == NULL)
        return false;
    add(s, to[known - from]);
    y->at++;
    return true;
}

static bool quoted(struct yaml *y, struct scalar *s)
{
    char quote = *y->at++;

    while (*y->at != '\0') {
        if (*y->at == quote && quote == '\'' && y->at[1] == quote) {
            add(s, quote);
            y->at += 2;
        } else if (*y->at == quote) {
            y->at++;
            return true;
        } else if (*y->at == '\\' && quote == '"') {
            y->at++;
            if (!escape(y, s))
                return false;
        } else if (*y->at == '\n') {
            fold(y, s);
        } else {
            add(s, *y->at++);
        }
    }
    return false;
}

/* Whether the plain scalar ends here; flow: inside brackets. */
static bool plain_ends(const struct yaml *y, bool flow)
{
    if (*y->at == '\0' || *y->at == '\n' || at_comment(y))
        return true;
    if (*y->at == ':' && (y->at[1] == '\0' || strchr(" \n", y->at[1]) != NULL))
        return true;
    return flow && strchr(",[]{}", *y->at) != NULL;
}

/* Lines that are further right than the parent go on with the scalar. */
static bool goes_on(const struct yaml *y, int parent)
{
    const char *next = y->at + strspn(y->at, " \r\n");
    const char *line = next;

    while (line > y->text && line[-1] != '\n')
        line--;
    return *y->at == '\n' && *next != '\0' && next - line > parent
           && *next != '#';
}

static void plain(struct yaml *y, struct scalar *s, bool flow, int parent)
{
    for (;;) {
        while (!plain_ends(y, flow))
            add(s, *y->at++);
        if (!goes_on(y, flow ? -1 : parent))
            break;
        fold(y, s);
    }
    while (s->len > 0 && strchr(" \r", s->data[s->len - 1]) != NULL)
        s->data[--s->len] = '\0';
}

static struct json_object *plain_value(const struct scalar *s)
{
    if (s->len == 0 || strcmp(s->data, "null") == 0
        || strcmp(s->data, "~") == 0)
        return NULL;
    if (s->len < 18 && strspn(s->data, "0123456789") == s->len)
        return json_object_new_int64(strtoll(s->data, NULL, 10));
    return json_object_new_string_len(s->data, (int)s->len);
}

static struct json_object *scalar_value(struct yaml *y, bool flow, int parent)
{
    struct scalar s = { NULL, 0 };
    struct json_object *value = NULL;

    if (*y->at == '\0' || strchr("|>&*!%@`", *y->at) != NULL)
        return fail(y);
    if (*y->at != '\'' && *y->at != '"') {
        plain(y, &s, flow, parent);
        value = plain_value(&s);
    } else if (quoted(y, &s)) {
        value = json_object_new_string_len(s.data == NULL ? "" : s.data,
                                           (int)s.len);
    } else {
        fail(y);
    }
    free(s.data);
    return value;
}

/* The name of a member and its colon; the caller frees it. NULL: none. */
static char *member_name(struct yaml *y, bool flow)
{
    struct scalar s = { NULL, 0 };
    const char *start = y->at;
    bool ok = true;

    if (*y->at == '\'' || *y->at == '"')
        ok = quoted(y, &s);
    else
        while (!plain_ends(y, flow))
            add(&s, *y->at++);
    skip_spaces(y);
    if (ok && *y->at == ':' && s.len > 0) {
        y->at++;
        skip_spaces(y);
        return s.data;
    }
    free(s.data);
    y->at = start;
    return NULL;
}

static struct json_object *parse_flow(struct yaml *y)
{
    bool map = *y->at == '{';
    char end = map ? '}' : ']';
    struct json_object *out =
        map ? json_object_new_object() : json_object_new_array();

    y->at++;
    skip_blank(y);
    while (*y->at != end && !y->bad) {
        char *name = map ? member_name(y, true) : NULL;
        struct json_object *value = NULL;

        if (map && name == NULL) {
            fail(y);
            break;
        }
        skip_blank(y);
        if (*y->at == '[' || *y->at == '{')
            value = ++y->depth > MAX_DEPTH ? fail(y) : parse_flow(y);
        else
            value = scalar_value(y, true, -1);
        if (map)
            json_object_object_add(out, name, value);
        else
            json_object_array_add(out, value);
        free(name);
        skip_blank(y);
        if (*y->at == ',')
            y->at++;
        else if (*y->at != end)
            fail(y);
        skip_blank(y);
    }
    y->at += *y->at == end;
    y->depth--;
    return out;
}

static bool at_item(const struct yaml *y)
{
    return *y->at == '-' && (y->at[1] == ' ' || y->at[1] == '\n');
}

static struct json_object *parse_list(struct yaml *y)
{
    struct json_object *out = json_object_new_array();
    int own = column(y);

    while (!y->bad && at_item(y) && column(y) == own) {
        y->at++;
        json_object_array_add(out, parse_node(y, own));
        skip_blank(y);
    }
    return out;
}

static struct json_object *parse_map(struct yaml *y, char *name)
{
    struct json_object *out = json_object_new_object();
    const char *first = y->at;
    int own;

    /* The name has been read, so its column is that of its line's text. */
    while (first > y->text && first[-1] != '\n')
        first--;
    own = (int)strspn(first, " ");
    while (first[own] == '-' && first[own + 1] == ' ')
        own += 1 + (int)strspn(first + own + 1, " ");
    while (name != NULL) {
        struct json_object *value = NULL;

        skip_blank(y);
        /* A list may stand below its name. */
        if (column(y) > own || (column(y) == own && at_item(y)))
            value = parse_node(y, at_item(y) ? own - 1 : own);
        json_object_object_add(out, name, value);
        free(name);
        name = NULL;
        skip_blank(y);
        if (!y->bad && *y->at != '\0' && column(y) == own && !at_item(y)) {
            name = member_name(y, false);
            if (name == NULL)
                fail(y);
        }
    }
    return out;
}

/* What stands further right than the parent; NULL: nothing. */
static struct json_object *parse_node(struct yaml *y, int parent)
{
    struct json_object *out = NULL;
    char *name;

    skip_blank(y);
    if (*y->at == '\0' || column(y) <= parent)
        return NULL;
    if (++y->depth > MAX_DEPTH)
        return fail(y);
    if (at_item(y)) {
        out = parse_list(y);
    } else if (*y->at == '[' || *y->at == '{') {
        y->depth++;
        out = parse_flow(y);
    } else if ((name = member_name(y, false)) != NULL) {
        out = parse_map(y, name); /* its own now */
    } else {
        out = scalar_value(y, false, parent);
    }
    y->depth--;
    return out;
}

struct json_object *yaml_parse(const char *text)
{
    struct yaml y = { text, text, 0, false };
    struct json_object *out = parse_node(&y, -1);

    skip_blank(&y);
    if (!y.bad && *y.at == '\0')
        return out;
    json_object_put(out);
    return NULL;
}
