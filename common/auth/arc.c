/* SPDX-License-Identifier: Apache-2.0 */

/*
 * A file is opened only if it lies in the agent's folder itself and ends in
 * .key: whoever answers at the endpoint is sent what is in it, and must not get
 * at any other. The loop stands still while it is read.
 */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "auth/arc.h"
#include "base/file.h"

#define TOKENS "/var/opt/azcmagent/tokens/"
#define KEY_MAX 4096
#define KEY_MS 1000 /* the agent has written it just now */

struct akv_arc {
    struct akv_io *io; /* borrowed */
    struct akv_http_request request;
    struct akv_exchange *exchange; /* under way, or NULL */
    akv_arc_fn *done;
    void *arg;
    struct akv_arc **handle; /* borrowed: the starter's pointer to this */
};

void akv_arc_cancel(struct akv_arc *arc)
{
    if (arc == NULL)
        return;
    if (arc->exchange != NULL)
        arc->io->ops->cancel(arc->io, arc->exchange);
    akv_http_request_free(&arc->request);
    free(arc);
}

/* Reports and ends: arc is gone after it. */
static void arc_finish(struct akv_arc *arc, const char *basic,
                       const struct akv_error *err)
{
    akv_arc_fn *done = arc->done;
    void *arg = arc->arg;

    *arc->handle = NULL;
    akv_arc_cancel(arc);
    done(arg, basic, err);
}

bool akv_arc_file(const char *challenge, char *path, size_t size,
                  struct akv_error *err)
{
    static const char start[] = "Basic realm=";
    const char *file = challenge != NULL ? challenge : "";
    size_t len;

    if (strncasecmp(file, start, sizeof(start) - 1) != 0
        || strchr(file + sizeof(start) - 1, '=') != NULL)
        return akv_error_set(err, AKV_E_AUTHENTICATION,
                             "Azure Arc: the challenge '%.100s' is not of the "
                             "form Basic realm=FILE",
                             file);
    file += sizeof(start) - 1;
    len = strlen(file);
    if (strncmp(file, TOKENS, sizeof(TOKENS) - 1) != 0
        || strchr(file + sizeof(TOKENS) - 1, '/') != NULL
        || len < sizeof(TOKENS) + 4 || strcmp(file + len - 4, ".key") != 0
        || len >= size)
        return akv_error_set(err, AKV_E_AUTHENTICATION,
                             "Azure Arc: the challenge names '%.200s', which "
                             "is no .key file in " TOKENS "; it is not read",
                             file);
    memcpy(path, file, len + 1);
    return true;
}

static bool arc_read_key(const char *path, struct akv_buf *basic,
                         struct akv_error *err)
{
    struct akv_buf key = AKV_BUF_INIT(KEY_MAX + 1);
    bool ok = akv_file_read(path, &key, KEY_MS);

    if (!ok)
        (void)akv_file_explain(err, AKV_E_AUTHENTICATION, "Azure Arc", path);
    if (ok && !akv_buf_appendf(basic, "Basic %s", akv_buf_str(&key)))
        ok = akv_error_set(err, AKV_E_MEMORY, "no memory for a token");
    akv_buf_free(&key);
    return ok;
}

static void arc_on_reply(void *arg, struct akv_http_reply *reply,
                         const struct akv_error *cause, bool sent)
{
    struct akv_arc *arc = arg;
    struct akv_buf basic = AKV_BUF_INIT(KEY_MAX + 16);
    struct akv_error err = AKV_ERROR_INIT;
    char path[512];

    (void)sent;
    arc->exchange = NULL;
    if (reply == NULL)
        (void)akv_error_set(&err, AKV_E_UNAVAILABLE, "Azure Arc: %s",
                            cause->message);
    else if (reply->status != 401)
        (void)akv_error_set(&err, AKV_E_AUTHENTICATION,
                            "Azure Arc: HTTP %ld where a challenge (401) is "
                            "expected",
                            reply->status);
    else if (akv_arc_file(reply->headers[AKV_H_WWW_AUTHENTICATE], path,
                          sizeof(path), &err))
        (void)arc_read_key(path, &basic, &err);
    arc_finish(arc, err.code == AKV_E_NONE ? akv_buf_str(&basic) : NULL, &err);
    akv_buf_free(&basic);
}

void akv_arc_start(struct akv_io *io, struct akv_http_request *request,
                   akv_arc_fn *done, void *arg, struct akv_arc **handle)
{
    struct akv_arc *arc = calloc(1, sizeof(*arc));
    struct akv_error err = AKV_ERROR_INIT;

    *handle = arc;
    if (arc == NULL) {
        (void)akv_error_set(&err, AKV_E_MEMORY, "no memory for a token");
        akv_http_request_free(request);
        done(arg, NULL, &err);
        return;
    }
    arc->io = io;
    arc->request = *request;
    memset(request, 0, sizeof(*request));
    arc->done = done;
    arc->arg = arg;
    arc->handle = handle;
    arc->exchange = io->ops->send(io, &arc->request, arc_on_reply, arc, &err);
    if (arc->exchange == NULL)
        arc_finish(arc, NULL, &err);
}
