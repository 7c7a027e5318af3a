/* SPDX-License-Identifier: Apache-2.0 */

#ifndef AKV_ASYNC_H
#define AKV_ASYNC_H

#include "client.h"

/*
 * Inside an ASYNC job (ASYNC_start_job(3)) pauses the job where a thread would
 * be blocked, so that a server with SSL_MODE_ASYNC goes on with other
 * connections. Outside of jobs threads are blocked, and also where the
 * application has set a callback: it may be called no more once the connection
 * is gone, and nobody tells us of that.
 */
extern const struct akv_waiter akv_async_waiter;

#endif
