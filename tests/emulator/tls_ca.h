/* SPDX-License-Identifier: Apache-2.0 */
#ifndef EMU_TLS_CA_H
#define EMU_TLS_CA_H

#include <stdbool.h>

#include "options.h"
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

/* A throw-away CA, or the one that is kept in the state directory, and a server
 * certificate for every name that is served; or what the options name, which
 * stands for the CA, too. False with a message, if it is about these. */
bool emu_tls_make(struct emu_tls *tls, const struct emu_store *store,
                  const struct emu_options *options);
void emu_tls_free(struct emu_tls *tls);

#endif
