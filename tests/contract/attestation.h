/* SPDX-License-Identifier: Apache-2.0 */

/* An attestation service, whose tokens a key is released for. One per program.
 */

#ifndef ATTESTATION_H
#define ATTESTATION_H

#include "akv/buf.h"
#include "akv/jwk.h"

#define ATTESTATION_AUTHORITY "https://a.invalid/"

/* Makes its key, and a seed for an emulator that trusts in it. */
bool attestation_start(struct akv_buf *seed);
void attestation_stop(void);

/* A token that has the text as its claim "c", and the key to wrap with. */
bool attestation_token(const struct akv_jwk *key, const char *claim,
                       struct akv_buf *token);

#endif
