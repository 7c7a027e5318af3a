/* SPDX-License-Identifier: Apache-2.0 */

/* libakv's keys and cryptography against the emulator. */

#include <CUnit/Basic.h>
#include <stdio.h>
#include <string.h>

#include "akv/key.h"
#include "akv/pager.h"
#include "client/client_impl.h"
#include "vault.h"

static struct test_vault vault;

static const char seed[] =
    "{\"keys\":[{\"name\":\"rsa\",\"kty\":\"RSA\",\"size\":2048},"
    "{\"name\":\"ec\",\"kty\":\"EC\",\"crv\":\"P-256\"},"
    "{\"name\":\"wrap\",\"kty\":\"RSA\",\"size\":2048,"
    "\"key_ops\":[\"wrapKey\",\"unwrapKey\"]}]}";

static void expect(enum akv_error_code code, const struct akv_error *err)
{
    if (err->code != code)
        (void)fprintf(stderr, "%s: %s\n", akv_error_name(err->code),
                      err->message);
    CU_ASSERT_EQUAL(err->code, code);
}

static void test_get(void)
{
    struct akv_id id = test_vault_key(&vault, "rsa");
    struct akv_error err = AKV_ERROR_INIT;
    struct akv_key_bundle bundle, same;

    CU_ASSERT_TRUE_FATAL(akv_key_get(vault.client, &id, &bundle, &err));
    CU_ASSERT_EQUAL(bundle.jwk.type, AKV_KEY_RSA);
    CU_ASSERT_EQUAL(bundle.jwk.n.len, 256);
    CU_ASSERT_EQUAL(bundle.jwk.e.len, 3);
    CU_ASSERT_TRUE(bundle.properties.attributes.enabled == AKV_FLAG_YES);
    CU_ASSERT_EQUAL(strlen(bundle.properties.id.version), 32);
    CU_ASSERT_TRUE_FATAL(
        akv_key_get(vault.client, &bundle.properties.id, &same, &err));
    CU_ASSERT_STRING_EQUAL(same.properties.id.version,
                           bundle.properties.id.version);
    akv_key_bundle_free(&same);
    akv_key_bundle_free(&bundle);
}

static void test_get_missing(void)
{
    struct akv_id id = test_vault_key(&vault, "none");
    struct akv_error err = AKV_ERROR_INIT;
    struct akv_key_bundle bundle;

    CU_ASSERT_FALSE(akv_key_get(vault.client, &id, &bundle, &err));
    expect(AKV_E_NOT_FOUND, &err);
    CU_ASSERT_EQUAL(err.http_status, 404);
    CU_ASSERT_STRING_EQUAL(err.service_code, "KeyNotFound");
    CU_ASSERT_EQUAL(strlen(err.request_id), 36);
    akv_key_bundle_free(&bundle);
}

#define RSA .attributes = AKV_ATTRIBUTES_INIT, .type = AKV_KEY_RSA
#define EC .attributes = AKV_ATTRIBUTES_INIT, .type = AKV_KEY_EC

static void test_create(void)
{
    static const struct {
        const char *name;
        struct akv_key_create create;
        size_t size; /* of n, or of x */
    } rows[] = {
        { "new-rsa", { RSA, .bits = 2048 }, 256 },
        { "new-p384", { EC, .curve = AKV_P384, .ops = AKV_OP_SIGN }, 48 },
        { "new-p521", { EC, .curve = AKV_P521 }, 66 },
        { "new-p256k", { EC, .curve = AKV_P256K }, 32 },
    };
    size_t i;

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct akv_id id = test_vault_key(&vault, rows[i].name);
        struct akv_error err = AKV_ERROR_INIT;
        struct akv_key_bundle bundle;
        bool ok =
            akv_key_create(vault.client, &id, &rows[i].create, &bundle, &err);

        expect(AKV_E_NONE, &err);
        CU_ASSERT_TRUE_FATAL(ok);
        CU_ASSERT_EQUAL(bundle.jwk.type, rows[i].create.type);
        CU_ASSERT_EQUAL(rows[i].create.type == AKV_KEY_RSA ? bundle.jwk.n.len
                                                           : bundle.jwk.field,
                        rows[i].size);
        if (rows[i].create.ops != 0)
            CU_ASSERT_EQUAL(bundle.jwk.ops, rows[i].create.ops);
        akv_key_bundle_free(&bundle);
    }
}

static void test_create_refused(void)
{
    const struct akv_key_create create = { RSA, .bits = 1000 };
    struct akv_id id = test_vault_key(&vault, "bad-size");
    struct akv_error err = AKV_ERROR_INIT;
    struct akv_key_bundle bundle;

    CU_ASSERT_FALSE(akv_key_create(vault.client, &id, &create, &bundle, &err));
    expect(AKV_E_SERVICE, &err);
    CU_ASSERT_EQUAL(err.http_status, 400);
    akv_key_bundle_free(&bundle);
}

/* How many keys a list has, but no more than limit. */
static size_t count_keys(enum akv_list list, const struct akv_id *id,
                         size_t limit)
{
    struct akv_pager *pager = akv_pager_new(vault.client, list, id);
    struct akv_error err = AKV_ERROR_INIT;
    struct akv_properties properties;
    size_t count = 0;

    while (count < limit && akv_pager_next_object(pager, &properties, &err)) {
        CU_ASSERT_EQUAL(properties.id.kind, AKV_KIND_KEY);
        CU_ASSERT_TRUE(akv_name_valid(properties.id.name));
        CU_ASSERT_EQUAL(properties.attributes.enabled, AKV_FLAG_YES);
        akv_properties_free(&properties);
        count++;
    }
    expect(AKV_E_NONE, &err);
    akv_pager_free(pager);
    return count;
}

/* More keys than a page has, so that links are followed. */
static void test_list(void)
{
    const struct akv_key_create create = { EC, .curve = AKV_P256 };
    struct akv_id all = test_vault_key(&vault, "");
    struct akv_error err = AKV_ERROR_INIT;
    size_t before = count_keys(AKV_LIST, &all, SIZE_MAX);
    int i;

    for (i = 0; i < 30; i++) {
        struct akv_key_bundle bundle;
        struct akv_id id;
        char name[32];

        (void)snprintf(name, sizeof(name), "page-%d", i);
        id = test_vault_key(&vault, name);
        CU_ASSERT_TRUE(
            akv_key_create(vault.client, &id, &create, &bundle, &err));
        akv_key_bundle_free(&bundle);
    }
    test_vault_post(&vault, "/counters/reset", "");
    CU_ASSERT_EQUAL(count_keys(AKV_LIST, &all, SIZE_MAX), before + 30);
    CU_ASSERT_TRUE(test_vault_count(&vault, "list_keys") > 1);
    CU_ASSERT_EQUAL(count_keys(AKV_LIST, &all, 3), 3);
}

static void test_list_versions(void)
{
    const struct akv_key_create create = { EC, .curve = AKV_P256 };
    struct akv_id id = test_vault_key(&vault, "versions");
    struct akv_id none = test_vault_key(&vault, "no-such-key");
    struct akv_error err = AKV_ERROR_INIT;
    int i;

    for (i = 0; i < 3; i++) {
        struct akv_key_bundle bundle;

        CU_ASSERT_TRUE(
            akv_key_create(vault.client, &id, &create, &bundle, &err));
        akv_key_bundle_free(&bundle);
    }
    CU_ASSERT_EQUAL(count_keys(AKV_LIST_VERSIONS, &id, SIZE_MAX), 3);
    CU_ASSERT_EQUAL(count_keys(AKV_LIST_VERSIONS, &none, SIZE_MAX), 0);
}

static void test_sign(void)
{
    static const struct {
        const char *key;
        enum akv_alg alg;
        size_t size;
    } rows[] = {
        { "rsa", AKV_RS256, 256 },
        { "rsa", AKV_PS512, 256 },
        { "ec", AKV_ES256, 64 },
    };
    static const unsigned char digest[64] = { 1, 2, 3 };
    size_t i;

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct akv_id id = test_vault_key(&vault, rows[i].key);
        struct akv_buf signature = AKV_BUF_INIT(512);
        struct akv_error err = AKV_ERROR_INIT;
        bool ok =
            akv_key_sign(vault.client, &id, rows[i].alg, digest,
                         akv_alg_digest_size(rows[i].alg), &signature, &err);

        expect(AKV_E_NONE, &err);
        CU_ASSERT_TRUE(ok);
        CU_ASSERT_EQUAL(signature.len, rows[i].size);
        akv_buf_free(&signature);
    }
}

static void test_sign_refused(void)
{
    static const struct {
        const char *key;
        enum akv_alg alg;
        size_t len;
        enum akv_error_code code;
        const char *message;
    } rows[] = {
        { "ec", AKV_ES256, 31, AKV_E_SERVICE, "31 bytes" },
        { "ec", AKV_ES384, 48, AKV_E_SERVICE, "P-256" },
        { "wrap", AKV_RS256, 32, AKV_E_FORBIDDEN, "sign" },
        { "none", AKV_RS256, 32, AKV_E_NOT_FOUND, "none" },
    };
    static const unsigned char digest[64] = { 0 };
    size_t i;

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct akv_id id = test_vault_key(&vault, rows[i].key);
        struct akv_buf signature = AKV_BUF_INIT(512);
        struct akv_error err = AKV_ERROR_INIT;

        CU_ASSERT_FALSE(akv_key_sign(vault.client, &id, rows[i].alg, digest,
                                     rows[i].len, &signature, &err));
        expect(rows[i].code, &err);
        CU_ASSERT_PTR_NOT_NULL(strstr(err.message, rows[i].message));
        CU_ASSERT_EQUAL(signature.len, 0);
        akv_buf_free(&signature);
    }
}

/* A ciphertext that is no number below the modulus, or has bad padding. */
static void test_decrypt_refused(void)
{
    static const unsigned char noise[256] = { 0, 1 };
    struct akv_id rsa = test_vault_key(&vault, "rsa");
    struct akv_id wrap = test_vault_key(&vault, "wrap");
    struct akv_buf plain = AKV_BUF_INIT(512);
    struct akv_error err = AKV_ERROR_INIT;

    CU_ASSERT_FALSE(akv_key_cipher(vault.client, &rsa, AKV_DECRYPT,
                                   AKV_RSA_OAEP, noise, sizeof(noise), NULL,
                                   &plain, &err));
    expect(AKV_E_SERVICE, &err);
    CU_ASSERT_FALSE(akv_key_cipher(vault.client, &wrap, AKV_DECRYPT,
                                   AKV_RSA_OAEP, noise, sizeof(noise), NULL,
                                   &plain, &err));
    expect(AKV_E_FORBIDDEN, &err);
    CU_ASSERT_FALSE(akv_key_cipher(vault.client, &wrap, AKV_UNWRAP,
                                   AKV_RSA_OAEP, noise, sizeof(noise), NULL,
                                   &plain, &err));
    expect(AKV_E_SERVICE, &err);
    akv_buf_free(&plain);
}

static void test_wrong_kid(void)
{
    static const unsigned char digest[32] = { 0 };
    struct akv_id id = test_vault_key(&vault, "ec");
    struct akv_buf signature = AKV_BUF_INIT(512);
    struct akv_error err = AKV_ERROR_INIT;

    test_vault_post(&vault, "/faults",
                    "[{\"match\":{\"op\":\"sign\"},\"action\":{\"field\":{"
                    "\"kid\":\"wrong_name\"}}}]");
    CU_ASSERT_FALSE(akv_key_sign(vault.client, &id, AKV_ES256, digest, 32,
                                 &signature, &err));
    expect(AKV_E_PROTOCOL, &err);
    CU_ASSERT_PTR_NOT_NULL(strstr(err.message, "kid"));
    test_vault_post(&vault, "/faults", "[]");
    akv_buf_free(&signature);
}

#define IN_FLIGHT 50

/* Many at a time by calls without callback, all of them on one token. */
static void test_many_in_flight(void)
{
    struct akv_call *calls[IN_FLIGHT];
    struct akv_id id = test_vault_key(&vault, "ec");
    struct akv_error err = AKV_ERROR_INIT;
    size_t i;

    test_vault_post(&vault, "/counters/reset", "");
    for (i = 0; i < IN_FLIGHT; i++) {
        calls[i] = akv_key_get_start(vault.client, &id, NULL, NULL, &err);
        CU_ASSERT_PTR_NOT_NULL_FATAL(calls[i]);
    }
    for (i = 0; i < IN_FLIGHT; i++) {
        struct akv_key_bundle bundle;

        CU_ASSERT_TRUE(akv_key_get_result(calls[i], &bundle, &err));
        CU_ASSERT_STRING_EQUAL(bundle.properties.id.name, "ec");
        akv_key_bundle_free(&bundle);
        akv_call_free(calls[i]);
    }
    CU_ASSERT_EQUAL(test_vault_count(&vault, "get_key"), IN_FLIGHT);
    CU_ASSERT_EQUAL(test_vault_count(&vault, "tokens"), 0);
}

/* The end does not wait for what the vault never answers. */
static void test_close_in_flight(void)
{
    struct akv_id id = test_vault_key(&vault, "ec");
    struct akv_error err = AKV_ERROR_INIT;
    struct akv_client *client = akv_client_new_borrowing(&vault.settings, NULL);
    struct akv_call *call;

    test_vault_post(&vault, "/faults",
                    "[{\"match\":{\"op\":\"get_key\"},\"action\":{\"stall\":"
                    "true}}]");
    call = akv_key_get_start(client, &id, NULL, NULL, &err);
    CU_ASSERT_PTR_NOT_NULL_FATAL(call);
    CU_ASSERT_TRUE(akv_client_free(client));
    CU_ASSERT_FALSE(akv_call_wait(call, &err));
    expect(AKV_E_CANCELLED, &err);
    akv_call_free(call);
    test_vault_post(&vault, "/faults", "[]");
}

int main(int argc, char **argv)
{
    static CU_TestInfo tests[] = {
        { "get", test_get },
        { "get: no such key", test_get_missing },
        { "create", test_create },
        { "create: refused", test_create_refused },
        { "list", test_list },
        { "list versions", test_list_versions },
        { "sign", test_sign },
        { "sign: refused", test_sign_refused },
        { "decrypt: refused", test_decrypt_refused },
        { "reply of another key", test_wrong_kid },
        { "many in flight", test_many_in_flight },
        { "closed in flight", test_close_in_flight },
        CU_TEST_INFO_NULL,
    };
    CU_SuiteInfo suites[] = { { "keys", NULL, NULL, NULL, NULL, tests },
                              CU_SUITE_INFO_NULL };
    unsigned failures;

    if (argc != 2) {
        (void)fprintf(stderr, "usage: %s EMULATOR\n", argv[0]);
        return 2;
    }
    test_vault_start(&vault, argv[1], seed, NULL);
    if (CU_initialize_registry() != CUE_SUCCESS
        || CU_register_suites(suites) != CUE_SUCCESS)
        return 1;
    CU_basic_set_mode(CU_BRM_VERBOSE);
    (void)CU_basic_run_tests();
    failures = CU_get_number_of_failures();
    CU_cleanup_registry();
    test_vault_stop(&vault);
    return failures == 0 ? 0 : 1;
}
