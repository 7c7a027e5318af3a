/* SPDX-License-Identifier: Apache-2.0 */

#ifndef AKV_FILE_H
#define AKV_FILE_H

#include <stdbool.h>
#include <stdint.h>

#include "akv/buf.h"

/* No bound, for akv_file_read(). */
#define AKV_FILE_PATIENT (-1)

/*
 * Appends a whole file, and waits ms milliseconds at most for one that blocks:
 * a pipe without a writer, and a file on a network's file system that does not
 * answer, for which a thread is started that may be left behind. False with
 * errno set: EFBIG where it is larger than what the buffer may still hold,
 * ETIMEDOUT where it blocks. Any thread.
 */
bool akv_file_read(const char *path, struct akv_buf *out,
                   int64_t ms) AKV_MUST_CHECK;

/* The same of one that akv_file_may_hang() is known not to hold of. */
bool akv_file_read_local(const char *path, struct akv_buf *out,
                         int64_t ms) AKV_MUST_CHECK;

/* Remembers the root directory. The first call counts: when the module is
 * loaded. */
void akv_file_init(void);

/* Whether it is another one by now. */
bool akv_file_has_other_root(void);

/* The code for a call of the system that has failed with this errno: no
 * descriptors, no threads or processes (EAGAIN), a sandbox, no memory; else it
 * is other. */
enum akv_error_code akv_file_code(int number, enum akv_error_code other);

/* Says that a file cannot be read, why (errno), and what that means: that there
 * are no descriptors left, that a sandbox forbids it, or that the process has
 * another root directory by now; else it is an error of this code. Returns
 * false. */
bool akv_file_explain(struct akv_error *err, enum akv_error_code code,
                      const char *what, const char *path);

#endif
