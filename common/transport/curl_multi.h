/* SPDX-License-Identifier: Apache-2.0 */

/*
 * libcurl's multi handle, driven by the loop: which sockets it has, what it
 * waits for, and its one timer. Loop thread only.
 */

#ifndef AKV_CURL_MULTI_H
#define AKV_CURL_MULTI_H

#include <curl/curl.h>

#include "transport/loop.h"

struct akv_curl_multi {
    CURLM *handle;
    struct akv_loop *loop;   /* borrowed */
    struct akv_timer *timer; /* or NULL */
    int refused;             /* errno of the last socket that was; 0: none */
    void (*ended)(CURL *easy, CURLcode code);
};

/* most: connections. ended is called for each transfer that ends; it may start
 * and cancel others. False: libcurl cannot be started; free it all the same. */
bool akv_curl_multi_init(struct akv_curl_multi *multi, struct akv_loop *loop,
                         long most,
                         void (*ended)(CURL *easy,
                                       CURLcode code)) AKV_MUST_CHECK;

/* What was initialised, or is zero. Not where descriptors were lost. */
void akv_curl_multi_free(struct akv_curl_multi *multi);

/* Takes a handle out, whose transfer may be under way. */
void akv_curl_multi_remove(struct akv_curl_multi *multi, CURL *easy);

/* A handle's sockets become the loop's. */
bool akv_curl_multi_set_sockets(struct akv_curl_multi *multi,
                                CURL *easy) AKV_MUST_CHECK;

#endif
