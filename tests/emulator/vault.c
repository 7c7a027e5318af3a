/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The order of checks is the service's: path, token, api-version, permission,
 * body; what the object itself forbids is the handlers' part.
 */

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "auth.h"
#include "bundle.h"
#include "cert_ops.h"
#include "counters.h"
#include "faults.h"
#include "identity.h"
#include "jsonx.h"
#include "options.h"
#include "ossl.h"
#include "rotation.h"
#include "store.h"
#include "throttle.h"
#include "vault.h"
#include "xmem.h"

/* The first label of the known names, else the default of the port. */
static const char *vault_of_host(const struct emu *emu,
                                 const struct emu_request *req)
{
    static const char *const suffixes[] = { ".vault.azure.net", ".localhost",
                                            ".managedhsm.azure.net" };
    const struct emu_options *options = emu->options;
    const char *host = req->host;
    size_t label = strcspn(host, ".");
    size_t len = strcspn(host, ":");
    char name[64];

    for (size_t i = 0; i < options->nhosts; i++) {
        const struct emu_host *own = &options->host[i];

        if (strlen(own->name) == len && strncasecmp(host, own->name, len) == 0)
            return own->vault == NULL
                       ? emu_store_default(emu->store, req->hsm)
                       : emu_store_find_vault(emu->store, own->vault);
    }

    for (size_t i = 0; i < sizeof(suffixes) / sizeof(suffixes[0]); i++) {
        size_t suffix = strlen(suffixes[i]);

        if (label > 0 && label < sizeof(name) && len == label + suffix
            && strncasecmp(host + label, suffixes[i], suffix) == 0) {
            snprintf(name, sizeof(name), "%.*s", (int)label, host);
            return emu_store_find_vault(emu->store, name);
        }
    }
    return emu_store_default(emu->store, req->hsm);
}

/* The headers that every reply has; a value of NULL means a value per call. */
struct fixed_header {
    const char *name;
    const char *value;
};

static const struct fixed_header vault_fixed[] = {
    { "Cache-Control", "no-cache" },
    { "Pragma", "no-cache" },
    { "Expires", "-1" },
    { "x-ms-keyvault-region", "local" },
    { "x-ms-keyvault-service-version", "1.9.2762.1" },
    { "x-ms-keyvault-network-info",
      "conn_type=Ipv4;addr=127.0.0.1;act_addr_fam=InterNetwork;" },
    { "X-Content-Type-Options", "nosniff" },
    { "Strict-Transport-Security", "max-age=31536000;includeSubDomains" },
    { NULL, NULL },
};

static const struct fixed_header hsm_fixed[] = {
    { "cache-control", "no-cache" },
    { "content-security-policy", "default-src 'self'" },
    { "strict-transport-security", "max-age=31536000; includeSubDomains" },
    { "x-content-type-options", "nosniff" },
    { "x-frame-options", "SAMEORIGIN" },
    { "x-ms-server-latency", "1" },
    { NULL, NULL },
};

static void add_headers(const struct emu_call *call)
{
    const char *client_id =
        emu_request_header(call->req, "x-ms-client-request-id");
    const struct fixed_header *h =
        call->traits != NULL && call->traits->hsm ? hsm_fixed : vault_fixed;
    char id[37];

    emu_uuid(id);
    for (; h->name != NULL; h++)
        emu_reply_header(call->reply, h->name, "%s", h->value);
    if (client_id != NULL)
        emu_reply_header(call->reply, "x-ms-client-request-id", "%s",
                         client_id);
    emu_reply_header(call->reply, "x-ms-request-id", "%s", id);
}

/* A Managed HSM sorts members by name, and tells where it is but in a 401. */
static void finish_hsm(struct emu_call *call)
{
    struct emu_reply *reply = call->reply;
    struct json_object *obj;

    if (reply->status == 401)
        return;
    emu_reply_header(reply, "x-ms-keyvault-region", "local");
    emu_reply_header(reply, "x-ms-keyvault-network-info",
                     "conn_type=Ipv4;addr=127.0.0.1;act_addr_fam=Ipv4;");
    obj = emu_json_parse(emu_buf_str(&reply->body), reply->body.len);
    if (json_object_is_type(obj, json_type_object)) {
        emu_json_sort(obj);
        emu_reply_json(reply, reply->status, obj);
    } else {
        json_object_put(obj);
    }
    if (reply->status == 204) /* seen in recordings; not of a vault */
        emu_reply_header(reply, "Content-Type",
                         "application/json; charset=utf-8");
}

/* False, with the reply made, if the path names nothing that we serve. */
static bool check_path(struct emu_call *call)
{
    const struct emu_target *target = &call->req->target;

    if (call->op != NULL && emu_route_is_at(target, call->traits->hsm))
        return true;
    if (!emu_route_is_served(target))
        emu_reply_error(call->reply, EMU_E_NOT_SERVED, call->req->method,
                        call->req->raw);
    else
        emu_reply_error(call->reply, EMU_E_METHOD, call->req->method,
                        target->nsegments > 2
                            ? target->segment[target->nsegments - 1]
                            : "");
    return false;
}

static bool check_api_version(struct emu_call *call)
{
    const char *text = emu_target_param(&call->req->target, "api-version");

    /* What a Managed HSM gives as nextLink has none; Microsoft's own provider
     * reads each key so (its source; POST is not known). */
    if (text == NULL && call->traits->hsm
        && strcmp(call->req->method, "GET") == 0)
        text = emu_api_latest();
    if (text == NULL || *text == '\0')
        emu_reply_error(call->reply, EMU_E_API_VERSION_ABSENT);
    else if (!emu_api_parse(text, &call->api))
        emu_reply_error(call->reply, EMU_E_API_VERSION, text, emu_api_latest());
    else
        return true;
    return false;
}

static bool check_permission(struct emu_call *call)
{
    const struct emu_principal *caller = call->caller;

    if (caller == NULL || emu_principal_may(caller, call->op))
        return true;
    emu_reply_error(call->reply, EMU_E_FORBIDDEN, caller->client_id,
                    caller->object_id, emu_identity_tenant(call->emu->identity),
                    call->op->permission, call->vault);
    return false;
}

static bool check_body(struct emu_call *call)
{
    const struct emu_request *req = call->req;

    if (call->name != NULL && !emu_object_name_ok(call->name)) {
        if (call->traits->hsm)
            emu_reply_hsm_error(call, EMU_E_NAME_HSM, NULL);
        else
            emu_reply_error(call->reply, EMU_E_NAME, call->name);
        return false;
    }
    if (!call->op->has_body)
        return true;
    call->body = emu_json_parse(emu_buf_str(&req->body), req->body.len);
    if (json_object_is_type(call->body, json_type_object))
        return true;
    emu_reply_error(call->reply, EMU_E_BODY);
    return false;
}

/* True if an injected fault has ended the request. */
static bool fault(struct emu_call *call, enum emu_phase phase)
{
    struct emu_fault_point at = { .op =
                                      call->op == NULL ? NULL : call->op->name,
                                  .vault = call->vault,
                                  .key = call->name,
                                  .phase = phase };
    struct emu_effects effects = { .token = EMU_TOKEN_GOOD };

    if (emu_faults_apply(call->emu->faults, &at, call->req, call->reply,
                         &effects))
        return true;
    call->empty_page |= effects.empty_page;
    if (effects.token == EMU_TOKEN_CLAIMS_CHALLENGE && !call->claims_met) {
        emu_auth_claims_challenge(call);
        return true;
    }
    if (effects.throttle > 0
        && !emu_throttle_take(call->emu->throttle, call, effects.throttle)) {
        const struct emu_error_row *row = emu_error_of_status(429);

        emu_reply_error_text(call->reply, 429, row->code, row->inner,
                             row->message);
        return true;
    }
    return false;
}

static void run(struct emu_call *call)
{
    if (call->op->kind == EMU_KEYS && call->name != NULL)
        emu_rotate_if_due(call);
    if (call->reply->status != 0)
        return;
    if (call->op->kind == EMU_CERTS) {
        emu_cert_run(call);
        return;
    }
    if (call->name != NULL && strcmp(call->op->method, "GET") == 0)
        emu_cert_look_after(call);
    call->op->handler(call);
}

static void serve_authenticated(struct emu_call *call)
{
    emu_count_operation(call->emu->counters, call->op, call->vault, call->name);
    if (fault(call, EMU_PHASE_AFTER_AUTH))
        return;
    if (check_path(call) && check_api_version(call) && check_permission(call)
        && check_body(call))
        run(call);
    if (call->traits->hsm)
        finish_hsm(call);
    fault(call, EMU_PHASE_AFTER_OP);
}

/* Four bytes of JSON to whoever asks (learn.microsoft.com, private link
 * diagnostics, which does not say which). */
static bool is_health(const struct emu_request *req)
{
    return req->target.nsegments == 1 && strcmp(req->method, "GET") == 0
           && strcasecmp(req->target.segment[0], "healthstatus") == 0;
}

void emu_vault_serve(struct emu *emu, const struct emu_request *req,
                     struct emu_reply *reply)
{
    struct emu_route route = emu_route_find(&req->target, req->method);
    struct emu_call call = { .emu = emu,
                             .req = req,
                             .reply = reply,
                             .op = route.op,
                             .name = route.name,
                             .version = route.version,
                             .vault = vault_of_host(emu, req) };

    if (call.vault != NULL)
        call.traits = emu_store_traits(emu->store, call.vault);
    add_headers(&call);
    if (req->bad_target)
        emu_reply_text(reply, 400, "text/html; charset=us-ascii",
                       "<HTML><HEAD><TITLE>Bad Request</TITLE></HEAD><BODY>"
                       "<h2>Bad Request - Invalid URL</h2></BODY></HTML>\r\n");
    else if (call.vault == NULL)
        emu_reply_error(reply, EMU_E_VAULT_UNKNOWN, req->host);
    else if (is_health(req))
        emu_reply_text(reply, 200, "application/json; charset=utf-8", "true");
    else if (req->too_large)
        emu_reply_error(reply, EMU_E_BODY_LARGE, EMU_BODY_LIMIT_TEXT);
    else if (!fault(&call, EMU_PHASE_BEFORE_AUTH) && emu_auth_check(&call))
        serve_authenticated(&call);
    json_object_put(call.body);
    if (reply->delivery == EMU_DELIVER_DROP)
        return;
    if (reply->status == 401)
        emu_auth_challenge(&call);
    emu_count_status(emu->counters, reply->status);
}
