/* SPDX-License-Identifier: Apache-2.0 */

/* What is the same for keys, secrets and certificates; and secrets. */

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "akv/jwk.h"
#include "akv/pager.h"
#include "akv/secret.h"
#include "replay_calls.h"
#include "unit.h"

static bool is_one_of(const char *segment, size_t len, const char *prefix)
{
    static const char *const collections[] = { "keys", "secrets",
                                               "certificates" };
    size_t skip = strlen(prefix);

    if (len < skip || strncmp(segment, prefix, skip) != 0)
        return false;
    for (size_t i = 0; i < COUNT(collections); i++)
        if (strlen(collections[i]) == len - skip
            && strncmp(segment + skip, collections[i], len - skip) == 0)
            return true;
    return false;
}

/* Words that stand where a name could. */
static bool is_reserved(const char *segment, size_t len)
{
    static const char *const words[] = { "restore", "issuers", "contacts" };

    for (size_t i = 0; i < COUNT(words); i++)
        if (strlen(words[i]) == len && strncmp(segment, words[i], len) == 0)
            return true;
    return false;
}

static bool segment_fits(const char *pattern, size_t a, const char *path,
                         size_t b)
{
    if (a == 1 && *pattern == '*')
        return !is_reserved(path, b);
    if (a == 1 && *pattern == '?') /* no word has a digit, all versions do */
        return strcspn(path, "0123456789") < b;
    if (a == 1 && *pattern == 'C')
        return is_one_of(path, b, "");
    if (a == 1 && *pattern == 'D')
        return is_one_of(path, b, "deleted");
    return a == b && strncmp(pattern, path, a) == 0;
}

static bool fits(const char *pattern, const char *path)
{
    size_t a, b;

    pattern += strspn(pattern, "/");
    path += strspn(path, "/");
    a = strcspn(pattern, "/");
    b = strcspn(path, "/");
    if (a == 0)
        return b == 0;
    if (*pattern == '?' && fits(pattern + a, path))
        return true;
    return b > 0 && segment_fits(pattern, a, path, b)
           && fits(pattern + a, path + b);
}

replay_call_fn *replay_find(const char *method, const char *path)
{
    const struct replay_row *const tables[] = { replay_keys, replay_certs,
                                                replay_objects };

    for (size_t i = 0; i < COUNT(tables); i++)
        for (const struct replay_row *row = tables[i]; row->fn != NULL; row++)
            if (strcmp(row->method, method) == 0 && fits(row->path, path))
                return row->fn;
    return NULL;
}

static enum akv_flag flag(const struct akv_json *json, const char *name)
{
    bool value;

    if (!akv_json_get_bool(json, name, &value))
        return AKV_FLAG_UNSET;
    return value ? AKV_FLAG_YES : AKV_FLAG_NO;
}

struct akv_attributes replay_attributes(const struct replay_call *call)
{
    const struct akv_json *json = akv_json_get(call->body, "attributes");
    struct akv_attributes attributes = AKV_ATTRIBUTES_INIT;

    attributes.enabled = flag(json, "enabled");
    attributes.exportable = flag(json, "exportable");
    (void)akv_json_get_int(json, "nbf", &attributes.nbf);
    (void)akv_json_get_int(json, "exp", &attributes.exp);
    return attributes;
}

static bool add_tag(void *arg, const char *name, const struct akv_json *value)
{
    return akv_tags_add(arg, name, akv_json_text(value, NULL));
}

struct akv_tags replay_tags(const struct replay_call *call)
{
    struct akv_tags tags = { NULL, 0 };

    CHECK(akv_json_each(akv_json_get(call->body, "tags"), add_tag, &tags));
    return tags;
}

const struct akv_tags *replay_some(const struct akv_tags *tags)
{
    return tags->count > 0 ? tags : NULL;
}

char *replay_document(const struct replay_call *call, const char *name)
{
    const struct akv_json *node =
        *name == '\0' ? call->body : akv_json_get(call->body, name);
    struct akv_buf text = AKV_BUF_INIT(AKV_REPLY_MAX);
    char *copy = NULL;

    if (node != NULL && CHECK(akv_json_print(node, &text)))
        copy = strdup(akv_buf_str(&text));
    akv_buf_free(&text);
    return copy;
}

struct akv_buf replay_bytes(const struct replay_call *call, const char *name)
{
    struct akv_buf bytes = AKV_BUF_INIT(AKV_REPLY_MAX);

    if (akv_json_get(call->body, name) != NULL)
        CHECK_AT(name, akv_json_get_base64url(call->body, name, &bytes));
    return bytes;
}

/* Goes through the pages that were recorded. */
static bool list(const struct replay_call *call, enum akv_list what,
                 struct akv_error *err)
{
    struct akv_pager *pager = akv_pager_new(NULL, what, &call->id);
    struct akv_properties properties;
    size_t count = 0;

    while (err->code == AKV_E_NONE && count < call->items) {
        if (what == AKV_LIST_ISSUERS) {
            CHECK(akv_pager_next(pager, err) != NULL);
        } else if (akv_pager_next_object(pager, &properties, err)) {
            CHECK_INT("kind", properties.id.kind, call->id.kind);
            akv_properties_free(&properties);
        } else {
            break;
        }
        count++;
    }
    CHECK_INT("items", count, call->items);
    if (call->whole)
        CHECK("the end is seen" && akv_pager_next(pager, err) == NULL);
    akv_pager_free(pager);
    return err->code == AKV_E_NONE;
}

static bool list_objects(const struct replay_call *call, struct akv_error *err)
{
    return list(call, AKV_LIST, err);
}

static bool list_versions(const struct replay_call *call, struct akv_error *err)
{
    return list(call, AKV_LIST_VERSIONS, err);
}

static bool list_deleted(const struct replay_call *call, struct akv_error *err)
{
    return list(call, AKV_LIST_DELETED, err);
}

static bool list_issuers(const struct replay_call *call, struct akv_error *err)
{
    return list(call, AKV_LIST_ISSUERS, err);
}

/* A reply of properties: they are those of the object that was asked for. */
static bool done(const struct replay_call *call, bool ok,
                 struct akv_properties *properties)
{
    if (ok)
        CHECK_AT(call->id.name,
                 strcasecmp(properties->id.name, call->id.name) == 0);
    akv_properties_free(properties);
    return ok;
}

static bool delete (const struct replay_call *call, struct akv_error *err)
{
    struct akv_properties properties;
    bool ok = akv_object_delete(NULL, &call->id, &properties, err);

    CHECK_AT(call->id.name, !ok || properties.recovery_id != NULL);
    return done(call, ok, &properties);
}

static bool get_deleted(const struct replay_call *call, struct akv_error *err)
{
    struct akv_properties properties;
    bool ok = akv_object_get_deleted(NULL, &call->id, &properties, NULL, err);

    CHECK_AT(call->id.name, !ok || properties.deleted != AKV_NO_TIME);
    return done(call, ok, &properties);
}

static bool recover(const struct replay_call *call, struct akv_error *err)
{
    struct akv_properties properties;

    return done(call, akv_object_recover(NULL, &call->id, &properties, err),
                &properties);
}

static bool purge(const struct replay_call *call, struct akv_error *err)
{
    return akv_object_purge(NULL, &call->id, err);
}

static bool backup(const struct replay_call *call, struct akv_error *err)
{
    struct akv_buf blob = AKV_BUF_INIT(AKV_REPLY_MAX);
    bool ok = akv_object_backup(NULL, &call->id, &blob, err);

    CHECK_AT(call->id.name, !ok || blob.len > 0);
    akv_buf_free(&blob);
    return ok;
}

static bool restore(const struct replay_call *call, struct akv_error *err)
{
    struct akv_buf blob = replay_bytes(call, "value");
    struct akv_properties properties;
    bool ok = akv_object_restore(NULL, &call->id, blob.data, blob.len,
                                 &properties, err);

    CHECK(!ok || properties.id.name[0] != '\0');
    akv_properties_free(&properties);
    akv_buf_free(&blob);
    return ok;
}

/* A key's release policy is written in base64url; that of a certificate is
 * not. */
static char *copy_policy(const struct replay_call *call)
{
    const struct akv_json *policy = akv_json_get(call->body, "release_policy");
    struct akv_buf text = AKV_BUF_INIT(AKV_REPLY_MAX);
    char *copy;

    if (policy == NULL)
        return replay_document(call, "policy");
    CHECK(akv_json_get_base64url(policy, "data", &text));
    copy = strdup(akv_buf_str(&text));
    akv_buf_free(&text);
    return copy;
}

static bool update(const struct replay_call *call, struct akv_error *err)
{
    struct akv_tags tags = replay_tags(call);
    char *policy = copy_policy(call);
    struct akv_update what = {
        .attributes = replay_attributes(call),
        .tags = replay_some(&tags),
        .content_type = akv_json_get_text(call->body, "contentType"),
        .key_ops = akv_key_ops_read(akv_json_get(call->body, "key_ops")),
        .policy = policy,
    };
    struct akv_properties properties;
    bool ok;

    (void)akv_json_get_bool(akv_json_get(call->body, "release_policy"),
                            "immutable", &what.immutable_policy);
    ok = akv_object_update(NULL, &call->id, &what, &properties, err);
    free(policy);
    akv_tags_free(&tags);
    return done(call, ok, &properties);
}

static bool set_secret(const struct replay_call *call, struct akv_error *err)
{
    struct akv_tags tags = replay_tags(call);
    const struct akv_secret_options options = {
        .attributes = replay_attributes(call),
        .tags = replay_some(&tags),
        .content_type = akv_json_get_text(call->body, "contentType"),
    };
    const char *value = akv_json_get_text(call->body, "value");
    struct akv_secret secret;
    bool ok = akv_secret_set(NULL, &call->id, value, strlen(value), &options,
                             &secret, err);

    CHECK_STR("name", ok ? secret.properties.id.name : call->id.name,
              call->id.name);
    akv_secret_free(&secret);
    akv_tags_free(&tags);
    return ok;
}

static bool get_a_secret(const struct replay_call *call, bool pem,
                         struct akv_error *err)
{
    struct akv_secret secret;
    bool ok = (pem ? akv_secret_get_pem : akv_secret_get)(NULL, &call->id,
                                                          &secret, err);

    CHECK_STR("name", ok ? secret.properties.id.name : call->id.name,
              call->id.name);
    akv_secret_free(&secret);
    return ok;
}

static bool get_secret(const struct replay_call *call, struct akv_error *err)
{
    return get_a_secret(call, false, err);
}

static bool get_pem(const struct replay_call *call, struct akv_error *err)
{
    return get_a_secret(call, true, err);
}

const struct replay_row replay_objects[] = {
    { "GET", "certificates/issuers", list_issuers },
    { "GET", "C", list_objects },
    { "GET", "C/*/versions", list_versions },
    { "GET", "D", list_deleted },
    { "DELETE", "C/*", delete },
    { "GET", "D/*", get_deleted },
    { "POST", "D/*/recover", recover },
    { "DELETE", "D/*", purge },
    { "POST", "C/*/backup", backup },
    { "POST", "C/restore", restore },
    { "PATCH", "C/*/?", update },
    { "PUT", "secrets/*", set_secret },
    { "GET", "secrets/*/?", get_secret },
    { "GET PEM", "secrets/*/?", get_pem },
    { NULL, NULL, NULL },
};
