/* SPDX-License-Identifier: Apache-2.0 */

/* akv key: the verbs of cryptography, for cli_key.c's table. */

#ifndef AKV_CLI_CRYPTO_H
#define AKV_CLI_CRYPTO_H

#include "cli.h"

extern const struct cli_option cli_sign_options[];
extern const struct cli_option cli_verify_options[];
extern const struct cli_option cli_cipher_options[];

int cli_run_sign(struct cli *cli);
int cli_run_verify(struct cli *cli);
int cli_run_encrypt(struct cli *cli);
int cli_run_decrypt(struct cli *cli);
int cli_run_wrap(struct cli *cli);
int cli_run_unwrap(struct cli *cli);

#endif
