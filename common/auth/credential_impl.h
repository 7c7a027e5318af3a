/* SPDX-License-Identifier: Apache-2.0 */

/* A program's credential as a client uses it. */

#ifndef AKV_CREDENTIAL_IMPL_H
#define AKV_CREDENTIAL_IMPL_H

#include "akv/credential.h"
#include "auth/cred.h"
#include "transport/loop.h"

/* A credential that a client has. */
struct akv_credential_bound {
    struct akv_settings settings;    /* the client's, with what was set */
    struct akv_deferred_files files; /* the certificate */
    const struct akv_credential
        *credential; /* borrowed; NULL: all is in settings */
};

/* The settings are copied, the credential is borrowed. NULL: no memory, or the
 * credential has no source yet. */
struct akv_credential_bound *
akv_credential_bind(const struct akv_credential *credential,
                    const struct akv_settings *settings, struct akv_error *err);

/* NULL is fine. */
void akv_credential_unbind(struct akv_credential_bound *bound);

/* The credential for the loop's vaults. All is borrowed and outlives it. */
struct akv_cred *akv_credential_open(const struct akv_credential_bound *bound,
                                     struct akv_io *io, struct akv_loop *loop,
                                     struct akv_error *err);

/* A credential that calls fn with arg. */
struct akv_cred *akv_cred_given_new(struct akv_io *io, struct akv_loop *loop,
                                    akv_credential_fn *fn, void *arg,
                                    struct akv_error *err);

#endif
