/* SPDX-License-Identifier: Apache-2.0 */

/* Operations on what a vault holds, without memory. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "akv/cert.h"
#include "akv/contacts.h"
#include "akv/issuer.h"
#include "akv/key.h"
#include "akv/pager.h"
#include "akv/poller.h"
#include "akv/secret.h"
#include "client_fixture.h"
#include "torture.h"
#include "unit.h"

#define KEY                                                                    \
    "{\"key\":{\"kid\":\"" H                                                   \
    "/keys/k/7\",\"kty\":\"oct\"},\"release_policy\":"                         \
    "{\"data\":\"e30\"},\"tags\":{\"a\":\"b\"}}"
#define SECRET                                                                 \
    "{\"id\":\"" H "/secrets/s/7\",\"value\":\"v\",\"kid\":\"k\","             \
    "\"contentType\":\"t\",\"recoveryId\":\"r\",\"previousVersion\":\"6\"}"
#define CERT                                                                   \
    "{\"id\":\"" H "/certificates/c/7\",\"kid\":\"k\",\"sid\":\"s\",\"cer\":"  \
    "\"AQID\",\"x5t\":\"AQ\",\"policy\":{\"a\":1}}"
#define PEM "-----BEGIN CERTIFICATE-----\nAQID\n-----END CERTIFICATE-----\n"

/* A failure must have a cause. */
static bool ended(bool ok, const struct akv_error *err)
{
    if (!ok) {
        CHECK(err->code != AKV_E_NONE);
        CHECK(err->message[0] != '\0');
    }
    client_clear();
    return ok;
}

static bool key_create(void)
{
    struct akv_key_create what = AKV_KEY_CREATE_INIT;
    struct akv_id id = client_id(H "/keys/k");
    struct akv_error err = AKV_ERROR_INIT;
    struct akv_key_bundle bundle;
    bool ok;

    what.type = AKV_KEY_OCT;
    what.bits = 256;
    what.attributes.enabled = AKV_FLAG_YES;
    what.attributes.exp = 5;
    what.release_policy = "{}";
    what.immutable_policy = true;
    client_answer(KEY, NULL, NULL);
    ok = akv_key_create(NULL, &id, &what, &bundle, &err);
    akv_key_bundle_free(&bundle);
    return ended(ok, &err);
}

static bool key_import(void)
{
    struct akv_key_create what = AKV_KEY_CREATE_INIT;
    struct akv_id id = client_id(H "/keys/k");
    struct akv_error err = AKV_ERROR_INIT;
    struct akv_key_bundle bundle;
    bool ok;

    what.hsm = true;
    what.ops = AKV_OP_SIGN;
    client_answer(KEY, NULL, NULL);
    ok = akv_key_import(NULL, &id, "{\"kty\":\"oct\"}", &what, &bundle, &err);
    akv_key_bundle_free(&bundle);
    return ended(ok, &err);
}

static bool key_documents(void)
{
    struct akv_id id = client_id(H "/keys/k/7");
    struct akv_buf bytes = AKV_BUF_INIT(100);
    struct akv_error err = AKV_ERROR_INIT;
    struct akv_json *json = NULL;
    bool ok;

    client_answer("{}", "{\"value\":\"AQID\"}", "{\"value\":\"AQID\"}");
    ok = akv_key_set_rotation_policy(NULL, &id, "{}", &json, &err)
         && akv_key_release(NULL, &id, "t", "n", "e", &bytes, &err)
         && akv_key_random(NULL, &id, 3, &bytes, &err);
    akv_json_free(json);
    akv_buf_free(&bytes);
    return ended(ok, &err);
}

static bool crypto(void)
{
    static const char reply[] = "{\"kid\":\"" H "/keys/k/7\",\"value\":\"AQ\","
                                "\"iv\":\"AQID\",\"tag\":\"AQ\"}";
    struct akv_id id = client_id(H "/keys/k/7");
    struct akv_buf result = AKV_BUF_INIT(100);
    struct akv_error err = AKV_ERROR_INIT;
    struct akv_cipher_params params;
    bool ok, valid;

    akv_cipher_params_init(&params);
    client_answer(reply, "{\"value\":true}", NULL);
    ok = (akv_buf_append_str(&params.aad, "aad")
          || akv_error_set(&err, AKV_E_MEMORY, "no memory for aad"))
         && akv_key_cipher(NULL, &id, AKV_ENCRYPT, AKV_A128GCM, "x", 1, &params,
                           &result, &err)
         && akv_key_verify(NULL, &id, AKV_ES256, "d", 1, "s", 1, &valid, &err);
    akv_cipher_params_free(&params);
    akv_buf_free(&result);
    return ended(ok, &err);
}

static bool secret(void)
{
    struct akv_secret_options options = { .attributes = AKV_ATTRIBUTES_INIT,
                                          .content_type = "t" };
    struct akv_id id = client_id(H "/secrets/s");
    struct akv_tags tags = { NULL, 0 };
    struct akv_error err = AKV_ERROR_INIT;
    struct akv_secret s;
    bool ok = akv_tags_add(&tags, "a", "b") && akv_tags_add(&tags, "c", "d");

    if (!ok)
        (void)akv_error_set(&err, AKV_E_MEMORY, "no memory for tags");
    options.tags = &tags;
    client_answer(SECRET, SECRET, NULL);
    if (ok) {
        ok = akv_secret_set(NULL, &id, "v", 1, &options, &s, &err);
        akv_secret_free(&s);
    }
    if (ok) {
        ok = akv_secret_get_pem(NULL, &id, &s, &err);
        akv_secret_free(&s);
    }
    akv_tags_free(&tags);
    return ended(ok, &err);
}

static bool objects(void)
{
    struct akv_update update = { .attributes = AKV_ATTRIBUTES_INIT,
                                 .content_type = "t",
                                 .policy = "{}",
                                 .key_ops = AKV_OP_SIGN };
    struct akv_id id = client_id(H "/secrets/s");
    struct akv_buf blob = AKV_BUF_INIT(100);
    struct akv_error err = AKV_ERROR_INIT;
    struct akv_properties p;
    bool ok;

    client_answer(SECRET, "{\"value\":\"AQID\"}", SECRET);
    ok = akv_object_update(NULL, &id, &update, &p, &err);
    akv_properties_free(&p);
    ok = ok && akv_object_backup(NULL, &id, &blob, &err);
    if (ok) {
        ok = akv_object_restore(NULL, &id, blob.data, blob.len, &p, &err);
        akv_properties_free(&p);
    }
    akv_buf_free(&blob);
    return ended(ok, &err);
}

static bool pages(void)
{
    struct akv_id id = client_id(H "/secrets/s");
    struct akv_pager *pager = akv_pager_new(NULL, AKV_LIST_VERSIONS, &id);
    struct akv_error err = AKV_ERROR_INIT;
    struct akv_properties p;
    unsigned count = 0;

    client_answer("{\"value\":[" SECRET "],\"nextLink\":\"" H "/a\"}",
                  "{\"value\":[],\"nextLink\":\"" H "/b\"}",
                  "{\"value\":[" SECRET "]}");
    if (pager == NULL)
        return ended(akv_error_set(&err, AKV_E_MEMORY, "no pager"), &err);
    while (akv_pager_next_object(pager, &p, &err)) {
        akv_properties_free(&p);
        count++;
    }
    akv_pager_free(pager);
    CHECK("no item is lost in silence" && (count == 2 || err.code != 0));
    return ended(err.code == AKV_E_NONE, &err);
}

static bool polls(void)
{
    struct akv_id id = client_id(H "/certificates/c");
    struct akv_poller *poller = akv_poller_new(NULL, AKV_POLL_CREATE, &id);
    struct akv_error err = AKV_ERROR_INIT;
    bool ok;

    client_answer("{\"status\":\"inProgress\"}", "{\"status\":\"completed\"}",
                  NULL);
    ok = poller != NULL ? akv_poller_wait(poller, 10000, NULL, NULL, &err)
                        : akv_error_set(&err, AKV_E_MEMORY, "no poller");
    akv_poller_free(poller);
    return ended(ok, &err);
}

static bool certs(void)
{
    struct akv_cert_options options = { .attributes = AKV_ATTRIBUTES_INIT };
    struct akv_id id = client_id(H "/certificates/c");
    struct akv_error err = AKV_ERROR_INIT;
    char *policy = akv_cert_default_policy("CN=x");
    struct akv_json *json = NULL;
    struct akv_cert cert;
    bool ok = policy != NULL
              || akv_error_set(&err, AKV_E_MEMORY, "no memory for a policy");

    options.attributes.enabled = AKV_FLAG_YES;
    client_answer("{}", CERT, CERT);
    ok = ok && akv_cert_create(NULL, &id, policy, &options, &json, &err);
    akv_json_free(json);
    free(policy);
    if (ok) {
        ok = akv_cert_merge(NULL, &id, PEM PEM, &options, &cert, &err);
        akv_cert_free(&cert);
    }
    if (ok) {
        ok = akv_cert_import(NULL, &id, PEM, sizeof(PEM) - 1, "p", "{}",
                             &options, &cert, &err);
        akv_cert_free(&cert);
    }
    return ended(ok, &err);
}

static bool documents(void)
{
    struct akv_id id = client_id(H "/certificates/i");
    struct akv_error err = AKV_ERROR_INIT;
    struct akv_json *one = NULL, *two = NULL;
    bool ok;

    client_answer("{}", "{}", NULL);
    ok = akv_issuer_set(NULL, &id, "{\"a\":[]}", &one, &err)
         && akv_cert_cancel_operation(NULL, &id, &two, &err);
    akv_json_free(one);
    akv_json_free(two);
    return ended(ok, &err);
}

TORTURE(key_create)
TORTURE(key_import)
TORTURE(key_documents)
TORTURE(crypto)
TORTURE(secret)
TORTURE(objects)
TORTURE(pages)
TORTURE(polls)
TORTURE(certs)
TORTURE(documents)

int main(void)
{
    static const struct unit_test tests[] = {
        { "create a key", torture_key_create },
        { "import a key", torture_key_import },
        { "documents of keys", torture_key_documents },
        { "cryptography", torture_crypto },
        { "secrets", torture_secret },
        { "objects", torture_objects },
        { "pages", torture_pages },
        { "polls", torture_polls },
        { "certificates", torture_certs },
        { "documents", torture_documents },
    };

    return unit_main("torture_vault", tests, COUNT(tests));
}
