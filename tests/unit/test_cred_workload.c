/* SPDX-License-Identifier: Apache-2.0 */

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cred_fixture.h"
#include "unit.h"

#define GOOD                                                                   \
    {                                                                          \
        200, .body = "{\"access_token\":\"tok\",\"expires_in\":3600}"          \
    }
#define TYPE "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"

static struct akv_cred *workload(const char *path,
                                 const struct fake_step *script, size_t steps)
{
    const char *const settings[] = {
        "tenant-id", "t", "client-id", "c", "federated-token-file", path, NULL
    };
    struct akv_error err = AKV_ERROR_INIT;
    struct akv_cred *cred;

    cred_set_up(script, steps, settings);
    cred = akv_cred_workload_new(&cred_io.base, &cred_settings, &err);
    CHECK_AT(err.message, cred != NULL);
    return cred;
}

/* Read for each request, since it is rotated. */
static void rotated(void)
{
    static const struct fake_step script[] = { GOOD, GOOD };
    const char *path = unit_file("federated", "e30.one+/.s=\r\n", 14);
    struct akv_cred *cred = workload(path, script, COUNT(script));

    cred_get_all(cred, "t", NULL);
    CHECK_STR("token", cred_result.text, "tok");
    CHECK_STR("asked", cred_io.requests[0].url,
              "https://login.microsoftonline.com/t/oauth2/v2.0/token");
    CHECK_STR("type",
              cred_field(cred_io.requests[0].body, "client_assertion_type"),
              TYPE);
    CHECK_STR("assertion",
              cred_field(cred_io.requests[0].body, "client_assertion"),
              "e30.one+/.s=");
    CHECK_STR("client", cred_field(cred_io.requests[0].body, "client_id"), "c");
    CHECK_STR("no secret",
              cred_field(cred_io.requests[0].body, "client_secret"), "");
    (void)unit_file("federated", "two", 3);
    cred_get_all(cred, "", NULL);
    CHECK_STR("assertion",
              cred_field(cred_io.requests[1].body, "client_assertion"), "two");
    cred_tear_down(cred);
}

static void bad_files(void)
{
    static char large[AKV_TOKEN_MAX + 1], third[AKV_TOKEN_MAX / 2];
    const struct {
        const char *where, *data;
        size_t len;
        const char *message;
    } rows[] = {
        { "empty", "", 0, "is empty" },
        { "white space", " \n\t\n", 4, "is empty" },
        { "too large", large, sizeof(large), "cannot be read: File too" },
        { "no room in a form", third, sizeof(third), "is too long" },
        { "not there", NULL, 0, "cannot be read: No such file" },
    };
    size_t i;

    memset(large, 'x', sizeof(large));
    memset(third, '%', sizeof(third));
    for (i = 0; i < COUNT(rows); i++) {
        const char *path = unit_file(
            "bad", rows[i].data != NULL ? rows[i].data : "", rows[i].len);
        struct akv_cred *cred = workload(path, NULL, 0);

        if (rows[i].data == NULL)
            CHECK(unlink(path) == 0);
        cred_get_all(cred, "", NULL);
        CHECK_STR(rows[i].where, cred_result.text, "");
        CHECK_INT(rows[i].where, cred_result.err.code, AKV_E_AUTHENTICATION);
        CHECK_HAS(rows[i].where, cred_result.err.message, rows[i].message);
        CHECK_HAS(rows[i].where, cred_result.err.message, path);
        CHECK_INT("nobody is asked", cred_io.count, 0);
        cred_tear_down(cred);
    }
}

static void not_set_up(void)
{
    static const struct {
        const char *settings[6], *message;
    } rows[] = {
        { { "tenant-id", "t", "client-id", "c" },
          "AZURE_FEDERATED_TOKEN_FILE" },
        { { "federated-token-file", "/x", "client-id", "c" }, "tenant-id" },
        { { "federated-token-file", "/x", "tenant-id", "t" }, "client-id" },
    };
    size_t i;

    for (i = 0; i < COUNT(rows); i++) {
        struct akv_error err = AKV_ERROR_INIT;

        cred_set_up(NULL, 0, rows[i].settings);
        CHECK_AT(rows[i].message,
                 akv_cred_workload_new(&cred_io.base, &cred_settings, &err)
                     == NULL);
        CHECK_INT(rows[i].message, err.code, AKV_E_UNAVAILABLE);
        CHECK_HAS(rows[i].message, err.message, rows[i].message);
        cred_tear_down(NULL);
    }
}

/* Identity binding of AKS: by a proxy of the cluster, which has a certificate
 * of its own, and perhaps another name on it. */
static void token_proxy(void)
{
    static const struct {
        const char *proxy, *name, *url, *peer, *host;
    } rows[] = {
        { "https://10.0.0.1:8443", NULL,
          "https://10.0.0.1:8443/t/oauth2/v2.0/token", NULL, NULL },
        { "https://proxy.svc/", NULL, "https://proxy.svc/t/oauth2/v2.0/token",
          NULL, NULL },
        { "https://10.0.0.1:8443/a/b/", "x.ests.aks",
          "https://x.ests.aks:8443/a/b/t/oauth2/v2.0/token",
          "https://10.0.0.1:8443/a/b", "Host: 10.0.0.1:8443\n" },
        { "https://proxy.svc", "x.ests.aks",
          "https://x.ests.aks/t/oauth2/v2.0/token", "https://proxy.svc",
          "Host: proxy.svc\n" },
    };
    static const struct fake_step script[] = { GOOD, GOOD };
    const char *path = unit_file("federated", "e30", 3);
    char ca[600];
    size_t i;

    (void)snprintf(ca, sizeof(ca), "%s", unit_file("ca", "PEM1", 4));
    for (i = 0; i < COUNT(rows); i++) {
        const char *const settings[] = { "tenant-id",
                                         "t",
                                         "client-id",
                                         "c",
                                         "federated-token-file",
                                         path,
                                         "kubernetes-token-proxy",
                                         rows[i].proxy,
                                         "kubernetes-ca-file",
                                         ca,
                                         rows[i].name != NULL
                                             ? "kubernetes-sni-name"
                                             : NULL,
                                         rows[i].name,
                                         NULL };
        const struct fake_request *request = &cred_io.requests[0];
        struct akv_error err = AKV_ERROR_INIT;
        struct akv_cred *cred;

        (void)unit_file("ca", "PEM1", 4);
        cred_set_up(script, COUNT(script), settings);
        cred = akv_cred_workload_new(&cred_io.base, &cred_settings, &err);
        CHECK_AT(err.message, cred != NULL);
        cred_get_all(cred, "", NULL);
        CHECK_STR(rows[i].proxy, cred_result.text, "tok");
        CHECK_STR(rows[i].proxy, request->url, rows[i].url);
        CHECK_STR(rows[i].proxy, request->peer, rows[i].peer);
        CHECK_STR(rows[i].proxy, request->ca, "PEM1");
        CHECK(request->no_proxy);
        if (rows[i].host != NULL)
            CHECK_HAS(rows[i].proxy, request->headers, rows[i].host);
        (void)unit_file("ca", "PEM2", 4);
        cred_get_all(cred, "", NULL);
        CHECK_STR("rotated", cred_io.requests[1].ca, "PEM2");
        cred_tear_down(cred);
    }
}

static void bad_proxy(void)
{
    static const struct {
        const char *settings[4], *message;
    } rows[] = {
        { { "kubernetes-ca-file", "/x" }, "kubernetes-token-proxy" },
        { { "kubernetes-ca-data", "x" }, "kubernetes-token-proxy" },
        { { "kubernetes-sni-name", "x.y" }, "kubernetes-token-proxy" },
        { { "kubernetes-ca-file", "/x", "kubernetes-ca-data", "x" },
          "set one of them" },
    };
    const char *path = unit_file("federated", "e30", 3);
    size_t i;

    for (i = 0; i < COUNT(rows); i++) {
        const char *const settings[] = { "tenant-id",
                                         "t",
                                         "client-id",
                                         "c",
                                         "federated-token-file",
                                         path,
                                         rows[i].settings[0],
                                         rows[i].settings[1],
                                         rows[i].settings[2],
                                         rows[i].settings[3],
                                         NULL };
        struct akv_error err = AKV_ERROR_INIT;

        cred_set_up(NULL, 0, settings);
        CHECK(akv_cred_workload_new(&cred_io.base, &cred_settings, &err)
              == NULL);
        CHECK_INT(rows[i].message, err.code, AKV_E_CONFIG);
        CHECK_HAS(rows[i].message, err.message, rows[i].message);
        cred_tear_down(NULL);
    }
}

static void lost_ca(void)
{
    const char *const settings[] = { "tenant-id",
                                     "t",
                                     "client-id",
                                     "c",
                                     "federated-token-file",
                                     unit_file("federated", "e30", 3),
                                     "kubernetes-token-proxy",
                                     "https://p",
                                     "kubernetes-ca-file",
                                     "/nonexistent",
                                     NULL };
    struct akv_error err = AKV_ERROR_INIT;
    struct akv_cred *cred;

    cred_set_up(NULL, 0, settings);
    cred = akv_cred_workload_new(&cred_io.base, &cred_settings, &err);
    cred_get_all(cred, "", NULL);
    CHECK_HAS("which", cred_result.err.message,
              "kubernetes-ca-file: '/nonexistent' cannot be read");
    CHECK_INT("nobody is asked", cred_io.count, 0);
    cred_tear_down(cred);
}

int main(void)
{
    static const struct unit_test tests[] = {
        { "a file that is rotated", rotated }, { "bad files", bad_files },
        { "not set up", not_set_up },          { "token proxy", token_proxy },
        { "bad token proxy", bad_proxy },      { "lost CA", lost_ca },
    };

    return unit_main("cred_workload", tests, COUNT(tests));
}
