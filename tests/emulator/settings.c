/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "b64.h"
#include "jsonx.h"
#include "release_policy.h"
#include "settings.h"
#include "xmem.h"

#define MAX_TAGS 15
#define MAX_TAG_LENGTH 256

static bool read_ops(struct json_object *list, struct emu_settings *settings)
{
    enum emu_key_op ops[EMU_MAX_KEY_OPS];
    size_t n = 0;

    if (!json_object_is_type(list, json_type_array))
        return false;
    for (size_t i = 0; i < json_object_array_length(list); i++) {
        struct json_object *item = json_object_array_get_idx(list, i);
        enum emu_key_op op;
        size_t seen = 0;

        if (!json_object_is_type(item, json_type_string)
            || !emu_key_op_by_name(json_object_get_string(item), &op))
            return false;
        while (seen < n && ops[seen] != op)
            seen++;
        if (seen == n)
            ops[n++] = op; /* at most one of each, so it fits */
    }
    memcpy(settings->ops, ops, n * sizeof(ops[0]));
    settings->nops = n;
    return true;
}

static bool read_time(struct json_object *attributes, const char *name,
                      int64_t *out)
{
    struct json_object *value = emu_json_get(attributes, name);

    return value == NULL || (emu_json_int(value, out) && *out >= 0);
}

static bool read_attributes(struct json_object *attributes,
                            struct emu_settings *settings)
{
    struct json_object *enabled;

    if (!json_object_is_type(attributes, json_type_object))
        return false;
    enabled = emu_json_get(attributes, "enabled");
    if (enabled != NULL) {
        if (!json_object_is_type(enabled, json_type_boolean))
            return false;
        settings->enabled = json_object_get_boolean(enabled);
    }
    return read_time(attributes, "nbf", &settings->nbf)
           && read_time(attributes, "exp", &settings->exp);
}

static bool tags_ok(struct json_object *tags)
{
    if (!json_object_is_type(tags, json_type_object)
        || json_object_object_length(tags) > MAX_TAGS)
        return false;
    json_object_object_foreach(tags, name, value)
    {
        if (!json_object_is_type(value, json_type_string)
            || strlen(name) > MAX_TAG_LENGTH
            || json_object_get_string_len(value) > MAX_TAG_LENGTH)
            return false;
    }
    return true;
}

/* None at all stay {} in replies (recorded: certificates-create-poll-cpp). */
static void set_tags(struct json_object *tags, struct emu_settings *settings)
{
    free(settings->tags);
    settings->tags = emu_xstrdup(emu_json_text(tags));
}

bool emu_settings_read(struct emu_reply *reply, struct json_object *with_ops,
                       struct json_object *body, struct emu_settings *settings)
{
    struct json_object *ops = emu_json_get(with_ops, "key_ops");
    struct json_object *attributes = emu_json_get(body, "attributes");
    struct json_object *tags = emu_json_get(body, "tags");

    if (ops != NULL && !read_ops(ops, settings))
        emu_reply_error(reply, EMU_E_VALUE, "key_ops");
    else if (attributes != NULL && !read_attributes(attributes, settings))
        emu_reply_error(reply, EMU_E_VALUE, "attributes");
    else if (tags != NULL && !tags_ok(tags))
        emu_reply_error(reply, EMU_E_TAGS);
    else {
        if (tags != NULL)
            set_tags(tags, settings);
        return true;
    }
    return false;
}

/* The rules that are in the data, in the words of the service; NULL: none. */
static struct json_object *decode_rules(const char *data)
{
    struct json_object *json;
    struct json_object *rules = NULL;
    unsigned char *raw;
    size_t len;

    if (data == NULL || !emu_b64url_decode(data, &raw, &len))
        return NULL;
    json = emu_json_parse((const char *)raw, len);
    free(raw);
    if (json_object_is_type(json, json_type_object))
        rules = emu_release_rules(json);
    json_object_put(json);
    return rules;
}

bool emu_release_policy_read(struct emu_reply *reply, struct json_object *body,
                             struct emu_settings *settings)
{
    static const char usual[] = "application/json; charset=utf-8";
    struct json_object *policy = emu_json_get(body, "release_policy");
    const char *type = emu_json_str(policy, "contentType");
    struct json_object *rules;
    struct json_object *out;
    const char *text;
    char *data;

    if (policy == NULL)
        return true;
    rules = decode_rules(emu_json_str(policy, "data"));
    if (rules == NULL) {
        emu_reply_error(reply, EMU_E_VALUE, "release_policy");
        return false;
    }
    text = emu_json_text(rules);
    data = emu_b64url_encode(text, strlen(text));
    json_object_put(rules);
    out = json_object_new_object();
    emu_json_add_str(out, "contentType", type == NULL ? usual : type);
    emu_json_add_str(out, "data", data);
    emu_json_add_bool(
        out, "immutable",
        json_object_get_boolean(emu_json_get(policy, "immutable")));
    free(settings->release_policy);
    settings->release_policy = emu_xstrdup(emu_json_text(out));
    json_object_put(out);
    free(data);
    return true;
}

struct json_object *
emu_release_policy_rules(const struct emu_settings *settings)
{
    struct json_object *policy;
    struct json_object *rules;

    if (settings->release_policy == NULL)
        return NULL;
    policy = emu_json_parse(settings->release_policy,
                            strlen(settings->release_policy));
    rules = decode_rules(emu_json_str(policy, "data"));
    json_object_put(policy);
    return rules;
}

bool emu_release_policy_fixed(const struct emu_settings *settings)
{
    struct json_object *policy;
    bool fixed;

    if (settings->release_policy == NULL)
        return false;
    policy = emu_json_parse(settings->release_policy,
                            strlen(settings->release_policy));
    fixed = json_object_get_boolean(emu_json_get(policy, "immutable"));
    json_object_put(policy);
    return fixed;
}
