/* SPDX-License-Identifier: Apache-2.0 */
#ifndef EMU_IDENTITY_H
#define EMU_IDENTITY_H

#include <stdbool.h>
#include <stddef.h>

#include <openssl/types.h>

struct emu_operation;

/* An application that may ask for tokens. */
struct emu_principal {
    char *client_id; /* owned, like the rest */
    char *secret;
    char object_id[37];
    bool all;      /* every operation, else those marked in `allowed` */
    bool *allowed; /* by emu_operation_index() */
};

/* The tenant, its applications and the key that signs its tokens. */
struct emu_identity;

struct emu_identity *emu_identity_new(void);
void emu_identity_free(struct emu_identity *identity);

const char *emu_identity_tenant(const struct emu_identity *identity);

/* 32 bytes that close the backups made here. */
const unsigned char *
emu_identity_backup_key(const struct emu_identity *identity);

/* Set-up time only. The new principal may do nothing yet. */
struct emu_principal *emu_identity_add(struct emu_identity *identity,
                                       const char *client_id,
                                       const char *secret);
void emu_principal_allow(struct emu_principal *principal,
                         const struct emu_operation *op);

/* The first that was made, which may do everything. */
const struct emu_principal *
emu_identity_default(const struct emu_identity *identity);
const struct emu_principal *
emu_identity_find(const struct emu_identity *identity, const char *client_id);
/* op NULL, a path that is no operation, is allowed. */
bool emu_principal_may(const struct emu_principal *principal,
                       const struct emu_operation *op);

/* Made by the first who asks. Borrowed; NULL if OpenSSL fails. */
EVP_PKEY *emu_identity_key(struct emu_identity *identity);
const char *emu_identity_kid(const struct emu_identity *identity);

#endif
