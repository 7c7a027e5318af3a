/* SPDX-License-Identifier: Apache-2.0 */
#ifndef EMU_CRYPTO_OPS_H
#define EMU_CRYPTO_OPS_H

struct emu_call;

/* A new AES key of 256 bits, wrapped; a wrapped key for who is attested. */
void emu_secure_wrap(struct emu_call *call);
void emu_secure_unwrap(struct emu_call *call);
/* sign, verify, encrypt, decrypt, wrapkey and unwrapkey; the row says which. */
void emu_crypto(struct emu_call *call);

#endif
