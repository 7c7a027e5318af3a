/* SPDX-License-Identifier: Apache-2.0 */

/* Names as they are written: RFC 1123, RFC 3986. None is looked up here. */

#include <arpa/inet.h>
#include <string.h>
#include <strings.h>

#include "base/ascii.h"
#include "base/host.h"

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

bool akv_host_is_loopback(const char *host)
{
    struct in_addr address;

    if (strcasecmp(host, "localhost") == 0 || strcmp(host, "[::1]") == 0)
        return true;
    return inet_pton(AF_INET, host, &address) == 1
           && ntohl(address.s_addr) >> 24 == 127;
}
