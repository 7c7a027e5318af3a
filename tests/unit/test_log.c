/* SPDX-License-Identifier: Apache-2.0 */

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "file.h"
#include "log.h"
#include "unit.h"

static char path[200], setting[250];

/* A log at a level into a new file. */
static struct akv_log *open_log(struct akv_settings *settings,
                                const char *level, const char *name)
{
    struct akv_error err = AKV_ERROR_INIT;

    (void)snprintf(path, sizeof(path), "%s/%s", unit_folder(), name);
    (void)snprintf(setting, sizeof(setting), "%s,file:%s", level, path);
    CHECK_AT(setting, unit_settings(settings, &err, "log", setting, NULL));
    return akv_log_new(settings);
}

/* What is in it; "" where there is none. */
static const char *content(void)
{
    static struct akv_buf buf = AKV_BUF_INIT(100000);
    static char text[100001];

    akv_buf_free(&buf);
    text[0] = '\0';
    if (akv_file_read(path, &buf))
        (void)snprintf(text, sizeof(text), "%s", akv_buf_str(&buf));
    akv_buf_free(&buf);
    return text;
}

static size_t lines(const char *text)
{
    size_t n = 0;

    for (; *text != '\0'; text++)
        n += *text == '\n';
    return n;
}

static void levels(void)
{
    static const struct {
        const char *level;
        size_t written;
    } rows[] = {
        { "off", 0 },  { "error", 1 }, { "warning", 2 },
        { "info", 3 }, { "debug", 4 },
    };
    size_t i, written;
    int level;

    for (i = 0; i < COUNT(rows); i++) {
        struct akv_settings settings;
        struct akv_log *log = open_log(&settings, rows[i].level, rows[i].level);

        CHECK_AT("not opened before the first line", access(path, F_OK) != 0);
        for (written = 0, level = AKV_LOG_ERROR; level <= AKV_LOG_DEBUG;
             level++) {
            written += akv_log_enabled(log, (enum akv_log_level)level);
            akv_log_write(log, (enum akv_log_level)level, "line");
        }
        CHECK_INT(rows[i].level, written, rows[i].written);
        CHECK_INT(rows[i].level, lines(content()), rows[i].written);
        akv_log_free(log);
        akv_settings_free(&settings);
    }
}

static void no_log(void)
{
    CHECK(!akv_log_enabled(NULL, AKV_LOG_ERROR));
    akv_log_write(NULL, AKV_LOG_ERROR, "nobody listens");
    akv_log_free(NULL);
}

static void form(void)
{
    struct akv_settings settings;
    struct akv_log *log = open_log(&settings, "info", "form");
    struct stat status;
    char want[100];
    unsigned year, month, day, hour, minute, second;
    int end = 0;

    akv_log_write(log, AKV_LOG_WARNING, "attempt %d: %s", 3, "too late");
    CHECK(sscanf(content(), "%4u-%2u-%2uT%2u:%2u:%2uZ%n", &year, &month, &day,
                 &hour, &minute, &second, &end)
          == 6);
    (void)snprintf(want, sizeof(want),
                   " akv[%ld] warning: attempt 3: too late\n", (long)getpid());
    CHECK_STR("line", content() + end, want);
    CHECK(stat(path, &status) == 0 && (status.st_mode & 0777) == 0600);
    akv_log_write(log, AKV_LOG_ERROR, "more");
    CHECK_INT("appended", lines(content()), 2);
    akv_log_free(log);
    log = akv_log_new(&settings);
    akv_log_write(log, AKV_LOG_ERROR, "still more");
    CHECK_INT("also by the next", lines(content()), 3);
    akv_log_free(log);
    akv_settings_free(&settings);
}

/* Nothing that somebody else chose can make a line of its own. */
static void one_line(void)
{
    struct akv_settings settings;
    struct akv_log *log = open_log(&settings, "info", "one_line");
    char text[5000];
    const char *p;

    akv_log_write(log, AKV_LOG_INFO, "%s", "a\nb\r\nc\td\x1b[0m\x7f");
    CHECK_INT("lines", lines(content()), 1);
    CHECK_HAS("text", content(), ": a b  c d [0m \n");
    memset(text, 'a', sizeof(text) - 1);
    text[sizeof(text) - 1] = '\0';
    akv_log_write(log, AKV_LOG_INFO, "%s", text);
    CHECK_INT("lines", lines(content()), 2);
    p = strchr(content(), '\n') + 1;
    CHECK(strlen(p) > 500 && strlen(p) < 2000);
    CHECK_INT("the last", p[strlen(p) - 1], '\n');
    akv_log_free(log);
    akv_settings_free(&settings);
}

#define JWT "eyJ0eXAi.eyJhdWQi.c2ln-_x"

static void mask(void)
{
    static const struct {
        const char *text, *want;
    } rows[] = {
        { "", "" },
        { "nothing here", "nothing here" },
        { "Bearer " JWT " end", "Bearer ************************* end" },
        { JWT, "*************************" },
        { "\"" JWT "\",\"" JWT "\"",
          "\"*************************\",\"*************************\"" },
        { "eyJ", "***" },
        { "eyeJ key ey", "eyeJ key ey" },
        { "token=" JWT "&x=1", "token=*************************&x=1" },
        { "they eyJx eyJ", "they **** ***" },
    };
    struct akv_settings settings;
    struct akv_log *log = open_log(&settings, "info", "mask");
    char text[200];
    size_t i;

    for (i = 0; i < COUNT(rows); i++) {
        (void)snprintf(text, sizeof(text), "%s", rows[i].text);
        akv_log_mask(text);
        CHECK_STR(rows[i].text, text, rows[i].want);
    }
    akv_log_write(log, AKV_LOG_INFO, "Bearer %s sent", JWT);
    CHECK_HAS("masked", content(), "Bearer ************************* sent\n");
    akv_log_free(log);
    akv_settings_free(&settings);
}

/* Writes a line to a log without a usable file, in a child whose standard
 * error is a file. */
static void write_to_stderr(const char *value, const char *name)
{
    struct akv_error err = AKV_ERROR_INIT;
    struct akv_settings settings;
    struct akv_log *log;
    int fd, status = -1;
    pid_t child;

    (void)snprintf(path, sizeof(path), "%s/%s", unit_folder(), name);
    CHECK(unit_settings(&settings, &err, "log", value, NULL));
    child = fork();
    if (child == 0) {
        fd = open(path, O_WRONLY | O_CREAT, 0600);
        log = akv_log_new(&settings);
        if (fd < 0 || log == NULL || dup2(fd, STDERR_FILENO) < 0)
            _exit(1);
        akv_log_write(log, AKV_LOG_ERROR, "here");
        akv_log_free(log);
        /* Standard error is not the log's to close. */
        _exit(write(STDERR_FILENO, "open\n", 5) == 5 ? 0 : 2);
    }
    CHECK(child > 0 && waitpid(child, &status, 0) == child);
    CHECK_INT(name, status, 0);
    CHECK_HAS(name, content(), "error: here\nopen\n");
    akv_settings_free(&settings);
}

static void standard_error(void)
{
    write_to_stderr("error", "stderr");
    write_to_stderr("error,file:/nonexistent/folder/log", "unwritable");
}

int main(void)
{
    static const struct unit_test tests[] = {
        { "levels", levels },          { "no log at all", no_log },
        { "a line's form", form },     { "one line an event", one_line },
        { "tokens are masked", mask }, { "standard error", standard_error },
    };

    return unit_main("log", tests, COUNT(tests));
}
