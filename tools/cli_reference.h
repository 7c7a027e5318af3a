/* SPDX-License-Identifier: Apache-2.0 */

#ifndef AKV_CLI_REFERENCE_H
#define AKV_CLI_REFERENCE_H

#include "cli.h"

/* akv key reference, for cli_key.c's table. */
extern const struct cli_option cli_reference_options[];
int cli_run_reference(struct cli *cli);

#endif
