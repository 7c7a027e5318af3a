/* SPDX-License-Identifier: Apache-2.0 */

/* Tokens that a program gets by a function of its own. */

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "akv/buf.h"
#include "auth/credential_impl.h"
#include "base/cancel.h"
#include "base/jwt.h"
#include "transport/loop_drive.h"

#define UNKNOWN_LIFE_S 60 /* of a token that does not say it */

struct cred_given {
    struct akv_cred base;
    struct akv_io *io;     /* borrowed */
    struct akv_loop *loop; /* borrowed */
    akv_credential_fn *fn;
    void *arg;                            /* borrowed */
    struct akv_credential_answer *answer; /* owed, or NULL */
    akv_token_fn *done;
    void *done_arg;
};

/*
 * It belongs to whoever owes it until it is given, and to the loop from then
 * on. It holds the loop meanwhile, but not the client, which may be gone.
 */
struct akv_credential_answer {
    struct akv_task task;
    struct akv_loop *loop;   /* counted */
    struct cred_given *cred; /* in the loop; NULL: nobody waits any more */
    pthread_mutex_t lock;    /* guards asking and given */
    bool asking;             /* fn has not returned yet */
    bool given;
    char *token; /* owned; NULL: refused */
    char *why;   /* owned */
    int64_t expires_on;
};

static void answer_free(struct akv_credential_answer *answer)
{
    (void)pthread_mutex_destroy(&answer->lock);
    akv_wipe_free(answer->token);
    free(answer->why);
    free(answer);
}

static bool cred_given_read_token(const struct akv_credential_answer *answer,
                                  int64_t now, struct akv_token *token,
                                  struct akv_error *err)
{
    memset(token, 0, sizeof(*token));
    token->text = answer->token;
    if (token->text == NULL)
        return akv_error_set(err, AKV_E_AUTHENTICATION,
                             "the program's credential gives no token: %s",
                             answer->why != NULL ? answer->why
                                                 : "it does not say why");
    if (!akv_token_valid(token->text))
        return akv_error_set(err, AKV_E_AUTHENTICATION,
                             "the program's credential gives a token that is "
                             "not one word of visible ASCII characters");
    token->expires_on = answer->expires_on;
    if (token->expires_on == 0)
        token->expires_on = akv_jwt_expiry(token->text);
    if (token->expires_on == 0)
        token->expires_on = now + UNKNOWN_LIFE_S;
    if (token->expires_on > now)
        return true;
    return akv_error_set(err, AKV_E_AUTHENTICATION,
                         "the program's credential gives a token that has "
                         "expired");
}

/* In the loop. */
static void cred_given_deliver(void *arg)
{
    struct akv_credential_answer *answer = arg;
    struct cred_given *cred = answer->cred;
    struct akv_error err = AKV_ERROR_INIT;
    struct akv_token token;

    if (cred != NULL) {
        cred->answer = NULL;
        if (cred_given_read_token(answer, akv_clock_wall(cred->io->clock),
                                  &token, &err))
            cred->done(cred->done_arg, &token, NULL);
        else
            cred->done(cred->done_arg, NULL, &err);
    }
    answer_free(answer);
}

/* Behind the post the answer is the loop's, and is gone perhaps. */
static void cred_given_give(struct akv_credential_answer *answer)
{
    struct akv_mate nobody = { .crew = NULL };
    struct akv_loop *loop = answer->loop;
    int cancel = akv_cancel_off();
    bool asking;

    (void)pthread_mutex_lock(&answer->lock);
    answer->given = true;
    asking = answer->asking;
    (void)pthread_mutex_unlock(&answer->lock);
    if (!asking) { /* or whoever asks goes on with it */
        answer->task.fn = cred_given_deliver;
        answer->task.arg = answer;
        akv_loop_post(loop, &answer->task);
        if (akv_loop_is_driven(loop))
            akv_loop_poll(loop, &nobody); /* those who wait for descriptors */
        akv_loop_release(loop);
    }
    akv_cancel_restore(cancel);
}

void akv_credential_give(struct akv_credential_answer *answer,
                         const char *token, int64_t expires_on)
{
    answer->token = strdup(token);
    answer->expires_on = expires_on;
    if (answer->token == NULL)
        answer->why = strdup("no memory");
    cred_given_give(answer);
}

void akv_credential_refuse(struct akv_credential_answer *answer,
                           const char *why)
{
    answer->why = strdup(why);
    cred_given_give(answer);
}

static struct akv_credential_answer *answer_new(struct cred_given *cred,
                                                struct akv_error *err)
{
    struct akv_credential_answer *answer = calloc(1, sizeof(*answer));

    if (answer == NULL || pthread_mutex_init(&answer->lock, NULL) != 0) {
        free(answer);
        (void)akv_error_set(err, AKV_E_MEMORY, "no memory for a token");
        return NULL;
    }
    akv_loop_hold(cred->loop);
    answer->loop = cred->loop;
    answer->cred = cred;
    answer->asking = true;
    return answer;
}

static void given_get(struct akv_cred *base,
                      const struct akv_token_request *request,
                      akv_token_fn *done, void *arg)
{
    struct cred_given *cred = (struct cred_given *)base;
    const struct akv_credential_request wanted = { request->scope,
                                                   request->tenant,
                                                   request->claims };
    struct akv_error err = AKV_ERROR_INIT;
    struct akv_credential_answer *answer = answer_new(cred, &err);
    bool given;

    if (answer == NULL) {
        done(arg, NULL, &err);
        return;
    }
    cred->answer = answer;
    cred->done = done;
    cred->done_arg = arg;
    cred->fn(cred->arg, &wanted, answer);
    (void)pthread_mutex_lock(&answer->lock);
    answer->asking = false;
    given = answer->given;
    (void)pthread_mutex_unlock(&answer->lock);
    if (!given)
        return;                   /* it may be gone by now */
    akv_loop_release(cred->loop); /* the client's hold remains */
    cred_given_deliver(answer);
}

static void given_free(struct akv_cred *base)
{
    struct cred_given *cred = (struct cred_given *)base;

    if (cred->answer != NULL)
        cred->answer->cred = NULL;
    free(cred);
}

struct akv_cred *akv_cred_given_new(struct akv_io *io, struct akv_loop *loop,
                                    akv_credential_fn *fn, void *arg,
                                    struct akv_error *err)
{
    static const struct akv_cred_ops ops = { given_get, given_free };
    struct cred_given *cred =
        (struct cred_given *)akv_cred_alloc(sizeof(*cred), &ops, err);

    if (cred == NULL)
        return NULL;
    cred->io = io;
    cred->loop = loop;
    cred->fn = fn;
    cred->arg = arg;
    return &cred->base;
}
