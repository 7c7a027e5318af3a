/* SPDX-License-Identifier: Apache-2.0 */
#ifndef EMU_TLS_CA_H
#define EMU_TLS_CA_H

#include <stdbool.h>

#include "store.h"

/* PEM texts, owned. */
struct emu_tls {
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
