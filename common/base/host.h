/* SPDX-License-Identifier: Apache-2.0 */

/* Host names: which are well-formed, and how two of them lie to each other. */

#ifndef AKV_HOST_H
#define AKV_HOST_H

#include <stdbool.h>
#include <stddef.h>

/* Whether len bytes are a host name (RFC 1123, underscores tolerated), an
 * IPv4 literal or an IPv6 literal in brackets. */
bool akv_host_valid(const char *host, size_t len);

/* Whether len characters are a number from 1 to 65535. */
bool akv_port_valid(const char *text, size_t len);

/* Whether text is HOST or HOST:PORT, a single slash behind it allowed. */
bool akv_authority_valid(const char *text);

/* The host of https://HOST[:PORT]..., in brackets where it has them. False: it
 * is none, or larger than size. */
bool akv_url_host(const char *url, char *host, size_t size);

/* Whether host is domain or lies below it, at a dot, in any letter case. */
bool akv_host_within(const char *host, const char *domain);

/* Whether the host is this machine: localhost, 127.0.0.0/8 or [::1]. */
bool akv_host_is_loopback(const char *host);

#endif
