/* SPDX-License-Identifier: Apache-2.0 */

/* What a store yields, for a vault's replies that the test makes up. */

#ifndef STORE_FIXTURE_H
#define STORE_FIXTURE_H

#include <openssl/store.h>

#include "fake_client.h"
#include "provider_fixture.h"

/* One letter an object: k(ey), p(ublic), c(ertificate), r(evocations), n(ame);
 * "!" where there was an error. The first object goes to *first, which is NULL
 * before, if first is not NULL. */
void store_load_all(const char *uri, int expected, char *letters, size_t size,
                    OSSL_STORE_INFO **first);

/* Checks what a URI yields for these replies (of fake_client.h), what is asked
 * for that, and the reason if it fails (else NULL). */
void store_yields(const char *where, const char *uri, int expected,
                  const char *const *texts, const char *want, const char *asked,
                  const char *reason);

#endif
