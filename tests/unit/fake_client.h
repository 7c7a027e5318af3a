/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Stands in for akv_call_start() and akv_call_wait(), by -Wl,--wrap: calls are
 * answered here, when somebody waits for them, without client, thread of its
 * own and network.
 */

#ifndef FAKE_CLIENT_H
#define FAKE_CLIENT_H

#include "client/call_impl.h"

/* Answers an operation: true with the reply's body appended, else the cause. */
typedef bool fake_answer_fn(void *arg, const struct akv_op *op,
                            struct akv_buf *body, struct akv_error *err);

void fake_client_set(fake_answer_fn *answer, void *arg);

/* How many operations there were since fake_client_set(). */
unsigned fake_client_count(void);

/* An operation as one line: METHOD PATH[&QUERY][ link LINK][ BODY]. Of a table
 * of replies each is given once, in order; the last is NULL. An entry that
 * begins with '!' is a failure. What was asked is appended to asked. */
struct fake_replies {
    const char *const *texts;
    size_t next;
    struct akv_buf asked;
};

fake_answer_fn fake_client_replies;

struct akv_call *__wrap_akv_call_start(struct akv_client *client,
                                       struct akv_op *op, akv_done_fn *done,
                                       void *arg, struct akv_error *err);
bool __wrap_akv_call_wait(struct akv_call *call, struct akv_error *err);

#endif
