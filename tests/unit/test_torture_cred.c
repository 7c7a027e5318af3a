/* SPDX-License-Identifier: Apache-2.0 */

/* Credentials without memory: each gives a token or says why not. */

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "auth/cred.h"
#include "auth/cred_factory.h"
#include "base/file.h"
#include "base/settings_impl.h"
#include "cert_fixture.h"
#include "fake_io.h"
#include "torture.h"
#include "unit.h"

#define SECRET "hush-hush"
#define TOKEN "\"access_token\":\"tok\",\"expires_in\":3600"
#define GOOD                                                                   \
    {                                                                          \
        200, .body = "{" TOKEN "}"                                             \
    }

bool __wrap_akv_file_read(const char *path, struct akv_buf *out, int64_t ms);
int __wrap_access(const char *path, int mode);

bool __wrap_akv_file_read(const char *path, struct akv_buf *out, int64_t ms)
{
    (void)ms;
    (void)path;
    errno = ENOMEM;
    return akv_buf_append_str(out, SECRET);
}

/* No machine of Azure Arc. */
int __wrap_access(const char *path, int mode)
{
    (void)path;
    (void)mode;
    errno = ENOENT;
    return -1;
}

struct result {
    unsigned calls;
    bool ok;
    struct akv_error err;
};

static void on_token(void *arg, const struct akv_token *token,
                     const struct akv_error *err)
{
    struct result *result = arg;

    result->calls++;
    result->ok = token != NULL;
    if (token == NULL)
        result->err = *err;
}

static struct akv_buf certificate; /* PEM, with its key */

/* One token by a new credential. */
static bool get(const char *const *settings, const struct fake_step *script,
                size_t steps, const struct fake_program *program)
{
    static const struct akv_token_request request = {
        .scope = "https://vault.azure.net/.default",
        .tenant = "t",
        .claims = "{}",
        .deadline = FAKE_MONO + 100000,
    };
    struct akv_deferred_files files = { .client_certificate = certificate };
    struct result result = { 0, false, AKV_ERROR_INIT };
    struct akv_error err = AKV_ERROR_INIT;
    struct akv_cred *cred = NULL;
    struct akv_settings s;
    struct fake_io io;

    fake_io_init(&io, script, steps);
    fake_io_programs(&io, program, program != NULL ? 1 : 0);
    if (unit_settings(&s, &err, settings[0], settings[1], settings[2],
                      settings[3], settings[4], settings[5], settings[6],
                      settings[7], NULL))
        cred = akv_cred_new(&io.base, &s, &files, &err);
    if (cred != NULL) {
        cred->ops->get(cred, &request, on_token, &result);
        fake_io_run_all(&io);
        CHECK_INT("called once", result.calls, 1);
        cred->ops->free(cred);
        err = result.err;
    }
    CHECK("nothing is left behind" && fake_io_idle(&io) && io.running == 0);
    fake_io_clear(&io);
    akv_settings_clear(&s);
    if (!result.ok) {
        CHECK(err.code != AKV_E_NONE && err.message[0] != '\0');
        CHECK_AT(err.message, strstr(err.message, SECRET) == NULL);
    }
    return result.ok;
}

#define TEST(name, script, program, ...)                                       \
    static bool name##_token(void)                                             \
    {                                                                          \
        static const char *const settings[8] = { __VA_ARGS__ };                \
                                                                               \
        return get(settings, script, COUNT(script), program);                  \
    }                                                                          \
    static void name(void)                                                     \
    {                                                                          \
        torture_run(#name, name##_token);                                      \
    }

static const struct fake_step good[] = { GOOD, GOOD };
static const struct fake_step later[] = { { .status = 503 }, GOOD };
static const struct fake_step probed[] = { { .status = 400 }, GOOD };
static const struct fake_step arc_steps[] = {
    { 401, .challenge = "Basic realm=/var/opt/azcmagent/tokens/a.key" }, GOOD
};
static const struct fake_step absent[] = { { 0, .error = AKV_E_TRANSPORT } };
static const struct fake_program azd_program = {
    .out = "{\"token\":\"tok\",\"expiresOn\":\"2030-01-01T00:00:00Z\"}"
};

TEST(principal, later, NULL, "tenant-id", "t", "client-id", "c",
     "client-secret", SECRET)
TEST(workload, good, NULL, "tenant-id", "t", "client-id", "c",
     "federated-token-file", "/x")
TEST(cert, good, NULL, "tenant-id", "t", "client-id", "c", "client-certificate",
     "/x", "send-certificate-chain", "yes")
TEST(machine, probed, NULL, "client-id", "c")
TEST(arc, arc_steps, NULL, "identity-endpoint", "http://127.0.0.1:1",
     "imds-endpoint", "http://127.0.0.1:2")
TEST(app_service, later, NULL, "identity-endpoint", "http://127.0.0.1:1",
     "identity-header", SECRET)
TEST(azd, absent, &azd_program, "token-credentials",
     "AzureDeveloperCLICredential")

static void make_certificate(void)
{
    EVP_PKEY *pkey = EVP_RSA_gen(2048);
    X509 *cert = cert_make(pkey, "one");

    akv_buf_init(&certificate, 20000);
    cert_pem_key(pkey, NULL, &certificate);
    cert_pem(cert, &certificate);
    X509_free(cert);
    EVP_PKEY_free(pkey);
}

static void free_certificate(void)
{
    akv_buf_free(&certificate);
}

int main(void)
{
    static const struct unit_test tests[] = {
        { "a certificate is made", make_certificate },
        { "client secret", principal },
        { "workload identity", workload },
        { "client certificate", cert },
        { "managed identity", machine },
        { "Azure Arc", arc },
        { "App Service", app_service },
        { "azd", azd },
        { "the certificate is freed", free_certificate },
    };

    return unit_main("torture_cred", tests, COUNT(tests));
}
