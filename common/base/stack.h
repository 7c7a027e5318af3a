/* SPDX-License-Identifier: Apache-2.0 */

/*
 * A stack of our own. The caller's may be small (OpenSSL gives 32 KiB to an
 * ASYNC job, without a guard page), and libcurl's TLS needs more than half of
 * that.
 */

#ifndef AKV_STACK_H
#define AKV_STACK_H

#include <stddef.h>

struct akv_stack;

/* NULL: no memory. */
struct akv_stack *akv_stack_new(size_t size);

/* NULL is fine. */
void akv_stack_free(struct akv_stack *stack);

/* Calls fn(arg) on the stack, and returns when it does. One caller at a time,
 * which must not be on it already. */
void akv_stack_run(struct akv_stack *stack, void (*fn)(void *arg), void *arg);

#endif
