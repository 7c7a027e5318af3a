/* SPDX-License-Identifier: Apache-2.0 */

/*
 * An object as the JSON that backups and the state directory hold. Secret
 * values are base64url, because they may have any bytes in them.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "b64.h"
#include "jsonx.h"
#include "object.h"
#include "xmem.h"

static void add_text(struct json_object *json, const char *name,
                     const char *text)
{
    if (text != NULL)
        emu_json_add_str(json, name, text);
}

static void add_bytes(struct json_object *json, const char *name,
                      const void *data, size_t len)
{
    char *text = emu_b64url_encode(data, len);

    emu_json_add_str(json, name, text);
    free(text);
}

static void add_settings(struct json_object *json,
                         const struct emu_settings *settings)
{
    struct json_object *ops = json_object_new_array();

    emu_json_add_bool(json, "enabled", settings->enabled);
    if (settings->nbf != EMU_NO_TIME)
        emu_json_add_int(json, "nbf", settings->nbf);
    if (settings->exp != EMU_NO_TIME)
        emu_json_add_int(json, "exp", settings->exp);
    add_text(json, "tags", settings->tags);
    add_text(json, "content_type", settings->content_type);
    add_text(json, "release_policy", settings->release_policy);
    for (size_t i = 0; i < settings->nops; i++)
        json_object_array_add(
            ops, json_object_new_string(emu_key_op_name(settings->ops[i])));
    json_object_object_add(json, "key_ops", ops);
}

struct json_object *emu_object_to_json(const struct emu_object *obj)
{
    struct json_object *json = json_object_new_object();

    emu_json_add_str(json, "version", obj->version);
    emu_json_add_int(json, "created", obj->created);
    emu_json_add_int(json, "updated", obj->updated);
    emu_json_add_bool(json, "managed", obj->managed);
    emu_json_add_bool(json, "exportable", obj->exportable);
    emu_json_add_bool(json, "preserve_order", obj->preserve_order);
    add_settings(json, &obj->settings);
    add_text(json, "previous", obj->previous);
    add_text(json, "cer", obj->cer);
    if (obj->value != NULL)
        add_bytes(json, "value", obj->value, obj->value_len);
    if (obj->mat != NULL) {
        char *pem = emu_material_export(obj->mat);

        emu_json_add_bool(json, "hsm", obj->mat->hsm);
        add_text(json, obj->mat->kty == EMU_KTY_OCT ? "k" : "pem", pem);
        free(pem);
    }
    return json;
}

static bool get_flag(struct json_object *json, const char *name)
{
    return json_object_get_boolean(emu_json_get(json, name));
}

static int64_t get_time(struct json_object *json, const char *name,
                        int64_t fallback)
{
    int64_t value;

    return emu_json_int(emu_json_get(json, name), &value) ? value : fallback;
}

static char *get_text(struct json_object *json, const char *name)
{
    const char *text = emu_json_str(json, name);

    return text == NULL ? NULL : emu_xstrdup(text);
}

static void get_settings(struct json_object *json,
                         struct emu_settings *settings)
{
    struct json_object *ops = emu_json_get(json, "key_ops");

    settings->enabled = get_flag(json, "enabled");
    settings->nbf = get_time(json, "nbf", EMU_NO_TIME);
    settings->exp = get_time(json, "exp", EMU_NO_TIME);
    settings->tags = get_text(json, "tags");
    settings->content_type = get_text(json, "content_type");
    settings->release_policy = get_text(json, "release_policy");
    for (size_t i = 0; json_object_is_type(ops, json_type_array)
                       && i < json_object_array_length(ops)
                       && settings->nops < EMU_MAX_KEY_OPS;
         i++)
        if (emu_key_op_by_name(
                json_object_get_string(json_object_array_get_idx(ops, i)),
                &settings->ops[settings->nops]))
            settings->nops++;
}

/* What belongs to the kind: false if it is not there. */
static bool get_content(struct json_object *json, struct emu_object *obj)
{
    const char *pem = emu_json_str(json, "pem");
    const char *k = emu_json_str(json, "k");
    const char *value = emu_json_str(json, "value");
    bool hsm = get_flag(json, "hsm");
    unsigned char *raw;

    switch (obj->kind) {
    case EMU_KEYS:
        obj->mat = pem != NULL ? emu_material_from_pem(pem, hsm)
                   : k != NULL ? emu_material_from_k(k, hsm)
                               : NULL;
        return obj->mat != NULL;
    case EMU_SECRETS:
        if (value == NULL || !emu_b64url_decode(value, &raw, &obj->value_len))
            return false;
        obj->value = (char *)raw;
        return true;
    case EMU_CERTS:
        obj->cer = get_text(json, "cer");
        return true;
    default:
        return false;
    }
}

struct emu_object *emu_object_from_json(enum emu_kind kind,
                                        struct json_object *json)
{
    const char *version = emu_json_str(json, "version");
    struct emu_object *obj;

    if (version == NULL || strlen(version) != sizeof(obj->version) - 1)
        return NULL;
    obj = emu_object_new(kind);
    snprintf(obj->version, sizeof(obj->version), "%s", version);
    obj->created = get_time(json, "created", 0);
    obj->updated = get_time(json, "updated", 0);
    obj->managed = get_flag(json, "managed");
    obj->exportable = get_flag(json, "exportable");
    obj->preserve_order = get_flag(json, "preserve_order");
    obj->previous = get_text(json, "previous");
    get_settings(json, &obj->settings);
    if (get_content(json, obj))
        return obj;
    emu_object_free(obj);
    return NULL;
}
