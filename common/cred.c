/* SPDX-License-Identifier: Apache-2.0 */

#include <string.h>

#include "cred.h"

/* client-secret wins over client-secret-file, as the nearer of the two. */
static const char *client_secret(const struct akv_settings *settings,
                                 const struct akv_late *late)
{
    if (settings->client_secret != NULL)
        return settings->client_secret;
    return late->client_secret.len > 0 ? akv_buf_str(&late->client_secret)
                                       : NULL;
}

static struct akv_cred *environment_new(struct akv_io *io,
                                        const struct akv_settings *settings,
                                        const struct akv_late *late,
                                        struct akv_error *err)
{
    const char *secret = client_secret(settings, late);
    const char *missing = NULL;

    if (settings->tenant_id == NULL)
        missing = "tenant-id (AZURE_TENANT_ID)";
    else if (settings->client_id == NULL)
        missing = "client-id (AZURE_CLIENT_ID)";
    else if (secret == NULL)
        missing = "client-secret (AZURE_CLIENT_SECRET) or client-secret-file";
    if (missing == NULL)
        return akv_cred_secret_new(io, settings, secret, err);
    (void)akv_error_set(err, AKV_E_AUTHENTICATION,
                        "no credential: %s is not set; a service principal "
                        "needs tenant, client and secret, else give an "
                        "access-token-file or access-token",
                        missing);
    return NULL;
}

struct akv_cred *akv_cred_new(struct akv_io *io,
                              const struct akv_settings *settings,
                              const struct akv_late *late,
                              struct akv_error *err)
{
    bool given =
        settings->access_token != NULL || settings->access_token_file != NULL;

    switch ((enum akv_credential_kind)settings->credential) {
    case AKV_CREDENTIAL_TOKEN:
        return akv_cred_static_new(io, settings, err);
    case AKV_CREDENTIAL_ENVIRONMENT:
        return environment_new(io, settings, late, err);
    case AKV_CREDENTIAL_DEFAULT: /* who gives a token means it to be used */
    default:
        return given ? akv_cred_static_new(io, settings, err)
                     : environment_new(io, settings, late, err);
    }
}
