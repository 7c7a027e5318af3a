/* SPDX-License-Identifier: Apache-2.0 */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "akv/json.h"
#include "cred_fixture.h"
#include "replay_identity.h"
#include "shapes.h"
#include "unit.h"

/* The machine that the tests run on is no Arc machine for them. */
int __wrap_access(const char *path, int mode);

int __wrap_access(const char *path, int mode)
{
    (void)path;
    (void)mode;
    errno = ENOENT;
    return -1;
}

static bool is_token(const struct exchange *x)
{
    return strstr(x->url, "/oauth2/v2.0/token") != NULL;
}

static bool is_instance(const struct exchange *x)
{
    return strstr(x->url, "/metadata/identity/oauth2/token") != NULL;
}

/* App Service, whose endpoint has no name that is always the same. */
static bool is_app_service(const struct exchange *x)
{
    return strstr(x->url, "/token?api-version=2019-08-01&") != NULL;
}

bool replay_is_identity(const struct exchange *x)
{
    return is_token(x) || is_instance(x) || is_app_service(x);
}

/* The token of the reply, or the words of its refusal. */
static void check_result(const struct exchange *x)
{
    struct akv_json *json = akv_json_parse(x->reply, strlen(x->reply), NULL);
    const char *token = akv_json_get_text(json, "access_token");
    const char *why = akv_json_get_text(json, "error_description");
    char code[40];

    CHECK_STR(x->url, cred_result.text, token != NULL ? token : "");
    if (token == NULL) {
        (void)snprintf(code, sizeof(code), "%.*s", (int)strcspn(why, ":"), why);
        CHECK_INT(x->url, cred_result.err.code, AKV_E_AUTHENTICATION);
        CHECK_HAS(x->url, cred_result.err.message, code);
    }
    akv_json_free(json);
}

static struct fake_step step_of(const struct exchange *x)
{
    const struct fake_step step = { x->status, .body = x->reply };

    return step;
}

/* Both grants that have the same reply; only one sent what was kept. */
static void replay_token(const struct exchange *x, bool federated)
{
    const char *host = strstr(x->url, "://") + 3;
    const char *path = host + strcspn(host, "/") + 1;
    char *tenant = strndup(path, strcspn(path, "/"));
    const char *const settings[] = { "tenant-id",
                                     tenant,
                                     "client-id",
                                     "app",
                                     "federated-token-file",
                                     unit_file("assertion", "a.b.c", 5),
                                     NULL };
    const struct fake_step step = step_of(x);
    struct akv_error err = AKV_ERROR_INIT;
    struct akv_cred *cred;

    cred_set_up(&step, 1, settings);
    cred = federated
               ? akv_cred_workload_new(&cred_io.base, &cred_settings, &err)
               : akv_cred_secret_new(&cred_io.base, &cred_settings, "s3cret",
                                     &err);
    CHECK_STR(x->url, err.message, "");
    cred_get_all(cred, tenant, NULL);
    check_result(x);
    CHECK_STR(x->url, cred_io.requests[0].method, x->method);
    CHECK_AT(x->url, shapes_url(x->url, cred_io.requests[0].url));
    if (x->kept && !federated)
        CHECK_AT(x->url, shapes_form(x->body, cred_io.requests[0].body));
    cred_tear_down(cred);
    free(tenant);
}

/* To the time at which the recorded token was good. */
static void turn_clock(const struct exchange *x)
{
    struct akv_json *json = akv_json_parse(x->reply, strlen(x->reply), NULL);
    int64_t expires;

    if (akv_json_get_int(json, "expires_on", &expires))
        cred_io.now = FAKE_MONO + (expires - 3600 - FAKE_WALL) * 1000;
    akv_json_free(json);
}

static const char *const *settings_for(const struct exchange *x)
{
    static const char *const none[] = { NULL };
    static const char *const named[] = { "managed-identity-id", "client",
                                         NULL };
    static const char *const app[] = { "identity-endpoint",
                                       "http://127.0.0.1:9/token",
                                       "identity-header", "h", NULL };

    if (is_app_service(x))
        return app;
    return *cred_field(strchr(x->url, '?'), "client_id") != '\0' ? named : none;
}

/* probe: the exchange before, which asked whether there is such a service. */
static void replay_managed(const struct exchange *probe,
                           const struct exchange *x)
{
    const struct fake_step steps[2] = { step_of(probe != NULL ? probe : x),
                                        step_of(x) };
    size_t count = probe != NULL ? 2 : 1;
    const struct fake_request *ours = &cred_io.requests[count - 1];
    struct akv_error err = AKV_ERROR_INIT;
    struct akv_cred *cred;

    cred_set_up(steps, count, settings_for(x));
    turn_clock(x);
    cred = akv_cred_managed_new(&cred_io.base, &cred_settings, probe != NULL,
                                &err);
    CHECK_STR(x->url, err.message, "");
    cred_get_all(cred, "", NULL);
    check_result(x);
    CHECK_INT(x->url, cred_io.count, count);
    CHECK_STR(x->url, ours->method, x->method);
    CHECK_AT(x->url, shapes_url(x->url, ours->url));
    CHECK_AT(x->url, (strstr(ours->headers, "Metadata: true") != NULL)
                         == is_instance(x));
    if (probe != NULL)
        CHECK_AT(probe->url,
                 strstr(cred_io.requests[0].headers, "Metadata") == NULL);
    cred_tear_down(cred);
}

bool replay_identity(const struct recording *recording, struct exchange *x)
{
    struct exchange *next =
        x + 1 < recording->items + recording->count ? x + 1 : NULL;

    if (is_token(x)) {
        replay_token(x, false);
        replay_token(x, true);
    } else if (is_instance(x) && !x->metadata && x->status == 400
               && next != NULL && is_instance(next)) {
        replay_managed(x, next);
        next->replayed = true;
    } else {
        replay_managed(NULL, x);
    }
    return true;
}
