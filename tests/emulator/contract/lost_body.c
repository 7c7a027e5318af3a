/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "lost_body.h"

static bool ends(const char *uri, const char *tail)
{
    size_t len = strcspn(uri, "?");
    size_t n = strlen(tail);

    return len >= n && strncmp(uri + len - n, tail, n) == 0;
}

static void copy(struct json_object *to, struct json_object *from,
                 const char *name)
{
    if (recording_get(from, name) != NULL)
        json_object_object_add(to, name,
                               json_object_get(recording_get(from, name)));
}

/* What the object was told of itself. */
static void copy_settings(struct json_object *to, struct json_object *reply)
{
    static const char *const names[] = { "enabled", "nbf", "exp" };
    struct json_object *attributes = json_object_new_object();

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        copy(attributes, recording_get(reply, "attributes"), names[i]);
    json_object_object_add(to, "attributes", attributes);
    copy(to, reply, "tags");
}

/* The key that was made there, by this request or another. */
static struct json_object *create_key(const struct recording *r, size_t index)
{
    const char *uri = r->items[index].url;
    struct json_object *jwk = NULL;
    struct json_object *reply = NULL;
    struct json_object *body;

    for (size_t n = 0; n < r->count && jwk == NULL; n++) {
        const struct exchange *e = &r->items[(index + n) % r->count];

        if (strcmp(e->url, uri) == 0)
            jwk = recording_get(reply = e->reply_json, "key");
    }
    if (jwk == NULL)
        return NULL;
    body = json_object_new_object();
    copy_settings(body, reply);
    copy(body, jwk, "kty");
    copy(body, jwk, "crv");
    copy(body, jwk, "key_ops");
    if (recording_get(jwk, "n") != NULL) /* base64url */
        json_object_object_add(body, "key_size",
                               json_object_new_int(json_object_get_string_len(
                                                       recording_get(jwk, "n"))
                                                   * 3 / 4 * 8));
    return body;
}

/* By the policy that the certificate had afterwards. */
static struct json_object *create_cert(const struct recording *r, size_t index)
{
    for (size_t i = index; i < r->count; i++) {
        struct json_object *policy =
            recording_get(r->items[i].reply_json, "policy");

        if (policy != NULL) {
            struct json_object *body = json_object_new_object();

            copy_settings(body, r->items[i].reply_json);
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
        struct json_object *value =
            recording_get(r->items[i].reply_json, "value");

        if (value != NULL && strstr(r->items[i].url, part) != NULL) {
            struct json_object *body = json_object_new_object();

            json_object_object_add(body, "value", json_object_get(value));
            return body;
        }
    }
    return NULL;
}

/* What an earlier secret of a certificate held. */
static struct json_object *import(const struct recording *r, size_t index)
{
    struct json_object *body = value_of(r, index, "/secrets/");

    if (body != NULL)
        copy_settings(body, r->items[index].reply_json);
    return body;
}

struct json_object *lost_body(const struct recording *recording, size_t index)
{
    const struct exchange *e = &recording->items[index];

    if (ends(e->url, "/create"))
        return strstr(e->url, "/keys/") != NULL ? create_key(recording, index)
                                                : create_cert(recording, index);
    if (ends(e->url, "/restore"))
        return value_of(recording, index, "/backup");
    if (ends(e->url, "/import"))
        return import(recording, index);
    if (ends(e->url, "/rotationpolicy"))
        return json_object_get(e->reply_json);
    return NULL;
}
