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
#include "api/ask.h"

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

/* Performs an operation whose reply is a key bundle; frees op. */
static bool run_for_bundle(struct akv_client *client, struct akv_op *op,
                           struct akv_key_bundle *bundle, struct akv_error *err)
{
    struct akv_json *json;
    struct akv_op asked;
    bool ok = akv_ask(client, op, &asked, &json, err)
              && key_read_bundle(&asked, json, bundle, err);

    akv_json_free(json);
    return ok;
}

bool akv_keys_get(struct akv_client *client, const struct akv_id *id,
                  struct akv_key_bundle *bundle, struct akv_error *err)
{
    struct akv_op op;

    memset(bundle, 0, sizeof(*bundle));
    akv_op_init(&op, &get_kind, id);
    return run_for_bundle(client, &op, bundle, err);
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

/* Frees json and makes it NULL when something could not be added to it. */
static struct akv_json *key_complete(struct akv_json *json, bool ok)
{
    if (ok)
        return json;
    akv_json_free(json);
    return NULL;
}

bool akv_keys_create(struct akv_client *client, const struct akv_id *id,
                     const struct akv_key_create *create,
                     struct akv_key_bundle *bundle, struct akv_error *err)
{
    struct akv_json *json;
    struct akv_op op;

    memset(bundle, 0, sizeof(*bundle));
    if (!akv_json_check("release policy", create->release_policy, err))
        return false;
    json = akv_json_new_object();
    akv_op_init(&op, &create_kind, id);
    op.id.version[0] = '\0'; /* the service chooses it */
    json = key_complete(json, json != NULL && add_parameters(json, create)
                                  && add_ops(json, create->ops)
                                  && add_common(json, create));
    return akv_op_set_json(&op, json, err)
           && run_for_bundle(client, &op, bundle, err);
}

bool akv_keys_import(struct akv_client *client, const struct akv_id *id,
                     const char *jwk, const struct akv_key_create *create,
                     struct akv_key_bundle *bundle, struct akv_error *err)
{
    struct akv_json *key, *json;
    struct akv_op op;
    bool ok;

    memset(bundle, 0, sizeof(*bundle));
    if (!akv_json_check("JSON Web Key", jwk, err)
        || !akv_json_check("release policy", create->release_policy, err))
        return false;
    key = akv_json_parse(jwk, strlen(jwk), NULL);
    json = akv_json_new_object();
    ok = key != NULL;
    akv_op_init(&op, &import_kind, id);
    op.id.version[0] = '\0';
    if (ok && create->ops != 0) {
        struct akv_json *ops = akv_json_add_array(key, "key_ops");

        ok = ops != NULL && akv_key_ops_write(ops, create->ops);
    }
    if (key == NULL || json == NULL) {
        akv_json_free(key);
        akv_json_free(json);
        return akv_error_set(err, AKV_E_MEMORY, "no memory for a key");
    }
    ok = akv_json_add_node(json, "key", key) && ok; /* json owns it now */
    json = key_complete(
        json, ok && (!create->hsm || akv_json_add_bool(json, "Hsm", true))
                  && add_common(json, create));
    return akv_op_set_json(&op, json, err)
           && run_for_bundle(client, &op, bundle, err);
}

bool akv_keys_update(struct akv_client *client, const struct akv_id *id,
                     const struct akv_update *update,
                     struct akv_key_bundle *bundle, struct akv_error *err)
{
    struct akv_op op;

    memset(bundle, 0, sizeof(*bundle));
    return akv_object_update_op(&op, id, update, err)
           && run_for_bundle(client, &op, bundle, err);
}

bool akv_keys_rotate(struct akv_client *client, const struct akv_id *id,
                     struct akv_key_bundle *bundle, struct akv_error *err)
{
    struct akv_op op;

    memset(bundle, 0, sizeof(*bundle));
    akv_op_init(&op, &rotate_kind, id);
    op.id.version[0] = '\0';
    return run_for_bundle(client, &op, bundle, err);
}

bool akv_keys_get_rotation_policy(struct akv_client *client,
                                  const struct akv_id *id,
                                  struct akv_json **result,
                                  struct akv_error *err)
{
    struct akv_op op, asked;

    akv_op_init(&op, &get_policy_kind, id);
    op.id.version[0] = '\0';
    return akv_ask(client, &op, &asked, result, err);
}

bool akv_keys_set_rotation_policy(struct akv_client *client,
                                  const struct akv_id *id, const char *policy,
                                  struct akv_json **result,
                                  struct akv_error *err)
{
    struct akv_op op, asked;
    struct akv_json *json;

    *result = NULL;
    if (!akv_json_check("rotation policy", policy, err))
        return false;
    json = akv_json_parse(policy, strlen(policy), NULL);
    akv_op_init(&op, &set_policy_kind, id);
    op.id.version[0] = '\0';
    return akv_op_set_json(&op, json, err)
           && akv_ask(client, &op, &asked, result, err);
}

bool akv_keys_random(struct akv_client *client, const struct akv_id *id,
                     unsigned count, struct akv_buf *bytes,
                     struct akv_error *err)
{
    struct akv_json *json, *reply = NULL;
    struct akv_id hsm = *id;
    struct akv_op op, asked;
    bool ok;

    if (count < 1 || count > 128)
        return akv_error_set(err, AKV_E_INVALID,
                             "%u random bytes: 1 to 128 are to be had at once",
                             count);
    json = akv_json_new_object();
    hsm.kind = AKV_KIND_VAULT;
    hsm.name[0] = hsm.version[0] = '\0';
    akv_op_init(&op, &random_kind, &hsm);
    json = key_complete(json,
                        json != NULL && akv_json_add_int(json, "count", count));
    ok = akv_op_set_json(&op, json, err)
         && akv_ask(client, &op, &asked, &reply, err);
    if (ok && !akv_json_get_base64url(reply, "value", bytes))
        ok = akv_op_bad_reply(&asked, "value", "is missing or not base64url",
                              err);
    akv_json_free(reply);
    return ok;
}

bool akv_keys_release(struct akv_client *client, const struct akv_id *id,
                      const char *target, const char *nonce, const char *enc,
                      struct akv_buf *jws, struct akv_error *err)
{
    struct akv_json *json = akv_json_new_object(), *reply = NULL;
    struct akv_op op, asked;
    const char *text;
    bool ok;

    akv_op_init(&op, &release_kind, id);
    json = key_complete(
        json, json != NULL && akv_json_add_text(json, "target", target)
                  && (nonce == NULL || akv_json_add_text(json, "nonce", nonce))
                  && (enc == NULL || akv_json_add_text(json, "enc", enc)));
    ok = akv_op_set_json(&op, json, err)
         && akv_ask(client, &op, &asked, &reply, err);
    text = akv_json_get_text(reply, "value");
    if (ok && text == NULL)
        ok = akv_op_bad_reply(&asked, "value", "is missing", err);
    if (ok && !akv_buf_append_str(jws, text))
        ok = akv_error_set(err, AKV_E_MEMORY, "no memory for a released key");
    akv_json_free(reply);
    return ok;
}

bool akv_keys_attestation(struct akv_client *client, const struct akv_id *id,
                          struct akv_json **result, struct akv_error *err)
{
    struct akv_op op, asked;

    akv_op_init(&op, &attestation_kind, id);
    return akv_ask(client, &op, &asked, result, err);
}
