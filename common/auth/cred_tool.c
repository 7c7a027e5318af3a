/* SPDX-License-Identifier: Apache-2.0 */

/* Tokens of developers' tools: the Azure CLI and the Azure Developer CLI. They
 * are run without a shell, and what goes into their arguments is checked all
 * the same. */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "akv/json.h"
#include "auth/challenge.h"
#include "auth/cred.h"
#include "auth/service_principal.h"
#include "auth/token_reply.h"
#include "base/ascii.h"
#include "base/base64.h"
#include "base/file.h"
#include "base/log.h"
#include "base/privileged.h"

struct cred_tool {
    struct akv_cred base;
    struct akv_io *io;                   /* borrowed */
    const struct akv_settings *settings; /* borrowed */
    const char *path;                    /* borrowed; NULL: by its name */
    enum akv_tool tool;
    struct akv_process *process; /* under way, or NULL */
    int64_t limit_ms;            /* what it was given */
    akv_token_fn *done;
    void *arg;
};

/* Of the program: its name, what its reply is like, and its remedy. The Azure
 * CLI writes dates of this machine's zone. */
static const struct {
    const char *name;
    struct akv_token_form form;
    const char *login;
} tools[] = {
    [AKV_TOOL_AZ] = { "az", { "accessToken", true }, "az login" },
    [AKV_TOOL_AZD] = { "azd", { "token", false }, "azd auth login" },
};

/* In place. */
static void strip_colours(struct akv_buf *text)
{
    size_t from = 0, to = 0;

    while (from < text->len) {
        if (text->data[from] == 0x1b && from + 1 < text->len
            && text->data[from + 1] == '[') {
            from += 2;
            while (from < text->len
                   && (text->data[from] < '@' || text->data[from] > '~'))
                from++;
            from++;
        } else {
            text->data[to++] = text->data[from++];
        }
    }
    text->len = to;
    if (text->data != NULL)
        text->data[to] = '\0';
}

/* Newer tools say what is wrong as JSON, one object a line. */
static bool append_message(const char *line, size_t len, struct akv_buf *words)
{
    struct akv_json *json = akv_json_parse(line, len, NULL);
    const char *text = akv_json_get_text(akv_json_get(json, "data"), "message");
    bool ok;

    if (text == NULL)
        text = akv_json_get_text(json, "message");
    ok = text != NULL
         && akv_buf_appendf(words, "%s%s", words->len > 0 ? " " : "", text);
    akv_json_free(json);
    return ok;
}

/* Whether there were such. */
static bool read_messages(const struct akv_buf *said, struct akv_buf *words)
{
    const char *line = akv_buf_str(said);
    bool any = false;

    while (*line != '\0') {
        size_t len = strcspn(line, "\r\n");

        any |= *line == '{' && append_message(line, len, words);
        line += len + strspn(line + len, "\r\n");
    }
    return any;
}

/* What a person may read of an output that is no token. */
static const char *cred_tool_quote(struct akv_buf *out)
{
    if (strcasestr(akv_buf_str(out), "token") != NULL)
        return "(not shown: it may hold a token)";
    akv_log_mask((char *)out->data);
    return akv_buf_str(out);
}

/* It ended well, and what it wrote will not do. why: NULL without an object. */
static void explain_output(const struct cred_tool *cred,
                           struct akv_process_result *result, bool has_object,
                           const char *why, struct akv_error *err)
{
    const char *name = tools[cred->tool].name;

    if (why != NULL)
        (void)akv_error_set(err, AKV_E_AUTHENTICATION, "the reply of %s %s",
                            name, why);
    else if (has_object)
        (void)akv_error_set(err, AKV_E_AUTHENTICATION,
                            "the reply of %s has no member %s", name,
                            tools[cred->tool].form.token);
    else if (result->out.len == 0)
        (void)akv_error_set(err, AKV_E_AUTHENTICATION, "%s has written nothing",
                            name);
    else
        (void)akv_error_set(err, AKV_E_AUTHENTICATION,
                            "the output of %s is no JSON: %s", name,
                            cred_tool_quote(&result->out));
}

/* Not installed and not logged in are "unavailable", the rest is a failure. */
static void cred_tool_explain(const struct cred_tool *cred,
                              const struct akv_process_result *result,
                              const char *words, struct akv_error *err)
{
    const char *name = tools[cred->tool].name;

    if (result->error != 0 && result->error != ENOENT)
        (void)akv_error_set(
            err, akv_file_code(result->error, AKV_E_UNAVAILABLE),
            "%s cannot be run: %s", name, strerror(result->error));
    else if (result->status == 127)
        (void)akv_error_set(err, AKV_E_UNAVAILABLE, "%s is not installed",
                            name);
    else if (result->timed_out)
        (void)akv_error_set(err, AKV_E_UNAVAILABLE,
                            "%s gave no token within %lld ms; if it is slow, "
                            "set a longer timeout",
                            name, (long long)cred->limit_ms);
    else if (strstr(words, tools[cred->tool].login) != NULL
             || strcasestr(words, "not logged in") != NULL)
        (void)akv_error_set(err, AKV_E_UNAVAILABLE, "run %s: %s",
                            tools[cred->tool].login, words);
    else
        (void)akv_error_set(err, AKV_E_AUTHENTICATION,
                            "%s ended with %d and no token: %s", name,
                            result->status, words);
    akv_log_mask(err->message);
}

static bool has_ended_well(const struct akv_process_result *result)
{
    return (result->status == 0 || result->status == -1) && result->error == 0
           && !result->timed_out;
}

static void cred_tool_fail(const struct cred_tool *cred,
                           struct akv_process_result *result,
                           struct akv_error *err)
{
    const char *token;
    struct akv_buf words = AKV_BUF_INIT(AKV_TOKEN_MAX);
    struct akv_json *json =
        akv_json_find(akv_buf_str(&result->out), result->out.len,
                      tools[cred->tool].form.token, NULL);

    strip_colours(&result->errors);
    if (!read_messages(&result->errors, &words)
        && !read_messages(&result->out, &words)
        && !akv_buf_append(&words, result->errors.data, result->errors.len))
        akv_buf_free(&words);
    token = akv_json_get_text(json, tools[cred->tool].form.token);
    if (words.len > 0)
        akv_log_mask_known((char *)words.data, words.len, token);
    cred_tool_explain(cred, result, akv_buf_str(&words), err);
    akv_json_free(json);
    akv_buf_free(&words);
}

static void cred_tool_on_end(void *arg, struct akv_process_result *result)
{
    struct cred_tool *cred = arg;
    struct akv_error err = AKV_ERROR_INIT;
    struct akv_json *json = NULL;
    struct akv_token token;
    bool has_object = false, ended_well = has_ended_well(result);
    const char *why = NULL;

    cred->process = NULL;
    if (ended_well)
        json = akv_json_find(akv_buf_str(&result->out), result->out.len,
                             tools[cred->tool].form.token, &has_object);
    if (json != NULL)
        why = akv_token_read(json, &tools[cred->tool].form,
                             akv_clock_wall(cred->io->clock), &token);
    if (json != NULL && why == NULL) {
        cred->done(cred->arg, &token, NULL);
    } else {
        if (ended_well)
            explain_output(cred, result, has_object, why, &err);
        else
            cred_tool_fail(cred, result, &err);
        cred->done(cred->arg, NULL, &err);
    }
    akv_json_free(json);
}

static bool scope_valid(const char *scope)
{
    for (; *scope != '\0'; scope++)
        if (!akv_is_alnum(*scope) && strchr(".-_:/", *scope) == NULL)
            return false;
    return true;
}

/* az has no option for claims: the user must log in with them. */
static bool cred_tool_check(const struct cred_tool *cred,
                            const struct akv_token_request *request,
                            struct akv_error *err)
{
    struct akv_buf claims = AKV_BUF_INIT(AKV_TOKEN_MAX);

    if (akv_is_privileged())
        return akv_error_set(err, AKV_E_UNAVAILABLE,
                             "%s is not run by a program that has more rights "
                             "than its caller",
                             tools[cred->tool].name);
    if (!scope_valid(request->scope)
        || (*request->tenant != '\0' && !akv_tenant_valid(request->tenant)))
        return akv_error_set(err, AKV_E_AUTHENTICATION,
                             "the scope or tenant to ask %s for has strange "
                             "characters",
                             tools[cred->tool].name);
    if (request->claims == NULL || cred->tool == AKV_TOOL_AZD)
        return true;
    if (!akv_base64_encode(request->claims, strlen(request->claims), &claims))
        return akv_error_set(err, AKV_E_MEMORY, "no memory for claims");
    (void)akv_error_set(err, AKV_E_AUTHENTICATION,
                        "the vault wants further claims: run az login "
                        "--claims-challenge %s",
                        akv_buf_str(&claims));
    akv_buf_free(&claims);
    return false;
}

static void cred_tool_run(struct cred_tool *cred,
                          const struct akv_token_request *request,
                          const char *tenant)
{
    struct akv_buf claims = AKV_BUF_INIT(AKV_TOKEN_MAX);
    char resource[512];
    const char *argv[16] = { cred->path != NULL ? cred->path
                                                : tools[cred->tool].name };
    size_t n = 1;

    (void)snprintf(resource, sizeof(resource), "%.*s",
                   (int)akv_scope_resource_len(request->scope), request->scope);
    if (cred->tool == AKV_TOOL_AZ) {
        const char *const fixed[] = { "account", "get-access-token", "-o",
                                      "json",    "--resource",       resource };

        memcpy(argv + n, fixed, sizeof(fixed));
        n += sizeof(fixed) / sizeof(fixed[0]);
    } else {
        const char *const fixed[] = { "auth",        "token",       "-o",
                                      "json",        "--no-prompt", "--scope",
                                      request->scope };

        memcpy(argv + n, fixed, sizeof(fixed));
        n += sizeof(fixed) / sizeof(fixed[0]);
        if (request->claims != NULL
            && akv_base64_encode(request->claims, strlen(request->claims),
                                 &claims)) {
            argv[n++] = "--claims";
            argv[n++] = akv_buf_str(&claims);
        }
    }
    if (tenant != NULL) {
        argv[n++] = cred->tool == AKV_TOOL_AZ ? "--tenant" : "--tenant-id";
        argv[n++] = tenant;
    }
    cred->limit_ms = request->share - akv_clock_mono(cred->io->clock);
    if (cred->limit_ms < 0)
        cred->limit_ms = 0;
    cred->process = cred->io->ops->run(cred->io, argv, cred->limit_ms,
                                       cred_tool_on_end, cred);
    akv_buf_free(&claims);
}

static void tool_get(struct akv_cred *base,
                     const struct akv_token_request *request,
                     akv_token_fn *done, void *arg)
{
    struct cred_tool *cred = (struct cred_tool *)base;
    struct akv_error err = AKV_ERROR_INIT;

    cred->done = done;
    cred->arg = arg;
    if (cred_tool_check(cred, request, &err)) {
        cred_tool_run(cred, request,
                      *request->tenant != '\0' ? akv_tenant_choose(
                          cred->settings, NULL, request->tenant, &err)
                                               : NULL);
        if (cred->process != NULL)
            return;
        (void)akv_error_set(&err, AKV_E_UNAVAILABLE, "%s cannot be run",
                            tools[cred->tool].name);
    }
    done(arg, NULL, &err);
}

static void tool_free(struct akv_cred *base)
{
    struct cred_tool *cred = (struct cred_tool *)base;

    if (cred->process != NULL)
        cred->io->ops->kill(cred->io, cred->process);
    free(cred);
}

struct akv_cred *akv_cred_tool_new(struct akv_io *io,
                                   const struct akv_settings *settings,
                                   const struct akv_deferred_files *files,
                                   enum akv_tool tool, struct akv_error *err)
{
    static const struct akv_cred_ops ops = { tool_get, tool_free };
    struct cred_tool *cred =
        (struct cred_tool *)akv_cred_alloc(sizeof(*cred), &ops, err);

    if (cred == NULL)
        return NULL;
    cred->io = io;
    cred->settings = settings;
    cred->path = files != NULL ? files->tools[tool] : NULL;
    cred->tool = tool;
    return &cred->base;
}
