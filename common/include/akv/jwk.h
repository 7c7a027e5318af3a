/* SPDX-License-Identifier: Apache-2.0 */

/* The public half of a key as the service writes it: JSON Web Keys (RFC 7517,
 * 7518). Plain bytes; what to do with them is not this library's business. */

#ifndef AKV_JWK_H
#define AKV_JWK_H

#include <stdbool.h>

#include "json.h"

#ifdef __cplusplus
extern "C" {
#endif

enum akv_key_type { AKV_KEY_RSA, AKV_KEY_EC, AKV_KEY_OCT };

enum akv_curve { AKV_P256, AKV_P384, AKV_P521, AKV_P256K };

#define AKV_FIELD_MAX 66     /* bytes of a coordinate on P-521 */
#define AKV_MODULUS_MAX 2048 /* bytes of an RSA modulus */

/* What key_ops allows, as bits. */
enum akv_key_op {
    AKV_OP_ENCRYPT = 1,
    AKV_OP_DECRYPT = 2,
    AKV_OP_SIGN = 4,
    AKV_OP_VERIFY = 8,
    AKV_OP_WRAP = 16,
    AKV_OP_UNWRAP = 32,
    AKV_OP_IMPORT = 64,
    AKV_OP_EXPORT = 128,
    AKV_OP_DERIVE = 256, /* the last that has a name */
    AKV_OP_OTHER = 512   /* what comes later */
};

struct akv_jwk {
    enum akv_key_type type;
    bool hsm;            /* RSA-HSM, EC-HSM, oct-HSM */
    unsigned ops;        /* enum akv_key_op */
    struct akv_buf n, e; /* owned; RSA, without leading zeros */
    enum akv_curve curve;
    size_t field; /* bytes of x and y */
    unsigned char x[AKV_FIELD_MAX], y[AKV_FIELD_MAX];
};

/*
 * Reads a JWK of kty RSA, EC or oct, each also with -HSM; of oct there is
 * nothing but the operations. Tolerant where services and
 * emulators differ: leading zeros, short coordinates, padded base64url.
 * *jwk need not be initialised; free it in either case.
 */
bool akv_jwk_read(struct akv_jwk *jwk, const struct akv_json *json,
                  struct akv_error *err);
/* Frees what is in it, not the structure. */
void akv_jwk_free(struct akv_jwk *jwk);

/* "wrapKey" of AKV_OP_WRAP and so on; NULL of what has no name. */
const char *akv_key_op_name(unsigned op);

/* The reverse; AKV_OP_OTHER of an unknown name. */
unsigned akv_key_op_find(const char *name);

/* Reads names separated by commas. AKV_E_INVALID names one that is none. */
bool akv_key_ops_parse(const char *text, unsigned *ops, struct akv_error *err);

/* Reads key_ops, or an empty set where node is no array. */
unsigned akv_key_ops_read(const struct akv_json *node);

/* Adds the operations of a set to an array. */
bool akv_key_ops_write(struct akv_json *array, unsigned ops) AKV_MUST_CHECK;

/* "RSA", "EC-HSM" and so on. */
const char *akv_key_type_jwk(enum akv_key_type type, bool hsm);

/* "P-256" and so on, as in RFC 7518 and the service's P-256K. */
const char *akv_curve_name(enum akv_curve curve);

/* Bytes of a coordinate. */
size_t akv_curve_field(enum akv_curve curve);

#ifdef __cplusplus
}
#endif

#endif
