/* SPDX-License-Identifier: Apache-2.0 */

/*
 * By names alone: none is looked up here. That a host is who it says it is, TLS
 * has to prove. Names are compared by whole labels, so that none that merely
 * ends like a cloud's domain passes for one below it.
 */

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/host.h"
#include "base/list.h"
#include "base/settings_impl.h"
#include "base/trust.h"

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
