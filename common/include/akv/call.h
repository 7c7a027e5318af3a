/* SPDX-License-Identifier: Apache-2.0 */

/*
 * An operation under way. Each operation of the library comes three ways:
 *
 *     akv_key_sign(client, ..., &signature, &err)
 *         waits for the vault.
 *     call = akv_key_sign_start(client, ..., done, arg, &err)
 *         begins, copies what it was given, and returns; done(arg, call) is
 *         called at the end.
 *     akv_key_sign_result(call, &signature, &err)
 *         reads what came of it, and waits for that if need be. As often as
 *         wanted. Another operation's call is AKV_E_INVALID; NULL, for what
 *         could not be begun, is false and leaves *err as it is.
 *
 * A program with an event loop has one descriptor for all calls of a client
 * (akv_client_fd()), and done is called where it says (akv_client_dispatch()).
 * Without one, done is called in the library's thread, or, where there is none,
 * in whichever function of the client does its work: there it must not block
 * nor wait for another operation.
 *
 * All functions may be called from any thread. A call takes no longer than the
 * setting timeout, retries and token included, unless a name service hangs.
 * After a fork the child has no use of its parent's calls, but may free them.
 */

#ifndef AKV_CALL_H
#define AKV_CALL_H

#include <stdbool.h>

#include "error.h"

#ifdef __cplusplus
extern "C" {
#endif

struct akv_call;

/* Called once for each call that was begun with it, freed or not. call is
 * borrowed, and has ended. */
typedef void akv_done_fn(void *arg, struct akv_call *call);

/*
 * Waits for the end: true, or false with the cause. Without blocking where it
 * has ended, as in done. By any number of threads. It may return while done is
 * still being called in another thread.
 */
bool akv_call_wait(struct akv_call *call, struct akv_error *err);

/* Whether akv_call_wait() would return at once. Where there is no thread of the
 * library's this does what there is to do for it, and for others. */
bool akv_call_has_ended(struct akv_call *call);

/* Ends the call soon with AKV_E_CANCELLED, if it has not ended; done is called
 * then as ever. What was sent may still have its effect in the vault. Not when
 * the client was freed before. */
void akv_call_cancel(struct akv_call *call);

/* Gives the call back, at any time; one that is under way goes on by itself.
 * NULL is fine. */
void akv_call_free(struct akv_call *call);

#ifdef __cplusplus
}
#endif

#endif
