/* SPDX-License-Identifier: Apache-2.0 */

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "keys.h"
#include "list.h"

static const struct akv_op_kind get_kind = { "get", "GET", "", "7.0", true };
static const struct akv_op_kind create_kind = { "create", "POST", "/create",
                                                "7.0", false };
static const struct akv_op_kind list_kind = { "list", "GET", "", "7.0", true };
static const struct akv_op_kind versions_kind = { "list versions", "GET",
                                                  "/versions", "7.0", true };

void akv_key_bundle_free(struct akv_key_bundle *bundle)
{
    akv_jwk_free(&bundle->jwk);
}

/* The kid says which name and version it is; its host is never dialled. */
static bool read_kid(const struct akv_op *op, const struct akv_json *key,
                     struct akv_id *id, struct akv_error *err)
{
    const char *kid = akv_json_get_text(key, "kid");
    struct akv_error why = AKV_ERROR_INIT;
    struct akv_id read;

    if (kid == NULL)
        return akv_op_bad_reply(op, "kid", "is missing", err);
    if (!akv_id_parse_https(&read, kid, &why))
        return akv_op_bad_reply(op, "kid", why.message, err);
    if (read.kind != AKV_KIND_KEY || strcasecmp(read.name, op->id.name) != 0
        || read.version[0] == '\0'
        || (op->id.version[0] != '\0'
            && strcmp(read.version, op->id.version) != 0))
        return akv_op_bad_reply(op, "kid", kid, err);
    *id = op->id;
    memcpy(id->version, read.version, sizeof(id->version));
    return true;
}

static bool read_bundle(const struct akv_op *op, const struct akv_buf *body,
                        struct akv_key_bundle *bundle, struct akv_error *err)
{
    struct akv_json *json = akv_op_parse(op, body, err);
    const struct akv_json *key = akv_json_get(json, "key");
    struct akv_error why = AKV_ERROR_INIT;
    bool ok = json != NULL;

    if (ok && key == NULL)
        ok = akv_op_bad_reply(op, "key", "is missing", err);
    if (ok)
        ok = read_kid(op, key, &bundle->id, err);
    if (ok && !akv_jwk_read(&bundle->jwk, key, &why))
        ok = akv_op_bad_reply(op, "JSON Web Key", why.message, err);
    if (ok) {
        bundle->enabled = true;
        (void)akv_json_get_bool(akv_json_get(json, "attributes"), "enabled",
                                &bundle->enabled);
    }
    akv_json_free(json);
    return ok;
}

/* Performs an operation whose reply is a key bundle; frees op. */
static bool run_for_bundle(struct akv_client *client, struct akv_op *op,
                           struct akv_key_bundle *bundle, struct akv_error *err)
{
    struct akv_buf body = AKV_BUF_INIT(0);
    struct akv_op asked = *op; /* what it owns moves, the rest is compared */
    bool ok;

    memset(bundle, 0, sizeof(*bundle));
    ok = akv_client_run(client, op, &body, err)
         && read_bundle(&asked, &body, bundle, err);
    akv_buf_free(&body);
    return ok;
}

bool akv_keys_get(struct akv_client *client, const struct akv_id *id,
                  struct akv_key_bundle *bundle, struct akv_error *err)
{
    struct akv_op op;

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

bool akv_keys_create(struct akv_client *client, const struct akv_id *id,
                     const struct akv_key_create *create,
                     struct akv_key_bundle *bundle, struct akv_error *err)
{
    static const char *const types[2][2] = { { "RSA", "RSA-HSM" },
                                             { "EC", "EC-HSM" } };
    struct akv_json *json = akv_json_new_object();
    struct akv_op op;
    bool ok;

    memset(bundle, 0, sizeof(*bundle));
    akv_op_init(&op, &create_kind, id);
    op.id.version[0] = '\0'; /* the service chooses it */
    ok =
        json != NULL
        && akv_json_add_text(json, "kty", types[create->type][create->hsm])
        && (create->type == AKV_KEY_RSA
                ? akv_json_add_int(json, "key_size", create->bits)
                : akv_json_add_text(json, "crv", akv_curve_name(create->curve)))
        && add_ops(json, create->ops);
    if (!ok) {
        akv_json_free(json);
        json = NULL;
    }
    if (!akv_op_set_json(&op, json, err)) {
        akv_op_free(&op);
        return false;
    }
    return run_for_bundle(client, &op, bundle, err);
}

struct listing {
    akv_key_list_fn *fn;
    void *arg;
};

static bool on_item(void *arg, const struct akv_json *item,
                    const struct akv_id *host, struct akv_error *err)
{
    const struct listing *listing = arg;
    const char *kid = akv_json_get_text(item, "kid");
    struct akv_id id;
    bool enabled = true;

    if (kid == NULL)
        return akv_error_set(err, AKV_E_PROTOCOL, "an item lacks its kid");
    if (!akv_id_parse_https(&id, kid, err))
        return false;
    memcpy(id.host, host->host, sizeof(id.host));
    id.port = host->port;
    (void)akv_json_get_bool(akv_json_get(item, "attributes"), "enabled",
                            &enabled);
    return listing->fn(listing->arg, &id, enabled);
}

bool akv_keys_list(struct akv_client *client, const struct akv_id *id,
                   akv_key_list_fn *fn, void *arg, struct akv_error *err)
{
    struct listing listing = { fn, arg };
    struct akv_id from = *id;

    from.kind = AKV_KIND_KEY;
    from.version[0] = '\0';
    return akv_list_run(client,
                        from.name[0] != '\0' ? &versions_kind : &list_kind,
                        &from, on_item, &listing, err);
}
