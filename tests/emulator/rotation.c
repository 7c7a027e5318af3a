/* SPDX-License-Identifier: Apache-2.0 */

/*
 * New versions of keys, and the policy that asks for them. The policy is kept
 * as it is shown, but for its id.
 */

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "bundle.h"
#include "clock.h"
#include "jsonx.h"
#include "rotation.h"
#include "xmem.h"

#define NOTE "rotationpolicy"
#define DAY INT64_C(86400)
#define MIN_EXPIRY (28 * DAY)

/* Adds an ISO 8601 duration of years, months and days; false: none. */
static bool add_duration(int64_t from, const char *text, int64_t *out)
{
    time_t when = (time_t)from;
    struct tm tm;
    char *end;

    if (text == NULL || *text != 'P' || text[1] == '\0'
        || gmtime_r(&when, &tm) == NULL)
        return false;
    for (text++; *text != '\0'; text = end + 1) {
        long n = strtol(text, &end, 10);

        if (end == text || n < 0 || n > 36500)
            return false;
        if (*end == 'Y')
            tm.tm_year += (int)n;
        else if (*end == 'M')
            tm.tm_mon += (int)n;
        else if (*end == 'D')
            tm.tm_mday += (int)n;
        else
            return false;
    }
    *out = (int64_t)timegm(&tm);
    return true;
}

static const char *expiry_time(struct json_object *policy)
{
    return emu_json_str(emu_json_get(policy, "attributes"), "expiryTime");
}

static const char *action_type(struct json_object *item)
{
    return emu_json_str(emu_json_get(item, "action"), "type");
}

static struct emu_material *generate_alike(const struct emu_material *mat)
{
    switch (mat->kty) {
    case EMU_KTY_RSA:
        return emu_material_generate_rsa(emu_material_bits(mat), 65537,
                                         mat->hsm);
    case EMU_KTY_EC:
        return emu_material_generate_ec(mat->curve, mat->hsm);
    default:
        return emu_material_generate_oct(emu_material_bits(mat), mat->hsm);
    }
}

/* A new version like the old one. NULL, with the error in the reply. */
static struct emu_object *rotate(struct emu_call *call,
                                 const struct emu_object *old)
{
    struct emu_place at = emu_call_place(call);
    struct json_object *policy =
        emu_store_get_note(call->emu->store, &at, NOTE);
    struct emu_object *key = emu_object_dup(old);
    enum emu_outcome outcome;
    int64_t exp;

    emu_material_free(key->mat);
    key->mat = generate_alike(old->mat);
    key->version[0] = '\0';
    key->created = 0;
    key->settings.nbf = EMU_NO_TIME;
    key->settings.exp = EMU_NO_TIME;
    if (add_duration(emu_now(), expiry_time(policy), &exp))
        key->settings.exp = exp;
    json_object_put(policy);
    if (key->mat == NULL) {
        emu_reply_error(call->reply, EMU_E_INTERNAL, "cannot make the key");
    } else {
        outcome = emu_store_add(call->emu->store, &at, key);
        if (outcome == EMU_DONE)
            return key;
        emu_reply_outcome(call, outcome);
    }
    emu_object_free(key);
    return NULL;
}

void emu_rotate_key(struct emu_call *call)
{
    struct emu_object *old = emu_find(call);
    struct emu_object *key = NULL;

    if (old == NULL)
        return;
    if (old->managed)
        emu_reply_error(call->reply, EMU_E_KEY_MANAGED, call->op->verb);
    else if (!old->settings.enabled)
        emu_reply_error(call->reply, EMU_E_KEY_DISABLED, call->op->verb);
    else
        key = rotate(call, old);
    if (key != NULL)
        emu_reply_bundle(call, key);
    emu_object_free(old);
}

/* When the action is to happen; false: never. */
static bool due_date(struct json_object *trigger, const struct emu_object *key,
                     int64_t *when)
{
    const char *before = emu_json_str(trigger, "timeBeforeExpiry");
    int64_t end;

    if (add_duration(key->created, emu_json_str(trigger, "timeAfterCreate"),
                     when))
        return true;
    if (key->settings.exp == EMU_NO_TIME
        || !add_duration(key->settings.exp, before, &end))
        return false;
    *when = key->settings.exp - (end - key->settings.exp);
    return true;
}

static bool is_due(struct json_object *policy, const struct emu_object *key)
{
    struct json_object *list = emu_json_get(policy, "lifetimeActions");

    for (size_t i = 0; json_object_is_type(list, json_type_array)
                       && i < json_object_array_length(list);
         i++) {
        struct json_object *item = json_object_array_get_idx(list, i);
        int64_t when;

        if (strcasecmp(action_type(item), "Rotate") == 0
            && due_date(emu_json_get(item, "trigger"), key, &when)
            && when <= emu_now())
            return true;
    }
    return false;
}

void emu_rotate_if_due(struct emu_call *call)
{
    struct emu_place at = emu_call_place(call);
    struct json_object *policy =
        emu_store_get_note(call->emu->store, &at, NOTE);
    struct emu_object *key;

    if (policy == NULL)
        return;
    key = emu_store_peek(call->emu->store, &at, false);
    if (key != NULL && key->settings.enabled && is_due(policy, key))
        emu_object_free(rotate(call, key));
    emu_object_free(key);
    json_object_put(policy);
}

static struct json_object *new_action(const char *trigger, const char *when,
                                      const char *type)
{
    struct json_object *item = json_object_new_object();
    struct json_object *part = json_object_new_object();

    emu_json_add_str(part, trigger, when);
    json_object_object_add(item, "trigger", part);
    part = json_object_new_object();
    emu_json_add_str(part, "type", type);
    json_object_object_add(item, "action", part);
    return item;
}

/* A vault writes the type its own way, an mHSM as it came. NULL: bad. */
static const char *check_action(const struct emu_call *call,
                                struct json_object *item, const char **trigger,
                                const char **when)
{
    static const char *const triggers[] = { "timeAfterCreate",
                                            "timeBeforeExpiry" };
    const char *type = action_type(item);
    struct json_object *part = emu_json_get(item, "trigger");
    int64_t ignored;
    bool rotates;

    *when = NULL;
    for (size_t i = 0; i < 2; i++) {
        const char *text = emu_json_str(part, triggers[i]);

        if (text == NULL)
            continue;
        if (*when != NULL || !add_duration(0, text, &ignored))
            return NULL;
        *trigger = triggers[i];
        *when = text;
    }
    if (*when == NULL || type == NULL)
        return NULL;
    rotates = strcasecmp(type, "Rotate") == 0;
    if (!rotates && strcasecmp(type, "Notify") != 0)
        return NULL;
    return call->traits->hsm ? type : rotates ? "Rotate" : "Notify";
}

/* Adds what a vault adds; false with the 400 in the reply. */
static bool read_actions(struct emu_call *call, struct json_object *policy)
{
    struct json_object *given = emu_json_get(call->body, "lifetimeActions");
    struct json_object *list = json_object_new_array();
    size_t n = json_object_is_type(given, json_type_array)
                   ? json_object_array_length(given)
                   : 0;
    bool notifies = false;

    json_object_object_add(policy, "lifetimeActions", list);
    for (size_t i = 0; i < n; i++) {
        const char *trigger = NULL;
        const char *when;
        const char *type = check_action(
            call, json_object_array_get_idx(given, i), &trigger, &when);

        if (type == NULL || i > 1) {
            emu_reply_error(call->reply, EMU_E_ROTATION, "lifetimeActions");
            return false;
        }
        notifies |= strcasecmp(type, "Notify") == 0;
        json_object_array_add(list, new_action(trigger, when, type));
    }
    if (!notifies && !call->traits->hsm)
        json_object_array_add(list,
                              new_action("timeBeforeExpiry", "P30D", "Notify"));
    return true;
}

static bool read_expiry(struct emu_call *call, struct json_object *attributes)
{
    struct json_object *given = emu_json_get(call->body, "attributes");
    const char *text = expiry_time(call->body);
    int64_t seconds;

    if (emu_json_get(given, "expiryTime") == NULL)
        return true;
    if (!add_duration(0, text, &seconds) || seconds < MIN_EXPIRY) {
        emu_reply_error(call->reply, EMU_E_ROTATION,
                        "expiryTime has to be at least 28 days");
        return false;
    }
    emu_json_add_str(attributes, "expiryTime", text);
    return true;
}

/* Takes the policy over. */
static void reply_policy(struct emu_call *call, const struct emu_object *key,
                         struct json_object *policy)
{
    struct json_object *obj = json_object_new_object();
    char *id = call->traits->hsm
                   ? emu_xasprintf("keys/%s/rotationpolicy", key->name)
                   : emu_xasprintf("https://%s/keys/%s/rotationpolicy",
                                   call->req->host, key->name);

    emu_json_add_str(obj, "id", id);
    json_object_object_foreach(policy, name, value)
    {
        json_object_object_add(obj, name, json_object_get(value));
    }
    json_object_put(policy);
    emu_reply_json(call->reply, 200, obj);
    free(id);
}

/* What a key has whose policy was never set: in a vault no id, and no dates
 * (recorded). */
static void reply_default(struct emu_call *call, const struct emu_object *key)
{
    struct json_object *policy = json_object_new_object();
    struct json_object *list;

    if (call->traits->hsm) {
        struct json_object *attributes = json_object_new_object();

        emu_json_add_int(attributes, "created", key->created);
        emu_json_add_int(attributes, "updated", key->created);
        json_object_object_add(policy, "attributes", attributes);
        reply_policy(call, key, policy);
        return;
    }
    list = json_object_new_array();
    json_object_array_add(list,
                          new_action("timeBeforeExpiry", "P30D", "Notify"));
    json_object_object_add(policy, "lifetimeActions", list);
    json_object_object_add(policy, "attributes", NULL);
    emu_reply_json(call->reply, 200, policy);
}

void emu_get_rotation_policy(struct emu_call *call)
{
    struct emu_place at = emu_call_place(call);
    struct emu_object *key = emu_find(call);
    struct json_object *policy;

    if (key == NULL)
        return;
    policy = emu_store_get_note(call->emu->store, &at, NOTE);
    if (policy == NULL)
        reply_default(call, key);
    else
        reply_policy(call, key, policy);
    emu_object_free(key);
}

static int64_t first_set(struct emu_call *call, const struct emu_place *at)
{
    struct json_object *old = emu_store_get_note(call->emu->store, at, NOTE);
    int64_t created = emu_now();

    emu_json_int(emu_json_get(emu_json_get(old, "attributes"), "created"),
                 &created);
    json_object_put(old);
    return created;
}

void emu_update_rotation_policy(struct emu_call *call)
{
    struct emu_place at = emu_call_place(call);
    struct emu_object *key = emu_find(call);
    struct json_object *policy = json_object_new_object();
    struct json_object *attributes = json_object_new_object();

    if (key != NULL && read_actions(call, policy)
        && read_expiry(call, attributes)) {
        emu_json_add_int(attributes, "created", first_set(call, &at));
        emu_json_add_int(attributes, "updated", emu_now());
        json_object_object_add(policy, "attributes",
                               json_object_get(attributes));
        emu_store_set_note(call->emu->store, &at, NOTE, policy);
        policy = NULL; /* the store owns it now */
        emu_get_rotation_policy(call);
    }
    json_object_put(policy);
    json_object_put(attributes);
    emu_object_free(key);
}
