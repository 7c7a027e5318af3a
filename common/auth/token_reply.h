/* SPDX-License-Identifier: Apache-2.0 */

/* A token in JSON, as authorities, identity endpoints and tools give it. */

#ifndef AKV_TOKEN_REPLY_H
#define AKV_TOKEN_REPLY_H

#include "akv/json.h"
#include "auth/cred.h"

/* What the members are called, and what a date without a zone is of. */
struct akv_token_form {
    const char *token;
    bool local; /* this machine's zone, not UTC */
};

/* {"access_token","expires_in","expires_on","refresh_in","refresh_on"} */
extern const struct akv_token_form akv_token_form_oauth;

/*
 * Reads a token and when it expires: expires_on, or else expires_in seconds
 * from now, or else what the token says of itself; numbers may be strings, and
 * dates as in date.h. token->text is borrowed from json. NULL: it can be used.
 * Otherwise a constant that says what is wrong with the reply, without a
 * subject. now: wall clock, seconds.
 */
const char *akv_token_read(const struct akv_json *json,
                           const struct akv_token_form *form, int64_t now,
                           struct akv_token *token);

#endif
