/* SPDX-License-Identifier: Apache-2.0 */

/* Operations that are under way. */

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/cancel.h"
#include "base/file.h"
#include "base/settings_impl.h"
#include "client/client_runtime.h"

#define GRACE_MS 250 /* how late behind a deadline the I/O thread may be */

/* What tells of an operation's end. */
struct end_fd {
    struct akv_ready_fd ready;
    struct end_fd *former; /* whose number is another's by now */
};

/* One operation between a caller and the I/O thread, each of which holds a
 * reference. */
struct akv_pending {
    atomic_uint refs;
    struct akv_stamp stamp; /* a child has a copy of no use */
    struct akv_runtime
        *runtime;         /* borrowed; the client outlives the operation */
    struct akv_task task; /* in the loop's queue at first */
    struct akv_op op;     /* owned */
    int64_t deadline;
    struct akv_rest_call *call; /* the loop thread's */
    akv_done_fn *done;          /* may be NULL */
    void *arg;
    struct end_fd *_Atomic fd; /* owned; NULL until asked for */
    struct akv_mate mate;      /* by that descriptor, until the end */
    struct akv_event ended;    /* what follows is written before it */
    bool ok;
    struct akv_buf body; /* owned until it was waited for */
    struct akv_error err;
};

static void raise_fd(struct akv_pending *pending)
{
    const struct end_fd *fd = atomic_load(&pending->fd);

    if (fd != NULL)
        akv_ready_fd_raise(&fd->ready);
}

static void call_release(struct akv_pending *pending);

static void call_on_end(void *arg, struct akv_buf *body,
                        const struct akv_error *err)
{
    struct akv_pending *pending = arg;

    if (pending->done != NULL)
        pending->done(pending->arg, body, err);
    pending->ok = body != NULL;
    if (body != NULL) {
        pending->body = *body;
        akv_buf_init(body, body->max);
    }
    if (err != NULL)
        pending->err = *err;
    akv_event_set(&pending->ended);
    akv_mate_leave(pending->runtime->loop, &pending->mate);
    raise_fd(pending);
    call_release(pending); /* the loop's reference */
}

static void start_pending(void *arg)
{
    struct akv_pending *pending = arg;
    struct akv_error err = AKV_ERROR_INIT;
    struct akv_rest *vault = NULL;

    if (akv_loop_lost(pending->runtime->loop))
        akv_runtime_set_loss(&err);
    else
        vault = akv_runtime_rest(pending->runtime, &err);
    if (vault == NULL)
        call_on_end(pending, NULL, &err);
    else
        akv_rest_call_start(vault, &pending->op, pending->deadline, call_on_end,
                            pending, &pending->call);
}

static int64_t call_now_ms(void)
{
    return akv_clock_mono(akv_clock_system());
}

static struct akv_pending *pending_new(struct akv_op *op)
{
    struct akv_pending *pending = calloc(1, sizeof(*pending));

    if (pending == NULL || !akv_event_init(&pending->ended)) {
        free(pending);
        return NULL;
    }
    atomic_init(&pending->refs, 1);
    atomic_init(&pending->fd, NULL);
    pending->op = *op;
    op->link = NULL;
    akv_buf_init(&op->body, op->body.max);
    return pending;
}

static void end_fd_free(struct end_fd *fd)
{
    while (fd != NULL) {
        struct end_fd *former = fd->former;

        akv_ready_fd_close(&fd->ready);
        free(fd);
        fd = former;
    }
}

/* The last use of it. */
static void call_release(struct akv_pending *pending)
{
    if (atomic_fetch_sub(&pending->refs, 1) != 1)
        return;
    akv_op_free(&pending->op);
    akv_buf_free(&pending->body);
    akv_event_destroy(&pending->ended);
    end_fd_free(atomic_load(&pending->fd));
    free(pending);
}

void akv_pending_free(struct akv_pending *pending)
{
    if (pending == NULL)
        return;
    if (atomic_load(&pending->fd) != NULL && akv_stamp_is_here(&pending->stamp)
        && !akv_pending_is_over(pending))
        akv_mate_leave(pending->runtime->loop, &pending->mate);
    call_release(pending);
}

static struct akv_pending *call_submit(struct akv_client *client,
                                       struct akv_op *op, akv_done_fn *done,
                                       void *arg, struct akv_error *err)
{
    struct akv_runtime *runtime = akv_runtime_get(client, err);
    struct akv_pending *pending = NULL;

    if (runtime != NULL) {
        pending = pending_new(op);
        if (pending == NULL)
            (void)akv_error_set(err, AKV_E_MEMORY, "no memory for a call");
    }
    akv_op_free(op);
    if (pending == NULL)
        return NULL;
    pending->runtime = runtime;
    pending->stamp = runtime->own.stamp;
    pending->done = done;
    pending->arg = arg;
    pending->op.submitted = call_now_ms();
    pending->deadline = pending->op.submitted + pending->op.delay_ms
                        + client->settings->timeout_ms;
    pending->task.fn = start_pending;
    pending->task.arg = pending;
    atomic_fetch_add(&pending->refs, 1); /* the I/O thread's */
    akv_loop_post(runtime->loop, &pending->task);
    return pending;
}

struct akv_pending *akv_client_submit(struct akv_client *client,
                                      struct akv_op *op, akv_done_fn *done,
                                      void *arg, struct akv_error *err)
{
    int cancel = akv_cancel_off();
    struct akv_pending *pending = call_submit(client, op, done, arg, err);

    if (pending != NULL)
        akv_loop_poll(pending->runtime->loop, &pending->mate);
    akv_cancel_restore(cancel);
    return pending;
}

/* The waiter may be NULL. */
static bool await_end(struct akv_pending *pending, akv_waiter_fn *waiter,
                      struct akv_error *err)
{
    /* Once it has ended the client may be gone, but for who has begun it. */
    if ((waiter != NULL || !akv_pending_is_over(pending))
        && !akv_loop_await(pending->runtime->loop, &pending->ended, waiter,
                           pending->deadline + GRACE_MS))
        return akv_error_set(err, AKV_E_DEADLINE,
                             "the I/O thread does not answer; the name "
                             "service may be stuck");
    if (!pending->ok && err != NULL)
        *err = pending->err;
    return pending->ok;
}

/* The body of an operation that has ended well. */
static void take_body(struct akv_pending *pending, struct akv_buf *body)
{
    *body = pending->body;
    akv_buf_init(&pending->body, 0);
}

bool akv_pending_join(struct akv_pending *pending, const struct akv_buf **body,
                      struct akv_error *err)
{
    *body = &pending->body;
    return await_end(
        pending,
        akv_pending_is_over(pending) ? NULL : pending->runtime->client->waiter,
        err);
}

bool akv_pending_is_over(struct akv_pending *pending)
{
    return akv_event_wait(&pending->ended, 0);
}

bool akv_pending_has_ended(struct akv_pending *pending)
{
    if (!akv_pending_is_over(pending))
        akv_loop_poll(pending->runtime->loop, &pending->mate);
    return akv_pending_is_over(pending);
}

bool akv_pending_wait(struct akv_pending *pending, struct akv_buf *body,
                      struct akv_error *err)
{
    if (!await_end(pending, NULL, err))
        return false;
    take_body(pending, body);
    return true;
}

/* The end takes it out again; it may have come meanwhile. */
static void join_crew(struct akv_pending *pending,
                      const struct akv_ready_fd *ready)
{
    if (akv_pending_is_over(pending))
        return; /* the client may be gone */
    akv_mate_leave(pending->runtime->loop, &pending->mate);
    akv_mate_join(pending->runtime->loop, &pending->mate, ready);
    if (akv_pending_is_over(pending))
        akv_mate_leave(pending->runtime->loop, &pending->mate);
}

static int get_fd(struct akv_pending *pending, struct akv_error *err)
{
    struct end_fd *found = atomic_load(&pending->fd), *mine;

    if (found != NULL && akv_ready_fd_is_ours(&found->ready))
        return found->ready.fd;
    mine = calloc(1, sizeof(*mine));
    if (mine == NULL || !akv_ready_fd_open(&mine->ready)) {
        (void)akv_error_set(err, akv_file_code(errno, AKV_E_MEMORY),
                            "no descriptor for a call: %s", strerror(errno));
        free(mine);
        return -1;
    }
    mine->former = found;
    if (!atomic_compare_exchange_strong(&pending->fd, &found, mine)) {
        mine->former = NULL; /* another thread was faster */
        end_fd_free(mine);
        return found->ready.fd;
    }
    join_crew(pending, &mine->ready);
    if (akv_pending_is_over(pending))
        akv_ready_fd_raise(&mine->ready);
    return mine->ready.fd;
}

int akv_pending_fd(struct akv_pending *pending, struct akv_error *err)
{
    int cancel = akv_cancel_off(), fd = get_fd(pending, err);

    akv_cancel_restore(cancel);
    return fd;
}

bool akv_client_run(struct akv_client *client, struct akv_op *op,
                    struct akv_buf *body, struct akv_error *err)
{
    int cancel = akv_cancel_off();
    struct akv_pending *pending = call_submit(client, op, NULL, NULL, err);
    bool ok;

    akv_cancel_restore(cancel);
    ok = pending != NULL && await_end(pending, client->waiter, err);
    if (ok)
        take_body(pending, body);
    akv_pending_free(pending);
    return ok;
}
