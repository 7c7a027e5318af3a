/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "clock.h"
#include "faults.h"
#include "form.h"
#include "identity.h"
#include "jsonx.h"
#include "managed_identity.h"
#include "ossl.h"
#include "request_log.h"
#include "token_make.h"
#include "xmem.h"

/* What asks for a token, and how it has to ask. */
struct source {
    const char *method;
    const char *other; /* method; NULL: none */
    const char *path;  /* without slashes at its ends */
    /* False, with the reply made, if the caller may not ask. */
    bool (*check)(struct emu *emu, const struct emu_request *req,
                  struct emu_reply *reply);
    const char *ids[3]; /* parameters that name an identity */
    bool imds;          /* numbers as strings, and more members */
};

static void refuse(struct emu_reply *reply, unsigned status, const char *error,
                   const char *text)
{
    struct json_object *obj = json_object_new_object();

    emu_json_add_str(obj, "error", error);
    emu_json_add_str(obj, "error_description", text);
    emu_reply_json(reply, status, obj);
}

static bool check_metadata(struct emu *emu, const struct emu_request *req,
                           struct emu_reply *reply)
{
    const char *value = emu_request_header(req, "Metadata");

    (void)emu;
    if (value != NULL && strcasecmp(value, "true") == 0)
        return true;
    refuse(reply, 400, "invalid_request",
           "Required metadata header not specified");
    return false;
}

static bool check_secret(struct emu *emu, const struct emu_request *req,
                         struct emu_reply *reply, const char *header)
{
    const char *value = emu_request_header(req, header);

    if (value != NULL && strcmp(value, emu_identity_header(emu->identity)) == 0)
        return true;
    refuse(reply, 401, "unauthorized", "The secret header is not correct");
    return false;
}

/* 2019-08-01 has its own header, 2017-09-01 the older one. */
static bool check_app_service(struct emu *emu, const struct emu_request *req,
                              struct emu_reply *reply)
{
    const char *version = emu_target_param(&req->target, "api-version");

    if (version != NULL && strcmp(version, "2019-08-01") == 0)
        return check_secret(emu, req, reply, "X-IDENTITY-HEADER");
    if (version != NULL && strcmp(version, "2017-09-01") == 0)
        return check_secret(emu, req, reply, "secret");
    refuse(reply, 400, "invalid_request", "The api-version is not supported");
    return false;
}

/* A file that only a reader of the directory can know the content of. */
static bool write_arc_file(const char *path, const char *text)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    bool ok = fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);

    if (fd >= 0 && close(fd) != 0)
        ok = false;
    return ok;
}

static bool check_arc(struct emu *emu, const struct emu_request *req,
                      struct emu_reply *reply)
{
    const char *secret = emu_identity_header(emu->identity);
    const char *value = emu_request_header(req, "Authorization");
    char *path;

    if (!check_metadata(emu, req, reply))
        return false;
    if (value != NULL && strncasecmp(value, "Basic ", 6) == 0
        && strcmp(value + 6, secret) == 0)
        return true;
    path = emu_xasprintf("%s/arc.key", emu->arc_dir);
    if (!write_arc_file(path, secret))
        emu_reply_error(reply, EMU_E_INTERNAL, "cannot write the key file");
    else {
        refuse(reply, 401, "unauthorized", "Missing basic authorization");
        emu_reply_header(reply, "WWW-Authenticate", "Basic realm=%s", path);
    }
    free(path);
    return false;
}

static const struct source sources[] = {
    { "GET",
      NULL,
      "metadata/identity/oauth2/token",
      check_metadata,
      { "client_id", "object_id", "msi_res_id" },
      true },
    { "GET",
      NULL,
      "msi/token",
      check_app_service,
      { "client_id", "principal_id", "mi_res_id" },
      false },
    { "GET",
      NULL,
      "arc/metadata/identity/oauth2/token",
      check_arc,
      { NULL, NULL, NULL },
      true },
    /* By GET: MSAL of Java (SDK source); unproven against the service. */
    { "POST",
      "GET",
      "cloudshell/token",
      check_metadata,
      { NULL, NULL, NULL },
      true },
};

/* The path with single slashes. */
static bool path_is(const struct emu_target *target, const char *path)
{
    for (size_t i = 0; i < target->nsegments; i++) {
        size_t len = strlen(target->segment[i]);

        if (strncasecmp(path, target->segment[i], len) != 0
            || (path[len] != '/' && path[len] != '\0'))
            return false;
        path += len + (path[len] == '/');
    }
    return *path == '\0';
}

/* A parameter of the query or of the form. */
static const char *param(const struct emu_request *req,
                         const struct emu_form *form, const char *name)
{
    const char *value = emu_target_param(&req->target, name);

    return value == NULL ? emu_form_get(form, name) : value;
}

/* Whose token is asked for; NULL, with the reply made, if there is none. */
static const struct emu_principal *find(struct emu *emu,
                                        const struct source *source,
                                        const struct emu_request *req,
                                        const struct emu_form *form,
                                        struct emu_reply *reply)
{
    static const char *const names[] = { "client_id",  "clientid",
                                         "object_id",  "principal_id",
                                         "msi_res_id", "mi_res_id" };
    const struct emu_principal *principal;

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        const char *id = param(req, form, names[i]);

        if (id == NULL)
            continue;
        if (source->ids[0] == NULL) {
            refuse(reply, 400, "invalid_request",
                   "A user-assigned identity is not supported here");
            return NULL;
        }
        principal = emu_identity_find_any(emu->identity, id);
        if (principal == NULL)
            refuse(reply, 400, "invalid_request", "Identity not found");
        return principal;
    }
    return emu_identity_default(emu->identity);
}

static void reply_token(struct emu *emu, const struct source *source,
                        const struct emu_principal *principal,
                        struct emu_token_spec *spec, struct emu_reply *reply)
{
    struct json_object *obj = json_object_new_object();
    char *audience = emu_xstrdup(spec->audience);
    size_t len = strlen(audience);
    char *token;

    /* Clients may write the resource with a slash. */
    if (len > 0 && audience[len - 1] == '/')
        audience[len - 1] = '\0';
    spec->audience = audience;
    token = emu_token_make(emu, principal, spec);
    emu_json_add_str(obj, "access_token", token == NULL ? "" : token);
    emu_json_add_str(obj, "client_id", principal->client_id);
    if (source->imds)
        emu_token_add_times(obj, spec->now);
    else
        emu_json_add_int_text(obj, "expires_on",
                              spec->now + EMU_TOKEN_LIFE + 1);
    emu_json_add_str(obj, "resource", audience);
    emu_json_add_str(obj, "token_type", "Bearer");
    emu_reply_json(reply, 200, obj);
    free(token);
    free(audience);
}

static bool is_method(const struct source *source, const char *method)
{
    return strcmp(method, source->method) == 0
           || (source->other != NULL && strcmp(method, source->other) == 0);
}

static void answer(struct emu *emu, const struct source *source,
                   const struct emu_request *req, struct emu_reply *reply)
{
    struct emu_token_spec spec = { .tenant = emu_identity_tenant(emu->identity),
                                   .now = emu_now() };
    const struct emu_principal *principal;
    struct emu_form form;

    emu_form_parse(&form, emu_buf_str(&req->body));
    spec.audience = param(req, &form, "resource");
    if (!is_method(source, req->method))
        refuse(reply, 405, "invalid_request", "Method not allowed");
    else if (!source->check(emu, req, reply))
        ; /* it has made the reply */
    else if (spec.audience == NULL || *spec.audience == '\0')
        refuse(reply, 400, "invalid_request",
               "Required audience parameter not specified");
    else if (!emu_token_resource_known(emu, spec.audience))
        refuse(reply, 400, "invalid_resource",
               "The resource principal was not found in the tenant");
    else if ((principal = find(emu, source, req, &form, reply)) != NULL)
        reply_token(emu, source, principal, &spec, reply);
    emu_form_free(&form);
}

static bool fault(struct emu *emu, const struct emu_request *req,
                  struct emu_reply *reply, enum emu_phase phase)
{
    struct emu_fault_point at = { .op = "identity", .phase = phase };

    return emu_faults_apply(emu->faults, &at, req, reply, NULL);
}

void emu_managed_identity_serve(struct emu *emu, struct emu_request *req,
                                struct emu_reply *reply)
{
    emu_log_add(emu->log, req);
    if (path_is(&req->target, "ca.pem") && strcmp(req->method, "GET") == 0) {
        emu_reply_text(reply, 200, "application/x-pem-file", emu->ca_pem);
        return;
    }
    if (fault(emu, req, reply, EMU_PHASE_BEFORE_AUTH)
        || fault(emu, req, reply, EMU_PHASE_AFTER_AUTH))
        return;
    for (size_t i = 0; i < sizeof(sources) / sizeof(sources[0]); i++)
        if (path_is(&req->target, sources[i].path))
            answer(emu, &sources[i], req, reply);
    if (reply->status == 0)
        refuse(reply, 404, "not_found", "There is nothing at this path");
    fault(emu, req, reply, EMU_PHASE_AFTER_OP);
}
