/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Calls, from the caller's thread to the loop and back. Once one has ended
 * nothing of its client is touched by it any more: that may be gone.
 */

#include <stdlib.h>

#include "base/cancel.h"
#include "base/clock.h"
#include "base/settings_impl.h"
#include "client/call_impl.h"
#include "client/client_runtime.h"

#define GRACE_MS 250 /* how late behind a deadline the I/O thread may be */

static void call_release(struct akv_call *call)
{
    if (atomic_fetch_sub(&call->refs, 1) != 1)
        return;
    akv_op_free(&call->op);
    akv_buf_free(&call->body);
    akv_event_destroy(&call->ended);
    free(call);
}

struct akv_call *akv_call_up_ref(struct akv_call *call)
{
    atomic_fetch_add(&call->refs, 1);
    return call;
}

void akv_call_free(struct akv_call *call)
{
    if (call != NULL)
        call_release(call);
}

/* The rest of this part runs in the loop. */

/* Also in akv_client_dispatch(). Gives the loop's reference back. */
static void call_on_due(void *arg)
{
    struct akv_call *call = arg;

    if (call->done != NULL)
        call->done(call->arg, call);
    call_release(call);
}

static void call_on_end(void *arg, struct akv_buf *body,
                        const struct akv_error *err)
{
    struct akv_call *call = arg;
    struct akv_runtime *runtime = call->runtime;

    call->ok = body != NULL;
    if (body != NULL) {
        call->body = *body;
        akv_buf_init(body, body->max);
    }
    if (err != NULL)
        call->err = *err;
    akv_event_set(&call->ended);
    if (call->done == NULL
        || !akv_dispatch_end(&runtime->dispatch, runtime->loop, &call->due))
        call_on_due(call);
}

static void call_on_start(void *arg)
{
    struct akv_call *call = arg;
    struct akv_error err = AKV_ERROR_INIT;
    struct akv_rest *rest = NULL;

    if (akv_loop_lost(call->runtime->loop))
        akv_runtime_set_loss(&err);
    else
        rest = akv_runtime_rest(call->runtime, &err);
    if (rest == NULL)
        call_on_end(call, NULL, &err);
    else
        akv_rest_call_start(rest, &call->op, call->deadline, call_on_end, call,
                            &call->rest);
}

static void call_on_cancel(void *arg)
{
    struct akv_call *call = arg;

    if (call->rest != NULL)
        akv_rest_call_cancel(call->rest);
    call_release(call);
}

/* From here on: any thread. */

static struct akv_call *call_new(struct akv_op *op)
{
    struct akv_call *call = calloc(1, sizeof(*call));

    if (call == NULL || !akv_event_init(&call->ended)) {
        free(call);
        return NULL;
    }
    atomic_init(&call->refs, 1);
    atomic_init(&call->is_cancelled, false);
    call->op = *op;
    op->link = NULL;
    akv_buf_init(&op->body, op->body.max);
    return call;
}

static struct akv_call *call_submit(struct akv_client *client,
                                    struct akv_op *op, akv_done_fn *done,
                                    void *arg, struct akv_error *err)
{
    struct akv_runtime *runtime = akv_runtime_get(client, err);
    struct akv_call *call = NULL;

    if (runtime != NULL) {
        call = call_new(op);
        if (call == NULL)
            (void)akv_error_set(err, AKV_E_MEMORY, "no memory for a call");
    }
    akv_op_free(op);
    if (call == NULL)
        return NULL;
    call->runtime = runtime;
    call->stamp = runtime->own.stamp;
    call->done = done;
    call->arg = arg;
    call->op.submitted = akv_clock_mono(akv_clock_system());
    call->deadline =
        call->op.submitted + call->op.delay_ms + client->settings->timeout_ms;
    call->start.fn = call_on_start;
    call->start.arg = call;
    call->cancel.fn = call_on_cancel;
    call->cancel.arg = call;
    call->due.fn = call_on_due;
    call->due.arg = call;
    if (done != NULL)
        akv_dispatch_begin(&runtime->dispatch, runtime->loop);
    akv_loop_post(runtime->loop, &akv_call_up_ref(call)->start);
    return call;
}

struct akv_call *akv_call_start(struct akv_client *client, struct akv_op *op,
                                akv_done_fn *done, void *arg,
                                struct akv_error *err)
{
    int cancel = akv_cancel_off();
    struct akv_call *call = call_submit(client, op, done, arg, err);

    /* Who asks for no function to be called comes back to wait. */
    if (call != NULL && done != NULL)
        akv_loop_poll(call->runtime->loop, &call->runtime->dispatch.mate);
    akv_cancel_restore(cancel);
    return call;
}

bool akv_call_is_over(struct akv_call *call)
{
    return akv_event_wait(&call->ended, 0);
}

bool akv_call_has_ended(struct akv_call *call)
{
    if (!akv_call_is_over(call))
        akv_loop_poll(call->runtime->loop, &call->runtime->dispatch.mate);
    return akv_call_is_over(call);
}

bool akv_call_wait(struct akv_call *call, struct akv_error *err)
{
    if (!akv_call_is_over(call)
        && !akv_loop_await(call->runtime->loop, &call->ended,
                           call->runtime->client->waiter,
                           call->deadline + GRACE_MS))
        return akv_error_set(err, AKV_E_DEADLINE,
                             "the I/O thread does not answer; the name "
                             "service may be stuck");
    if (!call->ok && err != NULL)
        *err = call->err;
    return call->ok;
}

void akv_call_cancel(struct akv_call *call)
{
    int cancel = akv_cancel_off();

    if (!akv_call_is_over(call) && akv_stamp_is_here(&call->stamp)
        && !atomic_exchange(&call->is_cancelled, true)) {
        akv_loop_post(call->runtime->loop, &akv_call_up_ref(call)->cancel);
        akv_loop_poll(call->runtime->loop, &call->runtime->dispatch.mate);
    }
    akv_cancel_restore(cancel);
}
