/* SPDX-License-Identifier: Apache-2.0 */

#include <fcntl.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
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

/* Its epoll watches the reader, and all ready descriptors, for nothing: it is
 * only asked whether it does. */
struct akv_registry {
    struct akv_fd reader; /* of a pipe that nobody writes to */
    int epoll;
    struct akv_registry *former; /* whose descriptors were closed by others */
};

/* A child goes on with the parent's. */
static _Atomic(struct akv_registry *) current;

static bool control(int epoll, int what, int fd)
{
    struct epoll_event event = { .events = 0 };

    return epoll_ctl(epoll, what, fd, &event) == 0;
}

/* An epoll that watches what is ours is ours. */
static bool is_intact(const struct akv_registry *registry)
{
    return akv_fd_is_ours(&registry->reader)
           && control(registry->epoll, EPOLL_CTL_MOD, registry->reader.fd);
}

static struct akv_registry *registry_new(void)
{
    struct akv_registry *registry = calloc(1, sizeof(*registry));
    struct akv_fd writer;

    if (registry == NULL || !akv_fd_pipe(&registry->reader, &writer)) {
        free(registry);
        return NULL;
    }
    akv_fd_close(&writer);
    registry->epoll = epoll_create1(EPOLL_CLOEXEC);
    if (registry->epoll >= 0
        && control(registry->epoll, EPOLL_CTL_ADD, registry->reader.fd))
        return registry;
    if (registry->epoll >= 0)
        (void)close(registry->epoll);
    akv_fd_close(&registry->reader);
    free(registry);
    return NULL;
}

static const struct akv_registry *get_registry(void)
{
    struct akv_registry *found = atomic_load(&current), *mine;

    if (found != NULL && is_intact(found))
        return found;
    mine = registry_new();
    if (mine == NULL)
        return NULL;
    mine->former = found;
    if (atomic_compare_exchange_strong(&current, &found, mine))
        return mine;
    (void)close(mine->epoll); /* another thread was faster */
    akv_fd_close(&mine->reader);
    free(mine);
    return found;
}

static bool ready_open(struct akv_ready_fd *ready)
{
    ready->registry = get_registry();
    ready->fd =
        ready->registry != NULL ? eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK) : -1;
    if (ready->fd < 0)
        return false;
    if (control(ready->registry->epoll, EPOLL_CTL_ADD, ready->fd))
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

/* The kernel finds what is watched by number and file: another file of that
 * number is not it. */
bool akv_ready_fd_is_ours(const struct akv_ready_fd *ready)
{
    return ready->fd >= 0 && is_intact(ready->registry)
           && control(ready->registry->epoll, EPOLL_CTL_MOD, ready->fd);
}

void akv_ready_fd_raise(const struct akv_ready_fd *ready)
{
    int cancel = akv_cancel_off();

    if (akv_ready_fd_is_ours(ready))
        (void)!eventfd_write(ready->fd, 1); /* it may be up already */
    akv_cancel_restore(cancel);
}

bool akv_ready_fd_lower(const struct akv_ready_fd *ready)
{
    int cancel = akv_cancel_off();
    eventfd_t count;
    bool was_up =
        akv_ready_fd_is_ours(ready) && eventfd_read(ready->fd, &count) == 0;

    akv_cancel_restore(cancel);
    return was_up;
}

void akv_ready_fd_close(struct akv_ready_fd *ready)
{
    int cancel = akv_cancel_off();

    /* The kernel takes it out of the epoll with the last copy: a child's is not
     * the last, and shares the epoll. */
    if (akv_ready_fd_is_ours(ready))
        (void)close(ready->fd);
    ready->fd = -1;
    akv_cancel_restore(cancel);
}
