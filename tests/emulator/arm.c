/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "arm.h"
#include "auth.h"
#include "identity.h"
#include "jsonx.h"
#include "jwt.h"

static bool may(struct emu *emu, const struct emu_request *req)
{
    static const char audience[] = "https://management.";
    const char *token = emu_bearer_token(req);
    struct json_object *claims = NULL;
    const char *aud;
    bool ok = false;

    if (token != NULL
        && emu_jwt_verify(emu_identity_key(emu->identity),
                          emu_identity_kid(emu->identity), token, &claims)
               == EMU_JWT_GOOD) {
        aud = emu_json_str(claims, "aud");
        ok = aud != NULL && strncmp(aud, audience, sizeof(audience) - 1) == 0;
    }
    json_object_put(claims);
    return ok;
}

static void refuse(struct emu_reply *reply, unsigned status, const char *code,
                   const char *message)
{
    struct json_object *obj = json_object_new_object();
    struct json_object *error = json_object_new_object();

    emu_json_add_str(error, "code", code);
    emu_json_add_str(error, "message", message);
    json_object_object_add(obj, "error", error);
    emu_reply_json(reply, status, obj);
}

static void add_tenant(struct emu *emu, struct json_object *list)
{
    const char *tenant = emu_identity_tenant(emu->identity);
    struct json_object *item = json_object_new_object();
    char id[80];

    snprintf(id, sizeof(id), "/tenants/%s", tenant);
    emu_json_add_str(item, "id", id);
    emu_json_add_str(item, "tenantId", tenant);
    json_object_array_add(list, item);
}

bool emu_arm_serve(struct emu *emu, const struct emu_request *req,
                   struct emu_reply *reply)
{
    const struct emu_target *target = &req->target;
    struct json_object *obj;
    struct json_object *list;
    bool tenants;

    if (target->nsegments != 1)
        return false;
    tenants = strcasecmp(target->segment[0], "tenants") == 0;
    if (!tenants && strcasecmp(target->segment[0], "subscriptions") != 0)
        return false;
    if (strcmp(req->method, "GET") != 0) {
        refuse(reply, 405, "MethodNotAllowed", "The method is not allowed.");
    } else if (!may(emu, req)) {
        refuse(reply, 401, "AuthenticationFailed",
               "Authentication failed. The 'Authorization' header is missing "
               "or has no token for the management plane.");
    } else {
        obj = json_object_new_object();
        list = json_object_new_array();
        if (tenants)
            add_tenant(emu, list);
        json_object_object_add(obj, "value", list);
        emu_reply_json(reply, 200, obj);
    }
    return true;
}
