/* SPDX-License-Identifier: Apache-2.0 */

/* Keys in a vault or HSM: the REST operations on /keys that are not those of
 * all objects (object.h, pager.h, poller.h) and not cryptography (crypto.h).
 * Waiting, threads and errors as in object.h. */

#ifndef AKV_KEY_H
#define AKV_KEY_H

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

void akv_key_bundle_free(struct akv_key_bundle *bundle);

/*
 * GET /keys/NAME[/VERSION] ("GetKey", permission keys/get). Without version it
 * is the current one, and the bundle says which that is. Free the bundle in
 * either case.
 */
bool akv_keys_get(struct akv_client *client, const struct akv_id *id,
                  struct akv_key_bundle *bundle, struct akv_error *err);

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
bool akv_keys_create(struct akv_client *client, const struct akv_id *id,
                     const struct akv_key_create *create,
                     struct akv_key_bundle *bundle, struct akv_error *err);

/*
 * PUT /keys/NAME ("ImportKey", permission keys/import): jwk is the text of a
 * JSON Web Key with its private members; of create, ops (0: the JWK's own),
 * hsm, attributes, tags and release_policy count.
 */
bool akv_keys_import(struct akv_client *client, const struct akv_id *id,
                     const char *jwk, const struct akv_key_create *create,
                     struct akv_key_bundle *bundle, struct akv_error *err);

/* PATCH /keys/NAME[/VERSION] ("UpdateKey", permission keys/update): as
 * akv_object_update(), with the key that it gives. */
bool akv_keys_update(struct akv_client *client, const struct akv_id *id,
                     const struct akv_update *update,
                     struct akv_key_bundle *bundle, struct akv_error *err);

/* POST /keys/NAME/rotate ("RotateKey", permission keys/rotate, since 7.3): a
 * new version by the key's rotation policy. */
bool akv_keys_rotate(struct akv_client *client, const struct akv_id *id,
                     struct akv_key_bundle *bundle, struct akv_error *err);

/* GET and PUT /keys/NAME/rotationpolicy ("GetKeyRotationPolicy",
 * "UpdateKeyRotationPolicy"; permissions keys/getrotationpolicy and
 * setrotationpolicy; since 7.3). A policy is JSON; the caller frees *result. */
bool akv_keys_get_rotation_policy(struct akv_client *client,
                                  const struct akv_id *id,
                                  struct akv_json **result,
                                  struct akv_error *err);
bool akv_keys_set_rotation_policy(struct akv_client *client,
                                  const struct akv_id *id, const char *policy,
                                  struct akv_json **result,
                                  struct akv_error *err);

/* POST /rng ("GetRandomBytes", Managed HSM, since 7.3): appends 1 to 128
 * random bytes. Only host and port of id matter. */
bool akv_keys_random(struct akv_client *client, const struct akv_id *id,
                     unsigned count, struct akv_buf *bytes,
                     struct akv_error *err);

/*
 * POST /keys/NAME/VERSION/release ("Release", permission keys/release, since
 * 7.3): target is an attestation token, nonce and enc (such as
 * RSA_AES_KEY_WRAP_256) may be NULL. Appends the signed object (a JWS).
 */
bool akv_keys_release(struct akv_client *client, const struct akv_id *id,
                      const char *target, const char *nonce, const char *enc,
                      struct akv_buf *jws, struct akv_error *err);

/* GET /keys/NAME/VERSION/attestation ("GetKeyAttestation", since 7.6): the
 * reply as JSON, which the caller frees. */
bool akv_keys_attestation(struct akv_client *client, const struct akv_id *id,
                          struct akv_json **result, struct akv_error *err);

#ifdef __cplusplus
}
#endif

#endif
