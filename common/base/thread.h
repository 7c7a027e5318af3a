/* SPDX-License-Identifier: Apache-2.0 */

#ifndef AKV_THREAD_H
#define AKV_THREAD_H

#include <pthread.h>

/* Starts a thread that has no signal of the application's delivered to it but
 * its own faults, which a crash handler must see. *thread is to be joined or
 * detached. 0, or what pthread_create(3) says. */
int akv_thread_start(pthread_t *thread, void *(*fn)(void *arg), void *arg);

#endif
