/* SPDX-License-Identifier: Apache-2.0 */
#ifndef EMU_SOCKETS_H
#define EMU_SOCKETS_H

#include <stdbool.h>
#include <stdint.h>

struct emu_sockets {
    int ipv4;
    int ipv6; /* -1 where there is none of it */
    uint16_t port;
};

/* Listens on 127.0.0.1 and ::1, or on that address (0.0.0.0 and :: are both of
 * them), the same port on both; 0 is any. */
bool emu_sockets_open(struct emu_sockets *sockets, const char *address,
                      uint16_t port);

/* Whether it stands for all addresses: 0.0.0.0 and ::. */
bool emu_sockets_are_all(const char *address);

/* Listens on a unix socket for this user only; -1 on failure. */
int emu_socket_unix(const char *path);

#endif
