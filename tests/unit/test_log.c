/* SPDX-License-Identifier: Apache-2.0 */

#include <fcntl.h>
#include <grp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "base/settings_impl.h"
#include "unit.h"

static char path[400], setting[450];

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
    if (akv_file_read(path, &buf, AKV_FILE_PATIENT))
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
        akv_settings_clear(&settings);
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
    akv_settings_clear(&settings);
}

/* Nothing that somebody else chose can make a line of its own. */
static void one_line(void)
{
    struct akv_settings settings;
    struct akv_log *log = open_log(&settings, "info", "one_line");
    char text[5000];
    const char *p;

    akv_log_write(log, AKV_LOG_INFO, "%s",
                  "a\nb\r\nc\td\x1b[0m\x7f\302\2331m\303\251\377\342\202.");
    CHECK_INT("lines", lines(content()), 1);
    CHECK_HAS("text", content(), ": a b  c d [0m   1m\303\251   .\n");
    memset(text, 'a', sizeof(text) - 1);
    text[sizeof(text) - 1] = '\0';
    akv_log_write(log, AKV_LOG_INFO, "%s", text);
    CHECK_INT("lines", lines(content()), 2);
    p = strchr(content(), '\n') + 1;
    CHECK(strlen(p) > 4000 && strlen(p) < 4100);
    CHECK_INT("the last", p[strlen(p) - 1], '\n');
    akv_log_free(log);
    akv_settings_clear(&settings);
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
    akv_settings_clear(&settings);
}

/* Whatever a secret looks like. */
static void mask_known(void)
{
    static const struct {
        const char *text, *secret, *want;
    } rows[] = {
        { "", "s3cret", "" },
        { "s3cret", "s3cret", "******" },
        { "a s3cret, s3crets3cret", "s3cret", "a ******, ************" },
        { "a s3cre", "s3cret", "a s3cre" },
        { "no way", "no", "no way" },
        { "nothing", "", "nothing" },
        { "nothing", NULL, "nothing" },
    };
    size_t i;

    for (i = 0; i < COUNT(rows); i++) {
        char text[100];

        (void)snprintf(text, sizeof(text), "%s", rows[i].text);
        akv_log_mask_known(text, strlen(text), rows[i].secret);
        CHECK_STR(rows[i].text, text, rows[i].want);
    }
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
        if (fd < 0 || dup2(fd, STDERR_FILENO) < 0
            || (log = akv_log_new(&settings)) == NULL)
            _exit(1);
        akv_log_write(log, AKV_LOG_ERROR, "here");
        akv_log_free(log);
        /* Standard error is not the log's to close. */
        _exit(write(STDERR_FILENO, "open\n", 5) == 5 ? 0 : 2);
    }
    CHECK(child > 0 && waitpid(child, &status, 0) == child);
    CHECK_INT(name, status, 0);
    CHECK_HAS(name, content(), "error: here\nopen\n");
    akv_settings_clear(&settings);
}

static void standard_error(void)
{
    write_to_stderr("error", "stderr");
    write_to_stderr("error,file:/nonexistent/folder/log", "unwritable");
}

/* --- The file ------------------------------------------------------------- */

/* What is written to standard error meanwhile goes to a file, which is the
 * content then. value: of the setting log; NULL: there is no log. */
static void in_child(const char *name, void (*fn)(struct akv_log *log),
                     const char *value)
{
    struct akv_error err = AKV_ERROR_INIT;
    struct akv_settings settings;
    int status = -1;
    pid_t child;

    (void)snprintf(path, sizeof(path), "%s/%s", unit_folder(), name);
    CHECK_AT(name, unit_settings(&settings, &err, "log",
                                 value != NULL ? value : "off", NULL));
    child = fork();
    if (child == 0) {
        int fd = open(path, O_WRONLY | O_CREAT | O_APPEND, 0600);
        struct akv_log *log = NULL;

        (void)alarm(20);
        if (fd < 0 || dup2(fd, STDERR_FILENO) < 0
            || (value != NULL && (log = akv_log_new(&settings)) == NULL))
            _exit(1);
        closefrom(3);
        fn(log);
        akv_log_free(log);
        _exit(0);
    }
    CHECK(child > 0 && waitpid(child, &status, 0) == child);
    CHECK_INT(name, status, 0);
    akv_settings_clear(&settings);
}

static char folder[200], file[300], elsewhere[250];

/* A folder of the test's own, and the setting for a file in it. */
static const char *in_folder(const char *name)
{
    (void)snprintf(folder, sizeof(folder), "%s/%s.d", unit_folder(), name);
    (void)snprintf(file, sizeof(file), "%s/log", folder);
    (void)snprintf(elsewhere, sizeof(elsewhere), "%s.away", folder);
    (void)snprintf(setting, sizeof(setting), "error,file:%s", file);
    CHECK(mkdir(folder, 0700) == 0);
    return setting;
}

static size_t lines_of(const char *name)
{
    (void)snprintf(path, sizeof(path), "%s", name);
    return lines(content());
}

static void rotate(struct akv_log *log)
{
    akv_log_write(log, AKV_LOG_ERROR, "one");
    if (rename(file, elsewhere) != 0)
        _exit(2);
    akv_log_write(log, AKV_LOG_ERROR, "two");
    akv_log_write(log, AKV_LOG_ERROR, "three");
    if (unlink(file) != 0)
        _exit(3);
    akv_log_write(log, AKV_LOG_ERROR, "four");
}

static void rotated(void)
{
    in_child("rotated", rotate, in_folder("rotated"));
    CHECK_STR("standard error", content(), "");
    CHECK_INT("the old one", lines_of(elsewhere), 1);
    CHECK_INT("the new one", lines_of(file), 1);
    CHECK_HAS("the new one", content(), "error: four\n");
}

/* A worker without rights: it writes to what was opened before, and can open
 * nothing. */
static void give_rights_up(struct akv_log *log)
{
    pid_t child;
    int status;

    akv_log_open(log);
    child = fork();
    if (child == 0) {
        if (geteuid() == 0
            && (setgroups(0, NULL) != 0 || setresgid(65534, 65534, 65534) != 0
                || setresuid(65534, 65534, 65534) != 0))
            _exit(2);
        akv_log_write(log, AKV_LOG_ERROR, "one");
        akv_log_write(log, AKV_LOG_ERROR, "two");
        akv_log_free(log);
        _exit(0);
    }
    if (waitpid(child, &status, 0) != child || status != 0)
        _exit(3);
    if (rename(folder, elsewhere) != 0)
        _exit(4);
    akv_log_write(log, AKV_LOG_ERROR, "three");
    akv_log_write(log, AKV_LOG_ERROR, "four");
}

static void opened_early(void)
{
    in_child("early", give_rights_up, in_folder("early"));
    /* Each process complains once; root is let in everywhere else. */
    CHECK_INT("complaints", lines(content()), geteuid() == 0 ? 2 : 1);
    CHECK_HAS("complaint", content(), "/log' cannot be opened: ");
    CHECK_HAS("complaint", content(), "lines go to the file that was open\n");
    (void)snprintf(file, sizeof(file), "%s/log", elsewhere);
    CHECK_INT("lines", lines_of(file), 4);
}

static void open_it(struct akv_log *log)
{
    akv_log_open(log);
    akv_log_open(log);
}

static void opened(void)
{
    in_child("opened", open_it, in_folder("opened"));
    CHECK_AT("there it is", access(file, F_OK) == 0);
    (void)in_folder("off");
    (void)snprintf(setting, sizeof(setting), "off,file:%s", file);
    in_child("opened-off", open_it, setting);
    CHECK_AT("there is none", access(file, F_OK) != 0);
}

/* Somebody else has the descriptor's number now. */
static void lose_the_number(struct akv_log *log)
{
    int other;

    akv_log_write(log, AKV_LOG_ERROR, "one");
    closefrom(3);
    other = open(elsewhere, O_WRONLY | O_CREAT, 0600);
    if (other != 3) /* as the log's was */
        _exit(2);
    akv_log_write(log, AKV_LOG_ERROR, "two");
}

static void number_lost(void)
{
    in_child("number", lose_the_number, in_folder("number"));
    CHECK_INT("lines", lines_of(file), 2);
    CHECK_INT("the other's", lines_of(elsewhere), 0);
}

/* Nobody reads from it: neither opening nor writing waits. */
static void write_to_pipe(struct akv_log *log)
{
    int ends[2];

    if (mkfifo(file, 0600) != 0)
        _exit(2);
    akv_log_write(log, AKV_LOG_ERROR, "one");
    if (pipe(ends) != 0 || close(ends[0]) != 0
        || dup2(ends[1], STDERR_FILENO) < 0)
        _exit(3);
    akv_log_write(log, AKV_LOG_ERROR, "nobody hears it");
}

static void pipes(void)
{
    in_child("pipe", write_to_pipe, in_folder("pipe"));
    CHECK_INT("lines", lines(content()), 2);
    CHECK_HAS("complaint", content(), "lines go to standard error\n");
    CHECK_HAS("line", content(), "error: one\n");
}

/* --- Where no log is set -------------------------------------------------- */

static const struct akv_error forbidden = { .code = AKV_E_FORBIDDEN,
                                            .message = "not for you" };
static const struct akv_error throttled = { .code = AKV_E_THROTTLED,
                                            .message = "too often" };

/* Each once in a process, and none where standard error is another file. */
static void fail_often(const struct akv_settings *settings)
{
    int status = -1, i;
    pid_t child;

    akv_log_init();
    for (i = 0; i < 3; i++) {
        akv_log_failure(settings, &forbidden);
        akv_log_failure(settings, &throttled);
    }
    child = fork();
    if (child == 0) {
        akv_log_failure(settings, &forbidden);
        akv_log_failure(settings, &forbidden);
        _exit(0);
    }
    if (waitpid(child, &status, 0) != child || status != 0)
        _exit(3);
    if (dup2(open(elsewhere, O_WRONLY | O_CREAT, 0600), STDERR_FILENO) < 0)
        _exit(4);
    child = fork();
    if (child == 0) {
        akv_log_failure(settings, &forbidden);
        _exit(0);
    }
    if (waitpid(child, &status, 0) != child || status != 0)
        _exit(5);
}

static void fail_unset(struct akv_log *log)
{
    static const struct akv_settings unset = { .log_level = AKV_LOG_UNSET };

    (void)log;
    fail_often(&unset);
}

static void fail_off(struct akv_log *log)
{
    static const struct akv_settings off = { .log_level = AKV_LOG_OFF };

    (void)log;
    fail_often(&off);
}

/* A person at a terminal reads the queue. */
static void fail_at_terminal(struct akv_log *log)
{
    static const struct akv_settings unset = { .log_level = AKV_LOG_UNSET };
    int master = posix_openpt(O_RDWR | O_NOCTTY), terminal;
    char text[100];

    (void)log;
    if (master < 0 || grantpt(master) != 0 || unlockpt(master) != 0)
        _exit(2);
    terminal = open(ptsname(master), O_RDWR | O_NOCTTY);
    if (terminal < 0 || dup2(terminal, STDERR_FILENO) < 0)
        _exit(3);
    akv_log_init();
    akv_log_failure(&unset, &forbidden);
    /* What comes first has come first. */
    if (write(terminal, "x", 1) != 1 || read(master, text, 1) != 1
        || text[0] != 'x')
        _exit(4);
}

static void failures(void)
{
    (void)in_folder("failures");
    in_child("failures", fail_unset, NULL);
    CHECK_INT("lines", lines(content()), 3);
    CHECK_HAS("first", content(), "error: not for you (");
    CHECK_HAS("second", content(), "error: too often (");
    CHECK_INT("elsewhere", lines_of(elsewhere), 0);
    in_child("failures-off", fail_off, NULL);
    CHECK_STR("off", content(), "");
    in_child("failures-terminal", fail_at_terminal, NULL);
    CHECK_STR("terminal", content(), "");
}

int main(void)
{
    /* What is about standard error comes first: a process looks at it once. */
    static const struct unit_test tests[] = {
        { "standard error", standard_error },
        { "rotated", rotated },
        { "opened early", opened_early },
        { "opened", opened },
        { "number lost", number_lost },
        { "pipes", pipes },
        { "failures", failures },
        { "levels", levels },
        { "no log at all", no_log },
        { "a line's form", form },
        { "one line an event", one_line },
        { "tokens are masked", mask },
        { "known secrets are masked", mask_known },
    };

    return unit_main("log", tests, COUNT(tests));
}
