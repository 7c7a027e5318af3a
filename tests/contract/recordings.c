/* SPDX-License-Identifier: Apache-2.0 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "recordings.h"
#include "yaml.h"

struct json_object *recording_get(struct json_object *obj, const char *name)
{
    struct json_object *value = NULL;

    json_object_object_get_ex(obj, name, &value);
    return value;
}

/* Bodies are JSON in some formats and texts in others. */
static char *text_of(struct json_object *value)
{
    if (value == NULL)
        return NULL;
    if (json_object_is_type(value, json_type_string))
        return strdup(json_object_get_string(value));
    return strdup(json_object_to_json_string_ext(
        value, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE));
}

static struct json_object *json_of(const char *text)
{
    return text != NULL && (*text == '{' || *text == '[')
               ? json_tokener_parse(text)
               : NULL;
}

static char *header(struct json_object *headers, const char *name)
{
    if (!json_object_is_type(headers, json_type_object))
        return NULL;
    json_object_object_foreach(headers, key, value)
    {
        if (strcasecmp(key, name) != 0)
            continue;
        if (json_object_is_type(value, json_type_array))
            value = json_object_array_get_idx(value, 0);
        return text_of(value);
    }
    return NULL;
}

char *recording_header(const struct exchange *exchange, const char *name)
{
    return header(exchange->headers, name);
}

/* What all formats have, under names of their own. */
struct parts {
    struct json_object *method, *url, *sent, *body;
    struct json_object *status, *headers, *reply;
    bool kept;
};

static void add(struct recording *recording, const struct parts *parts)
{
    struct exchange *x;
    char *metadata = header(parts->sent, "Metadata");

    recording->items = reallocarray(recording->items, recording->count + 1,
                                    sizeof(*recording->items));
    if (recording->items == NULL)
        abort();
    x = &recording->items[recording->count++];
    memset(x, 0, sizeof(*x));
    x->method = text_of(parts->method);
    x->url = text_of(parts->url);
    x->kept = parts->kept;
    x->body = text_of(parts->body);
    x->status = json_object_get_int(parts->status);
    x->reply = text_of(parts->reply);
    x->challenge = header(parts->headers, "WWW-Authenticate");
    x->request_id = header(parts->headers, "x-ms-request-id");
    x->headers = json_object_get(parts->headers);
    x->metadata = metadata != NULL;
    free(metadata);
    if (x->reply == NULL)
        x->reply = strdup("");
    if (x->body != NULL && *x->body == '\0') {
        free(x->body);
        x->body = NULL;
    }
    x->body_json = json_of(x->body);
    x->reply_json = json_of(x->reply);
}

/* Of the SDKs for Python and Go. */
static void add_entry(struct recording *recording, struct json_object *entry)
{
    const struct parts parts = {
        .method = recording_get(entry, "RequestMethod"),
        .url = recording_get(entry, "RequestUri"),
        .sent = recording_get(entry, "RequestHeaders"),
        .body = recording_get(entry, "RequestBody"),
        .status = recording_get(entry, "StatusCode"),
        .headers = recording_get(entry, "ResponseHeaders"),
        .reply = recording_get(entry, "ResponseBody"),
        .kept = true,
    };

    add(recording, &parts);
}

/* JavaScript: the query is apart. */
static void add_recording(struct recording *recording,
                          struct json_object *entry)
{
    struct parts parts = {
        .method = recording_get(entry, "method"),
        .url = recording_get(entry, "url"),
        .body = recording_get(entry, "requestBody"),
        .status = recording_get(entry, "status"),
        .headers = recording_get(entry, "responseHeaders"),
        .reply = recording_get(entry, "response"),
        .kept = true,
    };
    char url[8192];
    size_t len = (size_t)snprintf(url, sizeof(url), "%s",
                                  json_object_get_string(parts.url));
    char sep = '?';

    json_object_object_foreach(recording_get(entry, "query"), name, value)
    {
        len += (size_t)snprintf(url + len, sizeof(url) - len, "%c%s=%s", sep,
                                name, json_object_get_string(value));
        sep = '&';
    }
    parts.url = json_object_new_string(url);
    add(recording, &parts);
    json_object_put(parts.url);
}

/* C++: without bodies of requests. */
static void add_record(struct recording *recording, struct json_object *entry)
{
    struct json_object *reply = recording_get(entry, "Response");
    const struct parts parts = {
        .method = recording_get(entry, "Method"),
        .url = recording_get(entry, "Url"),
        .sent = recording_get(entry, "Headers"),
        .status = recording_get(reply, "STATUS_CODE"),
        .headers = reply,
        .reply = recording_get(reply, "BODY"),
    };

    add(recording, &parts);
}

/* The command line interface: VCR. */
static void add_interaction(struct recording *recording,
                            struct json_object *entry)
{
    struct json_object *request = recording_get(entry, "request");
    struct json_object *response = recording_get(entry, "response");
    const struct parts parts = {
        .method = recording_get(request, "method"),
        .url = recording_get(request, "uri"),
        .sent = recording_get(request, "headers"),
        .body = recording_get(request, "body"),
        .status = recording_get(recording_get(response, "status"), "code"),
        .headers = recording_get(response, "headers"),
        .reply = recording_get(recording_get(response, "body"), "string"),
        .kept = true,
    };

    add(recording, &parts);
}

static char *read_all(const char *path)
{
    FILE *f = fopen(path, "re");
    char *text = NULL;
    size_t size = 0;

    if (f == NULL)
        return NULL;
    if (getdelim(&text, &size, '\0', f) < 0) {
        free(text);
        text = NULL;
    }
    (void)fclose(f);
    return text;
}

bool recording_load(struct recording *recording, const char *path)
{
    static const struct {
        const char *name, *list;
        void (*add)(struct recording *recording, struct json_object *entry);
    } formats[] = {
        { "go, py", "Entries", add_entry },
        { "js", "recordings", add_recording },
        { "cpp", "networkCallRecords", add_record },
        { "cli", "interactions", add_interaction },
    };
    char *text = read_all(path);
    const char *dot = strrchr(path, '.');
    struct json_object *top, *list;

    memset(recording, 0, sizeof(*recording));
    if (text == NULL)
        return false;
    top = dot != NULL && strcmp(dot, ".yaml") == 0 ? yaml_parse(text)
                                                   : json_tokener_parse(text);
    free(text);
    for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {
        list = recording_get(top, formats[i].list);
        if (list != NULL)
            recording->format = formats[i].name;
        for (size_t k = 0; list != NULL && k < json_object_array_length(list);
             k++)
            formats[i].add(recording, json_object_array_get_idx(list, k));
    }
    json_object_put(top);
    return recording->count > 0;
}

void recording_free(struct recording *recording)
{
    for (size_t i = 0; i < recording->count; i++) {
        struct exchange *x = &recording->items[i];

        free(x->method);
        free(x->url);
        free(x->body);
        free(x->reply);
        json_object_put(x->body_json);
        json_object_put(x->reply_json);
        json_object_put(x->headers);
        free(x->challenge);
        free(x->request_id);
    }
    free(recording->items);
    memset(recording, 0, sizeof(*recording));
}
