/* SPDX-License-Identifier: Apache-2.0 */

/*
 * A call between a caller and the loop, each of which holds a reference: what
 * api/ begins and reads.
 */

#ifndef AKV_CALL_IMPL_H
#define AKV_CALL_IMPL_H

#include "akv/call.h"
#include "akv/client.h"
#include "base/event.h"
#include "base/per_process.h"
#include "client/dispatch.h"
#include "client/op.h"
#include "transport/loop.h"

struct akv_call {
    atomic_uint refs;
    struct akv_stamp stamp;        /* a child has a copy of no use */
    struct akv_runtime *runtime;   /* borrowed; the client outlives the call */
    struct akv_task start, cancel; /* in the loop's queue at first */
    atomic_bool is_cancelled;
    struct akv_op op; /* owned */
    int64_t deadline;
    struct akv_rest_call *rest; /* the loop's */
    akv_done_fn *done;          /* may be NULL */
    void *arg;
    struct akv_due due;     /* what calls done */
    struct akv_event ended; /* what follows is written before it */
    bool ok;
    struct akv_buf body; /* owned; the reply's */
    struct akv_error err;
};

/*
 * Begins an operation; takes what op owns, also on failure. done may be NULL.
 * NULL, with the cause: it cannot be begun.
 */
struct akv_call *akv_call_start(struct akv_client *client, struct akv_op *op,
                                akv_done_fn *done, void *arg,
                                struct akv_error *err);

/* The same with a JSON body, which is freed: see akv_op_set_json(). */
struct akv_call *akv_call_start_json(struct akv_client *client,
                                     struct akv_op *op, struct akv_json *json,
                                     bool built, akv_done_fn *done, void *arg,
                                     struct akv_error *err);

/* One more reference. */
struct akv_call *akv_call_up_ref(struct akv_call *call);

/* Whether it has ended; does nothing for that. */
bool akv_call_is_over(struct akv_call *call);

/* Whether the call, which may be NULL, is of this kind and has ended well;
 * waits for it. */
bool akv_call_check(struct akv_call *call, const struct akv_op_kind *kind,
                    struct akv_error *err) AKV_MUST_CHECK;

/* The same, and its reply, which the caller frees; NULL otherwise. */
struct akv_json *akv_call_reply(struct akv_call *call,
                                const struct akv_op_kind *kind,
                                struct akv_error *err);

/* Frees the call, which may be NULL, and returns ok: the end of a function that
 * waits. */
bool akv_call_close(struct akv_call *call, bool ok);

#endif
