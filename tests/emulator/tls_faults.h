/* SPDX-License-Identifier: Apache-2.0 */
#ifndef EMU_TLS_FAULTS_H
#define EMU_TLS_FAULTS_H

#include "faults.h"
#include "tls_ca.h"

struct MHD_Connection;

/* Certificates that no client should accept. */
struct emu_tls_faults;

struct emu_tls_faults *emu_tls_faults_new(const struct emu_tls *tls);
void emu_tls_faults_free(struct emu_tls_faults *bad);

/* Before the handshake: what the rules want to be wrong with it. */
void emu_tls_faults_attach(const struct emu_tls_faults *bad,
                           struct emu_faults *faults,
                           struct MHD_Connection *conn);

#endif
