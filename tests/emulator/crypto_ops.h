/* SPDX-License-Identifier: Apache-2.0 */
#ifndef EMU_CRYPTO_OPS_H
#define EMU_CRYPTO_OPS_H

struct emu_call;

/* sign, verify, encrypt, decrypt, wrapkey and unwrapkey; the row says which. */
void emu_crypto(struct emu_call *call);

#endif
