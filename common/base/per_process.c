/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Without locks, since a child could find one taken for good: stamps, page and
 * slots are atomic. Numbers grow along a line of descent, and siblings may have
 * the same one: only what a process can have inherited must differ from its
 * own.
 */

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/cancel.h"
#include "base/per_process.h"

#define PAGE_BYTES 4096 /* the kernel rounds it up */
#define START_TIME 22   /* field of proc_pid_stat(5) */

/* The page holds the process's number, or 0 where it has none yet. */
static _Atomic(atomic_ullong *) page;
static atomic_ullong last_number; /* of this process or an ancestor */

/* NULL: the kernel has no such pages. */
static atomic_ullong *get_page(void)
{
    atomic_ullong *found = atomic_load(&page);
    void *mine;

    if (found != NULL)
        return found;
    mine = mmap(NULL, PAGE_BYTES, PROT_READ | PROT_WRITE,
                MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (mine == MAP_FAILED)
        return NULL;
    if (madvise(mine, PAGE_BYTES, MADV_WIPEONFORK) == 0
        && atomic_compare_exchange_strong(&page, &found, mine))
        return mine;
    (void)munmap(mine, PAGE_BYTES); /* another thread may have been faster */
    return found;
}

/* In clock ticks since the machine was started; 0: not to be had. */
static uint64_t start_time(void)
{
    char text[1024];
    int cancel = akv_cancel_off();
    int fd = open("/proc/self/stat", O_RDONLY | O_CLOEXEC), field;
    ssize_t len = fd >= 0 ? read(fd, text, sizeof(text) - 1) : 0;
    const char *p;

    if (fd >= 0)
        (void)close(fd);
    akv_cancel_restore(cancel);
    text[len > 0 ? len : 0] = '\0';
    p = strrchr(text, ')'); /* a name is free to hold anything */
    for (field = 2; p != NULL && field < START_TIME; field++)
        p = strchr(p + 1, ' ');
    return p != NULL ? strtoull(p, NULL, 10) : 0;
}

static uint64_t get_number(void)
{
    atomic_ullong *in_page = get_page();
    unsigned long long found, mine;

    if (in_page == NULL)
        return start_time();
    found = atomic_load(in_page);
    if (found != 0)
        return found;
    mine = atomic_fetch_add(&last_number, 1) + 1;
    return atomic_compare_exchange_strong(in_page, &found, mine) ? mine : found;
}

struct akv_stamp akv_stamp_take(void)
{
    return (struct akv_stamp){ getpid(), get_number() };
}

static bool is_same(const struct akv_stamp *stamp, struct akv_stamp now)
{
    return stamp->pid == now.pid && stamp->number == now.number;
}

bool akv_stamp_is_here(const struct akv_stamp *stamp)
{
    return is_same(stamp, akv_stamp_take());
}

bool akv_own_is_here(const struct akv_own *own)
{
    return akv_stamp_is_here(&own->stamp);
}

static bool per_process_is_mine(struct akv_own *own, struct akv_stamp now)
{
    return own != NULL && is_same(&own->stamp, now) && !atomic_load(&own->lost);
}

struct akv_own *akv_own_find(akv_own_slot *slot)
{
    struct akv_own *found = atomic_load(slot);

    return found != NULL && per_process_is_mine(found, akv_stamp_take()) ? found
                                                                         : NULL;
}

struct akv_own *akv_own_put(akv_own_slot *slot, struct akv_own *own)
{
    struct akv_own *found = atomic_load(slot);

    own->stamp = akv_stamp_take();
    atomic_init(&own->lost, false);
    do {
        if (per_process_is_mine(found, own->stamp))
            return found;
        own->former = found;
    } while (!atomic_compare_exchange_weak(slot, &found, own));
    return own;
}

void *akv_own_get(akv_own_slot *slot, const struct akv_own_kind *kind)
{
    struct akv_own *found = akv_own_find(slot), *mine;

    if (found != NULL)
        return found;
    mine = calloc(1, kind->size);
    if (mine == NULL || (kind->begin != NULL && !kind->begin(mine))) {
        free(mine);
        return NULL;
    }
    found = akv_own_put(slot, mine);
    if (found != mine) { /* another thread was faster */
        if (kind->end != NULL)
            kind->end(mine);
        free(mine);
    }
    return found;
}
