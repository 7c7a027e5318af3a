/* SPDX-License-Identifier: Apache-2.0 */

/* Which hosts may be sent a token. */

#ifndef AKV_TRUST_H
#define AKV_TRUST_H

#include <stdbool.h>

#include "akv/error.h"

struct akv_settings;

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

#endif
