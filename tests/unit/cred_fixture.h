/* SPDX-License-Identifier: Apache-2.0 */

/* Asking one credential for a token, on a fake_io. */

#ifndef CRED_FIXTURE_H
#define CRED_FIXTURE_H

#include "auth/cred.h"
#include "fake_io.h"

#define CRED_SCOPE "https://vault.azure.net/.default"
#define CRED_RESOURCE "https%3A%2F%2Fvault.azure.net"

/* How the last request for a token ended. */
struct cred_result {
    unsigned calls;
    char text[200]; /* "" on failure */
    int64_t expires_on, refresh_on;
    struct akv_error err;
};

extern struct fake_io cred_io;
extern struct akv_settings cred_settings;
extern struct cred_result cred_result;

/* The world and the settings: NAME, VALUE, ... and NULL behind the last. */
void cred_set_up(const struct fake_step *script, size_t steps,
                 const char *const *settings);

/* Frees all, the credential too (which may be NULL), and checks that nothing
 * is left behind. */
void cred_tear_down(struct akv_cred *cred);

akv_token_fn cred_on_token; /* arg is &cred_result */

/* Starts a request; ms is the time that it has. */
void cred_get(struct akv_cred *cred, const char *tenant, const char *claims,
              int64_t ms);

/* The same, with ten minutes' time, until its end. */
void cred_get_all(struct akv_cred *cred, const char *tenant,
                  const char *claims);

/* The value of a field in a form or a query, decoded; "" if there is none.
 * Borrowed until the next call. */
const char *cred_field(const char *form, const char *name);

#endif
