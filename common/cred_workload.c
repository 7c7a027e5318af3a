/* SPDX-License-Identifier: Apache-2.0 */

/* A service principal that proves itself with a token of another issuer
 * (workload identity federation). The file is rotated by whoever writes it
 * and read for each request. */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "file.h"
#include "principal.h"

static bool prove(struct akv_principal *principal, const char *endpoint,
                  struct akv_buf *form, struct akv_error *err)
{
    const char *path = principal->settings->federated_token_file;
    struct akv_buf token = AKV_BUF_INIT(AKV_TOKEN_MAX);
    bool ok = akv_file_read(path, &token, AKV_FILE_MS(principal->settings));

    (void)endpoint;
    if (!ok)
        (void)akv_file_explain(err, AKV_E_AUTHENTICATION,
                               "federated-token-file", path);
    while (token.len > 0 && token.data[token.len - 1] <= ' ')
        token.data[--token.len] = '\0';
    if (ok && token.len == 0)
        ok = akv_error_set(err, AKV_E_AUTHENTICATION,
                           "federated-token-file: '%s' is empty", path);
    if (ok
        && (!akv_form_add(form, "client_assertion_type",
                          "urn:ietf:params:oauth:client-assertion-type:"
                          "jwt-bearer")
            || !akv_form_add(form, "client_assertion", akv_buf_str(&token))))
        ok = akv_error_set(err, AKV_E_AUTHENTICATION,
                           "federated-token-file: '%s' is too long", path);
    akv_buf_free(&token);
    return ok;
}

static void workload_free(struct akv_cred *base)
{
    akv_principal_stop((struct akv_principal *)base);
    free(base);
}

struct akv_cred *akv_cred_workload_new(struct akv_io *io,
                                       const struct akv_settings *settings,
                                       struct akv_error *err)
{
    static const struct akv_cred_ops ops = { akv_principal_get, workload_free };
    struct akv_principal *cred;

    if (settings->federated_token_file == NULL) {
        (void)akv_error_set(err, AKV_E_UNAVAILABLE,
                            "federated-token-file "
                            "(AZURE_FEDERATED_TOKEN_FILE) is not set");
        return NULL;
    }
    cred = (struct akv_principal *)akv_cred_alloc(sizeof(*cred), &ops, err);
    if (cred == NULL)
        return NULL;
    if (akv_principal_init(cred, &ops, io, settings, prove, err))
        return &cred->base;
    free(cred);
    return NULL;
}
