/* SPDX-License-Identifier: Apache-2.0 */
#ifndef EMU_JWK_H
#define EMU_JWK_H

#include <stdbool.h>
#include <stddef.h>

#include <openssl/types.h>

struct json_object;

enum emu_kty { EMU_KTY_RSA, EMU_KTY_EC, EMU_KTY_OCT };

struct emu_curve {
    const char *jose;
    const char *group; /* OpenSSL's name */
    size_t field;      /* bytes of x, y, r and s */
};

/* Key material of one version: never changes, shared by reference. */
struct emu_material {
    int refs;         /* atomic */
    EVP_PKEY *pkey;   /* owned, with its private part; NULL: symmetric */
    unsigned char *k; /* symmetric: owned, `size` bytes */
    enum emu_kty kty;
    bool hsm;                      /* kty is shown with "-HSM" */
    const struct emu_curve *curve; /* EC only */
    size_t size;                   /* bytes of modulus, field or key */
    char *n, *e, *x, *y;           /* base64url, owned; as the type has them */
};

const struct emu_curve *emu_curve_by_name(const char *jose);
const char *emu_kty_name(const struct emu_material *mat);

/* Takes pkey over, also on failure. NULL: not a key that a vault holds. */
struct emu_material *emu_material_new(EVP_PKEY *pkey, bool hsm);
struct emu_material *emu_material_generate_rsa(unsigned bits, unsigned exponent,
                                               bool hsm);
struct emu_material *emu_material_generate_ec(const struct emu_curve *curve,
                                              bool hsm);
/* From a JWK with its private part; NULL unless the parts fit together. */
struct emu_material *emu_material_from_jwk(struct json_object *jwk, bool hsm);

/* The public half of an RSA key; the caller frees it. */
EVP_PKEY *emu_rsa_public_from_jwk(struct json_object *jwk);

/* Symmetric, of 128, 192 or 256 bits. */
struct emu_material *emu_material_generate_oct(unsigned bits, bool hsm);
/* From base64url; NULL unless it is as long as such a key. */
struct emu_material *emu_material_from_k(const char *k, bool hsm);
struct emu_material *emu_material_from_pem(const char *pem, bool hsm);
/* PEM, or base64url of a symmetric key; the caller frees it. */
char *emu_material_export(const struct emu_material *mat);
unsigned emu_material_bits(const struct emu_material *mat);

struct emu_material *emu_material_up_ref(struct emu_material *mat);
void emu_material_free(struct emu_material *mat);

/* "kty" is there already; adds n and e, or crv, x and y. */
void emu_material_add_public(const struct emu_material *mat,
                             struct json_object *jwk);

#endif
