/* SPDX-License-Identifier: Apache-2.0 */

#include <stdlib.h>
#include <string.h>

#include "base/base64.h"
#include "unit.h"

/* What there is in RFC 4648, section 10, without padding, and the two
 * characters by which the alphabets differ. */
static const struct {
    const char *bytes, *text;
} vectors[] = {
    { "", "" },
    { "f", "Zg" },
    { "f\x6f", "Zm8" },
    { "foo", "Zm9v" },
    { "foob", "Zm9vYg" },
    { "fooba", "Zm9vYmE" },
    { "foobar", "Zm9vYmFy" },
    { "\xfb\xff\xbf", "-_-_" },
    { "\xff\xef\xfe", "_-_-" },
};

static void known(void)
{
    size_t i;

    for (i = 0; i < COUNT(vectors); i++) {
        struct akv_buf text = AKV_BUF_INIT(100), bytes = AKV_BUF_INIT(100);

        CHECK_AT(vectors[i].text,
                 akv_base64url_encode(vectors[i].bytes,
                                      strlen(vectors[i].bytes), &text));
        CHECK_STR(vectors[i].text, akv_buf_str(&text), vectors[i].text);
        CHECK_AT(vectors[i].text,
                 akv_base64url_decode(vectors[i].text, strlen(vectors[i].text),
                                      &bytes));
        CHECK_STR(vectors[i].text, akv_buf_str(&bytes), vectors[i].bytes);
        akv_buf_free(&text);
        akv_buf_free(&bytes);
    }
}

static bool round_trip(const unsigned char *data, size_t len)
{
    struct akv_buf text = AKV_BUF_INIT(1000), bytes = AKV_BUF_INIT(1000);
    bool ok =
        akv_base64url_encode(data, len, &text) && text.len == (len * 4 + 2) / 3
        && strlen(akv_buf_str(&text)) == text.len
        && akv_base64url_decode(akv_buf_str(&text), text.len, &bytes)
        && bytes.len == len && (len == 0 || memcmp(bytes.data, data, len) == 0);

    akv_buf_free(&text);
    akv_buf_free(&bytes);
    return ok;
}

static void all_lengths(void)
{
    unsigned char data[300];
    size_t len, i;
    unsigned wrong = 0;

    for (len = 0; len <= sizeof(data); len++) {
        for (i = 0; i < len; i++)
            data[i] = (unsigned char)unit_random();
        if (!round_trip(data, len))
            wrong++;
    }
    CHECK_INT("lengths that went wrong", wrong, 0);
}

static void accepted_or_not(void)
{
    static const struct {
        const char *text;
        bool ok;
        const char *bytes;
    } rows[] = {
        { "Zg==", true, "f" },         { "Zm8=", true, "f\x6f" },
        { "Zm9v", true, "foo" },       { "Zg=", false, NULL },
        { "Zg===", false, NULL },      { "Zm8==", false, NULL },
        { "Zm9v=", false, NULL },      { "Zm9v====", false, NULL },
        { "=", false, NULL },          { "==", false, NULL },
        { "====", false, NULL },       { "Z===", false, NULL },
        { "Z", false, NULL },          { "Zm9vY", false, NULL },
        { "Zm=8", false, NULL },       { "=Zm8", false, NULL },
        { "Zg==Zg==", false, NULL },   { "Zh", false, NULL }, /* stray bits */
        { "Zm9", false, NULL },                               /* stray bits */
        { "Zh==", false, NULL },                              /* stray bits */
        { "Zm9=", false, NULL },                              /* stray bits */
        { "+/+/", false, NULL }, /* the other alphabet */
        { "Zm 8", false, NULL },       { "Zm8\n", false, NULL },
        { "\nZm8", false, NULL },      { "Zm8 ", false, NULL },
        { "Zm8.", false, NULL },       { "Zm8,", false, NULL },
        { "Zm\xc3\xa4", false, NULL },
    };
    size_t i;

    for (i = 0; i < COUNT(rows); i++) {
        struct akv_buf out = AKV_BUF_INIT(100);

        CHECK_AT(rows[i].text, akv_buf_append_str(&out, "before:"));
        CHECK_AT(rows[i].text,
                 akv_base64url_decode(rows[i].text, strlen(rows[i].text), &out)
                     == rows[i].ok);
        CHECK_HAS(rows[i].text, akv_buf_str(&out), "before:");
        CHECK_STR(rows[i].text, akv_buf_str(&out) + 7,
                  rows[i].ok ? rows[i].bytes : "");
        CHECK_INT(rows[i].text, out.len, strlen(akv_buf_str(&out)));
        akv_buf_free(&out);
    }
}

/* Each of the 256 characters in each place of a group. */
static void alphabet(void)
{
    static const char good[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    unsigned c, place, wrong = 0;

    for (c = 0; c < 256; c++) {
        for (place = 0; place < 4; place++) {
            struct akv_buf out = AKV_BUF_INIT(10);
            char text[] = "AAAAAAAA";
            bool ok = c != 0 && strchr(good, (int)c) != NULL;

            text[place] = (char)c;
            if (akv_base64url_decode(text, 8, &out) != ok
                || out.len != (ok ? 6u : 0u))
                wrong++;
            akv_buf_free(&out);
        }
    }
    CHECK_INT("characters that went wrong", wrong, 0);
}

/* The other alphabet, which always pads. */
static void standard(void)
{
    static const struct {
        const char *bytes, *text;
    } rows[] = {
        { "", "" },
        { "f", "Zg==" },
        { "fo", "Zm8=" },
        { "foo", "Zm9v" },
        { "foobar", "Zm9vYmFy" },
        { "\xfb\xff\xbf", "+/+/" },
        { "\xff\xef", "/+8=" },
    };
    static const char *const bad[] = { "-_-_",  "Z",      "Zg=",   "Zg===",
                                       "Zh==",  "Zm9=",   "Z===",  "Zg==Zg==",
                                       " Zg==", "Zg==\n", "Zm9v=", "====" };
    size_t i;

    for (i = 0; i < COUNT(rows); i++) {
        struct akv_buf text = AKV_BUF_INIT(100), bytes = AKV_BUF_INIT(100);

        CHECK(akv_buf_append_str(&text, "> "));
        CHECK_AT(rows[i].text, akv_base64_encode(rows[i].bytes,
                                                 strlen(rows[i].bytes), &text));
        CHECK_STR("appended", akv_buf_str(&text) + 2, rows[i].text);
        CHECK_AT(rows[i].text,
                 akv_base64_decode(rows[i].text, strlen(rows[i].text), &bytes));
        CHECK_STR(rows[i].text, akv_buf_str(&bytes), rows[i].bytes);
        akv_buf_free(&text);
        akv_buf_free(&bytes);
    }
    for (i = 0; i < COUNT(bad); i++) {
        struct akv_buf bytes = AKV_BUF_INIT(100);

        CHECK_AT(bad[i], !akv_base64_decode(bad[i], strlen(bad[i]), &bytes));
        CHECK_INT("unchanged", bytes.len, 0);
        akv_buf_free(&bytes);
    }
}

static void standard_limits(void)
{
    struct akv_buf out = AKV_BUF_INIT(4);

    CHECK(!akv_base64_encode("abcd", 4, &out));
    CHECK_INT("unchanged", out.len, 0);
    CHECK("padding has room" && akv_base64_encode("a", 1, &out));
    CHECK_STR("full", akv_buf_str(&out), "YQ==");
    akv_buf_free(&out);
}

static void limits(void)
{
    struct akv_buf out = AKV_BUF_INIT(4);

    CHECK(!akv_base64url_encode("abcd", 4, &out));
    CHECK_INT("unchanged", out.len, 0);
    CHECK(akv_base64url_encode("abc", 3, &out));
    CHECK_STR("full", akv_buf_str(&out), "YWJj");
    CHECK(!akv_base64url_encode("d", 1, &out));
    CHECK(akv_base64url_encode("", 0, &out));
    akv_buf_free(&out);
    CHECK(!akv_base64url_decode("YWJjZGU", 7, &out));
    CHECK_INT("unchanged", out.len, 0);
    CHECK(akv_base64url_decode("YWJj", 4, &out));
    CHECK_INT("room for one more", out.len, 3);
    akv_buf_free(&out);
}

int main(void)
{
    static const struct unit_test tests[] = {
        { "known vectors", known },
        { "all lengths", all_lengths },
        { "what is accepted and what is not", accepted_or_not },
        { "every character", alphabet },
        { "limits", limits },
        { "the standard alphabet", standard },
        { "limits of the standard alphabet", standard_limits },
    };

    return unit_main("base64", tests, COUNT(tests));
}
