/* SPDX-License-Identifier: Apache-2.0 */

/* Credentials of a program's own, against the emulator. The client's settings
 * have a secret that does not do. */

#include <CUnit/Basic.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "akv/buf.h"
#include "akv/credential.h"
#include "akv/secret.h"
#include "base/settings_impl.h"
#include "client/client_impl.h"
#include "client/cred_probe.h"
#include "vault.h"

#define CERTIFIED "33333333-2222-3333-4444-555555555555"

static struct test_vault vault;
static char *token; /* a good one */
static int64_t token_end;
static struct akv_buf robot; /* certificate and key, PEM */

/* --- Sources ---------------------------------------------------------------
 */

struct source {
    enum { AT_ONCE, LATER, REFUSED, BAD, OLD } way;
    unsigned calls;
    char asked[300];
    struct akv_credential_answer *answer;
    pthread_t thread;
};

static void *answer_later(void *arg)
{
    struct source *source = arg;

    akv_credential_give(source->answer, token, token_end);
    return NULL;
}

static void give(void *arg, const struct akv_credential_request *request,
                 struct akv_credential_answer *answer)
{
    struct source *source = arg;

    source->calls++;
    (void)snprintf(source->asked, sizeof(source->asked), "%s %s %s",
                   request->scope, request->tenant,
                   request->claims != NULL ? request->claims : "-");
    source->answer = answer;
    if (source->way == AT_ONCE)
        akv_credential_give(answer, token, 0);
    else if (source->way == REFUSED)
        akv_credential_refuse(answer, "the broker is away");
    else if (source->way == BAD)
        akv_credential_give(answer, "two words", token_end);
    else if (source->way == OLD)
        akv_credential_give(answer, token, 5);
    else if (pthread_create(&source->thread, NULL, answer_later, source) != 0)
        abort();
}

/* --- Operations ------------------------------------------------------------
 */

static bool get_secret(struct akv_client *client, struct akv_error *err)
{
    struct akv_id id = test_vault_id(&vault, "vault_url", "secrets/s");
    struct akv_secret secret = { 0 };
    bool ok = akv_secret_get(client, &id, &secret, err);

    CU_ASSERT_TRUE(!ok || strcmp(akv_buf_str(&secret.value), "v") == 0);
    akv_secret_free(&secret);
    return ok;
}

/* Once with a client of its own. */
static bool works_with(struct akv_credential *credential, struct akv_error *err)
{
    struct akv_client *client = akv_client_new_borrowing(&vault.settings, NULL);
    bool ok;

    CU_ASSERT_PTR_NOT_NULL_FATAL(client);
    CU_ASSERT_TRUE_FATAL(akv_client_set_credential(client, credential, err));
    ok = get_secret(client, err);
    CU_ASSERT_TRUE(akv_client_free(client));
    if (!ok)
        (void)fprintf(stderr, "%s\n", err->message);
    return ok;
}

static void test_settings(void)
{
    struct akv_error err = AKV_ERROR_INIT;

    CU_ASSERT_FALSE(get_secret(vault.client, &err));
    CU_ASSERT_EQUAL(err.code, AKV_E_AUTHENTICATION);
}

static void test_callback(void)
{
    static const struct {
        int way;
        const char *message; /* NULL: it works */
    } rows[] = {
        { AT_ONCE, NULL },
        { LATER, NULL },
        { REFUSED, "the broker is away" },
        { BAD, "not one word" },
        { OLD, "has expired" },
    };
    size_t i;

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct source source = { .way = rows[i].way };
        struct akv_credential *credential = akv_credential_new(give, &source);
        struct akv_error err = AKV_ERROR_INIT;
        bool ok = works_with(credential, &err);

        CU_ASSERT_EQUAL(ok, rows[i].message == NULL);
        if (rows[i].message != NULL) {
            CU_ASSERT_EQUAL(err.code, AKV_E_AUTHENTICATION);
            CU_ASSERT_PTR_NOT_NULL(strstr(err.message, rows[i].message));
        }
        CU_ASSERT_EQUAL(source.calls, 1);
        CU_ASSERT_EQUAL(
            strncmp(source.asked, "https://vault.azure.net/.default ", 33), 0);
        CU_ASSERT_PTR_NOT_NULL(strstr(source.asked, vault.settings.tenant_id));
        if (source.way == LATER)
            (void)pthread_join(source.thread, NULL);
        akv_credential_free(credential);
    }
}

static void keep(void *arg, const struct akv_credential_request *request,
                 struct akv_credential_answer *answer)
{
    (void)request;
    *(struct akv_credential_answer **)arg = answer;
}

/* An answer that nobody waits for any more, behind the client's end. */
static void test_too_late(void)
{
    struct akv_credential_answer *answer = NULL;
    struct akv_credential *credential = akv_credential_new(keep, &answer);
    struct akv_error err = AKV_ERROR_INIT;
    struct akv_settings hasty = vault.settings;
    struct akv_client *client;

    hasty.timeout_ms = 300;
    client = akv_client_new_borrowing(&hasty, NULL);
    CU_ASSERT_TRUE_FATAL(akv_client_set_credential(client, credential, &err));
    CU_ASSERT_FALSE(get_secret(client, &err));
    CU_ASSERT_EQUAL(err.code, AKV_E_DEADLINE);
    CU_ASSERT_TRUE(akv_client_free(client));
    akv_credential_free(credential);
    CU_ASSERT_PTR_NOT_NULL_FATAL(answer);
    akv_credential_give(answer, token, token_end);
}

static void test_secret(void)
{
    struct akv_credential *credential = akv_credential_new(NULL, NULL);
    struct akv_error err = AKV_ERROR_INIT;

    CU_ASSERT_TRUE(akv_credential_set_secret(
        credential, vault.settings.tenant_id, vault.settings.client_id,
        test_vault_ready(&vault, "client_secret"), &err));
    CU_ASSERT_TRUE(works_with(credential, &err));
    CU_ASSERT_FALSE(akv_credential_set_secret(credential, "t", "c", "s", &err));
    CU_ASSERT_EQUAL(err.code, AKV_E_INVALID);
    CU_ASSERT_FALSE(akv_credential_set_token(credential, "t", 0, &err));
    akv_credential_free(credential);
}

static void test_certificate(void)
{
    struct akv_credential *credential = akv_credential_new(NULL, NULL);
    struct akv_error err = AKV_ERROR_INIT;

    CU_ASSERT_FALSE(akv_credential_set_certificate(
        credential, vault.settings.tenant_id, CERTIFIED, "", 0, NULL, &err));
    CU_ASSERT_EQUAL(err.code, AKV_E_INVALID);
    CU_ASSERT_TRUE(akv_credential_set_certificate(
        credential, vault.settings.tenant_id, CERTIFIED, robot.data, robot.len,
        NULL, &err));
    CU_ASSERT_TRUE(works_with(credential, &err));
    akv_credential_free(credential);
}

/* It may be set anew while it is in use. */
static void test_token(void)
{
    struct akv_credential *credential = akv_credential_new(NULL, NULL);
    struct akv_error err = AKV_ERROR_INIT;

    CU_ASSERT_FALSE(akv_client_set_credential(vault.client, credential, &err));
    CU_ASSERT_EQUAL(err.code, AKV_E_INVALID);
    CU_ASSERT_TRUE(akv_credential_set_token(credential, "old", 5, &err));
    CU_ASSERT_FALSE(works_with(credential, &err));
    CU_ASSERT_EQUAL(err.code, AKV_E_AUTHENTICATION);
    CU_ASSERT_TRUE(akv_credential_set_token(credential, token, 0, &err));
    CU_ASSERT_TRUE(works_with(credential, &err));
    akv_credential_free(credential);
    akv_credential_free(NULL);
}

/* --- Setting up ------------------------------------------------------------
 */

static void make_robot(struct akv_buf *pem)
{
    EVP_PKEY *pkey = EVP_RSA_gen(2048);
    X509 *cert = X509_new();
    BIO *bio = BIO_new(BIO_s_mem());
    char *data;
    long len;

    if (pkey == NULL || cert == NULL || bio == NULL
        || ASN1_INTEGER_set(X509_get_serialNumber(cert), 1) != 1
        || X509_gmtime_adj(X509_getm_notBefore(cert), -60) == NULL
        || X509_gmtime_adj(X509_getm_notAfter(cert), 3600) == NULL
        || X509_set_pubkey(cert, pkey) != 1
        || X509_sign(cert, pkey, EVP_sha256()) == 0
        || PEM_write_bio_X509(bio, cert) != 1
        || PEM_write_bio_PrivateKey(bio, pkey, NULL, NULL, 0, NULL, NULL) != 1)
        abort();
    len = BIO_get_mem_data(bio, &data);
    akv_buf_init(pem, 65536);
    if (!akv_buf_append(pem, data, (size_t)len))
        abort();
    BIO_free(bio);
    X509_free(cert);
    EVP_PKEY_free(pkey);
}

/* A token as a program may get it elsewhere. */
static void fetch_token(void)
{
    struct akv_settings settings;
    struct akv_buf text = AKV_BUF_INIT(65536);
    struct akv_error err = AKV_ERROR_INIT;
    struct akv_client *client;

    if (!akv_settings_dup(&settings, &vault.settings))
        abort();
    free(settings.client_secret);
    settings.client_secret = strdup(test_vault_ready(&vault, "client_secret"));
    client = akv_client_new_borrowing(&settings, NULL);
    if (!akv_client_get_token(client, "https://vault.azure.net/.default", &text,
                              &token_end, &err)) {
        (void)fprintf(stderr, "%s\n", err.message);
        abort();
    }
    token = strdup(akv_buf_str(&text));
    akv_buf_free(&text);
    (void)akv_client_free(client);
    akv_settings_clear(&settings);
}

static void start(const char *emulator)
{
    static const char *const extra[] = { "client-secret", "wrong", NULL };
    char path[] = "/tmp/akv-robot.XXXXXX", seed[300];
    int fd = mkstemp(path);
    FILE *file = fd >= 0 ? fdopen(fd, "w") : NULL;

    make_robot(&robot);
    if (file == NULL || fwrite(robot.data, 1, robot.len, file) != robot.len
        || fclose(file) != 0)
        abort();
    (void)snprintf(
        seed, sizeof(seed),
        "{\"secrets\":[{\"name\":\"s\",\"value\":\"v\"}],"
        "\"principals\":[{\"client_id\":\"" CERTIFIED
        "\",\"operations\":[\"get_secret\"],\"certificate_file\":\"%s\"}]}",
        path);
    test_vault_start(&vault, emulator, seed, extra);
    (void)remove(path);
    fetch_token();
}

int main(int argc, char **argv)
{
    static CU_TestInfo tests[] = {
        { "the settings'", test_settings },
        { "a function", test_callback },
        { "a function that answers too late", test_too_late },
        { "a secret", test_secret },
        { "a certificate", test_certificate },
        { "a token", test_token },
        CU_TEST_INFO_NULL,
    };
    CU_SuiteInfo suites[] = { { "credential", NULL, NULL, NULL, NULL, tests },
                              CU_SUITE_INFO_NULL };
    unsigned failures;

    if (argc != 2) {
        (void)fprintf(stderr, "usage: %s EMULATOR\n", argv[0]);
        return 2;
    }
    start(argv[1]);
    if (CU_initialize_registry() != CUE_SUCCESS
        || CU_register_suites(suites) != CUE_SUCCESS)
        return 1;
    CU_basic_set_mode(CU_BRM_VERBOSE);
    (void)CU_basic_run_tests();
    failures = CU_get_number_of_failures();
    CU_cleanup_registry();
    test_vault_stop(&vault);
    akv_buf_free(&robot);
    free(token);
    return failures == 0 ? 0 : 1;
}
