/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Where there is a bound, open(2) and read(2) do not wait for a pipe, poll(2)
 * does; on a file system that may not answer they are called by a thread of its
 * own (file_aside.c). errno tells why something has failed, so it is kept
 * across what comes behind.
 */

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd_read.h"
#include "base/file.h"
#include "base/file_aside.h"

static int64_t file_now_ms(void)
{
    return akv_clock_mono(akv_clock_system());
}

/* Until there is something to read, or nobody will write any more. */
static bool file_wait_for(int fd, int64_t until_ms)
{
    struct pollfd polled = { fd, POLLIN, 0 };
    int64_t left;
    int n;

    do {
        left = until_ms - file_now_ms();
        n = left > 0 ? poll(&polled, 1, (int)left) : 0;
    } while (n < 0 && errno == EINTR);
    if (n == 0)
        errno = ETIMEDOUT;
    return n > 0;
}

/* It does not block: what has no end of its own is waited for. */
static bool read_slowly(int fd, struct akv_buf *out, int64_t until_ms)
{
    ssize_t n;

    do {
        if (!file_wait_for(fd, until_ms))
            return false;
        n = akv_fd_read_some(fd, out);
    } while (n > 0 || (n < 0 && errno == EAGAIN));
    return n == 0;
}

bool akv_file_read_local(const char *path, struct akv_buf *out, int64_t ms)
{
    int64_t until = file_now_ms() + ms;
    int fd = open(path,
                  O_RDONLY | O_CLOEXEC | O_NOCTTY | (ms >= 0 ? O_NONBLOCK : 0));
    struct stat status;
    bool ok;
    int number;

    if (fd < 0)
        return false;
    if (ms < 0 || fstat(fd, &status) != 0 || S_ISREG(status.st_mode))
        ok = akv_fd_read(fd, out);
    else
        ok = read_slowly(fd, out, until);
    number = errno;
    (void)close(fd);
    errno = number;
    return ok;
}

bool akv_file_read(const char *path, struct akv_buf *out, int64_t ms)
{
    if (ms >= 0 && akv_file_may_hang(path))
        return akv_file_aside(path, out, ms, akv_file_read_local);
    return akv_file_read_local(path, out, ms);
}

static struct stat root; /* st_ino 0: not known */

static void take_root(void)
{
    if (stat("/", &root) != 0)
        root.st_ino = 0;
}

void akv_file_init(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;

    (void)pthread_once(&once, take_root);
}

bool akv_file_has_other_root(void)
{
    struct stat now;

    return root.st_ino != 0 && stat("/", &now) == 0
           && (now.st_ino != root.st_ino || now.st_dev != root.st_dev);
}

enum akv_error_code akv_file_code(int number, enum akv_error_code other)
{
    switch (number) {
    case EMFILE:
    case ENFILE:
        return AKV_E_DESCRIPTORS;
    case EAGAIN:
        return AKV_E_THREADS;
    case EPERM:
    case ENOSYS:
        return AKV_E_SANDBOX;
    case ENOMEM:
        return AKV_E_MEMORY;
    default:
        return other;
    }
}

bool akv_file_explain(struct akv_error *err, enum akv_error_code code,
                      const char *what, const char *path)
{
    int number = errno;
    const char *more = "";

    code = akv_file_code(number, code);
    if ((number == ENOENT || number == ENOTDIR) && akv_file_has_other_root()) {
        code = AKV_E_CHROOT;
        more = " in the root directory that this process has by now (chroot)";
    } else if (number == ETIMEDOUT) {
        more = "; it is a pipe that nobody writes to, or on a file system that "
               "does not answer";
    }
    return akv_error_set(err, code, "%s: '%s' cannot be read: %s%s", what, path,
                         strerror(number), more);
}
