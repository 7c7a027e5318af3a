/* SPDX-License-Identifier: Apache-2.0 */

/* The only file with json-c. A struct akv_json is a struct json_object. */

#include <errno.h>
#include <json-c/json.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "ascii.h"
#include "base64.h"
#include "json.h"

#define MAX_DEPTH 32

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

/* json-c copies what it reads into this buffer, secrets included. */
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

struct akv_json *akv_json_parse(const void *text, size_t len,
                                struct akv_error *err)
{
    struct json_tokener *tok =
        len <= INT_MAX ? json_tokener_new_ex(MAX_DEPTH) : NULL;
    struct json_object *object;
    enum json_tokener_error why;

    if (tok == NULL) {
        (void)akv_error_set(err, AKV_E_MEMORY, "no memory to read JSON");
        return NULL;
    }
    json_tokener_set_flags(
        tok, JSON_TOKENER_VALIDATE_UTF8
                 | (is_ascii(text, len) ? JSON_TOKENER_STRICT : 0));
    object = json_tokener_parse_ex(tok, text, (int)len);
    why = json_tokener_get_error(tok);
    if (why == json_tokener_success
        && !only_space(text, json_tokener_get_parse_end(tok), len))
        why = json_tokener_error_parse_unexpected;
    tokener_free(tok);
    if (why == json_tokener_success && object != NULL)
        return from_jc(object);
    if (why == json_tokener_success) { /* json-c's null is no object at all */
        (void)akv_error_set(err, AKV_E_PROTOCOL, "the JSON text is null");
        return NULL;
    }
    akv_json_free(from_jc(object));
    (void)akv_error_set(err, AKV_E_PROTOCOL, "not JSON: %s",
                        why == json_tokener_continue
                            ? "the text ends too early"
                            : json_tokener_error_desc(why));
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
static bool add(struct akv_json *node, const char *name,
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
    return add(node, name, json_object_new_string(text));
}

bool akv_json_add_bytes(struct akv_json *node, const char *name,
                        const void *data, size_t len)
{
    return len <= INT_MAX
           && add(node, name, json_object_new_string_len(data, (int)len));
}

bool akv_json_add_int(struct akv_json *node, const char *name, int64_t value)
{
    return add(node, name, json_object_new_int64(value));
}

bool akv_json_add_bool(struct akv_json *node, const char *name, bool value)
{
    return add(node, name, json_object_new_boolean(value));
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
    return add(node, name, to_jc(value));
}

bool akv_json_add_json(struct akv_json *node, const char *name,
                       const char *text)
{
    struct akv_json *value = akv_json_parse(text, strlen(text), NULL);

    return add(node, name, to_jc(value));
}

struct akv_json *akv_json_add_object(struct akv_json *node, const char *name)
{
    struct json_object *object = json_object_new_object();

    return add(node, name, object) ? from_jc(object) : NULL;
}

struct akv_json *akv_json_add_array(struct akv_json *node, const char *name)
{
    struct json_object *array = json_object_new_array();

    return add(node, name, array) ? from_jc(array) : NULL;
}

/* json-c keeps the printed text in the object: it is wiped here. */
bool akv_json_print(const struct akv_json *node, struct akv_buf *out)
{
    size_t len = 0;
    union {
        const char *in;
        char *out;
    } u = { json_object_to_json_string_length(
        to_jc(node), JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE,
        &len) };
    bool ok = u.in != NULL && akv_buf_append(out, u.in, len);

    akv_wipe(u.out, len);
    return ok;
}
