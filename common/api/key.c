/* SPDX-License-Identifier: Apache-2.0 */

/*
 * REST on /keys. What makes a version (create, import, rotate) is not sent
 * again where it may have arrived, since it would make another one. The service
 * chooses the new version, and rotation policies are the key's: for these a
 * version in the identifier is dropped.
 */

#include <stdlib.h>
#include <string.h>

#include "akv/key.h"
#include "api/document.h"
#include "api/object_impl.h"

static const struct akv_op_kind get_kind = { .name = "get", .method = "GET" };
static const struct akv_op_kind create_kind = {
    .name = "create", .method = "POST", .suffix = "/create", .once = true
};
static const struct akv_op_kind import_kind = { .name = "import",
                                                .method = "PUT",
                                                .once = true };
static const struct akv_op_kind rotate_kind = { .name = "rotate",
                                                .method = "POST",
                                                .suffix = "/rotate",
                                                .min_version = "7.3",
                                                .once = true };
static const struct akv_op_kind get_policy_kind = {
    .name = "get the rotation policy of",
    .method = "GET",
    .suffix = "/rotationpolicy",
    .min_version = "7.3"
};
static const struct akv_op_kind set_policy_kind = {
    .name = "set the rotation policy of",
    .method = "PUT",
    .suffix = "/rotationpolicy",
    .min_version = "7.3"
};
static const struct akv_op_kind random_kind = { .name = "get random bytes",
                                                .method = "POST",
                                                .suffix = "/rng",
                                                .min_version = "7.3" };
static const struct akv_op_kind release_kind = { .name = "release",
                                                 .method = "POST",
                                                 .suffix = "/release",
                                                 .min_version = "7.3" };
static const struct akv_op_kind attestation_kind = {
    .name = "get the attestation of",
    .method = "GET",
    .suffix = "/attestation",
    .min_version = "7.6"
};

void akv_key_bundle_free(struct akv_key_bundle *bundle)
{
    akv_properties_free(&bundle->properties);
    akv_jwk_free(&bundle->jwk);
    free(bundle->release_policy);
    memset(bundle, 0, sizeof(*bundle));
}

static bool key_read_policy(struct akv_key_bundle *bundle,
                            const struct akv_json *json, struct akv_error *err)
{
    const char *data =
        akv_json_get_text(akv_json_get(json, "release_policy"), "data");

    if (data == NULL)
        return true;
    bundle->release_policy = strdup(data);
    return bundle->release_policy != NULL
           || akv_error_set(err, AKV_E_MEMORY, "no memory for a key");
}

static bool key_read_bundle(const struct akv_op *op,
                            const struct akv_json *json,
                            struct akv_key_bundle *bundle,
                            struct akv_error *err)
{
    const struct akv_json *key = akv_json_get(json, "key");
    struct akv_error why = AKV_ERROR_INIT;

    if (key == NULL)
        return akv_op_bad_reply(op, "key", "is missing", err);
    if (!akv_properties_read(&bundle->properties, json, &op->id, &why))
        return akv_op_bad_reply(op, "properties", why.message, err);
    if (bundle->properties.id.version[0] == '\0')
        return akv_op_bad_reply(op, "kid", "has no version", err);
    if (!akv_jwk_read(&bundle->jwk, key, &why))
        return akv_op_bad_reply(op, "JSON Web Key", why.message, err);
    return key_read_policy(bundle, json, err);
}

/* What a call has brought, which the caller frees in either case. */
static bool key_result(struct akv_call *call, const struct akv_op_kind *kind,
                       struct akv_key_bundle *bundle, struct akv_error *err)
{
    struct akv_json *json = akv_call_reply(call, kind, err);
    bool ok;

    memset(bundle, 0, sizeof(*bundle));
    ok = json != NULL && key_read_bundle(&call->op, json, bundle, err);
    akv_json_free(json);
    return ok;
}

struct akv_call *akv_key_get_start(struct akv_client *client,
                                   const struct akv_id *id, akv_done_fn *done,
                                   void *arg, struct akv_error *err)
{
    struct akv_op op;

    akv_op_init(&op, &get_kind, id);
    return akv_call_start(client, &op, done, arg, err);
}

bool akv_key_get_result(struct akv_call *call, struct akv_key_bundle *bundle,
                        struct akv_error *err)
{
    return key_result(call, &get_kind, bundle, err);
}

bool akv_key_get(struct akv_client *client, const struct akv_id *id,
                 struct akv_key_bundle *bundle, struct akv_error *err)
{
    struct akv_call *call = akv_key_get_start(client, id, NULL, NULL, err);

    return akv_call_close(call, akv_key_get_result(call, bundle, err));
}

static bool add_ops(struct akv_json *json, unsigned ops)
{
    struct akv_json *array;

    if (ops == 0)
        return true;
    array = akv_json_add_array(json, "key_ops");
    return array != NULL && akv_key_ops_write(array, ops);
}

static bool add_release_policy(struct akv_json *json,
                               const struct akv_key_create *create)
{
    struct akv_json *policy;

    if (create->release_policy == NULL)
        return true;
    policy = akv_json_add_object(json, "release_policy");
    return policy != NULL
           && akv_json_add_base64url(policy, "data", create->release_policy,
                                     strlen(create->release_policy))
           && (!create->immutable_policy
               || akv_json_add_bool(policy, "immutable", true));
}

static bool add_common(struct akv_json *json,
                       const struct akv_key_create *create)
{
    return akv_properties_write(json, &create->attributes, create->tags)
           && add_release_policy(json, create);
}

static bool add_parameters(struct akv_json *json,
                           const struct akv_key_create *create)
{
    if (!akv_json_add_text(json, "kty",
                           akv_key_type_jwk(create->type, create->hsm)))
        return false;
    if (create->type == AKV_KEY_EC)
        return akv_json_add_text(json, "crv", akv_curve_name(create->curve));
    return (create->bits == 0
            || akv_json_add_int(json, "key_size", create->bits))
           && (create->exponent == 0
               || akv_json_add_int(json, "public_exponent", create->exponent));
}

struct akv_call *akv_key_create_start(struct akv_client *client,
                                      const struct akv_id *id,
                                      const struct akv_key_create *create,
                                      akv_done_fn *done, void *arg,
                                      struct akv_error *err)
{
    struct akv_json *json;
    struct akv_op op;
    bool built;

    if (!akv_json_check("release policy", create->release_policy, err))
        return NULL;
    json = akv_json_new_object();
    akv_op_init(&op, &create_kind, id);
    op.id.version[0] = '\0'; /* the service chooses it */
    built = json != NULL && add_parameters(json, create)
            && add_ops(json, create->ops) && add_common(json, create);
    return akv_call_start_json(client, &op, json, built, done, arg, err);
}

bool akv_key_create_result(struct akv_call *call, struct akv_key_bundle *bundle,
                           struct akv_error *err)
{
    return key_result(call, &create_kind, bundle, err);
}

bool akv_key_create(struct akv_client *client, const struct akv_id *id,
                    const struct akv_key_create *create,
                    struct akv_key_bundle *bundle, struct akv_error *err)
{
    struct akv_call *call =
        akv_key_create_start(client, id, create, NULL, NULL, err);

    return akv_call_close(call, akv_key_create_result(call, bundle, err));
}

/* The JWK with other operations, if some were given. NULL: no memory. */
static struct akv_json *read_jwk(const char *jwk, unsigned ops)
{
    struct akv_json *key = akv_json_parse(jwk, strlen(jwk), NULL);

    if (key == NULL || add_ops(key, ops))
        return key;
    akv_json_free(key);
    return NULL;
}

struct akv_call *akv_key_import_start(struct akv_client *client,
                                      const struct akv_id *id, const char *jwk,
                                      const struct akv_key_create *create,
                                      akv_done_fn *done, void *arg,
                                      struct akv_error *err)
{
    struct akv_json *key, *json;
    struct akv_op op;
    bool built;

    if (!akv_json_check("JSON Web Key", jwk, err)
        || !akv_json_check("release policy", create->release_policy, err))
        return NULL;
    akv_op_init(&op, &import_kind, id);
    op.id.version[0] = '\0';
    key = read_jwk(jwk, create->ops);
    json = akv_json_new_object();
    if (key == NULL || json == NULL) {
        akv_json_free(key);
        akv_json_free(json);
        (void)akv_error_set(err, AKV_E_MEMORY, "no memory for a key");
        return NULL;
    }
    built = akv_json_add_node(json, "key", key) /* json owns it now */
            && (!create->hsm || akv_json_add_bool(json, "Hsm", true))
            && add_common(json, create);
    return akv_call_start_json(client, &op, json, built, done, arg, err);
}

bool akv_key_import_result(struct akv_call *call, struct akv_key_bundle *bundle,
                           struct akv_error *err)
{
    return key_result(call, &import_kind, bundle, err);
}

bool akv_key_import(struct akv_client *client, const struct akv_id *id,
                    const char *jwk, const struct akv_key_create *create,
                    struct akv_key_bundle *bundle, struct akv_error *err)
{
    struct akv_call *call =
        akv_key_import_start(client, id, jwk, create, NULL, NULL, err);

    return akv_call_close(call, akv_key_import_result(call, bundle, err));
}

struct akv_call *akv_key_update_start(struct akv_client *client,
                                      const struct akv_id *id,
                                      const struct akv_update *update,
                                      akv_done_fn *done, void *arg,
                                      struct akv_error *err)
{
    return akv_object_update_start(client, id, update, done, arg, err);
}

bool akv_key_update_result(struct akv_call *call, struct akv_key_bundle *bundle,
                           struct akv_error *err)
{
    return key_result(call, &akv_update_kind, bundle, err);
}

bool akv_key_update(struct akv_client *client, const struct akv_id *id,
                    const struct akv_update *update,
                    struct akv_key_bundle *bundle, struct akv_error *err)
{
    struct akv_call *call =
        akv_key_update_start(client, id, update, NULL, NULL, err);

    return akv_call_close(call, akv_key_update_result(call, bundle, err));
}

struct akv_call *akv_key_rotate_start(struct akv_client *client,
                                      const struct akv_id *id,
                                      akv_done_fn *done, void *arg,
                                      struct akv_error *err)
{
    struct akv_op op;

    akv_op_init(&op, &rotate_kind, id);
    op.id.version[0] = '\0';
    return akv_call_start(client, &op, done, arg, err);
}

bool akv_key_rotate_result(struct akv_call *call, struct akv_key_bundle *bundle,
                           struct akv_error *err)
{
    return key_result(call, &rotate_kind, bundle, err);
}

bool akv_key_rotate(struct akv_client *client, const struct akv_id *id,
                    struct akv_key_bundle *bundle, struct akv_error *err)
{
    struct akv_call *call = akv_key_rotate_start(client, id, NULL, NULL, err);

    return akv_call_close(call, akv_key_rotate_result(call, bundle, err));
}

struct akv_call *akv_key_get_rotation_policy_start(struct akv_client *client,
                                                   const struct akv_id *id,
                                                   akv_done_fn *done, void *arg,
                                                   struct akv_error *err)
{
    return akv_document_start(client, &get_policy_kind, id, "", NULL, done, arg,
                              err);
}

bool akv_key_get_rotation_policy_result(struct akv_call *call,
                                        struct akv_json **result,
                                        struct akv_error *err)
{
    return akv_document_result(call, &get_policy_kind, result, err);
}

bool akv_key_get_rotation_policy(struct akv_client *client,
                                 const struct akv_id *id,
                                 struct akv_json **result,
                                 struct akv_error *err)
{
    struct akv_call *call =
        akv_key_get_rotation_policy_start(client, id, NULL, NULL, err);

    return akv_call_close(
        call, akv_key_get_rotation_policy_result(call, result, err));
}

struct akv_call *akv_key_set_rotation_policy_start(struct akv_client *client,
                                                   const struct akv_id *id,
                                                   const char *policy,
                                                   akv_done_fn *done, void *arg,
                                                   struct akv_error *err)
{
    return akv_document_start(client, &set_policy_kind, id, "rotation policy",
                              policy, done, arg, err);
}

bool akv_key_set_rotation_policy_result(struct akv_call *call,
                                        struct akv_json **result,
                                        struct akv_error *err)
{
    return akv_document_result(call, &set_policy_kind, result, err);
}

bool akv_key_set_rotation_policy(struct akv_client *client,
                                 const struct akv_id *id, const char *policy,
                                 struct akv_json **result,
                                 struct akv_error *err)
{
    struct akv_call *call =
        akv_key_set_rotation_policy_start(client, id, policy, NULL, NULL, err);

    return akv_call_close(
        call, akv_key_set_rotation_policy_result(call, result, err));
}

struct akv_call *akv_key_random_start(struct akv_client *client,
                                      const struct akv_id *id, unsigned count,
                                      akv_done_fn *done, void *arg,
                                      struct akv_error *err)
{
    struct akv_json *json;
    struct akv_id hsm = *id;
    struct akv_op op;
    bool built;

    if (count < 1 || count > 128) {
        (void)akv_error_set(err, AKV_E_INVALID,
                            "%u random bytes: 1 to 128 are to be had at once",
                            count);
        return NULL;
    }
    hsm.kind = AKV_KIND_VAULT;
    hsm.name[0] = hsm.version[0] = '\0';
    akv_op_init(&op, &random_kind, &hsm);
    json = akv_json_new_object();
    built = json != NULL && akv_json_add_int(json, "count", count);
    return akv_call_start_json(client, &op, json, built, done, arg, err);
}

bool akv_key_random_result(struct akv_call *call, struct akv_buf *bytes,
                           struct akv_error *err)
{
    return akv_bytes_result(call, &random_kind, bytes, err);
}

bool akv_key_random(struct akv_client *client, const struct akv_id *id,
                    unsigned count, struct akv_buf *bytes,
                    struct akv_error *err)
{
    struct akv_call *call =
        akv_key_random_start(client, id, count, NULL, NULL, err);

    return akv_call_close(call, akv_key_random_result(call, bytes, err));
}

struct akv_call *akv_key_release_start(struct akv_client *client,
                                       const struct akv_id *id,
                                       const char *target, const char *nonce,
                                       const char *enc, akv_done_fn *done,
                                       void *arg, struct akv_error *err)
{
    struct akv_json *json = akv_json_new_object();
    struct akv_op op;
    bool built;

    akv_op_init(&op, &release_kind, id);
    built = json != NULL && akv_json_add_text(json, "target", target)
            && (nonce == NULL || akv_json_add_text(json, "nonce", nonce))
            && (enc == NULL || akv_json_add_text(json, "enc", enc));
    return akv_call_start_json(client, &op, json, built, done, arg, err);
}

bool akv_key_release_result(struct akv_call *call, struct akv_buf *jws,
                            struct akv_error *err)
{
    struct akv_json *json = akv_call_reply(call, &release_kind, err);
    const char *text = akv_json_get_text(json, "value");
    bool ok = json != NULL;

    if (ok && text == NULL)
        ok = akv_op_bad_reply(&call->op, "value", "is missing", err);
    if (ok && !akv_buf_append_str(jws, text))
        ok = akv_error_set(err, AKV_E_MEMORY, "no memory for a released key");
    akv_json_free(json);
    return ok;
}

bool akv_key_release(struct akv_client *client, const struct akv_id *id,
                     const char *target, const char *nonce, const char *enc,
                     struct akv_buf *jws, struct akv_error *err)
{
    struct akv_call *call =
        akv_key_release_start(client, id, target, nonce, enc, NULL, NULL, err);

    return akv_call_close(call, akv_key_release_result(call, jws, err));
}

struct akv_call *akv_key_get_attestation_start(struct akv_client *client,
                                               const struct akv_id *id,
                                               akv_done_fn *done, void *arg,
                                               struct akv_error *err)
{
    struct akv_op op;

    akv_op_init(&op, &attestation_kind, id);
    return akv_call_start(client, &op, done, arg, err);
}

bool akv_key_get_attestation_result(struct akv_call *call,
                                    struct akv_json **result,
                                    struct akv_error *err)
{
    return akv_document_result(call, &attestation_kind, result, err);
}

bool akv_key_get_attestation(struct akv_client *client, const struct akv_id *id,
                             struct akv_json **result, struct akv_error *err)
{
    struct akv_call *call =
        akv_key_get_attestation_start(client, id, NULL, NULL, err);

    return akv_call_close(call,
                          akv_key_get_attestation_result(call, result, err));
}
