/* SPDX-License-Identifier: Apache-2.0 */

#include <fcntl.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cancel.h"
#include "fd.h"

bool akv_fd_take(struct akv_fd *own, int fd)
{
    struct stat status;

    own->fd = -1;
    if (fd < 0 || fstat(fd, &status) != 0)
        return false;
    *own = (struct akv_fd){ fd, status.st_dev, status.st_ino };
    return true;
}

bool akv_fd_is_ours(const struct akv_fd *own)
{
    struct stat status;

    return own->fd >= 0 && fstat(own->fd, &status) == 0
           && status.st_dev == own->dev && status.st_ino == own->ino;
}

void akv_fd_close(struct akv_fd *own)
{
    if (akv_fd_is_ours(own))
        (void)close(own->fd);
    own->fd = -1;
}

bool akv_fd_pipe(struct akv_fd *reader, struct akv_fd *writer)
{
    int ends[2];

    reader->fd = writer->fd = -1;
    if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) != 0)
        return false;
    if (akv_fd_take(reader, ends[0]) && akv_fd_take(writer, ends[1]))
        return true;
    akv_fd_close(reader);
    return false;
}

/* One byte is in it for ever. */
struct akv_pipe {
    struct akv_fd reader, writer;
    struct akv_pipe *former; /* whose descriptors were closed by others */
};

/* A child goes on with the parent's. */
static _Atomic(struct akv_pipe *) shared_pipe;

static bool is_intact(const struct akv_pipe *shared)
{
    return akv_fd_is_ours(&shared->reader) && akv_fd_is_ours(&shared->writer);
}

static void pipe_free(struct akv_pipe *shared)
{
    akv_fd_close(&shared->reader);
    akv_fd_close(&shared->writer);
    free(shared);
}

static const struct akv_pipe *get_pipe(void)
{
    struct akv_pipe *found = atomic_load(&shared_pipe), *mine;

    if (found != NULL && is_intact(found))
        return found;
    mine = calloc(1, sizeof(*mine));
    if (mine == NULL || !akv_fd_pipe(&mine->reader, &mine->writer)) {
        free(mine);
        return NULL;
    }
    mine->former = found;
    if (write(mine->writer.fd, "", 1) == 1
        && atomic_compare_exchange_strong(&shared_pipe, &found, mine))
        return mine;
    pipe_free(mine); /* another thread was faster */
    return found;
}

static bool control(int epoll, int what, int fd, uint32_t events)
{
    struct epoll_event event = { .events = events };

    return epoll_ctl(epoll, what, fd, &event) == 0;
}

static bool ready_open(struct akv_ready_fd *ready)
{
    ready->shared = get_pipe();
    ready->fd = ready->shared != NULL ? epoll_create1(EPOLL_CLOEXEC) : -1;
    if (ready->fd < 0)
        return false;
    if (control(ready->fd, EPOLL_CTL_ADD, ready->shared->writer.fd, 0)
        && control(ready->fd, EPOLL_CTL_ADD, ready->shared->reader.fd, 0))
        return true;
    (void)close(ready->fd);
    ready->fd = -1;
    return false;
}

bool akv_ready_fd_open(struct akv_ready_fd *ready)
{
    int cancel = akv_cancel_off();
    bool ok = ready_open(ready);

    akv_cancel_restore(cancel);
    return ok;
}

/* Nobody else's epoll watches the pipe. */
static bool is_ours(const struct akv_ready_fd *ready)
{
    return ready->fd >= 0 && is_intact(ready->shared)
           && control(ready->fd, EPOLL_CTL_MOD, ready->shared->writer.fd, 0);
}

void akv_ready_fd_raise(const struct akv_ready_fd *ready)
{
    if (is_ours(ready))
        (void)control(ready->fd, EPOLL_CTL_MOD, ready->shared->reader.fd,
                      EPOLLIN);
}

bool akv_ready_fd_lower(const struct akv_ready_fd *ready)
{
    struct pollfd polled = { ready->fd, POLLIN, 0 };
    int cancel = akv_cancel_off();
    bool was_up =
        is_ours(ready) && poll(&polled, 1, 0) == 1
        && control(ready->fd, EPOLL_CTL_MOD, ready->shared->reader.fd, 0);

    akv_cancel_restore(cancel);
    return was_up;
}

void akv_ready_fd_close(struct akv_ready_fd *ready)
{
    int cancel = akv_cancel_off();

    if (is_ours(ready))
        (void)close(ready->fd);
    ready->fd = -1;
    akv_cancel_restore(cancel);
}
