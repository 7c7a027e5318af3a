/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Tenant and resource come from the network and go into requests for tokens, so
 * none but plain characters are let through. Challenges and their parameters
 * are parted by the same commas: the header is read item by item, in a copy
 * that is overwritten, and the place of a word tells whether it is a scheme.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "auth/challenge.h"
#include "base/ascii.h"
#include "base/base64.h"
#include "base/host.h"

/* The values that matter; pointers into a copy of the header. */
struct value {
    const char *text;
    size_t len;
};

struct values {
    struct value authorization, resource, scope, error, claims;
};

bool akv_tenant_valid(const char *tenant)
{
    size_t len = strlen(tenant), i;

    for (i = 0; i < len; i++)
        if (!akv_is_alnum(tenant[i]) && tenant[i] != '.' && tenant[i] != '-')
            return false;
    return len >= 1 && len <= 127;
}

static bool name_is(const char *name, size_t len, const char *wanted)
{
    return strlen(wanted) == len && strncasecmp(name, wanted, len) == 0;
}

static void challenge_keep(struct values *values, const char *name, size_t len,
                           struct value value)
{
    if (name_is(name, len, "authorization")
        || name_is(name, len, "authorization_uri"))
        values->authorization = value;
    else if (name_is(name, len, "resource"))
        values->resource = value;
    else if (name_is(name, len, "scope"))
        values->scope = value;
    else if (name_is(name, len, "error"))
        values->error = value;
    else if (name_is(name, len, "claims"))
        values->claims = value;
}

/* What stands at a place in the header: a scheme or a token68 (RFC 9110,
 * section 11.2), which only its place tells apart, or a parameter. */
struct item {
    enum { END, WORD, PARAMETER, PADDED } kind; /* PADDED: token68 with "=" */
    bool comma;                                 /* before it */
    struct value name, value;
};

static size_t word_length(const char *p)
{
    size_t len = 0;

    while (akv_is_alnum(p[len])
           || (p[len] != '\0' && strchr("!#$%&'*+-.^_`|~/", p[len]) != NULL))
        len++;
    return len;
}

/* Reads a quoted string from behind its opening quote, and takes the
 * backslashes out of it in place. Returns where it ends. */
static char *read_quoted(char *p, struct value *value)
{
    char *to = p;

    value->text = p;
    for (; *p != '\0' && *p != '"'; p++) {
        if (*p == '\\' && p[1] != '\0')
            p++;
        *to++ = *p;
    }
    value->len = (size_t)(to - value->text);
    return p + (*p == '"');
}

/* Reads the next item; blanks as well as commas part them. */
static char *read_item(char *p, struct item *item)
{
    size_t gap = strspn(p, " \t,");

    memset(item, 0, sizeof(*item));
    item->comma = memchr(p, ',', gap) != NULL;
    item->name.text = p += gap;
    item->name.len = word_length(p);
    if (item->name.len == 0)
        return p; /* the end, or nothing that belongs here */
    p += item->name.len;
    item->kind = WORD;
    if (p[strspn(p, " \t")] != '=')
        return p;
    p += strspn(p, " \t") + 1;
    p += strspn(p, " \t");
    item->kind = PARAMETER;
    if (*p == '"')
        return read_quoted(p + 1, &item->value);
    item->value.text = p;
    item->value.len = *p != '=' ? strcspn(p, " ,\t") : 0;
    if (item->value.len == 0)
        item->kind = PADDED;
    return p + (item->value.len > 0 ? item->value.len : strspn(p, "="));
}

static bool take_tenant(struct akv_challenge *challenge, struct value url)
{
    static const char scheme[] = "https://";
    const char *p, *end;
    size_t len;

    if (url.text == NULL || url.len <= sizeof(scheme)
        || strncasecmp(url.text, scheme, sizeof(scheme) - 1) != 0)
        return true; /* informative only: the configured tenant serves */
    end = url.text + url.len;
    p = memchr(url.text + sizeof(scheme) - 1, '/',
               url.len - sizeof(scheme) + 1);
    if (p == NULL || ++p == end)
        return true;
    len = strcspn(p, "/\"");
    if (len > (size_t)(end - p))
        len = (size_t)(end - p);
    if (len >= sizeof(challenge->tenant))
        return false;
    memcpy(challenge->tenant, p, len);
    return akv_tenant_valid(challenge->tenant);
}

/* How much of a path belongs to the resource: all but "/.default", and but the
 * slashes before it that some put there; 0 where other characters are in it. */
static bool challenge_take_path(const char *path, size_t *len)
{
    static const char end[] = "/.default";
    size_t tail = sizeof(end) - 1, i;

    if (*len >= tail && strncmp(path + *len - tail, end, tail) == 0)
        *len -= tail;
    while (*len > 0 && path[*len - 1] == '/')
        --*len;
    for (i = 0; i < *len; i++)
        if (!akv_is_alnum(path[i]) && strchr("/-._~", path[i]) == NULL)
            return false;
    return true;
}

/* https://HOST[:PORT][/PATH][/.default]: sent as it stands, since it is the
 * token's audience, exactly. */
static bool take_resource(struct akv_challenge *challenge, struct value url)
{
    static const char scheme[] = "https://";
    size_t skip = sizeof(scheme) - 1, authority, len, path, i;
    const char *host;
    int n;

    if (url.text == NULL || url.len <= skip
        || strncasecmp(url.text, scheme, skip) != 0)
        return false;
    host = url.text + skip;
    for (authority = 0; authority < url.len - skip && host[authority] != '/';)
        authority++;
    for (len = 0; len < authority && host[len] != ':'; len++)
        ;
    path = url.len - skip - authority;
    if (!akv_host_valid(host, len) || len >= sizeof(challenge->resource_host)
        || (len < authority
            && !akv_port_valid(host + len + 1, authority - len - 1))
        || !challenge_take_path(host + authority, &path))
        return false;
    for (i = 0; i < len; i++)
        challenge->resource_host[i] = akv_to_lower(host[i]);
    challenge->is_plain = len == authority && path == 0;
    n = snprintf(challenge->scope, sizeof(challenge->scope),
                 "https://%.*s/.default", (int)(authority + path), host);
    return n < (int)sizeof(challenge->scope);
}

/* "claims" is standard base64 of JSON; other errors are no challenge. */
static bool challenge_take_claims(struct akv_challenge *challenge,
                                  const struct values *values)
{
    struct akv_buf json = AKV_BUF_INIT(sizeof(challenge->claims) - 1);
    bool ok =
        values->error.text != NULL && values->claims.text != NULL
        && name_is(values->error.text, values->error.len, "insufficient_claims")
        && akv_base64_decode(values->claims.text, values->claims.len, &json)
        && json.len > 0 && memchr(json.data, '\0', json.len) == NULL;

    if (ok)
        memcpy(challenge->claims, json.data, json.len + 1);
    challenge->insufficient = ok;
    akv_buf_free(&json);
    return ok;
}

/* One Bearer challenge. */
static bool challenge_take(struct akv_challenge *challenge,
                           const struct values *values, const char *header,
                           struct akv_error *err)
{
    struct value resource =
        values->scope.text != NULL ? values->scope : values->resource;

    memset(challenge, 0, sizeof(*challenge));
    if (challenge_take_claims(challenge, values))
        return true;
    if (resource.text == NULL)
        return akv_error_set(err, AKV_E_AUTHENTICATION,
                             "the vault's challenge names no resource: %.200s",
                             header);
    if (!take_resource(challenge, resource))
        return akv_error_set(err, AKV_E_AUTHENTICATION,
                             "the resource in the vault's challenge is no "
                             "https://HOST: '%.*s'",
                             resource.len > 200 ? 200 : (int)resource.len,
                             resource.text);
    if (!take_tenant(challenge, values->authorization))
        return akv_error_set(err, AKV_E_AUTHENTICATION,
                             "the vault's challenge names no valid tenant: "
                             "%.200s",
                             header);
    return true;
}

/* Takes the first Bearer challenge that will do; p is overwritten. */
static bool take_first(struct akv_challenge *challenge, char *p,
                       const char *header, struct akv_error *err)
{
    bool bearer = false, any_bearer = false, pop = false, behind_scheme = false;
    struct values values;
    struct item item;

    memset(&values, 0, sizeof(values));
    do {
        bool scheme;

        p = read_item(p, &item);
        scheme = item.kind == WORD && (!behind_scheme || item.comma);
        if ((scheme || item.kind == END) && bearer
            && challenge_take(challenge, &values, header, err))
            return true;
        if (scheme) {
            bearer = name_is(item.name.text, item.name.len, "bearer");
            any_bearer |= bearer;
            pop |= name_is(item.name.text, item.name.len, "pop");
            memset(&values, 0, sizeof(values));
        } else if (item.kind == PARAMETER) {
            challenge_keep(&values, item.name.text, item.name.len, item.value);
        }
        behind_scheme = scheme;
    } while (item.kind != END);
    if (any_bearer)
        return false;
    if (pop)
        return akv_error_set(err, AKV_E_AUTHENTICATION,
                             "the vault takes no bearer token, but one that is "
                             "bound to its holder (PoP): its token binding is "
                             "enforced, which is not supported here");
    return akv_error_set(err, AKV_E_AUTHENTICATION,
                         "the vault asks for a token without a Bearer "
                         "challenge: %.200s",
                         header != NULL ? header : "no WWW-Authenticate");
}

bool akv_challenge_parse(struct akv_challenge *challenge, const char *header,
                         struct akv_error *err)
{
    struct akv_error why = AKV_ERROR_INIT;
    char *copy = strdup(header != NULL ? header : "");
    bool ok;

    memset(challenge, 0, sizeof(*challenge));
    if (copy == NULL)
        return akv_error_set(err, AKV_E_MEMORY, "no memory for a challenge");
    ok = take_first(challenge, copy, header, &why);
    free(copy);
    if (ok)
        return true;
    memset(challenge, 0, sizeof(*challenge));
    if (err != NULL)
        *err = why;
    return false;
}

bool akv_challenge_fits(const struct akv_challenge *challenge, const char *host)
{
    return strlen(host) > strlen(challenge->resource_host)
           && akv_host_within(host, challenge->resource_host);
}
