/* SPDX-License-Identifier: Apache-2.0 */

/*
 * By makecontext(3) and swapcontext(3), in the calling thread. The lowest page
 * is a guard, and pages that were never reached take no memory.
 */

#include <stdlib.h>
#include <sys/mman.h>
#include <ucontext.h>
#include <unistd.h>

#include "base/stack.h"

struct akv_stack {
    void *pages; /* the first of them is a guard */
    size_t size;
    void (*fn)(void *arg);
    void *arg;
    ucontext_t caller, own;
};

struct akv_stack *akv_stack_new(size_t size)
{
    struct akv_stack *stack = calloc(1, sizeof(*stack));
    size_t page = (size_t)sysconf(_SC_PAGESIZE);

    if (stack == NULL)
        return NULL;
    stack->size = (size + page - 1) / page * page + page;
    stack->pages =
        mmap(NULL, stack->size, PROT_READ | PROT_WRITE,
             MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_STACK, -1, 0);
    if (stack->pages != MAP_FAILED
        && mprotect(stack->pages, page, PROT_NONE) == 0)
        return stack;
    if (stack->pages != MAP_FAILED)
        (void)munmap(stack->pages, stack->size);
    free(stack);
    return NULL;
}

void akv_stack_free(struct akv_stack *stack)
{
    if (stack == NULL)
        return;
    (void)munmap(stack->pages, stack->size);
    free(stack);
}

/* makecontext(3) hands over nothing but int: what the thread is about to run.
 */
static _Thread_local const struct akv_stack *starting;

static void stack_start(void)
{
    const struct akv_stack *stack = starting;

    stack->fn(stack->arg);
}

void akv_stack_run(struct akv_stack *stack, void (*fn)(void *arg), void *arg)
{
    stack->fn = fn;
    stack->arg = arg;
    if (getcontext(&stack->own) != 0) {
        fn(arg);
        return;
    }
    stack->own.uc_stack.ss_sp = stack->pages;
    stack->own.uc_stack.ss_size = stack->size;
    stack->own.uc_link = &stack->caller;
    makecontext(&stack->own, stack_start, 0);
    starting = stack;
    (void)swapcontext(&stack->caller, &stack->own);
}
