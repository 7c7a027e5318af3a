/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Keys in a vault or HSM: the REST operations on /keys that are not those of
 * all objects (object.h, pager.h, poller.h). Three ways, threads and errors as
 * in object.h.
 *
 * Cryptography is one request an operation, none is done here. Without a
 * version in the identifier it is done with the key's current one.
 */

#ifndef AKV_KEY_H
#define AKV_KEY_H

#include "alg.h"
#include "call.h"
#include "jwk.h"
#include "object.h"

#ifdef __cplusplus
extern "C" {
#endif

/* A key as the service returns it. */
struct akv_key_bundle {
    struct akv_properties properties; /* the id has its version */
    struct akv_jwk jwk;
    char *release_policy; /* owned; base64url as it came; NULL: none */
};

/* Frees what is in a bundle, and leaves it empty; not the structure. */
void akv_key_bundle_free(struct akv_key_bundle *bundle);

/*
 * GET /keys/NAME[/VERSION] ("GetKey", permission keys/get). Without version it
 * is the current one, and the bundle says which that is. Free the bundle in
 * either case.
 */
bool akv_key_get(struct akv_client *client, const struct akv_id *id,
                 struct akv_key_bundle *bundle, struct akv_error *err);
struct akv_call *akv_key_get_start(struct akv_client *client,
                                   const struct akv_id *id, akv_done_fn *done,
                                   void *arg, struct akv_error *err);
bool akv_key_get_result(struct akv_call *call, struct akv_key_bundle *bundle,
                        struct akv_error *err);

/* What POST /keys/NAME/create is told. */
struct akv_key_create {
    enum akv_key_type type;
    bool hsm;
    int bits;             /* RSA: 2048, 3072, 4096; oct: 128, 192, 256;
                             0: the service's default */
    int64_t exponent;     /* RSA, Managed HSM; 0: 65537 */
    enum akv_curve curve; /* EC */
    unsigned ops;         /* enum akv_key_op; 0: the service's default */
    struct akv_attributes attributes;
    const struct akv_tags *tags; /* may be NULL */
    const char *release_policy;  /* JSON of a policy; may be NULL */
    bool immutable_policy;       /* the policy can never be changed */
};

/* With the attributes that set nothing. */
#define AKV_KEY_CREATE_INIT                                                    \
    {                                                                          \
        AKV_KEY_RSA, false, 0, 0, AKV_P256, 0, AKV_ATTRIBUTES_INIT, NULL,      \
            NULL, false                                                        \
    }

/* POST /keys/NAME/create ("CreateKey", permission keys/create): a new key, or
 * a new version of it. Not repeated once it may have arrived. */
bool akv_key_create(struct akv_client *client, const struct akv_id *id,
                    const struct akv_key_create *create,
                    struct akv_key_bundle *bundle, struct akv_error *err);
struct akv_call *akv_key_create_start(struct akv_client *client,
                                      const struct akv_id *id,
                                      const struct akv_key_create *create,
                                      akv_done_fn *done, void *arg,
                                      struct akv_error *err);
bool akv_key_create_result(struct akv_call *call, struct akv_key_bundle *bundle,
                           struct akv_error *err);

/*
 * PUT /keys/NAME ("ImportKey", permission keys/import): jwk is the text of a
 * JSON Web Key with its private members; of create, ops (0: the JWK's own),
 * hsm, attributes, tags and release_policy count.
 */
bool akv_key_import(struct akv_client *client, const struct akv_id *id,
                    const char *jwk, const struct akv_key_create *create,
                    struct akv_key_bundle *bundle, struct akv_error *err);
struct akv_call *akv_key_import_start(struct akv_client *client,
                                      const struct akv_id *id, const char *jwk,
                                      const struct akv_key_create *create,
                                      akv_done_fn *done, void *arg,
                                      struct akv_error *err);
bool akv_key_import_result(struct akv_call *call, struct akv_key_bundle *bundle,
                           struct akv_error *err);

/* PATCH /keys/NAME[/VERSION] ("UpdateKey", permission keys/update): as
 * akv_object_update(), with the key that it gives. */
bool akv_key_update(struct akv_client *client, const struct akv_id *id,
                    const struct akv_update *update,
                    struct akv_key_bundle *bundle, struct akv_error *err);
struct akv_call *akv_key_update_start(struct akv_client *client,
                                      const struct akv_id *id,
                                      const struct akv_update *update,
                                      akv_done_fn *done, void *arg,
                                      struct akv_error *err);
bool akv_key_update_result(struct akv_call *call, struct akv_key_bundle *bundle,
                           struct akv_error *err);

/* POST /keys/NAME/rotate ("RotateKey", permission keys/rotate, since 7.3): a
 * new version by the key's rotation policy. */
bool akv_key_rotate(struct akv_client *client, const struct akv_id *id,
                    struct akv_key_bundle *bundle, struct akv_error *err);
struct akv_call *akv_key_rotate_start(struct akv_client *client,
                                      const struct akv_id *id,
                                      akv_done_fn *done, void *arg,
                                      struct akv_error *err);
bool akv_key_rotate_result(struct akv_call *call, struct akv_key_bundle *bundle,
                           struct akv_error *err);

/* GET and PUT /keys/NAME/rotationpolicy ("GetKeyRotationPolicy",
 * "UpdateKeyRotationPolicy"; permissions keys/getrotationpolicy and
 * setrotationpolicy; since 7.3). A policy is JSON; the caller frees *result. */
bool akv_key_get_rotation_policy(struct akv_client *client,
                                 const struct akv_id *id,
                                 struct akv_json **result,
                                 struct akv_error *err);
struct akv_call *akv_key_get_rotation_policy_start(struct akv_client *client,
                                                   const struct akv_id *id,
                                                   akv_done_fn *done, void *arg,
                                                   struct akv_error *err);
bool akv_key_get_rotation_policy_result(struct akv_call *call,
                                        struct akv_json **result,
                                        struct akv_error *err);
bool akv_key_set_rotation_policy(struct akv_client *client,
                                 const struct akv_id *id, const char *policy,
                                 struct akv_json **result,
                                 struct akv_error *err);
struct akv_call *akv_key_set_rotation_policy_start(struct akv_client *client,
                                                   const struct akv_id *id,
                                                   const char *policy,
                                                   akv_done_fn *done, void *arg,
                                                   struct akv_error *err);
bool akv_key_set_rotation_policy_result(struct akv_call *call,
                                        struct akv_json **result,
                                        struct akv_error *err);

/* POST /rng ("GetRandomBytes", Managed HSM, since 7.3): appends 1 to 128
 * random bytes. Only host and port of id matter. */
bool akv_key_random(struct akv_client *client, const struct akv_id *id,
                    unsigned count, struct akv_buf *bytes,
                    struct akv_error *err);
struct akv_call *akv_key_random_start(struct akv_client *client,
                                      const struct akv_id *id, unsigned count,
                                      akv_done_fn *done, void *arg,
                                      struct akv_error *err);
bool akv_key_random_result(struct akv_call *call, struct akv_buf *bytes,
                           struct akv_error *err);

/*
 * POST /keys/NAME/VERSION/release ("Release", permission keys/release, since
 * 7.3): target is an attestation token, nonce and enc (such as
 * RSA_AES_KEY_WRAP_256) may be NULL. Appends the signed object (a JWS).
 */
bool akv_key_release(struct akv_client *client, const struct akv_id *id,
                     const char *target, const char *nonce, const char *enc,
                     struct akv_buf *jws, struct akv_error *err);
struct akv_call *akv_key_release_start(struct akv_client *client,
                                       const struct akv_id *id,
                                       const char *target, const char *nonce,
                                       const char *enc, akv_done_fn *done,
                                       void *arg, struct akv_error *err);
bool akv_key_release_result(struct akv_call *call, struct akv_buf *jws,
                            struct akv_error *err);

/* GET /keys/NAME/VERSION/attestation ("GetKeyAttestation", since 7.6): the
 * reply as JSON, which the caller frees. */
bool akv_key_get_attestation(struct akv_client *client, const struct akv_id *id,
                             struct akv_json **result, struct akv_error *err);
struct akv_call *akv_key_get_attestation_start(struct akv_client *client,
                                               const struct akv_id *id,
                                               akv_done_fn *done, void *arg,
                                               struct akv_error *err);
bool akv_key_get_attestation_result(struct akv_call *call,
                                    struct akv_json **result,
                                    struct akv_error *err);

/* What symmetric algorithms take and give besides the text. The service makes
 * the iv for GCM, and its length may vary; for CBC the caller gives 16 bytes.
 */
struct akv_cipher_params {
    struct akv_buf iv, aad, tag; /* owned */
};

/* Empty ones, before anything is appended to them, and back: their content is
 * wiped and freed, and they can be used again. */
void akv_cipher_params_init(struct akv_cipher_params *params);
void akv_cipher_params_free(struct akv_cipher_params *params);

/*
 * POST /keys/NAME[/VERSION]/sign ("sign", permission keys/sign). digest has
 * akv_alg_digest_size() bytes. Appends the signature as the service makes it:
 * for EC r || s, each as wide as the field. The reply's kid must name the key
 * that was asked (AKV_E_PROTOCOL).
 */
bool akv_key_sign(struct akv_client *client, const struct akv_id *id,
                  enum akv_alg alg, const void *digest, size_t len,
                  struct akv_buf *signature, struct akv_error *err);
struct akv_call *akv_key_sign_start(struct akv_client *client,
                                    const struct akv_id *id, enum akv_alg alg,
                                    const void *digest, size_t len,
                                    akv_done_fn *done, void *arg,
                                    struct akv_error *err);
bool akv_key_sign_result(struct akv_call *call, struct akv_buf *signature,
                         struct akv_error *err);

/* POST .../verify (permission keys/verify). *valid tells whether the
 * signature, in the form that sign returns, is the key's. */
bool akv_key_verify(struct akv_client *client, const struct akv_id *id,
                    enum akv_alg alg, const void *digest, size_t len,
                    const void *signature, size_t siglen, bool *valid,
                    struct akv_error *err);
struct akv_call *akv_key_verify_start(struct akv_client *client,
                                      const struct akv_id *id, enum akv_alg alg,
                                      const void *digest, size_t len,
                                      const void *signature, size_t siglen,
                                      akv_done_fn *done, void *arg,
                                      struct akv_error *err);
bool akv_key_verify_result(struct akv_call *call, bool *valid,
                           struct akv_error *err);

/* The operations on texts: POST .../encrypt, /decrypt, /wrapkey, /unwrapkey
 * (permissions keys/encrypt and so on). Wrapping and encrypting compute the
 * same for RSA; key_ops tells them apart. */
enum akv_cipher_op { AKV_ENCRYPT, AKV_DECRYPT, AKV_WRAP, AKV_UNWRAP };

/*
 * Appends the result, to be wiped by akv_buf_free() if it is a plaintext.
 * params may be NULL for RSA and key wrapping; what the service returns in it
 * replaces what is there.
 */
bool akv_key_cipher(struct akv_client *client, const struct akv_id *id,
                    enum akv_cipher_op cipher_op, enum akv_alg alg,
                    const void *text, size_t len,
                    struct akv_cipher_params *params, struct akv_buf *result,
                    struct akv_error *err);
struct akv_call *
akv_key_cipher_start(struct akv_client *client, const struct akv_id *id,
                     enum akv_cipher_op cipher_op, enum akv_alg alg,
                     const void *text, size_t len,
                     const struct akv_cipher_params *params, akv_done_fn *done,
                     void *arg, struct akv_error *err);
bool akv_key_cipher_result(struct akv_call *call,
                           struct akv_cipher_params *params,
                           struct akv_buf *result, struct akv_error *err);

#ifdef __cplusplus
}
#endif

#endif
