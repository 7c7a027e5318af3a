/* SPDX-License-Identifier: Apache-2.0 */

/*
 * One datagram a line, on a socket that does not block. The program may have
 * closed it and have a file of its own there: it is known again (fd.h) before
 * each line. The time is local and has no year, as RFC 3164 wants it.
 */

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#include "base/syslog_socket.h"

bool akv_syslog_open(struct akv_fd *own)
{
    const struct sockaddr_un address = { AF_UNIX, "/dev/log" };
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    int number;

    own->fd = -1;
    if (fd < 0)
        return false;
    if (connect(fd, (const struct sockaddr *)&address, sizeof(address)) == 0
        && akv_fd_take(own, fd))
        return true;
    number = errno;
    (void)close(fd);
    errno = number;
    return false;
}

bool akv_syslog_send(const struct akv_fd *own, int priority, const char *line)
{
    time_t now = time(NULL);
    char stamp[32], text[1300];
    struct tm tm;

    /* "Nov 30 11:22:33", whatever the locale calls the month. */
    static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";

    if (localtime_r(&now, &tm) == NULL)
        return false;
    (void)snprintf(stamp, sizeof(stamp), "%.3s %2d %02d:%02d:%02d",
                   months + 3 * tm.tm_mon, tm.tm_mday, tm.tm_hour, tm.tm_min,
                   tm.tm_sec);
    (void)snprintf(text, sizeof(text), "<%d>%s akv[%ld]: %s",
                   LOG_DAEMON | priority, stamp, (long)getpid(), line);
    if (akv_fd_is_ours(own))
        return send(own->fd, text, strlen(text), MSG_NOSIGNAL) >= 0;
    errno = EBADF;
    return false;
}
