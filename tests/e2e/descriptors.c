/* SPDX-License-Identifier: Apache-2.0 */

/*
 * A program that closes descriptors which it did not open, as daemons do, and
 * has its own under the same numbers: files, eventfds, sockets and epolls, or
 * nothing. What is its own stays as it is, and the next signatures succeed.
 *
 * Usage: descriptors URI WAY, where WAY is what signs: plain, child (of which
 * the parent has signed), parent (of a child that goes on, too), threads, jobs.
 * Closes from each number on that is in use, one process for each.
 */

#include <fcntl.h>
#include <limits.h>
#include <openssl/async.h>
#include <poll.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "keys.h"

#define FIRST 3    /* behind the standard ones */
#define LAST 48    /* none has a higher number */
#define PRIVATE 64 /* above: what watches the occupants */
#define THREADS 4
#define PATIENCE_MS 20000

static struct context ours, plain;
static EVP_PKEY *pkey, *public_key;

/* --- What takes a number -------------------------------------------------- */

struct occupant {
    struct stat status;
    char name[64]; /* what /proc/self/fd shows: a kind, for those without
                      inode of their own */
    int other;     /* a descriptor of which this one is the counterpart */
};

static struct occupant occupants[LAST];

/* Moves what others made out of the way of the numbers that are filled. */
static int aside(int fd)
{
    int moved = fcntl(fd, F_DUPFD_CLOEXEC, PRIVATE);

    check(moved >= PRIVATE && close(fd) == 0, "move a descriptor");
    return moved;
}

static int make_file(struct occupant *occupant)
{
    char path[] = "own.XXXXXX";
    int fd = mkstemp(path);

    (void)occupant;
    check(unlink(path) == 0, "unlink");
    return fd;
}

static int make_eventfd(struct occupant *occupant)
{
    (void)occupant;
    return eventfd(0, EFD_NONBLOCK);
}

static int make_socket(struct occupant *occupant)
{
    int ends[2];

    check(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends) == 0,
          "socketpair");
    occupant->other = aside(ends[1]);
    return ends[0];
}

/* It watches what always can be read: whoever takes it for his own and changes
 * that is found out. */
static int make_epoll(struct occupant *occupant)
{
    struct epoll_event event = { .events = EPOLLIN };
    int fd = epoll_create1(0);

    occupant->other = aside(eventfd(1, EFD_NONBLOCK));
    check(epoll_ctl(fd, EPOLL_CTL_ADD, occupant->other, &event) == 0,
          "epoll_ctl");
    return fd;
}

static bool eventfd_is_untouched(int fd, const struct occupant *occupant)
{
    uint64_t count;

    (void)occupant;
    return read(fd, &count, sizeof(count)) < 0;
}

static bool socket_is_untouched(int fd, const struct occupant *occupant)
{
    char byte;

    return recv(occupant->other, &byte, 1, 0) < 0
           && send(occupant->other, "x", 1, 0) == 1
           && recv(fd, &byte, 1, 0) == 1;
}

static bool epoll_is_untouched(int fd, const struct occupant *occupant)
{
    struct epoll_event events[4];

    (void)occupant;
    return epoll_wait(fd, events, 4, 0) == 1;
}

static const struct kind {
    const char *name;
    int (*make)(struct occupant *occupant);
    bool (*is_untouched)(int fd, const struct occupant *occupant);
} kinds[] = {
    { "nothing", NULL, NULL },
    { "file", make_file, NULL },
    { "eventfd", make_eventfd, eventfd_is_untouched },
    { "socket", make_socket, socket_is_untouched },
    { "epoll", make_epoll, epoll_is_untouched },
};

#define KINDS (sizeof(kinds) / sizeof(kinds[0]))

static void look(int fd, struct stat *status, char name[64])
{
    char path[64];
    ssize_t len;

    (void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
    memset(status, 0, sizeof(*status));
    (void)fstat(fd, status);
    len = readlink(path, name, 63);
    name[len > 0 ? len : 0] = '\0';
}

static void occupy(const struct kind *kind, int first)
{
    int fd;

    for (fd = first; kind->make != NULL && fd < LAST; fd++) {
        int made = kind->make(&occupants[fd]);

        check(made >= 0 && dup2(made, fd) == fd, "take a number");
        if (made != fd)
            (void)close(made);
        look(fd, &occupants[fd].status, occupants[fd].name);
    }
}

static void check_untouched(const struct kind *kind, int first, int is_last)
{
    struct stat status;
    char name[64];
    int fd;

    for (fd = first; kind->make != NULL && fd < LAST; fd++) {
        const struct occupant *occupant = &occupants[fd];

        look(fd, &status, name);
        if (status.st_dev == occupant->status.st_dev
            && status.st_ino == occupant->status.st_ino
            && status.st_size == occupant->status.st_size
            && strcmp(name, occupant->name) == 0
            && (!is_last || kind->is_untouched == NULL
                || kind->is_untouched(fd, occupant)))
            continue;
        (void)printf("%s %d of the program was used or closed\n", kind->name,
                     fd);
        exit(1);
    }
}

/* --- Ways to sign --------------------------------------------------------- */

static void sign(void)
{
    sign_and_verify(ours.libctx, pkey, plain.libctx, public_key, 1);
}

static void *sign_in_thread(void *arg)
{
    (void)arg;
    sign();
    return NULL;
}

static void sign_in_threads(void)
{
    pthread_t threads[THREADS];
    int i;

    for (i = 0; i < THREADS; i++)
        check(pthread_create(&threads[i], NULL, sign_in_thread, NULL) == 0,
              "a thread");
    for (i = 0; i < THREADS; i++)
        check(pthread_join(threads[i], NULL) == 0, "join");
}

static int sign_job(void *arg)
{
    (void)arg;
    sign();
    return 1;
}

static ASYNC_WAIT_CTX *former_wait;

/* The wait context of the last time is freed only now: its descriptor may have
 * been closed meanwhile, and be another's. */
static void sign_in_job(void)
{
    ASYNC_WAIT_CTX *wait = ASYNC_WAIT_CTX_new();
    struct pollfd polled = { .events = POLLIN };
    ASYNC_JOB *job = NULL;
    size_t n = 1;
    int ok = 0, status;

    ASYNC_WAIT_CTX_free(former_wait);
    former_wait = wait;
    while ((status = ASYNC_start_job(&job, wait, &ok, sign_job, NULL, 0))
           == ASYNC_PAUSE) {
        check(ASYNC_WAIT_CTX_get_all_fds(wait, &polled.fd, &n) && n == 1,
              "the job's descriptor");
        check(poll(&polled, 1, PATIENCE_MS) == 1, "the job goes on");
    }
    check(status == ASYNC_FINISH && ok == 1, "the job");
}

/* --- One process ---------------------------------------------------------- */

static void wait_for(pid_t pid, const struct kind *kind, int first)
{
    char which[80];
    int status = 0;

    check(waitpid(pid, &status, 0) == pid, "wait for a child");
    (void)snprintf(which, sizeof(which), "%s from %d on: status %#x",
                   kind->name, first, (unsigned)status);
    check(WIFEXITED(status) && WEXITSTATUS(status) == 0, which);
}

static void act(const struct kind *kind, int first, void (*signs)(void))
{
    if (first < INT_MAX) {
        closefrom(first);
        occupy(kind, first);
    }
    signs();
    if (first < INT_MAX)
        check_untouched(kind, first, 0);
    signs();
    if (first < INT_MAX)
        check_untouched(kind, first, 1);
}

static void one(const char *way, const struct kind *kind, int first)
{
    bool is_child = strcmp(way, "child") == 0;
    bool is_parent = strcmp(way, "parent") == 0;
    void (*signs)(void) = strcmp(way, "threads") == 0 ? sign_in_threads
                          : strcmp(way, "jobs") == 0  ? sign_in_job
                                                      : sign;
    pid_t pid = 0;

    signs();
    if (is_child || is_parent) {
        pid = fork();
        check(pid >= 0, "fork");
        if (pid == 0) {
            alarm(60);
            act(kind, is_child ? first : INT_MAX, signs);
            _exit(0);
        }
    }
    act(kind, is_child ? INT_MAX : first, signs);
    if (pid != 0)
        wait_for(pid, kind, first);
}

static int highest(void)
{
    int fd = LAST;

    while (fd >= FIRST && fcntl(fd, F_GETFD) < 0)
        fd--;
    return fd;
}

/* The number of descriptors in use when it has signed, as exit status. */
static int find_highest(const char *way)
{
    pid_t pid = fork();
    int status = 0;

    if (pid == 0) {
        one(way, &kinds[0], INT_MAX);
        _exit(highest());
    }
    check(waitpid(pid, &status, 0) == pid && WIFEXITED(status)
              && WEXITSTATUS(status) < LAST,
          "the first");
    return WEXITSTATUS(status);
}

int main(int argc, char **argv)
{
    int first, last;
    size_t i;

    check(argc == 3, "usage: descriptors URI WAY");
    setvbuf(stdout, NULL, _IONBF, 0);
    context_open(&plain, 1, 0);
    context_open(&ours, 1, 1);
    pkey = load_key(ours.libctx, argv[1]);
    public_key = public_half(pkey, plain.libctx);
    last = find_highest(argv[2]);
    check(last > FIRST && last < LAST, "descriptors are in use");
    for (first = FIRST; first <= last; first++)
        for (i = 0; i < KINDS; i++) {
            pid_t pid = fork();

            if (pid == 0) {
                alarm(60);
                one(argv[2], &kinds[i], first);
                _exit(0);
            }
            wait_for(pid, &kinds[i], first);
        }
    (void)printf("%d numbers, %zu kinds\n", last - FIRST + 1, KINDS);
    EVP_PKEY_free(public_key);
    EVP_PKEY_free(pkey);
    context_close(&ours);
    context_close(&plain);
    return 0;
}
