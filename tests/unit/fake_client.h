/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Stands in for akv_client_run(), or for akv_client_submit() and what follows
 * it, by -Wl,--wrap: operations are answered here, without client, thread of
 * its own and network.
 */

#ifndef FAKE_CLIENT_H
#define FAKE_CLIENT_H

#include "akv/client.h"

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

bool __wrap_akv_client_run(struct akv_client *client, struct akv_op *op,
                           struct akv_buf *body, struct akv_error *err);
struct akv_pending *__wrap_akv_client_submit(struct akv_client *client,
                                             struct akv_op *op,
                                             akv_done_fn *done, void *arg,
                                             struct akv_error *err);
bool __wrap_akv_pending_join(struct akv_pending *pending,
                             const struct akv_buf **body,
                             struct akv_error *err);
bool __wrap_akv_pending_is_over(struct akv_pending *pending);
void __wrap_akv_pending_free(struct akv_pending *pending);

#endif
