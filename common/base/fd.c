/* SPDX-License-Identifier: Apache-2.0 */

/*
 * A number that is another file's by now is forgotten, not closed. A change
 * between the look and the use goes unnoticed: no call does both at once.
 */

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"

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
