/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Key references: what takes the place of a private key in PEM files, and says
 * where the key is.
 *
 *     -----BEGIN AKV KEY REFERENCE-----
 *     SEQUENCE {
 *       version    INTEGER (1),
 *       uri        UTF8String,               -- akv://HOST/keys/NAME[/VERSION]
 *       keyType    UTF8String,               -- "RSA" or "EC"
 *       publicKey  [0] EXPLICIT SubjectPublicKeyInfo OPTIONAL,
 *       keyOps     [1] EXPLICIT SEQUENCE OF UTF8String OPTIONAL }
 *
 * A pinned reference names a version and has its public key, so that loading
 * it asks nobody. One without either means the current version at the time of
 * loading. There is nothing secret in it.
 */

#ifndef AKV_KEY_REF_H
#define AKV_KEY_REF_H

#include "jwk.h"
#include "uri.h"

#ifdef __cplusplus
extern "C" {
#endif

#define AKV_KEY_REF_LABEL "AKV KEY REFERENCE"
#define AKV_KEY_REF_STRUCTURE "akv-key-reference" /* among decoders */
#define AKV_KEY_REF_MAX (64u * 1024)              /* bytes of DER */

struct akv_key_ref {
    struct akv_id id;       /* with its version: pinned */
    enum akv_key_type type; /* RSA or EC */
    struct akv_buf spki;    /* owned; DER; empty where it is not pinned */
    unsigned ops;           /* enum akv_key_op; 0: not said */
};

/* An empty one, to be filled for writing; and frees what is in it, not the
 * structure. */
void akv_key_ref_init(struct akv_key_ref *ref);
void akv_key_ref_free(struct akv_key_ref *ref);

/* Whether DER begins as a reference does, and no other key: at no cost. */
bool akv_key_ref_is(const void *der, size_t len);

/* The type of the key that a reference in DER is to. False: it says none. */
bool akv_key_ref_type(const void *der, size_t len, enum akv_key_type *type);

/*
 * Reads DER. AKV_E_INVALID: it is no reference of this format, or names what is
 * no key; AKV_E_UNTRUSTED_HOST: its host may not have a token, as the settings
 * are (nothing was sent). The public key is not looked at. *ref need not be
 * initialised; free it in either case.
 */
bool akv_key_ref_read(struct akv_key_ref *ref, const void *der, size_t len,
                      const struct akv_settings *settings,
                      struct akv_error *err);

/* Appends DER, or PEM with a line that names the key in front. */
bool akv_key_ref_write_der(const struct akv_key_ref *ref, struct akv_buf *out,
                           struct akv_error *err);
bool akv_key_ref_write_pem(const struct akv_key_ref *ref, struct akv_buf *out,
                           struct akv_error *err);

#ifdef __cplusplus
}
#endif

#endif
