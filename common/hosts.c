/* SPDX-License-Identifier: Apache-2.0 */

/*
 * By names alone: none is looked up here. That a host is who it says it is, TLS
 * has to prove. Names are compared by whole labels, so that none that merely
 * ends like a cloud's domain passes for one below it.
 */

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "ascii.h"
#include "hosts.h"
#include "list.h"
#include "settings.h"

/* Domains of the vaults and HSMs of the public clouds. */
static const char *const clouds[] = {
    "vault.azure.net",
    "managedhsm.azure.net",
    "vault.azure.cn",
    "managedhsm.azure.cn",
    "managedhsm.chinacloudapi.cn",
    "vault.usgovcloudapi.net",
    "managedhsm.usgovcloudapi.net",
};

static bool ipv6_valid(const char *host, size_t len)
{
    char text[INET6_ADDRSTRLEN];
    struct in6_addr address;

    if (len < 4 || host[len - 1] != ']' || len - 2 >= sizeof(text))
        return false;
    memcpy(text, host + 1, len - 2);
    text[len - 2] = '\0';
    return inet_pton(AF_INET6, text, &address) == 1;
}

bool akv_host_valid(const char *host, size_t len)
{
    size_t i, label = 0;

    if (len == 0 || len > 253)
        return false;
    if (*host == '[')
        return ipv6_valid(host, len);
    for (i = 0; i < len; i++) {
        if (host[i] == '.') {
            if (label == 0 || host[i - 1] == '-')
                return false;
            label = 0;
        } else if (akv_is_alnum(host[i]) || host[i] == '_'
                   || (host[i] == '-' && label > 0)) {
            if (++label > 63)
                return false;
        } else {
            return false;
        }
    }
    return label > 0 && host[len - 1] != '-';
}

bool akv_port_valid(const char *text, size_t len)
{
    unsigned port = 0;
    size_t i;

    for (i = 0; i < len && i < 6; i++) {
        if (!akv_is_digit(text[i]))
            return false;
        port = port * 10 + (unsigned)(text[i] - '0');
    }
    return i == len && port >= 1 && port <= 65535;
}

bool akv_authority_valid(const char *text)
{
    size_t host = *text == '[' ? strcspn(text, "]") + 1 : strcspn(text, ":/");
    size_t digits;

    if (host > strlen(text) || !akv_host_valid(text, host))
        return false;
    text += host;
    if (*text == ':') {
        digits = strspn(text + 1, "0123456789");
        if (!akv_port_valid(text + 1, digits))
            return false;
        text += 1 + digits;
    }
    return *text == '\0' || strcmp(text, "/") == 0;
}

bool akv_url_host(const char *url, char *host, size_t size)
{
    const char *start = strstr(url, "://");
    size_t len;

    if (start == NULL)
        return false;
    start += 3;
    len = *start == '[' ? strcspn(start, "]") + 1 : strcspn(start, ":/");
    if (len >= size || !akv_host_valid(start, len))
        return false;
    memcpy(host, start, len);
    host[len] = '\0';
    return true;
}

bool akv_host_within(const char *host, const char *domain)
{
    size_t hostlen = strlen(host), len = strlen(domain);

    if (len == 0 || hostlen < len
        || strcasecmp(host + hostlen - len, domain) != 0)
        return false;
    return hostlen == len || host[hostlen - len - 1] == '.';
}

/* A list of hosts and .suffixes. */
static bool is_listed(const char *list, const char *host)
{
    const char *item;
    size_t len, hostlen = strlen(host);

    while ((item = akv_list_next(&list, &len)) != NULL) {
        if (*item == '.' ? hostlen > len : hostlen == len)
            if (strncasecmp(host + hostlen - len, item, len) == 0)
                return true;
    }
    return false;
}

bool akv_host_trusted(const struct akv_settings *settings, const char *host)
{
    return is_listed(settings->trusted_hosts, host);
}

bool akv_resource_trusted(const struct akv_settings *settings, const char *host,
                          const char *resource)
{
    const char *const suffixes[] = { settings->dns_suffix,
                                     settings->hsm_dns_suffix };
    size_t i;

    for (i = 0; i < sizeof(clouds) / sizeof(clouds[0]); i++)
        if (strcasecmp(resource, clouds[i]) == 0)
            return true;
    for (i = 0; i < sizeof(suffixes) / sizeof(suffixes[0]); i++)
        if (suffixes[i] != NULL && strcasecmp(resource, suffixes[i]) == 0)
            return true;
    return akv_host_within(host, resource)
           || is_listed(settings->trusted_resources, resource);
}

/* Of a private link, whose own name is on no certificate. */
static bool find_public_name(const char *host, char *name, size_t size)
{
    static const struct {
        const char *link, *domain;
    } links[] = {
        { ".privatelink.vaultcore.azure.net", "vault.azure.net" },
        { ".privatelink.vaultcore.azure.cn", "vault.azure.cn" },
        { ".privatelink.vaultcore.usgovcloudapi.net",
          "vault.usgovcloudapi.net" },
        { ".privatelink.managedhsm.azure.net", "managedhsm.azure.net" },
        { ".privatelink.managedhsm.azure.cn", "managedhsm.azure.cn" },
        { ".privatelink.managedhsm.usgovcloudapi.net",
          "managedhsm.usgovcloudapi.net" },
        { ".vaultcore.azure.net", "vault.azure.net" },
    };
    size_t i, len = strlen(host);

    for (i = 0; i < sizeof(links) / sizeof(links[0]); i++) {
        size_t tail = strlen(links[i].link);

        if (len > tail && strcasecmp(host + len - tail, links[i].link) == 0)
            return snprintf(name, size, "%.*s.%s", (int)(len - tail), host,
                            links[i].domain)
                   < (int)size;
    }
    return false;
}

bool akv_host_may_be_vault(const struct akv_settings *settings,
                           const char *host)
{
    size_t i;

    if (akv_host_trusted(settings, host)
        || (settings->dns_suffix != NULL
            && akv_host_within(host, settings->dns_suffix))
        || (settings->hsm_dns_suffix != NULL
            && akv_host_within(host, settings->hsm_dns_suffix)))
        return true;
    for (i = 0; i < sizeof(clouds) / sizeof(clouds[0]); i++)
        if (akv_host_within(host, clouds[i]))
            return true;
    return false;
}

bool akv_host_check(const struct akv_settings *settings, const char *host,
                    struct akv_error *err)
{
    char name[256];

    if (!akv_host_trusted(settings, host)
        && find_public_name(host, name, sizeof(name)))
        return akv_error_set(err, AKV_E_UNTRUSTED_HOST,
                             "the host %s is the name of a private link; use "
                             "%s, which its DNS leads to the same address",
                             host, name);
    return akv_host_may_be_vault(settings, host)
           || akv_error_set(err, AKV_E_UNTRUSTED_HOST,
                            "the host is no vault of a known Azure cloud; "
                            "list it in trusted-hosts, or set dns-suffix, if "
                            "it may have a token");
}

bool akv_host_is_loopback(const char *host)
{
    struct in_addr address;

    if (strcasecmp(host, "localhost") == 0 || strcmp(host, "[::1]") == 0)
        return true;
    return inet_pton(AF_INET, host, &address) == 1
           && ntohl(address.s_addr) >> 24 == 127;
}
