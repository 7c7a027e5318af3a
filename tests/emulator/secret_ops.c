/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "bundle.h"
#include "cert_content.h"
#include "jsonx.h"
#include "secret_ops.h"
#include "settings.h"
#include "xmem.h"

#define MAX_VALUE 25600
#define MAX_CONTENT_TYPE 255

/* contentType, attributes and tags; false with the 400 in the reply. */
static bool read_settings(struct emu_reply *reply, struct json_object *body,
                          struct emu_settings *settings)
{
    struct json_object *value = emu_json_get(body, "contentType");
    const char *type = emu_json_str(body, "contentType");

    if (!emu_settings_read(reply, NULL, body, settings))
        return false;
    if (value == NULL)
        return true;
    if (type == NULL || strlen(type) > MAX_CONTENT_TYPE) {
        emu_reply_error(reply, EMU_E_CONTENT_TYPE);
        return false;
    }
    free(settings->content_type);
    settings->content_type = emu_xstrdup(type);
    return true;
}

static bool read_value(struct emu_call *call, struct emu_object *secret)
{
    struct json_object *value = emu_json_get(call->body, "value");

    if (!json_object_is_type(value, json_type_string)) {
        emu_reply_error(call->reply, EMU_E_MISSING, "value");
        return false;
    }
    secret->value_len = (size_t)json_object_get_string_len(value);
    if (secret->value_len > MAX_VALUE) {
        emu_reply_error(call->reply, EMU_E_SECRET_SIZE);
        return false;
    }
    secret->value = emu_xcalloc(secret->value_len + 1, 1);
    memcpy(secret->value, json_object_get_string(value), secret->value_len);
    return true;
}

/* Drops the reference. */
static void reply_with_value(struct emu_call *call, struct emu_object *secret)
{
    struct emu_view view = { secret, EMU_NO_TIME, EMU_NO_TIME };
    struct json_object *json = emu_bundle(call, &view);

    json_object_object_add(
        json, "value",
        json_object_new_string_len(secret->value, (int)secret->value_len));
    emu_reply_json(call->reply, 200, json);
    emu_object_free(secret);
}

/* False, with the 403 in the reply, if a certificate rules the name. */
static bool check_managed(struct emu_call *call)
{
    struct emu_place at = emu_call_place(call);
    struct emu_object *old = emu_store_peek(call->emu->store, &at, false);
    bool managed = old != NULL && old->managed;

    if (managed)
        emu_reply_error(call->reply, EMU_E_SECRET_MANAGED, call->op->verb);
    emu_object_free(old);
    return !managed;
}

void emu_set_secret(struct emu_call *call)
{
    struct emu_place at = emu_call_place(call);
    struct emu_object *secret = emu_object_new(EMU_SECRETS);
    enum emu_outcome outcome;

    if (read_value(call, secret)
        && read_settings(call->reply, call->body, &secret->settings)
        && check_managed(call)) {
        outcome = emu_store_add(call->emu->store, &at, secret);
        if (outcome == EMU_DONE)
            reply_with_value(call, emu_object_up_ref(secret));
        else
            emu_reply_outcome(call, outcome);
    }
    emu_object_free(secret);
}

/* A copy of the secret as PEM; NULL if it is no PFX. */
static struct emu_object *to_pem(const struct emu_object *secret)
{
    struct emu_cert_parts parts;
    struct emu_object *copy;
    const char *why;

    if (!secret->managed
        || strcmp(secret->settings.content_type, "application/x-pkcs12") != 0
        || !emu_cert_parts_read(&parts, secret->value, NULL, true, &why))
        return NULL;
    copy = emu_object_dup(secret);
    free(copy->value);
    copy->value = emu_cert_parts_pem(&parts, true);
    copy->value_len = strlen(copy->value);
    free(copy->settings.content_type);
    copy->settings.content_type = emu_xstrdup("application/x-pem-file");
    emu_cert_parts_free(&parts);
    return copy;
}

/* Drops the reference. */
static void reply_transformed(struct emu_call *call, struct emu_object *secret,
                              const char *type)
{
    bool pem = strcmp(type, "application/x-pem-file") == 0;
    struct emu_object *copy = pem ? to_pem(secret) : NULL;

    if (copy != NULL)
        reply_with_value(call, copy);
    else
        emu_reply_error(call->reply, EMU_E_TRANSFORMATION, "Unsupported",
                        pem ? "PEM" : "PFX");
    emu_object_free(secret);
}

void emu_get_secret(struct emu_call *call)
{
    const char *type = emu_target_param(&call->req->target, "outContentType");
    struct emu_object *secret = emu_find(call);

    if (secret == NULL)
        return;
    if (!secret->settings.enabled) {
        emu_reply_error(call->reply, EMU_E_SECRET_DISABLED, "get");
    } else if (type != NULL && call->api >= EMU_API_2025_06) {
        reply_transformed(call, secret, type);
        return;
    } else {
        reply_with_value(call, secret);
        return;
    }
    emu_object_free(secret);
}

static void apply_update(struct emu_object *secret, void *arg)
{
    const struct emu_call *call = arg;
    struct emu_reply ignored = { 0 };

    /* Read once before without an error, so it has none now. */
    if (!read_settings(&ignored, call->body, &secret->settings))
        emu_reply_free(&ignored);
}

void emu_update_secret(struct emu_call *call)
{
    struct emu_place at = emu_call_place(call);
    struct emu_settings scratch;
    struct emu_object *secret;

    emu_settings_init(&scratch);
    if (read_settings(call->reply, call->body, &scratch)
        && check_managed(call)) {
        secret = emu_store_update(call->emu->store, &at, call->version,
                                  apply_update, call);
        if (secret != NULL)
            emu_reply_bundle(call, secret);
        else
            emu_reply_not_found(call);
    }
    emu_settings_free(&scratch);
}
