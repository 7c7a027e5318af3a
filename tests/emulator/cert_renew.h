/* SPDX-License-Identifier: Apache-2.0 */
#ifndef EMU_CERT_RENEW_H
#define EMU_CERT_RENEW_H

#include "vault.h"

/* Renews the certificate of the call's name, if there is one whose policy says
 * that it is time; for one call at a time, see emu_cert_run(). */
void emu_cert_renew_if_due(const struct emu_call *call);

#endif
