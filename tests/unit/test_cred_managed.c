/* SPDX-License-Identifier: Apache-2.0 */

/* Managed identities: which source is asked, how, and what its answers mean.
 * Nothing is sent: a fake_io answers. */

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "cred_fixture.h"
#include "unit.h"

#define GOOD                                                                   \
    {                                                                          \
        200, .body = "{\"access_token\":\"tok\",\"expires_in\":\"85771\","     \
                     "\"expires_on\":\"1700003600\",\"resource\":\"r\"}"       \
    }
#define ARC_CHALLENGE                                                          \
    {                                                                          \
        401, .challenge = "Basic realm=/var/opt/azcmagent/tokens/a.key"        \
    }
#define IMDS "http://169.254.169.254/metadata/identity/oauth2/token"
#define PROBE IMDS "?api-version=2018-02-01"
#define RESOURCE "&resource=" CRED_RESOURCE

bool __wrap_akv_file_read(const char *path, struct akv_buf *out, int64_t ms);

bool __wrap_akv_file_read(const char *path, struct akv_buf *out, int64_t ms)
{
    (void)ms;
    CHECK_STR("the key's file", path, "/var/opt/azcmagent/tokens/a.key");
    return akv_buf_append_str(out, "s3cret");
}

/* The machine that the tests run on is no Arc machine for them. */
int __wrap_access(const char *path, int mode);

int __wrap_access(const char *path, int mode)
{
    (void)path;
    (void)mode;
    errno = ENOENT;
    return -1;
}

static const struct {
    const char *where, *settings[10];
    const char *method, *url, *header, *body;
} source_rows[] = {
    { "instance metadata",
      { "unknown", "" },
      "GET",
      IMDS "?api-version=2018-02-01" RESOURCE,
      "Metadata: true\n",
      NULL },
    { "instance metadata, a client",
      { "managed-identity-id", "11-22" },
      "GET",
      IMDS "?api-version=2018-02-01" RESOURCE "&client_id=11-22",
      "Metadata: true\n",
      NULL },
    { "instance metadata, an object",
      { "managed-identity-id", "object:11-22" },
      "GET",
      IMDS "?api-version=2018-02-01" RESOURCE "&object_id=11-22",
      "Metadata: true\n",
      NULL },
    { "instance metadata, a resource",
      { "managed-identity-id", "/subscriptions/s/x y" },
      "GET",
      IMDS "?api-version=2018-02-01" RESOURCE
           "&msi_res_id=%2Fsubscriptions%2Fs%2Fx%20y",
      "Metadata: true\n",
      NULL },
    { "an identity that is empty",
      { "managed-identity-id", "" },
      "GET",
      IMDS "?api-version=2018-02-01" RESOURCE,
      "Metadata: true\n",
      NULL },
    { "client-id, alone in the default chain",
      { "client-id", "c", "managed-identity-id", "" },
      "GET",
      IMDS "?api-version=2018-02-01" RESOURCE "&client_id=c",
      "Metadata: true\n",
      NULL },
    { "managed-identity-id before client-id",
      { "client-id", "c", "managed-identity-id", "object:o" },
      "GET",
      IMDS "?api-version=2018-02-01" RESOURCE "&object_id=o",
      "Metadata: true\n",
      NULL },
    { "client-id is not an identity outside the default chain",
      { "client-id", "c", "credential", "managed-identity" },
      "GET",
      IMDS "?api-version=2018-02-01" RESOURCE,
      "Metadata: true\n",
      NULL },
    { "another host of the metadata",
      { "pod-identity-authority-host", "http://127.0.0.1:8080/" },
      "GET",
      "http://127.0.0.1:8080/metadata/identity/oauth2/token"
      "?api-version=2018-02-01" RESOURCE,
      "Metadata: true\n",
      NULL },
    { "App Service",
      { "identity-endpoint", "http://127.0.0.1:41/msi/token", "identity-header",
        "h3ader" },
      "GET",
      "http://127.0.0.1:41/msi/token?api-version=2019-08-01" RESOURCE,
      "X-IDENTITY-HEADER: h3ader\n",
      NULL },
    { "App Service before all others",
      { "identity-endpoint", "http://127.0.0.1:41/msi/token", "identity-header",
        "h3ader", "msi-endpoint", "http://127.0.0.1:42/", "imds-endpoint",
        "http://127.0.0.1:43/" },
      "GET",
      "http://127.0.0.1:41/msi/token?api-version=2019-08-01" RESOURCE,
      "X-IDENTITY-HEADER: h3ader\n",
      NULL },
    { "App Service, a client",
      { "identity-endpoint", "http://127.0.0.1:41/t", "identity-header", "h",
        "managed-identity-id", "c" },
      "GET",
      "http://127.0.0.1:41/t?api-version=2019-08-01" RESOURCE "&client_id=c",
      "X-IDENTITY-HEADER: h\n",
      NULL },
    { "App Service, an object",
      { "identity-endpoint", "http://127.0.0.1:41/t", "identity-header", "h",
        "managed-identity-id", "object:o" },
      "GET",
      "http://127.0.0.1:41/t?api-version=2019-08-01" RESOURCE "&principal_id=o",
      "X-IDENTITY-HEADER: h\n",
      NULL },
    { "App Service, a resource",
      { "identity-endpoint", "http://127.0.0.1:41/t", "identity-header", "h",
        "managed-identity-id", "/r" },
      "GET",
      "http://127.0.0.1:41/t?api-version=2019-08-01" RESOURCE "&mi_res_id=%2Fr",
      "X-IDENTITY-HEADER: h\n",
      NULL },
    { "Azure ML",
      { "msi-endpoint", "http://127.0.0.1:42/t", "msi-secret", "s3cret" },
      "GET",
      "http://127.0.0.1:42/t?api-version=2017-09-01" RESOURCE,
      "secret: s3cret\n",
      NULL },
    { "Azure ML, its own default",
      { "msi-endpoint", "http://127.0.0.1:42/t", "msi-secret", "s3cret",
        "default-identity-client-id", "d" },
      "GET",
      "http://127.0.0.1:42/t?api-version=2017-09-01" RESOURCE "&clientid=d",
      "secret: s3cret\n",
      NULL },
    { "Azure ML, a client",
      { "msi-endpoint", "http://127.0.0.1:42/t", "msi-secret", "s3cret",
        "default-identity-client-id", "d", "managed-identity-id", "c" },
      "GET",
      "http://127.0.0.1:42/t?api-version=2017-09-01" RESOURCE "&clientid=c",
      "secret: s3cret\n",
      NULL },
    { "Cloud Shell",
      { "msi-endpoint", "http://localhost:50342/oauth2/token" },
      "POST",
      "http://localhost:50342/oauth2/token",
      "Metadata: true\n",
      "resource=" CRED_RESOURCE },
};

static void sources(void)
{
    static const struct fake_step script[] = { GOOD };
    size_t i;

    for (i = 0; i < COUNT(source_rows); i++) {
        const char *where = source_rows[i].where;
        struct akv_error err = AKV_ERROR_INIT;
        const struct fake_request *request = &cred_io.requests[0];
        struct akv_cred *cred;

        cred_set_up(script, COUNT(script), source_rows[i].settings);
        cred = akv_cred_managed_new(&cred_io.base, &cred_settings, false, &err);
        CHECK_AT(where, cred != NULL);
        CHECK_INT("nothing is asked yet", cred_io.count, 0);
        cred_get_all(cred, "some-tenant", NULL);
        CHECK_STR(where, cred_result.text, "tok");
        CHECK_INT("expires_on wins", cred_result.expires_on, 1700003600);
        CHECK_INT(where, cred_io.count, 1);
        CHECK_STR(where, request->method, source_rows[i].method);
        CHECK_STR(where, request->url, source_rows[i].url);
        CHECK_HAS(where, request->headers, source_rows[i].header);
        CHECK_STR(where, request->body, source_rows[i].body);
        CHECK_AT(where, request->plain && request->no_proxy);
        if (source_rows[i].body != NULL)
            CHECK_STR(where, request->content_type,
                      "application/x-www-form-urlencoded");
        cred_tear_down(cred);
    }
}

static void arc(void)
{
    static const struct fake_step script[] = { ARC_CHALLENGE, GOOD };
    static const char *const settings[] = { "identity-endpoint",
                                            "http://127.0.0.1:40342/t",
                                            "imds-endpoint",
                                            "http://127.0.0.1:40342", NULL };
    struct akv_error err = AKV_ERROR_INIT;
    struct akv_cred *cred;

    cred_set_up(script, COUNT(script), settings);
    cred = akv_cred_managed_new(&cred_io.base, &cred_settings, true, &err);
    cred_get_all(cred, "", NULL);
    CHECK_STR("token", cred_result.text, "tok");
    CHECK_INT("requests", cred_io.count, 2);
    CHECK_STR("first", cred_io.requests[0].url,
              "http://127.0.0.1:40342/t?api-version=2020-06-01" RESOURCE);
    CHECK_STR("second", cred_io.requests[1].url, cred_io.requests[0].url);
    CHECK_STR("no proof yet", cred_io.requests[0].authorization, NULL);
    CHECK_STR("proof", cred_io.requests[1].authorization, "Basic s3cret");
    CHECK_HAS("header", cred_io.requests[0].headers, "Metadata: true\n");
    CHECK_HAS("header", cred_io.requests[1].headers, "Metadata: true\n");
    CHECK(cred_io.requests[0].plain && cred_io.requests[1].plain);
    cred_tear_down(cred);
}

#define ARC                                                                    \
    "identity-endpoint", "http://127.0.0.1:42", "imds-endpoint",               \
        "http://127.0.0.1:43"
#define CLOUD_SHELL "msi-endpoint", "http://127.0.0.1:42"
#define MACHINE_LEARNING CLOUD_SHELL, "msi-secret", "s"

/* An identity that the source cannot choose; nothing is asked. Others of a
 * chain may do better. */
static void no_choice(void)
{
    static const struct {
        const char *where, *settings[8];
        const char *name;
    } rows[] = {
        { "Cloud Shell",
          { CLOUD_SHELL, "managed-identity-id", "c" },
          "managed-identity-id" },
        { "Azure ML, an object",
          { MACHINE_LEARNING, "managed-identity-id", "object:o" },
          "managed-identity-id" },
        { "Azure ML, a resource",
          { MACHINE_LEARNING, "managed-identity-id", "/r" },
          "managed-identity-id" },
        { "Arc", { ARC, "managed-identity-id", "c" }, "managed-identity-id" },
        { "Arc, a client", { ARC, "client-id", "c" }, "AZURE_CLIENT_ID" },
        { "Cloud Shell, a client",
          { CLOUD_SHELL, "client-id", "c" },
          "AZURE_CLIENT_ID" },
    };
    size_t i;

    for (i = 0; i < COUNT(rows) * 2; i++) {
        size_t row = i / 2;
        bool in_chain = i % 2 == 0;
        struct akv_error err = AKV_ERROR_INIT;
        struct akv_cred *cred;

        cred_set_up(NULL, 0, rows[row].settings);
        cred =
            akv_cred_managed_new(&cred_io.base, &cred_settings, in_chain, &err);
        cred_get_all(cred, "", NULL);
        CHECK_INT(rows[row].where, cred_result.err.code,
                  in_chain ? AKV_E_UNAVAILABLE : AKV_E_AUTHENTICATION);
        CHECK_HAS(rows[row].where, cred_result.err.message, rows[row].name);
        CHECK_INT(rows[row].where, cred_io.count, 0);
        cred_tear_down(cred);
    }
}

static void service_fabric(void)
{
    static const char *const settings[] = { "identity-endpoint",
                                            "https://127.0.0.1:2377/t",
                                            "identity-header",
                                            "h",
                                            "identity-server-thumbprint",
                                            "ab",
                                            NULL };
    struct akv_error err = AKV_ERROR_INIT;

    cred_set_up(NULL, 0, settings);
    CHECK(akv_cred_managed_new(&cred_io.base, &cred_settings, false, &err)
          == NULL);
    CHECK_INT("code", err.code, AKV_E_UNAVAILABLE);
    CHECK_HAS("why", err.message, "Service Fabric");
    cred_tear_down(NULL);
}

static void freed_under_way(void)
{
    static const struct fake_step never[] = { { .ms = FAKE_NEVER } };
    static const struct fake_step second[] = { { .status = 400 },
                                               { .ms = FAKE_NEVER } };
    static const char *const arc_settings[] = {
        "identity-endpoint", "http://127.0.0.1:40342", "imds-endpoint",
        "http://127.0.0.1:40342", NULL
    };
    struct akv_error err = AKV_ERROR_INIT;
    struct akv_cred *cred;

    cred_set_up(never, 1, NULL);
    cred = akv_cred_managed_new(&cred_io.base, &cred_settings, true, &err);
    cred_get(cred, "", NULL, 10000);
    cred_tear_down(cred);
    cred_set_up(second, 2, NULL);
    cred = akv_cred_managed_new(&cred_io.base, &cred_settings, true, &err);
    cred_get(cred, "", NULL, 10000);
    fake_io_run(&cred_io, cred_io.now + 100);
    CHECK_INT("requests", cred_io.count, 2);
    cred_tear_down(cred);
    cred_set_up(never, 1, arc_settings);
    cred = akv_cred_managed_new(&cred_io.base, &cred_settings, true, &err);
    cred_get(cred, "", NULL, 10000);
    cred_tear_down(cred);
    CHECK_INT("never called", cred_result.calls, 0);
}

int main(void)
{
    static const struct unit_test tests[] = {
        { "sources", sources },
        { "Azure Arc", arc },
        { "identities that cannot be chosen", no_choice },
        { "Service Fabric", service_fabric },
        { "freed under way", freed_under_way },
    };

    return unit_main("cred_managed", tests, COUNT(tests));
}
