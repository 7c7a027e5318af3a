/* SPDX-License-Identifier: Apache-2.0 */

/* Bytes land where they are kept, so that no other copy of a secret is made. */

#include <errno.h>
#include <unistd.h>

#include "base/fd_read.h"

#define CHUNK 4096

ssize_t akv_fd_read_some(int fd, struct akv_buf *out)
{
    size_t left = out->max - out->len;
    size_t len = left < CHUNK ? left : CHUNK;
    unsigned char *room = akv_buf_reserve(out, len), beyond;
    ssize_t n;

    if (room == NULL) {
        errno = ENOMEM;
        return -1;
    }
    do /* with no room left, only the end will do */
        n = read(fd, len > 0 ? room : &beyond, len > 0 ? len : 1);
    while (n < 0 && errno == EINTR);
    if (n > 0 && len == 0) {
        errno = EFBIG;
        return -1;
    }
    if (n > 0)
        out->len += (size_t)n;
    out->data[out->len] = '\0';
    return n;
}

bool akv_fd_read(int fd, struct akv_buf *out)
{
    ssize_t n;

    while ((n = akv_fd_read_some(fd, out)) > 0)
        ;
    return n == 0;
}
