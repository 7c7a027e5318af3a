/* SPDX-License-Identifier: Apache-2.0 */

/* keys.c and crypto.c: what is asked, and which replies are believed. */

#include <stdio.h>
#include <string.h>

#include "crypto.h"
#include "fake_client.h"
#include "keys.h"
#include "unit.h"

#define H "https://v.vault.azure.net"
#define X "AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyA"
#define EC_KEY(kid)                                                            \
    "{\"key\":{\"kid\":\"" kid "\",\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":"    \
    "\"" X "\",\"y\":\"" X "\",\"key_ops\":[\"sign\"]}}"

static struct fake_replies replies;
static const char *texts[4];

/* What the next operations are answered with. */
static void answer(const char *first, const char *second)
{
    akv_buf_free(&replies.asked);
    akv_buf_init(&replies.asked, 4000);
    texts[0] = first;
    texts[1] = second;
    texts[2] = NULL;
    replies.texts = texts;
    replies.next = 0;
    fake_client_set(fake_client_replies, &replies);
}

static struct akv_id id_of(const char *url)
{
    struct akv_id id;

    CHECK_AT(url, akv_id_parse_https(&id, url, NULL));
    return id;
}

static void get(void)
{
    struct akv_id id = id_of(H "/keys/k");
    struct akv_key_bundle bundle;

    memset(&bundle, 0xff, sizeof(bundle));
    answer(EC_KEY("https://other.example/keys/K/7"), NULL);
    CHECK(akv_keys_get(NULL, &id, &bundle, NULL));
    CHECK_STR("asked", akv_buf_str(&replies.asked), "get /keys/k\n");
    CHECK_STR("the host that was asked", bundle.id.host, "v.vault.azure.net");
    CHECK_STR("the name that was asked", bundle.id.name, "k");
    CHECK_STR("the version that came", bundle.id.version, "7");
    CHECK_INT("type", bundle.jwk.type, AKV_KEY_EC);
    CHECK_INT("operations", bundle.jwk.ops, AKV_OP_SIGN);
    CHECK("enabled, unless it is said" && bundle.enabled);
    akv_key_bundle_free(&bundle);
    id = id_of(H "/keys/k/7");
    answer(EC_KEY(H "/keys/k/7"), NULL);
    CHECK(akv_keys_get(NULL, &id, &bundle, NULL));
    CHECK_STR("asked", akv_buf_str(&replies.asked), "get /keys/k/7\n");
    akv_key_bundle_free(&bundle);
}

static void enabled(void)
{
    static const struct {
        const char *attributes;
        bool enabled;
    } rows[] = {
        { "{\"enabled\":true}", true },
        { "{\"enabled\":false}", false },
        { "{\"enabled\":null}", true },
        { "{\"enabled\":\"no\"}", true },
        { "{}", true },
        { "null", true },
        { "[false]", true },
    };
    size_t i;

    for (i = 0; i < COUNT(rows); i++) {
        struct akv_id id = id_of(H "/keys/k");
        struct akv_key_bundle bundle;
        char text[500];

        (void)snprintf(text, sizeof(text), "%.*s,\"attributes\":%s}",
                       (int)sizeof(EC_KEY(H "/keys/k/7")) - 2,
                       EC_KEY(H "/keys/k/7"), rows[i].attributes);
        answer(text, NULL);
        CHECK_AT(rows[i].attributes, akv_keys_get(NULL, &id, &bundle, NULL));
        CHECK_AT(rows[i].attributes, bundle.enabled == rows[i].enabled);
        akv_key_bundle_free(&bundle);
    }
}

static void bad_keys(void)
{
    static const struct {
        const char *asked, *reply, *message;
    } rows[] = {
        { "k", "{}", "key: is missing" },
        { "k", "{\"key\":null}", "key: is missing" },
        { "k", "{\"key\":[]}", "kid: is missing" },
        { "k", "{\"key\":{\"kty\":\"EC\"}}", "kid: is missing" },
        { "k", "{\"key\":{\"kid\":5}}", "kid: is missing" },
        { "k", "{\"key\":{\"kid\":\"x\"}}", "kid: x: scheme" },
        { "k", EC_KEY("http://v.vault.azure.net/keys/k/7"), "scheme 'http'" },
        { "k", EC_KEY(H "/keys/k"), "kid: https" },
        { "k", EC_KEY(H "/keys/other/7"), "/keys/other/7" },
        { "k", EC_KEY(H "/secrets/k/7"), "/secrets/k/7" },
        { "k/7", EC_KEY(H "/keys/k/8"), "/keys/k/8" },
        { "k", "{\"key\":{\"kid\":\"" H "/keys/k/7\"}}", "kty: is missing" },
        { "k", "{\"key\":{\"kid\":\"" H "/keys/k/7\",\"kty\":\"oct-HSM\"}}",
          "kty: oct-HSM" },
        { "k", "<html>", "not JSON" },
        { "k", "[]", "not an object" },
        { "k", "!Not you.", "Not you." },
    };
    size_t i;

    for (i = 0; i < COUNT(rows); i++) {
        struct akv_error err = AKV_ERROR_INIT;
        struct akv_key_bundle bundle;
        struct akv_id id;
        char url[200];

        (void)snprintf(url, sizeof(url), H "/keys/%s", rows[i].asked);
        id = id_of(url);
        answer(rows[i].reply, NULL);
        CHECK_AT(rows[i].reply, !akv_keys_get(NULL, &id, &bundle, &err));
        CHECK_HAS(rows[i].reply, err.message, rows[i].message);
        akv_key_bundle_free(&bundle);
    }
}

static void create(void)
{
    static const struct {
        struct akv_key_create create;
        const char *body;
    } rows[] = {
        { { AKV_KEY_RSA, false, 3072, AKV_P256, 0 },
          "{\"kty\":\"RSA\",\"key_size\":3072}" },
        { { AKV_KEY_RSA, true, 2048, AKV_P256, AKV_OP_SIGN | AKV_OP_VERIFY },
          "{\"kty\":\"RSA-HSM\",\"key_size\":2048,\"key_ops\":[\"sign\","
          "\"verify\"]}" },
        { { AKV_KEY_EC, false, 0, AKV_P256K, 0 },
          "{\"kty\":\"EC\",\"crv\":\"P-256K\"}" },
        { { AKV_KEY_EC, true, 0, AKV_P521, AKV_OP_SIGN },
          "{\"kty\":\"EC-HSM\",\"crv\":\"P-521\",\"key_ops\":[\"sign\"]}" },
    };
    struct akv_id id = id_of(H "/keys/k/ignored");
    size_t i;

    for (i = 0; i < COUNT(rows); i++) {
        struct akv_error err = AKV_ERROR_INIT;
        struct akv_key_bundle bundle;
        char want[300];

        answer(EC_KEY(H "/keys/k/7"), NULL);
        CHECK_AT(rows[i].body,
                 akv_keys_create(NULL, &id, &rows[i].create, &bundle, &err));
        (void)snprintf(want, sizeof(want), "create /keys/k %s\n", rows[i].body);
        CHECK_STR("asked", akv_buf_str(&replies.asked), want);
        CHECK_STR("version", bundle.id.version, "7");
        akv_key_bundle_free(&bundle);
        answer("!No.", NULL);
        CHECK(!akv_keys_create(NULL, &id, &rows[i].create, &bundle, &err));
        CHECK_HAS("refused", err.message, "No.");
        akv_key_bundle_free(&bundle);
    }
}

static bool on_key(void *arg, const struct akv_id *id, bool is_enabled)
{
    return akv_buf_appendf(arg, "%s:%u/%s/%s%s\n", id->host, id->port, id->name,
                           id->version, is_enabled ? "" : " disabled");
}

static void listed(void)
{
    struct akv_buf seen = AKV_BUF_INIT(1000);
    struct akv_id id = id_of("https://localhost:8443/keys/k");
    struct akv_error err = AKV_ERROR_INIT;

    answer("{\"value\":[{\"kid\":\"" H "/keys/a/1\"},{\"kid\":\"" H
           "/keys/b/2\",\"attributes\":{\"enabled\":false}}]}",
           NULL);
    CHECK(akv_keys_list(NULL, &id, on_key, &seen, &err));
    CHECK_STR("asked", akv_buf_str(&replies.asked), "list versions /keys/k\n");
    CHECK_STR("seen, at the host that was asked", akv_buf_str(&seen),
              "localhost:8443/a/1\nlocalhost:8443/b/2 disabled\n");
    akv_buf_free(&seen);
    id.name[0] = '\0';
    id.kind = AKV_KIND_VAULT;
    answer("{\"value\":[{\"kid\":\"" H "/keys/a\"}]}", NULL);
    CHECK(akv_keys_list(NULL, &id, on_key, &seen, &err));
    CHECK_STR("asked", akv_buf_str(&replies.asked), "list /keys\n");
    CHECK_STR("seen", akv_buf_str(&seen), "localhost:8443/a/\n");
    akv_buf_free(&seen);
    answer("{\"value\":[{\"kid\":\"" H "/keys/a\"},{\"id\":\"x\"}]}", NULL);
    CHECK(!akv_keys_list(NULL, &id, on_key, &seen, &err));
    CHECK_HAS("why", err.message, "an item lacks its kid");
    answer("{\"value\":[{\"kid\":\"nonsense\"}]}", NULL);
    CHECK(!akv_keys_list(NULL, &id, on_key, &seen, &err));
    CHECK_HAS("why", err.message, "scheme");
    akv_buf_free(&seen);
}

static void sign(void)
{
    static const struct {
        const char *reply, *message; /* NULL: good */
    } rows[] = {
        { "{\"kid\":\"" H "/keys/k/7\",\"value\":\"AQID\"}", NULL },
        { "{\"kid\":\"" H "/keys/K/7\",\"alg\":\"x\",\"value\":\"AQID\"}",
          NULL },
        { "{\"kid\":\"https://other.example/keys/k/7\",\"value\":\"AQID\"}",
          NULL },
        { "{\"value\":\"AQID\"}", "kid: is missing" },
        { "{\"kid\":\"" H "/keys/k/8\",\"value\":\"AQID\"}", "another key's" },
        { "{\"kid\":\"" H "/keys/k\",\"value\":\"AQID\"}", "another key's" },
        { "{\"kid\":\"" H "/keys/o/7\",\"value\":\"AQID\"}", "another key's" },
        { "{\"kid\":\"" H "/secrets/k/7\",\"value\":\"AQID\"}",
          "another key's" },
        { "{\"kid\":\"k\",\"value\":\"AQID\"}", "kid: " },
        { "{\"kid\":\"" H "/keys/k/7\"}", "value: is missing" },
        { "{\"kid\":\"" H "/keys/k/7\",\"value\":null}", "value: is missing" },
        { "{\"kid\":\"" H "/keys/k/7\",\"value\":\"+/\"}",
          "value: is missing or not base64url" },
        { "{\"kid\":\"" H "/keys/k/7\",\"value\":\"AQIDBAUGBwgJCgsM\"}",
          "value: " },
        { "{}", "kid: is missing" },
        { "", "not JSON" },
        { "!Not you.", "Not you." },
    };
    struct akv_id id = id_of(H "/keys/k/7");
    size_t i;

    for (i = 0; i < COUNT(rows); i++) {
        struct akv_buf signature = AKV_BUF_INIT(9);
        struct akv_error err = AKV_ERROR_INIT;

        answer(rows[i].reply, NULL);
        CHECK_AT(rows[i].reply,
                 akv_crypto_sign(NULL, &id, AKV_ES256, "\xff\xfe\xfd", 3,
                                 &signature, &err)
                     == (rows[i].message == NULL));
        CHECK_STR("asked", akv_buf_str(&replies.asked),
                  "sign /keys/k/7 {\"alg\":\"ES256\",\"value\":\"__79\"}\n");
        CHECK_STR(rows[i].reply, akv_buf_str(&signature),
                  rows[i].message == NULL ? "\1\2\3" : "");
        if (rows[i].message != NULL)
            CHECK_HAS(rows[i].reply, err.message, rows[i].message);
        akv_buf_free(&signature);
    }
}

static void decrypt(void)
{
    static const char reply[] =
        "{\"kid\":\"" H "/keys/k/7\",\"value\":\"cGxhaW4\"}";
    struct akv_id id = id_of(H "/keys/k"), pinned = id_of(H "/keys/k/7");
    struct akv_buf plain = AKV_BUF_INIT(100);
    struct akv_error err = AKV_ERROR_INIT;

    answer(reply, reply);
    CHECK(akv_crypto_decrypt(NULL, &id, false, AKV_RSA_OAEP_256, "x", 1, &plain,
                             &err));
    CHECK(akv_crypto_decrypt(NULL, &pinned, true, AKV_RSA1_5, "", 0, &plain,
                             &err));
    CHECK_STR("asked", akv_buf_str(&replies.asked),
              "decrypt /keys/k {\"alg\":\"RSA-OAEP-256\",\"value\":\"eA\"}\n"
              "unwrap /keys/k/7 {\"alg\":\"RSA1_5\",\"value\":\"\"}\n");
    CHECK_STR("appended", akv_buf_str(&plain), "plainplain");
    akv_buf_free(&plain);
}

static void algorithms(void)
{
    static const struct {
        enum akv_alg alg;
        const char *name;
        size_t digest;
    } rows[] = {
        { AKV_RS256, "RS256", 32 },
        { AKV_RS384, "RS384", 48 },
        { AKV_RS512, "RS512", 64 },
        { AKV_PS256, "PS256", 32 },
        { AKV_PS384, "PS384", 48 },
        { AKV_PS512, "PS512", 64 },
        { AKV_RSNULL, "RSNULL", 0 },
        { AKV_ES256, "ES256", 32 },
        { AKV_ES256K, "ES256K", 32 },
        { AKV_ES384, "ES384", 48 },
        { AKV_ES512, "ES512", 64 },
        { AKV_RSA1_5, "RSA1_5", 0 },
        { AKV_RSA_OAEP, "RSA-OAEP", 0 },
        { AKV_RSA_OAEP_256, "RSA-OAEP-256", 0 },
    };
    size_t i;

    for (i = 0; i < COUNT(rows); i++) {
        CHECK_STR("name", akv_alg_name(rows[i].alg), rows[i].name);
        CHECK_INT(rows[i].name, akv_alg_digest_size(rows[i].alg),
                  rows[i].digest);
    }
    akv_buf_free(&replies.asked);
}

int main(void)
{
    static const struct unit_test tests[] = {
        { "get", get },           { "enabled", enabled },
        { "bad keys", bad_keys }, { "create", create },
        { "listed", listed },     { "sign", sign },
        { "decrypt", decrypt },   { "algorithms", algorithms },
    };

    return unit_main("keys", tests, COUNT(tests));
}
