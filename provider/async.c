/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The rules, each of which some server crashes without:
 * - A descriptor that was given to a job's wait context stays open until that
 *   is freed: servers take it out of their loops late.
 * - After one was given the job pauses at least once: a server that never saw
 *   it would take it out all the same at the end.
 * - A connection may be freed while its job is paused, and the job is never
 *   resumed then. So what the I/O thread touches is counted, nothing of it lies
 *   on the job's stack, and the job itself keeps no reference.
 * - The I/O thread writes once for each operation, and the operation takes that
 *   up before it is over: it would be taken for the next one's end.
 * - Jobs are resumed for other reasons, too, and pausing may be blocked
 *   (ASYNC_block_pause(3)): then it returns at once.
 */

#include <openssl/async.h>
#include <openssl/crypto.h>
#include <poll.h>
#include <stdatomic.h>
#include <time.h>

#include "async.h"
#include "base/cancel.h"
#include "transport/ready.h"

#define QUICK_US 50 /* a pause as short as this was none */
#define QUICK_PAUSES 8
#define LATE_MS 1000 /* of the I/O thread, from the end to its writing */

/* One for each wait context, which has one operation at a time. */
struct async_wait {
    struct akv_wait base;
    atomic_uint refs;          /* wait context, I/O thread */
    struct akv_ready_fd ready; /* owned */
    bool fresh;                /* not paused since the descriptor was given */
    unsigned quick;            /* pauses in a row that were none */
    void (*abandoned)(void *arg);
    void *arg;
};

static const char key; /* its address is the descriptor's name */

static void async_drop(struct async_wait *wait)
{
    if (atomic_fetch_sub(&wait->refs, 1) != 1)
        return;
    akv_ready_fd_close(&wait->ready);
    OPENSSL_free(wait);
}

static void on_wait_ctx_free(ossl_unused ASYNC_WAIT_CTX *ctx,
                             ossl_unused const void *name,
                             ossl_unused OSSL_ASYNC_FD fd, void *token)
{
    struct async_wait *wait = token;

    if (wait->abandoned != NULL)
        wait->abandoned(wait->arg);
    async_drop(wait);
}

/* The base is the first member. */
static struct async_wait *async_of(struct akv_wait *base)
{
    return (struct async_wait *)base;
}

static void async_wake(struct akv_wait *base)
{
    akv_ready_fd_raise(&async_of(base)->ready);
    async_drop(async_of(base));
}

static int64_t async_now_us(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static bool async_pause_job(struct akv_wait *base)
{
    struct async_wait *wait = async_of(base);
    int64_t before = async_now_us();

    wait->fresh = false;
    if (ASYNC_pause_job() != 1)
        return false;
    wait->quick = async_now_us() - before < QUICK_US ? wait->quick + 1 : 0;
    return wait->quick <= QUICK_PAUSES;
}

static void async_end(struct akv_wait *base)
{
    struct async_wait *wait = async_of(base);
    struct pollfd polled = { wait->ready.fd, POLLIN, 0 };
    int cancel;

    wait->abandoned = NULL;
    if (wait->fresh)
        (void)async_pause_job(base);
    if (akv_ready_fd_lower(&wait->ready))
        return;
    cancel = akv_cancel_off();
    if (poll(&polled, 1, LATE_MS) > 0)
        (void)akv_ready_fd_lower(&wait->ready);
    akv_cancel_restore(cancel);
}

static const struct akv_ready_fd *get_ready(struct akv_wait *base)
{
    return &async_of(base)->ready;
}

static void async_on_abandoned(struct akv_wait *base, void (*fn)(void *arg),
                               void *arg)
{
    async_of(base)->abandoned = fn;
    async_of(base)->arg = arg;
}

static const struct akv_wait_ops wait_ops = { async_wake, async_pause_job,
                                              async_end, get_ready,
                                              async_on_abandoned };

static struct async_wait *wait_new(ASYNC_WAIT_CTX *ctx)
{
    struct async_wait *wait = OPENSSL_zalloc(sizeof(*wait));

    if (wait == NULL)
        return NULL;
    wait->base.ops = &wait_ops;
    atomic_init(&wait->refs, 1);
    wait->fresh = true;
    if (akv_ready_fd_open(&wait->ready)
        && ASYNC_WAIT_CTX_set_wait_fd(ctx, &key, wait->ready.fd, wait,
                                      on_wait_ctx_free))
        return wait;
    async_drop(wait);
    return NULL;
}

static bool has_callback(ASYNC_WAIT_CTX *ctx)
{
    ASYNC_callback_fn callback = NULL;
    void *arg;

    return ASYNC_WAIT_CTX_get_callback(ctx, &callback, &arg)
           && callback != NULL;
}

struct akv_wait *akv_async_begin(void)
{
    ASYNC_JOB *job = ASYNC_get_current_job();
    ASYNC_WAIT_CTX *ctx = job != NULL ? ASYNC_get_wait_ctx(job) : NULL;
    struct async_wait *wait;
    OSSL_ASYNC_FD fd;
    void *token = NULL;

    if (ctx == NULL || has_callback(ctx))
        return NULL;
    wait =
        ASYNC_WAIT_CTX_get_fd(ctx, &key, &fd, &token) ? token : wait_new(ctx);
    if (wait == NULL)
        return NULL;
    wait->quick = 0;
    atomic_fetch_add(&wait->refs, 1);
    return &wait->base;
}
