/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Addresses of hosts, kept for when a name can no longer be looked up: in a
 * process that has given up its root directory, its threads or its network
 * namespace. They are the process's and its children's, and never forgotten.
 * Any thread.
 */

#ifndef AKV_NAMES_H
#define AKV_NAMES_H

#include <stddef.h>

#include "akv/error.h"

/* Whether it is a name that has to be looked up: no address, not localhost. */
bool akv_name_is_looked_up(const char *host);

/* What is kept of a host, in the form that CURLOPT_RESOLVE(3) wants:
 * "192.0.2.1,[2001:db8::1]". NULL: nothing. */
const char *akv_name_find(const char *host);

/*
 * Looks it up by getaddrinfo(3) and keeps what that says. It takes as long as
 * the system's name service does. False with the reason; what was kept before
 * stays.
 */
bool akv_name_look_up(const char *host, struct akv_error *err);

/*
 * Looks up those of the hosts that were not asked for before, once for the
 * process and its children, in a thread that is left behind after ms
 * milliseconds: the sum of all such waits of the process is no longer than the
 * first caller's ms. In line where no thread can be started. Failures are
 * silent. At most 4 hosts; NULL is passed over.
 */
void akv_names_look_up_early(const char *const hosts[], size_t count,
                             int64_t ms);

#endif
