/* SPDX-License-Identifier: Apache-2.0 */

/* Documents that people write: which members they may have, so that a misspelt
 * one is refused and not passed over by the service. */

#ifndef AKV_CLI_SCHEMA_H
#define AKV_CLI_SCHEMA_H

#include "cli.h"

/* A list ends with a NULL name. */
struct cli_member {
    const char *name;               /* as the service has it */
    const char *other;              /* as az and the SDKs print it; or NULL */
    const struct cli_member *inner; /* of an object, or of each in an array */
};

extern const struct cli_member cli_policy_members[];
extern const struct cli_member cli_issuer_members[];
extern const struct cli_member cli_contacts_members[];
extern const struct cli_member cli_rotation_members[];

/*
 * Reads a document from a file (NULL or "-": standard input) and appends it
 * with the service's names, and without members that are null. what names it
 * in messages. False: cli->err says which member it cannot have.
 */
bool cli_read_document(struct cli *cli, const char *file, const char *what,
                       const struct cli_member *members, struct akv_buf *out);

#endif
