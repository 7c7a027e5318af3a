/* SPDX-License-Identifier: Apache-2.0 */

/* libakv without memory. */

#include <stdio.h>
#include <string.h>

#include "akv/key.h"
#include "akv/pager.h"
#include "auth/cred.h"
#include "base/settings_impl.h"
#include "client/client_impl.h"
#include "client/rest_call.h"
#include "fake_client.h"
#include "fake_io.h"
#include "torture.h"
#include "transport/loop.h"
#include "unit.h"

#define H "https://v.vault.azure.net"
#define X "AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyA"
#define EC_KEY                                                                 \
    "\"kid\":\"" H "/keys/k/7\",\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"" X   \
    "\",\"y\":\"" X "\",\"key_ops\":[\"sign\"]"
#define SECRET "hush-hush"

/* A failure must have a cause, and never show a secret. */
static bool ended(bool ok, const struct akv_error *err)
{
    if (!ok) {
        CHECK(err->code != AKV_E_NONE);
        CHECK(err->message[0] != '\0');
        CHECK_AT(err->message, strstr(err->message, SECRET) == NULL);
    }
    return ok;
}

static bool good_settings(struct akv_settings *settings, struct akv_error *err)
{
    return unit_settings(
        settings, err, "default-vault", "v", "dns-suffix", ".vault.azure.cn",
        "trusted-hosts", "localhost", "resolve", "a:1:127.0.0.1", "tenant-id",
        "t", "client-id", "c", "client-secret", SECRET, "access-token-file",
        "/x", "api-version", "7.4", "log", "off,file:/x", "authority-host",
        "https://login.example/", NULL);
}

static bool settings(void)
{
    struct akv_error err = AKV_ERROR_INIT;
    struct akv_settings s;
    bool ok = good_settings(&s, &err);

    akv_settings_clear(&s);
    return ended(ok, &err);
}

/* The path of an identifier, as an operation without more has it. */
static bool append_path(const struct akv_id *id, struct akv_buf *out)
{
    static const struct akv_op_kind plain = { .name = "get", .method = "GET" };
    struct akv_op op;

    akv_op_init(&op, &plain, id);
    return akv_op_append_path(&op, out);
}

static bool uri(void)
{
    struct akv_buf text = AKV_BUF_INIT(300);
    struct akv_error err = AKV_ERROR_INIT;
    struct akv_settings s;
    struct akv_id id;
    bool ok = good_settings(&s, &err)
              && akv_id_parse(&id, "akv:///keys/k/1", &s, &err);

    if (ok && (!akv_id_append_host(&id, &text) || !append_path(&id, &text)))
        ok = akv_error_set(&err, AKV_E_MEMORY, "no memory for a URL");
    akv_buf_free(&text);
    akv_settings_clear(&s);
    return ended(ok, &err);
}

static bool read_jwk(const char *text)
{
    struct akv_error err = AKV_ERROR_INIT;
    struct akv_json *json = akv_json_parse(text, strlen(text), &err);
    struct akv_jwk jwk;
    bool ok = json != NULL && akv_jwk_read(&jwk, json, &err);

    if (json != NULL)
        akv_jwk_free(&jwk);
    akv_json_free(json);
    return ended(ok, &err);
}

static bool jwk_rsa(void)
{
    static char text[1000];
    char n[343];

    memset(n, 'k', 342);
    n[341] = 'A'; /* no stray bits */
    n[342] = '\0';
    (void)snprintf(text, sizeof(text),
                   "{\"kty\":\"RSA\",\"n\":\"%s\",\"e\":\"AQAB\"}", n);
    return read_jwk(text);
}

static bool jwk_ec(void)
{
    return read_jwk("{" EC_KEY "}");
}

static struct akv_id some_id(const char *url)
{
    struct akv_id id;

    CHECK_AT(url, akv_id_parse_https(&id, url, NULL));
    return id;
}

/* One operation through the fake client. */
static bool run_op(const char *reply,
                   bool (*fn)(const struct akv_id *id, struct akv_error *err))
{
    const char *const texts[] = { reply, reply, NULL };
    struct fake_replies replies = { texts, 0, AKV_BUF_INIT(4000) };
    struct akv_error err = AKV_ERROR_INIT;
    struct akv_id id = some_id(H "/keys/k");
    bool ok;

    fake_client_set(fake_client_replies, &replies);
    ok = fn(&id, &err);
    akv_buf_free(&replies.asked);
    return ended(ok, &err);
}

static bool get(const struct akv_id *id, struct akv_error *err)
{
    struct akv_key_bundle bundle;
    bool ok = akv_key_get(NULL, id, &bundle, err);

    akv_key_bundle_free(&bundle);
    return ok;
}

static bool create(const struct akv_id *id, struct akv_error *err)
{
    struct akv_key_create what = AKV_KEY_CREATE_INIT;
    struct akv_key_bundle bundle;
    bool ok;

    what.type = AKV_KEY_RSA;
    what.hsm = true;
    what.bits = 2048;
    what.ops = AKV_OP_SIGN;
    ok = akv_key_create(NULL, id, &what, &bundle, err);
    akv_key_bundle_free(&bundle);
    return ok;
}

static bool list(const struct akv_id *id, struct akv_error *err)
{
    struct akv_pager *pager = akv_pager_new(NULL, AKV_LIST, id);
    struct akv_properties properties;
    unsigned count = 0;

    if (pager == NULL)
        return akv_error_set(err, AKV_E_MEMORY, "no memory for a pager");
    while (akv_pager_next_object(pager, &properties, err)) {
        akv_properties_free(&properties);
        count++;
    }
    akv_pager_free(pager);
    return err->code == AKV_E_NONE && count > 0;
}

static bool sign(const struct akv_id *id, struct akv_error *err)
{
    struct akv_buf signature = AKV_BUF_INIT(100);
    bool ok = akv_key_sign(NULL, id, AKV_ES256, "digest", 6, &signature, err);

    akv_buf_free(&signature);
    return ok;
}

static bool keys_get(void)
{
    return run_op("{\"key\":{" EC_KEY "}}", get);
}

static bool keys_create(void)
{
    return run_op("{\"key\":{" EC_KEY "}}", create);
}

static bool keys_list(void)
{
    return run_op(
        "{\"value\":[{\"kid\":\"" H "/keys/a/1\"}],\"nextLink\":null}", list);
}

static bool crypto_sign(void)
{
    /* 64 bytes */
    return run_op("{\"kid\":\"" H "/keys/k/7\",\"value\":\""
                  "QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVphYmNkZWZn"
                  "aGlqa2xtbm9wcXJzdHV2d3h5ejAxMjM0NTY3ODktXw\"}",
                  sign);
}

struct result {
    bool done, ok;
    struct akv_error err;
};

static void on_end(void *arg, struct akv_buf *body, const struct akv_error *err)
{
    struct result *result = arg;

    CHECK(!result->done);
    result->done = true;
    result->ok = body != NULL;
    if (err != NULL)
        result->err = *err;
}

/* A vault and one call: challenge, token, a pause, the operation. */
static bool call_vault(struct fake_io *io, const struct akv_settings *s)
{
    static const struct akv_op_kind kind = { .name = "sign",
                                             .method = "POST",
                                             .suffix = "/sign" };
    struct result result = { false, false, AKV_ERROR_INIT };
    struct akv_error err = AKV_ERROR_INIT;
    struct akv_cred *cred = akv_cred_secret_new(&io->base, s, SECRET, &err);
    struct akv_cred_cache *cache =
        cred != NULL
            ? akv_cred_cache_new(&io->base, cred,
                                 &(struct akv_cred_cache_options){
                                     .fetch_ms = 10000, .retry_ms = 0 })
            : NULL;
    struct akv_rest *vault =
        cache != NULL ? akv_rest_new(&io->base, cache, s, NULL, NULL) : NULL;
    struct akv_rest_call *handle = NULL;
    struct akv_id id = some_id(H "/keys/k/7");
    struct akv_op op;

    if (vault == NULL) {
        akv_cred_cache_free(cache);
        return false;
    }
    akv_op_init(&op, &kind, &id);
    if (akv_op_set_json(&op, akv_json_new_object(), true, &err)) {
        akv_rest_call_start(vault, &op, io->now + 10000, on_end, &result,
                            &handle);
        fake_io_run_all(io);
        CHECK(result.done && handle == NULL);
        err = result.err;
    }
    CHECK(fake_io_idle(io));
    akv_rest_free(vault, NULL);
    akv_op_free(&op);
    return ended(result.ok, &err);
}

static bool vault(void)
{
    static const struct fake_step script[] = {
        { 401, .challenge = "Bearer resource=\"https://vault.azure.net\"" },
        { 200, .body = "{\"access_token\":\"tok\",\"expires_in\":3600}" },
        { .status = 503 },
        { 200, .body = "{}" },
    };
    struct akv_error err = AKV_ERROR_INIT;
    struct akv_settings s;
    struct fake_io io;
    bool ok;

    fake_io_init(&io, script, COUNT(script));
    ok = good_settings(&s, &err) && call_vault(&io, &s);
    fake_io_clear(&io);
    akv_settings_clear(&s);
    return ok;
}

static void on_token(void *arg, const struct akv_token *token,
                     const struct akv_error *err)
{
    struct result *result = arg;

    result->done = true;
    result->ok = token != NULL;
    result->err = *err;
}

static bool token_from_file(void)
{
    static const struct akv_token_request request = { .scope = "s",
                                                      .tenant = "t" };
    static const char token[] = "e30.eyJleHAiOjE3MDAwMDM2MDB9.c2ln";
    struct result result = { false, false, AKV_ERROR_INIT };
    struct akv_error err = AKV_ERROR_INIT;
    struct akv_settings s;
    struct akv_cred *cred;
    struct fake_io io;
    bool ok;

    fake_io_init(&io, NULL, 0);
    ok = unit_settings(&s, &err, "access-token-file",
                       unit_file("token", token, sizeof(token) - 1), NULL);
    cred = ok ? akv_cred_static_new(&io.base, &s, &err) : NULL;
    if (cred != NULL) {
        cred->ops->get(cred, &request, on_token, &result);
        CHECK(result.done);
        cred->ops->free(cred);
        err = result.err;
    }
    akv_settings_clear(&s);
    fake_io_clear(&io);
    return ended(result.ok, &err);
}

/* The thread itself allocates, too. */
static bool loop(void)
{
    struct akv_error err = AKV_ERROR_INIT;
    struct akv_loop *acquired = akv_loop_acquire(unit_may_thread(), &err);
    bool ok = acquired != NULL;

    akv_loop_release(acquired);
    return ended(ok, &err);
}

static bool client(void)
{
    struct akv_error err = AKV_ERROR_INIT;
    struct akv_settings s;
    struct akv_client *made;
    bool ok;

    ok = unit_settings(&s, &err, "ca-file", unit_file("ca", "PEM", 3),
                       "client-secret-file",
                       unit_file("secret", SECRET "\n", 10), NULL);
    made = ok ? akv_client_new_borrowing(&s, NULL) : NULL;
    if (ok && made == NULL)
        (void)akv_error_set(&err, AKV_E_MEMORY, "no client");
    ok = made != NULL && akv_client_prepare(made, NULL, &err);
    CHECK(akv_client_free(made));
    akv_settings_clear(&s);
    return ended(ok, &err);
}

TORTURE(settings)
TORTURE(uri)
TORTURE(jwk_rsa)
TORTURE(jwk_ec)
TORTURE(keys_get)
TORTURE(keys_create)
TORTURE(keys_list)
TORTURE(crypto_sign)
TORTURE(vault)
TORTURE(token_from_file)
TORTURE(client)

/* What a thread allocates is not counted in the same order each time. */
static void torture_loop(void)
{
    CHECK("before" && loop());
    torture_run("loop", loop);
    CHECK("after" && loop());
}

int main(void)
{
    static const struct unit_test tests[] = {
        { "settings", torture_settings },
        { "URI", torture_uri },
        { "RSA key", torture_jwk_rsa },
        { "EC key", torture_jwk_ec },
        { "get a key", torture_keys_get },
        { "create a key", torture_keys_create },
        { "list keys", torture_keys_list },
        { "sign", torture_crypto_sign },
        { "a call to a vault", torture_vault },
        { "a token from a file", torture_token_from_file },
        { "client", torture_client },
        { "loop", torture_loop },
    };

    return unit_main("torture", tests, COUNT(tests));
}
