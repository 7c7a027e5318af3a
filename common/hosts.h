/* SPDX-License-Identifier: Apache-2.0 */

/* Host names: which are well-formed, and which may be sent a token. */

#ifndef AKV_HOSTS_H
#define AKV_HOSTS_H

#include <stdbool.h>
#include <stddef.h>

#include "error.h"

struct akv_settings;

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

/* Whether trusted-hosts lists the host (without port) or a .suffix of it. */
bool akv_host_trusted(const struct akv_settings *settings, const char *host);

/* Whether a host that is trusted may have a token for a resource, which is a
 * host as well: the vaults or HSMs of a known cloud or of a configured suffix,
 * its own domain, or what trusted-resources lists (with .suffixes). */
bool akv_resource_trusted(const struct akv_settings *settings, const char *host,
                          const char *resource);

/*
 * Whether a request with a token may be sent to the host at all: it is
 * trusted, or lies below the domain of a known Azure cloud or below the
 * configured dns-suffix or hsm-dns-suffix. The challenge must confirm it.
 */
bool akv_host_may_be_vault(const struct akv_settings *settings,
                           const char *host);

/* The same; false, and *err says why and what to do. */
bool akv_host_check(const struct akv_settings *settings, const char *host,
                    struct akv_error *err);

/* Whether the host is this machine: localhost, 127.0.0.0/8 or [::1]. */
bool akv_host_is_loopback(const char *host);

#endif
