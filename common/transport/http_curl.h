/* SPDX-License-Identifier: Apache-2.0 */

#ifndef AKV_HTTP_CURL_H
#define AKV_HTTP_CURL_H

#include "base/settings_impl.h"
#include "transport/http.h"
#include "transport/loop.h"

/*
 * HTTP by libcurl on a loop, with a pool of connections of its own, since
 * libcurl cannot tell connections apart by their trust store. To be called
 * in the loop's thread; settings, pem and loop are borrowed and outlive it.
 * pem holds the trusted certificates (akv_tls_read_ca).
 */
struct akv_io *akv_http_curl_new(struct akv_loop *loop,
                                 const struct akv_settings *settings,
                                 const struct akv_buf *pem,
                                 struct akv_error *err);

#endif
