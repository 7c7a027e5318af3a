/* SPDX-License-Identifier: Apache-2.0 */

/* A service principal that proves itself with a client secret. */

#include <stdlib.h>

#include "auth/service_principal.h"

struct cred_secret {
    struct akv_service_principal principal;
    const char *secret; /* borrowed */
};

static bool cred_secret_prove(struct akv_service_principal *principal,
                              const char *endpoint, struct akv_buf *form,
                              struct akv_error *err)
{
    const struct cred_secret *cred = (struct cred_secret *)principal;

    (void)endpoint;
    return akv_form_add(form, "client_secret", cred->secret)
           || akv_error_set(err, AKV_E_CONFIG, "client-secret is too long");
}

static void secret_free(struct akv_cred *base)
{
    akv_service_principal_stop((struct akv_service_principal *)base);
    free(base);
}

struct akv_cred *akv_cred_secret_new(struct akv_io *io,
                                     const struct akv_settings *settings,
                                     const char *client_secret,
                                     struct akv_error *err)
{
    static const struct akv_cred_ops ops = { akv_service_principal_get,
                                             secret_free };
    struct cred_secret *cred =
        (struct cred_secret *)akv_cred_alloc(sizeof(*cred), &ops, err);

    if (cred == NULL)
        return NULL;
    cred->secret = client_secret;
    if (akv_service_principal_init(&cred->principal, &ops, io, settings,
                                   cred_secret_prove, err))
        return &cred->principal.base;
    free(cred);
    return NULL;
}
