/* SPDX-License-Identifier: Apache-2.0 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/settings_impl.h"
#include "cred_fixture.h"
#include "unit.h"

struct fake_io cred_io;
struct akv_settings cred_settings;
struct cred_result cred_result;

void cred_set_up(const struct fake_step *script, size_t steps,
                 const char *const *settings)
{
    static const char *const none[] = { NULL };
    const char *const *s = settings != NULL ? settings : none;
    struct akv_error err = AKV_ERROR_INIT;
    const char *values[16] = { NULL };
    size_t i;

    for (i = 0; i < COUNT(values) - 1 && s[i] != NULL; i++)
        values[i] = s[i];
    fake_io_init(&cred_io, script, steps);
    CHECK(unit_settings(&cred_settings, &err, values[0], values[1], values[2],
                        values[3], values[4], values[5], values[6], values[7],
                        values[8], values[9], values[10], values[11],
                        values[12], values[13], values[14], NULL));
    CHECK_STR("settings", err.message, "");
    memset(&cred_result, 0, sizeof(cred_result));
}

void cred_tear_down(struct akv_cred *cred)
{
    if (cred != NULL)
        cred->ops->free(cred);
    CHECK("nothing is left behind" && fake_io_idle(&cred_io));
    CHECK_INT("programs", cred_io.running, 0);
    CHECK_INT("unexpected requests", cred_io.unexpected, 0);
    fake_io_clear(&cred_io);
    akv_settings_clear(&cred_settings);
}

void cred_on_token(void *arg, const struct akv_token *token,
                   const struct akv_error *err)
{
    struct cred_result *result = arg;

    result->calls++;
    result->text[0] = '\0';
    memset(&result->err, 0, sizeof(result->err));
    if (token == NULL) {
        CHECK(err != NULL && err->code != AKV_E_NONE);
        result->err = *err;
        return;
    }
    (void)snprintf(result->text, sizeof(result->text), "%s", token->text);
    result->expires_on = token->expires_on;
    result->refresh_on = token->refresh_on;
}

void cred_get(struct akv_cred *cred, const char *tenant, const char *claims,
              int64_t ms)
{
    /* Borrowed for the call only: afterwards it is overwritten. */
    char scope[] = CRED_SCOPE, tenant_copy[200], claims_copy[200];
    const struct akv_token_request request = { .scope = scope,
                                               .tenant = tenant_copy,
                                               .claims = claims != NULL
                                                             ? claims_copy
                                                             : NULL,
                                               .deadline = cred_io.now + ms,
                                               .share = cred_io.now + ms };

    (void)snprintf(tenant_copy, sizeof(tenant_copy), "%s", tenant);
    if (claims != NULL)
        (void)snprintf(claims_copy, sizeof(claims_copy), "%s", claims);
    cred_result.calls = 0;
    cred->ops->get(cred, &request, cred_on_token, &cred_result);
    memset(scope, '!', sizeof(scope) - 1);
    memset(tenant_copy, '!', sizeof(tenant_copy));
    memset(claims_copy, '!', sizeof(claims_copy));
}

void cred_get_all(struct akv_cred *cred, const char *tenant, const char *claims)
{
    cred_get(cred, tenant, claims, 600000);
    fake_io_run_all(&cred_io);
    CHECK_INT("called", cred_result.calls, 1);
}

static const char *find_field(const char *form, const char *name)
{
    size_t len = strlen(name);
    const char *p = form;

    while ((p = strstr(p, name)) != NULL) {
        if ((p == form || p[-1] == '&' || p[-1] == '?') && p[len] == '=')
            return p + len + 1;
        p += len;
    }
    return NULL;
}

const char *cred_field(const char *form, const char *name)
{
    static char value[AKV_TOKEN_MAX];
    const char *p = form != NULL ? find_field(form, name) : NULL;
    size_t len = 0;

    for (; p != NULL && *p != '\0' && *p != '&' && len < sizeof(value) - 1;
         p++) {
        char hex[3] = { 0 };

        if (*p == '%' && p[1] != '\0' && p[2] != '\0') {
            memcpy(hex, p + 1, 2);
            value[len++] = (char)strtol(hex, NULL, 16);
            p += 2;
        } else {
            value[len++] = *p;
        }
    }
    value[len] = '\0';
    return value;
}
