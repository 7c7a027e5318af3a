/* SPDX-License-Identifier: Apache-2.0 */

#include <stdlib.h>
#include <string.h>

#include "akv/key.h"
#include "attestation.h"
#include "operations.h"

/* The key of RFC 7517, appendix A.2. */
static const char private_key[] =
    "{\"kty\":\"EC\",\"crv\":\"P-256\","
    "\"x\":\"MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4\","
    "\"y\":\"4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM\","
    "\"d\":\"870MB6gfuTJ4HtUnUvYMyJpr5eUZNP4Bk43bVdj3eAE\"}";

static const char release_policy[] =
    "{\"version\":\"1.0.0\",\"anyOf\":[{\"authority\":"
    "\"" ATTESTATION_AUTHORITY
    "\",\"allOf\":[{\"claim\":\"c\",\"equals\":\"true\"}]}]}";

static const char rotation_policy[] =
    "{\"lifetimeActions\":[{\"trigger\":{\"timeAfterCreate\":\"P60D\"},"
    "\"action\":{\"type\":\"Rotate\"}},{\"trigger\":{\"timeBeforeExpiry\":"
    "\"P30D\"},\"action\":{\"type\":\"Notify\"}}],\"attributes\":"
    "{\"expiryTime\":\"P90D\"}}";

/* Creates a key and returns its identifier with the version. */
static struct akv_id create(const struct akv_id *id,
                            const struct akv_key_create *how)
{
    struct akv_error err = AKV_ERROR_INIT;
    struct akv_key_bundle bundle;
    struct akv_id made;

    called(id->name, akv_key_create(vault.client, id, how, &bundle, &err),
           &err);
    made = bundle.properties.id;
    akv_key_bundle_free(&bundle);
    return made;
}

static void get_key(const struct akv_id *id)
{
    struct akv_error err = AKV_ERROR_INIT;
    struct akv_key_bundle bundle;

    called("get key", akv_key_get(vault.client, id, &bundle, &err), &err);
    CHECK_STR("get key", bundle.properties.id.name, id->name);
    akv_key_bundle_free(&bundle);
}

static void update_key(const struct akv_id *id, const char *policy)
{
    const struct akv_update update = { .attributes = CALL_TIMES,
                                       .tags = &call_tags,
                                       .key_ops = AKV_OP_SIGN | AKV_OP_VERIFY,
                                       .policy = policy };
    struct akv_error err = AKV_ERROR_INIT;
    struct akv_properties properties;

    called("update key",
           akv_object_update(vault.client, id, &update, &properties, &err),
           &err);
    CHECK_INT("update key", properties.tags.count, call_tags.count);
    akv_properties_free(&properties);
}

static void import_keys(void)
{
    const struct akv_key_create how = { .ops = AKV_OP_SIGN | AKV_OP_VERIFY,
                                        .hsm = true,
                                        .attributes = CALL_TIMES,
                                        .tags = &call_tags };
    const struct akv_key_create plain = AKV_KEY_CREATE_INIT;
    const struct {
        struct akv_id id;
        const char *jwk;
        const struct akv_key_create *how;
    } rows[] = {
        { in_vault("keys/imported"), private_key, &how },
        { in_vault("keys/imported-as-it-is"), private_key, &plain },
        { in_hsm("keys/imported"),
          "{\"kty\":\"oct-HSM\",\"k\":\"AAECAwQFBgcICQoLDA0ODw\"}", &plain },
    };

    for (size_t i = 0; i < COUNT(rows); i++) {
        struct akv_error err = AKV_ERROR_INIT;
        struct akv_key_bundle bundle;

        called(rows[i].jwk,
               akv_key_import(vault.client, &rows[i].id, rows[i].jwk,
                              rows[i].how, &bundle, &err),
               &err);
        akv_key_bundle_free(&bundle);
    }
}

void call_keys(void)
{
    const struct akv_key_create rsa = { .type = AKV_KEY_RSA,
                                        .bits = 2048,
                                        .exponent = 65537,
                                        .ops = AKV_OP_SIGN | AKV_OP_DECRYPT,
                                        .attributes = CALL_TIMES,
                                        .tags = &call_tags };
    const struct akv_key_create ec = { .type = AKV_KEY_EC,
                                       .curve = AKV_P384,
                                       .hsm = true,
                                       .attributes = AKV_ATTRIBUTES_INIT };
    const struct akv_key_create oct = { .type = AKV_KEY_OCT,
                                        .hsm = true,
                                        .bits = 256,
                                        .attributes = AKV_ATTRIBUTES_INIT };
    struct akv_id id = in_vault("keys/rsa"), hsm = in_hsm("keys/rsa");
    struct akv_id version;

    version = create(&id, &rsa);
    get_key(&id);
    get_key(&version);
    update_key(&version, NULL);
    call_life(&id);
    version = create(&hsm, &rsa);
    get_key(&version);
    update_key(&hsm, NULL);
    call_life(&hsm);
    hsm = in_hsm("keys/ec");
    (void)create(&hsm, &ec);
    hsm = in_hsm("keys/oct");
    (void)create(&hsm, &oct);
    import_keys();
}

static void rotate(const struct akv_id *id)
{
    struct akv_error err = AKV_ERROR_INIT;
    struct akv_key_bundle bundle;
    struct akv_json *policy;

    called("set rotation policy",
           akv_key_set_rotation_policy(vault.client, id, rotation_policy,
                                       &policy, &err),
           &err);
    akv_json_free(policy);
    called("get rotation policy",
           akv_key_get_rotation_policy(vault.client, id, &policy, &err), &err);
    akv_json_free(policy);
    called("rotate", akv_key_rotate(vault.client, id, &bundle, &err), &err);
    CHECK(bundle.properties.attributes.exp != AKV_NO_TIME);
    akv_key_bundle_free(&bundle);
}

static void release(const struct akv_id *id, const char *target,
                    const char *nonce, const char *enc)
{
    struct akv_buf jws = AKV_BUF_INIT(65536);
    struct akv_error err = AKV_ERROR_INIT;

    called("release",
           akv_key_release(vault.client, id, target, nonce, enc, &jws, &err),
           &err);
    akv_buf_free(&jws);
}

static void release_not(const struct akv_id *id, const char *target,
                        const char *why)
{
    struct akv_buf jws = AKV_BUF_INIT(65536);
    struct akv_error err = AKV_ERROR_INIT;

    CHECK_AT(why, !akv_key_release(vault.client, id, target, NULL, NULL, &jws,
                                   &err));
    CHECK_INT(why, err.code, AKV_E_FORBIDDEN);
    CHECK_INT(why, err.http_status, 403);
    CHECK_HAS(why, err.message, why);
    CHECK_INT(why, jws.len, 0);
    akv_buf_free(&jws);
}

/* Released to what has attested itself as the policy has it, and to nothing
 * else. */
static void release_all(const struct akv_id *id, const struct akv_id *wrapping)
{
    struct akv_buf target = AKV_BUF_INIT(8192), other = AKV_BUF_INIT(8192);
    struct akv_error err = AKV_ERROR_INIT;
    struct akv_key_bundle bundle;
    char *signature;

    called("key to wrap with",
           akv_key_get(vault.client, wrapping, &bundle, &err), &err);
    CHECK(attestation_token(&bundle.jwk, "true", &target));
    CHECK(attestation_token(&bundle.jwk, "false", &other));
    release(id, akv_buf_str(&target), "nonce", "RSA_AES_KEY_WRAP_256");
    release(id, akv_buf_str(&target), NULL, NULL);
    release_not(id, akv_buf_str(&other), "does not meet key release policy");
    signature = strrchr((char *)target.data, '.') + 1;
    *signature = *signature == 'A' ? 'B' : 'A';
    release_not(id, akv_buf_str(&target), "cannot be verified");
    akv_buf_free(&target);
    akv_buf_free(&other);
    akv_key_bundle_free(&bundle);
}

static void attest(const struct akv_id *id)
{
    struct akv_error err = AKV_ERROR_INIT;
    struct akv_json *json;

    called("attestation",
           akv_key_get_attestation(vault.client, id, &json, &err), &err);
    akv_json_free(json);
}

static void take_random(void)
{
    struct akv_buf bytes = AKV_BUF_INIT(128);
    struct akv_error err = AKV_ERROR_INIT;
    struct akv_id id = in_hsm("");

    called("random", akv_key_random(vault.client, &id, 16, &bytes, &err), &err);
    CHECK_INT("random", bytes.len, 16);
    akv_buf_free(&bytes);
}

void call_policies(void)
{
    struct akv_key_create how = { .type = AKV_KEY_EC,
                                  .hsm = true,
                                  .curve = AKV_P256,
                                  .attributes = AKV_ATTRIBUTES_INIT };
    struct akv_id rsa = in_vault("keys/rsa"), id;
    struct akv_id places[] = { in_vault("keys/policies"),
                               in_hsm("keys/policies") };

    for (size_t i = 0; i < COUNT(places); i++) {
        id = create(&places[i], &how);
        rotate(&id);
    }
    how.attributes.exportable = AKV_FLAG_YES;
    how.release_policy = release_policy;
    for (size_t i = 0; i < COUNT(places); i++) {
        id = create(&places[i], &how);
        update_key(&id, release_policy);
        release_all(&id, &rsa);
        attest(&id);
    }
    how.immutable_policy = true;
    (void)create(&places[0], &how);
    take_random();
}
