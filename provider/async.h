/* SPDX-License-Identifier: Apache-2.0 */

#ifndef AKV_ASYNC_H
#define AKV_ASYNC_H

#include "client/client_impl.h"

/*
 * Inside an ASYNC job (ASYNC_start_job(3)) begins a wait that pauses the job
 * where a thread would be blocked, so that a server with SSL_MODE_ASYNC goes on
 * with other connections. NULL, and the thread is blocked: outside of jobs, and
 * where the application has set a callback, since that may be called no more
 * once the connection is gone, and nobody tells us of that.
 */
struct akv_wait *akv_async_begin(void);

#endif
