/* SPDX-License-Identifier: Apache-2.0 */

/* Tokens of developers' tools: the Azure CLI and the Azure Developer CLI. They
 * are run without a shell, and what goes into their arguments is checked all
 * the same. */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "ascii.h"
#include "base64.h"
#include "challenge.h"
#include "cred.h"
#include "file.h"
#include "json.h"
#include "log.h"
#include "principal.h"
#include "privileged.h"

#define TOOL_MS 10000

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

static const struct {
    const char *name, *token,
        *login; /* of the program, its reply, its remedy */
} tools[] = {
    [AKV_TOOL_AZ] = { "az", "accessToken", "az login" },
    [AKV_TOOL_AZD] = { "azd", "token", "azd auth login" },
};

/* A time with Z, or one of this machine's zone where the tool writes such. */
static int64_t read_time(const char *text)
{
    struct tm tm;
    const char *end;

    memset(&tm, 0, sizeof(tm));
    tm.tm_isdst = -1;
    end = strptime(text, "%Y-%m-%d", &tm);
    if (end == NULL || (*end != ' ' && *end != 'T'))
        return 0;
    end = strptime(end + 1, "%H:%M:%S", &tm);
    if (end == NULL)
        return 0;
    return strchr(end, 'Z') != NULL ? (int64_t)timegm(&tm)
                                    : (int64_t)mktime(&tm);
}

static bool read_reply(const struct cred_tool *cred,
                       const struct akv_json *json, struct akv_token *token)
{
    const char *expires = akv_json_get_text(json, "expiresOn");

    memset(token, 0, sizeof(*token));
    token->text = akv_json_get_text(json, tools[cred->tool].token);
    if (!akv_json_get_int(json, "expires_on", &token->expires_on)
        && expires != NULL)
        token->expires_on = read_time(expires);
    return token->text != NULL && akv_token_valid(token->text)
           && token->expires_on > akv_clock_wall(cred->io->clock);
}

/* Not installed and not logged in are "unavailable", the rest is a failure. */
static void explain(const struct cred_tool *cred,
                    struct akv_process_result *result,
                    const struct akv_json *json, struct akv_error *err)
{
    const char *name = tools[cred->tool].name;
    const char *text = akv_buf_str(&result->errors);

    if (result->errors.len > 0)
        akv_log_mask_known((char *)result->errors.data, result->errors.len,
                           akv_json_get_text(json, tools[cred->tool].token));
    if (result->error != 0 && result->error != ENOENT)
        (void)akv_error_set(
            err, akv_file_code(result->error, AKV_E_UNAVAILABLE),
            "%s cannot be run: %s", name, strerror(result->error));
    else if (result->status == 127)
        (void)akv_error_set(err, AKV_E_UNAVAILABLE, "%s is not installed",
                            name);
    else if (result->timed_out)
        (void)akv_error_set(err, AKV_E_UNAVAILABLE,
                            "%s hung: no token within %lld ms", name,
                            (long long)cred->limit_ms);
    else if (strstr(text, tools[cred->tool].login) != NULL
             || strcasestr(text, "not logged in") != NULL)
        (void)akv_error_set(err, AKV_E_UNAVAILABLE, "run %s: %.200s",
                            tools[cred->tool].login, text);
    else
        (void)akv_error_set(err, AKV_E_AUTHENTICATION,
                            "%s ended with %d and no token: %.300s", name,
                            result->status, text);
    akv_log_mask(err->message);
}

static void on_end(void *arg, struct akv_process_result *result)
{
    struct cred_tool *cred = arg;
    struct akv_error err = AKV_ERROR_INIT;
    struct akv_json *json = NULL;
    struct akv_token token;

    cred->process = NULL;
    if (result->status == 0 || result->status == -1)
        json = akv_json_parse(akv_buf_str(&result->out), result->out.len, NULL);
    if (json != NULL && read_reply(cred, json, &token)) {
        cred->done(cred->arg, &token, NULL);
    } else {
        explain(cred, result, json, &err);
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
static bool check(const struct cred_tool *cred,
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

/* Half of the time that is left, so that one that hangs leaves enough to those
 * behind it in a chain, and to the call that wants the token. */
static int64_t limit(const struct cred_tool *cred,
                     const struct akv_token_request *request)
{
    int64_t half = (request->deadline - akv_clock_mono(cred->io->clock)) / 2;

    if (half < 0)
        return 0;
    return half < TOOL_MS ? half : TOOL_MS;
}

static void run(struct cred_tool *cred, const struct akv_token_request *request,
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
    cred->limit_ms = limit(cred, request);
    cred->process =
        cred->io->ops->run(cred->io, argv, cred->limit_ms, on_end, cred);
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
    if (check(cred, request, &err)) {
        run(cred, request,
            *request->tenant != '\0'
                ? akv_tenant_choose(cred->settings, NULL, request->tenant, &err)
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
                                   const struct akv_late *late,
                                   enum akv_tool tool, struct akv_error *err)
{
    static const struct akv_cred_ops ops = { tool_get, tool_free };
    struct cred_tool *cred =
        (struct cred_tool *)akv_cred_alloc(sizeof(*cred), &ops, err);

    if (cred == NULL)
        return NULL;
    cred->io = io;
    cred->settings = settings;
    cred->path = late != NULL ? late->tools[tool] : NULL;
    cred->tool = tool;
    return &cred->base;
}
