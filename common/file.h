/* SPDX-License-Identifier: Apache-2.0 */

#ifndef AKV_FILE_H
#define AKV_FILE_H

#include <stdbool.h>

#include "buf.h"

/* Appends all that can be read from a descriptor, in place, so that nothing of
 * it stays elsewhere. Fails as akv_file_read() does. */
bool akv_file_read_fd(int fd, struct akv_buf *out) AKV_MUST_CHECK;

/* Appends a whole file. False with errno set, EFBIG where it is larger than
 * what the buffer may still hold. */
bool akv_file_read(const char *path, struct akv_buf *out) AKV_MUST_CHECK;

#endif
