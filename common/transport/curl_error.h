/* SPDX-License-Identifier: Apache-2.0 */

/* What a failure of libcurl's means. Loop thread only. */

#ifndef AKV_CURL_ERROR_H
#define AKV_CURL_ERROR_H

#include <curl/curl.h>

#include "base/settings_impl.h"
#include "transport/http.h"

/* All borrowed. */
struct akv_curl_failure {
    CURL *easy; /* of the transfer that has ended */
    CURLcode code;
    const char *detail; /* libcurl's words */
    bool in_time;       /* the request's deadline is not over */
    int refused;        /* errno of the last socket that was; 0: none */
    const struct akv_http_request *request;
    const struct akv_settings *settings;
};

/* Sets err, with the setting that helps. */
void akv_curl_explain(const struct akv_curl_failure *failure,
                      struct akv_error *err);

#endif
