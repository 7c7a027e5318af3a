/* SPDX-License-Identifier: Apache-2.0 */

/* A service principal that proves itself with a client secret. */

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "challenge.h"
#include "cred.h"
#include "entra.h"

struct cred_secret {
    struct akv_cred base;
    struct akv_io *io;                   /* borrowed */
    const struct akv_settings *settings; /* borrowed */
    const char *secret;                  /* borrowed */
    struct akv_entra *entra;             /* under way, or NULL */
    akv_token_fn *done;
    void *arg;
};

static void on_token(void *arg, const struct akv_token *token,
                     const struct akv_error *err)
{
    struct cred_secret *cred = arg;

    cred->done(cred->arg, token, err);
}

/* A vault in a tenant that nobody configured gets no token of ours. */
static bool tenant_allowed(const struct cred_secret *cred, const char *tenant,
                           struct akv_error *err)
{
    const char *own = cred->settings->tenant_id;

    if (*tenant == '\0' || strcasecmp(tenant, own) == 0)
        return true;
    return akv_error_set(err, AKV_E_AUTHENTICATION,
                         "the vault is of tenant %s, the credential of "
                         "tenant-id %s",
                         tenant, own);
}

static void secret_get(struct akv_cred *base,
                       const struct akv_token_request *request,
                       akv_token_fn *done, void *arg)
{
    struct cred_secret *cred = (struct cred_secret *)base;
    const struct akv_settings *settings = cred->settings;
    struct akv_buf form = AKV_BUF_INIT(AKV_TOKEN_MAX);
    struct akv_error err = AKV_ERROR_INIT;

    if (!tenant_allowed(cred, request->tenant, &err)) {
        done(arg, NULL, &err);
        return;
    }
    if (!akv_form_add(&form, "grant_type", "client_credentials")
        || !akv_form_add(&form, "client_id", settings->client_id)
        || !akv_form_add(&form, "client_secret", cred->secret)
        || !akv_form_add(&form, "scope", request->scope)) {
        (void)akv_error_set(&err, AKV_E_AUTHENTICATION,
                            "the client secret is too long");
        akv_buf_free(&form);
        done(arg, NULL, &err);
        return;
    }
    cred->done = done;
    cred->arg = arg;
    akv_entra_post(cred->io, settings->authority_host, settings->tenant_id,
                   &form, request->deadline, on_token, cred, &cred->entra);
}

static void secret_free(struct akv_cred *base)
{
    struct cred_secret *cred = (struct cred_secret *)base;

    akv_entra_cancel(cred->entra);
    free(cred);
}

struct akv_cred *akv_cred_secret_new(struct akv_io *io,
                                     const struct akv_settings *settings,
                                     const char *client_secret,
                                     struct akv_error *err)
{
    static const struct akv_cred_ops ops = { secret_get, secret_free };
    struct cred_secret *cred;

    if (!akv_tenant_valid(settings->tenant_id)) {
        (void)akv_error_set(err, AKV_E_CONFIG,
                            "tenant-id: '%.100s' will not do: letters, "
                            "digits, dots and hyphens are expected",
                            settings->tenant_id);
        return NULL;
    }
    cred = calloc(1, sizeof(*cred));
    if (cred == NULL) {
        (void)akv_error_set(err, AKV_E_MEMORY, "no memory for a credential");
        return NULL;
    }
    cred->base.ops = &ops;
    cred->io = io;
    cred->settings = settings;
    cred->secret = client_secret;
    return &cred->base;
}
