/* SPDX-License-Identifier: Apache-2.0 */

#include <stdio.h>
#include <string.h>

#include "akv/key.h"
#include "client_fixture.h"
#include "unit.h"

#define KID "\"kid\":\"" H "/keys/k/7\""

static const struct {
    const char *name;
    size_t digest;
    const char *min_version;
} algs[AKV_ALG_COUNT] = {
    [AKV_RS256] = { "RS256", 32, NULL },
    [AKV_RS384] = { "RS384", 48, NULL },
    [AKV_RS512] = { "RS512", 64, NULL },
    [AKV_PS256] = { "PS256", 32, NULL },
    [AKV_PS384] = { "PS384", 48, NULL },
    [AKV_PS512] = { "PS512", 64, NULL },
    [AKV_RSNULL] = { "RSNULL", 0, NULL },
    [AKV_ES256] = { "ES256", 32, NULL },
    [AKV_ES256K] = { "ES256K", 32, NULL },
    [AKV_ES384] = { "ES384", 48, NULL },
    [AKV_ES512] = { "ES512", 64, NULL },
    [AKV_HS256] = { "HS256", 0, "2026-04-01" },
    [AKV_HS384] = { "HS384", 0, "2026-04-01" },
    [AKV_HS512] = { "HS512", 0, "2026-04-01" },
    [AKV_RSA1_5] = { "RSA1_5", 0, NULL },
    [AKV_RSA_OAEP] = { "RSA-OAEP", 0, NULL },
    [AKV_RSA_OAEP_256] = { "RSA-OAEP-256", 0, NULL },
    [AKV_A128GCM] = { "A128GCM", 0, "7.2" },
    [AKV_A192GCM] = { "A192GCM", 0, "7.2" },
    [AKV_A256GCM] = { "A256GCM", 0, "7.2" },
    [AKV_A128CBC] = { "A128CBC", 0, "7.2" },
    [AKV_A192CBC] = { "A192CBC", 0, "7.2" },
    [AKV_A256CBC] = { "A256CBC", 0, "7.2" },
    [AKV_A128CBCPAD] = { "A128CBCPAD", 0, "7.2" },
    [AKV_A192CBCPAD] = { "A192CBCPAD", 0, "7.2" },
    [AKV_A256CBCPAD] = { "A256CBCPAD", 0, "7.2" },
    [AKV_A128KW] = { "A128KW", 0, "7.2" },
    [AKV_A192KW] = { "A192KW", 0, "7.2" },
    [AKV_A256KW] = { "A256KW", 0, "7.2" },
    [AKV_A128KWPAD] = { "A128KWPAD", 0, "2026-04-01" },
    [AKV_A192KWPAD] = { "A192KWPAD", 0, "2026-04-01" },
    [AKV_A256KWPAD] = { "A256KWPAD", 0, "2026-04-01" },
    [AKV_CKM_AES_KEY_WRAP] = { "CKM_AES_KEY_WRAP", 0, "2026-04-01" },
    [AKV_CKM_AES_KEY_WRAP_PAD] = { "CKM_AES_KEY_WRAP_PAD", 0, "2026-04-01" },
};

static void algorithms(void)
{
    static const char *const none[] = {
        "", "RS25", "RS2567", "none", "RSA_15", " RS256", "A512KW", "CKM_AES"
    };
    enum akv_alg alg;
    size_t i;

    for (i = 0; i < AKV_ALG_COUNT; i++) {
        CHECK_STR("name", akv_alg_name((enum akv_alg)i), algs[i].name);
        CHECK_INT(algs[i].name, akv_alg_digest_size((enum akv_alg)i),
                  algs[i].digest);
        alg = AKV_ALG_COUNT;
        CHECK_AT(algs[i].name, akv_alg_find(algs[i].name, &alg));
        CHECK_INT(algs[i].name, alg, i);
    }
    CHECK(akv_alg_find("rsa-oaep-256", &alg));
    CHECK_INT("letter case", alg, AKV_RSA_OAEP_256);
    for (i = 0; i < COUNT(none); i++)
        CHECK_AT(none[i], !akv_alg_find(none[i], &alg));
}

/* Notes what an operation needs, and refuses it. */
static bool note_version(void *arg, const struct akv_op *op,
                         struct akv_buf *body, struct akv_error *err)
{
    const char **version = arg;

    (void)body;
    *version = op->min_version;
    return akv_error_set(err, AKV_E_FORBIDDEN, "noted");
}

/* Whoever needs a new version gets it, for each operation. */
static void versions(void)
{
    struct akv_id id = client_id(H "/keys/k");
    struct akv_buf out = AKV_BUF_INIT(100);
    const char *version;
    bool valid;
    size_t i;

    fake_client_set(note_version, &version);
    for (i = 0; i < AKV_ALG_COUNT; i++) {
        enum akv_alg alg = (enum akv_alg)i;

        version = "none";
        CHECK(!akv_key_sign(NULL, &id, alg, "x", 1, &out, NULL));
        CHECK_STR(algs[i].name, version, algs[i].min_version);
        version = "none";
        CHECK(!akv_key_verify(NULL, &id, alg, "x", 1, "y", 1, &valid, NULL));
        CHECK_STR(algs[i].name, version, algs[i].min_version);
        version = "none";
        CHECK(!akv_key_cipher(NULL, &id, AKV_WRAP, alg, "x", 1, NULL, &out,
                              NULL));
        CHECK_STR(algs[i].name, version, algs[i].min_version);
    }
    client_clear();
}

static void verify(void)
{
    static const struct {
        const char *reply;
        bool ok, valid;
        const char *message;
    } rows[] = {
        { "{\"value\":true}", true, true, "" },
        { "{\"value\":false}", true, false, "" },
        { "{\"value\":true,\"alg\":\"RS256\"," KID "}", true, true, "" },
        { "{\"value\":\"true\"}", false, false, "value: is no boolean" },
        { "{\"value\":1}", false, false, "value: is no boolean" },
        { "{\"value\":null}", false, false, "value: is no boolean" },
        { "{}", false, false, "value: is no boolean" },
        { "[true]", false, false, "not an object" },
        { "!No.", false, false, "No." },
    };
    struct akv_id id = client_id(H "/keys/k/7");
    size_t i;

    for (i = 0; i < COUNT(rows); i++) {
        struct akv_error err = AKV_ERROR_INIT;
        bool valid = false;

        client_answer(rows[i].reply, NULL, NULL);
        CHECK_AT(rows[i].reply,
                 akv_key_verify(NULL, &id, AKV_ES256, "\xff\xfe\xfd", 3,
                                "\1\2\3", 3, &valid, &err)
                     == rows[i].ok);
        CHECK_INT(rows[i].reply, valid, rows[i].valid);
        CHECK_HAS(rows[i].reply, err.message, rows[i].message);
        CHECK_STR("asked", client_asked(),
                  "POST /keys/k/7/verify {\"alg\":\"ES256\",\"digest\":"
                  "\"__79\",\"value\":\"AQID\"}\n");
    }
    client_clear();
}

static void operations(void)
{
    static const char *const paths[] = { [AKV_ENCRYPT] = "encrypt",
                                         [AKV_DECRYPT] = "decrypt",
                                         [AKV_WRAP] = "wrapkey",
                                         [AKV_UNWRAP] = "unwrapkey" };
    struct akv_id id = client_id(H "/keys/k");
    size_t i;

    for (i = 0; i < COUNT(paths); i++) {
        struct akv_buf result = AKV_BUF_INIT(100);
        struct akv_error err = AKV_ERROR_INIT;
        char want[200];

        client_answer("{" KID ",\"value\":\"cGxhaW4\"}", NULL, NULL);
        CHECK(akv_buf_append_str(&result, "> "));
        CHECK_AT(paths[i],
                 akv_key_cipher(NULL, &id, (enum akv_cipher_op)i, AKV_A256KW,
                                "x", 1, NULL, &result, &err));
        CHECK_STR("appended", akv_buf_str(&result), "> plain");
        (void)snprintf(want, sizeof(want),
                       "POST /keys/k/%s {\"alg\":\"A256KW\",\"value\":\"eA\"}"
                       "\n",
                       paths[i]);
        CHECK_STR("asked", client_asked(), want);
        akv_buf_free(&result);
    }
    client_clear();
}

static const struct {
    const char *where, *iv, *aad, *tag, *asked, *reply;
    const char *iv_after, *aad_after, *tag_after, *message;
} param_rows[] = {
    { "GCM, encryption", "", "more", "", ",\"aad\":\"bW9yZQ\"",
      ",\"iv\":\"AQID\",\"tag\":\"dGFn\",\"aad\":\"bW9yZQ\"", "\1\2\3", "more",
      "tag", NULL },
    { "GCM, decryption", "\1\2\3", "more", "tag",
      ",\"iv\":\"AQID\",\"aad\":\"bW9yZQ\",\"tag\":\"dGFn\"", "", "\1\2\3",
      "more", "tag", NULL },
    { "CBC", "0123456789abcdef", "", "", ",\"iv\":\"MDEyMzQ1Njc4OWFiY2RlZg\"",
      ",\"iv\":\"MDEyMzQ1Njc4OWFiY2RlZg\"", "0123456789abcdef", "", "", NULL },
    { "replaced", "old", "", "", ",\"iv\":\"b2xk\"", ",\"iv\":\"bmV3\"", "new",
      "", "", NULL },
    { "null is nothing", "old", "", "", ",\"iv\":\"b2xk\"", ",\"iv\":null",
      "old", "", "", NULL },
    { "a bad iv", "", "", "", "", ",\"iv\":\"+\"", "", "", "",
      "iv: is not base64url" },
    { "a bad tag", "", "", "", "", ",\"tag\":7", "", "", "",
      "tag: is not base64url" },
    { "a bad aad", "", "", "", "", ",\"aad\":\"a\"", "", "", "",
      "aad: is not base64url" },
};

static void params(void)
{
    struct akv_id id = client_id(H "/keys/k/7");
    size_t i;

    for (i = 0; i < COUNT(param_rows); i++) {
        const char *where = param_rows[i].where;
        struct akv_buf result = AKV_BUF_INIT(100);
        struct akv_error err = AKV_ERROR_INIT;
        struct akv_cipher_params p;
        char reply[300], want[300];

        akv_cipher_params_init(&p);
        CHECK(akv_buf_append_str(&p.iv, param_rows[i].iv)
              && akv_buf_append_str(&p.aad, param_rows[i].aad)
              && akv_buf_append_str(&p.tag, param_rows[i].tag));
        (void)snprintf(reply, sizeof(reply), "{" KID ",\"value\":\"eA\"%s}",
                       param_rows[i].reply);
        client_answer(reply, NULL, NULL);
        CHECK_AT(where, akv_key_cipher(NULL, &id, AKV_ENCRYPT, AKV_A128GCM, "",
                                       0, &p, &result, &err)
                            == (param_rows[i].message == NULL));
        (void)snprintf(want, sizeof(want),
                       "POST /keys/k/7/encrypt {\"alg\":\"A128GCM\",\"value\":"
                       "\"\"%s}\n",
                       param_rows[i].asked);
        CHECK_STR(where, client_asked(), want);
        CHECK_STR(where, akv_buf_str(&p.iv), param_rows[i].iv_after);
        CHECK_STR(where, akv_buf_str(&p.aad), param_rows[i].aad_after);
        CHECK_STR(where, akv_buf_str(&p.tag), param_rows[i].tag_after);
        if (param_rows[i].message != NULL)
            CHECK_HAS(where, err.message, param_rows[i].message);
        akv_cipher_params_free(&p);
        akv_cipher_params_free(&p);
        akv_buf_free(&result);
    }
    client_clear();
}

static void bad_replies(void)
{
    static const struct {
        const char *reply, *message;
    } rows[] = {
        { "{\"value\":\"eA\"}", "kid: is missing" },
        { "{\"kid\":\"" H "/keys/k/8\",\"value\":\"eA\"}", "another key's" },
        { "{" KID "}", "value: is missing" },
        { "{" KID ",\"value\":\"e\"}", "value: is missing or not base64url" },
        { "{" KID ",\"value\":\"AAAAAAAAAAAAAAAAAAAA\"}", "value: " },
        { "!No.", "No." },
    };
    struct akv_id id = client_id(H "/keys/k/7");
    size_t i;

    for (i = 0; i < COUNT(rows); i++) {
        struct akv_buf result = AKV_BUF_INIT(9);
        struct akv_error err = AKV_ERROR_INIT;

        client_answer(rows[i].reply, NULL, NULL);
        CHECK_AT(rows[i].reply,
                 !akv_key_cipher(NULL, &id, AKV_DECRYPT, AKV_RSA_OAEP, "x", 1,
                                 NULL, &result, &err));
        CHECK_HAS(rows[i].reply, err.message, rows[i].message);
        CHECK_INT(rows[i].reply, result.len, 0);
        akv_buf_free(&result);
    }
    client_clear();
}

int main(void)
{
    static const struct unit_test tests[] = {
        { "algorithms", algorithms }, { "versions", versions },
        { "verify", verify },         { "operations", operations },
        { "parameters", params },     { "bad replies", bad_replies },
    };

    return unit_main("crypto", tests, COUNT(tests));
}
