/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The endpoints of Entra ID that a client credential needs: the token itself,
 * and the three documents that MSAL reads before it asks for one.
 */

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>

#include "b64.h"
#include "clock.h"
#include "counters.h"
#include "faults.h"
#include "form.h"
#include "identity.h"
#include "jsonx.h"
#include "jwt.h"
#include "ossl.h"
#include "token.h"
#include "xmem.h"

#define LOGIN "https://login.microsoftonline.com"

/* What Entra ID says when it refuses; the arguments are strings. */
struct refusal {
    unsigned status;
    const char *error;
    unsigned code;
    const char *text;
};

static const struct refusal missing_parameter = {
    400, "invalid_request", 900144,
    "The request body must contain the following parameter: '%s'."
};
static const struct refusal repeated_parameter = {
    400, "invalid_request", 9000411,
    "The request is not properly formatted. The parameter '%s' is duplicated."
};
static const struct refusal bad_grant = {
    400, "unsupported_grant_type", 70003,
    "The app requested an unsupported grant type '%s'."
};
static const struct refusal bad_tenant = {
    400, "invalid_request", 90002,
    "Tenant '%s' not found. Check to make sure you have the correct tenant ID "
    "and are signing into the correct cloud. Check with your subscription "
    "administrator, this may happen if there are no active subscriptions for "
    "the tenant."
};
static const struct refusal bad_client = {
    400, "unauthorized_client", 700016,
    "Application with identifier '%s' was not found in the directory '%s'. "
    "This can happen if the application has not been installed by the "
    "administrator of the tenant or consented to by any user in the tenant. "
    "You may have sent your authentication request to the wrong tenant."
};
static const struct refusal no_credential = {
    401, "invalid_client", 7000216,
    "'client_assertion', 'client_secret' or 'request' is required for the "
    "'%s' grant type."
};
static const struct refusal bad_secret = {
    401, "invalid_client", 7000215,
    "Invalid client secret provided. Ensure the secret being sent in the "
    "request is the client secret value, not the client secret ID, for a "
    "secret added to app '%s'."
};
static const struct refusal bad_scope = {
    400, "invalid_scope", 1002012,
    "The provided value for scope %s is not valid. Client credential flows "
    "must have a scope value with /.default suffixed to the resource "
    "identifier (application ID URI)."
};
static const struct refusal bad_resource = {
    400, "invalid_resource", 500011,
    "The resource principal named %s was not found in the tenant named %s. "
    "This can happen if the application has not been installed by the "
    "administrator of the tenant or consented to by any user in the tenant. "
    "You might have sent your authentication request to the wrong tenant."
};

/* Whom the tenant has tokens for; the vault accepts only its own. */
static const char *const resources[] = { "https://vault.azure.net",
                                         "https://managedhsm.azure.net",
                                         "https://management.azure.com",
                                         "https://graph.microsoft.com" };

static void refuse(struct emu_reply *reply, const struct refusal *why, ...)
{
    struct json_object *obj = json_object_new_object();
    struct json_object *codes = json_object_new_array();
    struct emu_buf text = EMU_BUF_INIT;
    char message[1024];
    char trace[37];
    char correlation[37];
    char date[32];
    time_t now = (time_t)emu_now();
    struct tm tm;
    va_list ap;

    va_start(ap, why);
    vsnprintf(message, sizeof(message), why->text, ap);
    va_end(ap);
    emu_uuid(trace);
    emu_uuid(correlation);
    strftime(date, sizeof(date), "%Y-%m-%d %H:%M:%SZ", gmtime_r(&now, &tm));
    emu_buf_printf(&text,
                   "AADSTS%u: %s\r\nTrace ID: %s\r\nCorrelation ID: %s\r\n"
                   "Timestamp: %s",
                   why->code, message, trace, correlation, date);
    emu_json_add_str(obj, "error", why->error);
    emu_json_add_str(obj, "error_description", emu_buf_str(&text));
    json_object_array_add(codes, json_object_new_int64((int64_t)why->code));
    json_object_object_add(obj, "error_codes", codes);
    emu_json_add_str(obj, "timestamp", date);
    emu_json_add_str(obj, "trace_id", trace);
    emu_json_add_str(obj, "correlation_id", correlation);
    emu_buf_free(&text);
    emu_buf_printf(&text, LOGIN "/error?code=%u", why->code);
    emu_json_add_str(obj, "error_uri", emu_buf_str(&text));
    emu_buf_free(&text);
    emu_reply_json(reply, why->status, obj);
}

static char *make_token(struct emu *emu, const struct emu_principal *principal,
                        const char *audience, int64_t now)
{
    const char *tenant = emu_identity_tenant(emu->identity);
    struct json_object *claims = json_object_new_object();
    char *issuer = emu_xasprintf("https://sts.windows.net/%s/", tenant);
    char uti[33];
    char *token;

    emu_hex_id(uti);
    emu_json_add_str(claims, "aud", audience);
    emu_json_add_str(claims, "iss", issuer);
    emu_json_add_int(claims, "iat", now);
    emu_json_add_int(claims, "nbf", now);
    emu_json_add_int(claims, "exp", now + EMU_TOKEN_LIFE + 1);
    emu_json_add_str(claims, "appid", principal->client_id);
    emu_json_add_str(claims, "appidacr", "1");
    emu_json_add_str(claims, "idp", issuer);
    emu_json_add_str(claims, "oid", principal->object_id);
    emu_json_add_str(claims, "sub", principal->object_id);
    emu_json_add_str(claims, "tid", tenant);
    emu_json_add_str(claims, "uti", uti);
    emu_json_add_str(claims, "ver", "1.0");
    token = emu_jwt_sign(emu_identity_key(emu->identity),
                         emu_identity_kid(emu->identity), claims);
    json_object_put(claims);
    free(issuer);
    return token;
}

static void grant(struct emu *emu, struct emu_reply *reply,
                  const struct emu_principal *principal, const char *audience,
                  enum emu_token_kind kind)
{
    int64_t now = emu_now();
    char *token;
    struct json_object *obj;

    if (kind == EMU_TOKEN_WRONG_AUDIENCE)
        audience = "https://graph.microsoft.com";
    else if (kind == EMU_TOKEN_EXPIRED) /* though the reply says otherwise */
        now -= 2 * EMU_TOKEN_LIFE;
    token = make_token(emu, principal, audience, now);
    if (token == NULL) {
        emu_reply_error(reply, EMU_E_INTERNAL, "cannot sign the token");
        return;
    }
    obj = json_object_new_object();
    emu_json_add_str(obj, "token_type", "Bearer");
    emu_json_add_int(obj, "expires_in", EMU_TOKEN_LIFE);
    emu_json_add_int(obj, "ext_expires_in", EMU_TOKEN_LIFE);
    emu_json_add_str(obj, "access_token", token);
    emu_reply_json(reply, 200, obj);
    emu_count_event(emu->counters, EMU_COUNT_TOKENS);
    free(token);
}

/* The scope without "/.default", the caller frees it; NULL if refused. */
static char *resource_of(struct emu *emu, struct emu_reply *reply,
                         const char *scope)
{
    static const char suffix[] = "/.default";
    size_t len = strlen(scope);
    char *resource;

    if (len < sizeof(suffix)
        || strcmp(scope + len - (sizeof(suffix) - 1), suffix) != 0) {
        refuse(reply, &bad_scope, scope);
        return NULL;
    }
    resource = emu_xstrndup(scope, len - (sizeof(suffix) - 1));
    for (size_t i = 0; i < sizeof(resources) / sizeof(resources[0]); i++) {
        size_t n = strlen(resources[i]);

        /* With a slash behind it the token is made, and useless. */
        if (strncmp(resource, resources[i], n) == 0
            && (resource[n] == '\0' || strcmp(resource + n, "/") == 0))
            return resource;
    }
    refuse(reply, &bad_resource, resource, emu_identity_tenant(emu->identity));
    free(resource);
    return NULL;
}

static const struct emu_principal *check_client(struct emu *emu,
                                                const struct emu_form *form,
                                                struct emu_reply *reply)
{
    const char *client_id = emu_form_get(form, "client_id");
    const char *secret = emu_form_get(form, "client_secret");
    const struct emu_principal *principal =
        emu_identity_find(emu->identity, client_id);

    if (principal == NULL) {
        refuse(reply, &bad_client, client_id,
               emu_identity_tenant(emu->identity));
        return NULL;
    }
    if (secret == NULL) {
        refuse(reply, &no_credential, emu_form_get(form, "grant_type"));
        return NULL;
    }
    if (strcmp(secret, principal->secret) != 0) {
        refuse(reply, &bad_secret, client_id);
        return NULL;
    }
    return principal;
}

static bool check_form(const struct emu_form *form, struct emu_reply *reply)
{
    static const char *const required[] = { "grant_type", "client_id",
                                            "scope" };
    const char *repeated = emu_form_repeated(form);
    const char *grant_type;

    if (repeated != NULL) {
        refuse(reply, &repeated_parameter, repeated);
        return false;
    }
    for (size_t i = 0; i < sizeof(required) / sizeof(required[0]); i++) {
        const char *value = emu_form_get(form, required[i]);

        if (value == NULL || *value == '\0') {
            refuse(reply, &missing_parameter, required[i]);
            return false;
        }
    }
    grant_type = emu_form_get(form, "grant_type");
    if (strcmp(grant_type, "client_credentials") != 0) {
        refuse(reply, &bad_grant, grant_type);
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
                  enum emu_token_kind *kind)
{
    struct emu_fault_point at = { .op = "token", .phase = phase };

    return emu_faults_apply(emu->faults, &at, req, reply, kind);
}

static void serve_token(struct emu *emu, const struct emu_request *req,
                        struct emu_reply *reply)
{
    enum emu_token_kind kind = EMU_TOKEN_GOOD;
    const struct emu_principal *principal;
    struct emu_form form;
    char *resource = NULL;
    bool ended = fault(emu, req, reply, EMU_PHASE_BEFORE_AUTH, NULL);

    if (ended)
        return;
    emu_form_parse(&form, is_form(req) ? emu_buf_str(&req->body) : "");
    if (check_form(&form, reply)) {
        principal = check_client(emu, &form, reply);
        if (principal != NULL)
            resource = resource_of(emu, reply, emu_form_get(&form, "scope"));
        if (resource != NULL)
            ended = fault(emu, req, reply, EMU_PHASE_AFTER_AUTH, &kind);
        if (resource != NULL && !ended)
            grant(emu, reply, principal, resource, kind);
    }
    if (!ended)
        fault(emu, req, reply, EMU_PHASE_AFTER_OP, NULL);
    free(resource);
    emu_form_free(&form);
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

    for (size_t i = 0; i < sizeof(urls) / sizeof(urls[0]); i++) {
        char *url =
            emu_xasprintf("https://%s/%s/%s", req->host,
                          emu_identity_tenant(emu->identity), urls[i].path);

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
                 && strcasecmp(tenant, emu_identity_tenant(emu->identity)) != 0)
            refuse(reply, &bad_tenant, tenant);
        else
            endpoint->serve(emu, req, reply);
        return true;
    }
    return false;
}
