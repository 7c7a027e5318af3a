/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The formats: Entries[] of the test proxy (go, py), recordings[] (js),
 * networkCallRecords[] (cpp) and interactions[] of VCR in YAML (cli).
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <json-c/json.h>

#include "recording.h"
#include "yaml.h"

static struct json_object *get(struct json_object *obj, const char *name)
{
    struct json_object *value = NULL;

    json_object_object_get_ex(obj, name, &value);
    return value;
}

/* Text of any scalar; "" if it is not there. Borrowed. */
static const char *text(struct json_object *obj, const char *name)
{
    struct json_object *value = get(obj, name);

    return value == NULL ? "" : json_object_get_string(value);
}

/* A body that is an object or a list in a string. */
static struct json_object *body_of(const char *string)
{
    if (*string != '{' && *string != '[')
        return NULL;
    return json_tokener_parse(string);
}

static void read_proxy(struct json_object *item, struct exchange *out)
{
    out->uri = strdup(text(item, "RequestUri"));
    out->method = strdup(text(item, "RequestMethod"));
    out->status = json_object_get_int(get(item, "StatusCode"));
    out->request = json_object_get(get(item, "RequestBody"));
    out->reply = json_object_get(get(item, "ResponseBody"));
}

static void read_js(struct json_object *item, struct exchange *out)
{
    size_t len = 0;
    FILE *f = open_memstream(&out->uri, &len);
    char sep = '?';

    if (f == NULL)
        abort();
    fputs(text(item, "url"), f);
    json_object_object_foreach(get(item, "query"), name, value)
    {
        fprintf(f, "%c%s=%s", sep, name, json_object_get_string(value));
        sep = '&';
    }
    fclose(f);
    out->method = strdup(text(item, "method"));
    out->status = json_object_get_int(get(item, "status"));
    out->request = body_of(text(item, "requestBody"));
    out->reply = body_of(text(item, "response"));
}

/* Numbers are strings there, and no body of a request is kept. */
static void read_cpp(struct json_object *item, struct exchange *out)
{
    struct json_object *response = get(item, "Response");

    out->uri = strdup(text(item, "Url"));
    out->method = strdup(text(item, "Method"));
    out->status = strtol(text(response, "STATUS_CODE"), NULL, 10);
    out->reply = body_of(text(response, "BODY"));
    out->body_lost =
        strcmp(out->method, "GET") != 0 && strcmp(out->method, "DELETE") != 0;
}

static void read_cli(struct json_object *item, struct exchange *out)
{
    struct json_object *request = get(item, "request");
    struct json_object *response = get(item, "response");

    out->uri = strdup(text(request, "uri"));
    out->method = strdup(text(request, "method"));
    out->status = json_object_get_int(get(get(response, "status"), "code"));
    out->request = body_of(text(request, "body"));
    out->reply = body_of(text(get(response, "body"), "string"));
}

static const struct {
    const char *format;
    const char *list;
    void (*read)(struct json_object *item, struct exchange *out);
} formats[] = {
    { "go, py", "Entries", read_proxy },
    { "js", "recordings", read_js },
    { "cpp", "networkCallRecords", read_cpp },
    { "cli", "interactions", read_cli },
};

static struct json_object *read_top(const char *path)
{
    size_t len = strlen(path);
    struct json_object *top = NULL;
    char *data = NULL;
    size_t size = 0;
    FILE *f;

    if (len < 5 || strcmp(path + len - 5, ".yaml") != 0)
        return json_object_from_file(path);
    f = fopen(path, "re");
    if (f == NULL)
        return NULL;
    if (getdelim(&data, &size, '\0', f) > 0)
        top = yaml_parse(data);
    free(data);
    fclose(f);
    return top;
}

bool recording_read(const char *path, struct recording *out)
{
    struct json_object *top = read_top(path);
    struct json_object *list = NULL;
    size_t i = 0;

    *out = (struct recording){ NULL, NULL, 0 };
    for (; i < sizeof(formats) / sizeof(formats[0]) && list == NULL; i++)
        if (json_object_is_type(get(top, formats[i].list), json_type_array))
            list = get(top, formats[i].list);
    if (list != NULL) {
        out->format = formats[i - 1].format;
        out->n = json_object_array_length(list);
        out->exchange = calloc(out->n + 1, sizeof(*out->exchange));
        if (out->exchange == NULL)
            abort();
        for (size_t k = 0; k < out->n; k++)
            formats[i - 1].read(json_object_array_get_idx(list, k),
                                &out->exchange[k]);
    }
    json_object_put(top);
    return list != NULL;
}

void recording_free(struct recording *recording)
{
    for (size_t i = 0; i < recording->n; i++) {
        free(recording->exchange[i].method);
        free(recording->exchange[i].uri);
        json_object_put(recording->exchange[i].request);
        json_object_put(recording->exchange[i].reply);
    }
    free(recording->exchange);
}
