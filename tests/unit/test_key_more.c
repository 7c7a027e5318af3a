/* SPDX-License-Identifier: Apache-2.0 */

/* keys.c: what is asked besides get and create. */

#include <stdio.h>
#include <string.h>

#include "akv/key.h"
#include "client_fixture.h"
#include "unit.h"

#define OCT                                                                    \
    "{\"key\":{\"kid\":\"" H "/keys/k/7\",\"kty\":\"oct-HSM\",\"key_ops\":["   \
    "\"wrapKey\"]},\"release_policy\":{\"data\":\"e30\"}}"

static void create(void)
{
    struct akv_key_create what = AKV_KEY_CREATE_INIT;
    struct akv_id id = client_id(H "/keys/k");
    struct akv_tags tags = { NULL, 0 };
    struct akv_error err = AKV_ERROR_INIT;
    struct akv_key_bundle bundle;

    CHECK(akv_tags_add(&tags, "a", "b"));
    client_answer(OCT, OCT, NULL);
    what.type = AKV_KEY_OCT;
    what.hsm = true;
    what.bits = 256;
    what.attributes.exportable = AKV_FLAG_YES;
    what.tags = &tags;
    what.release_policy = "{}";
    what.immutable_policy = true;
    CHECK(akv_key_create(NULL, &id, &what, &bundle, &err));
    CHECK_INT("type", bundle.jwk.type, AKV_KEY_OCT);
    CHECK("in hardware" && bundle.jwk.hsm);
    CHECK_INT("operations", bundle.jwk.ops, AKV_OP_WRAP);
    CHECK_STR("policy", bundle.release_policy, "e30");
    akv_key_bundle_free(&bundle);
    akv_key_bundle_free(&bundle);
    memset(&what, 0, sizeof(what));
    what = (struct akv_key_create)AKV_KEY_CREATE_INIT;
    what.type = AKV_KEY_RSA;
    what.exponent = 3;
    CHECK(akv_key_create(NULL, &id, &what, &bundle, &err));
    akv_key_bundle_free(&bundle);
    CHECK_STR("asked", client_asked(),
              "POST /keys/k/create {\"kty\":\"oct-HSM\",\"key_size\":256,"
              "\"attributes\":{\"exportable\":true},\"tags\":{\"a\":\"b\"},"
              "\"release_policy\":{\"data\":\"e30\",\"immutable\":true}}\n"
              "POST /keys/k/create {\"kty\":\"RSA\",\"public_exponent\":3}\n");
    akv_tags_free(&tags);
    client_clear();
}

static void update(void)
{
    struct akv_update what = { .attributes = AKV_ATTRIBUTES_INIT };
    struct akv_id id = client_id(H "/keys/k/7");
    struct akv_error err = AKV_ERROR_INIT;
    struct akv_key_bundle bundle;

    client_answer(OCT, NULL, NULL);
    what.key_ops = AKV_OP_WRAP;
    CHECK(akv_key_update(NULL, &id, &what, &bundle, &err));
    CHECK_INT("operations", bundle.jwk.ops, AKV_OP_WRAP);
    CHECK_STR("policy", bundle.release_policy, "e30");
    akv_key_bundle_free(&bundle);
    what.policy = "no JSON";
    CHECK(!akv_key_update(NULL, &id, &what, &bundle, &err));
    CHECK_INT("code", err.code, AKV_E_INVALID);
    akv_key_bundle_free(&bundle);
    CHECK_STR("asked", client_asked(),
              "PATCH /keys/k/7 {\"key_ops\":[\"wrapKey\"]}\n");
    client_clear();
}

static void import(void)
{
    static const char jwk[] = "{\"kty\":\"EC\",\"d\":\"AQ\",\"key_ops\":["
                              "\"sign\"]}";
    struct akv_key_create what = AKV_KEY_CREATE_INIT;
    struct akv_id id = client_id(H "/keys/k/5");
    struct akv_error err = AKV_ERROR_INIT;
    struct akv_key_bundle bundle;

    client_answer(OCT, OCT, "!No.");
    CHECK(akv_key_import(NULL, &id, jwk, &what, &bundle, &err));
    CHECK_STR("version", bundle.properties.id.version, "7");
    akv_key_bundle_free(&bundle);
    what.hsm = true;
    what.ops = AKV_OP_VERIFY;
    what.attributes.enabled = AKV_FLAG_NO;
    what.release_policy = "{}";
    CHECK(akv_key_import(NULL, &id, jwk, &what, &bundle, &err));
    akv_key_bundle_free(&bundle);
    CHECK_STR("asked", client_asked(),
              "PUT /keys/k {\"key\":{\"kty\":\"EC\",\"d\":\"AQ\",\"key_ops\":["
              "\"sign\"]}}\n"
              "PUT /keys/k {\"key\":{\"kty\":\"EC\",\"d\":\"AQ\",\"key_ops\":["
              "\"verify\"]},\"Hsm\":true,\"attributes\":{\"enabled\":false},"
              "\"release_policy\":{\"data\":\"e30\"}}\n");
    CHECK(!akv_key_import(NULL, &id, jwk, &what, &bundle, &err));
    CHECK_HAS("refused", err.message, "No.");
    akv_key_bundle_free(&bundle);
    memset(&err, 0, sizeof(err));
    CHECK(!akv_key_import(NULL, &id, "{\"kty\":", &what, &bundle, &err));
    CHECK("it is said why" && err.code != AKV_E_NONE);
    CHECK_INT("and nothing is sent", fake_client_count(), 3);
    akv_key_bundle_free(&bundle);
    client_clear();
}

static void rotation(void)
{
    static const char policy[] = "{\"lifetimeActions\": []}";
    struct akv_id id = client_id(H "/keys/k/5");
    struct akv_error err = AKV_ERROR_INIT;
    struct akv_key_bundle bundle;
    struct akv_json *json = NULL;

    client_answer(OCT, "{\"id\":\"p\"}", "{\"id\":\"q\"}");
    CHECK(akv_key_rotate(NULL, &id, &bundle, &err));
    CHECK_STR("the new version", bundle.properties.id.version, "7");
    akv_key_bundle_free(&bundle);
    CHECK(akv_key_get_rotation_policy(NULL, &id, &json, &err));
    CHECK_STR("policy", akv_json_get_text(json, "id"), "p");
    akv_json_free(json);
    CHECK(akv_key_set_rotation_policy(NULL, &id, policy, &json, &err));
    CHECK_STR("policy", akv_json_get_text(json, "id"), "q");
    akv_json_free(json);
    CHECK_STR("asked", client_asked(),
              "POST /keys/k/rotate\nGET /keys/k/rotationpolicy\n"
              "PUT /keys/k/rotationpolicy {\"lifetimeActions\": []}\n");
    CHECK(!akv_key_set_rotation_policy(NULL, &id, "{", &json, &err));
    CHECK(json == NULL && err.code != AKV_E_NONE);
    CHECK_INT("nothing is sent", fake_client_count(), 3);
    client_clear();
}

/* What is no JSON object is not sent. */
static void bad_documents(void)
{
    static const char *const documents[] = { "", "{", "[]", "\"x\"", "{} {}" };
    struct akv_id id = client_id(H "/keys/k");
    size_t i;

    client_answer(NULL, NULL, NULL);
    for (i = 0; i < COUNT(documents); i++) {
        struct akv_key_create what = AKV_KEY_CREATE_INIT;
        struct akv_error err = AKV_ERROR_INIT;
        struct akv_key_bundle bundle;
        struct akv_json *json = NULL;

        CHECK_AT(documents[i], !akv_key_import(NULL, &id, documents[i], &what,
                                               &bundle, &err));
        CHECK_INT(documents[i], err.code, AKV_E_INVALID);
        akv_key_bundle_free(&bundle);
        CHECK_AT(documents[i], !akv_key_set_rotation_policy(
                                   NULL, &id, documents[i], &json, &err));
        CHECK_INT(documents[i], err.code, AKV_E_INVALID);
        what.release_policy = documents[i];
        CHECK_AT(documents[i],
                 !akv_key_create(NULL, &id, &what, &bundle, &err));
        CHECK_INT(documents[i], err.code, AKV_E_INVALID);
        akv_key_bundle_free(&bundle);
    }
    CHECK_INT("nothing is sent", fake_client_count(), 0);
    client_clear();
}

static void release(void)
{
    static const struct {
        const char *nonce, *enc, *reply, *body, *message; /* NULL: good */
    } rows[] = {
        { NULL, NULL, "{\"value\":\"a.b.c\"}", "{\"target\":\"t\"}", NULL },
        { "n", "RSA_AES_KEY_WRAP_256", "{\"value\":\"a.b.c\"}",
          "{\"target\":\"t\",\"nonce\":\"n\",\"enc\":\"RSA_AES_KEY_WRAP_256\"}",
          NULL },
        { NULL, NULL, "{}", "{\"target\":\"t\"}", "value: is missing" },
        { NULL, NULL, "{\"value\":5}", "{\"target\":\"t\"}",
          "value: is missing" },
        { NULL, NULL, "!No.", "{\"target\":\"t\"}", "No." },
    };
    struct akv_id id = client_id(H "/keys/k/5");
    size_t i;

    for (i = 0; i < COUNT(rows); i++) {
        struct akv_buf jws = AKV_BUF_INIT(100);
        struct akv_error err = AKV_ERROR_INIT;
        char want[200];

        client_answer(rows[i].reply, NULL, NULL);
        CHECK_AT(rows[i].reply, akv_key_release(NULL, &id, "t", rows[i].nonce,
                                                rows[i].enc, &jws, &err)
                                    == (rows[i].message == NULL));
        (void)snprintf(want, sizeof(want), "POST /keys/k/5/release %s\n",
                       rows[i].body);
        CHECK_STR("asked", client_asked(), want);
        CHECK_STR(rows[i].reply, akv_buf_str(&jws),
                  rows[i].message == NULL ? "a.b.c" : "");
        if (rows[i].message != NULL)
            CHECK_HAS(rows[i].reply, err.message, rows[i].message);
        akv_buf_free(&jws);
    }
    client_clear();
}

static void random_and_attestation(void)
{
    struct akv_id id = client_id(H "/keys/k/5");
    struct akv_buf bytes = AKV_BUF_INIT(100);
    struct akv_error err = AKV_ERROR_INIT;
    struct akv_json *json = NULL;

    client_answer("{\"value\":\"AQID\"}", "{\"value\":\"+\"}", "{\"a\":\"b\"}");
    CHECK(akv_key_random(NULL, &id, 3, &bytes, &err));
    CHECK_STR("bytes", akv_buf_str(&bytes), "\1\2\3");
    CHECK(!akv_key_random(NULL, &id, 128, &bytes, &err));
    CHECK_INT("nothing is appended", bytes.len, 3);
    CHECK(!akv_key_random(NULL, &id, 0, &bytes, &err));
    CHECK_HAS("none", err.message, "0 random bytes: 1 to 128");
    CHECK(!akv_key_random(NULL, &id, 129, &bytes, &err));
    CHECK_INT("too many", err.code, AKV_E_INVALID);
    CHECK(akv_key_get_attestation(NULL, &id, &json, &err));
    CHECK_STR("reply", akv_json_get_text(json, "a"), "b");
    akv_json_free(json);
    CHECK_STR("asked", client_asked(),
              "POST /rng {\"count\":3}\nPOST /rng {\"count\":128}\n"
              "GET /keys/k/5/attestation\n");
    akv_buf_free(&bytes);
    client_clear();
}

int main(void)
{
    static const struct unit_test tests[] = {
        { "create", create },
        { "update", update },
        { "import", import },
        { "rotation", rotation },
        { "bad documents", bad_documents },
        { "release", release },
        { "random bytes, attestation", random_and_attestation },
    };

    return unit_main("keys_more", tests, COUNT(tests));
}
