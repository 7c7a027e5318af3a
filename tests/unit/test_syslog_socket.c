/* SPDX-License-Identifier: Apache-2.0 */

/* The system log: a socket of the test's own takes the place of /dev/log. */

#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <syslog.h>
#include <unistd.h>

#include "base/log.h"
#include "base/settings_impl.h"
#include "base/syslog_socket.h"
#include "unit.h"

static struct sockaddr_un daemon_address;
static int daemon_fd = -1;
static unsigned connects;

int __wrap_connect(int fd, const struct sockaddr *address, socklen_t len);
int __real_connect(int fd, const struct sockaddr *address, socklen_t len);

int __wrap_connect(int fd, const struct sockaddr *address, socklen_t len)
{
    const struct sockaddr_un *wanted = (const struct sockaddr_un *)address;

    connects++;
    CHECK_INT("length", len, sizeof(*wanted));
    CHECK_STR("path", wanted->sun_path, "/dev/log");
    return __real_connect(fd, (const struct sockaddr *)&daemon_address,
                          sizeof(daemon_address));
}

static void start_daemon(void)
{
    daemon_address.sun_family = AF_UNIX;
    (void)snprintf(daemon_address.sun_path, sizeof(daemon_address.sun_path),
                   "%s/log", unit_folder());
    daemon_fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0);
    CHECK(daemon_fd >= 0);
    CHECK(bind(daemon_fd, (const struct sockaddr *)&daemon_address,
               sizeof(daemon_address))
          == 0);
}

static void stop_daemon(void)
{
    (void)close(daemon_fd);
    (void)unlink(daemon_address.sun_path);
}

/* The next line that has come; "" if there is none. */
static const char *next_line(void)
{
    static char line[2000];
    ssize_t n = recv(daemon_fd, line, sizeof(line) - 1, 0);

    line[n > 0 ? n : 0] = '\0';
    return line;
}

static void form(void)
{
    struct akv_fd own;
    char end[100], month[4] = "", line[2000];
    int priority = 0, day = 0, h = 0, m = 0, s = 0, n = 0;

    start_daemon();
    CHECK(akv_syslog_open(&own));
    CHECK(akv_syslog_send(&own, LOG_WARNING, "warning: text"));
    (void)snprintf(line, sizeof(line), "%s", next_line());
    CHECK_INT(line,
              sscanf(line, "<%d>%3s %d %d:%d:%d %n", &priority, month, &day, &h,
                     &m, &s, &n),
              6);
    CHECK_INT("priority", priority, LOG_DAEMON | LOG_WARNING);
    (void)snprintf(end, sizeof(end), "akv[%ld]: warning: text", (long)getpid());
    CHECK_STR("tag and text", line + n, end);
    akv_fd_close(&own);
    CHECK(!akv_syslog_send(&own, LOG_ERR, "nothing"));
    stop_daemon();
    CHECK(!akv_syslog_open(&own) && own.fd == -1);
}

/* By the setting: opened early, and again when there is a new daemon. */
static void by_the_log(void)
{
    struct akv_error err = AKV_ERROR_INIT;
    struct akv_settings settings;
    struct akv_log *log;

    start_daemon();
    CHECK(unit_settings(&settings, &err, "log", "info,syslog", NULL));
    log = akv_log_new(&settings);
    CHECK(log != NULL);
    connects = 0;
    akv_log_open(log);
    akv_log_open(log);
    CHECK_INT("opened", connects, 1);
    (void)unlink(daemon_address.sun_path); /* as in a chroot */
    akv_log_write(log, AKV_LOG_ERROR, "one of %d", 2);
    akv_log_write(log, AKV_LOG_DEBUG, "not this");
    akv_log_write(log, AKV_LOG_INFO, "two of %d", 2);
    CHECK_HAS("error", next_line(), "error: one of 2");
    CHECK_HAS("info", next_line(), "info: two of 2");
    CHECK_STR("no more", next_line(), "");
    CHECK_INT("opened", connects, 1);
    stop_daemon();
    start_daemon();
    akv_log_write(log, AKV_LOG_INFO, "three");
    CHECK_HAS("the new one", next_line(), "info: three");
    CHECK_INT("opened", connects, 2);
    stop_daemon();
    akv_log_write(log, AKV_LOG_INFO, "to standard error");
    akv_log_free(log);
    akv_settings_clear(&settings);
}

int main(void)
{
    static const struct unit_test tests[] = {
        { "form", form },
        { "by the log", by_the_log },
    };

    return unit_main("syslog_socket", tests, COUNT(tests));
}
