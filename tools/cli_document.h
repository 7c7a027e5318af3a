/* SPDX-License-Identifier: Apache-2.0 */

/* akv certificate: the verbs of documents, for cli_certificate.c's table. */

#ifndef AKV_CLI_DOCUMENT_H
#define AKV_CLI_DOCUMENT_H

#include "cli.h"

extern const struct cli_option cli_policy_options[];
extern const struct cli_option cli_issuer_options[];
extern const struct cli_option cli_contact_options[];

int cli_run_policy(struct cli *cli);
int cli_run_issuer(struct cli *cli);
int cli_run_contact(struct cli *cli);

#endif
