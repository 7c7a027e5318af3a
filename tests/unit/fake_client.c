/* SPDX-License-Identifier: Apache-2.0 */

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "fake_client.h"

static fake_answer_fn *answer_fn;
static void *answer_arg;
static unsigned count;

void fake_client_set(fake_answer_fn *answer, void *arg)
{
    answer_fn = answer;
    answer_arg = arg;
    count = 0;
}

unsigned fake_client_count(void)
{
    return count;
}

bool __wrap_akv_client_run(struct akv_client *client, struct akv_op *op,
                           struct akv_buf *body, struct akv_error *err)
{
    struct akv_buf text = AKV_BUF_INIT(AKV_REPLY_MAX);
    bool ok;

    (void)client;
    count++;
    if (answer_fn == NULL)
        ok = akv_error_set(err, AKV_E_CANCELLED, "nobody answers");
    else
        ok = answer_fn(answer_arg, op, &text, err);
    akv_op_free(op); /* as the real one takes what it owns */
    if (ok)
        *body = text;
    else
        akv_buf_free(&text);
    return ok;
}

/* What is submitted is answered when somebody joins, once. */
struct akv_pending {
    struct akv_client *client;
    struct akv_op op;
    pthread_mutex_t lock; /* held while it is answered */
    atomic_bool ended;
    bool ok;
    struct akv_buf body;
    struct akv_error err;
};

struct akv_pending *__wrap_akv_client_submit(struct akv_client *client,
                                             struct akv_op *op,
                                             akv_done_fn *done, void *arg,
                                             struct akv_error *err)
{
    struct akv_pending *pending = calloc(1, sizeof(*pending));

    (void)done;
    (void)arg;
    (void)err;
    if (pending == NULL)
        abort();
    atomic_init(&pending->ended, false);
    (void)pthread_mutex_init(&pending->lock, NULL);
    pending->client = client;
    pending->op = *op;
    memset(op, 0, sizeof(*op));
    return pending;
}

bool __wrap_akv_pending_join(struct akv_pending *pending,
                             const struct akv_buf **body, struct akv_error *err)
{
    (void)pthread_mutex_lock(&pending->lock);
    if (!atomic_load(&pending->ended))
        pending->ok = __wrap_akv_client_run(pending->client, &pending->op,
                                            &pending->body, &pending->err);
    atomic_store(&pending->ended, true);
    (void)pthread_mutex_unlock(&pending->lock);
    if (!pending->ok)
        *err = pending->err;
    *body = &pending->body;
    return pending->ok;
}

bool __wrap_akv_pending_is_over(struct akv_pending *pending)
{
    return atomic_load(&pending->ended);
}

void __wrap_akv_pending_free(struct akv_pending *pending)
{
    if (pending == NULL)
        return;
    if (!atomic_load(&pending->ended))
        akv_op_free(&pending->op);
    akv_buf_free(&pending->body);
    (void)pthread_mutex_destroy(&pending->lock);
    free(pending);
}

bool fake_client_replies(void *arg, const struct akv_op *op,
                         struct akv_buf *body, struct akv_error *err)
{
    struct fake_replies *replies = arg;
    const char *text = replies->texts[replies->next];

    if (!akv_buf_appendf(&replies->asked, "%s ", op->kind->method)
        || !akv_op_append_path(op, &replies->asked)
        || !akv_buf_append_str(&replies->asked, op->query)
        || (op->link != NULL
            && !akv_buf_appendf(&replies->asked, " link %s", op->link))
        || !akv_buf_appendf(&replies->asked, "%s%s\n",
                            op->body.len > 0 ? " " : "",
                            akv_buf_str(&op->body)))
        return akv_error_set(err, AKV_E_MEMORY, "the fake has no room");
    if (text == NULL)
        return akv_error_set(err, AKV_E_CANCELLED, "an unexpected request");
    replies->next++;
    if (*text == '!')
        return akv_error_set(err,
                             strncmp(text, "!404", 4) == 0 ? AKV_E_NOT_FOUND
                                                           : AKV_E_FORBIDDEN,
                             "%s", text + 1);
    return akv_buf_append_str(body, text)
           || akv_error_set(err, AKV_E_MEMORY, "the fake has no room");
}
