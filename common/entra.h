/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The token endpoint of Microsoft Entra ID (OAuth 2.0 client credentials,
 * RFC 6749 section 4.4), as all credentials of service principals use it.
 */

#ifndef AKV_ENTRA_H
#define AKV_ENTRA_H

#include "cred.h"

struct akv_entra;

/* Appends "&name=value", percent-encoded (the first without "&"). */
bool akv_form_add(struct akv_buf *form, const char *name,
                  const char *value) AKV_MUST_CHECK;

/*
 * POSTs the form to AUTHORITY/TENANT/oauth2/v2.0/token, tries again where
 * that makes sense, and calls done once, perhaps before it returns. *handle is
 * set for akv_entra_cancel() at the beginning and to NULL before done is
 * called. The form is moved from, the other texts are copied.
 */
void akv_entra_post(struct akv_io *io, const char *authority,
                    const char *tenant, struct akv_buf *form, int64_t deadline,
                    akv_token_fn *done, void *arg, struct akv_entra **handle);

/* Ends a request without calling done. NULL is fine. */
void akv_entra_cancel(struct akv_entra *entra);

#endif
