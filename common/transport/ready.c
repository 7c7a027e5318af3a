/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The pipes of a process are in a list that only grows, without a lock; they
 * are never closed, and places on them are taken and given back by a counter.
 * One whose descriptors the program has closed is passed over.
 */

#include <errno.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "base/cancel.h"
#include "base/per_process.h"
#include "transport/ready.h"

#define MOST_OF_A_PIPE 100

struct akv_ready_pipe {
    struct akv_ready_pipe *next; /* of the process */
    struct akv_fd reader, writer;
    atomic_uint used;
};

/* A child's own, since the kernel counts a parent's with it. */
struct pipes {
    struct akv_own own;
    struct akv_ready_pipe *_Atomic first;
};

static akv_own_slot this_process;

static struct pipes *get_pipes(void)
{
    static const struct akv_own_kind kind = { sizeof(struct pipes), NULL,
                                              NULL };

    return akv_own_get(&this_process, &kind);
}

/* Takes a place. */
static bool ready_take(struct akv_ready_pipe *pipe)
{
    unsigned used = atomic_load(&pipe->used);

    while (used < MOST_OF_A_PIPE)
        if (atomic_compare_exchange_weak(&pipe->used, &used, used + 1))
            return akv_fd_is_ours(&pipe->reader)
                   && akv_fd_is_ours(&pipe->writer);
    return false;
}

static struct akv_ready_pipe *pipe_new(struct pipes *pipes)
{
    struct akv_ready_pipe *mine = calloc(1, sizeof(*mine));

    if (mine == NULL || !akv_fd_pipe(&mine->reader, &mine->writer)) {
        free(mine);
        return NULL;
    }
    atomic_init(&mine->used, 1);
    mine->next = atomic_load(&pipes->first);
    while (!atomic_compare_exchange_weak(&pipes->first, &mine->next, mine))
        ;
    return mine;
}

static struct akv_ready_pipe *get_pipe(void)
{
    struct pipes *pipes = get_pipes();
    struct akv_ready_pipe *pipe =
        pipes != NULL ? atomic_load(&pipes->first) : NULL;

    while (pipe != NULL && !ready_take(pipe))
        pipe = pipe->next;
    return pipe != NULL || pipes == NULL ? pipe : pipe_new(pipes);
}

static bool ready_control(int epoll, int what, int fd, uint32_t events)
{
    struct epoll_event event = { .events = events };

    return epoll_ctl(epoll, what, fd, &event) == 0;
}

static bool open_epoll(struct akv_ready_fd *ready)
{
    ready->fd = epoll_create1(EPOLL_CLOEXEC);
    if (ready->fd < 0)
        return false;
    if (ready_control(ready->fd, EPOLL_CTL_ADD, ready->pipe->reader.fd, 0)
        && ready_control(ready->fd, EPOLL_CTL_ADD, ready->pipe->writer.fd, 0))
        return true;
    (void)close(ready->fd);
    ready->fd = -1;
    return false;
}

bool akv_ready_fd_open(struct akv_ready_fd *ready)
{
    int cancel = akv_cancel_off();
    bool ok;

    ready->fd = -1;
    ready->pipe = get_pipe();
    ok = ready->pipe != NULL && open_epoll(ready);
    if (ready->pipe != NULL && !ok)
        atomic_fetch_sub(&ready->pipe->used, 1);
    akv_cancel_restore(cancel);
    return ok;
}

/* The kernel finds what is watched by number and file. */
bool akv_ready_fd_is_ours(const struct akv_ready_fd *ready)
{
    return ready->fd >= 0 && akv_fd_is_ours(&ready->pipe->reader)
           && ready_control(ready->fd, EPOLL_CTL_MOD, ready->pipe->reader.fd,
                            0);
}

static bool set_up(const struct akv_ready_fd *ready, bool up)
{
    return ready->fd >= 0 && akv_fd_is_ours(&ready->pipe->writer)
           && ready_control(ready->fd, EPOLL_CTL_MOD, ready->pipe->writer.fd,
                            up ? EPOLLOUT : 0);
}

void akv_ready_fd_raise(const struct akv_ready_fd *ready)
{
    (void)set_up(ready, true);
}

bool akv_ready_fd_lower(const struct akv_ready_fd *ready)
{
    struct pollfd polled = { ready->fd, POLLIN, 0 };
    int cancel = akv_cancel_off();
    bool was_up = ready->fd >= 0 && poll(&polled, 1, 0) == 1;

    akv_cancel_restore(cancel);
    return was_up && set_up(ready, false);
}

bool akv_ready_fd_watch(const struct akv_ready_fd *ready, int other)
{
    if (akv_ready_fd_is_ours(ready))
        return ready_control(ready->fd, EPOLL_CTL_ADD, other, EPOLLIN);
    errno = EBADF;
    return false;
}

void akv_ready_fd_unwatch(const struct akv_ready_fd *ready, int other)
{
    if (akv_ready_fd_is_ours(ready))
        (void)ready_control(ready->fd, EPOLL_CTL_DEL, other, 0);
}

void akv_ready_fd_close(struct akv_ready_fd *ready)
{
    int cancel = akv_cancel_off();

    if (akv_ready_fd_is_ours(ready))
        (void)close(ready->fd);
    if (ready->fd >= 0)
        atomic_fetch_sub(&ready->pipe->used, 1);
    ready->fd = -1;
    akv_cancel_restore(cancel);
}
