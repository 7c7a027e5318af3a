/* SPDX-License-Identifier: Apache-2.0 */

#include <ctype.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "ascii.h"
#include "log.h"

struct akv_log {
    const struct akv_settings *settings; /* borrowed */
    atomic_int fd;                       /* -1 until the first line */
};

struct akv_log *akv_log_new(const struct akv_settings *settings)
{
    struct akv_log *log = calloc(1, sizeof(*log));

    if (log == NULL)
        return NULL;
    log->settings = settings;
    atomic_init(&log->fd, -1);
    return log;
}

void akv_log_free(struct akv_log *log)
{
    int fd;

    if (log == NULL)
        return;
    fd = atomic_load(&log->fd);
    if (fd > STDERR_FILENO)
        (void)close(fd);
    free(log);
}

bool akv_log_enabled(const struct akv_log *log, enum akv_log_level level)
{
    return log != NULL && (int64_t)level <= log->settings->log_level;
}

/* A file that cannot be opened must not stop a signature: standard error. */
static int log_fd(struct akv_log *log)
{
    int fd = atomic_load(&log->fd), none = -1;

    if (fd >= 0)
        return fd;
    fd = STDERR_FILENO;
    if (log->settings->log_file != NULL) {
        fd = open(log->settings->log_file,
                  O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
        if (fd < 0)
            fd = STDERR_FILENO;
    }
    if (!atomic_compare_exchange_strong(&log->fd, &none, fd)) {
        if (fd > STDERR_FILENO)
            (void)close(fd);
        fd = none;
    }
    return fd;
}

void akv_log_mask(char *text)
{
    char *p = text;

    while ((p = strstr(p, "eyJ")) != NULL) {
        while (akv_is_alnum(*p) || *p == '-' || *p == '_' || *p == '.')
            *p++ = '*';
    }
}

void akv_log_write(struct akv_log *log, enum akv_log_level level,
                   const char *fmt, ...)
{
    static const char *const names[] = { "off", "error", "warning", "info",
                                         "debug" };
    char line[1200], stamp[32];
    struct tm tm;
    time_t now = time(NULL);
    va_list ap;
    size_t len;
    char *p;

    if (!akv_log_enabled(log, level))
        return;
    if (gmtime_r(&now, &tm) == NULL
        || strftime(stamp, sizeof(stamp), "%Y-%m-%dT%H:%M:%SZ", &tm) == 0)
        stamp[0] = '\0';
    (void)snprintf(line, sizeof(line), "%s akv[%ld] %s: ", stamp,
                   (long)getpid(), names[level]);
    len = strlen(line);
    va_start(ap, fmt);
    (void)vsnprintf(line + len, sizeof(line) - len - 1, fmt, ap);
    va_end(ap);
    akv_log_mask(line);
    for (p = line; *p != '\0'; p++)
        if (iscntrl((unsigned char)*p))
            *p = ' ';
    *p++ = '\n';
    if (write(log_fd(log), line, (size_t)(p - line)) < 0)
        return; /* there is nowhere left to say so */
}
