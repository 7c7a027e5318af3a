/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Managed identity: the machine's own endpoint gives tokens. Which one it is
 * follows from the environment that the host sets up, in the order of
 * Microsoft's own libraries.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "akv/json.h"
#include "auth/arc.h"
#include "auth/cred.h"
#include "auth/service_principal.h"
#include "auth/token_http.h"
#include "base/settings_impl.h"
#include "transport/retry.h"

#define IMDS "http://169.254.169.254"
#define PROBE_MS 1000

/* One row a source: how it is asked. */
struct source {
    const char *name;
    const char *method;
    const char *path;        /* behind the endpoint */
    const char *api_version; /* NULL: the resource goes in a form */
    const char *header;      /* that carries the secret, or Metadata */
    const char *client, *object, *resource; /* parameters of identities */
};

enum kind { APP_SERVICE, MACHINE_LEARNING, CLOUD_SHELL, ARC, INSTANCE };

static const struct source sources[] = {
    [APP_SERVICE] = { "App Service", "GET", "", "2019-08-01",
                      "X-IDENTITY-HEADER", "client_id", "principal_id",
                      "mi_res_id" },
    [MACHINE_LEARNING] = { "Azure ML", "GET", "", "2017-09-01", "secret",
                           "clientid", NULL, NULL },
    [CLOUD_SHELL] = { "Cloud Shell", "POST", "", NULL, "Metadata", NULL, NULL,
                      NULL },
    [ARC] = { "Azure Arc", "GET", "", "2020-06-01", "Metadata", NULL, NULL,
              NULL },
    [INSTANCE] = { "the instance metadata service", "GET",
                   "/metadata/identity/oauth2/token", "2018-02-01", "Metadata",
                   "client_id", "object_id", "msi_res_id" },
};

struct cred_managed {
    struct akv_cred base;
    struct akv_io *io;                   /* borrowed */
    const struct akv_settings *settings; /* borrowed */
    enum kind kind;
    const char *endpoint; /* borrowed */
    const char *secret;   /* borrowed; the header's value */
    const char *identity; /* borrowed; NULL: the system's */
    bool in_chain;        /* others come behind it */
    bool probe;           /* ask first whether the service is there */
    struct akv_http_request probe_request;
    struct akv_exchange *probing; /* under way, or NULL */
    struct akv_arc *arc;          /* under way, or NULL */
    struct akv_token_http *http;  /* under way, or NULL */
    char *scope;                  /* owned; of the request being served */
    int64_t deadline;
    akv_token_fn *done;
    void *arg;
};

static void managed_finish(struct cred_managed *cred,
                           const struct akv_token *token,
                           const struct akv_error *err)
{
    free(cred->scope);
    cred->scope = NULL;
    cred->done(cred->arg, token, err);
}

static void managed_fail(struct cred_managed *cred, enum akv_error_code code,
                         const char *why)
{
    struct akv_error err = AKV_ERROR_INIT;

    (void)akv_error_set(&err, code, "%s: %s", sources[cred->kind].name, why);
    managed_finish(cred, NULL, &err);
}

static bool managed_retry(const struct akv_http_reply *reply)
{
    return akv_retry_status(reply->status);
}

/* An update of the service is under way at 410; 404 comes before it is up. */
static bool imds_retry(const struct akv_http_reply *reply)
{
    long status = reply->status;

    return status == 404 || status == 410 || status == 429
           || (status >= 500 && status <= 511 && status != 509);
}

/* Whether it is the metadata service that answers: its errors are JSON. At its
 * address there are captive portals, filters and other clouds, too. */
static bool is_imds(const struct akv_http_reply *reply)
{
    struct akv_json *json =
        akv_json_parse(akv_buf_str(&reply->body), reply->body.len, NULL);
    bool is = reply->status >= 400 && akv_json_get_text(json, "error") != NULL;

    akv_json_free(json);
    return is;
}

/* Those who come behind it have no time for what will not change. */
static bool imds_retry_in_chain(const struct akv_http_reply *reply)
{
    return imds_retry(reply) && is_imds(reply);
}

static void managed_describe(const struct akv_http_request *request,
                             const struct akv_http_reply *reply,
                             const char *who, enum akv_error_code code,
                             struct akv_error *err)
{
    (void)akv_error_set(err, code, "%s (%s %s: HTTP %ld): %s", who,
                        request->method, request->url, reply->status,
                        akv_token_reply_text(reply));
    akv_error_set_reply(err, reply->status, NULL, NULL, NULL);
}

#define REFUSES "the identity endpoint refuses a token"

/* 400 without an identity named: the machine has none. */
static void system_refusal(const struct akv_http_request *request,
                           const struct akv_http_reply *reply,
                           const struct akv_clock *clock, struct akv_error *err)
{
    (void)clock;
    managed_describe(
        request, reply, REFUSES,
        reply->status == 400 ? AKV_E_UNAVAILABLE : AKV_E_AUTHENTICATION, err);
}

static void named_refusal(const struct akv_http_request *request,
                          const struct akv_http_reply *reply,
                          const struct akv_clock *clock, struct akv_error *err)
{
    (void)clock;
    managed_describe(request, reply, REFUSES, AKV_E_AUTHENTICATION, err);
}

static void foreign_refusal(const struct akv_http_request *request,
                            const struct akv_http_reply *reply,
                            const struct akv_clock *clock,
                            struct akv_error *err)
{
    (void)clock;
    managed_describe(
        request, reply,
        "what answers there is not the metadata service, but perhaps a "
        "proxy, a portal or another cloud",
        AKV_E_UNAVAILABLE, err);
}

static void imds_system_refusal(const struct akv_http_request *request,
                                const struct akv_http_reply *reply,
                                const struct akv_clock *clock,
                                struct akv_error *err)
{
    (is_imds(reply) ? system_refusal : foreign_refusal)(request, reply, clock,
                                                        err);
}

static void imds_named_refusal(const struct akv_http_request *request,
                               const struct akv_http_reply *reply,
                               const struct akv_clock *clock,
                               struct akv_error *err)
{
    (is_imds(reply) ? named_refusal : foreign_refusal)(request, reply, clock,
                                                       err);
}

/* It never asks who one is: somebody in between does. */
static bool is_between(long status)
{
    return status == 401 || status == 403;
}

static void chain_system_refusal(const struct akv_http_request *request,
                                 const struct akv_http_reply *reply,
                                 const struct akv_clock *clock,
                                 struct akv_error *err)
{
    (is_between(reply->status) ? foreign_refusal : imds_system_refusal)(
        request, reply, clock, err);
}

static void chain_named_refusal(const struct akv_http_request *request,
                                const struct akv_http_reply *reply,
                                const struct akv_clock *clock,
                                struct akv_error *err)
{
    (is_between(reply->status) ? foreign_refusal : imds_named_refusal)(
        request, reply, clock, err);
}

static enum akv_error_code managed_absent(const struct akv_error *cause)
{
    return cause->code == AKV_E_MEMORY ? AKV_E_MEMORY : AKV_E_UNAVAILABLE;
}

/* It is on this machine: there, or not. */
static bool once_more(const struct akv_settings *settings, unsigned nth)
{
    (void)settings;
    return nth == 1;
}

/* Whether an identity was named. */
static const struct akv_token_endpoint given[2] = {
    { managed_retry, system_refusal, managed_absent, AKV_E_UNAVAILABLE,
      once_more },
    { managed_retry, named_refusal, managed_absent, AKV_E_UNAVAILABLE,
      once_more },
};

/* Whether others come behind it, and the same. */
static const struct akv_token_endpoint instance[2][2] = {
    { { imds_retry, imds_system_refusal, managed_absent, AKV_E_UNAVAILABLE,
        once_more },
      { imds_retry, imds_named_refusal, managed_absent, AKV_E_UNAVAILABLE,
        once_more } },
    { { imds_retry_in_chain, chain_system_refusal, managed_absent,
        AKV_E_UNAVAILABLE, once_more },
      { imds_retry_in_chain, chain_named_refusal, managed_absent,
        AKV_E_UNAVAILABLE, once_more } },
};

static const struct akv_token_endpoint *
endpoint_of(const struct cred_managed *cred)
{
    bool named = cred->identity != NULL;

    return cred->kind == INSTANCE ? &instance[cred->in_chain][named]
                                  : &given[named];
}

static void managed_on_token(void *arg, const struct akv_token *token,
                             const struct akv_error *err)
{
    struct cred_managed *cred = arg;

    managed_finish(cred, token, err);
}

/* The parameter for the identity that was asked for: a client id, object:ID,
 * or the path of a resource. NULL: the source cannot choose such a one. */
static const char *managed_parameter(const struct cred_managed *cred)
{
    const struct source *source = &sources[cred->kind];

    if (*cred->identity == '/')
        return source->resource;
    return strncmp(cred->identity, "object:", 7) == 0 ? source->object
                                                      : source->client;
}

static bool add_identity(const struct cred_managed *cred, struct akv_buf *query)
{
    const char *identity = cred->identity;

    if (identity == NULL)
        return true;
    if (strncmp(identity, "object:", 7) == 0)
        identity += 7;
    return akv_form_add(query, managed_parameter(cred), identity);
}

static bool managed_build(const struct cred_managed *cred,
                          struct akv_http_request *request)
{
    const struct source *source = &sources[cred->kind];
    struct akv_buf query = AKV_BUF_INIT(4096);
    size_t len = akv_scope_resource_len(cred->scope);
    char resource[512];
    bool ok;

    (void)snprintf(resource, sizeof(resource), "%.*s", (int)len, cred->scope);
    memset(request, 0, sizeof(*request));
    akv_buf_init(&request->body, 4096);
    request->method = source->method;
    request->max_reply = 2 * AKV_TOKEN_MAX;
    request->deadline = cred->deadline;
    request->plain = request->no_proxy = true;
    if (source->api_version == NULL)
        ok = akv_form_add(&request->body, "resource", resource);
    else
        ok = akv_form_add(&query, "api-version", source->api_version)
             && akv_form_add(&query, "resource", resource);
    ok = ok && add_identity(cred, &query)
         && asprintf(&request->url, "%s%s%s%s", cred->endpoint, source->path,
                     query.len > 0 ? "?" : "", akv_buf_str(&query))
                > 0
         && akv_http_request_header(request, source->header, cred->secret)
         && (source->api_version != NULL
             || akv_http_request_header(request, "Content-Type",
                                        "application/x-www-form-urlencoded"));
    akv_buf_free(&query);
    return ok;
}

static void request_token(struct cred_managed *cred, const char *basic)
{
    struct akv_http_request request;

    if (!managed_build(cred, &request)
        || (basic != NULL
            && !akv_http_request_header(&request, "Authorization", basic))) {
        akv_http_request_free(&request);
        managed_fail(cred, AKV_E_MEMORY, "no memory for a request");
        return;
    }
    akv_token_http_start(cred->io, cred->settings, &request, endpoint_of(cred),
                         managed_on_token, cred, &cred->http);
}

/* Any answer at all means that the service is there. */
static void managed_on_probe(void *arg, struct akv_http_reply *reply,
                             const struct akv_error *err, bool sent)
{
    struct cred_managed *cred = arg;

    (void)sent;
    cred->probing = NULL;
    akv_http_request_free(&cred->probe_request);
    if (reply != NULL) {
        cred->probe = false;
        request_token(cred, NULL);
        return;
    }
    managed_fail(cred, AKV_E_UNAVAILABLE, err->message);
}

static void managed_probe(struct cred_managed *cred)
{
    struct akv_http_request *request = &cred->probe_request;
    int64_t until = akv_clock_mono(cred->io->clock) + PROBE_MS;
    struct akv_error err = AKV_ERROR_INIT;

    memset(request, 0, sizeof(*request));
    request->method = "GET";
    request->max_reply = AKV_TOKEN_MAX;
    request->deadline = until < cred->deadline ? until : cred->deadline;
    request->plain = request->no_proxy = true;
    if (asprintf(&request->url, "%s%s?api-version=2018-02-01", cred->endpoint,
                 sources[INSTANCE].path)
        < 0)
        request->url = NULL;
    if (request->url != NULL)
        cred->probing = cred->io->ops->send(cred->io, request, managed_on_probe,
                                            cred, &err);
    if (cred->probing == NULL) {
        akv_http_request_free(request);
        managed_fail(cred, AKV_E_UNAVAILABLE, err.message);
    }
}

static void on_arc(void *arg, const char *basic, const struct akv_error *err)
{
    struct cred_managed *cred = arg;

    if (basic != NULL)
        request_token(cred, basic);
    else
        managed_finish(cred, NULL, err);
}

static void challenge_arc(struct cred_managed *cred)
{
    struct akv_http_request request;

    if (managed_build(cred, &request)) {
        akv_arc_start(cred->io, &request, on_arc, cred, &cred->arc);
        return;
    }
    akv_http_request_free(&request);
    managed_fail(cred, AKV_E_MEMORY, "no memory for a request");
}

/* In a chain this is no failure: AZURE_CLIENT_ID may be another's. */
static void refuse_identity(struct cred_managed *cred)
{
    managed_fail(
        cred, cred->in_chain ? AKV_E_UNAVAILABLE : AKV_E_AUTHENTICATION,
        cred->settings->managed_identity_id != NULL
            ? "it cannot be asked for the identity in managed-identity-id"
            : "it cannot be asked for the identity in client-id "
              "(AZURE_CLIENT_ID)");
}

static void managed_get(struct akv_cred *base,
                        const struct akv_token_request *request,
                        akv_token_fn *done, void *arg)
{
    struct cred_managed *cred = (struct cred_managed *)base;

    cred->done = done;
    cred->arg = arg;
    cred->deadline = cred->kind == INSTANCE && cred->in_chain
                         ? request->share
                         : request->deadline;
    cred->scope = strdup(request->scope); /* the tenant is the machine's */
    if (cred->scope == NULL)
        managed_fail(cred, AKV_E_MEMORY, "no memory for a token");
    else if (cred->identity != NULL && managed_parameter(cred) == NULL)
        refuse_identity(cred);
    else if (cred->kind == ARC)
        challenge_arc(cred);
    else if (cred->kind == INSTANCE && cred->probe)
        managed_probe(cred);
    else
        request_token(cred, NULL);
}

static void managed_free(struct akv_cred *base)
{
    struct cred_managed *cred = (struct cred_managed *)base;

    if (cred->probing != NULL)
        cred->io->ops->cancel(cred->io, cred->probing);
    akv_http_request_free(&cred->probe_request);
    akv_arc_cancel(cred->arc);
    akv_token_http_cancel(cred->http);
    free(cred->scope);
    free(cred);
}

/* False: the host's kind of identity is not supported. */
static bool managed_choose(struct cred_managed *cred)
{
    const struct akv_settings *s = cred->settings;

    cred->secret = "true"; /* of the header Metadata */
    if (s->identity_endpoint != NULL && s->identity_header != NULL) {
        cred->kind = APP_SERVICE;
        cred->endpoint = s->identity_endpoint;
        cred->secret = s->identity_header;
        return s->identity_server_thumbprint == NULL;
    }
    if (s->msi_endpoint != NULL) {
        cred->kind = s->msi_secret != NULL ? MACHINE_LEARNING : CLOUD_SHELL;
        cred->endpoint = s->msi_endpoint;
        if (s->msi_secret != NULL)
            cred->secret = s->msi_secret;
        if (s->msi_secret != NULL && cred->identity == NULL)
            cred->identity = s->default_identity_client_id;
        return true;
    }
    if ((s->identity_endpoint != NULL && s->imds_endpoint != NULL)
        || access("/opt/azcmagent/bin/himds", F_OK) == 0) {
        cred->kind = ARC;
        cred->endpoint = s->identity_endpoint != NULL ? s->identity_endpoint
                                                      : AKV_ARC_ENDPOINT;
        return true;
    }
    cred->kind = INSTANCE;
    cred->endpoint = s->pod_identity_authority_host != NULL
                         ? s->pod_identity_authority_host
                         : IMDS;
    return true;
}

struct akv_cred *akv_cred_managed_new(struct akv_io *io,
                                      const struct akv_settings *settings,
                                      bool in_chain, struct akv_error *err)
{
    static const struct akv_cred_ops ops = { managed_get, managed_free };
    struct cred_managed *cred =
        (struct cred_managed *)akv_cred_alloc(sizeof(*cred), &ops, err);

    if (cred == NULL)
        return NULL;
    cred->io = io;
    cred->settings = settings;
    cred->identity = settings->managed_identity_id;
    if (cred->identity == NULL
        && settings->credential == AKV_CREDENTIAL_DEFAULT)
        cred->identity = settings->client_id;
    cred->in_chain = cred->probe = in_chain;
    if (managed_choose(cred))
        return &cred->base;
    free(cred);
    (void)akv_error_set(err, AKV_E_UNAVAILABLE,
                        "managed identity in Service Fabric "
                        "(IDENTITY_SERVER_THUMBPRINT) is not supported");
    return NULL;
}
