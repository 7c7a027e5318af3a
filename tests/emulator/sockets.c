/* SPDX-License-Identifier: Apache-2.0 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "sockets.h"

#define ATTEMPTS 32

static int listen_at(const struct sockaddr *address, socklen_t len)
{
    int fd = socket(address->sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int on = 1;
    int saved;

    if (fd < 0)
        return -1;
    if ((address->sa_family != AF_INET6
         || setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on)) == 0)
        && (address->sa_family == AF_UNIX
            || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) == 0)
        && bind(fd, address, len) == 0 && listen(fd, SOMAXCONN) == 0)
        return fd;
    saved = errno;
    close(fd);
    errno = saved;
    return -1;
}

static int listen_ipv4(struct in_addr at, uint16_t port)
{
    struct sockaddr_in address = { .sin_family = AF_INET,
                                   .sin_port = htons(port),
                                   .sin_addr = at };

    return listen_at((const struct sockaddr *)&address, sizeof(address));
}

static int listen_ipv6(const struct in6_addr *at, uint16_t port)
{
    struct sockaddr_in6 address = { .sin6_family = AF_INET6,
                                    .sin6_port = htons(port),
                                    .sin6_addr = *at };

    return listen_at((const struct sockaddr *)&address, sizeof(address));
}

static uint16_t port_of(int fd)
{
    struct sockaddr_in6 address = { .sin6_port = 0 };
    socklen_t len = sizeof(address);

    /* It is in the same place for IPv4. */
    if (getsockname(fd, (struct sockaddr *)&address, &len) != 0)
        return 0;
    return ntohs(address.sin6_port);
}

/* The same port of both families. */
static bool open_both(struct emu_sockets *sockets, struct in_addr ipv4,
                      const struct in6_addr *ipv6, uint16_t port)
{
    for (int i = 0; i < ATTEMPTS; i++) {
        sockets->ipv4 = listen_ipv4(ipv4, port);
        if (sockets->ipv4 < 0)
            return false;
        sockets->port = port_of(sockets->ipv4);
        sockets->ipv6 = listen_ipv6(ipv6, sockets->port);
        if (sockets->ipv6 >= 0 || errno != EADDRINUSE)
            return true;
        close(sockets->ipv4);
        if (port != 0) {
            errno = EADDRINUSE;
            return false;
        }
    }
    errno = EADDRINUSE;
    return false;
}

bool emu_sockets_are_all(const char *address)
{
    return strcmp(address, "0.0.0.0") == 0 || strcmp(address, "::") == 0;
}

bool emu_sockets_open(struct emu_sockets *sockets, const char *address,
                      uint16_t port)
{
    struct in_addr ipv4 = { htonl(INADDR_LOOPBACK) };
    struct in6_addr ipv6 = in6addr_loopback;

    if (address == NULL)
        return open_both(sockets, ipv4, &ipv6, port);
    if (emu_sockets_are_all(address)) {
        ipv4.s_addr = htonl(INADDR_ANY);
        return open_both(sockets, ipv4, &in6addr_any, port);
    }
    sockets->ipv6 = -1;
    sockets->ipv4 =
        inet_pton(AF_INET, address, &ipv4) == 1    ? listen_ipv4(ipv4, port)
        : inet_pton(AF_INET6, address, &ipv6) == 1 ? listen_ipv6(&ipv6, port)
                                                   : -1;
    if (sockets->ipv4 >= 0)
        sockets->port = port_of(sockets->ipv4);
    return sockets->ipv4 >= 0;
}

int emu_socket_unix(const char *path)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };

    if (strlen(path) >= sizeof(address.sun_path)) {
        errno = ENAMETOOLONG;
        return -1;
    }
    memcpy(address.sun_path, path, strlen(path));
    return listen_at((const struct sockaddr *)&address, sizeof(address));
}
