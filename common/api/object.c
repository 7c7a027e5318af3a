/* SPDX-License-Identifier: Apache-2.0 */

/*
 * A reply is read against what was asked: its identifier must name the same
 * object, but its host is replaced by the one that was asked, so that no host
 * that the service writes is ever connected to.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "akv/jwk.h"
#include "akv/object.h"
#include "api/document.h"
#include "api/object_impl.h"

const struct akv_op_kind akv_update_kind = { .name = "update",
                                             .method = "PATCH" };
static const struct akv_op_kind delete_kind = { .name = "delete",
                                                .method = "DELETE",
                                                .once = true };
static const struct akv_op_kind get_deleted_kind = { .name = "get deleted",
                                                     .method = "GET",
                                                     .prefix = "deleted" };
static const struct akv_op_kind recover_kind = { .name = "recover",
                                                 .method = "POST",
                                                 .prefix = "deleted",
                                                 .suffix = "/recover",
                                                 .once = true };
static const struct akv_op_kind purge_kind = {
    .name = "purge", .method = "DELETE", .prefix = "deleted", .once = true
};
static const struct akv_op_kind backup_kind = { .name = "back up",
                                                .method = "POST",
                                                .suffix = "/backup" };
static const struct akv_op_kind restore_kind = {
    .name = "restore", .method = "POST", .suffix = "/restore", .once = true
};

void akv_tags_free(struct akv_tags *tags)
{
    size_t i;

    for (i = 0; i < tags->count; i++) {
        free(tags->items[i].name);
        free(tags->items[i].value);
    }
    free(tags->items);
    memset(tags, 0, sizeof(*tags));
}

bool akv_tags_add(struct akv_tags *tags, const char *name, const char *value)
{
    struct akv_tag tag = { strdup(name), strdup(value) };
    struct akv_tag *more =
        reallocarray(tags->items, tags->count + 1, sizeof(*more));

    if (more != NULL)
        tags->items = more;
    if (more == NULL || tag.name == NULL || tag.value == NULL) {
        free(tag.name);
        free(tag.value);
        return false;
    }
    tags->items[tags->count++] = tag;
    return true;
}

void akv_properties_free(struct akv_properties *properties)
{
    akv_tags_free(&properties->tags);
    free(properties->content_type);
    free(properties->recovery_id);
    memset(properties, 0, sizeof(*properties));
}

static enum akv_flag read_flag(const struct akv_json *json, const char *name)
{
    bool value;

    if (!akv_json_get_bool(json, name, &value))
        return AKV_FLAG_UNSET;
    return value ? AKV_FLAG_YES : AKV_FLAG_NO;
}

static int64_t object_read_number(const struct akv_json *json, const char *name,
                                  int64_t otherwise)
{
    (void)akv_json_get_int(json, name, &otherwise);
    return otherwise;
}

static void read_attributes(struct akv_attributes *attributes,
                            const struct akv_json *json)
{
    const char *level = akv_json_get_text(json, "recoveryLevel");
    const char *platform = akv_json_scalar(akv_json_get(json, "hsmPlatform"));

    attributes->enabled = read_flag(json, "enabled");
    attributes->exportable = read_flag(json, "exportable");
    (void)snprintf(attributes->hsm_platform, sizeof(attributes->hsm_platform),
                   "%s", platform != NULL ? platform : "");
    attributes->nbf = object_read_number(json, "nbf", AKV_NO_TIME);
    attributes->exp = object_read_number(json, "exp", AKV_NO_TIME);
    attributes->created = object_read_number(json, "created", AKV_NO_TIME);
    attributes->updated = object_read_number(json, "updated", AKV_NO_TIME);
    attributes->recoverable_days =
        object_read_number(json, "recoverableDays", -1);
    (void)snprintf(attributes->recovery_level,
                   sizeof(attributes->recovery_level), "%s",
                   level != NULL ? level : "");
}

static bool read_tag(void *arg, const char *name, const struct akv_json *value)
{
    const char *text = akv_json_text(value, NULL);

    return akv_tags_add(arg, name, text != NULL ? text : "");
}

/* "id" of secrets and certificates, "kid" of keys, there in the JWK or, in a
 * list, beside the attributes. */
static const char *find_id(const struct akv_json *json)
{
    const char *id = akv_json_get_text(akv_json_get(json, "key"), "kid");

    if (id == NULL)
        id = akv_json_get_text(json, "kid");
    if (akv_json_get_text(json, "id") != NULL)
        id = akv_json_get_text(json, "id"); /* a secret's kid is its key's */
    return id;
}

static bool read_id(struct akv_id *id, const struct akv_json *json,
                    const struct akv_id *asked, struct akv_error *err)
{
    const char *text = find_id(json);

    if (text == NULL)
        return akv_error_set(err, AKV_E_PROTOCOL, "id or kid is missing");
    if (!akv_id_parse_https(id, text, err))
        return false;
    if (id->kind != asked->kind
        || (asked->name[0] != '\0' && strcasecmp(id->name, asked->name) != 0)
        || (asked->version[0] != '\0'
            && strcmp(id->version, asked->version) != 0))
        return akv_error_set(err, AKV_E_PROTOCOL,
                             "id or kid is of another object: %s", text);
    memcpy(id->host, asked->host, sizeof(id->host)); /* never dialled */
    id->port = asked->port;
    return true;
}

bool akv_properties_read(struct akv_properties *properties,
                         const struct akv_json *json, const struct akv_id *id,
                         struct akv_error *err)
{
    memset(properties, 0, sizeof(*properties));
    read_attributes(&properties->attributes, akv_json_get(json, "attributes"));
    (void)akv_json_get_bool(json, "managed", &properties->managed);
    properties->deleted = object_read_number(json, "deletedDate", AKV_NO_TIME);
    properties->scheduled_purge =
        object_read_number(json, "scheduledPurgeDate", AKV_NO_TIME);
    if (!akv_json_each(akv_json_get(json, "tags"), read_tag, &properties->tags)
        || !akv_json_dup_text(json, "contentType", &properties->content_type)
        || !akv_json_dup_text(json, "recoveryId", &properties->recovery_id))
        return akv_error_set(err, AKV_E_MEMORY, "no memory for properties");
    return read_id(&properties->id, json, id, err);
}

static bool object_add_flag(struct akv_json *json, const char *name,
                            enum akv_flag flag)
{
    return flag == AKV_FLAG_UNSET
           || akv_json_add_bool(json, name, flag == AKV_FLAG_YES);
}

static bool object_add_time(struct akv_json *json, const char *name,
                            int64_t time)
{
    return time == AKV_NO_TIME || akv_json_add_int(json, name, time);
}

static bool object_add_attributes(struct akv_json *json,
                                  const struct akv_attributes *attributes)
{
    struct akv_json *object;

    if (attributes->enabled == AKV_FLAG_UNSET
        && attributes->exportable == AKV_FLAG_UNSET
        && attributes->nbf == AKV_NO_TIME && attributes->exp == AKV_NO_TIME)
        return true;
    object = akv_json_add_object(json, "attributes");
    return object != NULL
           && object_add_flag(object, "enabled", attributes->enabled)
           && object_add_flag(object, "exportable", attributes->exportable)
           && object_add_time(object, "nbf", attributes->nbf)
           && object_add_time(object, "exp", attributes->exp);
}

bool akv_properties_write(struct akv_json *json,
                          const struct akv_attributes *attributes,
                          const struct akv_tags *tags)
{
    struct akv_json *object;
    size_t i;

    if (!object_add_attributes(json, attributes))
        return false;
    if (tags == NULL)
        return true;
    object = akv_json_add_object(json, "tags");
    for (i = 0; object != NULL && i < tags->count; i++)
        if (!akv_json_add_text(object, tags->items[i].name,
                               tags->items[i].value))
            return false;
    return object != NULL;
}

bool akv_object_result(struct akv_call *call, const struct akv_op_kind *kind,
                       struct akv_properties *properties,
                       struct akv_json **document, struct akv_error *err)
{
    struct akv_json *json = akv_call_reply(call, kind, err);
    struct akv_error why = AKV_ERROR_INIT;
    bool ok = json != NULL;

    memset(properties, 0, sizeof(*properties));
    if (ok && !akv_properties_read(properties, json, &call->op.id, &why))
        ok = akv_op_bad_reply(&call->op, "properties", why.message, err);
    if (document != NULL)
        *document = ok ? json : NULL;
    if (document == NULL || !ok)
        akv_json_free(json);
    return ok;
}

/* An operation without a body that concerns all versions. */
static struct akv_call *object_start(struct akv_client *client,
                                     const struct akv_op_kind *kind,
                                     const struct akv_id *id, akv_done_fn *done,
                                     void *arg, struct akv_error *err)
{
    struct akv_op op;

    akv_op_init(&op, kind, id);
    op.id.version[0] = '\0';
    return akv_call_start(client, &op, done, arg, err);
}

/* A key's release policy travels as base64url, a certificate's as it is. */
static bool write_policy(struct akv_json *json, const struct akv_id *id,
                         const struct akv_update *update)
{
    const char *policy = update->policy;
    struct akv_json *object;

    if (id->kind != AKV_KIND_KEY)
        return akv_json_add_json(json, "policy", policy);
    object = akv_json_add_object(json, "release_policy");
    return object != NULL
           && akv_json_add_base64url(object, "data", policy, strlen(policy))
           && (!update->immutable_policy
               || akv_json_add_bool(object, "immutable", true));
}

static bool write_update(struct akv_json *json, const struct akv_id *id,
                         const struct akv_update *update)
{
    struct akv_json *ops;

    if (!akv_properties_write(json, &update->attributes, update->tags))
        return false;
    if (update->content_type != NULL
        && !akv_json_add_text(json, "contentType", update->content_type))
        return false;
    if (update->policy != NULL && !write_policy(json, id, update))
        return false;
    if (update->key_ops == 0)
        return true;
    ops = akv_json_add_array(json, "key_ops");
    return ops != NULL && akv_key_ops_write(ops, update->key_ops);
}

struct akv_call *akv_object_update_start(struct akv_client *client,
                                         const struct akv_id *id,
                                         const struct akv_update *update,
                                         akv_done_fn *done, void *arg,
                                         struct akv_error *err)
{
    struct akv_json *json;
    struct akv_op op;
    bool built;

    akv_op_init(&op, &akv_update_kind, id);
    if (!akv_json_check("policy", update->policy, err))
        return NULL;
    json = akv_json_new_object();
    built = json != NULL && write_update(json, id, update);
    return akv_call_start_json(client, &op, json, built, done, arg, err);
}

bool akv_object_update_result(struct akv_call *call,
                              struct akv_properties *properties,
                              struct akv_error *err)
{
    return akv_object_result(call, &akv_update_kind, properties, NULL, err);
}

bool akv_object_update(struct akv_client *client, const struct akv_id *id,
                       const struct akv_update *update,
                       struct akv_properties *properties, struct akv_error *err)
{
    struct akv_call *call =
        akv_object_update_start(client, id, update, NULL, NULL, err);

    return akv_call_close(call,
                          akv_object_update_result(call, properties, err));
}

struct akv_call *akv_object_delete_start(struct akv_client *client,
                                         const struct akv_id *id,
                                         akv_done_fn *done, void *arg,
                                         struct akv_error *err)
{
    return object_start(client, &delete_kind, id, done, arg, err);
}

bool akv_object_delete_result(struct akv_call *call,
                              struct akv_properties *properties,
                              struct akv_error *err)
{
    return akv_object_result(call, &delete_kind, properties, NULL, err);
}

bool akv_object_delete(struct akv_client *client, const struct akv_id *id,
                       struct akv_properties *properties, struct akv_error *err)
{
    struct akv_call *call =
        akv_object_delete_start(client, id, NULL, NULL, err);

    return akv_call_close(call,
                          akv_object_delete_result(call, properties, err));
}

struct akv_call *akv_object_get_deleted_start(struct akv_client *client,
                                              const struct akv_id *id,
                                              akv_done_fn *done, void *arg,
                                              struct akv_error *err)
{
    return object_start(client, &get_deleted_kind, id, done, arg, err);
}

bool akv_object_get_deleted_result(struct akv_call *call,
                                   struct akv_properties *properties,
                                   struct akv_json **document,
                                   struct akv_error *err)
{
    return akv_object_result(call, &get_deleted_kind, properties, document,
                             err);
}

bool akv_object_get_deleted(struct akv_client *client, const struct akv_id *id,
                            struct akv_properties *properties,
                            struct akv_json **document, struct akv_error *err)
{
    struct akv_call *call =
        akv_object_get_deleted_start(client, id, NULL, NULL, err);

    return akv_call_close(
        call, akv_object_get_deleted_result(call, properties, document, err));
}

struct akv_call *akv_object_recover_start(struct akv_client *client,
                                          const struct akv_id *id,
                                          akv_done_fn *done, void *arg,
                                          struct akv_error *err)
{
    return object_start(client, &recover_kind, id, done, arg, err);
}

bool akv_object_recover_result(struct akv_call *call,
                               struct akv_properties *properties,
                               struct akv_error *err)
{
    return akv_object_result(call, &recover_kind, properties, NULL, err);
}

bool akv_object_recover(struct akv_client *client, const struct akv_id *id,
                        struct akv_properties *properties,
                        struct akv_error *err)
{
    struct akv_call *call =
        akv_object_recover_start(client, id, NULL, NULL, err);

    return akv_call_close(call,
                          akv_object_recover_result(call, properties, err));
}

struct akv_call *akv_object_purge_start(struct akv_client *client,
                                        const struct akv_id *id,
                                        akv_done_fn *done, void *arg,
                                        struct akv_error *err)
{
    return object_start(client, &purge_kind, id, done, arg, err);
}

bool akv_object_purge_result(struct akv_call *call, struct akv_error *err)
{
    return akv_call_check(call, &purge_kind, err); /* 204, no content */
}

bool akv_object_purge(struct akv_client *client, const struct akv_id *id,
                      struct akv_error *err)
{
    struct akv_call *call = akv_object_purge_start(client, id, NULL, NULL, err);

    return akv_call_close(call, akv_object_purge_result(call, err));
}

struct akv_call *akv_object_backup_start(struct akv_client *client,
                                         const struct akv_id *id,
                                         akv_done_fn *done, void *arg,
                                         struct akv_error *err)
{
    return object_start(client, &backup_kind, id, done, arg, err);
}

bool akv_object_backup_result(struct akv_call *call, struct akv_buf *blob,
                              struct akv_error *err)
{
    return akv_bytes_result(call, &backup_kind, blob, err);
}

bool akv_object_backup(struct akv_client *client, const struct akv_id *id,
                       struct akv_buf *blob, struct akv_error *err)
{
    struct akv_call *call =
        akv_object_backup_start(client, id, NULL, NULL, err);

    return akv_call_close(call, akv_object_backup_result(call, blob, err));
}

struct akv_call *akv_object_restore_start(struct akv_client *client,
                                          const struct akv_id *id,
                                          const void *blob, size_t len,
                                          akv_done_fn *done, void *arg,
                                          struct akv_error *err)
{
    struct akv_json *json = akv_json_new_object();
    struct akv_op op;
    bool built;

    akv_op_init(&op, &restore_kind, id);
    op.id.name[0] = op.id.version[0] = '\0';
    built = json != NULL && akv_json_add_base64url(json, "value", blob, len);
    return akv_call_start_json(client, &op, json, built, done, arg, err);
}

bool akv_object_restore_result(struct akv_call *call,
                               struct akv_properties *properties,
                               struct akv_error *err)
{
    return akv_object_result(call, &restore_kind, properties, NULL, err);
}

bool akv_object_restore(struct akv_client *client, const struct akv_id *id,
                        const void *blob, size_t len,
                        struct akv_properties *properties,
                        struct akv_error *err)
{
    struct akv_call *call =
        akv_object_restore_start(client, id, blob, len, NULL, NULL, err);

    return akv_call_close(call,
                          akv_object_restore_result(call, properties, err));
}
