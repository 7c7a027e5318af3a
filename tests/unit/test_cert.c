/* SPDX-License-Identifier: Apache-2.0 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "akv/cert.h"
#include "akv/contacts.h"
#include "akv/issuer.h"
#include "client_fixture.h"
#include "unit.h"

#define ID "\"id\":\"" H "/certificates/c/7\""
#define BEGIN "-----BEGIN CERTIFICATE-----"
#define END "-----END CERTIFICATE-----"

static void get(void)
{
    static const char reply[] =
        "{" ID ",\"kid\":\"" H "/keys/c/7\",\"sid\":\"" H
        "/secrets/c/7\",\"x5t\":\"_w\",\"cer\":\"/wA=\",\"attributes\":{"
        "\"enabled\":true},\"policy\":{\"id\":\"p\"},\"pending\":{\"id\":"
        "\"o\"}}";
    struct akv_id id = client_id(H "/certificates/c");
    struct akv_error err = AKV_ERROR_INIT;
    struct akv_cert cert;

    client_answer(reply, NULL, NULL);
    CHECK(akv_cert_get(NULL, &id, &cert, &err));
    CHECK_STR("asked", client_asked(), "GET /certificates/c\n");
    CHECK_STR("version", cert.properties.id.version, "7");
    CHECK(cert.der.len == 2 && memcmp(cert.der.data, "\xff\0", 2) == 0);
    CHECK(cert.x5t.len == 1 && cert.x5t.data[0] == 0xff);
    CHECK_STR("key", cert.kid, H "/keys/c/7");
    CHECK_STR("secret", cert.sid, H "/secrets/c/7");
    CHECK_STR("policy", cert.policy, "{\"id\":\"p\"}");
    CHECK(cert.pending);
    akv_cert_free(&cert);
    akv_cert_free(&cert);
    client_clear();
}

/* While it is being created there is nearly nothing. */
static void unfinished(void)
{
    struct akv_id id = client_id(H "/certificates/c");
    struct akv_error err = AKV_ERROR_INIT;
    struct akv_cert cert;

    client_answer("{" ID ",\"attributes\":{\"enabled\":false},\"pending\":{"
                  "\"id\":\"o\"}}",
                  "{" ID "}", NULL);
    CHECK(akv_cert_get(NULL, &id, &cert, &err));
    CHECK(cert.der.len == 0 && cert.x5t.len == 0 && cert.policy == NULL);
    CHECK(cert.kid == NULL && cert.sid == NULL && cert.pending);
    CHECK_INT("enabled", cert.properties.attributes.enabled, AKV_FLAG_NO);
    akv_cert_free(&cert);
    CHECK(akv_cert_get(NULL, &id, &cert, &err));
    CHECK(!cert.pending);
    akv_cert_free(&cert);
    client_clear();
}

static void bad_replies(void)
{
    static const struct {
        const char *reply, *message;
    } rows[] = {
        { "{}", "id or kid is missing" },
        { "{\"id\":\"" H "/certificates/o/1\"}", "of another object" },
        { "{\"id\":\"" H "/secrets/c/1\"}", "of another object" },
        { "{" ID ",\"cer\":\"_w\"}", "cer: is not base64" },
        { "{" ID ",\"x5t\":\"/w\"}", "x5t: is not base64url" },
        { "{" ID ",\"x5t\":7}", "x5t: is not base64url" },
        { "", "not JSON" },
        { "!No.", "No." },
    };
    struct akv_id id = client_id(H "/certificates/c");
    size_t i;

    for (i = 0; i < COUNT(rows); i++) {
        struct akv_error err = AKV_ERROR_INIT;
        struct akv_cert cert;

        client_answer(rows[i].reply, NULL, NULL);
        CHECK_AT(rows[i].reply, !akv_cert_get(NULL, &id, &cert, &err));
        CHECK_HAS(rows[i].reply, err.message, rows[i].message);
        akv_cert_free(&cert);
    }
    client_clear();
}

static void create(void)
{
    struct akv_id id = client_id(H "/certificates/c/5");
    struct akv_cert_options options = { .attributes = AKV_ATTRIBUTES_INIT };
    struct akv_error err = AKV_ERROR_INIT;
    struct akv_json *operation;

    options.attributes.enabled = AKV_FLAG_NO;
    client_answer("{\"csr\":\"x\",\"status\":\"inProgress\"}", "{}", NULL);
    CHECK(akv_cert_create(NULL, &id, "{\"issuer\":{\"name\":\"Self\"}}",
                          &options, &operation, &err));
    CHECK_STR("request", akv_json_get_text(operation, "csr"), "x");
    akv_json_free(operation);
    CHECK(akv_cert_create(NULL, &id, NULL, NULL, &operation, &err));
    akv_json_free(operation);
    CHECK_STR("asked", client_asked(),
              "POST /certificates/c/create {\"policy\":{\"issuer\":{\"name\":"
              "\"Self\"}},\"attributes\":{\"enabled\":false}}\n"
              "POST /certificates/c/create {}\n");
    client_clear();
}

/* JSON that a caller gives is looked at before it is sent. */
static void bad_documents(void)
{
    static const char *const documents[] = { "",      "{",     "[]",
                                             "\"x\"", "{} {}", "policy" };
    struct akv_id id = client_id(H "/certificates/c");
    size_t i;

    client_answer(NULL, NULL, NULL);
    for (i = 0; i < COUNT(documents); i++) {
        struct akv_error err = AKV_ERROR_INIT;
        struct akv_json *json = NULL;
        struct akv_cert cert;

        CHECK_AT(documents[i],
                 !akv_cert_create(NULL, &id, documents[i], NULL, &json, &err));
        CHECK_INT(documents[i], err.code, AKV_E_INVALID);
        CHECK_HAS(documents[i], err.message, "the policy is no JSON object");
        CHECK_AT(documents[i],
                 !akv_cert_set_policy(NULL, &id, documents[i], &json, &err));
        CHECK_INT(documents[i], err.code, AKV_E_INVALID);
        CHECK_AT(documents[i],
                 !akv_issuer_set(NULL, &id, documents[i], &json, &err));
        CHECK_HAS(documents[i], err.message, "the issuer is no JSON object");
        CHECK_AT(documents[i],
                 !akv_contacts_set(NULL, &id, documents[i], &json, &err));
        CHECK_HAS(documents[i], err.message, "contacts is no JSON object");
        CHECK_AT(documents[i],
                 !akv_cert_import(NULL, &id, "x", 1, NULL, documents[i], NULL,
                                  &cert, &err));
        CHECK_INT(documents[i], err.code, AKV_E_INVALID);
        akv_cert_free(&cert);
    }
    CHECK_INT("nothing is sent", fake_client_count(), 0);
    client_clear();
}

static void default_policy(void)
{
    static const char *const subjects[] = { "CN=example.org",
                                            "CN=\"a, b\", O=\\x" };
    size_t i;

    for (i = 0; i < COUNT(subjects); i++) {
        char *policy = akv_cert_default_policy(subjects[i]);
        struct akv_json *json =
            policy != NULL ? akv_json_parse(policy, strlen(policy), NULL)
                           : NULL;
        const struct akv_json *x509 = akv_json_get(json, "x509_props");
        const struct akv_json *key = akv_json_get(json, "key_props");
        int64_t number = 0;

        CHECK_AT(subjects[i], json != NULL);
        CHECK_STR("subject", akv_json_get_text(x509, "subject"), subjects[i]);
        CHECK(akv_json_get_int(x509, "validity_months", &number));
        CHECK_INT("validity", number, 12);
        CHECK_INT("uses", akv_json_length(akv_json_get(x509, "ekus")), 2);
        CHECK_STR("key", akv_json_get_text(key, "kty"), "RSA");
        CHECK(akv_json_get_int(key, "key_size", &number));
        CHECK_INT("size", number, 2048);
        CHECK_STR("issuer",
                  akv_json_get_text(akv_json_get(json, "issuer"), "name"),
                  "Self");
        akv_json_free(json);
        free(policy);
    }
}

static const struct {
    const char *where, *pem, *chain; /* NULL: there is none */
} merge_rows[] = {
    { "one", BEGIN "\nAQID\n" END "\n", "[\"AQID\"]" },
    { "in lines", BEGIN "\r\nAQID\r\n BAUG\r\n" END, "[\"AQIDBAUG\"]" },
    { "two, with words between",
      "Leaf\n" BEGIN "\nAQID\n" END "\nRoot\n" BEGIN "\nBAUG\n" END "\n",
      "[\"AQID\",\"BAUG\"]" },
    { "without a key that is beside it",
      "-----BEGIN PRIVATE KEY-----\nc2VjcmV0\n-----END PRIVATE KEY-----\n" BEGIN
      "\nAQID\n" END "\n",
      "[\"AQID\"]" },
    { "none", "AQID", NULL },
    { "nothing", "", NULL },
    { "no end", BEGIN "\nAQID\n", NULL },
    { "a key alone",
      "-----BEGIN PRIVATE KEY-----\nc2VjcmV0\n-----END PRIVATE KEY-----\n",
      NULL },
};

static void merge(void)
{
    struct akv_id id = client_id(H "/certificates/c/5");
    size_t i;

    for (i = 0; i < COUNT(merge_rows); i++) {
        const char *where = merge_rows[i].where;
        struct akv_error err = AKV_ERROR_INIT;
        struct akv_cert cert;
        char want[200];

        client_answer("{" ID "}", NULL, NULL);
        CHECK_AT(where,
                 akv_cert_merge(NULL, &id, merge_rows[i].pem, NULL, &cert, &err)
                     == (merge_rows[i].chain != NULL));
        (void)snprintf(want, sizeof(want),
                       "POST /certificates/c/pending/merge {\"x5c\":%s}\n",
                       merge_rows[i].chain);
        CHECK_STR(where, client_asked(),
                  merge_rows[i].chain != NULL ? want : "");
        CHECK_INT(where, err.code,
                  merge_rows[i].chain != NULL ? AKV_E_NONE : AKV_E_INVALID);
        akv_cert_free(&cert);
    }
    client_clear();
}

#define PEM "-----BEGIN PRIVATE KEY-----\nx"
#define PEM_JSON "\"value\":\"-----BEGIN PRIVATE KEY-----\\nx\""
#define PEM_TYPE "\"secret_props\":{\"contentType\":\"application/x-pem-file\"}"

static const struct {
    const char *where, *data;
    size_t len;
    const char *password, *policy, *body;
} import_rows[] = {
    { "PFX", "\x30\xff\0", 3, NULL, NULL, "{\"value\":\"MP8A\"}" },
    { "PFX with a password", "\x30\x82", 2, "p\"w", NULL,
      "{\"value\":\"MII=\",\"pwd\":\"p\\\"w\"}" },
    { "PFX with a policy", "\x30\x82", 2, "", "{\"a\":1}",
      "{\"value\":\"MII=\",\"pwd\":\"\",\"policy\":{\"a\":1}}" },
    { "PEM", PEM, sizeof(PEM) - 1, NULL, NULL,
      "{" PEM_JSON ",\"policy\":{" PEM_TYPE "}}" },
    { "PEM with a policy", PEM, sizeof(PEM) - 1, NULL, "{\"a\":1}",
      "{" PEM_JSON ",\"policy\":{\"a\":1," PEM_TYPE "}}" },
    { "PEM, the rest of the secret's properties", PEM, sizeof(PEM) - 1, NULL,
      "{\"secret_props\":{\"a\":1}}",
      "{" PEM_JSON ",\"policy\":{\"secret_props\":{\"a\":1,\"contentType\":"
      "\"application/x-pem-file\"}}}" },
    { "PEM, said already", PEM, sizeof(PEM) - 1, NULL,
      "{\"secret_props\":{\"contentType\":\"x\"}}",
      "{" PEM_JSON ",\"policy\":{\"secret_props\":{\"contentType\":\"x\"}}}" },
};

static void import(void)
{
    struct akv_id id = client_id(H "/certificates/c/5");
    size_t i;

    for (i = 0; i < COUNT(import_rows); i++) {
        const char *where = import_rows[i].where;
        struct akv_error err = AKV_ERROR_INIT;
        struct akv_cert cert;
        char want[300];

        client_answer("{" ID "}", NULL, NULL);
        CHECK_AT(where,
                 akv_cert_import(NULL, &id, import_rows[i].data,
                                 import_rows[i].len, import_rows[i].password,
                                 import_rows[i].policy, NULL, &cert, &err));
        (void)snprintf(want, sizeof(want), "POST /certificates/c/import %s\n",
                       import_rows[i].body);
        CHECK_STR(where, client_asked(), want);
        akv_cert_free(&cert);
    }
    client_clear();
}

static void import_limits(void)
{
    struct akv_id id = client_id(H "/certificates/c");
    char *large = calloc(1, AKV_CERT_MAX + 1);
    struct akv_error err = AKV_ERROR_INIT;
    struct akv_cert cert;

    client_answer("!Arrived.", NULL, NULL);
    CHECK(!akv_cert_import(NULL, &id, "", 0, NULL, NULL, NULL, &cert, &err));
    CHECK_INT("empty", err.code, AKV_E_INVALID);
    CHECK(!akv_cert_import(NULL, &id, large, AKV_CERT_MAX + 1, NULL, NULL, NULL,
                           &cert, &err));
    CHECK_INT("too large", err.code, AKV_E_INVALID);
    CHECK_INT("nothing is sent", fake_client_count(), 0);
    CHECK(!akv_cert_import(NULL, &id, large, AKV_CERT_MAX, NULL, NULL, NULL,
                           &cert, &err));
    CHECK_INT("the largest is sent", fake_client_count(), 1);
    free(large);
    client_clear();
}

typedef bool get_fn(struct akv_client *client, const struct akv_id *id,
                    struct akv_json **result, struct akv_error *err);
typedef bool put_fn(struct akv_client *client, const struct akv_id *id,
                    const char *body, struct akv_json **result,
                    struct akv_error *err);

/* Documents that are read, deleted, written: the request is all there is. */
static void documents(void)
{
    static const struct {
        get_fn *get;
        put_fn *put;
        const char *name, *asked;
    } rows[] = {
        { akv_cert_get_operation, NULL, "c", "GET /certificates/c/pending\n" },
        { akv_cert_cancel_operation, NULL, "c",
          "PATCH /certificates/c/pending {\"cancellation_requested\":true}\n" },
        { akv_cert_delete_operation, NULL, "c",
          "DELETE /certificates/c/pending\n" },
        { akv_cert_get_policy, NULL, "c", "GET /certificates/c/policy\n" },
        { NULL, akv_cert_set_policy, "c",
          "PATCH /certificates/c/policy {\"a\": 1}\n" },
        { akv_issuer_get, NULL, "i", "GET /certificates/issuers/i\n" },
        { NULL, akv_issuer_set, "i",
          "PUT /certificates/issuers/i {\"a\": 1}\n" },
        { NULL, akv_issuer_update, "i",
          "PATCH /certificates/issuers/i {\"a\": 1}\n" },
        { akv_issuer_delete, NULL, "i", "DELETE /certificates/issuers/i\n" },
        { akv_contacts_get, NULL, "c", "GET /certificates/contacts\n" },
        { NULL, akv_contacts_set, "c",
          "PUT /certificates/contacts {\"a\": 1}\n" },
        { akv_contacts_delete, NULL, "c", "DELETE /certificates/contacts\n" },
        { akv_contacts_get, NULL, "", "GET /certificates/contacts\n" },
        { NULL, akv_contacts_set, "",
          "PUT /certificates/contacts {\"a\": 1}\n" },
        { akv_contacts_delete, NULL, "", "DELETE /certificates/contacts\n" },
    };
    size_t i, round;

    for (i = 0; i < COUNT(rows) * 2; i++) {
        struct akv_id id = client_id(H "/certificates/c/5");
        struct akv_error err = AKV_ERROR_INIT;
        struct akv_json *json = NULL;
        bool ok;

        round = i / 2;
        (void)snprintf(id.name, sizeof(id.name), "%s", rows[round].name);
        client_answer(i % 2 ? "!No." : "{\"b\":\"2\"}", NULL, NULL);
        ok = rows[round].get != NULL
                 ? rows[round].get(NULL, &id, &json, &err)
                 : rows[round].put(NULL, &id, "{\"a\": 1}", &json, &err);
        CHECK_STR("asked", client_asked(), rows[round].asked);
        CHECK_AT(rows[round].asked, ok == (i % 2 == 0));
        CHECK_AT(rows[round].asked, ok == (json != NULL));
        if (ok)
            CHECK_STR("reply", akv_json_get_text(json, "b"), "2");
        akv_json_free(json);
    }
    client_clear();
}

int main(void)
{
    static const struct unit_test tests[] = {
        { "get", get },
        { "an unfinished one", unfinished },
        { "bad replies", bad_replies },
        { "create", create },
        { "bad documents", bad_documents },
        { "default policy", default_policy },
        { "merge", merge },
        { "import", import },
        { "limits of import", import_limits },
        { "documents", documents },
    };

    return unit_main("certs", tests, COUNT(tests));
}
