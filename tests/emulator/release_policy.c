/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "jsonx.h"
#include "release_policy.h"
#include "xmem.h"

#define VERSION "1.0.0"
#define MAX_DEPTH 8

static const char *const lists[] = { "anyOf", "allOf" };

static struct json_object *read_list(struct json_object *obj, const char *name,
                                     int depth);

/* Flags come back as text: the service does not tell true from "true". */
static struct json_object *read_claim(struct json_object *obj)
{
    const char *claim = emu_json_str(obj, "claim");
    struct json_object *value = emu_json_get(obj, "equals");
    struct json_object *out;

    if (claim == NULL || *claim == '\0' || value == NULL
        || json_object_object_length(obj) != 2
        || json_object_is_type(value, json_type_object)
        || json_object_is_type(value, json_type_array))
        return NULL;
    out = json_object_new_object();
    emu_json_add_str(out, "claim", claim);
    if (json_object_is_type(value, json_type_boolean))
        emu_json_add_str(out, "equals", json_object_get_string(value));
    else
        json_object_object_add(out, "equals", json_object_get(value));
    return out;
}

static struct json_object *read_condition(struct json_object *obj, int depth)
{
    if (depth == MAX_DEPTH || !json_object_is_type(obj, json_type_object))
        return NULL;
    for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
        if (emu_json_get(obj, lists[i]) != NULL) {
            struct json_object *list = json_object_object_length(obj) == 1
                                           ? read_list(obj, lists[i], depth + 1)
                                           : NULL;
            struct json_object *out = NULL;

            if (list != NULL) {
                out = json_object_new_object();
                json_object_object_add(out, lists[i], list);
            }
            return out;
        }
    }
    return read_claim(obj);
}

static struct json_object *read_authority(struct json_object *obj)
{
    const char *authority = emu_json_str(obj, "authority");
    const char *name = emu_json_get(obj, "allOf") == NULL ? lists[0] : lists[1];
    struct json_object *list;
    struct json_object *out;

    if (authority == NULL || strncasecmp(authority, "https://", 8) != 0
        || json_object_object_length(obj) != 2)
        return NULL;
    list = read_list(obj, name, 0);
    if (list == NULL)
        return NULL;
    out = json_object_new_object();
    emu_json_add_str(out, "authority", authority);
    json_object_object_add(out, name, list);
    return out;
}

/* The conditions of that member; depth < 0: its authorities. */
static struct json_object *read_list(struct json_object *obj, const char *name,
                                     int depth)
{
    struct json_object *list = emu_json_get(obj, name);
    struct json_object *out;

    if (!json_object_is_type(list, json_type_array)
        || json_object_array_length(list) == 0)
        return NULL;
    out = json_object_new_array();
    for (size_t i = 0; i < json_object_array_length(list); i++) {
        struct json_object *item = json_object_array_get_idx(list, i);

        item = depth < 0 ? read_authority(item) : read_condition(item, depth);
        if (item == NULL) {
            json_object_put(out);
            return NULL;
        }
        json_object_array_add(out, item);
    }
    return out;
}

struct json_object *emu_release_rules(struct json_object *policy)
{
    const char *version = emu_json_str(policy, "version");
    struct json_object *list;
    struct json_object *out;

    if (version == NULL || strcmp(version, VERSION) != 0
        || json_object_object_length(policy) != 2)
        return NULL;
    list = read_list(policy, "anyOf", -1);
    if (list == NULL)
        return NULL;
    out = json_object_new_object();
    emu_json_add_str(out, "version", VERSION);
    json_object_object_add(out, "anyOf", list);
    return out;
}

bool emu_same_authority(const char *a, const char *b)
{
    size_t alen = strlen(a);
    size_t blen = strlen(b);

    alen -= alen > 0 && a[alen - 1] == '/';
    blen -= blen > 0 && b[blen - 1] == '/';
    return alen == blen && strncasecmp(a, b, alen) == 0;
}

/* a.b is first the member of that name, then the member b of the member a. */
static struct json_object *find_claim(struct json_object *claims,
                                      const char *name)
{
    struct json_object *value = emu_json_get(claims, name);
    const char *dot = strchr(name, '.');

    while (value == NULL && dot != NULL) {
        char *first = emu_xstrndup(name, (size_t)(dot - name));
        struct json_object *inner = emu_json_get(claims, first);

        free(first);
        if (json_object_is_type(inner, json_type_object))
            value = find_claim(inner, dot + 1);
        dot = strchr(dot + 1, '.');
    }
    return value;
}

static bool is_number(struct json_object *value)
{
    return json_object_is_type(value, json_type_int)
           || json_object_is_type(value, json_type_double);
}

static bool equals(struct json_object *claim, struct json_object *value)
{
    if (claim == NULL || json_object_is_type(claim, json_type_object)
        || json_object_is_type(claim, json_type_array))
        return false;
    if (is_number(claim) && is_number(value))
        return json_object_get_double(claim) == json_object_get_double(value);
    return strcmp(json_object_get_string(claim), json_object_get_string(value))
           == 0;
}

static bool list_holds(struct json_object *obj, struct json_object *claims);

static bool holds(struct json_object *condition, struct json_object *claims)
{
    const char *claim = emu_json_str(condition, "claim");

    if (claim == NULL)
        return list_holds(condition, claims);
    return equals(find_claim(claims, claim), emu_json_get(condition, "equals"));
}

/* All of allOf, or one of anyOf. */
static bool list_holds(struct json_object *obj, struct json_object *claims)
{
    struct json_object *list = emu_json_get(obj, "allOf");
    bool all = list != NULL;

    if (!all)
        list = emu_json_get(obj, "anyOf");
    for (size_t i = 0; i < json_object_array_length(list); i++)
        if (holds(json_object_array_get_idx(list, i), claims) != all)
            return !all;
    return all;
}

bool emu_release_allowed(struct json_object *rules, const char *issuer,
                         struct json_object *claims)
{
    struct json_object *list = emu_json_get(rules, "anyOf");

    for (size_t i = 0; i < json_object_array_length(list); i++) {
        struct json_object *item = json_object_array_get_idx(list, i);

        if (emu_same_authority(emu_json_str(item, "authority"), issuer)
            && list_holds(item, claims))
            return true;
    }
    return false;
}
