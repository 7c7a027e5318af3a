/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Torture: what a test does is done again and again, and each time another
 * allocation fails, until none does. Nothing may crash or leak (the address
 * sanitizer tells), and each failure must have a cause.
 */

#ifndef TORTURE_H
#define TORTURE_H

#include <stdbool.h>

/* Whether the call that just came to a wrapper is to fail. */
bool torture_fails(void);

/*
 * Calls fn with the 1st, 2nd, 3rd ... allocation failing, then with all from
 * the 1st, 2nd, 3rd ... on. fn returns whether it succeeded, and checks itself
 * that a failure has a cause. Without failing allocations it must succeed.
 */
void torture_run(const char *where, bool (*fn)(void));

/* Defines the test torture_FN, which does that. */
#define TORTURE(fn)                                                            \
    static void torture_##fn(void)                                             \
    {                                                                          \
        torture_run(#fn, fn);                                                  \
    }

#endif
