/* SPDX-License-Identifier: Apache-2.0 */

#include <json-c/json.h>
#include <stdio.h>
#include <string.h>

#include "akv/json.h"
#include "unit.h"

/* Texts that were not wiped when json-c was told to free them. */
static unsigned left_behind, freed_texts, freed_tokeners;

int __real_json_object_put(struct json_object *object);
int __wrap_json_object_put(struct json_object *object);
void __real_json_tokener_free(struct json_tokener *tok);
void __wrap_json_tokener_free(struct json_tokener *tok);

static bool all_zero(const char *text, size_t len)
{
    while (len > 0)
        if (text[--len] != '\0')
            return false;
    return true;
}

static void look_for_texts(struct json_object *object)
{
    size_t i;

    if (json_object_is_type(object, json_type_string)) {
        freed_texts++;
        if (!all_zero(json_object_get_string(object),
                      (size_t)json_object_get_string_len(object)))
            left_behind++;
    } else if (json_object_is_type(object, json_type_array)) {
        for (i = 0; i < json_object_array_length(object); i++)
            look_for_texts(json_object_array_get_idx(object, i));
    } else if (json_object_is_type(object, json_type_object)) {
        json_object_object_foreach(object, key, value)
        {
            (void)key;
            look_for_texts(value);
        }
    }
}

int __wrap_json_object_put(struct json_object *object)
{
    look_for_texts(object);
    return __real_json_object_put(object);
}

void __wrap_json_tokener_free(struct json_tokener *tok)
{
    freed_tokeners++;
    if (!all_zero(tok->pb->buf, (size_t)tok->pb->size))
        left_behind++;
    __real_json_tokener_free(tok);
}

static struct akv_json *parse(const char *text)
{
    struct akv_error err = AKV_ERROR_INIT;

    return akv_json_parse(text, strlen(text), &err);
}

static void texts(void)
{
    static const struct {
        const char *text;
        const char *printed; /* NULL: refused */
        const char *message;
    } rows[] = {
        { "{}", "{}", NULL },
        { " {\r\n\t} ", "{}", NULL },
        { "[]", "[]", NULL },
        { "[\"\xc3\xa4\"]", "[\"\xc3\xa4\"]", NULL },
        { "[\"\xc3\xa4\"] x", NULL, "not JSON" },
        { "[ ]\n", "[]", NULL },
        { "\"text\"", "\"text\"", NULL },
        { "[null,true,false,-1,0,12]", "[null,true,false,-1,0,12]", NULL },
        { "[1.5,-2e3]", "[1.5,-2e3]", NULL },
        { "{\"a\":{\"b\":[{}]}}", "{\"a\":{\"b\":[{}]}}", NULL },
        { "[\"\\b\\n\\r\\t\\f\\\"\\\\bnrtf\"]",
          "[\"\\b\\n\\r\\t\\f\\\"\\\\bnrtf\"]", NULL },
        { "[\"\\u0000\\u0001\\u001f\\u007f\"]",
          "[\"\\u0000\\u0001\\u001f\x7f\"]", NULL },
        { "{\"a\\n\":\"\"}", "{\"a\\n\":\"\"}", NULL },
        { "[\"/\\/\\u002f\"]", "[\"///\"]", NULL },
        { "[\"\\ud83d\\ude00\"]", "[\"\xf0\x9f\x98\x80\"]", NULL },
        { "{\"a\":1,\"a\":2}", "{\"a\":2}", NULL }, /* the last one counts */
        { "", NULL, "the text is empty" },
        { "   ", NULL, "the text is empty" },
        { "{", NULL, "too early" },
        { "[\"abc", NULL, "too early" },
        { "{\"a\"", NULL, "too early" },
        { "[1", NULL, "too early" },
        { "null ", NULL, "null" },
        { "{} x", NULL, "not JSON" },
        { "{}{}", NULL, "not JSON" },
        { "{},", NULL, "not JSON" },
        { "[1,]", NULL, "not JSON" },
        { "{\"a\":1,}", NULL, "not JSON" },
        { "{\"a\":}", NULL, "not JSON" },
        { "{\"a\" 1}", NULL, "not JSON" },
        { "{a:1}", NULL, "not JSON" },
        { "{1:2}", NULL, "not JSON" },
        { "[1 2]", NULL, "not JSON" },
        { "[01]", NULL, "not JSON" },
        { "[.5]", NULL, "not JSON" },
        { "[+1]", NULL, "not JSON" },
        { "[--1]", NULL, "not JSON" },
        { "[0x10]", NULL, "not JSON" },
        { "[nul]", NULL, "not JSON" },
        { "[True]", NULL, "not JSON" },
        { "/* */{}", NULL, "not JSON" },
        { "[1]//", NULL, "not JSON" },
        { "[\"\\x\"]", NULL, "not JSON" },
        { "[\"\\u12\"]", NULL, "not JSON" },
        { "[\"\xff\"]", NULL, "not JSON" },
        { "[\"\xc3\"]", NULL, "not JSON" },
        { "<html>", NULL, "not JSON" },
    };
    size_t i;

    for (i = 0; i < COUNT(rows); i++) {
        struct akv_error err = AKV_ERROR_INIT;
        struct akv_buf out = AKV_BUF_INIT(200);
        struct akv_json *json =
            akv_json_parse(rows[i].text, strlen(rows[i].text), &err);

        CHECK_AT(rows[i].text, (json != NULL) == (rows[i].printed != NULL));
        if (json != NULL && rows[i].printed != NULL) {
            CHECK_AT(rows[i].text, akv_json_print(json, &out));
            CHECK_STR(rows[i].text, akv_buf_str(&out), rows[i].printed);
        } else if (json == NULL && rows[i].message != NULL) {
            CHECK_INT(rows[i].text, err.code, AKV_E_PROTOCOL);
            CHECK_HAS(rows[i].text, err.message, rows[i].message);
        }
        akv_buf_free(&out);
        akv_json_free(json);
    }
}

static void length_counts(void)
{
    struct akv_error err = AKV_ERROR_INIT;
    struct akv_json *json = akv_json_parse("{}garbage", 2, &err);

    CHECK(json != NULL);
    akv_json_free(json);
    json = akv_json_parse("{\"a\":\"x\0y\"}", 11, &err);
    CHECK(json == NULL);
    CHECK_INT("a bare NUL in a text", err.code, AKV_E_PROTOCOL);
    CHECK(akv_json_parse("[1]", 2, NULL) == NULL);
}

static void depth(void)
{
    char text[2000];
    size_t levels;

    for (levels = 1; levels < sizeof(text) / 2; levels++) {
        struct akv_error err = AKV_ERROR_INIT;
        struct akv_json *json;

        memset(text, '[', levels);
        memset(text + levels, ']', levels);
        json = akv_json_parse(text, 2 * levels, &err);
        if ((json != NULL) != (levels <= 32))
            break;
        akv_json_free(json);
    }
    CHECK_INT("levels that went right", levels, sizeof(text) / 2);
}

static void members(void)
{
    struct akv_json *json =
        parse("{\"text\":\"t\",\"empty\":\"\",\"null\":null,\"int\":5,"
              "\"nul\":\"a\\u0000b\",\"object\":{\"x\":1},\"array\":[1,\"b\"],"
              "\"true\":true}");
    const struct akv_json *node;
    size_t len = 99;

    if (!CHECK(json != NULL))
        return;
    CHECK(akv_json_is_object(json) && !akv_json_is_array(json));
    CHECK_STR("text", akv_json_get_text(json, "text"), "t");
    CHECK_STR("empty", akv_json_get_text(json, "empty"), "");
    CHECK_STR("null", akv_json_get_text(json, "null"), NULL);
    CHECK_STR("absent", akv_json_get_text(json, "absent"), NULL);
    CHECK_STR("a number", akv_json_get_text(json, "int"), NULL);
    CHECK_STR("an object", akv_json_get_text(json, "object"), NULL);
    CHECK_STR("case matters", akv_json_get_text(json, "Text"), NULL);
    CHECK(akv_json_get(json, "null") == NULL);
    CHECK(akv_json_get(json, "absent") == NULL);
    CHECK(akv_json_get(NULL, "text") == NULL);
    CHECK(akv_json_get(akv_json_get(json, "array"), "x") == NULL);
    CHECK(akv_json_get(akv_json_get(json, "text"), "x") == NULL);
    CHECK_STR("a NUL in it", akv_json_get_text(json, "nul"), NULL);
    CHECK(akv_json_text(akv_json_get(json, "nul"), &len) != NULL);
    CHECK_INT("a NUL in it", len, 3);
    CHECK(akv_json_text(NULL, &len) == NULL);
    node = akv_json_get(json, "array");
    CHECK(akv_json_is_array(node) && !akv_json_is_object(node));
    CHECK_INT("length", akv_json_length(node), 2);
    CHECK_STR("element", akv_json_text(akv_json_at(node, 1), NULL), "b");
    CHECK(akv_json_at(node, 2) == NULL && akv_json_at(node, SIZE_MAX) == NULL);
    CHECK_INT("an object", akv_json_length(json), 0);
    CHECK_INT("nothing", akv_json_length(NULL), 0);
    CHECK(akv_json_at(json, 0) == NULL && akv_json_at(NULL, 0) == NULL);
    akv_json_free(json);
    akv_json_free(NULL);
}

static void integers(void)
{
    static const struct {
        const char *value;
        bool ok;
        int64_t want;
    } rows[] = {
        { "0", true, 0 },
        { "-5", true, -5 },
        { "3599", true, 3599 },
        { "9223372036854775807", true, INT64_MAX },
        { "9223372036854775808", false, 0 },
        { "\"3599\"", true, 3599 },
        { "\"0\"", true, 0 },
        { "\"9223372036854775807\"", true, INT64_MAX },
        { "\"9223372036854775808\"", false, 0 },
        { "\"99999999999999999999\"", false, 0 },
        { "\"-5\"", false, 0 },
        { "\"+5\"", false, 0 },
        { "\" 5\"", false, 0 },
        { "\"5 \"", false, 0 },
        { "\"5s\"", false, 0 },
        { "\"0x5\"", false, 0 },
        { "\"5\\u0000\"", false, 0 },
        { "\"\"", false, 0 },
        { "\"01/02/2026\"", false, 0 },
        { "5.0", false, 0 },
        { "1e3", false, 0 },
        { "true", false, 0 },
        { "null", false, 0 },
        { "[5]", false, 0 },
        { "{}", false, 0 },
    };
    size_t i;

    for (i = 0; i < COUNT(rows); i++) {
        char text[100];
        struct akv_json *json;
        int64_t value = 77;

        (void)snprintf(text, sizeof(text), "{\"n\":%s}", rows[i].value);
        json = parse(text);
        CHECK_AT(text, akv_json_get_int(json, "n", &value) == rows[i].ok);
        CHECK_INT(text, value, rows[i].ok ? rows[i].want : 77);
        CHECK_AT(text, !akv_json_get_int(json, "absent", &value));
        akv_json_free(json);
    }
    CHECK(!akv_json_get_int(NULL, "n", &(int64_t){ 0 }));
}

static void booleans(void)
{
    static const struct {
        const char *value;
        bool ok, want;
    } rows[] = {
        { "true", true, true },      { "false", true, false },
        { "\"true\"", false, true }, { "1", false, true },
        { "null", false, true },     { "[]", false, true },
    };
    size_t i;

    for (i = 0; i < COUNT(rows); i++) {
        char text[100];
        struct akv_json *json;
        bool value = true;

        (void)snprintf(text, sizeof(text), "{\"b\":%s}", rows[i].value);
        json = parse(text);
        CHECK_AT(text, akv_json_get_bool(json, "b", &value) == rows[i].ok);
        CHECK_AT(text, value == rows[i].want);
        CHECK_AT(text, !akv_json_get_bool(json, "absent", &value));
        akv_json_free(json);
    }
}

static void binary(void)
{
    static const struct {
        const char *value;
        bool ok;
        const char *want;
    } rows[] = {
        { "\"Zm9v\"", true, "foo" },
        { "\"Zg==\"", true, "f" },
        { "\"\"", true, "" },
        { "\"Zm 9v\"", false, "" },
        { "\"Zm9\"", false, "" },
        { "\"Zm9v\\u0000\"", false, "" },
        { "\"Zm9vYg==\"", true, "foob" },
        { "7", false, "" },
        { "null", false, "" },
        { "[\"Zm9v\"]", false, "" },
        { "{}", false, "" },
    };
    size_t i;

    for (i = 0; i < COUNT(rows); i++) {
        struct akv_buf out = AKV_BUF_INIT(10);
        char text[100];
        struct akv_json *json;

        (void)snprintf(text, sizeof(text), "{\"v\":%s}", rows[i].value);
        json = parse(text);
        CHECK_AT(text, akv_json_get_base64url(json, "v", &out) == rows[i].ok);
        CHECK_STR(text, akv_buf_str(&out), rows[i].want);
        CHECK_AT(text, !akv_json_get_base64url(json, "absent", &out));
        akv_buf_free(&out);
        akv_json_free(json);
    }
}

static void builder(void)
{
    struct akv_json *json = akv_json_new_object(), *array, *object;
    struct akv_buf out = AKV_BUF_INIT(200), small = AKV_BUF_INIT(10);

    CHECK(akv_json_add_text(json, "text", "a\"b\\\n/\xc3\xa4"));
    CHECK(akv_json_add_int(json, "int", INT64_MIN));
    CHECK(akv_json_add_bool(json, "bool", false));
    CHECK(akv_json_add_base64url(json, "value", "\xff\xff", 2));
    CHECK(akv_json_add_base64url(json, "none", "", 0));
    array = akv_json_add_array(json, "array");
    CHECK(array != NULL && akv_json_add_text(array, NULL, "one"));
    object = akv_json_add_object(array, NULL);
    CHECK(object != NULL && akv_json_add_bool(object, "two", true));
    CHECK(akv_json_print(json, &out));
    CHECK_STR("printed", akv_buf_str(&out),
              "{\"text\":\"a\\\"b\\\\\\n/\xc3\xa4\","
              "\"int\":-9223372036854775808,\"bool\":false,"
              "\"value\":\"__8\",\"none\":\"\","
              "\"array\":[\"one\",{\"two\":true}]}");
    CHECK(!akv_json_print(json, &small));
    CHECK(!akv_json_print(NULL, &out));
    CHECK_INT("nothing of it", small.len, 0);
    akv_buf_free(&small);
    akv_buf_free(&out);
    akv_json_free(json);
}

/* Everything read or built may be a secret. */
static void wiped(void)
{
    struct akv_json *json;

    left_behind = freed_texts = freed_tokeners = 0;
    json = parse("{\"a\":\"secret\",\"b\":[\"s\",{\"c\":\"a much longer one, "
                 "which json-c keeps in a block of its own\"}],\"d\":1}");
    CHECK(json != NULL);
    CHECK_INT("tokeners", freed_tokeners, 1);
    akv_json_free(json);
    CHECK_INT("texts", freed_texts, 3);
    json = akv_json_new_object();
    CHECK(akv_json_add_text(json, "a", "secret"));
    CHECK(akv_json_add_base64url(json, "b", "secret", 6));
    akv_json_free(json);
    CHECK_INT("texts", freed_texts, 5);
    CHECK(parse("[\"secret\", oops") == NULL);
    CHECK(parse("[\"a secret that ends too ear") == NULL);
    CHECK_INT("tokeners", freed_tokeners, 3);
    CHECK_INT("left behind", left_behind, 0);
}

/* An object among whatever a program writes around it. */
static void found(void)
{
    static const struct {
        const char *text;
        int64_t value; /* 0: none is found */
        bool any;
    } rows[] = {
        { "{\"a\":1}", 1, true },
        { "\xef\xbb\xbf{\"a\":1}\n", 1, true },
        { "{\"a\":1}\x1b[0m", 1, true },
        { "WARNING: {old} {\"b\":5}\n{\"a\":2}{\"a\":3}", 2, true },
        { "{\"b\":{\"a\":1}} {\"a\":4}", 4, true },
        { "[{\"a\":6}]", 6, true },
        { "{\"b\":1}", 0, true },
        { "{\"a\":null}", 0, true },
        { "{\"a\":1", 0, false },
        { "{", 0, false },
        { "a", 0, false },
        { "", 0, false },
    };
    char braces[200];
    size_t i;

    for (i = 0; i < COUNT(rows); i++) {
        int64_t value = 0;
        bool any = !rows[i].any;
        struct akv_json *json =
            akv_json_find(rows[i].text, strlen(rows[i].text), "a", &any);

        CHECK_AT(rows[i].text, (json != NULL) == (rows[i].value != 0));
        (void)akv_json_get_int(json, "a", &value);
        CHECK_INT(rows[i].text, value, rows[i].value);
        CHECK_INT(rows[i].text, any, rows[i].any);
        akv_json_free(json);
    }
    memset(braces, '{', sizeof(braces));
    CHECK("no end of braces"
          && akv_json_find(braces, sizeof(braces), "a", NULL) == NULL);
}

static void scalars(void)
{
    static const char text[] = "{\"s\":\"x\",\"i\":5,\"d\":1.5,\"n\":null,"
                               "\"b\":true,\"o\":{},\"z\":\"\\u0000\"}";
    static const struct {
        const char *name, *want;
    } rows[] = { { "s", "x" },  { "i", "5" },  { "d", "1.5" }, { "n", NULL },
                 { "b", NULL }, { "o", NULL }, { "z", NULL },  { "y", NULL } };
    struct akv_json *json = akv_json_parse(text, strlen(text), NULL);
    size_t i;

    for (i = 0; i < COUNT(rows); i++)
        CHECK_STR(rows[i].name,
                  akv_json_scalar(akv_json_get(json, rows[i].name)),
                  rows[i].want);
    akv_json_free(json);
}

int main(void)
{
    static const struct unit_test tests[] = {
        { "found", found },
        { "scalars", scalars },
        { "what is JSON and what is not", texts },
        { "the length counts", length_counts },
        { "depth", depth },
        { "members and elements", members },
        { "integers", integers },
        { "booleans", booleans },
        { "base64url members", binary },
        { "builder", builder },
        { "texts are wiped", wiped },
    };

    return unit_main("json", tests, COUNT(tests));
}
