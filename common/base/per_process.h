/* SPDX-License-Identifier: Apache-2.0 */

/*
 * What belongs to one process. A child has the parent's memory, but not its
 * threads, and whatever another thread had locked stays locked for ever: it
 * forgets the parent's and makes its own.
 *
 * A pid does not tell processes apart: that of a daemon's worker may be that
 * of the process which started the daemon, and each PID namespace begins with
 * 1. A stamp does: it is a number in a page that the kernel wipes at a fork
 * (madvise(2), MADV_WIPEONFORK), beside the pid, since vfork(2) shares pages.
 * Where the kernel has no such pages, the time when the process was started
 * takes their place.
 */

#ifndef AKV_PER_PROCESS_H
#define AKV_PER_PROCESS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "akv/error.h"

struct akv_stamp {
    pid_t pid;
    uint64_t number; /* among this process and its ancestors */
};

/* The first member of what belongs to one process, which lasts as long as the
 * slot, unless nobody can have got it from there. */
struct akv_own {
    struct akv_stamp stamp;
    atomic_bool lost;       /* this process is to make another one, too */
    struct akv_own *former; /* what lay there before: reachable */
};

typedef _Atomic(struct akv_own *) akv_own_slot;

/* Of the calling process. Any thread. */
struct akv_stamp akv_stamp_take(void);

/* Whether the calling process has taken it. */
bool akv_stamp_is_here(const struct akv_stamp *stamp) AKV_MUST_CHECK;

/* Whether it was put there by this process, lost or not. */
bool akv_own_is_here(const struct akv_own *own) AKV_MUST_CHECK;

/* This process's, in a slot; NULL: it has none. */
struct akv_own *akv_own_find(akv_own_slot *slot) AKV_MUST_CHECK;

/* Puts it in the slot if this process has none there, and returns what it has
 * then: another thread's may have been faster, and the caller frees his. */
struct akv_own *akv_own_put(akv_own_slot *slot,
                            struct akv_own *own) AKV_MUST_CHECK;

/* What belongs to one process, made when it is first asked for. */
struct akv_own_kind {
    size_t size;              /* of it; a struct akv_own is its first member */
    bool (*begin)(void *own); /* sets it up, from zeros; NULL: nothing to do */
    void (*end)(void *own);   /* undoes that; NULL: nothing to do */
};

/* This process's, in a slot for this kind. Any thread. NULL: no memory. */
void *akv_own_get(akv_own_slot *slot,
                  const struct akv_own_kind *kind) AKV_MUST_CHECK;

#endif
