/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Two descriptors, since one that stands for others cannot be lowered: that of
 * the calls which are due, and that of the program, which watches it. The
 * latter is one of those that a loop without thread has its work done by, but
 * only while calls are under way: an idle client must not be the one that
 * others' work depends on.
 */

#include <errno.h>
#include <string.h>

#include "base/file.h"
#include "client/dispatch.h"

bool akv_dispatch_init(struct akv_dispatch *dispatch)
{
    static const struct akv_ready_fd none = AKV_READY_FD_NONE;

    dispatch->due = dispatch->all = none;
    dispatch->last = &dispatch->first;
    return pthread_mutex_init(&dispatch->lock, NULL) == 0;
}

void akv_dispatch_destroy(struct akv_dispatch *dispatch)
{
    akv_ready_fd_close(&dispatch->all);
    akv_ready_fd_close(&dispatch->due);
    (void)pthread_mutex_destroy(&dispatch->lock);
}

/* With the lock held, as what follows. */
static void dispatch_join(struct akv_dispatch *dispatch, struct akv_loop *loop)
{
    if (dispatch->is_on && dispatch->under_way > 0)
        akv_mate_join(loop, &dispatch->mate, &dispatch->all);
}

static bool dispatch_open(struct akv_dispatch *dispatch)
{
    if (!akv_ready_fd_open(&dispatch->due))
        return false;
    if (akv_ready_fd_open(&dispatch->all)
        && akv_ready_fd_watch(&dispatch->all, dispatch->due.fd))
        return true;
    akv_ready_fd_close(&dispatch->all);
    akv_ready_fd_close(&dispatch->due);
    return false;
}

/* The first time, and where the program has closed what it had. */
static bool dispatch_reopen(struct akv_dispatch *dispatch,
                            struct akv_loop *loop)
{
    int cause;

    akv_mate_leave(loop, &dispatch->mate);
    akv_ready_fd_close(&dispatch->all);
    akv_ready_fd_close(&dispatch->due);
    if (!dispatch_open(dispatch)) {
        cause = errno;
        dispatch->is_on = false;
        errno = cause;
        return false;
    }
    dispatch->is_on = true;
    if (dispatch->first != NULL)
        akv_ready_fd_raise(&dispatch->due);
    dispatch_join(dispatch, loop);
    return true;
}

int akv_dispatch_fd(struct akv_dispatch *dispatch, struct akv_loop *loop,
                    struct akv_error *err)
{
    int fd = -1;

    (void)pthread_mutex_lock(&dispatch->lock);
    if ((akv_ready_fd_is_ours(&dispatch->all)
         && akv_ready_fd_is_ours(&dispatch->due))
        || dispatch_reopen(dispatch, loop))
        fd = dispatch->all.fd;
    else
        (void)akv_error_set(err, akv_file_code(errno, AKV_E_MEMORY),
                            "no descriptor for a client: %s", strerror(errno));
    (void)pthread_mutex_unlock(&dispatch->lock);
    return fd;
}

void akv_dispatch_begin(struct akv_dispatch *dispatch, struct akv_loop *loop)
{
    (void)pthread_mutex_lock(&dispatch->lock);
    if (dispatch->under_way++ == 0)
        dispatch_join(dispatch, loop);
    (void)pthread_mutex_unlock(&dispatch->lock);
}

bool akv_dispatch_end(struct akv_dispatch *dispatch, struct akv_loop *loop,
                      struct akv_due *due)
{
    bool is_on;

    (void)pthread_mutex_lock(&dispatch->lock);
    if (--dispatch->under_way == 0)
        akv_mate_leave(loop, &dispatch->mate);
    is_on = dispatch->is_on;
    if (is_on) {
        if (dispatch->first == NULL)
            akv_ready_fd_raise(&dispatch->due);
        due->next = NULL;
        *dispatch->last = due;
        dispatch->last = &due->next;
    }
    (void)pthread_mutex_unlock(&dispatch->lock);
    return is_on;
}

size_t akv_dispatch_run(struct akv_dispatch *dispatch)
{
    struct akv_due *due, *next;
    size_t count = 0;

    (void)pthread_mutex_lock(&dispatch->lock);
    due = dispatch->first;
    dispatch->first = NULL;
    dispatch->last = &dispatch->first;
    if (due != NULL)
        (void)akv_ready_fd_lower(&dispatch->due);
    (void)pthread_mutex_unlock(&dispatch->lock);
    for (; due != NULL; due = next, count++) {
        next = due->next; /* it is gone behind its call */
        due->fn(due->arg);
    }
    return count;
}
