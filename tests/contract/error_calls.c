/* SPDX-License-Identifier: Apache-2.0 */

#include <stdio.h>

#include "akv/cert.h"
#include "akv/contacts.h"
#include "akv/issuer.h"
#include "akv/key.h"
#include "akv/secret.h"
#include "errors.h"

#define POLICY                                                                 \
    "{\"version\":\"1.0.0\",\"anyOf\":[{\"authority\":\"https://a.invalid/\"," \
    "\"allOf\":[{\"claim\":\"c\",\"equals\":\"true\"}]}]}"

static bool create(struct akv_client *client, const struct akv_id *id,
                   const struct akv_key_create *how, struct akv_error *err)
{
    struct akv_key_bundle bundle;
    bool ok = akv_key_create(client, id, how, &bundle, err);

    akv_key_bundle_free(&bundle);
    return ok;
}

static void create_certificate(const char *path, const char *issuer)
{
    struct akv_id id = test_vault_id(&vault, "vault_url", path);
    struct akv_error err = AKV_ERROR_INIT;
    struct akv_json *json;
    char policy[200];

    (void)snprintf(policy, sizeof(policy),
                   "{\"key_props\":{\"kty\":\"EC\",\"crv\":\"P-256\"},"
                   "\"x509_props\":{\"subject\":\"CN=c\"},\"issuer\":"
                   "{\"name\":\"%s\"}}",
                   issuer);
    CHECK_AT(path,
             akv_cert_create(vault.client, &id, policy, NULL, &json, &err));
    CHECK_STR(path, err.message, "");
    akv_json_free(json);
}

void error_set_up(void)
{
    const struct akv_key_create immutable = {
        .type = AKV_KEY_EC,
        .hsm = true,
        .attributes = { AKV_FLAG_UNSET, AKV_NO_TIME, AKV_NO_TIME, AKV_FLAG_YES,
                        AKV_NO_TIME, AKV_NO_TIME, -1, "" },
        .release_policy = POLICY,
        .immutable_policy = true
    };
    struct akv_id key = test_vault_id(&vault, "hsm_url", "keys/immutable");
    struct akv_id gone = test_vault_key(&vault, "gone");
    struct akv_id secret = test_vault_id(&guarded, "vault_url", "secrets/gone");
    struct akv_error err = AKV_ERROR_INIT;

    CHECK(create(vault.client, &key, &immutable, &err));
    CHECK(error_delete(vault.client, &gone, &err));
    CHECK(error_delete(guarded.client, &secret, &err));
    CHECK_STR("set up", err.message, "");
    create_certificate("certificates/certificate", "Self");
    create_certificate("certificates/unknown", "Unknown");
}

bool error_create(struct akv_client *client, const struct akv_id *id,
                  struct akv_error *err)
{
    const struct akv_key_create how = { .type = AKV_KEY_EC,
                                        .attributes = AKV_ATTRIBUTES_INIT };

    return create(client, id, &how, err);
}

bool error_create_small(struct akv_client *client, const struct akv_id *id,
                        struct akv_error *err)
{
    const struct akv_key_create how = { .type = AKV_KEY_RSA,
                                        .bits = 1000,
                                        .attributes = AKV_ATTRIBUTES_INIT };

    return create(client, id, &how, err);
}

/* Deleted, but so slowly that it is still under way. */
bool error_create_in_deletion(struct akv_client *client,
                              const struct akv_id *id, struct akv_error *err)
{
    bool ok;

    test_vault_post(&vault, "/slow-delete", "{\"polls\":1000}");
    CHECK(error_delete(client, id, err));
    ok = error_create(client, id, err);
    test_vault_post(&vault, "/slow-delete", "{}");
    return ok;
}

bool error_import_nothing(struct akv_client *client, const struct akv_id *id,
                          struct akv_error *err)
{
    const struct akv_key_create how = AKV_KEY_CREATE_INIT;
    struct akv_key_bundle bundle;
    bool ok = akv_key_import(client, id, "{}", &how, &bundle, err);

    akv_key_bundle_free(&bundle);
    return ok;
}

bool error_update_policy(struct akv_client *client, const struct akv_id *id,
                         struct akv_error *err)
{
    const struct akv_update update = { .attributes = AKV_ATTRIBUTES_INIT,
                                       .policy = POLICY };
    struct akv_properties properties;
    bool ok = akv_object_update(client, id, &update, &properties, err);

    akv_properties_free(&properties);
    return ok;
}

bool error_get_key(struct akv_client *client, const struct akv_id *id,
                   struct akv_error *err)
{
    struct akv_key_bundle bundle;
    bool ok = akv_key_get(client, id, &bundle, err);

    akv_key_bundle_free(&bundle);
    return ok;
}

bool error_get_secret(struct akv_client *client, const struct akv_id *id,
                      struct akv_error *err)
{
    struct akv_secret secret;
    bool ok = akv_secret_get(client, id, &secret, err);

    akv_secret_free(&secret);
    return ok;
}

bool error_get_certificate(struct akv_client *client, const struct akv_id *id,
                           struct akv_error *err)
{
    struct akv_cert cert;
    bool ok = akv_cert_get(client, id, &cert, err);

    akv_cert_free(&cert);
    return ok;
}

static bool drop(bool ok, struct akv_json *json)
{
    akv_json_free(json);
    return ok;
}

bool error_get_operation(struct akv_client *client, const struct akv_id *id,
                         struct akv_error *err)
{
    struct akv_json *json;
    bool ok = akv_cert_get_operation(client, id, &json, err);

    return drop(ok, json);
}

bool error_get_issuer(struct akv_client *client, const struct akv_id *id,
                      struct akv_error *err)
{
    struct akv_json *json;
    bool ok = akv_issuer_get(client, id, &json, err);

    return drop(ok, json);
}

bool error_get_contacts(struct akv_client *client, const struct akv_id *id,
                        struct akv_error *err)
{
    struct akv_id all = *id;
    struct akv_json *json;
    bool ok;

    all.name[0] = '\0';
    ok = akv_contacts_get(client, &all, &json, err);
    return drop(ok, json);
}

bool error_get_deleted(struct akv_client *client, const struct akv_id *id,
                       struct akv_error *err)
{
    struct akv_properties properties;
    bool ok = akv_object_get_deleted(client, id, &properties, NULL, err);

    akv_properties_free(&properties);
    return ok;
}

bool error_delete(struct akv_client *client, const struct akv_id *id,
                  struct akv_error *err)
{
    struct akv_properties properties;
    bool ok = akv_object_delete(client, id, &properties, err);

    akv_properties_free(&properties);
    return ok;
}

bool error_recover(struct akv_client *client, const struct akv_id *id,
                   struct akv_error *err)
{
    struct akv_properties properties;
    bool ok = akv_object_recover(client, id, &properties, err);

    akv_properties_free(&properties);
    return ok;
}

bool error_purge(struct akv_client *client, const struct akv_id *id,
                 struct akv_error *err)
{
    return akv_object_purge(client, id, err);
}

static bool restore(struct akv_client *client, const struct akv_id *id,
                    const void *blob, size_t len, struct akv_error *err)
{
    struct akv_properties properties;
    bool ok = akv_object_restore(client, id, blob, len, &properties, err);

    akv_properties_free(&properties);
    return ok;
}

bool error_restore(struct akv_client *client, const struct akv_id *id,
                   struct akv_error *err)
{
    return restore(client, id, "no backup", 9, err);
}

bool error_restore_live(struct akv_client *client, const struct akv_id *id,
                        struct akv_error *err)
{
    struct akv_buf blob = AKV_BUF_INIT(AKV_REPLY_MAX);
    bool ok;

    CHECK(akv_object_backup(client, id, &blob, err));
    ok = restore(client, id, blob.data, blob.len, err);
    akv_buf_free(&blob);
    return ok;
}

bool error_merge(struct akv_client *client, const struct akv_id *id,
                 struct akv_error *err)
{
    struct akv_cert cert;
    bool ok = akv_cert_merge(client, id,
                             "-----BEGIN CERTIFICATE-----\nAAAA\n"
                             "-----END CERTIFICATE-----\n",
                             NULL, &cert, err);

    akv_cert_free(&cert);
    return ok;
}

bool error_sign(struct akv_client *client, const struct akv_id *id,
                struct akv_error *err)
{
    static const unsigned char digest[32] = { 0 };
    struct akv_buf signature = AKV_BUF_INIT(512);
    bool ok = akv_key_sign(client, id, AKV_ES256, digest, sizeof(digest),
                           &signature, err);

    akv_buf_free(&signature);
    return ok;
}
