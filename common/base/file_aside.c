/* SPDX-License-Identifier: Apache-2.0 */

/*
 * A thread that hangs in a call of the system cannot be stopped, only left
 * behind: what it uses is counted, and freed by the last of the two that use
 * it. A child process has none of its parent's threads, and counts anew how
 * many are left behind.
 */

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/event.h"
#include "base/fd_read.h"
#include "base/file_aside.h"
#include "base/per_process.h"
#include "base/thread.h"

#define LEFT_MAX 4
#define MOUNTS_MAX (1024 * 1024)

/* As proc_pid_mountinfo(5) calls them; those that end in '*' and more. */
static bool is_remote(const char *type)
{
    static const char *const types[] = { "nfs*",   "cifs",  "smb3",  "smbfs",
                                         "fuse*",  "9p",    "ceph",  "afs",
                                         "lustre", "gfs2",  "ocfs2", "coda",
                                         "ncpfs",  "autofs" };
    size_t i;

    for (i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        size_t len = strcspn(types[i], "*");

        if (strncmp(type, types[i], len) == 0
            && (types[i][len] == '*' || type[len] == '\0'))
            return true;
    }
    return false;
}

/* Whether path is mount or lies below it. */
static bool is_below(const char *path, const char *mount, size_t len)
{
    if (len == 1)
        return *path == '/';
    return strncmp(path, mount, len) == 0
           && (path[len] == '/' || path[len] == '\0');
}

/* "36 35 98:0 / /mnt rw,noatime master:1 - ext3 /dev/root rw": the mount point,
 * as octal escapes where it has blanks, and the type behind the hyphen. */
static bool read_mount(char *line, const char **mount, const char **type)
{
    char *save = NULL, *field = strtok_r(line, " ", &save);
    int n;

    for (n = 1; field != NULL && n < 5; n++)
        field = strtok_r(NULL, " ", &save);
    *mount = field;
    while (field != NULL && strcmp(field, "-") != 0)
        field = strtok_r(NULL, " ", &save);
    *type = field != NULL ? strtok_r(NULL, " ", &save) : NULL;
    return *mount != NULL && *type != NULL;
}

/* The last of the longest mount points counts. */
static bool find_type(char *mounts, const char *path)
{
    char *save = NULL, *line;
    size_t longest = 0;
    bool remote = false;

    for (line = strtok_r(mounts, "\n", &save); line != NULL;
         line = strtok_r(NULL, "\n", &save)) {
        const char *mount, *type;

        if (!read_mount(line, &mount, &type) || strlen(mount) < longest
            || !is_below(path, mount, strlen(mount)))
            continue;
        longest = strlen(mount);
        remote = is_remote(type);
    }
    return remote;
}

static bool read_mounts(struct akv_buf *out)
{
    int fd = open("/proc/self/mountinfo", O_RDONLY | O_CLOEXEC);
    bool ok = fd >= 0 && akv_fd_read(fd, out);

    if (fd >= 0)
        (void)close(fd);
    return ok;
}

/* To be freed; not on the stack, as that of a job is small. */
static char *make_absolute(const char *path)
{
    char *folder, *whole;

    if (*path == '/')
        return strdup(path);
    folder = getcwd(NULL, 0);
    if (folder == NULL || asprintf(&whole, "%s/%s", folder, path) < 0)
        whole = NULL;
    free(folder);
    return whole;
}

bool akv_file_may_hang(const char *path)
{
    struct akv_buf mounts = AKV_BUF_INIT(MOUNTS_MAX);
    char *whole = make_absolute(path);
    bool hangs = false;

    if (whole != NULL && read_mounts(&mounts) && mounts.len > 0)
        hangs = find_type((char *)mounts.data, whole);
    akv_buf_free(&mounts);
    free(whole);
    return hangs;
}

/* Threads of this process that have not ended. */
struct readers {
    struct akv_own own;
    atomic_uint count;
};

static struct readers *get_readers(void)
{
    static const struct akv_own_kind kind = { sizeof(struct readers), NULL,
                                              NULL };
    static akv_own_slot slot;

    return akv_own_get(&slot, &kind);
}

/* Shared by who waits and the thread. */
struct aside {
    atomic_uint refs;
    struct readers *readers; /* the process's */
    struct akv_event done;
    bool (*fn)(const char *path, struct akv_buf *out, int64_t ms);
    int64_t ms;
    bool ok;
    int number; /* errno */
    struct akv_buf text;
    char path[];
};

static void file_aside_release(struct aside *aside)
{
    if (atomic_fetch_sub(&aside->refs, 1) != 1)
        return;
    akv_buf_free(&aside->text);
    akv_event_destroy(&aside->done);
    free(aside);
}

static void *file_aside_thread_main(void *arg)
{
    struct aside *aside = arg;

    aside->ok = aside->fn(aside->path, &aside->text, aside->ms);
    aside->number = errno;
    akv_event_set(&aside->done);
    (void)atomic_fetch_sub(&aside->readers->count, 1);
    file_aside_release(aside);
    return NULL;
}

static bool file_aside_start_thread(struct aside *aside)
{
    pthread_t thread;
    bool ok;

    (void)atomic_fetch_add(&aside->refs, 1); /* the thread's */
    ok = akv_thread_start(&thread, file_aside_thread_main, aside) == 0;
    if (ok)
        (void)pthread_detach(thread);
    else
        (void)atomic_fetch_sub(&aside->refs, 1);
    return ok;
}

static struct aside *aside_new(const char *path, size_t max)
{
    size_t size = strlen(path) + 1;
    struct aside *aside = calloc(1, sizeof(*aside) + size);

    if (aside != NULL)
        aside->readers = get_readers();
    if (aside == NULL || aside->readers == NULL
        || !akv_event_init(&aside->done)) {
        free(aside);
        return NULL;
    }
    memcpy(aside->path, path, size);
    akv_buf_init(&aside->text, max);
    atomic_init(&aside->refs, 1);
    return aside;
}

/* Without a thread. */
static void end_here(struct aside *aside, int number)
{
    aside->number = number;
    akv_event_set(&aside->done);
    (void)atomic_fetch_sub(&aside->readers->count, 1);
}

/* What the thread has read, if it has ended. */
static bool file_aside_take(struct aside *aside, struct akv_buf *out)
{
    if (!akv_event_wait(&aside->done,
                        akv_clock_mono(akv_clock_system()) + aside->ms)) {
        errno = ETIMEDOUT;
        return false;
    }
    errno = aside->number;
    return aside->ok
           && akv_buf_append(out, akv_buf_str(&aside->text), aside->text.len);
}

bool akv_file_aside(const char *path, struct akv_buf *out, int64_t ms,
                    bool (*fn)(const char *path, struct akv_buf *out,
                               int64_t ms))
{
    struct aside *aside = aside_new(path, out->max - out->len);
    int number;
    bool ok;

    errno = ENOMEM;
    if (aside == NULL)
        return false;
    aside->fn = fn;
    aside->ms = ms;
    if (atomic_fetch_add(&aside->readers->count, 1) >= LEFT_MAX)
        end_here(aside, ETIMEDOUT);
    else if (!file_aside_start_thread(aside)) {
        aside->ok = fn(path, &aside->text, ms);
        end_here(aside, errno);
    }
    ok = file_aside_take(aside, out);
    number = errno;
    file_aside_release(aside);
    errno = number;
    return ok;
}
