/* SPDX-License-Identifier: Apache-2.0 */

/* The loop of a process, and its thread where one can be started. */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "akv/buf.h"
#include "base/file.h"
#include "base/thread.h"
#include "transport/loop_impl.h"

#define STOP_MS 2000
#define STACK_BYTES (512 * 1024)

/* What this process shares. */
struct process {
    struct akv_own own;
    pthread_mutex_t lock;  /* guards what follows */
    struct akv_loop *loop; /* owned; NULL while nobody holds a reference */
    unsigned refs;
    struct akv_loop *lost; /* the first of those that have lost descriptors */
    bool driven;           /* no thread could be started: for good */
};

static akv_own_slot this_process;

static bool process_begin(void *own)
{
    return pthread_mutex_init(&((struct process *)own)->lock, NULL) == 0;
}

static void process_end(void *own)
{
    (void)pthread_mutex_destroy(&((struct process *)own)->lock);
}

/* NULL: no memory. */
static struct process *get_process(void)
{
    static const struct akv_own_kind kind = { sizeof(struct process),
                                              process_begin, process_end };

    return akv_own_get(&this_process, &kind);
}

static void *loop_main(void *arg)
{
    struct akv_loop *loop = arg;
    bool again = true;

    loop->tls = akv_tls_new();
    akv_tls_enter(loop->tls, loop->visit);
    while (again && !atomic_load(&loop->stop)) {
        again = akv_loop_round(loop, INT64_MAX);
        akv_wipe_traces(AKV_TRACES_LOOP); /* it may wait long for the next */
    }
    akv_loop_work(loop);
    akv_wipe_traces(AKV_TRACES_LOOP);
    akv_tls_leave(loop->tls, loop->visit);
    akv_tls_free(loop->tls);
    if (atomic_load(&loop->lost) && !atomic_flag_test_and_set(&loop->is_joined))
        (void)pthread_detach(pthread_self()); /* nobody will come */
    akv_event_set(&loop->ended);
    return NULL;
}

static void loop_free(struct akv_loop *loop)
{
    struct akv_timer *timer, *next;

    for (timer = loop->timers.next; timer != &loop->timers; timer = next) {
        next = timer->next;
        free(timer);
    }
    akv_loop_own_close(loop);
    free(loop->own.kept);
    akv_stack_free(loop->stack);
    akv_tls_visit_free(loop->visit);
    akv_event_destroy(&loop->ended);
    (void)pthread_mutex_destroy(&loop->lock);
    free(loop);
}

static struct akv_loop *loop_new(bool driven)
{
    struct akv_loop *loop = calloc(1, sizeof(*loop));

    if (loop == NULL || !akv_event_init(&loop->ended)) {
        free(loop);
        return NULL;
    }
    (void)pthread_mutex_init(&loop->lock, NULL);
    atomic_flag_clear(&loop->is_joined);
    loop->stamp = akv_stamp_take();
    loop->timers.prev = loop->timers.next = &loop->timers;
    loop->last = &loop->first;
    loop->driven = driven;
    loop->stack = driven ? akv_stack_new(STACK_BYTES) : NULL;
    loop->visit = akv_tls_visit_new();
    if ((loop->stack != NULL || !driven) && loop->visit != NULL
        && akv_loop_own_open(loop, driven))
        return loop;
    atomic_store(&loop->lost, true); /* it has none to close */
    loop_free(loop);
    return NULL;
}

static int loop_run_start_thread(struct akv_loop *loop)
{
    int rc = akv_thread_start(&loop->thread, loop_main, loop);

    if (rc == 0)
        (void)pthread_setname_np(loop->thread, "akv-io");
    return rc;
}

/* Once it has been without a thread it stays so: what is under way there has no
 * other to drive it. */
static struct akv_loop *loop_start(struct process *process, bool may_thread,
                                   struct akv_error *err)
{
    struct akv_loop *loop = NULL;

    if (!process->driven && may_thread) {
        loop = loop_new(false);
        if (loop != NULL && loop_run_start_thread(loop) == 0)
            return loop;
        if (loop != NULL)
            loop_free(loop);
    }
    loop = loop_new(true);
    if (loop == NULL)
        (void)akv_error_set(err, akv_file_code(errno, AKV_E_MEMORY),
                            "the I/O loop cannot be made: %s", strerror(errno));
    process->driven |= loop != NULL; /* for good */
    return loop;
}

/* Its thread, or whoever is in it, finds out by itself. */
static void tell_of_loss(struct akv_loop *lost)
{
    struct akv_mate nobody = { .crew = NULL };

    if (lost != NULL)
        akv_loop_poll(lost, &nobody);
}

static bool stop_thread(struct akv_loop *loop)
{
    atomic_store(&loop->stop, true);
    akv_loop_wake(loop);
    if (!akv_event_wait(&loop->ended, akv_loop_now() + STOP_MS)
        || atomic_flag_test_and_set(&loop->is_joined))
        return false;
    (void)pthread_join(loop->thread, NULL);
    return true;
}

static bool stop_callers(struct akv_loop *loop)
{
    if (!akv_loop_claim(loop, akv_loop_now() + STOP_MS))
        return false;
    akv_loop_work(loop);
    return true;
}

static void loop_stop(struct akv_loop *loop)
{
    if ((loop->driven ? stop_callers : stop_thread)(loop))
        loop_free(loop);
}

struct akv_loop *akv_loop_acquire(bool may_thread, struct akv_error *err)
{
    struct process *process = get_process();
    struct akv_loop *loop, *lost = NULL;

    if (process == NULL) {
        (void)akv_error_set(err, AKV_E_MEMORY, "no memory for the I/O loop");
        return NULL;
    }
    (void)pthread_mutex_lock(&process->lock);
    if (process->loop != NULL && !akv_loop_intact(process->loop)) {
        lost = process->loop;
        lost->next_lost = process->lost;
        process->lost = lost;
        process->loop = NULL;
        process->refs = 0;
    }
    if (process->loop == NULL)
        process->loop = loop_start(process, may_thread, err);
    loop = process->loop;
    if (loop != NULL)
        process->refs++;
    (void)pthread_mutex_unlock(&process->lock);
    tell_of_loss(lost);
    return loop;
}

void akv_loop_hold(struct akv_loop *loop)
{
    struct process *process = get_process();

    if (process == NULL)
        return;
    (void)pthread_mutex_lock(&process->lock);
    if (process->loop == loop)
        process->refs++;
    (void)pthread_mutex_unlock(&process->lock);
}

void akv_loop_release(struct akv_loop *loop)
{
    struct process *process = get_process();
    bool last = false;

    if (loop == NULL || process == NULL)
        return;
    (void)pthread_mutex_lock(&process->lock);
    if (process->loop == loop && akv_loop_intact(loop)
        && --process->refs == 0) {
        process->loop = NULL;
        last = true;
    }
    (void)pthread_mutex_unlock(&process->lock);
    if (last)
        loop_stop(loop);
}
