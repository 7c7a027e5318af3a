/* SPDX-License-Identifier: Apache-2.0 */

/* Operations on a made-up vault: what is asked, as lines of fake_client.h, and
 * what is answered. */

#ifndef CLIENT_FIXTURE_H
#define CLIENT_FIXTURE_H

#include "fake_client.h"

#define H "https://v.vault.azure.net"

/* What the next operations are answered with, as fake_client.h says; NULL:
 * none is expected. Forgets what was asked. */
void client_answer(const char *first, const char *second, const char *third);

/* What was asked since then. */
const char *client_asked(void);

/* The identifier in an https URL. */
struct akv_id client_id(const char *url);

/* Frees what is left; the last thing that a test does. */
void client_clear(void);

#endif
