/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Strict, and without percent escapes: names and versions are letters, digits
 * and hyphens, so that what has passed goes into a URL as it is. Schemes and
 * collections are read in any case; hosts become lower case.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "akv/uri.h"
#include "base/ascii.h"
#include "base/host.h"
#include "base/list.h"
#include "base/settings_impl.h"
#include "base/trust.h"

static const char *const collections[] = {
    [AKV_KIND_VAULT] = "",
    [AKV_KIND_KEY] = "keys",
    [AKV_KIND_SECRET] = "secrets",
    [AKV_KIND_CERTIFICATE] = "certificates",
};

/* What is being parsed, for messages that name the part at fault. */
struct parse {
    const char *uri;                     /* the whole text, borrowed */
    const struct akv_settings *settings; /* borrowed */
    struct akv_id *id;
    struct akv_error *err; /* may be NULL */
};

static bool has_prefix(const char *text, const char *prefix)
{
    return strncasecmp(text, prefix, strlen(prefix)) == 0;
}

static bool uri_fault(const struct parse *p, const char *part, const char *text,
                      size_t len, const char *expected)
{
    return akv_error_set(p->err, AKV_E_INVALID, "%.200s: %s '%.*s': %s", p->uri,
                         part, len > 140 ? 140 : (int)len, text, expected);
}

static bool name_valid(const char *text, size_t len)
{
    size_t i;

    for (i = 0; i < len; i++)
        if (!akv_is_alnum(text[i]) && text[i] != '-')
            return false;
    return len >= 1 && len <= AKV_NAME_MAX;
}

bool akv_name_valid(const char *name)
{
    return name_valid(name, strlen(name));
}

static bool take_name(const struct parse *p, const char *part, char *dst,
                      const char *text, size_t len)
{
    if (!name_valid(text, len))
        return uri_fault(p, part, text, len,
                         "1 to 127 letters, digits and hyphens are expected");
    memcpy(dst, text, len);
    dst[len] = '\0';
    return true;
}

static bool take_port(const struct parse *p, const char *text, size_t len)
{
    unsigned long port = 0;
    size_t i;

    for (i = 0; i < len && akv_is_digit(text[i]) && i < 6; i++)
        port = port * 10 + (unsigned long)(text[i] - '0');
    if (len == 0 || i < len || port < 1 || port > 65535)
        return uri_fault(p, "port", text, len, "1 to 65535 is expected");
    p->id->port = (unsigned)port;
    return true;
}

/* HOST or HOST:PORT; suffix NULL means that a bare name is taken as it is. */
static bool take_host(const struct parse *p, const char *text, size_t len,
                      const char *suffix)
{
    const char *bracket = *text == '[' ? memchr(text, ']', len) : NULL;
    const char *from = bracket != NULL ? bracket : text;
    const char *colon = memchr(from, ':', len - (size_t)(from - text));
    size_t hostlen = colon != NULL ? (size_t)(colon - text) : len;
    char *host = p->id->host;
    size_t i;

    if (!akv_host_valid(text, hostlen))
        return uri_fault(p, "host", text, hostlen,
                         "a vault name, a host name or an address is expected");
    for (i = 0; i < hostlen; i++)
        host[i] = akv_to_lower(text[i]);
    host[hostlen] = '\0';
    p->id->port = 443;
    if (colon != NULL)
        return take_port(p, colon + 1, len - hostlen - 1);
    if (suffix == NULL || strpbrk(host, ".[") != NULL
        || akv_host_trusted(p->settings, host))
        return true;
    if (!name_valid(host, hostlen)
        || hostlen + 1 + strlen(suffix) >= sizeof(p->id->host))
        return uri_fault(p, "vault", text, hostlen,
                         "letters, digits and hyphens are expected");
    host[hostlen] = '.';
    memcpy(host + hostlen + 1, suffix, strlen(suffix) + 1);
    return true;
}

/* A vault's URL, as the portal shows it: the host in it. */
static const char *find_host(const char *vault, size_t *len)
{
    if (has_prefix(vault, "https://"))
        vault += 8;
    *len = strlen(vault);
    if (*len > 0 && vault[*len - 1] == '/')
        --*len;
    return vault;
}

static bool take_vault(const struct parse *p, const char *text, size_t len,
                       const char *suffix)
{
    const char *vault = p->settings->default_vault;

    if (len > 0)
        return take_host(p, text, len, suffix);
    if (vault == NULL || *vault == '\0')
        return akv_error_set(p->err, AKV_E_CONFIG,
                             "%.200s: the URI names no vault and the setting "
                             "default-vault (AKV_DEFAULT_VAULT) is not set",
                             p->uri);
    vault = find_host(vault, &len);
    return take_host(p, vault, len, suffix);
}

static bool take_collection(const struct parse *p, const char *text, size_t len)
{
    enum akv_kind kind;

    for (kind = AKV_KIND_KEY; kind <= AKV_KIND_CERTIFICATE; kind++) {
        if (strlen(collections[kind]) == len
            && strncasecmp(collections[kind], text, len) == 0) {
            p->id->kind = kind;
            return true;
        }
    }
    return uri_fault(p, "collection", text, len,
                     "keys, secrets or certificates is expected");
}

/* [/COLLECTION[/NAME[/VERSION]]], a slash at the end allowed. */
static bool uri_take_path(const struct parse *p, const char *path)
{
    const char *part = path;
    int i;

    for (i = 0; *part == '/' && part[1] != '\0'; i++) {
        size_t len = strcspn(++part, "/");
        bool ok = true;

        if (i == 0)
            ok = take_collection(p, part, len);
        else if (i == 1)
            ok = take_name(p, "name", p->id->name, part, len);
        else if (i == 2)
            ok = take_name(p, "version", p->id->version, part, len);
        else
            ok = uri_fault(p, "path", part, strlen(part),
                           "nothing is expected behind the version");
        if (!ok)
            return false;
        part += len;
    }
    return true;
}

static bool parse_akv(const struct parse *p, const char *rest,
                      const char *suffix)
{
    size_t len = strcspn(rest, "/");
    const char *odd = strpbrk(rest, "?#@%");

    if (odd != NULL)
        return uri_fault(p, "character", odd, 1, "it has no meaning here");
    return take_vault(p, rest, len, suffix) && uri_take_path(p, rest + len);
}

/* VAULT:NAME[?version=VERSION] */
static bool parse_colons(const struct parse *p, const char *rest,
                         const char *suffix)
{
    static const char query[] = "?version=";
    size_t vault = strcspn(rest, ":");
    const char *name = rest + vault + 1;
    size_t len;

    if (rest[vault] != ':')
        return uri_fault(p, "name", "", 0, "SCHEME:VAULT:NAME is expected");
    p->id->kind = AKV_KIND_KEY;
    len = strcspn(name, "?");
    if (!take_vault(p, rest, vault, suffix)
        || !take_name(p, "name", p->id->name, name, len))
        return false;
    if (name[len] == '\0')
        return true;
    if (strncmp(name + len, query, sizeof(query) - 1) != 0)
        return uri_fault(p, "query", name + len, strlen(name + len),
                         "?version=VERSION is expected");
    name += len + sizeof(query) - 1;
    return take_name(p, "version", p->id->version, name, strlen(name));
}

/* NAME=VALUE,... with the names type, vault, name and version. */
static bool parse_attributes(const struct parse *p, const char *rest)
{
    const char *suffix = p->settings->dns_suffix;
    const char *vault = NULL, *name = NULL, *cursor = rest, *item;
    size_t len, vaultlen = 0, namelen = 0;

    p->id->kind = AKV_KIND_KEY;
    while ((item = akv_list_next(&cursor, &len)) != NULL) {
        if (len == 15 && has_prefix(item, "type=managedhsm")) {
            suffix = p->settings->hsm_dns_suffix;
        } else if (len >= 6 && vault == NULL && has_prefix(item, "vault=")) {
            vault = item + 6;
            vaultlen = len - 6;
        } else if (len >= 5 && name == NULL && has_prefix(item, "name=")) {
            name = item + 5;
            namelen = len - 5;
        } else if (len >= 8 && p->id->version[0] == '\0'
                   && has_prefix(item, "version=")) {
            if (!take_name(p, "version", p->id->version, item + 8, len - 8))
                return false;
        } else {
            return uri_fault(p, "attribute", item, len,
                             "one each of type=managedhsm, vault=, name= and "
                             "version= is expected");
        }
    }
    if (name == NULL)
        return uri_fault(p, "name", "", 0, "name=NAME is missing");
    return take_vault(p, vault != NULL ? vault : "", vaultlen, suffix)
           && take_name(p, "name", p->id->name, name, namelen);
}

bool akv_id_parse(struct akv_id *id, const char *uri,
                  const struct akv_settings *settings, struct akv_error *err)
{
    struct parse p = { uri, settings, id, err };

    memset(id, 0, sizeof(*id));
    if (has_prefix(uri, "akv://https:") || has_prefix(uri, "akv:https:"))
        return uri_fault(&p, "URI", uri, strlen(uri),
                         "one scheme is expected: akv://HOST/keys/NAME, or the "
                         "https://... of the portal");
    if (has_prefix(uri, "akv://"))
        return parse_akv(&p, uri + 6, settings->dns_suffix);
    if (has_prefix(uri, "https://")) /* what the portal and az show */
        return parse_akv(&p, uri + 8, NULL);
    if (has_prefix(uri, "akv:"))
        return parse_attributes(&p, uri + 4);
    if (has_prefix(uri, "vault:"))
        return parse_colons(&p, uri + 6, settings->dns_suffix);
    if (has_prefix(uri, "managedhsm:"))
        return parse_colons(&p, uri + 11, settings->hsm_dns_suffix);
    return uri_fault(&p, "scheme", uri, strcspn(uri, ":"),
                     "akv://HOST/keys/NAME is expected");
}

bool akv_id_parse_https(struct akv_id *id, const char *url,
                        struct akv_error *err)
{
    struct parse p = { url, NULL, id, err };
    const char *path;

    memset(id, 0, sizeof(*id));
    if (!has_prefix(url, "https://"))
        return uri_fault(&p, "scheme", url, strcspn(url, ":"),
                         "https is expected");
    url += 8;
    path = url + strcspn(url, "/");
    if (!take_host(&p, url, (size_t)(path - url), NULL)
        || !uri_take_path(&p, path))
        return false;
    if (id->name[0] == '\0')
        return uri_fault(&p, "name", "", 0, "an identifier names an object");
    return true;
}

const char *akv_kind_collection(enum akv_kind kind)
{
    return collections[kind];
}

bool akv_id_append_host(const struct akv_id *id, struct akv_buf *out)
{
    if (id->port == 443)
        return akv_buf_append_str(out, id->host);
    return akv_buf_appendf(out, "%s:%u", id->host, id->port);
}

/* A host with neither dot nor port would be the name of a vault to whoever does
 * not trust the host. */
static bool append_full_host(const struct akv_id *id, struct akv_buf *out)
{
    if (id->port == 443 && *id->host != '[' && strchr(id->host, '.') == NULL)
        return akv_buf_appendf(out, "%s:443", id->host);
    return akv_id_append_host(id, out);
}

bool akv_id_append_uri(const struct akv_id *id, struct akv_buf *out)
{
    const char *collection = akv_kind_collection(id->kind);

    return akv_buf_append_str(out, "akv://") && append_full_host(id, out)
           && (*collection == '\0' || akv_buf_appendf(out, "/%s", collection))
           && (id->name[0] == '\0' || akv_buf_appendf(out, "/%s", id->name))
           && (id->version[0] == '\0'
               || akv_buf_appendf(out, "/%s", id->version));
}
