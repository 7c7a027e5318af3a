/* SPDX-License-Identifier: Apache-2.0 */
#ifndef EMU_BUF_H
#define EMU_BUF_H

#include <stddef.h>

/* Growing bytes, always followed by a NUL that `len` does not count. */
struct emu_buf {
    char *data; /* owned; NULL while empty */
    size_t len;
    size_t size;
};

#define EMU_BUF_INIT                                                           \
    {                                                                          \
        NULL, 0, 0                                                             \
    }

void emu_buf_add(struct emu_buf *buf, const void *data, size_t len);
void emu_buf_addstr(struct emu_buf *buf, const char *s);
void emu_buf_printf(struct emu_buf *buf, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
const char *emu_buf_str(const struct emu_buf *buf); /* "" while empty */
void emu_buf_free(struct emu_buf *buf);

#endif
