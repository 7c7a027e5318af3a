/* SPDX-License-Identifier: Apache-2.0 */
#ifndef EMU_JWT_H
#define EMU_JWT_H

#include <stdbool.h>

#include <openssl/types.h>

struct json_object;

/* header.payload.signature, RS256; the caller frees it. NULL: OpenSSL. */
char *emu_jws_sign(EVP_PKEY *key, struct json_object *header,
                   struct json_object *payload);

/* What a token says, whoever signed it; the caller puts it. NULL: no token. */
struct json_object *emu_jwt_claims(const char *token);

/* A signed token (RS256); the caller frees it. NULL if OpenSSL fails. */
char *emu_jwt_sign(EVP_PKEY *key, const char *kid, struct json_object *claims);

/* The caller puts it; NULL: no token. */
struct json_object *emu_jwt_header(const char *token);
/* alg: RS256 or PS256, with an RSA key. */
bool emu_jwt_signature_ok(EVP_PKEY *key, const char *alg, const char *token);

enum emu_jwt_verdict {
    EMU_JWT_GOOD,
    EMU_JWT_MALFORMED,
    EMU_JWT_BAD_SIGNATURE /* or another algorithm or key */
};

/* *claims is set when the token is good; the caller puts it. */
enum emu_jwt_verdict emu_jwt_verify(EVP_PKEY *key, const char *kid,
                                    const char *token,
                                    struct json_object **claims);

#endif
