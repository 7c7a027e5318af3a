/* SPDX-License-Identifier: Apache-2.0 */

/*
 * What the unit tests share: a main for one CUnit suite, checks that name the
 * row of a table that failed, and an environment without surprises.
 */

#ifndef UNIT_H
#define UNIT_H

#include <stdbool.h>
#include <stddef.h>

#include "akv/buf.h"
#include "akv/error.h"
#include "base/settings_impl.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

struct unit_test {
    const char *name;
    void (*fn)(void);
};

/*
 * Runs the tests, to be returned from main(): 0 if all passed. Settings of
 * the developer's own (AKV_..., AZURE_..., proxies, OPENSSL_CONF) are removed
 * from the environment first.
 */
int unit_main(const char *suite, const struct unit_test *tests, size_t count);

/* Whether I/O threads may be started: tests of them are run both ways, by the
 * variable AKV_THREADS. */
bool unit_may_thread(void);

/* Records a check of CUnit; returns whether it held. */
bool unit_check(bool ok, const char *file, unsigned line, const char *fmt, ...)
    AKV_PRINTF(4, 5);
bool unit_check_str(const char *file, unsigned line, const char *where,
                    const char *got, const char *want);
bool unit_check_int(const char *file, unsigned line, const char *where,
                    long long got, long long want);
bool unit_check_has(const char *file, unsigned line, const char *where,
                    const char *text, const char *part);

#define CHECK(cond) unit_check((cond), __FILE__, __LINE__, "%s", #cond)

/* where: which row of the table, or which case, is looked at. */
#define CHECK_AT(where, cond)                                                  \
    unit_check((cond), __FILE__, __LINE__, "%s: %s", (where), #cond)
#define CHECK_STR(where, got, want)                                            \
    unit_check_str(__FILE__, __LINE__, (where), (got), (want))
#define CHECK_INT(where, got, want)                                            \
    unit_check_int(__FILE__, __LINE__, (where), (long long)(got),              \
                   (long long)(want))
/* That text contains part. */
#define CHECK_HAS(where, text, part)                                           \
    unit_check_has(__FILE__, __LINE__, (where), (text), (part))

/* Makes an empty folder for the test, removed with all that is in it when the
 * program ends; its name, or NULL. */
const char *unit_folder(void);

/* Writes a file in the folder and returns its path, borrowed for ever. */
const char *unit_file(const char *name, const void *data, size_t len);

/* Settings of NAME, VALUE, ... and NULL at the end, and the defaults for the
 * rest. The fault, if there is one, is in *err. */
bool unit_settings(struct akv_settings *settings, struct akv_error *err, ...);

/* A repeatable random number, the same sequence in each run. */
unsigned unit_random(void);

#endif
