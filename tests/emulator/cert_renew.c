/* SPDX-License-Identifier: Apache-2.0 */

/*
 * AutoRenew: a vault makes a new version of a certificate by itself, once so
 * much of its life is over. Here that happens when somebody looks, by the clock
 * of POST /clock.
 */

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "cert_ops.h"
#include "cert_pending.h"
#include "cert_policy.h"
#include "cert_renew.h"
#include "clock.h"
#include "jsonx.h"
#include "store.h"
#include "xmem.h"

#define DAY INT64_C(86400)

static bool is_renewal(struct json_object *item)
{
    const char *type =
        emu_json_str(emu_json_get(item, "action"), "action_type");

    return type != NULL && strcasecmp(type, "AutoRenew") == 0;
}

static bool is_past(struct json_object *trigger, const struct emu_object *cert)
{
    int64_t begin = cert->settings.nbf, end = cert->settings.exp, n;

    if (emu_json_int(emu_json_get(trigger, "lifetime_percentage"), &n))
        return begin + (end - begin) * n / 100 <= emu_now();
    return emu_json_int(emu_json_get(trigger, "days_before_expiry"), &n)
           && end - n * DAY <= emu_now();
}

static bool is_due(struct json_object *policy, const struct emu_object *cert)
{
    struct json_object *list = emu_json_get(policy, "lifetime_actions");
    bool due = false;

    for (size_t i = 0; json_object_is_type(list, json_type_array)
                       && i < json_object_array_length(list);
         i++) {
        struct json_object *item = json_object_array_get_idx(list, i);

        due |= is_renewal(item) && is_past(emu_json_get(item, "trigger"), cert);
    }
    return due && cert->cer != NULL && cert->settings.enabled
           && strcasecmp(emu_policy_issuer(policy), "Self") == 0;
}

/* As somebody's create of the same policy; what that replies nobody reads. */
static void renew(const struct emu_call *call, struct json_object *policy,
                  const struct emu_object *old)
{
    struct emu_reply nobody = { 0 };
    struct emu_call own = *call;
    struct emu_material *mat = emu_cert_order_key(call, policy);
    struct emu_object *like = emu_object_new(EMU_CERTS);
    struct emu_cert_order order = { policy, mat, like };

    own.reply = &nobody;
    like->settings.tags =
        old->settings.tags != NULL ? emu_xstrdup(old->settings.tags) : NULL;
    like->preserve_order = old->preserve_order;
    if (mat != NULL)
        emu_cert_begin(&own, &order);
    emu_material_free(mat);
    emu_object_free(like);
    emu_reply_free(&nobody);
}

void emu_cert_renew_if_due(const struct emu_call *call)
{
    struct emu_place at = { call->vault, EMU_CERTS, call->name };
    struct json_object *policy =
        emu_store_get_note(call->emu->store, &at, "policy");
    struct emu_object *old;

    if (policy == NULL)
        return;
    old = emu_store_peek(call->emu->store, &at, false);
    if (old != NULL && is_due(policy, old)) {
        struct emu_call own = *call;

        own.name = old->name;
        if (!emu_cert_is_pending(&own))
            renew(&own, policy, old);
    }
    emu_object_free(old);
    json_object_put(policy);
}
