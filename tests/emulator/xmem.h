/* SPDX-License-Identifier: Apache-2.0 */
#ifndef EMU_XMEM_H
#define EMU_XMEM_H

#include <stddef.h>

/*
 * Memory that is always there: a test tool that cannot allocate has nothing
 * useful left to say, so these end the process instead of returning NULL.
 */
void *emu_xcalloc(size_t count, size_t size);
void *emu_xrealloc(void *p, size_t count, size_t size);
char *emu_xstrdup(const char *s);
char *emu_xstrndup(const char *s, size_t len);
char *emu_xasprintf(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

#endif
