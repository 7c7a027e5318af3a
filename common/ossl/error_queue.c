/* SPDX-License-Identifier: Apache-2.0 */

/*
 * OpenSSL 3.2 and later save and restore a queue by functions, but without its
 * marks. Of older ones the thread's structure itself is copied out, zeroed and
 * copied back; the texts in it belong to the copy meanwhile.
 */

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "ossl/error_queue.h"

#if OPENSSL_VERSION_NUMBER >= 0x30200000L

#define PARTS_MAX 16 /* the errors that OpenSSL keeps, and so the marks */

/* Saving a queue loses its marks: it is taken in parts, each of which ends at a
 * mark; the last part is what lies before all of them. */
struct akv_error_queue {
    ERR_STATE *parts[PARTS_MAX + 1]; /* owned */
    size_t count;
};

struct akv_error_queue *akv_error_queue_new(void)
{
    return calloc(1, sizeof(struct akv_error_queue));
}

void akv_error_queue_free(struct akv_error_queue *queue)
{
    size_t i;

    for (i = 0; queue != NULL && i <= PARTS_MAX; i++)
        OSSL_ERR_STATE_free(queue->parts[i]);
    free(queue);
}

void akv_error_queue_save(struct akv_error_queue *queue)
{
    ERR_STATE **part = queue->parts;

    queue->count = 0;
    if (ERR_peek_error() == 0)
        return;
    do {
        if (*part == NULL)
            *part = OSSL_ERR_STATE_new();
        if (*part == NULL)
            return;
        OSSL_ERR_STATE_save_to_mark(*part++);
        queue->count++;
    } while (queue->count <= PARTS_MAX && ERR_clear_last_mark());
}

void akv_error_queue_restore(struct akv_error_queue *queue)
{
    if (ERR_peek_error() != 0)
        ERR_clear_error();
    while (queue->count > 0) {
        OSSL_ERR_STATE_restore(queue->parts[--queue->count]);
        if (queue->count > 0)
            (void)ERR_set_mark();
    }
}

#else

struct akv_error_queue {
    bool has;
    ERR_STATE state;
};

struct akv_error_queue *akv_error_queue_new(void)
{
    return calloc(1, sizeof(struct akv_error_queue));
}

void akv_error_queue_free(struct akv_error_queue *queue)
{
    free(queue);
}

/* Versions before 3.2 have no function for it, but show the structure, by a
 * function that is deprecated; later ones may do without that. */
#pragma weak ERR_get_state
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"

void akv_error_queue_save(struct akv_error_queue *queue)
{
    ERR_STATE *state = NULL;

    if (ERR_peek_error() != 0 && ERR_get_state != NULL)
        state = ERR_get_state();
    queue->has = state != NULL;
    if (state == NULL)
        return;
    queue->state = *state;
    memset(state, 0, sizeof(*state));
}

/* What is there is cleared, but some memory of it is kept. */
void akv_error_queue_restore(struct akv_error_queue *queue)
{
    ERR_STATE *state;
    int i;

    if (ERR_peek_error() != 0)
        ERR_clear_error();
    if (!queue->has)
        return;
    state = ERR_get_state();
    for (i = 0; i < ERR_NUM_ERRORS; i++)
        if ((state->err_data_flags[i] & ERR_TXT_MALLOCED) != 0)
            OPENSSL_free(state->err_data[i]);
    *state = queue->state;
    queue->has = false;
}

#pragma GCC diagnostic pop
#endif
