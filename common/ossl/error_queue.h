/* SPDX-License-Identifier: Apache-2.0 */

/*
 * A thread's queue of OpenSSL errors (ERR_get_error(3)), set aside while
 * libcurl works in that thread: it clears the queue, and the application's
 * errors and the marks that libcrypto has set among them (ERR_set_mark(3)) are
 * not its own.
 */

#ifndef AKV_ERROR_QUEUE_H
#define AKV_ERROR_QUEUE_H

struct akv_error_queue;

/* Room for one queue. NULL: no memory. */
struct akv_error_queue *akv_error_queue_new(void);
void akv_error_queue_free(struct akv_error_queue *queue); /* NULL is fine */

/* Takes the calling thread's. An empty one, as it nearly always is, costs
 * nothing. */
void akv_error_queue_save(struct akv_error_queue *queue);

/* Puts it back, in the same thread, instead of what is there. */
void akv_error_queue_restore(struct akv_error_queue *queue);

#endif
