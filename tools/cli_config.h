/* SPDX-License-Identifier: Apache-2.0 */

/* Settings in openssl.cnf, as the provider has them. */

#ifndef AKV_CLI_CONFIG_H
#define AKV_CLI_CONFIG_H

#include "cli.h"

struct cli_config;

/*
 * Opens --config FILE, or else the file that libcrypto would load, and finds
 * the section that loads our module: of several that of --provider NAME, or
 * else the first, which is said. *config is NULL where there is none. False:
 * cli->err says why not; a file that nobody named is passed over with a
 * warning.
 */
bool cli_config_open(struct cli *cli, struct cli_config **config);
void cli_config_free(struct cli_config *config); /* NULL is fine */

/* The value of a setting in that section; NULL: it has none. config may be
 * NULL. */
const char *cli_config_get(const struct cli_config *config, const char *name);

#endif
