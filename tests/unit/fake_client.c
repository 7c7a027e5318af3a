/* SPDX-License-Identifier: Apache-2.0 */

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "fake_client.h"

static fake_answer_fn *answer_fn;
static void *answer_arg;
static unsigned count;

/* Held by the first that waits for a call. */
static pthread_mutex_t answering = PTHREAD_MUTEX_INITIALIZER;

/* A child has none of the threads that may hold it. */
static void begin_child(void)
{
    (void)pthread_mutex_init(&answering, NULL);
}

static void watch_forks(void)
{
    (void)pthread_atfork(NULL, NULL, begin_child);
}

void fake_client_set(fake_answer_fn *answer, void *arg)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;

    (void)pthread_once(&once, watch_forks);
    answer_fn = answer;
    answer_arg = arg;
    count = 0;
}

unsigned fake_client_count(void)
{
    return count;
}

struct akv_call *__wrap_akv_call_start(struct akv_client *client,
                                       struct akv_op *op, akv_done_fn *done,
                                       void *arg, struct akv_error *err)
{
    struct akv_call *call = calloc(1, sizeof(*call));

    (void)client;
    if (call == NULL || !akv_event_init(&call->ended)) {
        free(call);
        akv_op_free(op); /* as the real one takes what it owns */
        (void)akv_error_set(err, AKV_E_MEMORY, "no memory for a call");
        return NULL;
    }
    atomic_init(&call->refs, 1);
    call->op = *op;
    call->done = done;
    call->arg = arg;
    op->link = NULL;
    akv_buf_init(&op->body, 0);
    akv_buf_init(&call->body, AKV_REPLY_MAX);
    return call;
}

static void answer_call(struct akv_call *call)
{
    count++;
    if (answer_fn == NULL)
        call->ok = akv_error_set(&call->err, AKV_E_CANCELLED, "nobody answers");
    else
        call->ok = answer_fn(answer_arg, &call->op, &call->body, &call->err);
    akv_event_set(&call->ended);
    if (call->done != NULL)
        call->done(call->arg, call);
}

bool __wrap_akv_call_wait(struct akv_call *call, struct akv_error *err)
{
    (void)pthread_mutex_lock(&answering);
    if (!akv_event_wait(&call->ended, 0))
        answer_call(call);
    (void)pthread_mutex_unlock(&answering);
    if (!call->ok && err != NULL)
        *err = call->err;
    return call->ok;
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
