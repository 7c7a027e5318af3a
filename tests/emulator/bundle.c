/* SPDX-License-Identifier: Apache-2.0 */

/* Objects as the JSON of replies; members in the order of the service. */

#include <stdlib.h>
#include <string.h>

#include "b64.h"
#include "bundle.h"
#include "cert_bundle.h"
#include "jsonx.h"
#include "xmem.h"

static const struct emu_kind_words words[EMU_KINDS] = {
    [EMU_KEYS] = { "keys", "deletedkeys", "key", "Key", "kid",
                   EMU_E_KEY_NOT_FOUND, EMU_E_DELETED_KEY_NOT_FOUND },
    [EMU_SECRETS] = { "secrets", "deletedsecrets", "secret", "Secret", "id",
                      EMU_E_SECRET_NOT_FOUND, EMU_E_DELETED_SECRET_NOT_FOUND },
    [EMU_CERTS] = { "certificates", "deletedcertificates", "certificate",
                    "Certificate", "id", EMU_E_CERT_NOT_FOUND,
                    EMU_E_DELETED_CERT_NOT_FOUND },
};

const struct emu_kind_words *emu_kind_words(enum emu_kind kind)
{
    return &words[kind];
}

struct emu_place emu_call_place(const struct emu_call *call)
{
    return (struct emu_place){ call->vault, call->op->kind, call->name };
}

char *emu_object_id(const struct emu_call *call, const struct emu_object *obj,
                    bool with_version)
{
    return emu_xasprintf(
        "https://%s/%s/%s%s%s", call->req->host, words[obj->kind].collection,
        obj->name, with_version ? "/" : "", with_version ? obj->version : "");
}

static const char *recovery_level(const struct emu_vault_traits *traits)
{
    bool customized = traits->recoverable_days < 90;

    if (!traits->soft_delete)
        return "Purgeable";
    if (traits->purge_protected)
        return customized ? "CustomizedRecoverable" : "Recoverable";
    return customized ? "CustomizedRecoverable+Purgeable"
                      : "Recoverable+Purgeable";
}

static void add_key_attributes(const struct emu_call *call,
                               struct json_object *attributes,
                               const struct emu_object *key)
{
    if (call->api >= EMU_API_7_3 || call->traits->hsm)
        emu_json_add_bool(attributes, "exportable", key->exportable);
    if (call->api >= EMU_API_7_5 && !call->traits->hsm)
        emu_json_add_str(attributes, "hsmPlatform", key->mat->hsm ? "2" : "0");
    if (call->api >= EMU_API_2026_04)
        emu_json_add_int(attributes, "key_size",
                         (int64_t)emu_material_bits(key->mat));
}

void emu_add_attributes(const struct emu_call *call, struct json_object *json,
                        const struct emu_object *obj)
{
    const struct emu_settings *settings = &obj->settings;
    struct json_object *attributes = json_object_new_object();

    emu_json_add_bool(attributes, "enabled", settings->enabled);
    if (settings->nbf != EMU_NO_TIME)
        emu_json_add_int(attributes, "nbf", settings->nbf);
    if (settings->exp != EMU_NO_TIME)
        emu_json_add_int(attributes, "exp", settings->exp);
    emu_json_add_int(attributes, "created", obj->created);
    emu_json_add_int(attributes, "updated", obj->updated);
    emu_json_add_str(attributes, "recoveryLevel", recovery_level(call->traits));
    if (call->api >= EMU_API_7_1)
        emu_json_add_int(
            attributes, "recoverableDays",
            call->traits->soft_delete ? call->traits->recoverable_days : 0);
    if (obj->kind == EMU_KEYS)
        add_key_attributes(call, attributes, obj);
    json_object_object_add(json, "attributes", attributes);
    if (settings->tags != NULL)
        json_object_object_add(
            json, "tags",
            emu_json_parse(settings->tags, strlen(settings->tags)));
}

/* The mHSM gives them in another order with every reply. */
static size_t first_op(const struct emu_call *call,
                       const struct emu_object *key)
{
    static unsigned turn;

    if (!call->traits->hsm || key->settings.nops == 0)
        return 0;
    return __atomic_add_fetch(&turn, 1, __ATOMIC_RELAXED) % key->settings.nops;
}

static struct json_object *jwk_of(const struct emu_call *call,
                                  const struct emu_object *key)
{
    struct json_object *jwk = json_object_new_object();
    struct json_object *ops = json_object_new_array();
    const struct emu_settings *settings = &key->settings;
    size_t first = first_op(call, key);
    char *id = emu_object_id(call, key, true);

    emu_json_add_str(jwk, "kid", id);
    emu_json_add_str(jwk, "kty", emu_kty_name(key->mat));
    for (size_t i = 0; i < settings->nops; i++)
        json_object_array_add(
            ops, json_object_new_string(emu_key_op_name(
                     settings->ops[(first + i) % settings->nops])));
    json_object_object_add(jwk, "key_ops", ops);
    emu_material_add_public(key->mat, jwk);
    free(id);
    return jwk;
}

static void add_key(const struct emu_call *call, struct json_object *json,
                    const struct emu_object *key)
{
    const char *policy = key->settings.release_policy;

    json_object_object_add(json, "key", jwk_of(call, key));
    emu_add_attributes(call, json, key);
    if (key->managed)
        emu_json_add_bool(json, "managed", true);
    if (policy != NULL)
        json_object_object_add(json, "release_policy",
                               emu_json_parse(policy, strlen(policy)));
}

/* All but the value. */
static void add_secret(const struct emu_call *call, struct json_object *json,
                       const struct emu_object *secret, bool with_version)
{
    char *id = emu_object_id(call, secret, with_version);

    if (secret->settings.content_type != NULL)
        emu_json_add_str(json, "contentType", secret->settings.content_type);
    emu_json_add_str(json, "id", id);
    if (secret->managed) {
        emu_json_add_bool(json, "managed", true);
        if (with_version) {
            char *kid = emu_xasprintf("https://%s/keys/%s/%s", call->req->host,
                                      secret->name, secret->version);

            emu_json_add_str(json, "kid", kid);
            free(kid);
        }
    }
    emu_add_attributes(call, json, secret);
    if (call->api >= EMU_API_2025_07 && secret->previous != NULL)
        emu_json_add_str(json, "previousVersion", secret->previous);
    free(id);
}

static void add_deleted(const struct emu_call *call, struct json_object *json,
                        const struct emu_view *view)
{
    char *id;

    if (view->purge_at == EMU_NO_TIME)
        return;
    id = emu_xasprintf("https://%s/%s/%s", call->req->host,
                       words[view->obj->kind].deleted, view->obj->name);
    emu_json_add_str(json, "recoveryId", id);
    emu_json_add_int(json, "deletedDate", view->deleted);
    emu_json_add_int(json, "scheduledPurgeDate", view->purge_at);
    free(id);
}

struct json_object *emu_bundle(const struct emu_call *call,
                               const struct emu_view *view)
{
    struct json_object *json = json_object_new_object();

    add_deleted(call, json, view);
    if (view->obj->kind == EMU_KEYS)
        add_key(call, json, view->obj);
    else if (view->obj->kind == EMU_SECRETS)
        add_secret(call, json, view->obj, true);
    else
        emu_cert_add(call, json, view);
    return json;
}

struct json_object *emu_bundle_item(const struct emu_call *call,
                                    const struct emu_view *view,
                                    bool with_version)
{
    struct json_object *json = json_object_new_object();
    const struct emu_object *obj = view->obj;
    char *id = emu_object_id(call, obj, with_version);

    add_deleted(call, json, view);
    switch (obj->kind) {
    case EMU_SECRETS:
        add_secret(call, json, obj, with_version);
        break;
    case EMU_CERTS:
        emu_cert_add_item(call, json, obj, id);
        break;
    default:
        emu_json_add_str(json, "kid", id);
        emu_add_attributes(call, json, obj);
        if (obj->managed)
            emu_json_add_bool(json, "managed", true);
        break;
    }
    free(id);
    return json;
}

void emu_reply_bundle(struct emu_call *call, struct emu_object *obj)
{
    struct emu_view view = { obj, EMU_NO_TIME, EMU_NO_TIME };

    emu_reply_json(call->reply, 200, emu_bundle(call, &view));
    emu_object_free(obj);
}

void emu_reply_hsm_error(struct emu_call *call, enum emu_error error,
                         const char *url)
{
    const char *id = emu_reply_get_header(call->reply, "x-ms-request-id");

    if (url == NULL)
        emu_reply_error(call->reply, error, id);
    else
        emu_reply_error(call->reply, error, url, id);
}

static void hsm_not_found(struct emu_call *call)
{
    char *url = emu_xasprintf("https://%s/%s/%s%s%s", call->req->host,
                              words[call->op->kind].collection, call->name,
                              call->version == NULL ? "" : "/",
                              call->version == NULL ? "" : call->version);

    emu_reply_hsm_error(call, EMU_E_KEY_NOT_FOUND_HSM, url);
    free(url);
}

void emu_reply_not_found(struct emu_call *call)
{
    /* Recorded with certificates and a version: name/versions/version. */
    char *id = emu_xasprintf("%s%s%s", call->name,
                             call->version == NULL         ? ""
                             : call->op->kind == EMU_CERTS ? "/versions/"
                                                           : "/",
                             call->version == NULL ? "" : call->version);

    if (call->traits->hsm)
        hsm_not_found(call);
    else
        emu_reply_error(call->reply, words[call->op->kind].not_found, id);
    free(id);
}

struct emu_object *emu_find(struct emu_call *call)
{
    struct emu_place at = emu_call_place(call);
    struct emu_object *obj =
        emu_store_get(call->emu->store, &at, call->version);

    if (obj == NULL)
        emu_reply_not_found(call);
    return obj;
}

void emu_reply_outcome(struct emu_call *call, enum emu_outcome outcome)
{
    const struct emu_kind_words *w = &words[call->op->kind];

    switch (outcome) {
    case EMU_DELETED:
        emu_reply_error(call->reply, EMU_E_IS_DELETED, w->title, call->name,
                        w->noun);
        break;
    case EMU_IN_DELETION:
        emu_reply_error(call->reply, EMU_E_IN_DELETION, w->title, call->name);
        break;
    case EMU_IN_RECOVERY:
        emu_reply_error(call->reply, EMU_E_IN_RECOVERY, w->title, call->name);
        break;
    case EMU_LIVE:
        emu_reply_error(call->reply, EMU_E_NOT_DELETED, w->title, call->name);
        break;
    case EMU_UNMANAGED:
        emu_reply_error(call->reply, EMU_E_NAME_TAKEN, call->name);
        break;
    case EMU_PURGE_REFUSED:
        emu_reply_error(call->reply, EMU_E_PURGE_PROTECTED);
        break;
    case EMU_ABSENT:
    case EMU_DONE:
        emu_reply_not_found(call);
        break;
    }
}
