/* SPDX-License-Identifier: Apache-2.0 */

/*
 * A service principal at Microsoft Entra ID: the OAuth 2.0 client credentials
 * grant (RFC 6749, section 4.4), whatever proves who it is. A credential
 * embeds this as its first member and adds its proof to the form.
 */

#ifndef AKV_SERVICE_PRINCIPAL_H
#define AKV_SERVICE_PRINCIPAL_H

#include "auth/cred.h"

struct akv_service_principal;
struct akv_token_http;

/* Adds the proof to the form; endpoint is the token endpoint's URL. */
typedef bool akv_proof_fn(struct akv_service_principal *principal,
                          const char *endpoint, struct akv_buf *form,
                          struct akv_error *err);

/* Leads a request elsewhere. */
typedef bool akv_redirect_fn(struct akv_service_principal *principal,
                             struct akv_http_request *request,
                             struct akv_error *err);

struct akv_service_principal {
    struct akv_cred base;
    struct akv_io *io;                   /* borrowed */
    const struct akv_settings *settings; /* borrowed */
    akv_proof_fn *prove;
    akv_redirect_fn *redirect;   /* NULL: to the authority itself */
    struct akv_token_http *http; /* under way, or NULL */
    akv_token_fn *done;
    void *arg;
};

/* Fills it; ops->get is akv_service_principal_get. False when tenant-id or
 * client-id is missing or malformed (AKV_E_UNAVAILABLE, AKV_E_CONFIG). */
bool akv_service_principal_init(struct akv_service_principal *principal,
                                const struct akv_cred_ops *ops,
                                struct akv_io *io,
                                const struct akv_settings *settings,
                                akv_proof_fn *prove, struct akv_error *err);

/* struct akv_cred_ops.get of all principals. */
void akv_service_principal_get(struct akv_cred *cred,
                               const struct akv_token_request *request,
                               akv_token_fn *done, void *arg);

/* Ends what is under way; frees nothing else. */
void akv_service_principal_stop(struct akv_service_principal *principal);

/* Appends "&name=value", percent-encoded (the first without "&"). */
bool akv_form_add(struct akv_buf *form, const char *name,
                  const char *value) AKV_MUST_CHECK;

/*
 * The tenant to ask: the credential's own, or the vault's where it differs and
 * additionally-allowed-tenants has it (';' between them, '*' for any). NULL
 * when that is not so. own may be NULL: a credential without a tenant takes
 * any.
 */
const char *akv_tenant_choose(const struct akv_settings *settings,
                              const char *own, const char *wanted,
                              struct akv_error *err);

#endif
