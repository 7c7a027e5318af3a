/* SPDX-License-Identifier: Apache-2.0 */

/* Whether what a vault has signed is a signature, before it is handed on. */

#ifndef AKV_CLI_VERIFY_H
#define AKV_CLI_VERIFY_H

#include "akv/key.h"
#include "cli.h"

/*
 * Verifies a signature of a digest here, with the public half of the key, if
 * the setting verify-signatures is on, the key has one, and it may be read.
 * False: it is none, in cli->err.
 */
bool cli_verify_here(struct cli *cli, const struct akv_id *id, enum akv_alg alg,
                     const struct akv_buf *digest,
                     const struct akv_buf *signature);

#endif
