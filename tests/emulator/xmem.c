/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "xmem.h"

static void *must(void *p)
{
    static const char text[] = "akv-emulator: out of memory\n";

    if (p == NULL) {
        if (write(STDERR_FILENO, text, sizeof(text) - 1) < 0)
            _exit(EX_IOERR);
        _exit(EX_OSERR);
    }
    return p;
}

void *emu_xcalloc(size_t count, size_t size)
{
    return must(calloc(count == 0 ? 1 : count, size == 0 ? 1 : size));
}

void *emu_xrealloc(void *p, size_t count, size_t size)
{
    if (count == 0 || size == 0 || count > SIZE_MAX / size)
        return must(NULL);
    return must(realloc(p, count * size));
}

char *emu_xstrdup(const char *s)
{
    return must(strdup(s));
}

char *emu_xstrndup(const char *s, size_t len)
{
    return must(strndup(s, len));
}

char *emu_xasprintf(const char *fmt, ...)
{
    char *out = NULL;
    va_list ap;
    int n;

    va_start(ap, fmt);
    n = vasprintf(&out, fmt, ap);
    va_end(ap);
    return must(n < 0 ? NULL : out);
}
