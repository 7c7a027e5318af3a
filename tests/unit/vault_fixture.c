/* SPDX-License-Identifier: Apache-2.0 */

#include <stdio.h>
#include <string.h>

#include "base/settings_impl.h"
#include "unit.h"
#include "vault_fixture.h"

struct fake_io vault_io;
struct akv_rest *vault;
struct akv_log *vault_log;
const char *vault_retry = "0s";
struct vault_result vault_result;

const struct akv_op_kind sign_kind = { .name = "sign",
                                       .method = "POST",
                                       .suffix = "/sign" };
const struct akv_op_kind create_kind = {
    .name = "create", .method = "POST", .suffix = "/create", .once = true
};

static struct akv_settings settings;

void vault_set_up(const struct fake_step *script, size_t steps,
                  const char *trusted)
{
    struct akv_error err = AKV_ERROR_INIT;
    struct akv_cred_cache *cache;
    struct akv_cred *cred;

    fake_io_init(&vault_io, script, steps);
    CHECK(unit_settings(&settings, &err, "tenant-id", VAULT_TENANT, "client-id",
                        "app", "trusted-hosts", trusted != NULL ? trusted : "",
                        "retry-after-failure", vault_retry,
                        "additionally-allowed-tenants", "a;b", NULL));
    cred = akv_cred_secret_new(&vault_io.base, &settings, "s3cret", &err);
    cache =
        akv_cred_cache_new(&vault_io.base, cred,
                           &(struct akv_cred_cache_options){
                               .fetch_ms = settings.timeout_ms,
                               .retry_ms = settings.retry_after_failure_ms });
    vault = akv_rest_new(&vault_io.base, cache, &settings, vault_log, NULL);
    CHECK(vault != NULL);
    memset(&vault_result, 0, sizeof(vault_result));
}

void vault_tear_down(void)
{
    CHECK("nothing is left behind" && fake_io_idle(&vault_io));
    CHECK_INT("unexpected requests", vault_io.unexpected, 0);
    akv_rest_free(vault, NULL);
    vault = NULL;
    CHECK(vault_io.is_freed);
    vault_result_clear(&vault_result);
    fake_io_clear(&vault_io);
    akv_settings_clear(&settings);
}

static void on_end(void *arg, struct akv_buf *body, const struct akv_error *err)
{
    struct vault_result *result = arg;

    result->calls++;
    result->at = vault_io.now;
    CHECK((body != NULL) == (err == NULL));
    CHECK(result->handle == NULL);
    if (body != NULL)
        (void)snprintf(result->body, sizeof(result->body), "%s",
                       akv_buf_str(body));
    if (err != NULL)
        result->err = *err;
    CHECK(err == NULL || err->code != AKV_E_NONE);
}

void vault_start(struct vault_result *result, const struct akv_op_kind *kind,
                 const char *url, int64_t ms)
{
    struct akv_id id;

    vault_result_clear(result);
    memset(result, 0, sizeof(*result));
    CHECK_AT(url, akv_id_parse_https(&id, url, NULL));
    akv_op_init(&result->op, kind, &id);
    CHECK_AT(url, akv_buf_append_str(&result->op.body, VAULT_BODY));
    vault_restart(result, vault_io.now + ms);
}

void vault_restart(struct vault_result *result, int64_t deadline)
{
    akv_rest_call_start(vault, &result->op, deadline, on_end, result,
                        &result->handle);
}

void vault_call(const struct akv_op_kind *kind, const char *url, int64_t ms)
{
    vault_start(&vault_result, kind, url, ms);
}

void vault_result_clear(struct vault_result *result)
{
    akv_op_free(&result->op);
}
