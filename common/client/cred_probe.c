/* SPDX-License-Identifier: Apache-2.0 */

/*
 * A check uses neither the client's connections nor its cache: it has a
 * credential of its own, which is made, asked and freed in the loop while the
 * caller waits. Where the loop hangs, all that it may still use is left behind:
 * the check, the reference to the loop, and the files that were read.
 */

#include <stdlib.h>
#include <string.h>

#include "auth/cred_factory.h"
#include "base/cancel.h"
#include "base/settings_impl.h"
#include "client/client_impl.h"
#include "client/cred_probe.h"
#include "transport/http_curl.h"
#include "transport/loop_drive.h"

#define GRACE_MS 1000

/* One credential that is being tried; the caller waits for it. */
struct check {
    struct akv_task task;
    struct akv_loop *loop;
    const struct akv_settings *settings;
    struct akv_deferred_files *files;
    const struct akv_default_link *link; /* NULL: what the settings ask for */
    const char *scope;
    struct akv_io *io;     /* the loop thread's */
    struct akv_cred *cred; /* the loop thread's */
    struct akv_buf token;
    int64_t expires_on;
    struct akv_error err;
    struct akv_event done;
};

static void cred_probe_end(struct check *check)
{
    if (check->cred != NULL)
        check->cred->ops->free(check->cred);
    if (check->io != NULL)
        check->io->ops->free(check->io);
    check->cred = NULL;
    check->io = NULL;
    akv_event_set(&check->done);
}

/* The credential must not be freed in its own callback. */
static void end_later(void *arg)
{
    cred_probe_end(arg);
}

static void cred_probe_on_token(void *arg, const struct akv_token *token,
                                const struct akv_error *err)
{
    struct check *check = arg;

    if (token == NULL)
        check->err = *err;
    else if (!akv_buf_append_str(&check->token, token->text))
        (void)akv_error_set(&check->err, AKV_E_MEMORY, "no memory");
    else
        check->expires_on = token->expires_on;
    check->task.fn = end_later;
    akv_loop_post(check->loop, &check->task);
}

static void cred_probe_start(void *arg)
{
    struct check *check = arg;
    int64_t timeout = check->settings->timeout_ms;
    struct akv_token_request request = { check->scope, "", NULL, 0, 0 };
    struct akv_cred_world world = { NULL, check->settings, check->files, true };

    check->io = akv_http_curl_new(check->loop, check->settings,
                                  &check->files->ca, &check->err);
    if (check->io == NULL) {
        cred_probe_end(check);
        return;
    }
    world.io = check->io;
    check->cred = check->link == NULL ? akv_cred_new(check->io, check->settings,
                                                     check->files, &check->err)
                                      : akv_cred_new_kind(check->link->kind,
                                                          &world, &check->err);
    if (check->cred == NULL) {
        cred_probe_end(check);
        return;
    }
    request.deadline = akv_clock_mono(check->io->clock) + timeout;
    request.share = request.deadline; /* each is asked by itself */
    check->cred->ops->get(check->cred, &request, cred_probe_on_token, check);
}

/* Waits until it has ended. *hangs: the loop does, and keeps what it uses. */
static bool cred_probe_wait_for(struct check *check, bool *hangs,
                                struct akv_error *err)
{
    const char *name =
        check->link != NULL ? check->link->name : "of the settings";

    akv_buf_init(&check->token, AKV_TOKEN_MAX);
    if (!akv_event_init(&check->done))
        return akv_error_set(err, AKV_E_MEMORY, "no memory for a check");
    check->task.fn = cred_probe_start;
    check->task.arg = check;
    akv_loop_post(check->loop, &check->task);
    *hangs =
        !akv_loop_await(check->loop, &check->done, NULL,
                        akv_clock_mono(akv_clock_system())
                            + check->settings->timeout_ms + 20000 + GRACE_MS);
    if (*hangs)
        return akv_error_set(err, AKV_E_DEADLINE,
                             "the I/O thread does not answer: the credential "
                             "%s could not be tried",
                             name);
    akv_event_destroy(&check->done);
    return true;
}

static bool check_one(struct check *check, akv_cred_probe_fn *fn, void *arg,
                      bool *hangs, struct akv_error *err)
{
    if (!cred_probe_wait_for(check, hangs, err))
        return false;
    fn(arg, check->link->name,
       check->token.len > 0 ? akv_buf_str(&check->token) : NULL, &check->err);
    akv_buf_free(&check->token);
    return true;
}

/* A token that was given comes before the default chain, which is looked at
 * all the same. Returns how many there are. */
static size_t
select_links(const struct akv_settings *settings,
             const struct akv_default_link *links[1 + AKV_CREDENTIALS_MAX])
{
    size_t first = 0;

    if (akv_credential_at(settings, 0) == AKV_CREDENTIAL_DEFAULT
        && (settings->access_token != NULL
            || settings->access_token_file != NULL))
        links[first++] = &akv_cred_given;
    return first + akv_cred_select(settings, links + first);
}

/* principal says why the files of a service principal cannot be used, if they
 * cannot. */
static bool cred_probe_check_all(const struct check *common,
                                 const struct akv_error *principal,
                                 akv_cred_probe_fn *fn, void *arg, bool *hangs,
                                 struct akv_error *err)
{
    const struct akv_default_link *links[1 + AKV_CREDENTIALS_MAX];
    size_t i, count = select_links(common->settings, links);

    for (i = 0; i < count; i++) {
        const struct akv_default_link *link = links[i];
        struct check *check;

        if (link->kind == AKV_CREDENTIAL_ENVIRONMENT
            && principal->code != AKV_E_NONE) {
            fn(arg, link->name, NULL, principal);
            continue;
        }
        check = malloc(sizeof(*check));
        if (check == NULL)
            return akv_error_set(err, AKV_E_MEMORY, "no memory for a check");
        *check = *common;
        check->link = link;
        if (!check_one(check, fn, arg, hangs, err)) {
            if (!*hangs)
                free(check);
            return false;
        }
        free(check);
    }
    return true;
}

/* What a check needs, for the time of it. False: *err says why not. */
static bool cred_probe_begin(struct akv_client *client, const char *scope,
                             struct check *common, struct akv_error *principal,
                             struct akv_error *err)
{
    const struct akv_settings *settings = akv_client_settings(client);
    struct akv_deferred_files *files =
        akv_deferred_files_new(settings, principal, err);

    memset(common, 0, sizeof(*common));
    if (files == NULL)
        return false;
    common->loop = akv_loop_acquire(settings->threads == AKV_THREADS_AUTO, err);
    common->settings = settings;
    common->files = files;
    common->scope = scope;
    if (common->loop != NULL)
        return true;
    akv_deferred_files_free(files);
    return false;
}

/* hangs: a loop goes on to use it. */
static void cred_probe_finish(struct check *common, bool hangs)
{
    if (hangs)
        return;
    akv_loop_release(common->loop);
    akv_deferred_files_free(common->files);
}

bool akv_cred_probe_all(struct akv_client *client, const char *scope,
                        akv_cred_probe_fn *fn, void *arg, struct akv_error *err)
{
    struct akv_error principal = AKV_ERROR_INIT, why = AKV_ERROR_INIT;
    struct check common;
    bool ok = cred_probe_begin(client, scope, &common, &principal, &why),
         hangs = false;

    if (ok) {
        ok = cred_probe_check_all(&common, &principal, fn, arg, &hangs, &why);
        cred_probe_finish(&common, hangs);
    }
    if (!ok && err != NULL)
        *err = why;
    return ok;
}

static bool cred_probe_fetch(const struct check *common, struct akv_buf *token,
                             int64_t *expires_on, bool *hangs,
                             struct akv_error *err)
{
    struct check *check = malloc(sizeof(*check));
    bool ok;

    if (check == NULL)
        return akv_error_set(err, AKV_E_MEMORY, "no memory for a token");
    *check = *common;
    ok = cred_probe_wait_for(check, hangs, err);
    if (*hangs)
        return false;
    if (ok && check->token.len == 0) {
        *err = check->err;
        ok = false;
    } else if (ok) {
        *expires_on = check->expires_on;
        ok = akv_buf_append(token, check->token.data, check->token.len)
             || akv_error_set(err, AKV_E_MEMORY, "no memory for a token");
    }
    akv_buf_free(&check->token);
    free(check);
    return ok;
}

bool akv_client_get_token(struct akv_client *client, const char *scope,
                          struct akv_buf *token, int64_t *expires_on,
                          struct akv_error *err)
{
    struct akv_error principal = AKV_ERROR_INIT, why = AKV_ERROR_INIT;
    struct check common;
    int cancel = akv_cancel_off();
    bool ok = cred_probe_begin(client, scope, &common, &principal, &why),
         hangs = false;

    if (ok) {
        ok = principal.code == AKV_E_NONE;
        if (ok)
            ok = cred_probe_fetch(&common, token, expires_on, &hangs, &why);
        else
            why = principal;
        cred_probe_finish(&common, hangs);
    }
    akv_cancel_restore(cancel);
    if (!ok && err != NULL)
        *err = why;
    return ok;
}
