/* SPDX-License-Identifier: Apache-2.0 */

/* A service principal that proves itself with a token of another issuer
 * (workload identity federation). The file is rotated by whoever writes it
 * and read for each request. */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "auth/service_principal.h"
#include "base/file.h"
#include "base/settings_impl.h"

#define CA_MAX 262144 /* bytes of PEM */

struct cred_workload {
    struct akv_service_principal principal;
    struct akv_buf ca; /* owned; of the request under way */
};

static bool cred_workload_prove(struct akv_service_principal *principal,
                                const char *endpoint, struct akv_buf *form,
                                struct akv_error *err)
{
    const char *path = principal->settings->federated_token_file;
    struct akv_buf token = AKV_BUF_INIT(AKV_TOKEN_MAX);
    bool ok = akv_file_read(path, &token, AKV_FILE_MS(principal->settings));

    (void)endpoint;
    if (!ok)
        (void)akv_file_explain(err, AKV_E_AUTHENTICATION,
                               "federated-token-file", path);
    akv_buf_trim(&token);
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

static bool cred_workload_no_memory(struct akv_error *err)
{
    return akv_error_set(err, AKV_E_MEMORY, "no memory for a request");
}

/* Whom the cluster's proxy is verified with, read each time, since it is
 * rotated; whoever the settings trust where neither is given. */
static bool read_ca(struct cred_workload *cred, struct akv_error *err)
{
    const struct akv_settings *settings = cred->principal.settings;
    const char *path = settings->kubernetes_ca_file;

    akv_buf_free(&cred->ca);
    akv_buf_init(&cred->ca, CA_MAX);
    if (path != NULL)
        return akv_file_read(path, &cred->ca, AKV_FILE_MS(settings))
               || akv_file_explain(err, AKV_E_AUTHENTICATION,
                                   "kubernetes-ca-file", path);
    return settings->kubernetes_ca_data == NULL
           || akv_buf_append_str(&cred->ca, settings->kubernetes_ca_data)
           || cred_workload_no_memory(err);
}

/* The path behind the proxy's, and the name that is on its certificate, if that
 * is another, in the place of its host. */
static bool cred_workload_make_url(const struct akv_settings *settings,
                                   struct akv_http_request *request,
                                   size_t host, struct akv_error *err)
{
    const char *proxy = settings->kubernetes_token_proxy;
    const char *path = strchr(request->url + strlen("https://"), '/');
    const char *port = memchr(proxy + 8, ':', host);
    size_t whole = strlen(proxy);
    char *url = NULL;
    int n;

    if (settings->kubernetes_sni_name == NULL)
        n = asprintf(&url, "%s%s", proxy, path);
    else
        n = asprintf(&url, "https://%s%.*s%.*s%s",
                     settings->kubernetes_sni_name,
                     port != NULL ? (int)(proxy + 8 + host - port) : 0,
                     port != NULL ? port : "", (int)(whole - 8 - host),
                     proxy + 8 + host, path);
    if (n < 0)
        return cred_workload_no_memory(err);
    free(request->url);
    request->url = url;
    return true;
}

/* Identity binding of AKS: the same request, to a proxy of the cluster that
 * knows which identity the pod may have. */
static bool cred_workload_redirect(struct akv_service_principal *principal,
                                   struct akv_http_request *request,
                                   struct akv_error *err)
{
    struct cred_workload *cred = (struct cred_workload *)principal;
    const struct akv_settings *settings = principal->settings;
    const char *proxy = settings->kubernetes_token_proxy;
    size_t host = strcspn(proxy + 8, "/");
    char authority[300];

    if (host >= sizeof(authority))
        return akv_error_set(err, AKV_E_CONFIG,
                             "kubernetes-token-proxy: its host is too long");
    (void)snprintf(authority, sizeof(authority), "%.*s", (int)host, proxy + 8);
    if (!read_ca(cred, err)
        || !cred_workload_make_url(settings, request, host, err))
        return false;
    request->no_proxy = true; /* it is of the cluster */
    if (cred->ca.len > 0)
        request->ca = &cred->ca;
    if (settings->kubernetes_sni_name == NULL)
        return true;
    request->peer = proxy;
    return akv_http_request_header(request, "Host", authority)
           || cred_workload_no_memory(err);
}

/* Two sources of one thing, or parts of nothing, are a mistake. */
static bool check_proxy(const struct akv_settings *settings,
                        struct akv_error *err)
{
    bool has_file = settings->kubernetes_ca_file != NULL;
    bool has_data = settings->kubernetes_ca_data != NULL;

    if (has_file && has_data)
        return akv_error_set(err, AKV_E_CONFIG,
                             "kubernetes-ca-file (AZURE_KUBERNETES_CA_FILE) "
                             "and kubernetes-ca-data "
                             "(AZURE_KUBERNETES_CA_DATA): set one of them");
    return settings->kubernetes_token_proxy != NULL
           || (!has_file && !has_data && settings->kubernetes_sni_name == NULL)
           || akv_error_set(err, AKV_E_CONFIG,
                            "kubernetes-token-proxy "
                            "(AZURE_KUBERNETES_TOKEN_PROXY) is not set, but "
                            "other settings of it are");
}

static void workload_free(struct akv_cred *base)
{
    akv_service_principal_stop((struct akv_service_principal *)base);
    akv_buf_free(&((struct cred_workload *)base)->ca);
    free(base);
}

struct akv_cred *akv_cred_workload_new(struct akv_io *io,
                                       const struct akv_settings *settings,
                                       struct akv_error *err)
{
    static const struct akv_cred_ops ops = { akv_service_principal_get,
                                             workload_free };
    struct cred_workload *cred;

    if (settings->federated_token_file == NULL) {
        (void)akv_error_set(err, AKV_E_UNAVAILABLE,
                            "federated-token-file "
                            "(AZURE_FEDERATED_TOKEN_FILE) is not set");
        return NULL;
    }
    if (!check_proxy(settings, err))
        return NULL;
    cred = (struct cred_workload *)akv_cred_alloc(sizeof(*cred), &ops, err);
    if (cred == NULL)
        return NULL;
    if (akv_service_principal_init(&cred->principal, &ops, io, settings,
                                   cred_workload_prove, err)) {
        if (settings->kubernetes_token_proxy != NULL)
            cred->principal.redirect = cred_workload_redirect;
        return &cred->principal.base;
    }
    free(cred);
    return NULL;
}
