/* SPDX-License-Identifier: Apache-2.0 */

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "ascii.h"
#include "base64.h"
#include "challenge.h"
#include "hosts.h"

/* The values that matter; pointers into the header. */
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

static bool is_token_char(char c)
{
    return akv_is_alnum(c) || c == '_' || c == '-';
}

/* Where the parameters of the Bearer challenge begin, or NULL. */
static const char *find_bearer(const char *header)
{
    const char *p = header;

    while ((p = strcasestr(p, "bearer")) != NULL) {
        if ((p == header || p[-1] == ' ' || p[-1] == ',') && p[6] == ' ')
            return p + 7;
        p += 6;
    }
    return NULL;
}

static bool name_is(const char *name, size_t len, const char *wanted)
{
    return strlen(wanted) == len && strncasecmp(name, wanted, len) == 0;
}

static void keep(struct values *values, const char *name, size_t len,
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

/* name=value pairs up to the end or to the next challenge's scheme. */
static void read_pairs(const char *p, struct values *values)
{
    while (*p != '\0') {
        const char *name;
        struct value value;
        size_t len;

        p += strspn(p, " ,\t");
        name = p;
        while (is_token_char(*p))
            p++;
        len = (size_t)(p - name);
        if (len == 0 || *p != '=')
            return;
        if (*++p == '"') {
            value.text = ++p;
            value.len = strcspn(p, "\"");
            p += value.len + (p[value.len] == '"');
        } else {
            value.text = p;
            value.len = strcspn(p, " ,\t");
            p += value.len;
        }
        keep(values, name, len, value);
    }
}

static bool take_tenant(struct akv_challenge *challenge, struct value url)
{
    static const char scheme[] = "https://";
    const char *p, *end = url.text + url.len;
    size_t len;

    if (url.text == NULL || url.len <= sizeof(scheme)
        || strncasecmp(url.text, scheme, sizeof(scheme) - 1) != 0)
        return true; /* informative only: the configured tenant serves */
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

/* https://HOST[/.default]: the host is kept and the scope made of it. */
static bool take_resource(struct akv_challenge *challenge, struct value url)
{
    static const char scheme[] = "https://";
    size_t skip = sizeof(scheme) - 1, len, i;
    const char *host;

    if (url.text == NULL || url.len <= skip
        || strncasecmp(url.text, scheme, skip) != 0)
        return false;
    host = url.text + skip;
    for (len = 0; len < url.len - skip && host[len] != '/'; len++)
        ;
    if (!akv_host_valid(host, len) || len >= sizeof(challenge->resource_host))
        return false;
    for (i = 0; i < len; i++)
        challenge->resource_host[i] = akv_to_lower(host[i]);
    (void)snprintf(challenge->scope, sizeof(challenge->scope),
                   "https://%.*s/.default", (int)len, host);
    return true;
}

/* "claims" is standard base64 of JSON; other errors are no challenge. */
static bool take_claims(struct akv_challenge *challenge,
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

bool akv_challenge_parse(struct akv_challenge *challenge, const char *header,
                         struct akv_error *err)
{
    const char *bearer = header != NULL ? find_bearer(header) : NULL;
    struct values values;

    memset(challenge, 0, sizeof(*challenge));
    memset(&values, 0, sizeof(values));
    if (bearer == NULL)
        return akv_error_set(err, AKV_E_AUTHENTICATION,
                             "the vault asks for a token without a Bearer "
                             "challenge");
    read_pairs(bearer, &values);
    if (take_claims(challenge, &values))
        return true;
    if (!take_resource(challenge, values.scope.text != NULL ? values.scope
                                                            : values.resource))
        return akv_error_set(err, AKV_E_AUTHENTICATION,
                             "the vault's challenge names no resource: %.200s",
                             header);
    if (!take_tenant(challenge, values.authorization))
        return akv_error_set(err, AKV_E_AUTHENTICATION,
                             "the vault's challenge names no valid tenant: "
                             "%.200s",
                             header);
    return true;
}

bool akv_challenge_fits(const struct akv_challenge *challenge, const char *host)
{
    return strlen(host) > strlen(challenge->resource_host)
           && akv_host_within(host, challenge->resource_host);
}
