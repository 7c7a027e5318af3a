/* SPDX-License-Identifier: Apache-2.0 */

/*
 * A client of vaults: settings, credential, tokens and connections.
 *
 * Requests are made by one thread of the library's per process. Where no thread
 * can be started, or the setting threads says never, they go on whenever one of
 * the client's or its calls' functions is called: whoever waits does it for
 * all. All may be called from any thread, any number at a time. After a fork
 * the child works with connections and tokens of its own; calls that were under
 * way in the parent do not exist there. A thread that is cancelled
 * (pthread_cancel(3)) ends behind these functions, not in them.
 */

#ifndef AKV_CLIENT_H
#define AKV_CLIENT_H

#include <stdint.h>

#include "buf.h"
#include "settings.h"
#include "stats.h"
#include "uri.h"

#ifdef __cplusplus
extern "C" {
#endif

struct akv_client;
struct akv_credential;

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

/*
 * A descriptor for poll(2) and its like, one for all calls of the client. From
 * now on the done of a call is called by akv_client_dispatch() alone, and the
 * descriptor is readable while some are due; where the library has no thread
 * also when there is something to be done for it. The same at each call, and
 * the client's: neither read nor closed by the caller. After a fork, and after
 * the program has closed descriptors that it did not open, there is another
 * one: ask again. -1 with the cause: there are no more descriptors
 * (AKV_E_DESCRIPTORS).
 */
int akv_client_fd(struct akv_client *client, struct akv_error *err);

/* Does what there is to do, without waiting, and calls what is due, in the
 * calling thread; returns how many that was. What is called may begin, cancel
 * and free calls, but not free the client. */
size_t akv_client_dispatch(struct akv_client *client);

/*
 * A token from the client's credential, of its own and for what the program
 * likes, appended to token, and when it expires (seconds since 1970). scope is
 * such as "https://vault.azure.net/.default". Waits, and keeps nothing. False:
 * *err says why there is none.
 */
bool akv_client_get_token(struct akv_client *client, const char *scope,
                          struct akv_buf *token, int64_t *expires_on,
                          struct akv_error *err);

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

#ifdef __cplusplus
}
#endif

#endif
