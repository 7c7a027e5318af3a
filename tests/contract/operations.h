/* SPDX-License-Identifier: Apache-2.0 */

/* The calls of libakv that contract_operations makes, a file per resource. */

#ifndef OPERATIONS_H
#define OPERATIONS_H

#include "akv/pager.h"
#include "unit.h"
#include "vault.h"

/* The emulator, and the client that is set up for it. */
extern struct test_vault vault;

/* What lies at a path of the vault or of the HSM. */
struct akv_id in_vault(const char *path);
struct akv_id in_hsm(const char *path);

/* A call has to succeed; what it says is shown otherwise. */
void called(const char *what, bool ok, const struct akv_error *err);

/* Deletes, recovers, deletes, purges and restores an object, and lists and
 * backs it up in between. */
void call_life(const struct akv_id *id);

/* Goes through a list and returns how many items it has. */
size_t call_list(enum akv_list list, const struct akv_id *id);

/* Attributes and tags for what has them. */
#define CALL_TIMES                                                             \
    {                                                                          \
        .enabled = AKV_FLAG_YES, .nbf = 1700000000, .exp = 4100000000,         \
        .exportable = AKV_FLAG_UNSET, .created = AKV_NO_TIME,                  \
        .updated = AKV_NO_TIME, .recoverable_days = -1                         \
    }
extern const struct akv_tags call_tags;

void call_keys(void);
void call_policies(void); /* rotation, release, attestation, random bytes */
void call_signatures(void);
void call_ciphers(void);
void call_secrets(void);
void call_certificates(void);
void call_pending(void); /* certificates that are made in steps */
void call_issuers(void);

#endif
