/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "buf.h"
#include "xmem.h"

static void reserve(struct emu_buf *buf, size_t more)
{
    size_t size = buf->size == 0 ? 256 : buf->size;

    while (size - buf->len <= more)
        size *= 2;
    if (size != buf->size) {
        buf->data = emu_xrealloc(buf->data, size, 1);
        buf->size = size;
    }
}

void emu_buf_add(struct emu_buf *buf, const void *data, size_t len)
{
    reserve(buf, len);
    if (len > 0)
        memcpy(buf->data + buf->len, data, len);
    buf->len += len;
    buf->data[buf->len] = '\0';
}

void emu_buf_addstr(struct emu_buf *buf, const char *s)
{
    emu_buf_add(buf, s, strlen(s));
}

void emu_buf_printf(struct emu_buf *buf, const char *fmt, ...)
{
    va_list ap;
    va_list again;
    int n;

    va_start(ap, fmt);
    va_copy(again, ap);
    n = vsnprintf(NULL, 0, fmt, ap);
    va_end(ap);
    if (n > 0) {
        reserve(buf, (size_t)n);
        vsnprintf(buf->data + buf->len, (size_t)n + 1, fmt, again);
        buf->len += (size_t)n;
    }
    va_end(again);
}

const char *emu_buf_str(const struct emu_buf *buf)
{
    return buf->data == NULL ? "" : buf->data;
}

void emu_buf_free(struct emu_buf *buf)
{
    free(buf->data);
    *buf = (struct emu_buf)EMU_BUF_INIT;
}
