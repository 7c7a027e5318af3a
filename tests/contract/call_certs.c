/* SPDX-License-Identifier: Apache-2.0 */

#include <stdlib.h>
#include <string.h>

#include "akv/cert.h"
#include "akv/contacts.h"
#include "akv/issuer.h"
#include "akv/poller.h"
#include "akv/secret.h"
#include "base/base64.h"
#include "cert_fixture.h"
#include "operations.h"

static const char policy_of_unknown[] =
    "{\"x509_props\":{\"subject\":\"CN=signed elsewhere\",\"sans\":"
    "{\"dns_names\":[\"a.invalid\"]}},\"issuer\":{\"name\":\"Unknown\","
    "\"cert_transparency\":false},\"attributes\":{\"enabled\":true}}";

static const struct akv_cert_options options = { { .enabled = AKV_FLAG_YES,
                                                   .nbf = AKV_NO_TIME,
                                                   .exp = AKV_NO_TIME,
                                                   .exportable =
                                                       AKV_FLAG_UNSET },
                                                 &call_tags,
                                                 false };

/* A document that is shown and freed. */
static void got(const char *what, bool ok, struct akv_json *json,
                const struct akv_error *err)
{
    called(what, ok, err);
    CHECK_AT(what, akv_json_is_object(json));
    akv_json_free(json);
}

static void create(const struct akv_id *id, const char *policy)
{
    struct akv_error err = AKV_ERROR_INIT;
    struct akv_json *json;
    bool ok = akv_cert_create(vault.client, id, policy, &options, &json, &err);

    got("create certificate", ok, json, &err);
}

/* A certificate that the service signs itself, in the time that takes. */
static void make(const struct akv_id *id)
{
    char *policy = akv_cert_default_policy("CN=contract");
    struct akv_error err = AKV_ERROR_INIT;
    struct akv_poller *poller;

    create(id, policy);
    free(policy);
    poller = akv_poller_new(vault.client, AKV_POLL_CREATE, id);
    called("wait", akv_poller_wait(poller, 10000, NULL, NULL, &err), &err);
    akv_poller_free(poller);
}

static struct akv_id get_cert(const struct akv_id *id)
{
    struct akv_error err = AKV_ERROR_INIT;
    struct akv_cert cert;
    struct akv_id version;

    called("get certificate", akv_cert_get(vault.client, id, &cert, &err),
           &err);
    CHECK(cert.der.len > 0);
    version = cert.properties.id;
    akv_cert_free(&cert);
    return version;
}

static void update_cert(const struct akv_id *id)
{
    struct akv_update update = { .attributes = options.attributes,
                                 .tags = &call_tags };
    struct akv_error err = AKV_ERROR_INIT;
    struct akv_properties properties;
    struct akv_json *json;
    bool ok;

    called("update certificate",
           akv_object_update(vault.client, id, &update, &properties, &err),
           &err);
    akv_properties_free(&properties);
    ok = akv_cert_get_policy(vault.client, id, &json, &err);
    got("get policy", ok, json, &err);
    ok = akv_cert_set_policy(
        vault.client, id,
        "{\"lifetime_actions\":[{\"trigger\":{\"days_before_expiry\":20},"
        "\"action\":{\"action_type\":\"EmailContacts\"}}]}",
        &json, &err);
    got("set policy", ok, json, &err);
}

/* The secret of a certificate as PEM, since the version 2025-07-01. */
static void get_secret(void)
{
    struct akv_id id = in_vault("secrets/c");
    struct akv_error err = AKV_ERROR_INIT;
    struct akv_secret secret;

    for (int pem = 0; pem < 2; pem++) {
        called("certificate's secret",
               (pem == 1 ? akv_secret_get_pem
                         : akv_secret_get)(vault.client, &id, &secret, &err),
               &err);
        CHECK((strstr(akv_buf_str(&secret.value), "-----BEGIN") != NULL)
              == (pem == 1));
        akv_secret_free(&secret);
    }
}

static void import(const char *path, const struct akv_buf *data,
                   const char *password, const char *policy)
{
    struct akv_id id = in_vault(path);
    struct akv_error err = AKV_ERROR_INIT;
    struct akv_cert cert;

    called(path,
           akv_cert_import(vault.client, &id, data->data, data->len, password,
                           policy, &options, &cert, &err),
           &err);
    akv_cert_free(&cert);
}

static void import_certs(void)
{
    struct akv_buf pem = AKV_BUF_INIT(65536), pfx = AKV_BUF_INIT(65536);
    EVP_PKEY *pkey = EVP_EC_gen("P-256");
    X509 *cert = cert_make(pkey, "imported");

    cert_pem_key(pkey, NULL, &pem);
    cert_pem(cert, &pem);
    cert_pfx(pkey, cert, NULL, "pass", &pfx);
    import("certificates/pem", &pem, NULL, NULL);
    import("certificates/pfx", &pfx, "pass",
           "{\"secret_props\":{\"contentType\":\"application/x-pkcs12\"}}");
    X509_free(cert);
    EVP_PKEY_free(pkey);
    akv_buf_free(&pem);
    akv_buf_free(&pfx);
}

void call_certificates(void)
{
    struct akv_id id = in_vault("certificates/c"), version;

    make(&id);
    version = get_cert(&id);
    (void)get_cert(&version);
    update_cert(&version);
    get_secret();
    CHECK(call_list(AKV_LIST_PENDING, &id) > 0);
    call_life(&id);
    import_certs();
}

static X509_REQ *get_request(const struct akv_id *id)
{
    struct akv_buf der = AKV_BUF_INIT(65536);
    struct akv_error err = AKV_ERROR_INIT;
    struct akv_json *json;
    const unsigned char *p;
    const char *csr;
    X509_REQ *request;

    called("get operation",
           akv_cert_get_operation(vault.client, id, &json, &err), &err);
    csr = akv_json_get_text(json, "csr");
    CHECK(csr != NULL && akv_base64_decode(csr, strlen(csr), &der));
    p = der.data;
    request = d2i_X509_REQ(NULL, &p, (long)der.len);
    CHECK(request != NULL);
    akv_json_free(json);
    akv_buf_free(&der);
    return request;
}

/* Signs what a certificate's operation asks for, and merges it. */
static void sign_and_merge(const struct akv_id *id)
{
    X509_REQ *request = get_request(id);
    EVP_PKEY *authority = EVP_EC_gen("P-256");
    struct akv_buf pem = AKV_BUF_INIT(65536);
    X509 *issuer = cert_make(authority, "authority");
    X509 *made = cert_make(authority, "signed elsewhere");
    struct akv_error err = AKV_ERROR_INIT;
    struct akv_cert cert;

    CHECK(X509_set_issuer_name(made, X509_get_subject_name(issuer)) == 1
          && X509_set_pubkey(made, X509_REQ_get0_pubkey(request)) == 1
          && X509_sign(made, authority, EVP_sha256()) > 0);
    cert_pem(made, &pem);
    cert_pem(issuer, &pem);
    called("merge",
           akv_cert_merge(vault.client, id, akv_buf_str(&pem), &options, &cert,
                          &err),
           &err);
    CHECK(cert.der.len > 0);
    akv_cert_free(&cert);
    X509_free(made);
    X509_free(issuer);
    X509_REQ_free(request);
    EVP_PKEY_free(authority);
    akv_buf_free(&pem);
}

void call_pending(void)
{
    struct akv_id merged = in_vault("certificates/merged");
    struct akv_id dropped = in_vault("certificates/dropped");
    struct akv_error err = AKV_ERROR_INIT;
    struct akv_json *json;
    bool ok;

    create(&merged, policy_of_unknown);
    sign_and_merge(&merged);
    create(&dropped, policy_of_unknown);
    ok = akv_cert_cancel_operation(vault.client, &dropped, &json, &err);
    got("cancel", ok, json, &err);
    ok = akv_cert_delete_operation(vault.client, &dropped, &json, &err);
    got("drop operation", ok, json, &err);
}

static void call_contacts(void)
{
    struct akv_id id = in_vault("certificates");
    struct akv_error err = AKV_ERROR_INIT;
    struct akv_json *json;
    bool ok = akv_contacts_set(
        vault.client, &id,
        "{\"contacts\":[{\"email\":\"a@a.invalid\",\"name\":\"A\","
        "\"phone\":\"1\"}]}",
        &json, &err);

    got("set contacts", ok, json, &err);
    ok = akv_contacts_get(vault.client, &id, &json, &err);
    got("get contacts", ok, json, &err);
    ok = akv_contacts_delete(vault.client, &id, &json, &err);
    got("delete contacts", ok, json, &err);
}

void call_issuers(void)
{
    struct akv_id id = in_vault("certificates/issuer");
    struct akv_error err = AKV_ERROR_INIT;
    struct akv_json *json;
    bool ok = akv_issuer_set(
        vault.client, &id,
        "{\"provider\":\"Test\",\"credentials\":{\"account_id\":\"a\","
        "\"pwd\":\"p\"},\"org_details\":{\"id\":\"o\",\"admin_details\":"
        "[{\"first_name\":\"A\",\"last_name\":\"B\",\"email\":"
        "\"a@a.invalid\",\"phone\":\"1\"}]},\"attributes\":"
        "{\"enabled\":true}}",
        &json, &err);

    got("set issuer", ok, json, &err);
    ok = akv_issuer_get(vault.client, &id, &json, &err);
    got("get issuer", ok, json, &err);
    ok = akv_issuer_update(vault.client, &id,
                           "{\"credentials\":{\"account_id\":\"b\"}}", &json,
                           &err);
    got("update issuer", ok, json, &err);
    CHECK_INT("issuers", call_list(AKV_LIST_ISSUERS, &id), 1);
    ok = akv_issuer_delete(vault.client, &id, &json, &err);
    got("delete issuer", ok, json, &err);
    call_contacts();
}
