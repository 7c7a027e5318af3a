/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Growing bytes with a limit from birth, wiped whenever memory is given back.
 *
 * There is always a NUL behind the last byte, so that text can be read as a
 * string; it does not count in len. An empty buffer has data == NULL: use
 * akv_buf_str() where a string is wanted. Not thread-safe.
 */

#ifndef AKV_BUF_H
#define AKV_BUF_H

#include <stdbool.h>
#include <stddef.h>

#include "error.h"

#ifdef __cplusplus
extern "C" {
#endif

struct akv_buf {
    unsigned char *data; /* owned */
    size_t len;          /* bytes used */
    size_t size;         /* bytes allocated */
    size_t max;          /* len never exceeds it */
};

#define AKV_BUF_INIT(max)                                                      \
    {                                                                          \
        NULL, 0, 0, (max)                                                      \
    }

/* An empty buffer of max bytes at most, whatever was in *buf. The same as
 * AKV_BUF_INIT(max), and takes no memory yet. */
void akv_buf_init(struct akv_buf *buf, size_t max);

/* Wipes and frees the content; the buffer can be used again. NULL is fine. */
void akv_buf_free(struct akv_buf *buf);

/* False, and nothing changed, when memory or the limit does not allow it. */
bool akv_buf_append(struct akv_buf *buf, const void *data,
                    size_t len) AKV_MUST_CHECK;
bool akv_buf_append_str(struct akv_buf *buf, const char *str) AKV_MUST_CHECK;
bool akv_buf_appendf(struct akv_buf *buf, const char *fmt, ...)
    AKV_PRINTF(2, 3) AKV_MUST_CHECK;

/* Makes room for len more bytes and returns where they go; the caller writes
 * them and adds to len. NULL when memory or the limit does not allow it. */
unsigned char *akv_buf_reserve(struct akv_buf *buf, size_t len) AKV_MUST_CHECK;

/* Takes white space and control characters off the end, as files have them. */
void akv_buf_trim(struct akv_buf *buf);

/* The content as a string ("" when empty), borrowed until the next change. */
const char *akv_buf_str(const struct akv_buf *buf);

/* Overwrites memory in a way that the compiler keeps. NULL is fine. */
void akv_wipe(void *data, size_t len);

/*
 * Overwrites what functions that have returned have left of what they worked
 * on: size bytes of the stack below the caller, and the vector registers.
 * (memcpy() and ciphers fill those, and the dynamic linker saves them on the
 * stack whenever it resolves a function at its first call, long afterwards.)
 * akv_buf_free() and akv_json_free() do it with AKV_TRACES_CALLER, which suits
 * the stack of 32 KiB that OpenSSL gives to an ASYNC job.
 */
void akv_wipe_traces(size_t size);
#define AKV_TRACES_CALLER 4096u
#define AKV_TRACES_LOOP 32768u /* below the I/O thread's loop */

/* Wipes and frees a string. NULL is fine. */
void akv_wipe_free(char *str);

#ifdef __cplusplus
}
#endif

#endif
