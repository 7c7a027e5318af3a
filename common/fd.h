/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Descriptors that outlive a call.
 *
 * A program may close descriptors that it did not open, as daemons do by
 * closefrom(3), and get its own under the same numbers. So such a descriptor
 * is known again, by device and inode, before it is written to, read from or
 * closed. Of eventfd, timerfd and epoll all have one inode: for these there is
 * struct akv_ready_fd.
 */

#ifndef AKV_FD_H
#define AKV_FD_H

#include <stdbool.h>
#include <sys/types.h>

#include "error.h"

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

/*
 * A descriptor for others to poll: readable while it is up. It is an eventfd,
 * and known again by an epoll of the process which watches all of them, and
 * which is known again by a pipe that it watches, too. Any thread; one at a
 * time raises and lowers it. (A file that all of them watched would be in the
 * way of pollers: of the epolls that watch one file the kernel lets 500 be
 * watched by others.)
 */
struct akv_ready_fd {
    int fd;                              /* -1: none */
    const struct akv_registry *registry; /* static */
};

#define AKV_READY_FD_NONE                                                      \
    {                                                                          \
        -1, NULL                                                               \
    }

/* Makes one that is down. False, with errno: it cannot. */
bool akv_ready_fd_open(struct akv_ready_fd *ready) AKV_MUST_CHECK;

/* Whether the number is still what was opened. */
bool akv_ready_fd_is_ours(const struct akv_ready_fd *ready) AKV_MUST_CHECK;

/* Nothing happens if the descriptor is not ours any more. */
void akv_ready_fd_raise(const struct akv_ready_fd *ready);

/* True: it was up. */
bool akv_ready_fd_lower(const struct akv_ready_fd *ready);

void akv_ready_fd_close(struct akv_ready_fd *ready);

#endif
