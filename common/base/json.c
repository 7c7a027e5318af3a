/* SPDX-License-Identifier: Apache-2.0 */

/* The only file with json-c. A struct akv_json is a struct json_object. */

#include <errno.h>
#include <json-c/json.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "akv/json.h"
#include "base/ascii.h"
#include "base/base64.h"

#define MAX_DEPTH 32
#define MAX_TRIES 64 /* of akv_json_find() */

static struct json_object *to_jc(const struct akv_json *node)
{
    union {
        const struct akv_json *in;
        struct json_object *out;
    } u = { node };

    return u.out;
}

static struct akv_json *from_jc(struct json_object *object)
{
    return (struct akv_json *)object;
}

/* json-c copies what it reads into this buffer, secrets included. It has room
 * for all of the text, since json-c makes it larger by realloc(), which leaves
 * copies. */
static struct json_tokener *tokener_new(size_t len)
{
    struct json_tokener *tok = json_tokener_new_ex(MAX_DEPTH);
    char *room;

    if (tok == NULL || len + 2 <= (size_t)tok->pb->size)
        return tok;
    room = calloc(1, len + 2);
    if (room == NULL) {
        json_tokener_free(tok);
        return NULL;
    }
    free(tok->pb->buf);
    tok->pb->buf = room;
    tok->pb->size = (int)len + 2;
    return tok;
}

static void tokener_free(struct json_tokener *tok)
{
    if (tok->pb != NULL && tok->pb->buf != NULL)
        akv_wipe(tok->pb->buf, (size_t)tok->pb->size);
    json_tokener_free(tok);
}

/* json-c 0.18 takes any byte above 0x7f for a fault when it is strict (its
 * issue 892): such texts are read without, and their end is checked here. */
static bool is_ascii(const char *text, size_t len)
{
    size_t i;

    for (i = 0; i < len; i++)
        if ((unsigned char)text[i] > 0x7f)
            return false;
    return true;
}

static bool only_space(const char *text, size_t from, size_t len)
{
    for (; from < len; from++)
        if (!akv_is_space(text[from]))
            return false;
    return true;
}

struct reading {
    struct json_object *object; /* NULL where it is null, too */
    enum json_tokener_error why;
    size_t end; /* behind the value */
};

/* Reads one value. False: no memory. */
static bool json_read_value(const char *text, size_t len, int flags,
                            struct reading *reading)
{
    struct json_tokener *tok = len <= INT_MAX - 2 ? tokener_new(len) : NULL;

    if (tok == NULL)
        return false;
    json_tokener_set_flags(tok, JSON_TOKENER_VALIDATE_UTF8 | flags);
    reading->object = json_tokener_parse_ex(tok, text, (int)len);
    reading->why = json_tokener_get_error(tok);
    reading->end = json_tokener_get_parse_end(tok);
    tokener_free(tok);
    return true;
}

struct akv_json *akv_json_parse(const void *text, size_t len,
                                struct akv_error *err)
{
    struct reading reading;

    if (!json_read_value(text, len,
                         is_ascii(text, len) ? JSON_TOKENER_STRICT : 0,
                         &reading)) {
        (void)akv_error_set(err, AKV_E_MEMORY, "no memory to read JSON");
        return NULL;
    }
    if (reading.why == json_tokener_success
        && !only_space(text, reading.end, len))
        reading.why = json_tokener_error_parse_unexpected;
    if (reading.why == json_tokener_success && reading.object != NULL)
        return from_jc(reading.object);
    if (reading.why == json_tokener_success) { /* null is no object at all */
        (void)akv_error_set(err, AKV_E_PROTOCOL, "the JSON text is null");
        return NULL;
    }
    akv_json_free(from_jc(reading.object));
    (void)akv_error_set(err, AKV_E_PROTOCOL, "not JSON: %s",
                        only_space(text, 0, len) ? "the text is empty"
                        : reading.why == json_tokener_continue
                            ? "the text ends too early"
                            : json_tokener_error_desc(reading.why));
    return NULL;
}

struct akv_json *akv_json_find(const char *text, size_t len, const char *member,
                               bool *any)
{
    const char *end = text + len, *p = text;
    struct reading reading;
    unsigned tries = 0;
    bool ok;

    if (any != NULL)
        *any = false;
    while (tries++ < MAX_TRIES && p < end
           && (p = memchr(p, '{', (size_t)(end - p))) != NULL) {
        if (!json_read_value(p, (size_t)(end - p), 0, &reading))
            return NULL;
        ok = reading.why == json_tokener_success;
        if (ok && any != NULL)
            *any = true;
        if (ok && akv_json_get(from_jc(reading.object), member) != NULL)
            return from_jc(reading.object);
        akv_json_free(from_jc(reading.object));
        p += ok ? reading.end : 1;
    }
    return NULL;
}

bool akv_json_check(const char *what, const char *text, struct akv_error *err)
{
    struct akv_error why = AKV_ERROR_INIT;
    struct akv_json *json =
        text != NULL ? akv_json_parse(text, strlen(text), &why) : NULL;
    bool ok = text == NULL || (json != NULL && akv_json_is_object(json));

    akv_json_free(json);
    return ok
           || akv_error_set(err, AKV_E_INVALID, "the %s is no JSON object%s%s",
                            what, *why.message != '\0' ? ": " : "",
                            why.message);
}

struct akv_json *akv_json_new_object(void)
{
    return from_jc(json_object_new_object());
}

static void wipe_texts(struct json_object *object)
{
    size_t i;

    if (json_object_is_type(object, json_type_string)) {
        union {
            const char *in;
            char *out;
        } u = { json_object_get_string(object) };

        akv_wipe(u.out, (size_t)json_object_get_string_len(object));
    } else if (json_object_is_type(object, json_type_array)) {
        for (i = 0; i < json_object_array_length(object); i++)
            wipe_texts(json_object_array_get_idx(object, i));
    } else if (json_object_is_type(object, json_type_object)) {
        json_object_object_foreach(object, key, value)
        {
            (void)key;
            wipe_texts(value);
        }
    }
}

void akv_json_free(struct akv_json *root)
{
    if (root == NULL)
        return;
    wipe_texts(to_jc(root));
    json_object_put(to_jc(root));
    akv_wipe_traces(AKV_TRACES_CALLER);
}

bool akv_json_is_object(const struct akv_json *node)
{
    return json_object_is_type(to_jc(node), json_type_object);
}

bool akv_json_is_array(const struct akv_json *node)
{
    return json_object_is_type(to_jc(node), json_type_array);
}

const struct akv_json *akv_json_get(const struct akv_json *node,
                                    const char *name)
{
    struct json_object *member;

    if (node == NULL || !akv_json_is_object(node)
        || !json_object_object_get_ex(to_jc(node), name, &member))
        return NULL;
    return from_jc(member);
}

struct akv_json *akv_json_get_mutable(struct akv_json *node, const char *name)
{
    return from_jc(to_jc(akv_json_get(node, name)));
}

size_t akv_json_length(const struct akv_json *node)
{
    if (node == NULL || !akv_json_is_array(node))
        return 0;
    return json_object_array_length(to_jc(node));
}

const struct akv_json *akv_json_at(const struct akv_json *node, size_t i)
{
    if (i >= akv_json_length(node))
        return NULL;
    return from_jc(json_object_array_get_idx(to_jc(node), i));
}

bool akv_json_each(const struct akv_json *node,
                   bool (*fn)(void *arg, const char *name,
                              const struct akv_json *value),
                   void *arg)
{
    if (node == NULL || !akv_json_is_object(node))
        return true;
    json_object_object_foreach(to_jc(node), name, value)
    {
        if (!fn(arg, name, from_jc(value)))
            return false;
    }
    return true;
}

const char *akv_json_text(const struct akv_json *node, size_t *len)
{
    struct json_object *object = to_jc(node);
    const char *text;
    size_t length;

    if (object == NULL || !json_object_is_type(object, json_type_string))
        return NULL;
    text = json_object_get_string(object);
    length = (size_t)json_object_get_string_len(object);
    if (len != NULL)
        *len = length;
    else if (memchr(text, '\0', length) != NULL)
        return NULL;
    return text;
}

const char *akv_json_get_text(const struct akv_json *node, const char *name)
{
    return akv_json_text(akv_json_get(node, name), NULL);
}

bool akv_json_dup_text(const struct akv_json *json, const char *name,
                       char **dst)
{
    const char *text = akv_json_get_text(json, name);

    *dst = text != NULL ? strdup(text) : NULL;
    return text == NULL || *dst != NULL;
}

bool akv_json_get_int(const struct akv_json *node, const char *name,
                      int64_t *value)
{
    struct json_object *member = to_jc(akv_json_get(node, name));
    const char *text;
    char *end;
    long long number;

    if (member != NULL && json_object_is_type(member, json_type_int)) {
        number = json_object_get_int64(member);
        if (number == INT64_MAX
            && json_object_get_uint64(member) > (uint64_t)INT64_MAX)
            return false; /* json-c's answer for what is beyond it */
        *value = number;
        return true;
    }
    text = akv_json_text(from_jc(member), NULL);
    if (text == NULL || *text < '0' || *text > '9')
        return false;
    errno = 0;
    number = strtoll(text, &end, 10);
    if (errno != 0 || *end != '\0')
        return false;
    *value = number;
    return true;
}

const char *akv_json_scalar(const struct akv_json *node)
{
    struct json_object *object = to_jc(node);

    if (json_object_is_type(object, json_type_string))
        return akv_json_text(node, NULL);
    return json_object_is_type(object, json_type_int)
                   || json_object_is_type(object, json_type_double)
               ? json_object_get_string(object)
               : NULL;
}

bool akv_json_get_bool(const struct akv_json *node, const char *name,
                       bool *value)
{
    struct json_object *member = to_jc(akv_json_get(node, name));

    if (member == NULL || !json_object_is_type(member, json_type_boolean))
        return false;
    *value = json_object_get_boolean(member);
    return true;
}

bool akv_json_get_base64url(const struct akv_json *node, const char *name,
                            struct akv_buf *out)
{
    size_t len;
    const char *text = akv_json_text(akv_json_get(node, name), &len);

    return text != NULL && akv_base64url_decode(text, len, out);
}

/* Takes value, which is NULL after a failed allocation. */
static bool json_add(struct akv_json *node, const char *name,
                     struct json_object *value)
{
    int rc;

    if (value == NULL)
        return false;
    rc = name != NULL ? json_object_object_add(to_jc(node), name, value)
                      : json_object_array_add(to_jc(node), value);
    if (rc == 0)
        return true;
    akv_json_free(from_jc(value));
    return false;
}

bool akv_json_add_text(struct akv_json *node, const char *name,
                       const char *text)
{
    return json_add(node, name, json_object_new_string(text));
}

bool akv_json_add_bytes(struct akv_json *node, const char *name,
                        const void *data, size_t len)
{
    return len <= INT_MAX
           && json_add(node, name, json_object_new_string_len(data, (int)len));
}

bool akv_json_add_int(struct akv_json *node, const char *name, int64_t value)
{
    return json_add(node, name, json_object_new_int64(value));
}

bool akv_json_add_double(struct akv_json *node, const char *name, double value,
                         int decimals)
{
    char text[64];

    (void)snprintf(text, sizeof(text), "%.*f", decimals, value);
    return json_add(node, name, json_object_new_double_s(value, text));
}

bool akv_json_add_bool(struct akv_json *node, const char *name, bool value)
{
    return json_add(node, name, json_object_new_boolean(value));
}

bool akv_json_add_base64url(struct akv_json *node, const char *name,
                            const void *data, size_t len)
{
    struct akv_buf text = AKV_BUF_INIT(len * 4 / 3 + 4);
    bool ok = akv_base64url_encode(data, len, &text)
              && akv_json_add_text(node, name, akv_buf_str(&text));

    akv_buf_free(&text);
    return ok;
}

bool akv_json_add_node(struct akv_json *node, const char *name,
                       struct akv_json *value)
{
    return json_add(node, name, to_jc(value));
}

bool akv_json_add_copy(struct akv_json *node, const char *name,
                       const struct akv_json *value)
{
    struct json_object *copy = NULL;

    return json_object_deep_copy(to_jc(value), &copy, NULL) == 0
           && json_add(node, name, copy);
}

bool akv_json_add_json(struct akv_json *node, const char *name,
                       const char *text)
{
    struct akv_json *value = akv_json_parse(text, strlen(text), NULL);

    return json_add(node, name, to_jc(value));
}

struct akv_json *akv_json_add_object(struct akv_json *node, const char *name)
{
    struct json_object *object = json_object_new_object();

    return json_add(node, name, object) ? from_jc(object) : NULL;
}

struct akv_json *akv_json_add_array(struct akv_json *node, const char *name)
{
    struct json_object *array = json_object_new_array();

    return json_add(node, name, array) ? from_jc(array) : NULL;
}

static bool print_text(const char *text, size_t left, struct akv_buf *out)
{
    static const char named[] = "\bb\nn\rr\tt\ff\"\"\\\\";
    size_t run;
    bool ok = akv_buf_append_str(out, "\"");

    for (; ok && left > 0; text += run, left -= run) {
        const char *name = memchr(named, *text, sizeof(named) - 1);

        for (run = 0; run < left && (unsigned char)text[run] >= 0x20
                      && text[run] != '"' && text[run] != '\\';)
            run++;
        if (run > 0) {
            ok = akv_buf_append(out, text, run);
            continue;
        }
        run = 1;
        /* The names stand behind their characters, of which none is a name. */
        ok = name != NULL ? akv_buf_appendf(out, "\\%c", name[1])
                          : akv_buf_appendf(out, "\\u%04x", *text);
    }
    return ok && akv_buf_append_str(out, "\"");
}

/* json-c's own printer grows its text by realloc(), which leaves copies. */
static bool json_print(struct json_object *object, struct akv_buf *out)
{
    bool ok = true, first = true;
    size_t i;

    switch (json_object_get_type(object)) {
    case json_type_string:
        return print_text(json_object_get_string(object),
                          (size_t)json_object_get_string_len(object), out);
    case json_type_array:
        ok = akv_buf_append_str(out, "[");
        for (i = 0; ok && i < json_object_array_length(object); i++)
            ok = (i == 0 || akv_buf_append_str(out, ","))
                 && json_print(json_object_array_get_idx(object, i), out);
        return ok && akv_buf_append_str(out, "]");
    case json_type_object:
        ok = akv_buf_append_str(out, "{");
        json_object_object_foreach(object, name, value)
        {
            ok = ok && (first || akv_buf_append_str(out, ","))
                 && print_text(name, strlen(name), out)
                 && akv_buf_append_str(out, ":") && json_print(value, out);
            first = false;
        }
        return ok && akv_buf_append_str(out, "}");
    default: /* null, numbers, truth values */
        return akv_buf_append_str(out, json_object_to_json_string_ext(
                                           object, JSON_C_TO_STRING_PLAIN));
    }
}

bool akv_json_print(const struct akv_json *node, struct akv_buf *out)
{
    size_t before = out->len;

    if (node != NULL && json_print(to_jc(node), out))
        return true;
    if (out->len > before)
        akv_wipe(out->data + before, out->len - before);
    out->len = before;
    return false;
}
