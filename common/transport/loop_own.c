/* SPDX-License-Identifier: Apache-2.0 */

/* The loop's descriptors, and what becomes of it when it has lost one. */

#include <fcntl.h>
#include <stdlib.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "transport/loop_impl.h"

static bool loop_own_control(struct akv_loop *loop, int what, int fd,
                             void *name)
{
    struct epoll_event event = { .events = EPOLLIN };

    event.data.ptr = name; /* no watch has this address */
    return epoll_ctl(loop->own.epoll, what, fd, &event) == 0;
}

static bool watch_all(struct akv_loop *loop, int what)
{
    struct akv_loop_own *own = &loop->own;

    return loop_own_control(loop, what, own->wake.fd, &own->wake)
           && (own->due < 0
               || loop_own_control(loop, what, own->due, &own->due));
}

bool akv_loop_own_open(struct akv_loop *loop, bool driven)
{
    struct akv_loop_own *own = &loop->own;

    own->epoll = own->due = -1;
    if (!akv_fd_pipe(&own->wake, &own->waker))
        return false;
    own->epoll = epoll_create1(EPOLL_CLOEXEC);
    if (own->epoll >= 0 && driven)
        own->due = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
    if (own->epoll >= 0 && (own->due >= 0 || !driven)
        && watch_all(loop, EPOLL_CTL_ADD))
        return true;
    if (own->epoll >= 0)
        (void)close(own->epoll);
    if (own->due >= 0)
        (void)close(own->due);
    akv_fd_close(&own->wake);
    akv_fd_close(&own->waker);
    return false;
}

static bool has_kept(const struct akv_loop_own *own)
{
    size_t i = 0;

    while (i < own->kept_count
           && ((own->unsure && !own->kept[i].settled)
               || akv_fd_is_ours(&own->kept[i].fd)))
        i++;
    return i == own->kept_count;
}

/* An epoll that watches what is ours is ours, and so is what it watches. */
static bool has_all(struct akv_loop *loop)
{
    struct akv_loop_own *own = &loop->own;

    return akv_fd_is_ours(&own->waker) && akv_fd_is_ours(&own->wake)
           && watch_all(loop, EPOLL_CTL_MOD) && has_kept(own);
}

bool akv_loop_intact(struct akv_loop *loop)
{
    if (atomic_load(&loop->lost))
        return false;
    (void)pthread_mutex_lock(&loop->lock);
    if (!has_all(loop))
        atomic_store(&loop->lost, true);
    (void)pthread_mutex_unlock(&loop->lock);
    return !atomic_load(&loop->lost);
}

/* Closes what is its own. Where something was lost the program may be closing
 * and opening at this very moment: the rest is left open. */
void akv_loop_own_close(struct akv_loop *loop)
{
    struct akv_loop_own *own = &loop->own;

    if (!akv_loop_intact(loop))
        return;
    (void)pthread_mutex_lock(&loop->lock);
    (void)close(own->epoll);
    if (own->due >= 0)
        (void)close(own->due);
    akv_fd_close(&own->wake);
    akv_fd_close(&own->waker);
    while (own->kept_count > 0)
        akv_fd_close(&own->kept[--own->kept_count].fd);
    (void)pthread_mutex_unlock(&loop->lock);
}

bool akv_loop_lost(const struct akv_loop *loop)
{
    return atomic_load(&loop->lost);
}

void akv_loop_on_loss(struct akv_loop *loop, struct akv_task *task)
{
    (void)pthread_mutex_lock(&loop->lock);
    task->next = loop->on_loss;
    loop->on_loss = task;
    (void)pthread_mutex_unlock(&loop->lock);
}

void akv_loop_off_loss(struct akv_loop *loop, struct akv_task *task)
{
    struct akv_task **link;

    (void)pthread_mutex_lock(&loop->lock);
    for (link = &loop->on_loss; *link != NULL; link = &(*link)->next)
        if (*link == task) {
            *link = task->next;
            break;
        }
    (void)pthread_mutex_unlock(&loop->lock);
}

void akv_loop_run_on_loss(struct akv_loop *loop)
{
    struct akv_task *task;

    for (;;) {
        (void)pthread_mutex_lock(&loop->lock);
        task = loop->on_loss;
        if (task != NULL)
            loop->on_loss = task->next;
        (void)pthread_mutex_unlock(&loop->lock);
        if (task == NULL)
            return;
        task->fn(task->arg);
    }
}

static bool loop_own_keep(struct akv_loop_own *own, const struct akv_fd *fd)
{
    struct akv_kept *more = own->kept;

    if (own->kept_count == own->kept_room)
        more = reallocarray(more, 2 * own->kept_room + 4, sizeof(*more));
    if (more == NULL)
        return false;
    if (own->kept_count == own->kept_room)
        own->kept_room = 2 * own->kept_room + 4;
    own->kept = more;
    more[own->kept_count++] = (struct akv_kept){ *fd, false };
    return true;
}

bool akv_loop_keep(struct akv_loop *loop, int fd)
{
    struct akv_fd mine = AKV_FD_NONE;
    bool ok;

    (void)pthread_mutex_lock(&loop->lock);
    ok = akv_fd_take(&mine, fd) && loop_own_keep(&loop->own, &mine);
    (void)pthread_mutex_unlock(&loop->lock);
    if (!ok)
        akv_fd_close(&mine);
    return ok;
}

static void set_unsure(struct akv_loop *loop, bool unsure)
{
    (void)pthread_mutex_lock(&loop->lock);
    loop->own.unsure = unsure;
    (void)pthread_mutex_unlock(&loop->lock);
}

void akv_loop_own_enter(struct akv_loop *loop)
{
    set_unsure(loop, true);
}

void akv_loop_own_leave(struct akv_loop *loop)
{
    set_unsure(loop, false);
}

/* The place of a number among those kept; the count of them where it is none.
 */
static size_t find_kept(const struct akv_loop_own *own, int fd)
{
    size_t i = 0;

    while (i < own->kept_count && own->kept[i].fd.fd != fd)
        i++;
    return i;
}

void akv_loop_settle(struct akv_loop *loop, int fd)
{
    size_t i;

    (void)pthread_mutex_lock(&loop->lock);
    i = find_kept(&loop->own, fd);
    if (i < loop->own.kept_count)
        loop->own.kept[i].settled = true;
    (void)pthread_mutex_unlock(&loop->lock);
}

/* A number that is another file's by now was the program's doing, and so was
 * the end of one that is settled. */
static bool is_gone(const struct akv_kept *kept)
{
    return !kept->settled && fcntl(kept->fd.fd, F_GETFD) < 0;
}

void akv_loop_own_gone(struct akv_loop *loop, int fd)
{
    struct akv_loop_own *own = &loop->own;
    size_t i = 0;

    (void)pthread_mutex_lock(&loop->lock);
    while (i < own->kept_count)
        if ((fd >= 0 && own->kept[i].fd.fd != fd) || !is_gone(&own->kept[i]))
            i++;
        else
            own->kept[i] = own->kept[--own->kept_count];
    (void)pthread_mutex_unlock(&loop->lock);
}

void akv_loop_close(struct akv_loop *loop, int fd)
{
    struct akv_loop_own *own = &loop->own;
    size_t i;

    (void)pthread_mutex_lock(&loop->lock);
    i = find_kept(own, fd);
    if (i < own->kept_count) {
        if (!atomic_load(&loop->lost))
            akv_fd_close(&own->kept[i].fd);
        own->kept[i] = own->kept[--own->kept_count];
    }
    (void)pthread_mutex_unlock(&loop->lock);
}
