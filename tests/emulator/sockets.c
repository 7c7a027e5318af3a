/* SPDX-License-Identifier: Apache-2.0 */
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

static int listen_ipv4(uint16_t port)
{
    struct sockaddr_in address = { .sin_family = AF_INET,
                                   .sin_port = htons(port) };

    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return listen_at((const struct sockaddr *)&address, sizeof(address));
}

static int listen_ipv6(uint16_t port)
{
    struct sockaddr_in6 address = { .sin6_family = AF_INET6,
                                    .sin6_port = htons(port) };

    address.sin6_addr = in6addr_loopback;
    return listen_at((const struct sockaddr *)&address, sizeof(address));
}

static uint16_t port_of(int fd)
{
    struct sockaddr_in address = { .sin_port = 0 };
    socklen_t len = sizeof(address);

    if (getsockname(fd, (struct sockaddr *)&address, &len) != 0)
        return 0;
    return ntohs(address.sin_port);
}

bool emu_sockets_open(struct emu_sockets *sockets, uint16_t port)
{
    for (int i = 0; i < ATTEMPTS; i++) {
        sockets->ipv4 = listen_ipv4(port);
        if (sockets->ipv4 < 0)
            return false;
        sockets->port = port_of(sockets->ipv4);
        sockets->ipv6 = listen_ipv6(sockets->port);
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
