/* SPDX-License-Identifier: Apache-2.0 */

/* akv key bench, for cli_key.c's table. */

#ifndef AKV_CLI_BENCH_H
#define AKV_CLI_BENCH_H

#include "cli.h"

extern const struct cli_option cli_bench_options[];

int cli_run_bench(struct cli *cli);

#endif
