/* SPDX-License-Identifier: Apache-2.0 */

#ifndef AKV_CRED_PROBE_H
#define AKV_CRED_PROBE_H

#include "akv/client.h"

/* Called for each credential, in the calling thread; token is NULL when it
 * gives none, then err says why. Both are borrowed for the call. */
typedef void akv_cred_probe_fn(void *arg, const char *name, const char *token,
                               const struct akv_error *err);

/*
 * Asks each credential that the settings select for a token, one after the
 * other, whatever the ones before gave; each has the setting timeout. Waits;
 * for diagnosis only. False: it could not be tried.
 */
bool akv_cred_probe_all(struct akv_client *client, const char *scope,
                        akv_cred_probe_fn *fn, void *arg,
                        struct akv_error *err);

#endif
