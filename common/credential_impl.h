/* SPDX-License-Identifier: Apache-2.0 */

/* A program's credential as a client uses it. */

#ifndef AKV_CREDENTIAL_IMPL_H
#define AKV_CREDENTIAL_IMPL_H

#include "cred.h"
#include "credential.h"
#include "loop.h"

/* A credential that a client has. */
struct akv_credential_bound {
    struct akv_settings settings;      /* the client's, with what was set */
    struct akv_late late;              /* the certificate */
    struct akv_credential *credential; /* borrowed; NULL: all is in settings */
};

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
