/* SPDX-License-Identifier: Apache-2.0 */

/* A client in one process: its loop, and in that its vaults, tokens and
 * connections. For client.c and call.c. */

#ifndef AKV_CLIENT_RUNTIME_H
#define AKV_CLIENT_RUNTIME_H

#include "akv/client.h"
#include "base/per_process.h"
#include "base/stats_impl.h"
#include "client/client_impl.h"
#include "client/dispatch.h"
#include "client/rest_call.h"
#include "transport/loop_drive.h"

/* The parent's thread and its connections are not the child's to touch. */
struct akv_runtime {
    struct akv_own own;
    struct akv_client *client; /* borrowed */
    struct akv_loop *loop;     /* counted */
    struct akv_rest *rest;     /* the loop thread's; NULL until first used */
    struct akv_task on_loss;   /* of the loop's descriptors */
    atomic_bool gone;          /* the loop has no use for it any more */
    struct akv_stats stats;
    struct akv_dispatch dispatch;
};

struct akv_credential_bound;

/* What a client borrows, where nobody else keeps it. */
struct akv_client_own {
    struct akv_settings settings;
    struct akv_log *log;
};

struct akv_client {
    struct akv_client_own *own;          /* owned; NULL: others keep it */
    const struct akv_settings *settings; /* borrowed */
    struct akv_log *log;                 /* borrowed, may be NULL */
    akv_waiter_fn *waiter;               /* NULL: threads are blocked */
    _Atomic(struct akv_deferred_files *) files; /* owned; NULL until prepared */
    struct akv_heritage *heritage;              /* owned; for children */
    akv_own_slot runtime;               /* owned; NULL until first used */
    struct akv_credential_bound *bound; /* owned; NULL: as the settings say */
};

/* This process's; NULL: there is none, or it cannot be used any more. */
struct akv_runtime *akv_runtime_find(struct akv_client *client);

/* The same, made if it is not there. NULL: *err says why. */
struct akv_runtime *akv_runtime_get(struct akv_client *client,
                                    struct akv_error *err);

/* In the loop: made when it is first asked for. NULL: *err says why. */
struct akv_rest *akv_runtime_rest(struct akv_runtime *runtime,
                                  struct akv_error *err);

/* Says that the program has closed descriptors. */
void akv_runtime_set_loss(struct akv_error *err);

/* Calls the done of all calls that are due, of lost ones too. */
size_t akv_runtime_dispatch(struct akv_client *client);

/* Ends all of the client's in this process. False: something of it is still
 * used, by a loop that hangs or by the parent whose copy it is. */
bool akv_runtime_end(struct akv_client *client) AKV_MUST_CHECK;

#endif
