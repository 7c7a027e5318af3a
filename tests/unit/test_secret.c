/* SPDX-License-Identifier: Apache-2.0 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "akv/secret.h"
#include "client_fixture.h"
#include "unit.h"

#define ID "\"id\":\"" H "/secrets/s/7\""

static void utf8(void)
{
    static const struct {
        const char *text;
        bool ok;
    } rows[] = {
        { "", true },
        { "plain\r\n\t\x7f", true },
        { "\xc2\x80\xdf\xbf", true },
        { "\xe0\xa0\x80\xef\xbf\xbf", true },
        { "\xed\x9f\xbf\xee\x80\x80", true },
        { "\xf0\x90\x80\x80\xf4\x8f\xbf\xbf", true },
        { "\x80", false },
        { "\xbf", false },
        { "a\xff", false },
        { "\xfe", false },
        { "\xc0\x80", false },         /* NUL, too long */
        { "\xc1\xbf", false },         /* DEL, too long */
        { "\xc2", false },             /* cut */
        { "\xc2 ", false },            /* not gone on with */
        { "\xe0\x9f\xbf", false },     /* too long */
        { "\xe2\x82", false },         /* cut */
        { "\xe2\x82 ", false },        /* not gone on with */
        { "\xe2 \x82", false },        /* not gone on with */
        { "\xed\xa0\x80", false },     /* half of a pair */
        { "\xed\xbf\xbf", false },     /* the other half */
        { "\xf0\x8f\xbf\xbf", false }, /* too long */
        { "\xf0\x9f\x98", false },     /* cut */
        { "\xf4\x90\x80\x80", false }, /* beyond U+10FFFF */
        { "\xf5\x80\x80\x80", false },
        { "\xf8\x88\x80\x80\x80", false },
    };
    size_t i;

    for (i = 0; i < COUNT(rows); i++) {
        size_t len = strlen(rows[i].text);
        char *copy = malloc(len + 1); /* the sanitizer sees its end */

        if (copy == NULL)
            return;
        memcpy(copy, rows[i].text, len);
        CHECK_INT(rows[i].text, akv_utf8_valid(copy, len), rows[i].ok);
        free(copy);
    }
    CHECK("NUL is a character" && akv_utf8_valid("a\0b", 3));
    CHECK(akv_utf8_valid(NULL, 0));
}

static void set(void)
{
    static const char reply[] = "{" ID ",\"value\":\"echoed\","
                                "\"previousVersion\":\"6\"}";
    struct akv_id id = client_id(H "/secrets/s/5");
    struct akv_tags tags = { NULL, 0 };
    struct akv_secret_options options = { .attributes = AKV_ATTRIBUTES_INIT };
    struct akv_error err = AKV_ERROR_INIT;
    struct akv_secret secret;

    client_answer(reply, reply, reply);
    CHECK(akv_secret_set(NULL, &id, "\"a\\\n\xc3\xa4", 6, NULL, &secret, &err));
    CHECK_STR("version", secret.properties.id.version, "7");
    CHECK_STR("before", secret.previous_version, "6");
    CHECK_INT("its value is not handed back", secret.value.len, 0);
    akv_secret_free(&secret);
    CHECK(akv_tags_add(&tags, "t", "v"));
    options.attributes.exp = 5;
    options.content_type = "text/plain";
    options.tags = &tags;
    CHECK(akv_secret_set(NULL, &id, "a\0b", 3, &options, &secret, &err));
    akv_secret_free(&secret);
    CHECK(akv_secret_set(NULL, &id, "", 0, NULL, &secret, &err));
    akv_secret_free(&secret);
    CHECK_STR("asked", client_asked(),
              "PUT /secrets/s {\"value\":\"\\\"a\\\\\\n\xc3\xa4\"}\n"
              "PUT /secrets/s {\"value\":\"a\\u0000b\",\"attributes\":{\"exp\":"
              "5},\"tags\":{\"t\":\"v\"},\"contentType\":\"text/plain\"}\n"
              "PUT /secrets/s {\"value\":\"\"}\n");
    akv_tags_free(&tags);
    client_clear();
}

static void limits(void)
{
    static char value[AKV_SECRET_MAX + 1];
    struct akv_id id = client_id(H "/secrets/s");
    struct akv_error err = AKV_ERROR_INIT;
    struct akv_secret secret;
    struct akv_call *call;

    memset(value, 'x', sizeof(value));
    client_answer("{" ID "}", NULL, NULL);
    CHECK(
        akv_secret_set(NULL, &id, value, AKV_SECRET_MAX, NULL, &secret, &err));
    akv_secret_free(&secret);
    CHECK(!akv_secret_set(NULL, &id, value, AKV_SECRET_MAX + 1, NULL, &secret,
                          &err));
    CHECK_INT("too long", err.code, AKV_E_INVALID);
    CHECK_HAS("too long", err.message, "secrets/s: the value has 25601 bytes");
    akv_secret_free(&secret);
    CHECK(!akv_secret_set(NULL, &id, "\xff", 1, NULL, &secret, &err));
    CHECK_INT("no UTF-8", err.code, AKV_E_INVALID);
    CHECK_HAS("no UTF-8", err.message, "is not UTF-8");
    akv_secret_free(&secret);
    CHECK_INT("nothing was sent", fake_client_count(), 1);
    call = akv_secret_set_start(NULL, &id, "x", 1, NULL, NULL, NULL, &err);
    CHECK("a set is not repeated" && call->op.kind->once);
    akv_call_free(call);
    client_clear();
}

static const struct {
    const char *asked, *reply, *value;
    size_t len;
    const char *message; /* NULL: good */
} get_rows[] = {
    { "s", "{" ID ",\"value\":\"v\"}", "v", 1, NULL },
    { "s/7", "{" ID ",\"value\":\"\"}", "", 0, NULL },
    { "s", "{" ID ",\"value\":\"a\\u0000b\\u00e4\"}", "a\0b\xc3\xa4", 5, NULL },
    { "s", "{" ID ",\"value\":null}", "", 0, "value: is missing" },
    { "s", "{" ID ",\"value\":7}", "", 0, "value: is missing" },
    { "s", "{" ID "}", "", 0, "value: is missing" },
    { "s", "{\"value\":\"v\"}", "", 0, "id or kid is missing" },
    { "o", "{" ID ",\"value\":\"v\"}", "", 0, "of another object" },
    { "s/8", "{" ID ",\"value\":\"v\"}", "", 0, "of another object" },
    { "s", "[]", "", 0, "not an object" },
    { "s", "!SecretDisabled", "", 0, "SecretDisabled" },
};

static void get(void)
{
    size_t i;

    for (i = 0; i < COUNT(get_rows); i++) {
        const char *where = get_rows[i].reply;
        struct akv_error err = AKV_ERROR_INIT;
        struct akv_secret secret;
        struct akv_id id;
        char url[100];

        (void)snprintf(url, sizeof(url), H "/secrets/%s", get_rows[i].asked);
        id = client_id(url);
        client_answer(get_rows[i].reply, NULL, NULL);
        CHECK_AT(where, akv_secret_get(NULL, &id, &secret, &err)
                            == (get_rows[i].message == NULL));
        CHECK_INT(where, secret.value.len, get_rows[i].len);
        CHECK_AT(where, memcmp(akv_buf_str(&secret.value), get_rows[i].value,
                               get_rows[i].len)
                            == 0);
        if (get_rows[i].message != NULL)
            CHECK_HAS(where, err.message, get_rows[i].message);
        akv_secret_free(&secret);
        akv_secret_free(&secret);
    }
    client_clear();
}

/* A certificate's secret, as it is and as PEM. */
static void certificates(void)
{
    static const char reply[] =
        "{" ID ",\"value\":\"v\",\"managed\":true,\"kid\":\"" H
        "/keys/s/7\",\"contentType\":\"application/x-pkcs12\"}";
    struct akv_id id = client_id(H "/secrets/s/7");
    struct akv_error err = AKV_ERROR_INIT;
    struct akv_secret secret;
    struct akv_call *call;

    client_answer(reply, reply, NULL);
    CHECK(akv_secret_get(NULL, &id, &secret, &err));
    CHECK_STR("key", secret.kid, H "/keys/s/7");
    CHECK_STR("type", secret.properties.content_type, "application/x-pkcs12");
    CHECK(secret.properties.managed && secret.previous_version == NULL);
    akv_secret_free(&secret);
    CHECK(akv_secret_get_pem(NULL, &id, &secret, &err));
    akv_secret_free(&secret);
    CHECK_STR("asked", client_asked(),
              "GET /secrets/s/7\nGET "
              "/secrets/s/7&outContentType=application%2Fx-pem-file\n");
    call = akv_secret_get_pem_start(NULL, &id, NULL, NULL, &err);
    CHECK_STR("since", call->op.kind->min_version, "2025-07-01");
    akv_call_free(call);
    client_clear();
}

int main(void)
{
    static const struct unit_test tests[] = {
        { "UTF-8", utf8 },
        { "set", set },
        { "limits", limits },
        { "get", get },
        { "secrets of certificates", certificates },
    };

    return unit_main("secrets", tests, COUNT(tests));
}
