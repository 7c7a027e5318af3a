/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Nobody waits for who reads the log: a line that cannot be written at once is
 * dropped, or goes to standard error. The descriptor and its lock are each
 * process's own; a child takes over the open file, but not the lock. What is to
 * be written goes through akv_log_mask() and akv_make_printable() first.
 */

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#include "base/ascii.h"
#include "base/cancel.h"
#include "base/fd.h"
#include "base/log.h"
#include "base/per_process.h"
#include "base/printable.h"
#include "base/settings_impl.h"
#include "base/syslog_socket.h"

#define LINE_SIZE 4096
#define SHORT_SIZE 512 /* of a line for which there is no memory */
#define SECRET_MIN 4   /* bytes: as words of a message are */

/* What one process writes to. */
struct sink {
    struct akv_own own;
    pthread_mutex_t lock; /* guards what follows */
    struct akv_fd file;   /* or the system log's socket */
    bool complained;      /* of what cannot be opened */
};

struct akv_log {
    const struct akv_settings *settings; /* borrowed */
    akv_own_slot sink;                   /* owned; NULL until first used */
};

/* What has been said on standard error. */
struct said {
    struct akv_own own;
    atomic_uint codes; /* a bit each */
};

/* As it was when the module was loaded: what a program makes of the number
 * later may be a file of its own. */
static struct akv_fd standard_error = AKV_FD_NONE;
static akv_own_slot said_slot;

/* Under inetd and its like it is the client's connection. */
static bool is_peer(int fd)
{
    int domain = AF_UNIX;
    socklen_t len = sizeof(domain);

    return getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &len) == 0
           && domain != AF_UNIX;
}

static void take_standard_error(void)
{
    if (is_peer(STDERR_FILENO) || !akv_fd_take(&standard_error, STDERR_FILENO))
        standard_error.fd = -1; /* nothing is said there */
}

void akv_log_init(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;

    (void)pthread_once(&once, take_standard_error);
}

struct akv_log *akv_log_new(const struct akv_settings *settings)
{
    struct akv_log *log = calloc(1, sizeof(*log));

    akv_log_init();
    if (log != NULL)
        log->settings = settings;
    return log;
}

/* Those of former processes, too: nobody else has them here. The newest has
 * the file, or a copy of what it was. */
void akv_log_free(struct akv_log *log)
{
    int cancel = akv_cancel_off();
    struct sink *sink, *former;

    if (log != NULL && (sink = (struct sink *)atomic_load(&log->sink)) != NULL)
        akv_fd_close(&sink->file);
    for (sink = log != NULL ? (struct sink *)atomic_load(&log->sink) : NULL;
         sink != NULL; sink = former) {
        former = (struct sink *)sink->own.former;
        free(sink);
    }
    free(log);
    akv_cancel_restore(cancel);
}

bool akv_log_enabled(const struct akv_log *log, enum akv_log_level level)
{
    return log != NULL && (int64_t)level <= log->settings->log_level;
}

/* A child goes on with the parent's file, which it may not be able to open.
 * NULL: no memory. */
static struct sink *get_sink(struct akv_log *log)
{
    struct sink *found = (struct sink *)akv_own_find(&log->sink), *mine;
    const struct sink *former;

    if (found != NULL)
        return found;
    mine = calloc(1, sizeof(*mine));
    if (mine == NULL)
        return NULL;
    mine->file.fd = -1;
    (void)pthread_mutex_init(&mine->lock, NULL);
    (void)pthread_mutex_lock(&mine->lock);
    found = (struct sink *)akv_own_put(&log->sink, &mine->own);
    former = (const struct sink *)mine->own.former;
    if (found == mine && former != NULL && akv_fd_is_ours(&former->file))
        mine->file = former->file;
    (void)pthread_mutex_unlock(&mine->lock);
    if (found != mine) {
        (void)pthread_mutex_destroy(&mine->lock);
        free(mine);
    }
    return found;
}

/* One write, which neither waits for a reader nor dies without one. */
static void write_to(int fd, const char *text, size_t len)
{
    struct pollfd polled = { fd, POLLOUT, 0 };

    if (poll(&polled, 1, 0) != 1
        || (polled.revents & (POLLERR | POLLNVAL)) != 0)
        return;
    if (write(fd, text, len) < 0)
        return; /* there is nowhere left to say so */
}

/* Writes "TIME akv[PID] LEVEL: text" with the end of a line, and returns its
 * length; *begin is where LEVEL is. */
static size_t make_line(char *line, size_t size, const char *level,
                        size_t *begin, const char *fmt, va_list ap)
{
    time_t now = time(NULL);
    char stamp[32];
    struct tm tm;
    size_t len;

    if (gmtime_r(&now, &tm) == NULL
        || strftime(stamp, sizeof(stamp), "%Y-%m-%dT%H:%M:%SZ", &tm) == 0)
        stamp[0] = '\0';
    (void)snprintf(line, size, "%s akv[%ld] ", stamp, (long)getpid());
    *begin = strlen(line);
    (void)snprintf(line + *begin, size - *begin, "%s: ", level);
    len = strlen(line);
    (void)vsnprintf(line + len, size - len - 1, fmt, ap);
    akv_log_mask(line);
    akv_make_printable(line);
    len = strlen(line);
    line[len] = '\n';
    return len + 1;
}

/* Where a line is made: the stack of a job has no room for a long one. */
struct room {
    char few[SHORT_SIZE];
    char *line;
    size_t size;
};

static void get_room(struct room *room)
{
    room->line = malloc(LINE_SIZE);
    room->size = LINE_SIZE;
    if (room->line == NULL) {
        room->line = room->few;
        room->size = sizeof(room->few);
    }
}

static void leave_room(struct room *room)
{
    if (room->line != room->few)
        free(room->line);
}

AKV_PRINTF(2, 3)
static void log_say(const char *level, const char *fmt, ...)
{
    struct room room;
    va_list ap;
    size_t len, begin;

    get_room(&room);
    va_start(ap, fmt);
    len = make_line(room.line, room.size, level, &begin, fmt, ap);
    va_end(ap);
    write_to(STDERR_FILENO, room.line, len);
    leave_room(&room);
}

/* Instead of a file: standard error may be anybody's by now. */
static bool may_fall_back(void)
{
    return akv_fd_is_ours(&standard_error);
}

/* Whether the path still leads to the open file: rotation renames it. */
static bool is_in_place(const struct akv_fd *file, const char *path)
{
    struct stat status;

    return stat(path, &status) == 0 && status.st_dev == file->dev
           && status.st_ino == file->ino;
}

static void log_complain(struct sink *sink, const char *path,
                         const char *instead)
{
    if (!sink->complained && may_fall_back())
        log_say("warning", "log: '%s' cannot be opened: %s; lines go to %s",
                path, strerror(errno), instead);
    sink->complained = true;
}

static bool has_sink(const struct akv_settings *settings)
{
    return settings->log_file != NULL || settings->log_syslog;
}

/* Opens the file, anew where it was renamed or removed. Where that cannot be
 * done, the one that is open must do. */
static void open_file(struct sink *sink, const char *path)
{
    struct akv_fd next;
    bool is_ours = akv_fd_is_ours(&sink->file);

    if (is_ours && is_in_place(&sink->file, path))
        return;
    if (akv_fd_take(&next, open(path,
                                O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC
                                    | O_NOCTTY | O_NONBLOCK,
                                0600))) {
        akv_fd_close(&sink->file);
        sink->file = next;
        return;
    }
    log_complain(sink, path,
                 is_ours ? "the file that was open" : "standard error");
    if (!is_ours)
        sink->file.fd = -1;
}

static void open_socket(struct sink *sink)
{
    if (!akv_fd_is_ours(&sink->file) && !akv_syslog_open(&sink->file))
        log_complain(sink, "/dev/log", "standard error");
}

static void open_sink(struct sink *sink, const struct akv_settings *settings)
{
    if (settings->log_syslog)
        open_socket(sink);
    else
        open_file(sink, settings->log_file);
}

void akv_log_open(struct akv_log *log)
{
    int cancel = akv_cancel_off();
    struct sink *sink;

    if (akv_log_enabled(log, AKV_LOG_ERROR) && has_sink(log->settings)
        && (sink = get_sink(log)) != NULL) {
        (void)pthread_mutex_lock(&sink->lock);
        open_sink(sink, log->settings);
        (void)pthread_mutex_unlock(&sink->lock);
    }
    akv_cancel_restore(cancel);
}

/* A daemon that was started anew has another socket, which a process in its
 * chroot does not find. */
static bool send_line(struct sink *sink, enum akv_log_level level,
                      const char *text)
{
    static const int priorities[] = {
        [AKV_LOG_UNSET] = LOG_ERR, [AKV_LOG_OFF] = LOG_ERR,
        [AKV_LOG_ERROR] = LOG_ERR, [AKV_LOG_WARNING] = LOG_WARNING,
        [AKV_LOG_INFO] = LOG_INFO, [AKV_LOG_DEBUG] = LOG_DEBUG,
    };
    int priority = priorities[level];

    struct akv_fd next;

    if (akv_syslog_send(&sink->file, priority, text))
        return true;
    if (errno == EAGAIN || errno == ENOBUFS) /* it is there, and busy */
        return false;
    if (!akv_syslog_open(&next)) {
        log_complain(sink, "/dev/log", "standard error");
        return false;
    }
    akv_fd_close(&sink->file);
    sink->file = next;
    return akv_syslog_send(&sink->file, priority, text);
}

/* begin: of what the system log has not already. */
static void write_line(struct akv_log *log, enum akv_log_level level,
                       char *line, size_t len, size_t begin)
{
    struct sink *sink = has_sink(log->settings) ? get_sink(log) : NULL;
    bool done = false;

    if (sink == NULL) {
        write_to(STDERR_FILENO, line, len);
        return;
    }
    (void)pthread_mutex_lock(&sink->lock);
    open_sink(sink, log->settings);
    if (log->settings->log_syslog) {
        line[len - 1] = '\0';
        done = send_line(sink, level, line + begin);
        line[len - 1] = '\n';
    } else if (sink->file.fd >= 0) {
        write_to(sink->file.fd, line, len);
        done = true;
    }
    if (!done && may_fall_back())
        write_to(STDERR_FILENO, line, len);
    (void)pthread_mutex_unlock(&sink->lock);
}

void akv_log_mask(char *text)
{
    char *p = text;

    while ((p = strstr(p, "eyJ")) != NULL) {
        while (akv_is_alnum(*p) || *p == '-' || *p == '_' || *p == '.')
            *p++ = '*';
    }
}

void akv_log_mask_known(char *text, size_t len, const char *secret)
{
    size_t n = secret != NULL ? strlen(secret) : 0;
    char *end = text + len, *p = text;

    while (n >= SECRET_MIN
           && (p = memmem(p, (size_t)(end - p), secret, n)) != NULL) {
        memset(p, '*', n);
        p += n;
    }
}

void akv_log_write(struct akv_log *log, enum akv_log_level level,
                   const char *fmt, ...)
{
    static const char *const names[] = {
        [AKV_LOG_UNSET] = "",      [AKV_LOG_OFF] = "",
        [AKV_LOG_ERROR] = "error", [AKV_LOG_WARNING] = "warning",
        [AKV_LOG_INFO] = "info",   [AKV_LOG_DEBUG] = "debug",
    };
    struct room room;
    va_list ap;
    size_t len, begin;
    int cancel;

    if (!akv_log_enabled(log, level))
        return;
    cancel = akv_cancel_off();
    get_room(&room);
    va_start(ap, fmt);
    len = make_line(room.line, room.size, names[level], &begin, fmt, ap);
    va_end(ap);
    write_line(log, level, room.line, len, begin);
    leave_room(&room);
    akv_cancel_restore(cancel);
}

/* Whether this process has not said it yet; from now on it has. */
static bool is_first(enum akv_error_code code)
{
    static const struct akv_own_kind kind = { sizeof(struct said), NULL, NULL };
    struct said *said = akv_own_get(&said_slot, &kind);
    unsigned bit = 1u << (unsigned)code;

    return said != NULL && (atomic_fetch_or(&said->codes, bit) & bit) == 0;
}

void akv_log_failure(const struct akv_settings *settings,
                     const struct akv_error *err)
{
    int cancel;

    if (settings->log_level != AKV_LOG_UNSET || !akv_fd_is_ours(&standard_error)
        || isatty(STDERR_FILENO) || !is_first(err->code))
        return;
    cancel = akv_cancel_off();
    log_say("error", "%s (each kind once; see the setting log)", err->message);
    akv_cancel_restore(cancel);
}
