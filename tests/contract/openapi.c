/* SPDX-License-Identifier: Apache-2.0 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "openapi.h"

#define DOCUMENTS 4
#define MAX_OPS 128

static const char *const names[DOCUMENTS] = { "keys.json", "secrets.json",
                                              "certificates.json",
                                              "common.json" };
static struct json_object *doc[DOCUMENTS];
static struct openapi_op ops[MAX_OPS];
static size_t nops;

/* A schema, and the document that its references are relative to. */
struct rule {
    struct json_object *schema;
    size_t document;
    bool request; /* a request is stricter than a reply */
};

static struct json_object *get(struct json_object *obj, const char *name)
{
    struct json_object *value = NULL;

    json_object_object_get_ex(obj, name, &value);
    return value;
}

static bool is_set(struct json_object *obj, const char *name)
{
    return json_object_get_boolean(get(obj, name));
}

/* "common.json#/definitions/X", "./keys.json#/definitions/X" or
 * "#/parameters/X", relative to *document. */
static struct json_object *find_ref(const char *ref, size_t *document)
{
    const char *hash = strchr(ref, '#');
    const char *name = hash == NULL ? NULL : strrchr(hash, '/');
    bool parameter = hash != NULL && strncmp(hash, "#/parameters/", 13) == 0;

    if (name == NULL)
        return NULL;
    if (strncmp(ref, "./", 2) == 0)
        ref += 2;
    for (size_t i = 0; i < DOCUMENTS && hash != ref; i++)
        if (strncmp(ref, names[i], strlen(names[i])) == 0)
            *document = i;
    return get(get(doc[*document], parameter ? "parameters" : "definitions"),
               name + 1);
}

/* Follows the reference that a schema may be. */
static struct rule resolve(struct rule rule)
{
    struct json_object *ref;

    while ((ref = get(rule.schema, "$ref")) != NULL)
        rule.schema = find_ref(json_object_get_string(ref), &rule.document);
    return rule;
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

/* Enumerations that may grow bind who writes a request, not the service; it
 * also echoes words in the case that it got them. */
static bool enum_ok(const struct rule *rule, struct json_object *value)
{
    struct json_object *list = get(rule->schema, "enum");

    if (list == NULL
        || (!rule->request
            && is_set(get(rule->schema, "x-ms-enum"), "modelAsString")))
        return true;
    for (size_t i = 0; i < json_object_array_length(list); i++)
        if (strcasecmp(
                json_object_get_string(json_object_array_get_idx(list, i)),
                json_object_get_string(value))
            == 0)
            return true;
    return false;
}

#define ALNUM "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"

static bool format_ok(struct json_object *schema, struct json_object *value)
{
    const char *format = json_object_get_string(get(schema, "format"));
    const char *text = json_object_get_string(value);
    size_t len;

    if (format == NULL || !json_object_is_type(value, json_type_string))
        return true;
    if (strcmp(format, "base64url") == 0)
        return text[strspn(text, ALNUM "-_")] == '\0';
    if (strcmp(format, "byte") != 0)
        return true;
    len = strspn(text, ALNUM "+/");
    len += strspn(text + len, "=");
    return text[len] == '\0' && len % 4 == 0;
}

static bool range_ok(struct json_object *schema, struct json_object *value)
{
    struct json_object *least = get(schema, "minimum");
    struct json_object *most = get(schema, "maximum");
    struct json_object *shortest = get(schema, "minLength");

    if (json_object_is_type(value, json_type_string))
        return json_object_get_string_len(value)
               >= json_object_get_int(shortest);
    if (!json_object_is_type(value, json_type_int))
        return true;
    return (least == NULL
            || json_object_get_int64(value) >= json_object_get_int64(least))
           && (most == NULL
               || json_object_get_int64(value) <= json_object_get_int64(most));
}

/* The rule of a member, in a schema or in what that is made of. */
static bool find_member(struct rule rule, const char *name, struct rule *found)
{
    struct json_object *all;

    rule = resolve(rule);
    *found = rule;
    found->schema = get(get(rule.schema, "properties"), name);
    if (found->schema != NULL)
        return true;
    all = get(rule.schema, "allOf");
    for (size_t i = 0; all != NULL && i < json_object_array_length(all); i++) {
        struct rule part = rule;

        part.schema = json_object_array_get_idx(all, i);
        if (find_member(part, name, found))
            return true;
    }
    *found = rule;
    found->schema = get(rule.schema, "additionalProperties");
    return json_object_is_type(found->schema, json_type_object);
}

static bool has_required(struct rule rule, struct json_object *value,
                         const char *where)
{
    struct json_object *required, *all;
    bool ok = true;

    rule = resolve(rule);
    required = get(rule.schema, "required");
    for (size_t i = 0;
         required != NULL && i < json_object_array_length(required); i++) {
        const char *name =
            json_object_get_string(json_object_array_get_idx(required, i));

        if (get(value, name) == NULL) {
            printf("    %s: '%s' is missing\n", where, name);
            ok = false;
        }
    }
    all = get(rule.schema, "allOf");
    for (size_t i = 0; all != NULL && i < json_object_array_length(all); i++) {
        rule.schema = json_object_array_get_idx(all, i);
        ok = has_required(rule, value, where) && ok;
    }
    return ok;
}

static bool check(struct rule rule, struct json_object *value,
                  const char *where);

static bool check_members(const struct rule *rule, struct json_object *value,
                          const char *where)
{
    bool any = get(rule->schema, "properties") == NULL
               && get(rule->schema, "allOf") == NULL
               && get(rule->schema, "additionalProperties") == NULL;
    bool ok = has_required(*rule, value, where);

    json_object_object_foreach(value, name, member)
    {
        struct rule found;
        char place[256];

        snprintf(place, sizeof(place), "%s.%s", where, name);
        if (find_member(*rule, name, &found)) {
            if (rule->request && is_set(found.schema, "readOnly")) {
                printf("    %s: only the service writes it\n", place);
                ok = false;
            }
            ok = (member == NULL || check(found, member, place)) && ok;
        } else if (rule->request && !any) {
            printf("    %s: unknown\n", place);
            ok = false;
        }
    }
    return ok;
}

static bool check(struct rule rule, struct json_object *value,
                  const char *where)
{
    const char *type;
    bool ok = true;

    rule = resolve(rule);
    type = json_object_get_string(get(rule.schema, "type"));
    if (type != NULL && !type_ok(type, value)) {
        printf("    %s: want %s\n", where, type);
        return false;
    }
    if (!enum_ok(&rule, value) || !format_ok(rule.schema, value)
        || !range_ok(rule.schema, value)) {
        printf("    %s: '%s' is none of what is allowed\n", where,
               json_object_get_string(value));
        return false;
    }
    if (json_object_is_type(value, json_type_object))
        return check_members(&rule, value, where);
    if (json_object_is_type(value, json_type_array)
        && get(rule.schema, "items") != NULL) {
        rule.schema = get(rule.schema, "items");
        for (size_t i = 0; i < json_object_array_length(value); i++)
            ok = check(rule, json_object_array_get_idx(value, i), where) && ok;
    }
    return ok;
}

static void load_paths(size_t document)
{
    json_object_object_foreach(get(doc[document], "paths"), path, item)
    {
        json_object_object_foreach(item, method, op)
        {
            if (nops < MAX_OPS && get(op, "responses") != NULL)
                ops[nops++] = (struct openapi_op){
                    .id = json_object_get_string(get(op, "operationId")),
                    .method = method,
                    .path = path,
                    .parameters = get(op, "parameters"),
                    .responses = get(op, "responses"),
                    .document = document,
                };
        }
    }
}

bool openapi_load(const char *folder)
{
    for (size_t i = 0; i < DOCUMENTS; i++) {
        char path[4096];

        snprintf(path, sizeof(path), "%s/%s", folder, names[i]);
        doc[i] = json_object_from_file(path);
        if (doc[i] != NULL && i < 3)
            load_paths(i);
    }
    return doc[0] != NULL && doc[1] != NULL && doc[2] != NULL && nops > 0;
}

void openapi_free(void)
{
    for (size_t i = 0; i < DOCUMENTS; i++) {
        json_object_put(doc[i]);
        doc[i] = NULL;
    }
    nops = 0;
}

struct openapi_op *openapi_at(size_t i)
{
    return i < nops ? &ops[i] : NULL;
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

struct openapi_op *openapi_find(const char *method, const char *path)
{
    struct openapi_op *best = NULL;
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

bool openapi_check_reply(struct openapi_op *op, const char *status,
                         const char *body)
{
    struct rule rule = { .document = op->document };
    struct json_object *response = get(op->responses, status), *value;
    bool ok = true;

    if (response == NULL && status[0] >= '4') {
        response = get(op->responses, "default");
        op->errors++;
    } else if (response != NULL) {
        op->good++;
    }
    if (response == NULL) {
        printf("    status %s is not in the document\n", status);
        op->bad++;
        return false;
    }
    value = *body == '\0' ? NULL : json_tokener_parse(body);
    rule.schema = get(response, "schema");
    if (value != NULL && rule.schema != NULL)
        ok = check(rule, value, "reply");
    json_object_put(value);
    op->bad += ok ? 0 : 1;
    return ok;
}

/* The parameter of that name in a query or body; "": the one in a body. */
static struct rule find_parameter(const struct openapi_op *op, const char *in,
                                  const char *name, size_t len)
{
    struct rule rule = { .document = op->document, .request = true };

    for (size_t i = 0;
         op->parameters != NULL && i < json_object_array_length(op->parameters);
         i++) {
        struct rule found = rule;
        const char *text;

        found.schema = json_object_array_get_idx(op->parameters, i);
        found = resolve(found);
        text = json_object_get_string(get(found.schema, "name"));
        if (strcmp(json_object_get_string(get(found.schema, "in")), in) == 0
            && (len == 0
                || (strlen(text) == len && strncmp(text, name, len) == 0)))
            return found;
    }
    return rule;
}

/* Replaces %XX by what it stands for. */
static void decode(char *text)
{
    char *to = text;
    unsigned code;

    for (; *text != '\0'; text++) {
        *to = *text;
        if (*text == '%' && sscanf(text + 1, "%2x", &code) == 1) {
            *to = (char)code;
            text += strnlen(text + 1, 2);
        }
        to++;
    }
    *to = '\0';
}

/* A query's value as JSON has it, to be checked as such. */
static struct json_object *value_of(const char *type, const char *text,
                                    size_t len)
{
    char *copy = strndup(text, len);
    struct json_object *value;

    decode(copy);
    value = type == NULL || strcmp(type, "string") == 0
                ? json_object_new_string(copy)
                : json_tokener_parse(copy);
    free(copy);
    return value;
}

/* The link to a next page has what the service wrote into it. */
static bool is_skiptoken(const char *name, size_t len)
{
    return len == 10 && strncmp(name, "$skiptoken", len) == 0;
}

static bool check_query(const struct openapi_op *op, const char *query)
{
    bool ok = true, version = false;

    while (*query != '\0') {
        size_t len = strcspn(query, "&"), name = strcspn(query, "=&");
        struct rule rule = find_parameter(op, "query", query, name);
        size_t skip = name < len ? name + 1 : name;
        struct json_object *value;

        version = version || strncmp(query, "api-version=", 12) == 0;
        if (rule.schema != NULL) {
            value = value_of(json_object_get_string(get(rule.schema, "type")),
                             query + skip, len - skip);
            ok = check(rule, value, "query") && ok;
            json_object_put(value);
        } else if (!is_skiptoken(query, name)) {
            printf("    query: '%.*s' is unknown\n", (int)name, query);
            ok = false;
        }
        query += len + (query[len] == '&' ? 1 : 0);
    }
    if (!version)
        puts("    query: 'api-version' is missing");
    return ok && version;
}

static bool check_body(const struct openapi_op *op, const char *body)
{
    struct rule rule = find_parameter(op, "body", "", 0);
    bool required = is_set(rule.schema, "required"), ok;
    struct json_object *value;

    if (*body == '\0' && !required)
        return true;
    rule.schema = get(rule.schema, "schema");
    value = json_tokener_parse(body);
    if (value == NULL || rule.schema == NULL) {
        printf("    body: %s\n", rule.schema == NULL ? "there should be none"
                                 : *body == '\0'     ? "is missing"
                                                     : "is no JSON");
        ok = false;
    } else {
        ok = check(rule, value, "body");
    }
    json_object_put(value);
    return ok;
}

bool openapi_check_request(struct openapi_op *op, const char *query,
                           const char *body)
{
    bool ok = check_query(op, query);

    ok = check_body(op, body) && ok;
    op->requests += ok ? 1 : 0;
    op->bad += ok ? 0 : 1;
    return ok;
}
