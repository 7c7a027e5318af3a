/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Wiped is not only the content, but also what copying leaves behind: on the
 * stack, by frames laid over it; in vector registers, by instructions on x86-64
 * and elsewhere by copying zeros as memcpy() does.
 */

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "akv/buf.h"

void akv_wipe(void *data, size_t len)
{
    if (data != NULL && len > 0)
        explicit_bzero(data, len);
}

/* Recursion keeps the frames one behind the other; the block is wiped behind
 * it, so that it is no tail call. */
static __attribute__((noinline)) void wipe_stack(size_t size)
{
    unsigned char block[AKV_TRACES_CALLER];

    if (size > sizeof(block))
        wipe_stack(size - sizeof(block)); /* NOLINT(misc-no-recursion) */
    explicit_bzero(block, sizeof(block));
}

#if defined(__x86_64__)
/* vzeroall leaves the upper sixteen, which AVX-512 has, alone; no code is
 * compiled to keep anything in them. */
static void wipe_registers(void)
{
    if (__builtin_cpu_supports("avx512f"))
        __asm__ volatile(".irp n, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, "
                         "27, 28, 29, 30, 31\n"
                         "vpxorq %%zmm\\n, %%zmm\\n, %%zmm\\n\n"
                         ".endr" ::
                             : "memory");
    if (__builtin_cpu_supports("avx"))
        __asm__ volatile("vzeroall" ::
                             : "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5",
                               "xmm6", "xmm7", "xmm8", "xmm9", "xmm10", "xmm11",
                               "xmm12", "xmm13", "xmm14", "xmm15");
}
#else
/* As memcpy() has filled them; how many it takes depends on the length. */
static void wipe_registers(void)
{
    static void *(*const volatile copy)(void *, const void *, size_t) = memcpy;
    static const unsigned char zeros[1024];
    unsigned char block[sizeof(zeros)];
    size_t len;

    for (len = sizeof(zeros); len >= 8; len /= 2)
        (void)copy(block, zeros, len);
}
#endif

void akv_wipe_traces(size_t size)
{
    wipe_registers();
    wipe_stack(size);
}

void akv_wipe_free(char *str)
{
    if (str != NULL)
        akv_wipe(str, strlen(str));
    free(str);
}

void akv_buf_init(struct akv_buf *buf, size_t max)
{
    memset(buf, 0, sizeof(*buf));
    buf->max = max;
}

void akv_buf_free(struct akv_buf *buf)
{
    if (buf == NULL)
        return;
    if (buf->data != NULL) {
        akv_wipe(buf->data, buf->size);
        free(buf->data);
        akv_wipe_traces(AKV_TRACES_CALLER);
    }
    akv_buf_init(buf, buf->max);
}

/* No realloc(): it may leave a copy of a secret behind in freed memory. */
unsigned char *akv_buf_reserve(struct akv_buf *buf, size_t len)
{
    unsigned char *bigger;
    size_t size;

    if (len > buf->max - buf->len)
        return NULL;
    if (buf->size > buf->len && buf->size - buf->len > len)
        return buf->data + buf->len;
    size = buf->size < 64 ? 64 : buf->size * 2;
    if (size < buf->len + len + 1)
        size = buf->len + len + 1;
    bigger = malloc(size);
    if (bigger == NULL)
        return NULL;
    if (buf->len > 0)
        memcpy(bigger, buf->data, buf->len);
    bigger[buf->len] = '\0';
    akv_wipe(buf->data, buf->size);
    free(buf->data);
    buf->data = bigger;
    buf->size = size;
    return bigger + buf->len;
}

bool akv_buf_append(struct akv_buf *buf, const void *data, size_t len)
{
    unsigned char *room = akv_buf_reserve(buf, len);

    if (room == NULL)
        return false;
    if (len > 0)
        memcpy(room, data, len);
    buf->len += len;
    buf->data[buf->len] = '\0';
    return true;
}

bool akv_buf_append_str(struct akv_buf *buf, const char *str)
{
    return akv_buf_append(buf, str, strlen(str));
}

bool akv_buf_appendf(struct akv_buf *buf, const char *fmt, ...)
{
    va_list ap;
    unsigned char *room;
    int len;

    va_start(ap, fmt);
    len = vsnprintf(NULL, 0, fmt, ap);
    va_end(ap);
    if (len < 0 || (room = akv_buf_reserve(buf, (size_t)len)) == NULL)
        return false;
    va_start(ap, fmt);
    (void)vsnprintf((char *)room, (size_t)len + 1, fmt, ap);
    va_end(ap);
    buf->len += (size_t)len;
    return true;
}

const char *akv_buf_str(const struct akv_buf *buf)
{
    return buf->data != NULL ? (const char *)buf->data : "";
}

void akv_buf_trim(struct akv_buf *buf)
{
    while (buf->len > 0 && buf->data[buf->len - 1] <= ' ')
        buf->data[--buf->len] = '\0';
}
