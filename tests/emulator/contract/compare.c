/* SPDX-License-Identifier: Apache-2.0 */
#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "compare.h"

struct comparison {
    difference_fn *tell;
    void *arg;
};

static void differs(const struct comparison *c, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

static void differs(const struct comparison *c, const char *fmt, ...)
{
    char text[2048];
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(text, sizeof(text), fmt, ap);
    va_end(ap);
    c->tell(c->arg, text);
}

static const char *string_of(struct json_object *obj, const char *name)
{
    struct json_object *value = recording_get(obj, name);

    return json_object_is_type(value, json_type_string)
               ? json_object_get_string(value)
               : NULL;
}

/* What is another in each run: hosts, ids of 32 hexadecimal digits and of
 * those with hyphens, and dates. The caller frees it. */
static char *normalise(const char *text)
{
    static const char hex[] = "0123456789abcdefABCDEF-";
    char *out = malloc(strlen(text) * 2 + 1);
    char *to = out;

    if (out == NULL)
        abort();
    while (*text != '\0') {
        size_t id = strspn(text, hex);

        if (strncmp(text, "https://", 8) == 0
            && strncmp(text, "https://login.", 14) != 0) {
            to += sprintf(to, "https://HOST");
            text += 8 + strcspn(text + 8, "/ \"'");
        } else if (id == 32 || id == 36) {
            to += sprintf(to, "ID");
            text += id;
        } else if (id > 0) {
            memcpy(to, text, id);
            to += id;
            text += id;
        } else {
            *to++ = *text++;
        }
    }
    *to = '\0';
    return out;
}

static void compare_text(const struct comparison *c, const char *where,
                         const char *recorded, const char *ours)
{
    char *a;
    char *b;

    if (recorded == NULL && ours == NULL)
        return;
    if (recorded == NULL || ours == NULL) {
        differs(c, "%s: %s", where, ours == NULL ? "missing" : "not recorded");
        return;
    }
    a = normalise(recorded);
    b = normalise(ours);
    if (strcmp(a, b) != 0)
        differs(c, "%s: '%s', not '%s'", where, b, a);
    free(a);
    free(b);
}

/* Values of these are the same in each run. */
static bool is_stable(const char *where)
{
    static const char *const names[] = {
        "kty",           "crv",         "alg",         "e",
        "recoveryLevel", "contentType", "status",      "provider",
        "key_type",      "type",        "action_type", "key_ops[]"
    };
    const char *name = strrchr(where, '.');

    for (size_t i = 0; name != NULL && i < sizeof(names) / sizeof(names[0]);
         i++)
        if (strcmp(name + 1, names[i]) == 0)
            return true;
    return false;
}

static void compare_json(const struct comparison *c, const char *where,
                         struct json_object *recorded,
                         struct json_object *ours);

static void compare_members(const struct comparison *c, const char *where,
                            struct json_object *recorded,
                            struct json_object *ours)
{
    char place[256];

    json_object_object_foreach(recorded, name, value)
    {
        struct json_object *own = NULL;

        snprintf(place, sizeof(place), "%s.%s", where, name);
        if (json_object_object_get_ex(ours, name, &own))
            compare_json(c, place, value, own);
        else
            differs(c, "%s: missing", place);
    }
    json_object_object_foreach(ours, own_name, own_value)
    {
        (void)own_value;
        if (!json_object_object_get_ex(recorded, own_name, NULL))
            differs(c, "%s.%s: not recorded", where, own_name);
    }
}

static int by_text(const void *a, const void *b)
{
    return strcmp(json_object_get_string(*(struct json_object *const *)a),
                  json_object_get_string(*(struct json_object *const *)b));
}

/* Lists of objects hold what else is in the vault: one item stands for all.
 * Those of texts have to be the same, in any order: a Managed HSM has none. */
static void compare_lists(const struct comparison *c, const char *where,
                          struct json_object *recorded,
                          struct json_object *ours)
{
    size_t nrecorded = json_object_array_length(recorded);
    size_t nours = json_object_array_length(ours);
    struct json_object *first = json_object_array_get_idx(recorded, 0);
    char place[256];

    snprintf(place, sizeof(place), "%s[]", where);
    if (nrecorded == 0 || nours == 0) {
        if ((nrecorded == 0) != (nours == 0))
            differs(c, "%s: %zu items, not %zu", where, nours, nrecorded);
        return;
    }
    if (!json_object_is_type(first, json_type_string)) {
        compare_json(c, place, first, json_object_array_get_idx(ours, 0));
        return;
    }
    if (nrecorded != nours)
        differs(c, "%s: %zu items, not %zu", where, nours, nrecorded);
    json_object_array_sort(recorded, by_text);
    json_object_array_sort(ours, by_text);
    for (size_t i = 0; i < nrecorded && nrecorded == nours; i++)
        compare_json(c, place, json_object_array_get_idx(recorded, i),
                     json_object_array_get_idx(ours, i));
}

static void compare_json(const struct comparison *c, const char *where,
                         struct json_object *recorded, struct json_object *ours)
{
    enum json_type type = json_object_get_type(recorded);

    if (type != json_object_get_type(ours)) {
        differs(c, "%s: %s, not %s", where,
                json_type_to_name(json_object_get_type(ours)),
                json_type_to_name(type));
        return;
    }
    if (type == json_type_object)
        compare_members(c, where, recorded, ours);
    else if (type == json_type_array)
        compare_lists(c, where, recorded, ours);
    else if (type == json_type_boolean
             && json_object_get_boolean(recorded)
                    != json_object_get_boolean(ours))
        differs(c, "%s: %s", where,
                json_object_get_boolean(ours) ? "true" : "false");
    else if (type == json_type_string && is_stable(where))
        compare_text(c, where, json_object_get_string(recorded),
                     json_object_get_string(ours));
}

static void compare_errors(const struct comparison *c, const char *message,
                           struct json_object *recorded,
                           struct json_object *ours)
{
    struct json_object *a = recording_get(recorded, "error");
    struct json_object *b = recording_get(ours, "error");

    compare_text(c, "error.code", string_of(a, "code"), string_of(b, "code"));
    compare_text(c, "error.innererror.code",
                 string_of(recording_get(a, "innererror"), "code"),
                 string_of(recording_get(b, "innererror"), "code"));
    compare_text(c, "error.message", message, string_of(b, "message"));
}

static void compare_headers(const struct comparison *c,
                            const struct exchange *recorded,
                            const struct answer *ours)
{
    static const struct {
        const char *name;
        bool value; /* not only whether it is there */
    } names[] = { { "content-type", true },
                  { "www-authenticate", true },
                  { "retry-after", true },
                  { "location", false },
                  { "x-ms-request-id", false },
                  { "x-ms-keyvault-service-version", false },
                  { "x-ms-keyvault-region", false } };

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        char *was = recording_header(recorded, names[i].name);
        const char *is = string_of(ours->headers, names[i].name);

        if (names[i].value || was == NULL || is == NULL)
            compare_text(c, names[i].name, was, is);
        free(was);
    }
}

void compare_answers(const struct exchange *recorded, const char *message,
                     const struct answer *ours, difference_fn *tell, void *arg)
{
    const struct comparison c = { tell, arg };

    if (recorded->status != ours->status) {
        differs(&c, "status: %ld, not %ld", ours->status, recorded->status);
        return;
    }
    if (ours->status >= 400)
        compare_errors(&c, message, recorded->reply_json, ours->body);
    else if (recorded->reply_json != NULL || ours->body != NULL)
        compare_json(&c, "reply", recorded->reply_json, ours->body);
    compare_headers(&c, recorded, ours);
}
