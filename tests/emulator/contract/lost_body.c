/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include <json-c/json.h>

#include "lost_body.h"

static struct json_object *get(struct json_object *obj, const char *name)
{
    struct json_object *value = NULL;

    json_object_object_get_ex(obj, name, &value);
    return value;
}

static bool ends(const char *uri, const char *tail)
{
    size_t len = strcspn(uri, "?");
    size_t n = strlen(tail);

    return len >= n && strncmp(uri + len - n, tail, n) == 0;
}

static void copy(struct json_object *to, struct json_object *from,
                 const char *name)
{
    if (get(from, name) != NULL)
        json_object_object_add(to, name, json_object_get(get(from, name)));
}

/* The key that was made there, by this request or another. */
static struct json_object *create_key(const struct recording *r,
                                      const char *uri)
{
    struct json_object *jwk = NULL;
    struct json_object *body;

    for (size_t i = 0; i < r->n && jwk == NULL; i++)
        if (strcmp(r->exchange[i].uri, uri) == 0)
            jwk = get(r->exchange[i].reply, "key");
    if (jwk == NULL)
        return NULL;
    body = json_object_new_object();
    copy(body, jwk, "kty");
    copy(body, jwk, "crv");
    copy(body, jwk, "key_ops");
    if (get(jwk, "n") != NULL) /* base64url */
        json_object_object_add(
            body, "key_size",
            json_object_new_int(json_object_get_string_len(get(jwk, "n")) * 3
                                / 4 * 8));
    return body;
}

/* By the policy that the certificate had afterwards. */
static struct json_object *create_cert(const struct recording *r, size_t index)
{
    for (size_t i = index; i < r->n; i++) {
        struct json_object *policy = get(r->exchange[i].reply, "policy");

        if (policy != NULL) {
            struct json_object *body = json_object_new_object();

            json_object_object_add(body, "policy", json_object_get(policy));
            return body;
        }
    }
    return NULL;
}

/* The value that the request before gave, at a path with that in it. */
static struct json_object *value_of(const struct recording *r, size_t index,
                                    const char *part)
{
    for (size_t i = index; i-- > 0;) {
        struct json_object *value = get(r->exchange[i].reply, "value");

        if (value != NULL && strstr(r->exchange[i].uri, part) != NULL) {
            struct json_object *body = json_object_new_object();

            json_object_object_add(body, "value", json_object_get(value));
            return body;
        }
    }
    return NULL;
}

struct json_object *lost_body(const struct recording *recording, size_t index)
{
    const struct exchange *e = &recording->exchange[index];

    if (ends(e->uri, "/create"))
        return strstr(e->uri, "/keys/") != NULL ? create_key(recording, e->uri)
                                                : create_cert(recording, index);
    if (ends(e->uri, "/restore"))
        return value_of(recording, index, "/backup");
    if (ends(e->uri, "/import"))
        return value_of(recording, index, "/secrets/");
    if (ends(e->uri, "/rotationpolicy"))
        return json_object_get(e->reply);
    return NULL;
}
