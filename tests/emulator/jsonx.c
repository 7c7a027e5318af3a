/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "jsonx.h"
#include "xmem.h"

#define MAX_DEPTH 32

static bool is_ascii(const char *text, size_t len)
{
    size_t i;

    for (i = 0; i < len; i++)
        if ((unsigned char)text[i] > 0x7f)
            return false;
    return true;
}

struct json_object *emu_json_parse(const char *text, size_t len)
{
    struct json_tokener *tok = json_tokener_new_ex(MAX_DEPTH);
    struct json_object *obj = NULL;

    if (tok == NULL)
        return NULL;
    /* When strict, json-c 0.18 refuses all that is not ASCII. */
    json_tokener_set_flags(
        tok, JSON_TOKENER_VALIDATE_UTF8
                 | (is_ascii(text, len) ? JSON_TOKENER_STRICT : 0));
    if (len > 0 && len < INT_MAX)
        obj = json_tokener_parse_ex(tok, text, (int)len);
    /* A bare number only ends when something follows it. */
    if (json_tokener_get_error(tok) == json_tokener_continue)
        obj = json_tokener_parse_ex(tok, "\n", 1);
    else if (json_tokener_get_parse_end(tok) < len
             && strspn(text + json_tokener_get_parse_end(tok), " \t\r\n")
                    < len - json_tokener_get_parse_end(tok)) {
        json_object_put(obj);
        obj = NULL;
    }
    json_tokener_free(tok);
    return obj;
}

struct json_object *emu_json_get(struct json_object *obj, const char *name)
{
    struct json_object *value = NULL;

    if (!json_object_is_type(obj, json_type_object)
        || !json_object_object_get_ex(obj, name, &value))
        return NULL;
    return value;
}

const char *emu_json_str(struct json_object *obj, const char *name)
{
    struct json_object *value = emu_json_get(obj, name);

    return json_object_is_type(value, json_type_string)
               ? json_object_get_string(value)
               : NULL;
}

bool emu_json_int(struct json_object *value, int64_t *out)
{
    if (!json_object_is_type(value, json_type_int))
        return false;
    *out = json_object_get_int64(value);
    return true;
}

bool emu_json_seconds(struct json_object *value, int64_t *out)
{
    double seconds = json_object_get_double(value);

    if (!json_object_is_type(value, json_type_double))
        return emu_json_int(value, out);
    if (!(seconds > -1e15 && seconds < 1e15))
        return false;
    *out = (int64_t)seconds;
    return true;
}

void emu_json_add_str(struct json_object *obj, const char *name,
                      const char *value)
{
    json_object_object_add(obj, name, json_object_new_string(value));
}

void emu_json_add_int(struct json_object *obj, const char *name, int64_t value)
{
    json_object_object_add(obj, name, json_object_new_int64(value));
}

void emu_json_add_int_text(struct json_object *obj, const char *name,
                           int64_t value)
{
    char text[24];

    snprintf(text, sizeof(text), "%" PRId64, value);
    emu_json_add_str(obj, name, text);
}

void emu_json_add_bool(struct json_object *obj, const char *name, bool value)
{
    json_object_object_add(obj, name, json_object_new_boolean(value));
}

static int by_name(const void *a, const void *b)
{
    const char *const *left = a;
    const char *const *right = b;

    return strcmp(*left, *right);
}

static void sort_members(struct json_object *obj)
{
    size_t n = (size_t)json_object_object_length(obj);
    const char *name[64];
    size_t i = 0;

    if (n == 0 || n > sizeof(name) / sizeof(name[0]))
        return;
    json_object_object_foreach(obj, key, value)
    {
        (void)value;
        name[i++] = key;
    }
    qsort(name, n, sizeof(name[0]), by_name);
    for (i = 0; i < n; i++) {
        struct json_object *member =
            json_object_get(emu_json_get(obj, name[i]));
        char *copy = emu_xstrdup(name[i]);

        emu_json_sort(member);
        json_object_object_del(obj, copy); /* and back behind the others */
        json_object_object_add(obj, copy, member);
        free(copy);
    }
}

void emu_json_sort(struct json_object *obj)
{
    if (json_object_is_type(obj, json_type_object))
        sort_members(obj);
    else if (json_object_is_type(obj, json_type_array))
        for (size_t i = 0; i < json_object_array_length(obj); i++)
            emu_json_sort(json_object_array_get_idx(obj, i));
}

const char *emu_json_text(struct json_object *obj)
{
    return json_object_to_json_string_ext(
        obj, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE);
}

const char *emu_json_unknown(struct json_object *obj,
                             const char *const *allowed)
{
    json_object_object_foreach(obj, name, value)
    {
        const char *const *p = allowed;

        (void)value;
        while (*p != NULL && strcmp(*p, name) != 0)
            p++;
        if (*p == NULL)
            return name;
    }
    return NULL;
}
