/* SPDX-License-Identifier: Apache-2.0 */

/* Recorded exchanges with those who give tokens. */

#ifndef REPLAY_IDENTITY_H
#define REPLAY_IDENTITY_H

#include "recordings.h"

bool replay_is_identity(const struct exchange *x);

/* Feeds the reply to the credentials that ask for it. False: it was not
 * replayed, and x says why. */
bool replay_identity(const struct recording *recording, struct exchange *x);

#endif
