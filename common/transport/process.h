/* SPDX-License-Identifier: Apache-2.0 */

/* Runs a program from the loop, without waiting for it. Loop thread only. */

#ifndef AKV_PROCESS_H
#define AKV_PROCESS_H

#include "akv/buf.h"
#include "transport/loop.h"

struct akv_process;

/* What a program left. out and errors are borrowed for the call. */
struct akv_process_result {
    int status;            /* exit status; 127: there is no such program;
                              -1: unknown, since the host reaped it */
    int error;             /* errno: it could not be started; or 0 */
    bool timed_out;        /* it was killed */
    struct akv_buf out;    /* standard output */
    struct akv_buf errors; /* standard error */
};

typedef void akv_process_fn(void *arg, struct akv_process_result *result);

/*
 * Starts argv[0], found by PATH, in the folder /bin (a file that somebody put
 * into the caller's must not be picked up), in a process group of its own, with
 * no input, no signal blocked, and timeout_ms to live, after which the whole
 * group is killed. done is called once, after the function returned, with what
 * was written until then. NULL: it cannot be started.
 */
struct akv_process *akv_process_start(struct akv_loop *loop,
                                      const char *const argv[],
                                      int64_t timeout_ms, akv_process_fn *done,
                                      void *arg);

/* Kills it and its group without calling done. NULL is fine. */
void akv_process_cancel(struct akv_process *process);

#endif
