/* SPDX-License-Identifier: Apache-2.0 */

/* An operation as an HTTP request. */

#ifndef AKV_REQUEST_H
#define AKV_REQUEST_H

#include "base/settings_impl.h"
#include "client/op.h"
#include "transport/http.h"

/*
 * Makes the request for an operation, freeing what was in it. token "" is for
 * a host that wants none. False on lack of memory; free the request in either
 * case.
 */
bool akv_request_build(struct akv_http_request *request,
                       const struct akv_op *op,
                       const struct akv_settings *settings, const char *token,
                       int64_t deadline) AKV_MUST_CHECK;

/*
 * The same for the question which token a host wants, without token and body,
 * so that nothing secret leaves before the host is known: what reads asks by
 * itself, since a host may want different ones for different objects; all else
 * by GET /COLLECTION, so that a host that wants none does nothing. The
 * collection is the operation's, keys where that has none to be listed.
 */
bool akv_request_build_question(struct akv_http_request *request,
                                const struct akv_op *op,
                                const struct akv_settings *settings,
                                int64_t deadline) AKV_MUST_CHECK;

#endif
