/* SPDX-License-Identifier: Apache-2.0 */

/* Files on file systems that may not answer: for file.c. */

#ifndef AKV_FILE_ASIDE_H
#define AKV_FILE_ASIDE_H

#include <stdbool.h>
#include <stdint.h>

#include "akv/buf.h"

/* Whether it lies on a network's file system, or on one that a process serves,
 * by its path alone: to follow links would be to touch it. */
bool akv_file_may_hang(const char *path);

/*
 * Reads it by fn in a thread of its own, which is left behind after ms
 * milliseconds (errno ETIMEDOUT). At most 4 are left behind: then none is tried
 * any more. In line where no thread can be started.
 */
bool akv_file_aside(const char *path, struct akv_buf *out, int64_t ms,
                    bool (*fn)(const char *path, struct akv_buf *out,
                               int64_t ms)) AKV_MUST_CHECK;

#endif
