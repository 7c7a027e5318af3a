/* SPDX-License-Identifier: Apache-2.0 */

/*
 * RFC 6749 (5.1) has expires_in alone; the other members are those of
 * Microsoft's endpoints and tools. expires_on comes first; expiresOn, which may
 * be of another time zone, behind the span; and last what the token says of
 * itself.
 */

#include <string.h>

#include "auth/token_reply.h"
#include "base/date.h"
#include "base/jwt.h"

const struct akv_token_form akv_token_form_oauth = { "access_token", false };

static bool read_date(const struct akv_json *json, const char *name, bool local,
                      int64_t *seconds)
{
    const char *text = akv_json_scalar(akv_json_get(json, name));

    return text != NULL && akv_date_read(text, local, seconds) && *seconds > 0;
}

/* A span from now; a date is none. */
static bool read_span(const struct akv_json *json, const char *name,
                      int64_t now, int64_t *seconds)
{
    const char *text = akv_json_scalar(akv_json_get(json, name));
    int64_t span = 0;

    if (text == NULL || strpbrk(text, "-/:") != NULL
        || !akv_date_read(text, false, &span) || span < 1 || span >= INT32_MAX)
        return false;
    *seconds = now + span;
    return true;
}

/* Seconds since 1970 come before a date, which may be of another zone. */
static void read_expiry(const struct akv_json *json,
                        const struct akv_token_form *form, int64_t now,
                        struct akv_token *token)
{
    if (read_date(json, "expires_on", form->local, &token->expires_on)
        || read_span(json, "expires_in", now, &token->expires_on)
        || read_date(json, "expiresOn", form->local, &token->expires_on))
        return;
    token->expires_on = akv_jwt_expiry(token->text);
}

const char *akv_token_read(const struct akv_json *json,
                           const struct akv_token_form *form, int64_t now,
                           struct akv_token *token)
{
    memset(token, 0, sizeof(*token));
    token->text = akv_json_get_text(json, form->token);
    if (token->text == NULL || !akv_token_valid(token->text))
        return "has no token of one word in it";
    read_expiry(json, form, now, token);
    if (token->expires_on == 0)
        return "does not say when the token expires, and neither does the "
               "token";
    if (token->expires_on <= now)
        return "has a token that has expired: it is an old one, or this "
               "machine's clock is ahead";
    if (!read_date(json, "refresh_on", form->local, &token->refresh_on)
        && !read_span(json, "refresh_in", now, &token->refresh_on))
        token->refresh_on = 0;
    if (token->refresh_on >= token->expires_on)
        token->refresh_on = 0;
    return NULL;
}
