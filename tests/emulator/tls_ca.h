/* SPDX-License-Identifier: Apache-2.0 */
#ifndef EMU_TLS_CA_H
#define EMU_TLS_CA_H

#include <stdbool.h>

#include "store.h"

/* PEM texts, owned. */
struct emu_tls_pair {
    char *cert;
    char *key;
};

#define EMU_TLS_BAD 3 /* expired, for a wrong host, of another CA */

/* PEM texts, owned. */
struct emu_tls {
    struct emu_tls_pair bad[EMU_TLS_BAD];
    char *ca;
    char *cert;
    char *key;
};

/* dir NULL, or where the CA is kept: a throw-away CA and a server certificate
 * for every name that is served. */
bool emu_tls_make(struct emu_tls *tls, const struct emu_store *store,
                  const char *dir);
void emu_tls_free(struct emu_tls *tls);

#endif
