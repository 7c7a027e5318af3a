/* SPDX-License-Identifier: Apache-2.0 */

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "cancel.h"
#include "client.h"
#include "drive.h"
#include "http_curl.h"
#include "loop.h"
#include "per_process.h"
#include "vault.h"

#define CLOSE_MS 2000 /* how long the end waits for the I/O thread */
#define GRACE_MS 250  /* how late behind a deadline the I/O thread may be */
#define FETCH_MARGIN_MS 100

/* The parent's thread and its connections are not the child's to touch. */
struct runtime {
    struct akv_own own;
    struct akv_client *client; /* borrowed */
    struct akv_loop *loop;     /* counted */
    struct akv_vault *vault;   /* the loop thread's; NULL until first used */
    struct akv_task on_loss;   /* of the loop's descriptors */
    atomic_bool gone;          /* the loop has no use for it any more */
    struct akv_stats stats;
};

struct akv_client {
    const struct akv_settings *settings; /* borrowed */
    struct akv_log *log;                 /* borrowed, may be NULL */
    akv_waiter_fn *waiter;               /* NULL: threads are blocked */
    _Atomic(struct akv_late *) late;     /* owned; NULL until prepared */
    akv_own_slot runtime;                /* owned; NULL until first used */
};

/* What tells of an operation's end. */
struct end_fd {
    struct akv_ready_fd ready;
    struct end_fd *former; /* whose number is another's by now */
};

/* One operation between a caller and the I/O thread, each of which holds a
 * reference. */
struct akv_pending {
    atomic_uint refs;
    struct runtime *runtime; /* borrowed; the client outlives the operation */
    struct akv_task task;    /* in the loop's queue at first */
    struct akv_op op;        /* owned */
    int64_t deadline;
    struct akv_call *call; /* the loop thread's */
    akv_done_fn *done;     /* may be NULL */
    void *arg;
    struct end_fd *_Atomic fd; /* owned; NULL until asked for */
    struct akv_mate mate;      /* by that descriptor, until the end */
    struct akv_event ended;    /* what follows is written before it */
    bool ok;
    struct akv_buf body; /* owned until it was waited for */
    struct akv_error err;
};

struct akv_client *akv_client_new(const struct akv_settings *settings,
                                  struct akv_log *log)
{
    struct akv_client *client = calloc(1, sizeof(*client));

    if (client == NULL)
        return NULL;
    client->settings = settings;
    client->log = log;
    return client;
}

const struct akv_settings *akv_client_settings(const struct akv_client *client)
{
    return client->settings;
}

static bool prepare(struct akv_client *client, struct akv_error *err)
{
    struct akv_error principal = AKV_ERROR_INIT;
    struct akv_late *late, *none = NULL;

    if (atomic_load(&client->late) != NULL)
        return true;
    if (client->log != NULL)
        akv_log_open(client->log);
    late = akv_late_new(client->settings, &principal, err);
    if (late == NULL)
        return false;
    if (principal.code != AKV_E_NONE) {
        akv_late_free(late);
        if (err != NULL)
            *err = principal;
        return false;
    }
    if (!atomic_compare_exchange_strong(&client->late, &none, late))
        akv_late_free(late); /* another thread was faster */
    return true;
}

bool akv_client_prepare(struct akv_client *client, struct akv_error *err)
{
    int cancel = akv_cancel_off();
    bool ok = prepare(client, err);

    akv_cancel_restore(cancel);
    return ok;
}

static void lose_runtime(void *arg);

/* NULL: there is none, or it cannot be used any more. */
static struct runtime *find_runtime(struct akv_client *client)
{
    struct runtime *found = (struct runtime *)akv_own_find(&client->runtime);

    if (found == NULL || akv_loop_intact(found->loop))
        return found;
    atomic_store(&found->own.lost, true);
    return NULL;
}

static struct runtime *get_runtime(struct akv_client *client,
                                   struct akv_error *err)
{
    struct runtime *found = find_runtime(client), *mine;

    if (found != NULL)
        return found;
    if (!prepare(client, err))
        return NULL;
    mine = calloc(1, sizeof(*mine));
    if (mine == NULL) {
        (void)akv_error_set(err, AKV_E_MEMORY, "no memory for a client");
        return NULL;
    }
    mine->client = client;
    mine->loop =
        akv_loop_acquire(client->settings->threads == AKV_THREADS_AUTO, err);
    if (mine->loop == NULL) {
        free(mine);
        return NULL;
    }
    found = (struct runtime *)akv_own_put(&client->runtime, &mine->own);
    if (found == mine) {
        mine->on_loss.fn = lose_runtime;
        mine->on_loss.arg = mine;
        akv_loop_on_loss(mine->loop, &mine->on_loss);
        return mine;
    }
    akv_loop_release(mine->loop);
    free(mine);
    return found;
}

/* The rest of this part runs in the loop. */

static void warn_of_foreign_tls(struct akv_log *log, const struct akv_io *io)
{
    if (io->foreign_tls != NULL)
        akv_log_write(log, AKV_LOG_WARNING,
                      "libcurl has another TLS library, %s: openssl.cnf may "
                      "reach its connections, and it does not wipe what was "
                      "received",
                      io->foreign_tls);
}

/* A token's fetch ends a little before the call that began it, so that the
 * call can say what the authority said. */
static int64_t fetch_ms(const struct akv_settings *settings)
{
    int64_t timeout = settings->timeout_ms;

    return timeout > 2 * FETCH_MARGIN_MS ? timeout - FETCH_MARGIN_MS
                                         : timeout / 2;
}

static struct akv_vault *get_vault(struct runtime *runtime,
                                   struct akv_error *err)
{
    struct akv_client *client = runtime->client;
    const struct akv_late *late = atomic_load(&client->late);
    struct akv_cred_cache *cache;
    struct akv_cred *cred;
    struct akv_io *io;

    if (runtime->vault != NULL)
        return runtime->vault;
    io = akv_http_curl_new(runtime->loop, client->settings, &late->ca, err);
    if (io == NULL)
        return NULL;
    io->stats = &runtime->stats;
    cred = akv_cred_new(io, client->settings, late, err);
    if (cred == NULL) {
        io->ops->free(io);
        return NULL;
    }
    cache = akv_cred_cache_new(io, cred, fetch_ms(client->settings));
    if (cache != NULL)
        runtime->vault =
            akv_vault_new(io, cache, client->settings, client->log);
    if (runtime->vault != NULL) {
        warn_of_foreign_tls(client->log, io);
        return runtime->vault;
    }
    akv_cred_cache_free(cache);
    io->ops->free(io);
    (void)akv_error_set(err, AKV_E_MEMORY, "no memory for a client");
    return NULL;
}

/* The program has closed descriptors: those who wait need not wait on. */
static void set_loss(struct akv_error *err)
{
    (void)akv_error_set(err, AKV_E_TRANSPORT,
                        "the program has closed descriptors that are not its "
                        "own; the next operation has new ones");
}

static void lose_runtime(void *arg)
{
    struct runtime *runtime = arg;
    struct akv_error err = AKV_ERROR_INIT;

    set_loss(&err);
    akv_vault_free(runtime->vault, &err);
    runtime->vault = NULL;
    atomic_store(&runtime->gone, true);
}

static void raise_fd(struct akv_pending *pending)
{
    const struct end_fd *fd = atomic_load(&pending->fd);

    if (fd != NULL)
        akv_ready_fd_raise(&fd->ready);
}

static void release(struct akv_pending *pending);

static void on_end(void *arg, struct akv_buf *body, const struct akv_error *err)
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
    release(pending); /* the loop's reference */
}

static void start_pending(void *arg)
{
    struct akv_pending *pending = arg;
    struct akv_error err = AKV_ERROR_INIT;
    struct akv_vault *vault = NULL;

    if (akv_loop_lost(pending->runtime->loop))
        set_loss(&err);
    else
        vault = get_vault(pending->runtime, &err);
    if (vault == NULL)
        on_end(pending, NULL, &err);
    else
        akv_vault_start(vault, &pending->op, pending->deadline, on_end, pending,
                        &pending->call);
}

struct closing {
    struct akv_task task;
    struct runtime *runtime;
    struct akv_event done;
};

static void close_runtime(void *arg)
{
    struct closing *closing = arg;

    akv_loop_off_loss(closing->runtime->loop, &closing->runtime->on_loss);
    akv_vault_free(closing->runtime->vault, NULL);
    akv_event_set(&closing->done);
}

/* From here on: any thread. */

static int64_t now_ms(void)
{
    return akv_clock_mono(akv_clock_system());
}

/* False: the I/O thread is stuck, in a name server say, and keeps all. */
static bool close_in_loop(struct runtime *runtime)
{
    struct closing *closing = calloc(1, sizeof(*closing));

    if (closing == NULL || !akv_event_init(&closing->done)) {
        free(closing);
        return false;
    }
    closing->runtime = runtime;
    closing->task.fn = close_runtime;
    closing->task.arg = closing;
    akv_loop_post(runtime->loop, &closing->task);
    if (!akv_loop_await(runtime->loop, &closing->done, NULL,
                        now_ms() + CLOSE_MS))
        return false;
    akv_event_destroy(&closing->done);
    free(closing);
    return true;
}

/* Whether no loop uses one of these, which this process has lost. */
static bool are_gone(const struct akv_own *own)
{
    for (; own != NULL; own = own->former)
        if (akv_own_is_here(own)
            && !atomic_load(&((const struct runtime *)own)->gone))
            return false;
    return true;
}

static void free_runtimes(struct akv_own *own)
{
    while (own != NULL && akv_own_is_here(own)) { /* the parent's come last */
        struct akv_own *former = own->former;

        free(own);
        own = former;
    }
}

static bool client_free(struct akv_client *client)
{
    struct runtime *runtime;
    struct akv_own *own;

    if (client == NULL)
        return true;
    runtime = find_runtime(client);
    own = atomic_load(&client->runtime);
    if (runtime != NULL) {
        if (!close_in_loop(runtime))
            return false;
        akv_loop_release(runtime->loop);
        atomic_store(&runtime->own.lost, true);
        atomic_store(&runtime->gone, true);
    } else if (own != NULL && !akv_own_is_here(own)) {
        return false;
    }
    if (!are_gone(own))
        return false;
    free_runtimes(own);
    akv_late_free(atomic_load(&client->late));
    free(client);
    return true;
}

bool akv_client_free(struct akv_client *client)
{
    int cancel = akv_cancel_off();
    bool ok = client_free(client);

    akv_cancel_restore(cancel);
    return ok;
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
static void release(struct akv_pending *pending)
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
    if (!akv_pending_is_over(pending)) /* nobody polls it any more */
        akv_mate_leave(pending->runtime->loop, &pending->mate);
    release(pending);
}

static struct akv_pending *submit(struct akv_client *client, struct akv_op *op,
                                  akv_done_fn *done, void *arg,
                                  struct akv_error *err)
{
    struct runtime *runtime = get_runtime(client, err);
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
    pending->done = done;
    pending->arg = arg;
    pending->op.submitted = now_ms();
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
    struct akv_pending *pending = submit(client, op, done, arg, err);

    if (pending != NULL)
        akv_loop_poll(pending->runtime->loop, &pending->mate);
    akv_cancel_restore(cancel);
    return pending;
}

void akv_client_stats(struct akv_client *client, struct akv_stats_read *stats)
{
    static const struct akv_stats none;
    const struct runtime *runtime = find_runtime(client);

    akv_stats_take(runtime != NULL ? &runtime->stats : &none, stats);
}

void akv_client_set_waiter(struct akv_client *client, akv_waiter_fn *waiter)
{
    client->waiter = waiter;
}

/* The waiter may be NULL. */
static bool await_end(struct akv_pending *pending, akv_waiter_fn *waiter,
                      struct akv_error *err)
{
    /* Once it has ended the client may be gone. */
    if (!akv_pending_is_over(pending)
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
        (void)akv_error_set(err, AKV_E_MEMORY, "no descriptor for a call: %s",
                            strerror(errno));
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
    struct akv_pending *pending = submit(client, op, NULL, NULL, err);
    bool ok;

    akv_cancel_restore(cancel);
    ok = pending != NULL && await_end(pending, client->waiter, err);
    if (ok)
        take_body(pending, body);
    akv_pending_free(pending);
    return ok;
}
