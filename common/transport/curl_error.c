/* SPDX-License-Identifier: Apache-2.0 */

/*
 * libcurl's code alone does not say enough: first come a proxy's answer and the
 * errno of a socket. A time-out counts as the deadline's only where the
 * request's own time is over; connecting may have taken too long, which another
 * try may mend.
 */

#include <string.h>

#include "base/file.h"
#include "base/settings_impl.h"
#include "transport/curl_error.h"

static enum akv_error_code curl_error_classify(CURLcode code, bool in_time)
{
    switch (code) {
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_RESOLVE_PROXY:
        return AKV_E_NAME;
    case CURLE_OUT_OF_MEMORY:
        return AKV_E_MEMORY;
    case CURLE_OPERATION_TIMEDOUT: /* also when only connecting took long */
        return in_time ? AKV_E_TRANSPORT : AKV_E_DEADLINE;
    default:
        return AKV_E_TRANSPORT;
    }
}

static void set_unverified(const struct akv_curl_failure *failure,
                           struct akv_error *err)
{
    const struct akv_settings *settings = failure->settings;

    if (failure->request->ca != NULL)
        (void)akv_error_set(err, AKV_E_CERTIFICATE,
                            "%s (certificates are verified with the CAs that "
                            "are given for this server alone)",
                            failure->detail);
    else
        (void)akv_error_set(err, AKV_E_CERTIFICATE,
                            "%s (certificates are verified with %s; see the "
                            "setting ca-file)",
                            failure->detail,
                            settings->ca_file != NULL   ? settings->ca_file
                            : settings->ca_path != NULL ? settings->ca_path
                                                        : "the system's CAs");
}

void akv_curl_explain(const struct akv_curl_failure *failure,
                      struct akv_error *err)
{
    bool by_proxy =
        failure->settings->proxy != NULL && !failure->request->no_proxy;
    long proxy = 0;

    (void)curl_easy_getinfo(failure->easy, CURLINFO_HTTP_CONNECTCODE, &proxy);
    if (proxy >= 400 && proxy < 500)
        (void)akv_error_set(
            err, AKV_E_PROXY,
            "the proxy refuses to connect (HTTP %ld): see %s "
            "in the setting proxy",
            proxy, proxy == 407 ? "user name and password" : "the address");
    else if (failure->code == CURLE_COULDNT_CONNECT && failure->refused != 0)
        (void)akv_error_set(
            err, akv_file_code(failure->refused, AKV_E_TRANSPORT),
            "no socket can be made: %s", strerror(failure->refused));
    else if (failure->code == CURLE_PEER_FAILED_VERIFICATION)
        set_unverified(failure, err);
    else
        (void)akv_error_set(
            err, curl_error_classify(failure->code, failure->in_time), "%s%s",
            failure->detail,
            by_proxy ? " (by the proxy of the setting proxy)" : "");
}
