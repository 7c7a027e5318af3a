/* SPDX-License-Identifier: Apache-2.0 */

/* What a vault says when it refuses, as a person reads it. */

#ifndef AKV_REFUSAL_H
#define AKV_REFUSAL_H

#include "transport/http.h"

/* A clock that is less off than that is not spoken of; seconds. */
#define AKV_CLOCK_OFF_S 120
#define AKV_CLOCK_NOTE_SIZE 120

/*
 * {"error":{"code","message","innererror":{"code"}}}, or the beginning of any
 * other text. Of a role assignment that is missing, the action, the scope and
 * the identity come first: the whole text has them behind 330 characters. What
 * was sent is masked in the reply before: akv_http_reply_mask().
 */
void akv_refusal_read(const struct akv_http_reply *reply,
                      const struct akv_clock *clock, struct akv_error *err);

/* "; this machine's clock is N s ahead of the server's", or "" where it is
 * not, or the reply does not tell. Tokens and assertions of such a machine are
 * refused for reasons that mislead. */
const char *akv_refusal_clock(const struct akv_http_reply *reply,
                              const struct akv_clock *clock,
                              char text[AKV_CLOCK_NOTE_SIZE]);

#endif
