/* SPDX-License-Identifier: Apache-2.0 */

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "file.h"

#define CHUNK 4096

/* -1 with errno set, 0 at the end. */
static ssize_t read_chunk(int fd, struct akv_buf *out)
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

bool akv_file_read_fd(int fd, struct akv_buf *out)
{
    ssize_t n;

    while ((n = read_chunk(fd, out)) > 0)
        ;
    return n == 0;
}

bool akv_file_read(const char *path, struct akv_buf *out)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC), saved;
    bool ok;

    if (fd < 0)
        return false;
    ok = akv_file_read_fd(fd, out);
    saved = errno;
    (void)close(fd);
    errno = saved;
    return ok;
}
