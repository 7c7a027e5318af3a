/* SPDX-License-Identifier: Apache-2.0 */

/* Documents (JSON) that are shown or set as a whole; and the verbs of such of
 * akv certificate, for cli_certificate.c's table. */

#ifndef AKV_CLI_DOCUMENT_H
#define AKV_CLI_DOCUMENT_H

#include "cli.h"

struct cli_member;

typedef bool cli_get_fn(struct akv_client *client, const struct akv_id *id,
                        struct akv_json **result, struct akv_error *err);
typedef bool cli_set_fn(struct akv_client *client, const struct akv_id *id,
                        const char *text, struct akv_json **result,
                        struct akv_error *err);

struct cli_document {
    const char *what; /* for messages */
    const struct cli_member *members;
    cli_get_fn *get;
    cli_set_fn *set;
};

/* Shows a document, or sets it from --file. */
int cli_document(struct cli *cli, const struct akv_id *id,
                 const struct cli_document *document);

extern const struct cli_option cli_policy_options[];
extern const struct cli_option cli_issuer_options[];
extern const struct cli_option cli_contact_options[];

int cli_run_policy(struct cli *cli);
int cli_run_issuer(struct cli *cli);
int cli_run_contact(struct cli *cli);

#endif
