/* SPDX-License-Identifier: Apache-2.0 */

/*
 * POST AUTHORITY/TENANT/oauth2/v2.0/token, in the loop. The vault's challenge
 * names a tenant, which is asked only if it is the configured one or allowed: a
 * vault must not choose who is shown the credential.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "akv/json.h"
#include "auth/challenge.h"
#include "auth/refusal.h"
#include "auth/service_principal.h"
#include "auth/token_http.h"
#include "base/ascii.h"
#include "base/host.h"
#include "base/settings_impl.h"
#include "transport/retry.h"

#define FOREIGN_TEXT 300 /* of what is not the authority's own */

bool akv_form_add(struct akv_buf *form, const char *name, const char *value)
{
    bool ok = akv_buf_appendf(form, "%s%s=", form->len > 0 ? "&" : "", name);

    for (; ok && *value != '\0'; value++) {
        if (akv_is_alnum(*value) || strchr("-._~", *value) != NULL)
            ok = akv_buf_append(form, value, 1);
        else
            ok = akv_buf_appendf(form, "%%%02X", (unsigned char)*value);
    }
    return ok;
}

static bool principal_listed(const char *list, const char *tenant)
{
    while (list != NULL && *list != '\0') {
        size_t len = strcspn(list, ";");

        if ((len == 1 && *list == '*')
            || (len == strlen(tenant) && strncasecmp(list, tenant, len) == 0))
            return true;
        list += len + (list[len] == ';');
    }
    return false;
}

/* A vault in a tenant that nobody configured gets no token of ours. */
const char *akv_tenant_choose(const struct akv_settings *settings,
                              const char *own, const char *wanted,
                              struct akv_error *err)
{
    if (*wanted == '\0' || settings->single_tenant
        || (own != NULL
            && (strcasecmp(wanted, own) == 0 || strcasecmp(own, "adfs") == 0)))
        return own;
    if (own == NULL || principal_listed(settings->allowed_tenants, wanted))
        return wanted;
    (void)akv_error_set(err, AKV_E_AUTHENTICATION,
                        "the vault is of tenant %s, the credential of "
                        "tenant-id %s; list the other one in "
                        "additionally-allowed-tenants "
                        "(AZURE_ADDITIONALLY_ALLOWED_TENANTS) if it may have "
                        "a token",
                        wanted, own);
    return NULL;
}

static void principal_refusal(const struct akv_http_request *request,
                              const struct akv_http_reply *reply,
                              const struct akv_clock *clock,
                              struct akv_error *err)
{
    char note[AKV_CLOCK_NOTE_SIZE];
    struct akv_json *json =
        akv_json_parse(akv_buf_str(&reply->body), reply->body.len, NULL);
    const char *code = akv_json_get_text(json, "error");
    const char *text = akv_json_get_text(json, "error_description");

    (void)akv_error_set(err, AKV_E_AUTHENTICATION,
                        "the authority refuses a token (POST %s: HTTP %ld): "
                        "%s: %.*s%s",
                        request->url, reply->status,
                        code != NULL ? code : "no error code",
                        text != NULL ? (int)strlen(text) : FOREIGN_TEXT,
                        text != NULL ? text : akv_token_reply_text(reply),
                        akv_refusal_clock(reply, clock, note));
    akv_error_set_reply(err, reply->status, code, NULL,
                        reply->headers[AKV_H_REQUEST_ID]);
    akv_json_free(json);
}

static bool principal_retry(const struct akv_http_reply *reply)
{
    return akv_retry_status(reply->status);
}

static const struct akv_token_endpoint authority = {
    .retry = principal_retry,
    .refusal = principal_refusal,
    .retry_connection = akv_retry_connection,
};

static void principal_on_token(void *arg, const struct akv_token *token,
                               const struct akv_error *err)
{
    struct akv_service_principal *principal = arg;

    principal->done(principal->arg, token, err);
}

static bool is_loopback(const char *authority_host)
{
    const char *host = authority_host + strlen("https://");
    char bare[256];

    (void)snprintf(
        bare, sizeof(bare), "%.*s",
        (int)(*host == '[' ? strcspn(host, "]") + 1 : strcspn(host, ":/")),
        host);
    return akv_host_is_loopback(bare);
}

/* AD FS has another path and no scopes: provide the resource instead. */
static bool fill_form(struct akv_service_principal *principal,
                      const char *tenant,
                      const struct akv_token_request *request,
                      struct akv_http_request *http, struct akv_error *err)
{
    bool adfs = strcasecmp(tenant, "adfs") == 0;
    size_t resource = akv_scope_resource_len(request->scope);
    struct akv_buf *form = &http->body;
    char text[512];

    if (asprintf(&http->url, "%s/%s/oauth2/%stoken",
                 principal->settings->authority_host, tenant,
                 adfs ? "" : "v2.0/")
        < 0)
        http->url = NULL;
    (void)snprintf(text, sizeof(text), "%.*s",
                   adfs ? (int)resource : (int)strlen(request->scope),
                   request->scope);
    if (http->url == NULL
        || !akv_form_add(form, "grant_type", "client_credentials")
        || !akv_form_add(form, "client_id", principal->settings->client_id)
        || !akv_form_add(form, adfs ? "resource" : "scope", text)
        || (request->claims != NULL
            && !akv_form_add(form, "claims", request->claims)))
        return akv_error_set(err, AKV_E_MEMORY, "no memory for a request");
    return principal->prove(principal, http->url, form, err);
}

static bool principal_build(struct akv_service_principal *principal,
                            const struct akv_token_request *request,
                            struct akv_http_request *http,
                            struct akv_error *err)
{
    const char *tenant =
        akv_tenant_choose(principal->settings, principal->settings->tenant_id,
                          request->tenant, err);

    if (tenant == NULL || !fill_form(principal, tenant, request, http, err))
        return false;
    http->no_proxy = is_loopback(principal->settings->authority_host);
    if (principal->redirect != NULL
        && !principal->redirect(principal, http, err))
        return false;
    return (akv_http_request_header(http, "Content-Type",
                                    "application/x-www-form-urlencoded")
            && akv_http_request_header(http, "Accept", "application/json"))
           || akv_error_set(err, AKV_E_MEMORY, "no memory for a request");
}

void akv_service_principal_get(struct akv_cred *cred,
                               const struct akv_token_request *request,
                               akv_token_fn *done, void *arg)
{
    struct akv_service_principal *principal =
        (struct akv_service_principal *)cred;
    struct akv_error err = AKV_ERROR_INIT;
    struct akv_http_request http;

    memset(&http, 0, sizeof(http));
    akv_buf_init(&http.body, AKV_TOKEN_MAX);
    http.method = "POST";
    http.max_reply = AKV_TOKEN_MAX * 2;
    http.deadline = request->deadline;
    if (!principal_build(principal, request, &http, &err)) {
        akv_http_request_free(&http);
        done(arg, NULL, &err);
        return;
    }
    principal->done = done;
    principal->arg = arg;
    akv_token_http_start(principal->io, principal->settings, &http, &authority,
                         principal_on_token, principal, &principal->http);
}

void akv_service_principal_stop(struct akv_service_principal *principal)
{
    akv_token_http_cancel(principal->http);
    principal->http = NULL;
}

bool akv_service_principal_init(struct akv_service_principal *principal,
                                const struct akv_cred_ops *ops,
                                struct akv_io *io,
                                const struct akv_settings *settings,
                                akv_proof_fn *prove, struct akv_error *err)
{
    const char *missing = NULL;

    if (settings->tenant_id == NULL)
        missing = "tenant-id (AZURE_TENANT_ID)";
    else if (settings->client_id == NULL)
        missing = "client-id (AZURE_CLIENT_ID)";
    if (missing != NULL)
        return akv_error_set(err, AKV_E_UNAVAILABLE, "%s is not set", missing);
    if (!akv_tenant_valid(settings->tenant_id))
        return akv_error_set(err, AKV_E_CONFIG,
                             "tenant-id: '%.100s' will not do: letters, "
                             "digits, dots and hyphens are expected",
                             settings->tenant_id);
    principal->base.ops = ops;
    principal->io = io;
    principal->settings = settings;
    principal->prove = prove;
    return true;
}
