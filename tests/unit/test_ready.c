/* SPDX-License-Identifier: Apache-2.0 */

#include <poll.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fd_fixture.h"
#include "transport/ready.h"
#include "unit.h"

static int make_epoll(void)
{
    return epoll_create1(0);
}

static int make_eventfd(void)
{
    return eventfd(0, EFD_NONBLOCK);
}

static bool is_up(const struct akv_ready_fd *ready)
{
    struct pollfd polled = { ready->fd, POLLIN, 0 };

    return poll(&polled, 1, 0) == 1 && (polled.revents & POLLIN) != 0;
}

static void up_and_down(void)
{
    struct akv_ready_fd a = AKV_READY_FD_NONE, b = AKV_READY_FD_NONE;
    struct epoll_event event = { .events = EPOLLIN };
    int outer = epoll_create1(0), number, i;

    akv_ready_fd_raise(&a);
    CHECK(!akv_ready_fd_lower(&a));
    akv_ready_fd_close(&a);
    CHECK(akv_ready_fd_open(&a) && akv_ready_fd_open(&b));
    CHECK(epoll_ctl(outer, EPOLL_CTL_ADD, a.fd, &event) == 0);
    for (i = 0; i < 3; i++) {
        CHECK(!is_up(&a) && !akv_ready_fd_lower(&a));
        CHECK_INT("epoll", epoll_wait(outer, &event, 1, 0), 0);
        akv_ready_fd_raise(&a);
        akv_ready_fd_raise(&a);
        CHECK(is_up(&a) && is_up(&a) && !is_up(&b));
        CHECK_INT("epoll", epoll_wait(outer, &event, 1, 0), 1);
        CHECK(akv_ready_fd_lower(&a));
    }
    number = a.fd;
    akv_ready_fd_close(&a);
    akv_ready_fd_close(&b);
    CHECK(a.fd == -1 && !is_open(number));
    (void)close(outer);
}

/* Another epoll, and one of the same number that watches the same numbers. */
static void not_ours(void)
{
    static int (*const kinds[])(void) = { make_epoll, make_eventfd, make_file };
    struct akv_ready_fd ready;
    struct epoll_event event = { .events = 0 };
    size_t i;
    int fd;

    closefrom(3); /* what was inherited: the numbers are low ones */
    for (i = 0; i < COUNT(kinds); i++) {
        CHECK(akv_ready_fd_open(&ready));
        fd = ready.fd;
        replace(fd, kinds[i]);
        akv_ready_fd_raise(&ready);
        CHECK(!is_up(&ready) || kinds[i] == make_file);
        CHECK(!akv_ready_fd_lower(&ready));
        akv_ready_fd_close(&ready);
        CHECK("left open" && is_open(fd));
        (void)close(fd);
    }
    CHECK(akv_ready_fd_open(&ready));
    fd = ready.fd;
    closefrom(3);
    CHECK(dup2(make_epoll(), 40) == 40);
    for (i = 3; i < 20; i++)
        CHECK(dup2(40, (int)i) == (int)i);
    CHECK(dup2(make_eventfd(), fd) == fd);
    CHECK(epoll_ctl(40, EPOLL_CTL_ADD, fd, &event) == 0);
    akv_ready_fd_raise(&ready);
    CHECK(!is_up(&ready));
    akv_ready_fd_close(&ready);
    CHECK(is_open(fd));
    closefrom(3);
    CHECK(akv_ready_fd_open(&ready)); /* by a new pipe */
    akv_ready_fd_raise(&ready);
    CHECK(is_up(&ready) && akv_ready_fd_lower(&ready));
    akv_ready_fd_close(&ready);
}

/* As many as a server has connections, in one epoll. */
static void many(void)
{
    static struct akv_ready_fd ready[600];
    struct epoll_event event = { .events = EPOLLIN };
    int outer = epoll_create1(0);
    size_t i;

    for (i = 0; i < COUNT(ready); i++) {
        CHECK(akv_ready_fd_open(&ready[i]));
        CHECK(epoll_ctl(outer, EPOLL_CTL_ADD, ready[i].fd, &event) == 0);
    }
    akv_ready_fd_raise(&ready[COUNT(ready) - 1]);
    CHECK_INT("up", epoll_wait(outer, &event, 1, 0), 1);
    for (i = 0; i < COUNT(ready); i++)
        akv_ready_fd_close(&ready[i]);
    (void)close(outer);
}

/* A child closes its copy, and changes nothing of the parent's. */
static void forked(void)
{
    struct akv_ready_fd ready;
    int status = -1;
    pid_t pid;

    CHECK(akv_ready_fd_open(&ready));
    akv_ready_fd_raise(&ready);
    pid = fork();
    if (pid == 0) {
        int fd = ready.fd;

        akv_ready_fd_close(&ready);
        _exit(is_open(fd) ? 1 : 0);
    }
    CHECK(waitpid(pid, &status, 0) == pid && status == 0);
    CHECK(is_up(&ready) && akv_ready_fd_lower(&ready));
    akv_ready_fd_close(&ready);
}

/* It is up as long as the other is. */
static void watching(void)
{
    struct akv_ready_fd ready;
    struct epoll_event event = { .events = EPOLLIN };
    int outer = epoll_create1(0), inner = epoll_create1(0);
    int other = eventfd(0, EFD_NONBLOCK);
    eventfd_t count;

    CHECK(akv_ready_fd_open(&ready));
    CHECK(epoll_ctl(outer, EPOLL_CTL_ADD, ready.fd, &event) == 0);
    CHECK(epoll_ctl(inner, EPOLL_CTL_ADD, other, &event) == 0);
    CHECK(akv_ready_fd_watch(&ready, inner));
    CHECK_INT("down", epoll_wait(outer, &event, 1, 0), 0);
    CHECK(eventfd_write(other, 1) == 0);
    CHECK_INT("up", epoll_wait(outer, &event, 1, 0), 1);
    CHECK(eventfd_read(other, &count) == 0);
    CHECK_INT("down again", epoll_wait(outer, &event, 1, 0), 0);
    CHECK(eventfd_write(other, 1) == 0);
    akv_ready_fd_unwatch(&ready, inner);
    CHECK_INT("no longer", epoll_wait(outer, &event, 1, 0), 0);
    akv_ready_fd_close(&ready);
    CHECK(!akv_ready_fd_watch(&ready, inner));
    (void)close(outer);
    (void)close(inner);
    (void)close(other);
}

int main(void)
{
    static const struct unit_test tests[] = {
        { "up and down", up_and_down },
        { "not ours", not_ours },
        { "many", many },
        { "forked", forked },
        { "watching", watching },
    };

    return unit_main("ready", tests, COUNT(tests));
}
