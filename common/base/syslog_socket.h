/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The system's log by a socket of our own: syslog(3) has one for the whole
 * process, with the host's name and facility, and opens it late. RFC 3164, as
 * /dev/log takes it; facility daemon.
 */

#ifndef AKV_SYSLOG_SOCKET_H
#define AKV_SYSLOG_SOCKET_H

#include "base/fd.h"

/* Connects to /dev/log. False, with errno, and *socket has none: it cannot. */
bool akv_syslog_open(struct akv_fd *socket) AKV_MUST_CHECK;

/* Sends one line, without waiting. priority: of syslog(3), LOG_ERR say. False,
 * with errno: nobody takes it (EAGAIN, ENOBUFS: just now). */
bool akv_syslog_send(const struct akv_fd *socket, int priority,
                     const char *line) AKV_MUST_CHECK;

#endif
