/* SPDX-License-Identifier: Apache-2.0 */

/*
 * What comes from a network or a user, changed at random: nothing may crash,
 * and what is accepted must be what it claims to be. The same sequence in each
 * run.
 */

#include <stdio.h>
#include <string.h>

#include "akv/jwk.h"
#include "akv/uri.h"
#include "auth/challenge.h"
#include "base/base64.h"
#include "base/host.h"
#include "base/log.h"
#include "base/settings_impl.h"
#include "client/op.h"
#include "transport/retry.h"
#include "unit.h"

#define ROUNDS 20000
#define MOST 2000

static unsigned below(unsigned limit)
{
    return unit_random() % limit;
}

/* One change: a byte, a piece cut out, doubled or put in. */
static size_t change(char *text, size_t len, size_t size)
{
    static const char *const pieces[] = {
        "/",        ":",       "\"",
        ",",        " ",       "=",
        "?",        "%00",     "@",
        "..",       "[",       "]",
        "{",        "}",       "\\",
        "\n",       "\\u0000", "null",
        "-1",       "akv:",    "https://",
        "\xff",     "#",       "Bearer ",
        "scope=",   "1e999",   "AAAA",
        "\xc3\xa4", "keys/",   "//",
        "version=", "[::1]:0", "9999999999999999999999"
    };
    const char *piece = pieces[below(COUNT(pieces))];
    size_t at = len > 0 ? below((unsigned)len) : 0, n;

    switch (below(4)) {
    case 0:
        if (len > 0)
            text[at] = (char)(1 + below(255));
        return len;
    case 1:
        n = len - at < 8 ? len - at : below(8);
        memmove(text + at, text + at + n, len - at - n);
        return len - n;
    case 2:
        n = len - at < 20 ? len - at : below(20);
        if (len + n > size)
            return len;
        memmove(text + at + n, text + at, len - at);
        return len + n;
    default:
        n = strlen(piece);
        if (len + n > size)
            return len;
        memmove(text + at + n, text + at, len - at);
        memcpy(text + at, piece, n);
        return len + n;
    }
}

/* A seed with a few changes, NUL-terminated; its length. */
static size_t mutate(char text[MOST + 1], const char *const *seeds,
                     size_t count)
{
    const char *seed = seeds[below((unsigned)count)];
    size_t len = strlen(seed);
    unsigned changes = below(6);

    memcpy(text, seed, len);
    while (changes-- > 0)
        len = change(text, len, MOST);
    text[len] = '\0';
    return len;
}

static void base64url(void)
{
    static const char *const seeds[] = { "",         "Zg",       "Zm8=",
                                         "Zm9vYmFy", "-_-_-_-_", "AAECAwQFBg" };
    unsigned wrong = 0, accepted = 0, i;
    char text[MOST + 1];

    for (i = 0; i < ROUNDS; i++) {
        struct akv_buf bytes = AKV_BUF_INIT(MOST), again = AKV_BUF_INIT(MOST);
        size_t len = mutate(text, seeds, COUNT(seeds));

        if (akv_base64url_decode(text, len, &bytes)) {
            accepted++;
            while (len > 0 && text[len - 1] == '=')
                len--;
            /* There is one text for any bytes. */
            if (!akv_base64url_encode(bytes.data, bytes.len, &again)
                || again.len != len || strlen(akv_buf_str(&again)) != len
                || memcmp(akv_buf_str(&again), text, len) != 0)
                wrong++;
        } else if (bytes.len != 0) {
            wrong++;
        }
        akv_buf_free(&bytes);
        akv_buf_free(&again);
    }
    CHECK_INT("wrong", wrong, 0);
    CHECK(accepted > ROUNDS / 100 && accepted < ROUNDS);
}

static bool id_is_sound(const struct akv_id *id)
{
    return akv_host_valid(id->host, strlen(id->host)) && id->port >= 1
           && id->port <= 65535
           && (id->name[0] == '\0' || akv_name_valid(id->name))
           && (id->version[0] == '\0' || akv_name_valid(id->version))
           && (id->version[0] == '\0' || id->name[0] != '\0')
           && (id->kind != AKV_KIND_VAULT || id->name[0] == '\0');
}

static bool same_id(const struct akv_id *a, const struct akv_id *b)
{
    return a->kind == b->kind && a->port == b->port
           && strcmp(a->host, b->host) == 0 && strcmp(a->name, b->name) == 0
           && strcmp(a->version, b->version) == 0;
}

/* The path of an identifier, as an operation without more has it. */
static bool append_path(const struct akv_id *id, struct akv_buf *out)
{
    static const struct akv_op_kind plain = { .name = "get", .method = "GET" };
    struct akv_op op;

    akv_op_init(&op, &plain, id);
    return akv_op_append_path(&op, out);
}

/* Written out and read again it is the same. */
static bool survives(const struct akv_id *id,
                     const struct akv_settings *settings)
{
    struct akv_buf text = AKV_BUF_INIT(MOST);
    struct akv_id again;
    bool ok = akv_buf_append_str(&text, "akv://")
              && akv_buf_appendf(&text, "%s:%u", id->host, id->port)
              && append_path(id, &text)
              && akv_id_parse(&again, akv_buf_str(&text), settings, NULL)
              && same_id(id, &again);

    akv_buf_free(&text);
    return ok;
}

static void uris(void)
{
    static const char *const seeds[] = {
        "akv://v.vault.azure.net/keys/name/0123456789abcdef",
        "akv://[2001:db8::1]:8443/secrets/s",
        "akv://myvault/certificates/c",
        "akv:///keys/k",
        "akv://v/keys",
        "vault:myvault:name?version=1",
        "managedhsm:myhsm:name",
        "akv:type=managedhsm,vault=v,name=n,version=1",
        "https://v.vault.azure.net:443/keys/k/1",
    };
    unsigned wrong = 0, accepted = 0, i;
    struct akv_settings settings;
    char text[MOST + 1];

    CHECK(unit_settings(&settings, NULL, "default-vault", "v", "trusted-hosts",
                        "localhost", NULL));
    for (i = 0; i < ROUNDS; i++) {
        struct akv_error err = AKV_ERROR_INIT;
        bool https = (i & 1) != 0;
        struct akv_id id;

        (void)mutate(text, seeds, COUNT(seeds));
        if (https ? akv_id_parse_https(&id, text, &err)
                  : akv_id_parse(&id, text, &settings, &err)) {
            accepted++;
            wrong += !id_is_sound(&id) || !survives(&id, &settings);
        } else {
            wrong += err.code != AKV_E_INVALID || err.message[0] == '\0'
                     || strpbrk(err.message, "\r\n") != NULL;
        }
    }
    CHECK_INT("wrong", wrong, 0);
    CHECK(accepted > ROUNDS / 100 && accepted < ROUNDS);
    akv_settings_clear(&settings);
}

static bool jwk_is_sound(const struct akv_jwk *jwk)
{
    if (jwk->type == AKV_KEY_RSA)
        return jwk->n.len >= 128 && jwk->n.data[0] != 0 && jwk->e.len > 0
               && jwk->e.data[0] != 0;
    return jwk->field == akv_curve_field(jwk->curve)
           && jwk->field <= AKV_FIELD_MAX;
}

#define X "AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyA"
#define N X X X X

static void keys(void)
{
    static const char *const seeds[] = {
        "{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"" X "\",\"y\":\"" X
        "\",\"key_ops\":[\"sign\",\"verify\"]}",
        "{\"kty\":\"RSA-HSM\",\"n\":\"" N "\",\"e\":\"AQAB\",\"key_ops\":null}",
        "{\"kty\":\"EC-HSM\",\"crv\":\"P-521\",\"x\":\"" X "\",\"y\":\"AQ\"}",
        "{\"value\":[{\"kid\":\"x\",\"a\":{\"b\":[1,2.5,-3e4,true,false]}}]}",
    };
    unsigned wrong = 0, parsed = 0, accepted = 0, i;
    char text[MOST + 1];

    for (i = 0; i < ROUNDS; i++) {
        struct akv_buf once = AKV_BUF_INIT(MOST * 8);
        struct akv_error err = AKV_ERROR_INIT;
        struct akv_jwk jwk;
        size_t len = mutate(text, seeds, COUNT(seeds));
        struct akv_json *json = akv_json_parse(text, len, &err);

        if (json == NULL) {
            wrong += err.code != AKV_E_PROTOCOL || err.message[0] == '\0';
            continue;
        }
        parsed++;
        if (akv_jwk_read(&jwk, json, &err)) {
            accepted++;
            wrong += !jwk_is_sound(&jwk);
        } else {
            wrong += err.code != AKV_E_PROTOCOL;
        }
        wrong += !akv_json_print(json, &once);
        akv_jwk_free(&jwk);
        akv_json_free(json);
        akv_buf_free(&once);
    }
    CHECK_INT("wrong", wrong, 0);
    CHECK(parsed > ROUNDS / 100 && accepted > 0 && accepted < parsed);
}

static bool challenge_is_sound(const struct akv_challenge *challenge)
{
    const char *host = challenge->resource_host;
    size_t len = strlen(host);

    return (challenge->tenant[0] == '\0' || akv_tenant_valid(challenge->tenant))
           && akv_host_valid(host, len)
           && strncmp(challenge->scope, "https://", 8) == 0
           && strncasecmp(challenge->scope + 8, host, len) == 0
           && (!challenge->is_plain
               || strcmp(challenge->scope + 8 + len, "/.default") == 0)
           && strstr(challenge->scope + 8 + len, "/.default") != NULL
           && strpbrk(challenge->scope, "@?#\\ ") == NULL;
}

static void challenges(void)
{
    static const char *const seeds[] = {
        "Bearer authorization=\"https://login.microsoftonline.com/tenant\", "
        "resource=\"https://vault.azure.net\"",
        "Bearer scope=https://managedhsm.azure.net/.default,authorization_uri="
        "https://login.windows.net/t",
        "Basic realm=\"x\", Bearer resource=\"https://vault.azure.net\", PoP "
        "resource=\"https://evil.example\"",
    };
    unsigned wrong = 0, accepted = 0, i;
    char text[MOST + 1];

    for (i = 0; i < ROUNDS; i++) {
        struct akv_error err = AKV_ERROR_INIT;
        struct akv_challenge challenge;

        (void)mutate(text, seeds, COUNT(seeds));
        if (akv_challenge_parse(&challenge, text, &err)) {
            accepted++;
            wrong += !challenge_is_sound(&challenge);
            wrong += akv_challenge_fits(&challenge, "v.vault.azure.net")
                     && !akv_host_within("v.vault.azure.net",
                                         challenge.resource_host);
        } else {
            wrong += err.code != AKV_E_AUTHENTICATION;
        }
    }
    CHECK_INT("wrong", wrong, 0);
    CHECK(accepted > ROUNDS / 100 && accepted < ROUNDS);
}

static void small_texts(void)
{
    static const char *const seeds[] = {
        "120",
        "Tue, 14 Nov 2023 22:13:25 GMT",
        "a eyJh.eyJ.c b",
        "host:443:127.0.0.1,b",
        "500ms",
        "7.5",
        "debug,file:/x",
        "yes",
    };
    unsigned wrong = 0, i;
    char text[MOST + 1];

    for (i = 0; i < ROUNDS / 4; i++) {
        size_t len = mutate(text, seeds, COUNT(seeds));
        const struct akv_setting_info *info =
            akv_settings_info(i % 40 < 20 ? i % 20 : 0);
        struct akv_http_reply reply = { .status = 429 };
        struct akv_error err = AKV_ERROR_INIT;
        struct akv_settings settings;
        int64_t ms;

        reply.headers[AKV_H_RETRY_AFTER] = text;
        ms = akv_retry_delay(1, &reply, akv_clock_system(), i);
        wrong += ms < 200 || ms > 86400000;
        if (!unit_settings(&settings, &err, info->name, text, NULL))
            wrong += err.code != AKV_E_CONFIG
                     || strstr(err.message, info->name) == NULL;
        akv_settings_clear(&settings);
        akv_log_mask(text);
        wrong += strlen(text) != len || strstr(text, "eyJ") != NULL;
    }
    CHECK_INT("wrong", wrong, 0);
}

int main(void)
{
    static const struct unit_test tests[] = {
        { "base64url", base64url },
        { "URIs", uris },
        { "keys", keys },
        { "challenges", challenges },
        { "small texts", small_texts },
    };

    return unit_main("random", tests, COUNT(tests));
}
