/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "auth.h"
#include "b64.h"
#include "clock.h"
#include "counters.h"
#include "identity.h"
#include "jsonx.h"
#include "jwt.h"
#include "options.h"
#include "token_cache.h"
#include "vault.h"
#include "xmem.h"

/* Servers allow for clocks that differ a little. */
#define TOKEN_LEEWAY 300

/* Whom tokens have to be for. */
static const char *resource(const struct emu_call *call)
{
    if (call->emu->options->challenge_resource != NULL)
        return call->emu->options->challenge_resource;
    return call->traits->hsm ? "https://managedhsm.azure.net"
                             : "https://vault.azure.net";
}

static const char *tenant_of(const struct emu_call *call)
{
    return call->traits->tenant != NULL
               ? call->traits->tenant
               : emu_identity_tenant(call->emu->identity);
}

const char *emu_bearer_token(const struct emu_request *req)
{
    const char *value = emu_request_header(req, "Authorization");

    if (value == NULL || strncasecmp(value, "Bearer ", 7) != 0)
        return NULL;
    value += 7;
    return *value == '\0' ? NULL : value;
}

static void reply_date(struct emu_call *call, enum emu_error error,
                       int64_t when)
{
    time_t t = (time_t)when;
    struct tm tm;
    char text[32] = "an unknown time";

    if (gmtime_r(&t, &tm) != NULL)
        strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &tm);
    emu_reply_error(call->reply, error, text);
}

static bool check_times(struct emu_call *call,
                        const struct emu_token_facts *facts)
{
    int64_t now = emu_now();

    if (facts->exp + TOKEN_LEEWAY <= now)
        reply_date(call, EMU_E_TOKEN_EXPIRED, facts->exp);
    else if (facts->nbf - TOKEN_LEEWAY > now)
        reply_date(call, EMU_E_TOKEN_NOT_YET, facts->nbf);
    else
        return true;
    return false;
}

static bool check_claims(struct emu_call *call, struct json_object *claims,
                         struct emu_token_facts *facts)
{
    const char *aud = emu_json_str(claims, "aud");
    const char *iss = emu_json_str(claims, "iss");
    const char *appid = emu_json_str(claims, "appid");
    char *issuer =
        emu_xasprintf("https://sts.windows.net/%s/", tenant_of(call));
    bool ok = false;

    if (iss == NULL || strcmp(iss, issuer) != 0)
        emu_reply_error(call->reply, EMU_E_TOKEN_ISSUER, issuer,
                        iss == NULL ? "" : iss);
    else if (aud == NULL || strcmp(aud, resource(call)) != 0)
        emu_reply_error(call->reply, EMU_E_TOKEN_AUDIENCE, resource(call),
                        aud == NULL ? "" : aud);
    else if (appid == NULL
             || !emu_json_int(emu_json_get(claims, "exp"), &facts->exp)
             || !emu_json_int(emu_json_get(claims, "nbf"), &facts->nbf))
        emu_reply_error(call->reply, EMU_E_TOKEN_FORM);
    else
        ok = true;
    facts->vault = call->vault;
    facts->claims_met =
        json_object_get_boolean(emu_json_get(claims, "claims_met"));
    if (ok)
        facts->caller = emu_identity_find(call->emu->identity, appid);
    free(issuer);
    return ok;
}

/* Everything but the dates, which are another matter with each request. */
static bool read_token(struct emu_call *call, const char *token,
                       struct emu_token_facts *facts)
{
    struct emu_identity *identity = call->emu->identity;
    EVP_PKEY *key = emu_identity_key(identity);
    struct json_object *claims = NULL;
    char *header;
    bool ok = false;

    switch (emu_jwt_verify(key, emu_identity_kid(identity), token, &claims)) {
    case EMU_JWT_GOOD:
        ok = check_claims(call, claims, facts);
        break;
    case EMU_JWT_BAD_SIGNATURE:
        header = emu_xstrndup(token, strcspn(token, "."));
        emu_reply_error(call->reply, EMU_E_TOKEN_SIGNATURE, header);
        free(header);
        break;
    case EMU_JWT_MALFORMED:
        emu_reply_error(call->reply, EMU_E_TOKEN_FORM);
        break;
    }
    json_object_put(claims);
    return ok;
}

static bool check_token(struct emu_call *call, const char *token)
{
    struct emu_token_cache *cache = call->emu->token_cache;
    struct emu_token_facts facts = { .caller = NULL };

    if (!emu_token_cache_get(cache, token, &facts)
        || facts.vault != call->vault) {
        if (!read_token(call, token, &facts))
            return false;
        emu_token_cache_put(cache, token, &facts);
    }
    call->caller = facts.caller;
    call->claims_met = facts.claims_met;
    return check_times(call, &facts);
}

bool emu_auth_check(struct emu_call *call)
{
    const char *token = emu_bearer_token(call->req);

    if (!call->emu->options->auth
        && (token != NULL || !call->op->has_body || call->req->body.len > 0))
        return true;
    if (token != NULL && check_token(call, token))
        return true;
    if (token == NULL)
        emu_reply_error(call->reply, EMU_E_NO_TOKEN);
    return false;
}

void emu_auth_challenge(struct emu_call *call)
{
    emu_count_event(call->emu->counters, EMU_COUNT_CHALLENGES);
    if (emu_reply_has_header(call->reply, "WWW-Authenticate"))
        return;
    emu_reply_header(call->reply, "WWW-Authenticate",
                     "Bearer authorization="
                     "\"https://login.microsoftonline.com/%s\", "
                     "resource=\"%s\"",
                     tenant_of(call), resource(call));
    if (call->traits->hsm) /* says nothing else */
        emu_buf_free(&call->reply->body);
}

void emu_auth_claims_challenge(struct emu_call *call)
{
    char *claims =
        emu_xasprintf("{\"access_token\":{\"nbf\":{\"essential\":true,"
                      "\"value\":\"%" PRId64 "\"}}}",
                      emu_now());
    char *text = emu_b64_encode(claims, strlen(claims));

    emu_reply_error(call->reply, EMU_E_CLAIMS);
    emu_reply_header(call->reply, "WWW-Authenticate",
                     "Bearer realm=\"\", authorization_uri="
                     "\"https://login.microsoftonline.com/common/oauth2/"
                     "authorize\", error=\"insufficient_claims\", "
                     "claims=\"%s\"",
                     text);
    free(claims);
    free(text);
}
