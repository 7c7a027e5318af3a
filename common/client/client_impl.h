/* SPDX-License-Identifier: Apache-2.0 */

/* A client as the provider and the command use it, besides akv/client.h. */

#ifndef AKV_CLIENT_IMPL_H
#define AKV_CLIENT_IMPL_H

#include "akv/client.h"
#include "base/log.h"
#include "base/settings_impl.h"
#include "base/waiter.h"

/* As akv_client_new(), with settings and a log that are borrowed and outlive
 * it. log may be NULL. */
struct akv_client *akv_client_new_borrowing(const struct akv_settings *settings,
                                            struct akv_log *log);

const struct akv_settings *akv_client_settings(const struct akv_client *client);

/* How calls are waited for. Before the first operation;
 * NULL: threads are blocked, as in a new client. */
void akv_client_set_waiter(struct akv_client *client, akv_waiter_fn *waiter);

#endif
