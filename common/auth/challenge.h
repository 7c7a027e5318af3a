/* SPDX-License-Identifier: Apache-2.0 */

/* The 401 challenge: which token a vault wants, and whether it may ask. */

#ifndef AKV_CHALLENGE_H
#define AKV_CHALLENGE_H

#include <stdbool.h>

#include "akv/error.h"

struct akv_challenge {
    char tenant[128];        /* of the authority; empty if there is none */
    char scope[300];         /* RESOURCE/.default */
    char resource_host[256]; /* the host in the resource, lower case */
    bool is_plain;           /* there is no port and no path in it */
    bool insufficient;       /* the token lacks claims */
    char claims[1024];       /* JSON; which ones */
};

/*
 * Continuous access evaluation may pose a second kind of challenge, which
 * names no resource but claims; then insufficient is set and the rest empty.
 *
 * Reads the value of WWW-Authenticate (RFC 9110, section 11.6.1), which may
 * hold several challenges, quoted or bare values, and blanks in place of
 * commas between them; of several Bearer challenges it is the first that names
 * what a challenge must. False when there is none (AKV_E_AUTHENTICATION).
 */
bool akv_challenge_parse(struct akv_challenge *challenge, const char *header,
                         struct akv_error *err);

/* Whether a token for the challenge's resource may be sent to the host: the
 * host must lie below the resource's host. */
bool akv_challenge_fits(const struct akv_challenge *challenge,
                        const char *host);

/* Whether a text is a tenant: 1 to 127 letters, digits, dots and hyphens. */
bool akv_tenant_valid(const char *tenant);

#endif
