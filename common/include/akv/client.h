/* SPDX-License-Identifier: Apache-2.0 */

/*
 * A client of vaults: settings, credential, tokens and connections.
 *
 * akv_client_submit() is the one primitive: it starts an operation in the
 * process's I/O thread, which calls back. akv_client_run() waits for that, and
 * akv_pending_fd() is for those who wait for many things at once. Where no
 * thread can be started, or the setting threads says never, an operation goes
 * on whenever one of these functions is called: whoever waits does it for all.
 * Both may be called from any thread, any number at a time. After a fork the
 * child works with connections and tokens of its own; calls that were under
 * way in the parent do not exist there. A thread that is cancelled
 * (pthread_cancel(3)) ends behind these functions, not in them.
 */

#ifndef AKV_CLIENT_H
#define AKV_CLIENT_H

#include "op.h"
#include "settings.h"
#include "stats.h"

#ifdef __cplusplus
extern "C" {
#endif

struct akv_client;
struct akv_credential;
struct akv_pending;

/*
 * A client with these settings, which are copied. Starts no thread, opens no
 * file, asks for no token: the first operation does. NULL: no memory.
 */
struct akv_client *akv_client_new(const struct akv_settings *settings);

/*
 * Ends what is under way with AKV_E_CANCELLED and frees; waits for the I/O
 * thread four seconds at most. No other thread may be using the client. NULL
 * is fine. False: something of it is still used, by an I/O thread that hangs or
 * by the parent process whose copy it is, and was left behind.
 */
bool akv_client_free(struct akv_client *client);

/*
 * Reads the files that are needed late (CA certificates, client secret) if
 * that was not done yet, so that a process that gives up its rights or its
 * view of the file system afterwards still has them. A process of uid 0 also
 * looks up the vault's name, if host is one, and its authority's, and waits for
 * that connect-timeout at most. No request is made.
 */
bool akv_client_prepare(struct akv_client *client, const char *host,
                        struct akv_error *err);

/*
 * Gets a token for the vault that an identifier is in, and waits for that, if
 * there is none. This process renews it ahead of its expiry from now on, and
 * its children take it over when they are forked.
 */
bool akv_client_prefetch(struct akv_client *client, const struct akv_id *id,
                         struct akv_error *err);

/* Called in the I/O thread, or in the one that does its work, where it must not
 * block nor wait for another operation. body is NULL on failure;
 * both are borrowed, but the bytes may be moved out of body. */
typedef void akv_done_fn(void *arg, struct akv_buf *body,
                         const struct akv_error *err);

/*
 * Starts an operation; takes what op owns, also on failure. done is called
 * once, unless NULL is returned. The result must be given to
 * akv_pending_free(), before or after the end.
 */
struct akv_pending *akv_client_submit(struct akv_client *client,
                                      struct akv_op *op, akv_done_fn *done,
                                      void *arg, struct akv_error *err);

/* Waits for the end, as akv_client_run() does. True with the reply's body in
 * *body, or false with the cause. By any number of threads and jobs, each of
 * which holds a reference; the body is the operation's. */
bool akv_pending_join(struct akv_pending *pending, const struct akv_buf **body,
                      struct akv_error *err);

/* Whether akv_pending_join() would return at once. Where there is no I/O thread
 * this does what there is to do for it, and for others. */
bool akv_pending_has_ended(struct akv_pending *pending);

/* The same without doing anything. */
bool akv_pending_is_over(struct akv_pending *pending);

/* Waits for the end, and blocks the thread. True with the reply's body in *body
 * (which the caller frees), or false with the cause. To be called once at most,
 * and not with akv_pending_join(). */
bool akv_pending_wait(struct akv_pending *pending, struct akv_buf *body,
                      struct akv_error *err);

/*
 * A descriptor for poll() and its like, which is readable from the end of the
 * operation on, and where there is no I/O thread also when something is to be
 * done for it: akv_pending_has_ended() tells. (Then one of those that a thread
 * has asked for stands for all of them: it polls all that have not ended, or
 * frees the operations.) The same at each call. It is neither read nor closed
 * by the caller, who takes it out of an epoll set before akv_pending_free():
 * that may leave it to the I/O thread to close it. An operation ends in the
 * time that the setting timeout gives it, unless a name service hangs: whoever
 * cannot wait without a bound gives poll() one. After a fork the child has no
 * use of it. -1 with the cause: there are no more descriptors.
 */
int akv_pending_fd(struct akv_pending *pending, struct akv_error *err);

/* Gives the reference back; an operation under way goes on by itself. NULL is
 * fine. */
void akv_pending_free(struct akv_pending *pending);

/*
 * From now on the client's tokens come from the credential, which is borrowed
 * and outlives it. Before the client's first operation. False: no memory, or
 * the credential has no source yet.
 */
bool akv_client_set_credential(struct akv_client *client,
                               struct akv_credential *credential,
                               struct akv_error *err);

/* What the client has done so far in this process. */
void akv_client_stats(struct akv_client *client, struct akv_stats_read *stats);

/* akv_client_submit() and akv_pending_wait() in one. Takes what op owns. */
bool akv_client_run(struct akv_client *client, struct akv_op *op,
                    struct akv_buf *body, struct akv_error *err);

#ifdef __cplusplus
}
#endif

#endif
