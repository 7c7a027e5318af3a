/* SPDX-License-Identifier: Apache-2.0 */
#ifndef EMU_B64_H
#define EMU_B64_H

#include <stdbool.h>
#include <stddef.h>

/* base64url without padding; the caller frees the text. */
char *emu_b64url_encode(const void *data, size_t len);

/* Standard base64 with padding; the caller frees the text. */
char *emu_b64_encode(const void *data, size_t len);
/* White space is skipped. The caller frees *out, as below. */
bool emu_b64_decode(const char *text, unsigned char **out, size_t *len);

/* The same of either alphabet, and no white space. */
bool emu_b64_decode_any(const char *text, unsigned char **out, size_t *len);

/*
 * Strict: characters of base64url only, padding absent or exactly right, no
 * bits left over. The caller frees *out, which has a NUL behind *len bytes.
 */
bool emu_b64url_decode(const char *text, unsigned char **out, size_t *len);

#endif
