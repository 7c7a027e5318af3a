/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Getting a token by one HTTP request, tried again where that makes sense:
 * what the authority and the identity endpoints of machines have in common.
 * Loop thread only.
 */

#ifndef AKV_TOKEN_HTTP_H
#define AKV_TOKEN_HTTP_H

#include "auth/cred.h"

struct akv_token_http;

/* What differs between the endpoints. */
struct akv_token_endpoint {
    /* Whether an answer is worth another try. */
    bool (*retry)(const struct akv_http_reply *reply);
    /* Says why an answer that is no 200 means no token. */
    void (*refusal)(const struct akv_http_request *request,
                    const struct akv_http_reply *reply,
                    const struct akv_clock *clock, struct akv_error *err);
    /* What it means that there was no answer; NULL: that there is none. */
    enum akv_error_code (*no_reply)(const struct akv_error *cause);
    /* What a 200 that is no token means; AKV_E_NONE: AKV_E_AUTHENTICATION. */
    enum akv_error_code bad_reply;
    /* Whether a connection that has failed for the nth time is worth another
     * try. settings are those given to akv_token_http_start(). */
    bool (*retry_connection)(const struct akv_settings *settings, unsigned nth);
};

/*
 * Sends the request, which is moved from, and calls done once, perhaps before
 * the function returns. An answer worth another try that there is no time for
 * ends as AKV_E_THROTTLED (429) or AKV_E_DEADLINE. *handle is set for
 * akv_token_http_cancel() at the beginning and to NULL before done is called.
 */
void akv_token_http_start(struct akv_io *io,
                          const struct akv_settings *settings,
                          struct akv_http_request *request,
                          const struct akv_token_endpoint *endpoint,
                          akv_token_fn *done, void *arg,
                          struct akv_token_http **handle);

/* What a refusal may quote of a reply that is no error message as it should be:
 * nothing of one that may hold a token. */
const char *akv_token_reply_text(const struct akv_http_reply *reply);

/* Ends a request without calling done. NULL is fine. */
void akv_token_http_cancel(struct akv_token_http *http);

#endif
