/* SPDX-License-Identifier: Apache-2.0 */

/* How long the service took for what it does in its own time. */

#ifndef CONTRACT_POLLS_H
#define CONTRACT_POLLS_H

#include "recordings.h"

/* Not of an authority or of the management plane. */
bool is_for_vault(const char *uri);
/* How many polls the change of the exchange took; path: from the slash. */
int polls_of(const struct recording *recording, size_t index, const char *path);
/* How many polls the making of a certificate took. */
int create_polls_of(const struct recording *recording, size_t index,
                    const char *path);
/* Whether it was asked too early, and again later. */
bool is_poll(const struct recording *recording, size_t index);

#endif
