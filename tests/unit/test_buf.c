/* SPDX-License-Identifier: Apache-2.0 */

#include <malloc.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "akv/buf.h"
#include "unit.h"

#define MARK "a-secret-to-be-wiped"

/* Blocks that were freed with the mark in them, by our own code. */
static unsigned left_behind;

void __real_free(void *data);
void __wrap_free(void *data);

void __wrap_free(void *data)
{
    if (data != NULL
        && memmem(data, malloc_usable_size(data), MARK, sizeof(MARK) - 1)
               != NULL)
        left_behind++;
    __real_free(data);
}

static void empty(void)
{
    struct akv_buf buf = AKV_BUF_INIT(10);

    CHECK(buf.data == NULL && buf.len == 0 && buf.max == 10);
    CHECK_STR("empty", akv_buf_str(&buf), "");
    akv_buf_free(&buf);
    akv_buf_free(NULL);
    CHECK_INT("the limit stays", buf.max, 10);
}

static void limit(void)
{
    static const struct {
        const char *where;
        size_t max, have, add;
        bool ok;
    } rows[] = {
        { "nothing at all", 0, 0, 0, true },
        { "one into none", 0, 0, 1, false },
        { "up to the limit", 8, 0, 8, true },
        { "one too many", 8, 0, 9, false },
        { "exactly the rest", 8, 5, 3, true },
        { "one more than the rest", 8, 5, 4, false },
        { "nothing into a full one", 8, 8, 0, true },
        { "one into a full one", 8, 8, 1, false },
        { "an absurd length", 8, 5, SIZE_MAX, false },
        { "an absurd length into none", 8, 0, SIZE_MAX, false },
        { "past the first allocation", 4096, 60, 10, true },
    };
    static const char data[128];
    size_t i;

    for (i = 0; i < COUNT(rows); i++) {
        struct akv_buf buf = AKV_BUF_INIT(rows[i].max);
        size_t want = rows[i].have + (rows[i].ok ? rows[i].add : 0);

        CHECK_AT(rows[i].where, akv_buf_append(&buf, data, rows[i].have));
        CHECK_AT(rows[i].where,
                 akv_buf_append(&buf, data, rows[i].add) == rows[i].ok);
        CHECK_INT(rows[i].where, buf.len, want);
        CHECK_AT(rows[i].where, buf.len <= buf.max);
        CHECK_AT(rows[i].where, buf.data == NULL || buf.data[buf.len] == '\0');
        akv_buf_free(&buf);
        CHECK_AT(rows[i].where, buf.data == NULL && buf.len == 0);
    }
}

/* All lengths up to a few allocations, byte by byte. */
static void grows(void)
{
    struct akv_buf buf = AKV_BUF_INIT(1000);
    unsigned i, wrong = 0;

    for (i = 0; i < 1000; i++) {
        unsigned char byte = (unsigned char)(i * 7);

        if (!akv_buf_append(&buf, &byte, 1) || buf.len != i + 1
            || buf.data[i + 1] != '\0' || buf.size <= buf.len)
            wrong++;
    }
    CHECK_INT("bytes that went wrong", wrong, 0);
    CHECK(!akv_buf_append(&buf, "x", 1));
    for (i = 0; i < 1000; i++)
        if (buf.data[i] != (unsigned char)(i * 7))
            wrong++;
    CHECK_INT("bytes that changed", wrong, 0);
    akv_buf_free(&buf);
}

static void reserve(void)
{
    struct akv_buf buf = AKV_BUF_INIT(200);
    unsigned char *room = akv_buf_reserve(&buf, 100);

    if (!CHECK(room != NULL))
        return;
    CHECK(room == buf.data);
    CHECK_INT("reserving adds nothing", buf.len, 0);
    memset(room, 'a', 100);
    buf.len += 100;
    CHECK(akv_buf_reserve(&buf, 101) == NULL);
    room = akv_buf_reserve(&buf, 100);
    if (!CHECK(room != NULL))
        return;
    CHECK(room == buf.data + 100);
    CHECK_INT("and moves what was there", buf.data[99], 'a');
    memset(room, 'b', 100);
    buf.len += 100;
    CHECK(buf.size > 200); /* there is room for a NUL behind the last */
    akv_buf_free(&buf);
}

static void text(void)
{
    struct akv_buf buf = AKV_BUF_INIT(20);

    CHECK(akv_buf_append_str(&buf, ""));
    CHECK_STR("nothing", akv_buf_str(&buf), "");
    CHECK(akv_buf_append_str(&buf, "keys"));
    CHECK(akv_buf_appendf(&buf, "/%s/%d", "name", 42));
    CHECK_STR("text", akv_buf_str(&buf), "keys/name/42");
    CHECK(akv_buf_appendf(&buf, "%s", ""));
    CHECK(!akv_buf_appendf(&buf, "%09d", 1));
    CHECK_STR("unchanged", akv_buf_str(&buf), "keys/name/42");
    CHECK_INT("unchanged", buf.len, 12);
    CHECK(akv_buf_appendf(&buf, "%08d", 1));
    CHECK_STR("full", akv_buf_str(&buf), "keys/name/4200000001");
    CHECK(!akv_buf_append_str(&buf, "x"));
    akv_buf_free(&buf);
    CHECK_STR("after free", akv_buf_str(&buf), "");
}

/* Bytes are bytes: a NUL among them ends nothing. */
static void nul(void)
{
    struct akv_buf buf = AKV_BUF_INIT(20);

    CHECK(akv_buf_append(&buf, "a\0b", 3));
    CHECK(akv_buf_append(&buf, "\0", 1));
    CHECK_INT("length", buf.len, 4);
    CHECK(memcmp(buf.data, "a\0b\0", 5) == 0);
    akv_buf_free(&buf);
}

static void wipe(void)
{
    char secret[] = "secret";
    char zeros[sizeof(secret)] = "";

    akv_wipe(secret, 3);
    CHECK(memcmp(secret, "\0\0\0ret", 6) == 0);
    akv_wipe(secret, 0);
    CHECK_INT("nothing to wipe", secret[3], 'r');
    akv_wipe(secret, sizeof(secret));
    CHECK(memcmp(secret, zeros, sizeof(secret)) == 0);
    akv_wipe(NULL, 5);
    akv_wipe_free(NULL);
}

/* Also where the content moves to a larger block. */
static void wiped_before_free(void)
{
    struct akv_buf buf = AKV_BUF_INIT(100000);
    char *volatile text; /* or the compiler leaves out what it can foresee */
    int i;

    left_behind = 0;
    for (i = 0; i < 2000; i++)
        if (!akv_buf_append_str(&buf, MARK))
            break;
    CHECK_INT("appended", i, 2000);
    akv_buf_free(&buf);
    text = strdup(MARK);
    akv_wipe_free(text);
    CHECK_INT("blocks with the secret", left_behind, 0);
    text = strdup(MARK);
    free(text);
    CHECK_INT("this test would have seen it", left_behind, 1);
}

static void used_again(void)
{
    struct akv_buf buf;

    memset(&buf, 0xff, sizeof(buf));
    akv_buf_init(&buf, 5);
    CHECK(akv_buf_append_str(&buf, "first"));
    akv_buf_free(&buf);
    CHECK(akv_buf_append_str(&buf, "again"));
    CHECK_STR("the same limit", akv_buf_str(&buf), "again");
    CHECK(!akv_buf_append_str(&buf, "!"));
    akv_buf_free(&buf);
}

int main(void)
{
    static const struct unit_test tests[] = {
        { "an empty buffer", empty },
        { "the limit holds", limit },
        { "grows byte by byte", grows },
        { "reserve", reserve },
        { "text", text },
        { "NUL bytes", nul },
        { "wiping", wipe },
        { "wiped before it is freed", wiped_before_free },
        { "free and use again", used_again },
    };

    return unit_main("buf", tests, COUNT(tests));
}
