/* SPDX-License-Identifier: Apache-2.0 */

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd_read.h"
#include "base/file.h"
#include "base/file_aside.h"
#include "unit.h"

static void sizes(void)
{
    static const size_t lens[] = { 0, 1, 4095, 4096, 4097, 8192, 20000 };
    static char data[20000];
    size_t i, j;

    for (j = 0; j < sizeof(data); j++)
        data[j] = (char)unit_random();
    for (i = 0; i < COUNT(lens); i++) {
        struct akv_buf out = AKV_BUF_INIT(100000);
        const char *path = unit_file("sizes", data, lens[i]);

        CHECK_AT(path, akv_file_read(path, &out, AKV_FILE_PATIENT));
        CHECK_INT("length", out.len, lens[i]);
        CHECK_AT(path, lens[i] == 0 || memcmp(out.data, data, lens[i]) == 0);
        CHECK_AT(path, out.data == NULL || out.data[out.len] == '\0');
        akv_buf_free(&out);
    }
}

static void appends(void)
{
    struct akv_buf out = AKV_BUF_INIT(100);
    const char *path = unit_file("appends", "two", 3);

    CHECK(akv_buf_append_str(&out, "one "));
    CHECK(akv_file_read(path, &out, AKV_FILE_PATIENT));
    CHECK_STR("both", akv_buf_str(&out), "one two");
    akv_buf_free(&out);
}

/* What comes in pieces, from a descriptor that stays open. */
static void from_descriptor(void)
{
    struct akv_buf out = AKV_BUF_INIT(8), small = AKV_BUF_INIT(2);
    int ends[2];

    CHECK_INT("pipe", pipe(ends), 0);
    CHECK(write(ends[1], "secret", 6) == 6 && close(ends[1]) == 0);
    errno = 0;
    CHECK(!akv_fd_read(ends[0], &small));
    CHECK_INT("two fit", errno, EFBIG);
    CHECK(akv_fd_read(ends[0], &out));
    CHECK_STR("the rest", akv_buf_str(&out), "ret");
    CHECK_INT("it is still open", close(ends[0]), 0);
    CHECK(!akv_fd_read(-1, &out));
    CHECK_INT("none", errno, EBADF);
    akv_buf_free(&out);
    akv_buf_free(&small);
}

static void too_large(void)
{
    static const char data[5000];
    const char *path = unit_file("large", data, sizeof(data));
    struct akv_buf out = AKV_BUF_INIT(4999);

    errno = 0;
    CHECK(!akv_file_read(path, &out, AKV_FILE_PATIENT));
    CHECK_INT("errno", errno, EFBIG);
    akv_buf_free(&out);
}

static void unreadable(void)
{
    struct akv_buf out = AKV_BUF_INIT(100);
    char path[200];

    (void)snprintf(path, sizeof(path), "%s/none", unit_folder());
    errno = 0;
    CHECK(!akv_file_read(path, &out, AKV_FILE_PATIENT));
    CHECK_INT("no such file", errno, ENOENT);
    errno = 0;
    CHECK(!akv_file_read(unit_folder(), &out, AKV_FILE_PATIENT));
    CHECK_INT("a folder", errno, EISDIR);
    errno = 0;
    CHECK(!akv_file_read("", &out, AKV_FILE_PATIENT));
    CHECK_INT("no name", errno, ENOENT);
    CHECK_INT("nothing was added", out.len, 0);
    akv_buf_free(&out);
}

static int64_t now_ms(void)
{
    return akv_clock_mono(akv_clock_system());
}

static void *write_later(void *path)
{
    int fd = open(path, O_WRONLY);

    CHECK(fd >= 0 && write(fd, "from a pipe", 11) == 11);
    (void)close(fd);
    return NULL;
}

/* One without a writer is waited for, but not for ever. */
static void pipes(void)
{
    struct akv_buf out = AKV_BUF_INIT(100);
    char path[400];
    pthread_t writer;
    int64_t start = now_ms();

    (void)snprintf(path, sizeof(path), "%s/fifo", unit_folder());
    CHECK(mkfifo(path, 0600) == 0);
    CHECK(!akv_file_read(path, &out, 50));
    CHECK_INT("errno", errno, ETIMEDOUT);
    CHECK(now_ms() - start >= 50);
    CHECK(pthread_create(&writer, NULL, write_later, path) == 0);
    CHECK(akv_file_read(path, &out, 20000));
    CHECK_STR("content", akv_buf_str(&out), "from a pipe");
    CHECK(pthread_join(writer, NULL) == 0);
    akv_buf_free(&out);
}

static void explained(void)
{
    static const struct {
        int number;
        enum akv_error_code code;
        const char *text;
    } rows[] = {
        { ENOENT, AKV_E_CONFIG, "No such file" },
        { EACCES, AKV_E_CONFIG, "Permission denied" },
        { EMFILE, AKV_E_DESCRIPTORS, "Too many open files" },
        { ENFILE, AKV_E_DESCRIPTORS, "Too many open files" },
        { EPERM, AKV_E_SANDBOX, "not permitted" },
        { ENOSYS, AKV_E_SANDBOX, "not implemented" },
        { ENOMEM, AKV_E_MEMORY, "allocate" },
        { EAGAIN, AKV_E_THREADS, "temporarily" },
        { ETIMEDOUT, AKV_E_CONFIG, "a pipe that nobody writes to" },
    };
    struct akv_error err = AKV_ERROR_INIT;
    size_t i;

    for (i = 0; i < COUNT(rows); i++) {
        errno = rows[i].number;
        CHECK(!akv_file_explain(&err, AKV_E_CONFIG, "ca-file", "/x/y"));
        CHECK_INT(rows[i].text, err.code, rows[i].code);
        CHECK_HAS(rows[i].text, err.message,
                  "ca-file: '/x/y' cannot be read: ");
        CHECK_HAS(rows[i].text, err.message, rows[i].text);
    }
}

static int change_root(void)
{
    struct akv_error err = AKV_ERROR_INIT;

    akv_file_init();
    if (akv_file_has_other_root() || chroot(unit_folder()) != 0)
        return 1;
    errno = ENOENT;
    (void)akv_file_explain(&err, AKV_E_CONFIG, "ca-file", "/x/y");
    return akv_file_has_other_root() && err.code == AKV_E_CHROOT
                   && strstr(err.message, "(chroot)") != NULL
               ? 0
               : 2;
}

static void other_root(void)
{
    int status = -1;
    pid_t child;

    if (geteuid() != 0)
        return; /* nobody else may change it */
    child = fork();
    if (child == 0)
        _exit(change_root());
    CHECK(child > 0 && waitpid(child, &status, 0) == child);
    CHECK_INT("child", status, 0);
}

/* A file system that a process serves, which does not answer: what an NFS
 * server that is away looks like. In a child with mounts of its own, which is
 * killed: the thread that is left behind does not end before. */
static int hang(const char *folder)
{
    struct akv_buf out = AKV_BUF_INIT(100);
    char options[100], path[400];
    int fd = open("/dev/fuse", O_RDWR), i;
    int64_t start;

    if (fd < 0 || unshare(CLONE_NEWNS) != 0
        || mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0)
        return 77;
    (void)snprintf(options, sizeof(options),
                   "fd=%d,rootmode=40000,user_id=0,group_id=0", fd);
    if (mount("hangs", folder, "fuse.test", MS_NOSUID | MS_NODEV, options) != 0)
        return 77;
    (void)snprintf(path, sizeof(path), "%s/token", folder);
    if (akv_file_may_hang(path) != true || akv_file_may_hang("/etc/hosts"))
        return 1;
    for (i = 0; i < 6; i++) {
        start = now_ms();
        if (akv_file_read(path, &out, 20) || errno != ETIMEDOUT
            || now_ms() - start > 20000)
            return 2;
    }
    return 0;
}

static void hung_mount(void)
{
    const char *folder = unit_folder();
    int ends[2], result = 99, status;
    pid_t child;

    CHECK(pipe(ends) == 0);
    child = fork();
    if (child == 0) {
        result = hang(folder);
        (void)!write(ends[1], &result, sizeof(result));
        (void)pause();
    }
    (void)close(ends[1]);
    CHECK(read(ends[0], &result, sizeof(result)) == sizeof(result));
    (void)close(ends[0]);
    CHECK("0, or nothing can be mounted" && (result == 0 || result == 77));
    if (result == 77)
        (void)puts("nothing can be mounted here");
    (void)kill(child, SIGKILL);
    CHECK(waitpid(child, &status, 0) == child);
}

int main(void)
{
    static const struct unit_test tests[] = {
        { "all sizes", sizes },
        { "appends", appends },
        { "from a descriptor", from_descriptor },
        { "too large", too_large },
        { "unreadable", unreadable },
        { "pipes", pipes },
        { "explained", explained },
        { "another root", other_root },
        { "a mount that hangs", hung_mount },
    };

    return unit_main("file", tests, COUNT(tests));
}
