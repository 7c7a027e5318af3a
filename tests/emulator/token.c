/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The endpoints of Entra ID that a client credential needs: the token itself,
 * and the three documents that MSAL reads before it asks for one.
 */

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>

#include "assertion.h"
#include "b64.h"
#include "clock.h"
#include "entra_error.h"
#include "faults.h"
#include "form.h"
#include "identity.h"
#include "jsonx.h"
#include "ossl.h"
#include "scope.h"
#include "token.h"
#include "token_make.h"
#include "xmem.h"

/* The two token endpoints: what they are asked with, and how they answer. */
struct endpoint_kind {
    const char *subject; /* the parameter that names the resource */
    char *(*resource)(struct emu *emu, const struct emu_form *form,
                      struct emu_reply *reply);
    bool v1; /* numbers as texts, and more of them */
};

/* What a request for a token has come to. */
struct grant {
    const struct endpoint_kind *kind;
    const struct emu_principal *principal;
    const char *tenant;
    char *resource; /* owned; NULL: refused */
    bool claims_met;
    struct emu_effects effects;
};

static void reply_grant(struct emu *emu, struct emu_reply *reply,
                        const struct grant *g)
{
    struct emu_token_spec spec = { .tenant = g->tenant,
                                   .audience = g->resource,
                                   .now = emu_now(),
                                   .claims_met = g->claims_met };
    struct json_object *obj;
    char *token;

    if (g->effects.token == EMU_TOKEN_WRONG_AUDIENCE)
        spec.audience = "https://graph.microsoft.com";
    else if (g->effects.token
             == EMU_TOKEN_EXPIRED) /* though the reply says otherwise */
        spec.now -= 2 * EMU_TOKEN_LIFE;
    token = emu_token_make(emu, g->principal, &spec);
    if (token == NULL) {
        emu_reply_error(reply, EMU_E_INTERNAL, "cannot sign the token");
        return;
    }
    obj = json_object_new_object();
    emu_json_add_str(obj, "token_type", "Bearer");
    if (g->kind->v1) {
        emu_token_add_times(obj, emu_now());
        emu_json_add_str(obj, "resource", g->resource);
    } else {
        emu_json_add_int(obj, "expires_in", EMU_TOKEN_LIFE);
        emu_json_add_int(obj, "ext_expires_in", EMU_TOKEN_LIFE);
    }
    emu_json_add_str(obj, "access_token", token);
    emu_reply_json(reply, 200, obj);
    free(token);
}

static const struct emu_principal *check_client(struct emu *emu,
                                                const struct emu_request *req,
                                                const struct emu_form *form,
                                                struct emu_reply *reply)
{
    const char *client_id = emu_form_get(form, "client_id");
    const char *secret = emu_form_get(form, "client_secret");
    const struct emu_principal *principal =
        emu_identity_find(emu->identity, client_id);

    if (principal == NULL) {
        emu_refuse(reply, EMU_R_CLIENT, client_id, req->target.segment[0]);
        return NULL;
    }
    if (emu_form_get(form, "client_assertion") != NULL)
        return emu_assertion_check(principal, req, form, reply) ? principal
                                                                : NULL;
    if (secret == NULL) {
        emu_refuse(reply, EMU_R_NO_CREDENTIAL,
                   emu_form_get(form, "grant_type"));
        return NULL;
    }
    if (principal->secret == NULL || strcmp(secret, principal->secret) != 0) {
        emu_refuse(reply, EMU_R_SECRET, client_id);
        return NULL;
    }
    return principal;
}

/* Claims beyond what the client can do answer a challenge. */
static bool check_claims(const struct emu_form *form, struct emu_reply *reply,
                         bool *met)
{
    static const char *const announced[] = { "xms_cc", NULL };
    const char *text = emu_form_get(form, "claims");
    struct json_object *claims;
    struct json_object *token;

    *met = false;
    if (text == NULL)
        return true;
    claims = emu_json_parse(text, strlen(text));
    token = emu_json_get(claims, "access_token");
    if (json_object_is_type(token, json_type_object))
        *met = emu_json_unknown(token, announced) != NULL;
    if (!json_object_is_type(claims, json_type_object)) {
        emu_refuse(reply, EMU_R_CLAIMS);
        json_object_put(claims);
        return false;
    }
    json_object_put(claims);
    return true;
}

static bool check_form(const struct endpoint_kind *kind,
                       const struct emu_form *form, struct emu_reply *reply)
{
    const char *const required[] = { "grant_type", "client_id", kind->subject };
    const char *repeated = emu_form_repeated(form);
    const char *grant_type;

    if (repeated != NULL) {
        emu_refuse(reply, EMU_R_REPEATED, repeated);
        return false;
    }
    for (size_t i = 0; i < sizeof(required) / sizeof(required[0]); i++) {
        const char *value = emu_form_get(form, required[i]);

        if (value == NULL || *value == '\0') {
            emu_refuse(reply, EMU_R_MISSING, required[i]);
            return false;
        }
    }
    grant_type = emu_form_get(form, "grant_type");
    if (strcmp(grant_type, "client_credentials") != 0) {
        emu_refuse(reply, EMU_R_GRANT, grant_type);
        return false;
    }
    return true;
}

/* A body of another type holds no parameters, as far as Entra ID can tell. */
static bool is_form(const struct emu_request *req)
{
    static const char type[] = "application/x-www-form-urlencoded";
    const char *got = emu_request_header(req, "Content-Type");

    if (got == NULL || strncasecmp(got, type, sizeof(type) - 1) != 0)
        return false;
    got += sizeof(type) - 1;
    return *got == '\0' || *got == ';' || *got == ' ';
}

/* True if an injected fault has ended the request. */
static bool fault(struct emu *emu, const struct emu_request *req,
                  struct emu_reply *reply, enum emu_phase phase,
                  struct emu_effects *effects)
{
    struct emu_fault_point at = { .op = "token", .phase = phase };

    return emu_faults_apply(emu->faults, &at, req, reply, effects);
}

static void grant_token(struct emu *emu, const struct emu_request *req,
                        struct emu_reply *reply,
                        const struct endpoint_kind *kind)
{
    struct grant g = { .kind = kind, .tenant = req->target.segment[0] };
    struct emu_form form;
    bool ended = fault(emu, req, reply, EMU_PHASE_BEFORE_AUTH, NULL);

    if (ended)
        return;
    emu_form_parse(&form, is_form(req) ? emu_buf_str(&req->body) : "");
    if (check_form(kind, &form, reply)) {
        g.principal = check_client(emu, req, &form, reply);
        if (g.principal != NULL && check_claims(&form, reply, &g.claims_met))
            g.resource = kind->resource(emu, &form, reply);
        if (g.resource != NULL)
            ended = fault(emu, req, reply, EMU_PHASE_AFTER_AUTH, &g.effects);
        if (g.resource != NULL && !ended)
            reply_grant(emu, reply, &g);
    }
    if (!ended)
        fault(emu, req, reply, EMU_PHASE_AFTER_OP, NULL);
    free(g.resource);
    emu_form_free(&form);
}

static void serve_token(struct emu *emu, const struct emu_request *req,
                        struct emu_reply *reply)
{
    static const struct endpoint_kind v2 = { "scope", emu_scope_v2, false };

    grant_token(emu, req, reply, &v2);
}

/* Of older libraries: Java's JCA, go-autorest. */
static void serve_token_v1(struct emu *emu, const struct emu_request *req,
                           struct emu_reply *reply)
{
    static const struct endpoint_kind v1 = { "resource", emu_scope_v1, true };

    grant_token(emu, req, reply, &v1);
}

static void serve_openid_configuration(struct emu *emu,
                                       const struct emu_request *req,
                                       struct emu_reply *reply)
{
    static const struct {
        const char *name;
        const char *path;
    } urls[] = {
        { "token_endpoint", "oauth2/v2.0/token" },
        { "jwks_uri", "discovery/v2.0/keys" },
        { "issuer", "v2.0" },
        { "authorization_endpoint", "oauth2/v2.0/authorize" },
        { "device_authorization_endpoint", "oauth2/v2.0/devicecode" },
        { "end_session_endpoint", "oauth2/v2.0/logout" },
    };
    struct json_object *obj = json_object_new_object();

    (void)emu;
    for (size_t i = 0; i < sizeof(urls) / sizeof(urls[0]); i++) {
        char *url = emu_xasprintf("https://%s/%s/%s", req->host,
                                  req->target.segment[0], urls[i].path);

        emu_json_add_str(obj, urls[i].name, url);
        free(url);
    }
    emu_json_add_str(obj, "tenant_region_scope", "WW");
    emu_json_add_str(obj, "cloud_instance_name", "microsoftonline.com");
    emu_reply_json(reply, 200, obj);
}

static void serve_instance_discovery(struct emu *emu,
                                     const struct emu_request *req,
                                     struct emu_reply *reply)
{
    struct json_object *obj = json_object_new_object();
    struct json_object *list = json_object_new_array();
    struct json_object *cloud = json_object_new_object();
    struct json_object *aliases = json_object_new_array();
    char *url =
        emu_xasprintf("https://%s/%s/v2.0/.well-known/openid-configuration",
                      req->host, emu_identity_tenant(emu->identity));

    emu_json_add_str(obj, "tenant_discovery_endpoint", url);
    free(url);
    emu_json_add_str(obj, "api-version", "1.1");
    emu_json_add_str(cloud, "preferred_network", req->host);
    emu_json_add_str(cloud, "preferred_cache", req->host);
    json_object_array_add(aliases, json_object_new_string(req->host));
    json_object_object_add(cloud, "aliases", aliases);
    json_object_array_add(list, cloud);
    json_object_object_add(obj, "metadata", list);
    emu_reply_json(reply, 200, obj);
}

static void serve_jwks(struct emu *emu, const struct emu_request *req,
                       struct emu_reply *reply)
{
    struct json_object *obj = json_object_new_object();
    struct json_object *keys = json_object_new_array();
    struct json_object *jwk = json_object_new_object();
    EVP_PKEY *key = emu_identity_key(emu->identity);
    unsigned char raw[256];
    BIGNUM *n = NULL;

    (void)req;
    emu_json_add_str(jwk, "kty", "RSA");
    emu_json_add_str(jwk, "use", "sig");
    emu_json_add_str(jwk, "kid", emu_identity_kid(emu->identity));
    emu_json_add_str(jwk, "x5t", emu_identity_kid(emu->identity));
    if (EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_RSA_N, &n) == 1
        && BN_bn2binpad(n, raw, sizeof(raw)) == (int)sizeof(raw)) {
        char *text = emu_b64url_encode(raw, sizeof(raw));

        emu_json_add_str(jwk, "n", text);
        free(text);
    }
    BN_free(n);
    emu_json_add_str(jwk, "e", "AQAB");
    json_object_array_add(keys, jwk);
    json_object_object_add(obj, "keys", keys);
    emu_reply_json(reply, 200, obj);
}

/* Paths behind the tenant, which is the first segment. */
static const struct endpoint {
    const char *method;
    const char *path[3];
    bool any_tenant;
    void (*serve)(struct emu *emu, const struct emu_request *req,
                  struct emu_reply *reply);
} endpoints[] = {
    { "POST", { "oauth2", "v2.0", "token" }, false, serve_token },
    { "POST", { "oauth2", "token", NULL }, false, serve_token_v1 },
    { "GET",
      { "v2.0", ".well-known", "openid-configuration" },
      false,
      serve_openid_configuration },
    { "GET",
      { "discovery", "instance", NULL },
      true,
      serve_instance_discovery },
    { "GET", { "discovery", "v2.0", "keys" }, true, serve_jwks },
};

static bool path_is(const struct endpoint *endpoint,
                    const struct emu_target *target)
{
    size_t n = 0;

    while (n < 3 && endpoint->path[n] != NULL)
        n++;
    if (target->nsegments != n + 1)
        return false;
    for (size_t i = 0; i < n; i++)
        if (strcasecmp(endpoint->path[i], target->segment[i + 1]) != 0)
            return false;
    return true;
}

static void identity_headers(struct emu_reply *reply)
{
    char id[37];

    emu_uuid(id);
    emu_reply_header(reply, "Cache-Control", "no-store, no-cache");
    emu_reply_header(reply, "Pragma", "no-cache");
    emu_reply_header(reply, "Expires", "-1");
    emu_reply_header(reply, "Strict-Transport-Security",
                     "max-age=31536000; includeSubDomains");
    emu_reply_header(reply, "X-Content-Type-Options", "nosniff");
    emu_reply_header(reply, "x-ms-request-id", "%s", id);
}

/* Where no vault is, whatever the path. */
static bool is_login_host(const char *host)
{
    static const char name[] = "login.microsoftonline.com";

    return strncasecmp(host, name, sizeof(name) - 1) == 0
           && strchr(":", host[sizeof(name) - 1]) != NULL;
}

bool emu_token_serve(struct emu *emu, const struct emu_request *req,
                     struct emu_reply *reply)
{
    const char *tenant =
        req->target.nsegments == 0 ? "" : req->target.segment[0];

    for (size_t i = 0; i < sizeof(endpoints) / sizeof(endpoints[0]); i++) {
        const struct endpoint *endpoint = &endpoints[i];

        if (!path_is(endpoint, &req->target))
            continue;
        identity_headers(reply);
        if (strcmp(endpoint->method, req->method) != 0)
            emu_reply_text(reply, 405, "text/plain", "");
        else if (!endpoint->any_tenant
                 && !emu_identity_has_tenant(emu->identity, tenant))
            emu_refuse(reply, EMU_R_TENANT, tenant);
        else
            endpoint->serve(emu, req, reply);
        return true;
    }
    if (!emu_identity_has_tenant(emu->identity, tenant)
        && !is_login_host(req->host))
        return false;
    identity_headers(reply);
    emu_reply_text(reply, 404, "text/html", "");
    return true;
}
