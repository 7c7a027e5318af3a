/* SPDX-License-Identifier: Apache-2.0 */

/*
 * A deletion, a recovery and a purge have no status: whether the object can be
 * read tells how they are. A certificate's creation has one, at GET
 * /certificates/NAME/pending. Nothing sleeps here: the pause is part of the
 * operation (delay_ms), and the loop keeps it.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "akv/poller.h"
#include "base/clock.h"
#include "client/call_impl.h"

static const struct {
    struct akv_op_kind kind;
    int64_t pause_ms;
    const char *status; /* while it lasts */
} polls[] = {
    [AKV_POLL_DELETE] = { { .name = "wait for the deletion of",
                            .method = "GET",
                            .prefix = "deleted",
                            .absence_is_answer = true },
                          2000,
                          "deleting" },
    [AKV_POLL_RECOVER] = { { .name = "wait for the recovery of",
                             .method = "GET",
                             .absence_is_answer = true },
                           2000,
                           "recovering" },
    [AKV_POLL_CREATE] = { { .name = "wait for the creation of",
                            .method = "GET",
                            .suffix = "/pending" },
                          5000,
                          "inProgress" },
    [AKV_POLL_PURGE] = { { .name = "wait for the purge of",
                           .method = "GET",
                           .prefix = "deleted",
                           .absence_is_answer = true },
                         2000,
                         "being purged" },
};

struct akv_poller {
    struct akv_client *client; /* borrowed */
    enum akv_poll poll;
    struct akv_id id;
    bool begun;
    char status[64];
};

struct akv_poller *akv_poller_new(struct akv_client *client, enum akv_poll poll,
                                  const struct akv_id *id)
{
    struct akv_poller *poller = calloc(1, sizeof(*poller));

    if (poller == NULL)
        return NULL;
    poller->client = client;
    poller->poll = poll;
    poller->id = *id;
    poller->id.version[0] = '\0';
    (void)snprintf(poller->status, sizeof(poller->status), "%s",
                   polls[poll].status);
    return poller;
}

void akv_poller_free(struct akv_poller *poller)
{
    free(poller);
}

const char *akv_poller_status(const struct akv_poller *poller)
{
    return poller->status;
}

/* The status of a certificate's operation decides. */
static bool read_operation(struct akv_poller *poller,
                           const struct akv_op *asked,
                           const struct akv_json *json, bool *done,
                           struct akv_error *err)
{
    const char *status = akv_json_get_text(json, "status");
    const char *details = akv_json_get_text(json, "status_details");
    const struct akv_json *error = akv_json_get(json, "error");
    const char *message = akv_json_get_text(error, "message");

    if (status == NULL)
        return akv_op_bad_reply(asked, "status", "is missing", err);
    (void)snprintf(poller->status, sizeof(poller->status), "%s", status);
    *done = strcmp(status, "completed") == 0;
    if (*done || strcmp(status, "inProgress") == 0)
        return true;
    return akv_error_set(
        err, AKV_E_SERVICE, "the creation of certificates/%s is %s%s%s",
        poller->id.name, status, message != NULL || details != NULL ? ": " : "",
        message != NULL   ? message
        : details != NULL ? details
                          : "");
}

/* Whether the object is there, or gone, as it is to be in the end. */
static bool find_out(enum akv_poll poll, bool is_there,
                     const struct akv_error *why, bool *done,
                     struct akv_error *err)
{
    bool is_gone = !is_there && why->code == AKV_E_NOT_FOUND;

    if (is_there || is_gone || why->code == AKV_E_FORBIDDEN) {
        *done = why->code == AKV_E_FORBIDDEN
                || (poll == AKV_POLL_PURGE ? is_gone : is_there);
        return true;
    }
    if (err != NULL)
        *err = *why;
    return false;
}

struct akv_call *akv_poller_step_start(struct akv_poller *poller,
                                       int64_t delay_ms, akv_done_fn *done,
                                       void *arg, struct akv_error *err)
{
    struct akv_op op;

    akv_op_init(&op, &polls[poller->poll].kind, &poller->id);
    op.delay_ms = poller->begun ? polls[poller->poll].pause_ms : 0;
    if (delay_ms >= 0)
        op.delay_ms = delay_ms;
    poller->begun = true;
    return akv_call_start(poller->client, &op, done, arg, err);
}

bool akv_poller_step_result(struct akv_poller *poller, struct akv_call *call,
                            bool *is_over, struct akv_error *err)
{
    const struct akv_op_kind *kind = &polls[poller->poll].kind;
    struct akv_error why = AKV_ERROR_INIT;
    struct akv_json *json;
    bool ok;

    *is_over = false;
    if (call == NULL)
        return false;
    json = akv_call_reply(call, kind, &why);
    ok = json != NULL;
    if (kind->absence_is_answer)
        ok = find_out(poller->poll, ok, &why, is_over, err);
    else if (ok)
        ok = read_operation(poller, &call->op, json, is_over, err);
    else if (err != NULL)
        *err = why;
    akv_json_free(json);
    return ok;
}

bool akv_poller_step(struct akv_poller *poller, int64_t delay_ms, bool *is_over,
                     struct akv_error *err)
{
    struct akv_call *call =
        akv_poller_step_start(poller, delay_ms, NULL, NULL, err);

    return akv_call_close(call,
                          akv_poller_step_result(poller, call, is_over, err));
}

bool akv_poller_wait(struct akv_poller *poller, int64_t limit_ms,
                     akv_progress_fn *progress, void *arg,
                     struct akv_error *err)
{
    const struct akv_clock *clock = akv_clock_system();
    int64_t start = akv_clock_mono(clock), passed;
    bool done = false;

    while (akv_poller_step(poller, -1, &done, err)) {
        passed = akv_clock_mono(clock) - start;
        if (done)
            return true;
        if (progress != NULL && !progress(arg, poller->status, passed))
            return akv_error_set(err, AKV_E_CANCELLED,
                                 "the wait was given up; the operation goes "
                                 "on in the vault");
        if (passed >= limit_ms)
            return akv_error_set(err, AKV_E_DEADLINE,
                                 "%s/%s is still %s after %lld s; the "
                                 "operation goes on in the vault",
                                 akv_kind_collection(poller->id.kind),
                                 poller->id.name, poller->status,
                                 (long long)(passed / 1000));
    }
    return false;
}
