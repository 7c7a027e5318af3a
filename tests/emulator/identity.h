/* SPDX-License-Identifier: Apache-2.0 */
#ifndef EMU_IDENTITY_H
#define EMU_IDENTITY_H

#include <stdbool.h>
#include <stddef.h>

#include <openssl/types.h>

struct emu_operation;

/* Whose tokens stand for the application; all owned. */
struct emu_federation {
    char *issuer; /* NULL: nobody's */
    char *subject;
    char *audience;
    EVP_PKEY *key;
};

/* An application that may ask for tokens. */
struct emu_principal {
    char *client_id; /* owned, like the rest */
    char *secret;    /* NULL: none */
    char object_id[37];
    char *resource_id; /* of a managed identity; NULL: none */
    X509 *cert;        /* for client assertions; NULL: none */
    struct emu_federation federation;
    bool all;      /* every operation, else those marked in `allowed` */
    bool *allowed; /* by emu_operation_index() */
};

/* The tenant, its applications and the key that signs its tokens. */
struct emu_identity;

struct emu_identity *emu_identity_new(void);
void emu_identity_free(struct emu_identity *identity);

const char *emu_identity_tenant(const struct emu_identity *identity);
/* Set-up time only: that tenant instead of one made up, or one more. */
void emu_identity_set_tenant(struct emu_identity *identity, const char *tenant);
void emu_identity_add_tenant(struct emu_identity *identity, const char *tenant);
bool emu_identity_has_tenant(const struct emu_identity *identity,
                             const char *tenant);

/* What callers of App Service and Arc have to know. */
const char *emu_identity_header(const struct emu_identity *identity);

/* 32 bytes that close the backups made here. */
const unsigned char *
emu_identity_backup_key(const struct emu_identity *identity);

/* Set-up time only; secret may be NULL. The new principal may do nothing yet.
 */
struct emu_principal *emu_identity_add(struct emu_identity *identity,
                                       const char *client_id,
                                       const char *secret);
void emu_principal_allow(struct emu_principal *principal,
                         const struct emu_operation *op);

/*
 * An attestation service whose word counts for the release of keys, and the
 * key of its signatures, which it takes over; set-up time only.
 */
void emu_identity_add_authority(struct emu_identity *identity,
                                const char *issuer, EVP_PKEY *key);
/* Borrowed; NULL if there is no such authority. */
EVP_PKEY *emu_identity_authority(const struct emu_identity *identity,
                                 const char *issuer);

/* The first that was made, which may do everything. */
const struct emu_principal *
emu_identity_default(const struct emu_identity *identity);
const struct emu_principal *
emu_identity_find(const struct emu_identity *identity, const char *client_id);
/* By any of its ids; NULL if there is none. */
const struct emu_principal *
emu_identity_find_any(const struct emu_identity *identity, const char *id);
/* op NULL, a path that is no operation, is allowed. */
bool emu_principal_may(const struct emu_principal *principal,
                       const struct emu_operation *op);

/* Made by the first who asks. Borrowed; NULL if OpenSSL fails. */
EVP_PKEY *emu_identity_key(struct emu_identity *identity);
const char *emu_identity_kid(const struct emu_identity *identity);

#endif
