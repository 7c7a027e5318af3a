/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Descriptors that outlive a call.
 *
 * A program may close descriptors that it did not open, as daemons do by
 * closefrom(3), and get its own under the same numbers. So such a descriptor
 * is known again, by device and inode, before it is written to, read from or
 * closed. Of eventfd, timerfd and epoll all have one inode: an epoll that
 * watches what is ours is ours (epoll_ctl(2) finds what is watched by number
 * and file).
 */

#ifndef AKV_FD_H
#define AKV_FD_H

#include <stdbool.h>
#include <sys/types.h>

#include "akv/error.h"

struct akv_fd {
    int fd; /* -1: none */
    dev_t dev;
    ino_t ino;
};

#define AKV_FD_NONE                                                            \
    {                                                                          \
        -1, 0, 0                                                               \
    }

/* Remembers a descriptor, which it owns now. False, and *own has none: there
 * is none behind the number. */
bool akv_fd_take(struct akv_fd *own, int fd) AKV_MUST_CHECK;

/* Whether the number is still what was remembered. */
bool akv_fd_is_ours(const struct akv_fd *own) AKV_MUST_CHECK;

/* Closes it if it is, and forgets it. */
void akv_fd_close(struct akv_fd *own);

/* A pipe; neither end blocks, and no other program inherits them. False, with
 * errno, and both have none: it cannot be made. */
bool akv_fd_pipe(struct akv_fd *reader, struct akv_fd *writer) AKV_MUST_CHECK;

#endif
