/* SPDX-License-Identifier: Apache-2.0 */
#ifndef EMU_OSSL_H
#define EMU_OSSL_H

#include <stdbool.h>
#include <stddef.h>

#include <openssl/types.h>

/*
 * Call first of all. Tests export an OPENSSL_CONF that loads the provider under
 * test; the emulator must never call it, so it reads no configuration and does
 * every operation in a library context of its own.
 */
bool emu_ossl_init(void);
void emu_ossl_cleanup(void);
OSSL_LIB_CTX *emu_libctx(void);

void emu_random(void *out, size_t len);
/* Version 4, in the usual form with hyphens. */
void emu_uuid(char out[37]);
/* 32 lower-case hex digits: the form of a Key Vault version. */
void emu_hex_id(char out[33]);
bool emu_sha256(const void *data, size_t len, unsigned char out[32]);
/* A pem_password_cb that has none, for every reader of PEM: without one,
 * libcrypto would ask the terminal, and wait. */
int emu_no_passphrase(char *buf, int size, int rwflag, void *userdata);
/* The oldest error of this thread's queue as text; the queue is emptied. */
void emu_ossl_reason(char *out, size_t size);

#endif
