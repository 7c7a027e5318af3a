/* SPDX-License-Identifier: Apache-2.0 */

/* The calls that contract_errors makes: all of them are refused. */

#ifndef ERRORS_H
#define ERRORS_H

#include "akv/object.h"
#include "unit.h"
#include "vault.h"

/* Two emulators: with all rights, and with few in a vault that keeps what was
 * deleted. */
extern struct test_vault vault, guarded;

typedef bool error_call_fn(struct akv_client *client, const struct akv_id *id,
                           struct akv_error *err);

/* What has to be there beforehand. */
void error_set_up(void);

error_call_fn error_create, error_create_small, error_create_in_deletion;
error_call_fn error_import_nothing, error_update_policy;
error_call_fn error_get_key, error_get_secret, error_get_certificate;
error_call_fn error_get_operation, error_get_issuer, error_get_contacts;
error_call_fn error_get_deleted, error_delete, error_recover, error_purge;
error_call_fn error_restore, error_restore_live, error_merge, error_sign;

#endif
