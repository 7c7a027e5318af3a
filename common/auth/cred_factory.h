/* SPDX-License-Identifier: Apache-2.0 */

/* Which credentials are asked, and in which order. */

#ifndef AKV_CRED_FACTORY_H
#define AKV_CRED_FACTORY_H

#include "auth/cred.h"

/* What a credential is made of; all is borrowed and outlives it. */
struct akv_cred_world {
    struct akv_io *io;
    const struct akv_settings *settings;
    const struct akv_deferred_files *files;
    bool in_chain; /* others come behind it */
};

/* The credential that the settings ask for. NULL, with the missing setting
 * named, when they do not suffice. */
struct akv_cred *akv_cred_new(struct akv_io *io,
                              const struct akv_settings *settings,
                              const struct akv_deferred_files *files,
                              struct akv_error *err);

/* A member of the default chain. */
struct akv_default_link {
    const char *name; /* "EnvironmentCredential", as in
                         AZURE_TOKEN_CREDENTIALS */
    enum akv_credential_kind kind;
    bool production, tool; /* "prod" has it; it is a developer's tool */
};

/* Fills links with what the settings select, in its order, and returns how
 * many that is: of the default chain, or of the list in credential. */
size_t
akv_cred_select(const struct akv_settings *settings,
                const struct akv_default_link *links[AKV_CREDENTIALS_MAX]);

/* Whether tokens may come from authority-host: a principal is set up, and
 * nothing that comes before it. */
bool akv_cred_asks_authority(const struct akv_settings *settings);

/* What stands for a token that was given. */
extern const struct akv_default_link akv_cred_given;

/* One credential of a kind. */
struct akv_cred *akv_cred_new_kind(enum akv_credential_kind kind,
                                   const struct akv_cred_world *world,
                                   struct akv_error *err);

#endif
