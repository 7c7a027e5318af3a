/* SPDX-License-Identifier: Apache-2.0 */

#include <json-c/json.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "torture.h"
#include "unit.h"

#define ROUNDS 2000 /* more than anything here allocates */

static atomic_uint calls;    /* since it was armed */
static atomic_uint fails_at; /* the number of the call; 0: none */
static atomic_bool for_good; /* and all that follow */
static atomic_uint failures;

bool torture_fails(void)
{
    unsigned at = atomic_load(&fails_at), call;

    if (at == 0)
        return false;
    call = atomic_fetch_add(&calls, 1) + 1;
    if (call != at && !(atomic_load(&for_good) && call > at))
        return false;
    atomic_fetch_add(&failures, 1);
    return true;
}

static void arm(unsigned at, bool good)
{
    atomic_store(&fails_at, 0);
    atomic_store(&calls, 0);
    atomic_store(&failures, 0);
    atomic_store(&for_good, good);
    atomic_store(&fails_at, at);
}

static void run_mode(const char *where, bool (*fn)(void), bool good)
{
    unsigned at, failed = 0;
    bool ok = true;

    for (at = 1; at < ROUNDS; at++) {
        arm(at, good);
        ok = fn();
        atomic_store(&fails_at, 0);
        if (atomic_load(&failures) == 0)
            break;
        failed += !ok;
    }
    CHECK_AT(where, at < ROUNDS);
    CHECK_AT(where, ok);
    CHECK_AT("something was made to fail", failed > 0);
}

void torture_run(const char *where, bool (*fn)(void))
{
    run_mode(where, fn, false);
    run_mode(where, fn, true);
}

/* A wrapper: fails, or does what the real one does. */
#define WRAP(type, name, parameters, arguments, failure)                       \
    type __real_##name parameters;                                             \
    type __wrap_##name parameters;                                             \
    type __wrap_##name parameters                                              \
    {                                                                          \
        return torture_fails() ? (failure) : __real_##name arguments;          \
    }

WRAP(void *, malloc, (size_t size), (size), NULL)
WRAP(void *, calloc, (size_t count, size_t size), (count, size), NULL)
WRAP(void *, reallocarray, (void *old, size_t count, size_t size),
     (old, count, size), NULL)
WRAP(char *, strdup, (const char *text), (text), NULL)
WRAP(struct json_tokener *, json_tokener_new_ex, (int depth), (depth), NULL)
WRAP(struct json_object *, json_object_new_object, (void), (), NULL)
WRAP(struct json_object *, json_object_new_array, (void), (), NULL)
WRAP(struct json_object *, json_object_new_string, (const char *text), (text),
     NULL)
WRAP(struct json_object *, json_object_new_string_len,
     (const char *text, const int len), (text, len), NULL)
WRAP(struct json_object *, json_object_new_int64, (int64_t number), (number),
     NULL)
WRAP(struct json_object *, json_object_new_boolean, (json_bool yes), (yes),
     NULL)
WRAP(int, json_object_object_add,
     (struct json_object * object, const char *name, struct json_object *value),
     (object, name, value), -1)
WRAP(int, json_object_array_add,
     (struct json_object * array, struct json_object *value), (array, value),
     -1)
