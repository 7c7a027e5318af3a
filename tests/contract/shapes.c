/* SPDX-License-Identifier: Apache-2.0 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <json-c/json.h>

#include "shapes.h"

/* Differences that are meant. */
static struct allowance {
    const char *name; /* of a member, a field or a query's */
    bool ours;        /* libakv sends it; the recorded client does not */
    const char *why;
    unsigned count;
} allowances[] = {
    { "maxresults", false, "libakv takes the service's pages as they are", 0 },
    { "includePending", false, "false is the service's default", 0 },
    { "crv", true, "libakv names the curve, also the default one", 0 },
    { "response_type", false, "no parameter of this grant (RFC 6749, 4.4)", 0 },
    { "{}", false, "an empty object says nothing", 0 },
    { "null", false, "null says nothing", 0 },
};

static bool allowed(const char *name, bool ours)
{
    for (size_t i = 0; i < sizeof(allowances) / sizeof(allowances[0]); i++) {
        if (strcmp(allowances[i].name, name) == 0
            && allowances[i].ours == ours) {
            allowances[i].count++;
            return true;
        }
    }
    return false;
}

void shapes_print(void)
{
    for (size_t i = 0; i < sizeof(allowances) / sizeof(allowances[0]); i++)
        printf("%5u  %-15s %-18s %s\n", allowances[i].count, allowances[i].name,
               allowances[i].ours ? "only libakv" : "only the recorded",
               allowances[i].why);
}

/* Behind the host. */
static const char *path_of(const char *url)
{
    const char *host = strstr(url, "://");
    const char *path = host == NULL ? NULL : strchr(host + 3, '/');

    return path == NULL ? "" : path;
}

static bool same_path(const char *recorded, const char *ours)
{
    const char *a = path_of(recorded), *b = path_of(ours);

    for (;;) {
        size_t n, m;

        a += strspn(a, "/");
        b += strspn(b, "/");
        n = strcspn(a, "/?");
        m = strcspn(b, "/?");
        if (n != m || strncmp(a, b, n) != 0) {
            printf("  path: %s instead of %s\n", path_of(ours),
                   path_of(recorded));
            return false;
        }
        if (n == 0)
            return true;
        a += n;
        b += m;
    }
}

/* Whether a query or form has a field of that name. */
static bool has_field(const char *fields, const char *name, size_t len)
{
    for (; *fields != '\0'; fields += strspn(fields, "&")) {
        if (strcspn(fields, "=&") == len && strncmp(fields, name, len) == 0)
            return true;
        fields += strcspn(fields, "&");
    }
    return false;
}

/* Fields of one that are not in the other; ours: which one that is. */
static bool within(const char *fields, const char *other, bool ours)
{
    bool ok = true;

    for (; *fields != '\0'; fields += strspn(fields, "&")) {
        char *name = strndup(fields, strcspn(fields, "=&"));

        if (!has_field(other, name, strlen(name)) && !allowed(name, ours)) {
            printf("  %s: only in %s request\n", name,
                   ours ? "our" : "the recorded");
            ok = false;
        }
        free(name);
        fields += strcspn(fields, "&");
    }
    return ok;
}

bool shapes_form(const char *recorded, const char *ours)
{
    bool ok = within(recorded, ours, false);

    return within(ours, recorded, true) && ok;
}

bool shapes_url(const char *recorded, const char *ours)
{
    const char *a = strchr(recorded, '?'), *b = strchr(ours, '?');
    bool ok = same_path(recorded, ours);

    a = a == NULL ? "" : a + 1;
    b = b == NULL ? "" : b + 1;
    /* The link to an HSM's page has no version, which some clients add. */
    if (strstr(b, "skiptoken=") != NULL && strstr(b, "api-version=") == NULL)
        return within(b, a, true) && ok;
    return shapes_form(a, b) && ok;
}

static bool empty(struct json_object *value)
{
    return json_object_is_type(value, json_type_object)
           && json_object_object_length(value) == 0;
}

static bool same(const char *where, struct json_object *recorded,
                 struct json_object *ours);

static bool same_members(const char *where, struct json_object *recorded,
                         struct json_object *ours)
{
    struct json_object *other;
    bool ok = true;

    json_object_object_foreach(recorded, name, value)
    {
        char place[200];

        snprintf(place, sizeof(place), "%s.%s", where, name);
        if (json_object_object_get_ex(ours, name, &other)) {
            ok = same(place, value, other) && ok;
        } else if (!(value == NULL && allowed("null", false))
                   && !(empty(value) && allowed("{}", false))
                   && !allowed(name, false)) {
            printf("  %s: not in our request\n", place);
            ok = false;
        }
    }
    json_object_object_foreach(ours, own, mine)
    {
        (void)mine;
        if (!json_object_object_get_ex(recorded, own, &other)
            && !allowed(own, true)) {
            printf("  %s.%s: only in our request\n", where, own);
            ok = false;
        }
    }
    return ok;
}

/* The order of sets such as key_ops says nothing. */
static bool contains(struct json_object *list, struct json_object *value)
{
    for (size_t i = 0; i < json_object_array_length(list); i++)
        if (json_object_equal(json_object_array_get_idx(list, i), value))
            return true;
    return false;
}

static bool same_items(const char *where, struct json_object *recorded,
                       struct json_object *ours)
{
    bool ok =
        json_object_array_length(recorded) == json_object_array_length(ours);

    for (size_t i = 0; ok && i < json_object_array_length(recorded); i++)
        ok = contains(ours, json_object_array_get_idx(recorded, i));
    if (!ok)
        printf("  %s: other items\n", where);
    return ok;
}

static bool same(const char *where, struct json_object *recorded,
                 struct json_object *ours)
{
    if (json_object_get_type(recorded) != json_object_get_type(ours)) {
        printf("  %s: %s instead of %s\n", where,
               json_type_to_name(json_object_get_type(ours)),
               json_type_to_name(json_object_get_type(recorded)));
        return false;
    }
    if (json_object_is_type(recorded, json_type_object))
        return same_members(where, recorded, ours);
    if (json_object_is_type(recorded, json_type_array))
        return same_items(where, recorded, ours);
    if (json_object_equal(recorded, ours))
        return true;
    printf("  %s: another value\n", where);
    return false;
}

bool shapes_body(const char *recorded, const char *ours)
{
    struct json_object *a = NULL, *b = NULL;
    bool ok = (recorded == NULL) == (ours == NULL);

    if (!ok)
        printf("  body: only in %s request\n",
               ours != NULL ? "our" : "the recorded");
    if (ok && recorded != NULL) {
        a = json_tokener_parse(recorded);
        b = json_tokener_parse(ours);
        ok = same("body", a, b);
    }
    json_object_put(a);
    json_object_put(b);
    return ok;
}
