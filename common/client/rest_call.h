/* SPDX-License-Identifier: Apache-2.0 */

/*
 * One authenticated REST call: challenge, token, request, retries and the
 * deadline, as steps that the loop drives. Loop thread only; nothing sleeps
 * and nothing is locked while a call is under way.
 */

#ifndef AKV_REST_CALL_H
#define AKV_REST_CALL_H

#include "auth/cred_cache.h"
#include "base/log.h"
#include "client/op.h"

struct akv_rest;
struct akv_rest_call;

/* body is NULL on failure; then err says why. Both are borrowed for the call;
 * the callee may move the bytes out of body. */
typedef void akv_rest_call_fn(void *arg, struct akv_buf *body,
                              const struct akv_error *err);

/* What calls share: the world, the credential's cache, and which challenge
 * each host has posed. Takes io and cache; the others are borrowed, and log and
 * heritage may be NULL. */
struct akv_rest *akv_rest_new(struct akv_io *io, struct akv_cred_cache *cache,
                              const struct akv_settings *settings,
                              struct akv_log *log,
                              struct akv_heritage *heritage);

/* Ends all calls, for this reason, or with AKV_E_CANCELLED if it is NULL, and
 * frees. NULL for the vault is fine. */
void akv_rest_free(struct akv_rest *vault, const struct akv_error *why);

/*
 * Starts a call. op is borrowed until done is called, once, perhaps before
 * the function returns. deadline is monotonic milliseconds and bounds all of
 * it. *handle is set to the call for akv_rest_call_cancel() at the beginning
 * and to NULL before done is called; its memory must last as long.
 */
void akv_rest_call_start(struct akv_rest *vault, const struct akv_op *op,
                         int64_t deadline, akv_rest_call_fn *done, void *arg,
                         struct akv_rest_call **handle);

/* An operation that makes no request but for what a token takes, and keeps that
 * renewed for children to come. */
extern const struct akv_op_kind akv_rest_prefetch;

/* Ends a call: done is called with AKV_E_CANCELLED. */
void akv_rest_call_cancel(struct akv_rest_call *call);

#endif
