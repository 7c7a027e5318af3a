/* SPDX-License-Identifier: Apache-2.0 */
#ifndef EMU_CRYPTO_CALL_H
#define EMU_CRYPTO_CALL_H

#include "algorithms.h"
#include "vault.h"

struct emu_bytes {
    unsigned char *data; /* owned */
    size_t len;
};

/* What the body of a cryptographic call holds, and the key it is for. */
struct emu_crypto {
    struct emu_call *call;
    enum emu_key_op op;
    bool secure; /* the form of wrap and unwrap for attested environments */
    const struct emu_alg *alg;
    const char *alg_name; /* borrowed from the body */
    struct emu_bytes value;
    struct emu_bytes digest; /* verify only */
    struct emu_object *key;  /* counted reference */
};

/* False with the 400 in the reply. */
bool emu_crypto_read(struct emu_crypto *c, const char *name,
                     struct emu_bytes *out);
/* Always false; the 400 names both lengths. */
bool emu_crypto_wrong_length(struct emu_crypto *c, enum emu_error error,
                             const char *name, size_t got, size_t want);

/* {"kid", "value"} and, on an mHSM or if secure, {"alg"}; the caller puts it.
 */
struct json_object *emu_crypto_result(const struct emu_crypto *c,
                                      const struct emu_bytes *value);
void emu_crypto_add_bytes(struct json_object *obj, const char *name,
                          const struct emu_bytes *value);

/* The operations with a symmetric key, all checks of the key being done. */
void emu_crypto_symmetric(struct emu_crypto *c);

#endif
