/* SPDX-License-Identifier: Apache-2.0 */

#ifndef AKV_FD_READ_H
#define AKV_FD_READ_H

#include <sys/types.h>

#include "akv/buf.h"

/* Appends all that can be read from a descriptor, in place, so that nothing of
 * it stays elsewhere. False with errno set: EFBIG where there is
 * more than the buffer may hold. */
bool akv_fd_read(int fd, struct akv_buf *out) AKV_MUST_CHECK;

/* Appends what can be read at once: its length, 0 at the end, or -1 with errno
 * set, as above. */
ssize_t akv_fd_read_some(int fd, struct akv_buf *out) AKV_MUST_CHECK;

#endif
