/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Replies of the emulator against the OpenAPI documents of the service.
 * Usage: spec_check SPEC-DIRECTORY EXCHANGES
 * EXCHANGES has lines of METHOD, status, path and body with tabs between them.
 * Prints a table of the operations of the documents; status 1: some reply is
 * not as it is written there, 3: some operation was not seen.
 */

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <json-c/json.h>

#define DOCUMENTS 4
#define MAX_OPS 128

static const char *const names[DOCUMENTS] = { "keys.json", "secrets.json",
                                              "certificates.json",
                                              "common.json" };
static struct json_object *doc[DOCUMENTS];

struct op {
    const char *method; /* borrowed from the documents, like the rest */
    const char *path;
    struct json_object *responses;
    size_t document;
    unsigned good;
    unsigned errors; /* replies with an error body */
    unsigned bad;
};

static struct op ops[MAX_OPS];
static size_t nops;

static struct json_object *get(struct json_object *obj, const char *name)
{
    struct json_object *value = NULL;

    json_object_object_get_ex(obj, name, &value);
    return value;
}

/* "common.json#/definitions/X" or "#/definitions/X". */
static struct json_object *resolve(const char *ref, size_t *document)
{
    const char *hash = strchr(ref, '#');
    const char *name = hash == NULL ? NULL : strrchr(hash, '/');

    if (name == NULL)
        return NULL;
    for (size_t i = 0; i < DOCUMENTS && hash != ref; i++)
        if (strncmp(ref, names[i], (size_t)(hash - ref)) == 0
            || strncmp(ref + 2, names[i], strlen(names[i])) == 0)
            *document = i;
    return get(get(doc[*document], "definitions"), name + 1);
}

static bool type_ok(const char *type, struct json_object *value)
{
    static const struct {
        const char *name;
        enum json_type type;
    } types[] = {
        { "string", json_type_string },   { "integer", json_type_int },
        { "boolean", json_type_boolean }, { "array", json_type_array },
        { "object", json_type_object },
    };

    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
        if (strcmp(types[i].name, type) == 0)
            return json_object_is_type(value, types[i].type);
    return true;
}

static bool check(struct json_object *schema, size_t document,
                  struct json_object *value, const char *where);

static bool check_members(struct json_object *schema, size_t document,
                          struct json_object *value, const char *where)
{
    struct json_object *properties = get(schema, "properties");
    struct json_object *required = get(schema, "required");
    struct json_object *all = get(schema, "allOf");
    bool ok = true;

    for (size_t i = 0;
         required != NULL && i < json_object_array_length(required); i++) {
        const char *name =
            json_object_get_string(json_object_array_get_idx(required, i));

        if (get(value, name) == NULL) {
            printf("    %s: '%s' is missing\n", where, name);
            ok = false;
        }
    }
    for (size_t i = 0; all != NULL && i < json_object_array_length(all); i++)
        ok = check(json_object_array_get_idx(all, i), document, value, where)
             && ok;
    if (properties == NULL)
        return ok;
    json_object_object_foreach(value, name, member)
    {
        struct json_object *rule = get(properties, name);
        char place[256];

        snprintf(place, sizeof(place), "%s.%s", where, name);
        if (rule != NULL && member != NULL)
            ok = check(rule, document, member, place) && ok;
    }
    return ok;
}

static bool check(struct json_object *schema, size_t document,
                  struct json_object *value, const char *where)
{
    struct json_object *ref = get(schema, "$ref");
    const char *type = json_object_get_string(get(schema, "type"));
    bool ok = true;

    if (ref != NULL) {
        schema = resolve(json_object_get_string(ref), &document);
        return schema == NULL || check(schema, document, value, where);
    }
    if (type != NULL && !type_ok(type, value)) {
        printf("    %s: want %s\n", where, type);
        return false;
    }
    if (json_object_is_type(value, json_type_object))
        return check_members(schema, document, value, where);
    if (json_object_is_type(value, json_type_array)
        && get(schema, "items") != NULL)
        for (size_t i = 0; i < json_object_array_length(value); i++)
            ok = check(get(schema, "items"), document,
                       json_object_array_get_idx(value, i), where)
                 && ok;
    return ok;
}

static void load_paths(size_t document)
{
    json_object_object_foreach(get(doc[document], "paths"), path, item)
    {
        json_object_object_foreach(item, method, op)
        {
            if (nops < MAX_OPS && get(op, "responses") != NULL)
                ops[nops++] = (struct op){ .method = method,
                                           .path = path,
                                           .responses = get(op, "responses"),
                                           .document = document };
        }
    }
}

static bool is_version(const char *pattern, size_t len)
{
    static const char end[] = "-version}";

    return len > sizeof(end)
           && strncmp(pattern + len - (sizeof(end) - 1), end, sizeof(end) - 1)
                  == 0;
}

/* How many segments are written out; -1: another path. */
static int match(const char *pattern, const char *path)
{
    size_t a;
    size_t b;
    int rest;

    pattern += strspn(pattern, "/");
    path += strspn(path, "/");
    a = strcspn(pattern, "/");
    b = strcspn(path, "/");
    if (a == 0)
        return b == 0 ? 0 : -1;
    /* A version may be left out. */
    if (is_version(pattern, a)) {
        rest = match(pattern + a, path);
        if (rest >= 0)
            return rest;
    }
    if (b == 0)
        return -1;
    if (*pattern == '{')
        return match(pattern + a, path + b);
    if (a != b || strncasecmp(pattern, path, a) != 0)
        return -1;
    rest = match(pattern + a, path + b);
    return rest < 0 ? -1 : rest + 1;
}

static struct op *find(const char *method, const char *path)
{
    struct op *best = NULL;
    int score = -1;

    for (size_t i = 0; i < nops; i++) {
        int n = strcasecmp(ops[i].method, method) == 0
                    ? match(ops[i].path, path)
                    : -1;

        if (n > score) {
            score = n;
            best = &ops[i];
        }
    }
    return best;
}

static void exchange(const char *method, const char *status, char *path,
                     const char *body)
{
    struct op *op;
    struct json_object *response;
    struct json_object *value;
    size_t document;

    path[strcspn(path, "?")] = '\0';
    op = find(method, path);
    if (op == NULL)
        return;
    response = get(op->responses, status);
    if (response == NULL && status[0] >= '4') {
        response = get(op->responses, "default");
        op->errors++;
    } else if (response != NULL) {
        op->good++;
    }
    if (response == NULL) {
        printf("%s %s: status %s is not in the document\n", method, path,
               status);
        op->bad++;
        return;
    }
    value = *body == '\0' ? NULL : json_tokener_parse(body);
    document = op->document;
    if (value != NULL && get(response, "schema") != NULL
        && !check(get(response, "schema"), document, value, "reply")) {
        printf("%s %s %s\n", method, path, status);
        op->bad++;
    }
    json_object_put(value);
}

static void read_exchanges(FILE *f)
{
    char *line = NULL;
    size_t size = 0;

    while (getline(&line, &size, f) > 0) {
        char *save = NULL;
        char *method = strtok_r(line, "\t", &save);
        char *status = strtok_r(NULL, "\t", &save);
        char *path = strtok_r(NULL, "\t\n", &save);
        char *body = save == NULL ? NULL : save;

        if (path == NULL)
            continue;
        if (body != NULL)
            body[strcspn(body, "\n")] = '\0';
        exchange(method, status, path, body == NULL ? "" : body);
    }
    free(line);
}

static int table(void)
{
    int rc = 0;

    printf("%-7s %-52s %6s %6s %6s\n", "", "operation", "good", "errors",
           "bad");
    for (size_t i = 0; i < nops; i++) {
        const struct op *op = &ops[i];

        printf("%-7s %-52s %6u %6u %6u%s\n", op->method, op->path, op->good,
               op->errors, op->bad, op->good == 0 ? "  not seen" : "");
        if (op->bad > 0)
            rc = 1;
        else if (op->good == 0 && rc == 0)
            rc = 3;
    }
    return rc;
}

int main(int argc, char **argv)
{
    FILE *f;
    int rc;

    if (argc != 3) {
        fputs("usage: spec_check SPEC-DIRECTORY EXCHANGES\n", stderr);
        return 2;
    }
    for (size_t i = 0; i < DOCUMENTS; i++) {
        char path[4096];

        snprintf(path, sizeof(path), "%s/%s", argv[1], names[i]);
        doc[i] = json_object_from_file(path);
        if (doc[i] != NULL && i < 3)
            load_paths(i);
    }
    f = fopen(argv[2], "re");
    if (f == NULL || nops == 0) {
        fprintf(stderr, "spec_check: cannot read %s or %s\n", argv[1], argv[2]);
        return 2;
    }
    read_exchanges(f);
    fclose(f);
    rc = table();
    for (size_t i = 0; i < DOCUMENTS; i++)
        json_object_put(doc[i]);
    return rc;
}
