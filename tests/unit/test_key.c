/* SPDX-License-Identifier: Apache-2.0 */

/* keys.c and crypto.c: what is asked, and which replies are believed. */

#include <stdio.h>
#include <string.h>

#include "akv/key.h"
#include "akv/pager.h"
#include "fake_client.h"
#include "unit.h"

#define H "https://v.vault.azure.net"
/* As ES256 has it: 64 bytes. */
#define SIGNED                                                                 \
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
#define SIGNATURE                                                              \
    "QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVphYmNkZWZn"                             \
    "aGlqa2xtbm9wcXJzdHV2d3h5ejAxMjM0NTY3ODktXw"
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
    CHECK(akv_key_get(NULL, &id, &bundle, NULL));
    CHECK_STR("asked", akv_buf_str(&replies.asked), "GET /keys/k\n");
    CHECK_STR("the host that was asked", bundle.properties.id.host,
              "v.vault.azure.net");
    CHECK_STR("the name that came", bundle.properties.id.name, "K");
    CHECK_STR("the version that came", bundle.properties.id.version, "7");
    CHECK_INT("type", bundle.jwk.type, AKV_KEY_EC);
    CHECK_INT("operations", bundle.jwk.ops, AKV_OP_SIGN);
    CHECK_INT("enabled is not said", bundle.properties.attributes.enabled,
              AKV_FLAG_UNSET);
    akv_key_bundle_free(&bundle);
    id = id_of(H "/keys/k/7");
    answer(EC_KEY(H "/keys/k/7"), NULL);
    CHECK(akv_key_get(NULL, &id, &bundle, NULL));
    CHECK_STR("asked", akv_buf_str(&replies.asked), "GET /keys/k/7\n");
    akv_key_bundle_free(&bundle);
}

static void enabled(void)
{
    static const struct {
        const char *attributes;
        enum akv_flag enabled;
    } rows[] = {
        { "{\"enabled\":true}", AKV_FLAG_YES },
        { "{\"enabled\":false}", AKV_FLAG_NO },
        { "{\"enabled\":null}", AKV_FLAG_UNSET },
        { "{\"enabled\":\"no\"}", AKV_FLAG_UNSET },
        { "{}", AKV_FLAG_UNSET },
        { "null", AKV_FLAG_UNSET },
        { "[false]", AKV_FLAG_UNSET },
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
        CHECK_AT(rows[i].attributes, akv_key_get(NULL, &id, &bundle, NULL));
        CHECK_INT(rows[i].attributes, bundle.properties.attributes.enabled,
                  rows[i].enabled);
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
        { "k", "{\"key\":[]}", "id or kid is missing" },
        { "k", "{\"key\":{\"kty\":\"EC\"}}", "id or kid is missing" },
        { "k", "{\"key\":{\"kid\":5}}", "id or kid is missing" },
        { "k", "{\"key\":{\"kid\":\"x\"}}", "x: scheme" },
        { "k", EC_KEY("http://v.vault.azure.net/keys/k/7"), "scheme 'http'" },
        { "k", EC_KEY(H "/keys/k"), "kid: has no version" },
        { "k", EC_KEY(H "/keys/other/7"), "/keys/other/7" },
        { "k", EC_KEY(H "/secrets/k/7"), "/secrets/k/7" },
        { "k/7", EC_KEY(H "/keys/k/8"), "/keys/k/8" },
        { "k", "{\"key\":{\"kid\":\"" H "/keys/k/7\"}}", "kty: is missing" },
        { "k", "{\"key\":{\"kid\":\"" H "/keys/k/7\",\"kty\":\"OKP-HSM\"}}",
          "kty: OKP-HSM" },
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
        CHECK_AT(rows[i].reply, !akv_key_get(NULL, &id, &bundle, &err));
        CHECK_HAS(rows[i].reply, err.message, rows[i].message);
        akv_key_bundle_free(&bundle);
    }
}

#define RSA .attributes = AKV_ATTRIBUTES_INIT, .type = AKV_KEY_RSA
#define EC .attributes = AKV_ATTRIBUTES_INIT, .type = AKV_KEY_EC

static void create(void)
{
    static const struct {
        struct akv_key_create create;
        const char *body;
    } rows[] = {
        { { RSA, .bits = 3072 }, "{\"kty\":\"RSA\",\"key_size\":3072}" },
        { { RSA, .hsm = true, .bits = 2048,
            .ops = AKV_OP_SIGN | AKV_OP_VERIFY },
          "{\"kty\":\"RSA-HSM\",\"key_size\":2048,\"key_ops\":[\"sign\","
          "\"verify\"]}" },
        { { EC, .curve = AKV_P256K }, "{\"kty\":\"EC\",\"crv\":\"P-256K\"}" },
        { { EC, .hsm = true, .curve = AKV_P521, .ops = AKV_OP_SIGN },
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
                 akv_key_create(NULL, &id, &rows[i].create, &bundle, &err));
        (void)snprintf(want, sizeof(want), "POST /keys/k/create %s\n",
                       rows[i].body);
        CHECK_STR("asked", akv_buf_str(&replies.asked), want);
        CHECK_STR("version", bundle.properties.id.version, "7");
        akv_key_bundle_free(&bundle);
        answer("!No.", NULL);
        CHECK(!akv_key_create(NULL, &id, &rows[i].create, &bundle, &err));
        CHECK_HAS("refused", err.message, "No.");
        akv_key_bundle_free(&bundle);
    }
}

/* All objects of a list, a line each. */
static bool list(enum akv_list list, const struct akv_id *id,
                 struct akv_buf *seen, struct akv_error *err)
{
    struct akv_pager *pager = akv_pager_new(NULL, list, id);
    struct akv_properties properties;

    while (akv_pager_next_object(pager, &properties, err)) {
        CHECK(akv_buf_appendf(
            seen, "%s:%u/%s/%s%s\n", properties.id.host, properties.id.port,
            properties.id.name, properties.id.version,
            properties.attributes.enabled == AKV_FLAG_NO ? " disabled" : ""));
        akv_properties_free(&properties);
    }
    akv_pager_free(pager);
    return err->code == AKV_E_NONE;
}

static void listed(void)
{
    struct akv_buf seen = AKV_BUF_INIT(1000);
    struct akv_id id = id_of("https://localhost:8443/keys/a");
    struct akv_error err = AKV_ERROR_INIT;

    answer("{\"value\":[{\"kid\":\"" H "/keys/a/1\"},{\"kid\":\"" H
           "/keys/A/2\",\"attributes\":{\"enabled\":false}}]}",
           NULL);
    CHECK(list(AKV_LIST_VERSIONS, &id, &seen, &err));
    CHECK_STR("asked", akv_buf_str(&replies.asked), "GET /keys/a/versions\n");
    CHECK_STR("seen, at the host that was asked", akv_buf_str(&seen),
              "localhost:8443/a/1\nlocalhost:8443/A/2 disabled\n");
    akv_buf_free(&seen);
    answer("{\"value\":[{\"kid\":\"" H "/keys/a\"}]}", NULL);
    CHECK(list(AKV_LIST, &id, &seen, &err));
    CHECK_STR("asked", akv_buf_str(&replies.asked), "GET /keys\n");
    CHECK_STR("seen", akv_buf_str(&seen), "localhost:8443/a/\n");
    akv_buf_free(&seen);
    answer("{\"value\":[{\"kid\":\"" H "/keys/a\"},{\"ad\":\"x\"}]}", NULL);
    CHECK(!list(AKV_LIST, &id, &seen, &err));
    CHECK_HAS("why", err.message, "an item: id or kid is missing");
    err.code = AKV_E_NONE;
    answer("{\"value\":[{\"kid\":\"nonsense\"}]}", NULL);
    CHECK(!list(AKV_LIST, &id, &seen, &err));
    CHECK_HAS("why", err.message, "scheme");
    akv_buf_free(&seen);
}

static void sign(void)
{
    static const struct {
        const char *reply, *message; /* NULL: good */
    } rows[] = {
        { "{\"kid\":\"" H "/keys/k/7\",\"value\":\"" SIGNATURE "\"}", NULL },
        { "{\"kid\":\"" H "/keys/K/7\",\"alg\":\"x\",\"value\":\"" SIGNATURE
          "\"}",
          NULL },
        { "{\"kid\":\"https://other.example/keys/k/7\",\"value\":\"" SIGNATURE
          "\"}",
          NULL },
        { "{\"kid\":\"" H "/keys/k/7\",\"value\":\"AQID\"}", "value: " },
        { "{\"value\":\"AQID\"}", "kid: is missing" },
        { "{\"kid\":\"" H "/keys/k/8\",\"value\":\"AQID\"}", "another key's" },
        { "{\"kid\":\"" H "/keys/k\",\"value\":\"AQID\"}", "another key's" },
        { "{\"kid\":\"" H "/keys/o/7\",\"value\":\"AQID\"}", "another key's" },
        { "{\"kid\":\"" H "/secrets/k/7\",\"value\":\"AQID\"}",
          "another key's" },
        { "{\"kid\":\"k\",\"value\":\"AQID\"}", "kid: " },
        { "{\"kid\":\"" H "/keys/k/7\",\"value\":\"\"}", "value: " },
        { "{\"kid\":\"" H "/keys/k/7\"}", "value: is missing" },
        { "{\"kid\":\"" H "/keys/k/7\",\"value\":null}", "value: is missing" },
        { "{\"kid\":\"" H "/keys/k/7\",\"value\":\"+/\"}",
          "value: is missing or not base64url" },
        { "{\"kid\":\"" H "/keys/k/7\",\"value\":\"" SIGNATURE "AAAA"
          "\"}",
          "value: " },
        { "{}", "kid: is missing" },
        { "", "not JSON" },
        { "!Not you.", "Not you." },
    };
    struct akv_id id = id_of(H "/keys/k/7");
    size_t i;

    for (i = 0; i < COUNT(rows); i++) {
        struct akv_buf signature = AKV_BUF_INIT(66);
        struct akv_error err = AKV_ERROR_INIT;

        answer(rows[i].reply, NULL);
        CHECK_AT(rows[i].reply,
                 akv_key_sign(NULL, &id, AKV_ES256, "\xff\xfe\xfd", 3,
                              &signature, &err)
                     == (rows[i].message == NULL));
        CHECK_STR(
            "asked", akv_buf_str(&replies.asked),
            "POST /keys/k/7/sign {\"alg\":\"ES256\",\"value\":\"__79\"}\n");
        CHECK_STR(rows[i].reply, akv_buf_str(&signature),
                  rows[i].message == NULL ? SIGNED : "");
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
    CHECK(akv_key_cipher(NULL, &id, AKV_DECRYPT, AKV_RSA_OAEP_256, "x", 1, NULL,
                         &plain, &err));
    CHECK(akv_key_cipher(NULL, &pinned, AKV_UNWRAP, AKV_RSA1_5, "", 0, NULL,
                         &plain, &err));
    CHECK_STR(
        "asked", akv_buf_str(&replies.asked),
        "POST /keys/k/decrypt {\"alg\":\"RSA-OAEP-256\",\"value\":\"eA\"}\n"
        "POST /keys/k/7/unwrapkey {\"alg\":\"RSA1_5\",\"value\":\"\"}\n");
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
