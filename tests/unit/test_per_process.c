/* SPDX-License-Identifier: Apache-2.0 */

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/per_process.h"
#include "unit.h"

static pid_t pid_wanted; /* what getpid() says; 0: the truth */
static bool page_is_refused;

pid_t __real_getpid(void);
pid_t __wrap_getpid(void);
int __real_madvise(void *address, size_t len, int advice);
int __wrap_madvise(void *address, size_t len, int advice);

pid_t __wrap_getpid(void)
{
    return pid_wanted != 0 ? pid_wanted : __real_getpid();
}

int __wrap_madvise(void *address, size_t len, int advice)
{
    if (!page_is_refused)
        return __real_madvise(address, len, advice);
    errno = EINVAL;
    return -1;
}

static bool same(struct akv_stamp a, struct akv_stamp b)
{
    return a.pid == b.pid && a.number == b.number;
}

/* Exit status of a child; what it does is a part of the test. */
static int in_child(bool (*fn)(void *arg), void *arg)
{
    int status = -1;
    pid_t pid = fork();

    if (pid == 0) {
        (void)alarm(20);
        _exit(fn(arg) ? 0 : 1);
    }
    return waitpid(pid, &status, 0) == pid ? status : -1;
}

struct lineage {
    struct akv_stamp stamps[4]; /* of the ancestors, all with one pid */
    size_t count;
};

/* A stamp that no ancestor has, kept by the process, and the same below it. */
static bool differs(void *arg)
{
    struct lineage *lineage = arg;
    struct akv_stamp mine = akv_stamp_take();
    size_t i;

    for (i = 0; i < lineage->count; i++)
        if (same(mine, lineage->stamps[i]))
            return false;
    if (!same(mine, akv_stamp_take()))
        return false;
    lineage->stamps[lineage->count++] = mine;
    return lineage->count == COUNT(lineage->stamps)
           || in_child(differs, lineage) == 0;
}

/* As many processes in a line, each with the pid of the first. */
static void pid_recurs(void)
{
    struct lineage lineage = { .count = 0 };

    pid_wanted = 1;
    CHECK(differs(&lineage));
    pid_wanted = 0;
}

/* vfork(2) shares the page. */
static void pid_differs(void)
{
    struct akv_stamp mine = akv_stamp_take();

    pid_wanted = __real_getpid() + 1;
    CHECK(!same(mine, akv_stamp_take()));
    pid_wanted = 0;
    CHECK(same(mine, akv_stamp_take()));
}

/* The first thing that a process does: no page has been made yet. */
static bool without_page(void *arg)
{
    struct akv_stamp mine;

    (void)arg;
    page_is_refused = true;
    mine = akv_stamp_take();
    return mine.pid == getpid() && mine.number > 0
           && same(mine, akv_stamp_take());
}

static akv_own_slot slot;

static bool child_makes_its_own(void *arg)
{
    struct akv_own *parents = arg;
    struct akv_own *mine = calloc(1, sizeof(*mine));

    return akv_own_find(&slot) == NULL && akv_own_put(&slot, mine) == mine
           && akv_own_find(&slot) == mine && mine->former == parents;
}

static void slots(void)
{
    struct akv_own first, second, third;

    memset(&first, 0, sizeof(first));
    memset(&second, 0, sizeof(second));
    memset(&third, 0, sizeof(third));
    CHECK(akv_own_find(&slot) == NULL);
    CHECK(akv_own_put(&slot, &first) == &first);
    CHECK(akv_own_put(&slot, &second) == &first); /* it came too late */
    CHECK(akv_own_find(&slot) == &first);
    pid_wanted = __real_getpid(); /* and so for the child */
    CHECK_INT("child", in_child(child_makes_its_own, &first), 0);
    pid_wanted = 0;
    CHECK(akv_own_find(&slot) == &first);
    atomic_store(&first.lost, true);
    CHECK(akv_own_find(&slot) == NULL);
    CHECK(akv_own_put(&slot, &third) == &third);
    CHECK(akv_own_find(&slot) == &third && third.former == &first);
}

static void *take(void *arg)
{
    *(struct akv_stamp *)arg = akv_stamp_take();
    return NULL;
}

static bool threads_agree(void *arg)
{
    pthread_t threads[8];
    struct akv_stamp stamps[COUNT(threads)];
    bool ok = true;
    size_t i;

    (void)arg;
    for (i = 0; i < COUNT(threads); i++)
        ok = ok && pthread_create(&threads[i], NULL, take, &stamps[i]) == 0;
    for (i = 0; ok && i < COUNT(threads); i++)
        ok = pthread_join(threads[i], NULL) == 0;
    for (i = 1; ok && i < COUNT(threads); i++)
        ok = same(stamps[i], stamps[0]);
    return ok;
}

/* The first stamp of a process, in many threads at once. */
static void at_once(void)
{
    int i;

    for (i = 0; i < 20; i++)
        CHECK_INT("threads", in_child(threads_agree, NULL), 0);
}

static void no_page(void)
{
    CHECK_INT("without a page", in_child(without_page, NULL), 0);
}

int main(void)
{
    static const struct unit_test tests[] = {
        { "without a page", no_page },
        { "at once", at_once },
        { "a pid that recurs", pid_recurs },
        { "a pid that differs", pid_differs },
        { "slots", slots },
    };

    return unit_main("per_process", tests, COUNT(tests));
}
