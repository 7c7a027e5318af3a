/* SPDX-License-Identifier: Apache-2.0 */

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "file.h"
#include "unit.h"

static void sizes(void)
{
    static const size_t lens[] = { 0, 1, 4095, 4096, 4097, 8192, 20000 };
    static char data[20000];
    size_t i, j;

    for (j = 0; j < sizeof(data); j++)
        data[j] = (char)unit_random();
    for (i = 0; i < COUNT(lens); i++) {
        struct akv_buf out = AKV_BUF_INIT(100000);
        const char *path = unit_file("sizes", data, lens[i]);

        CHECK_AT(path, akv_file_read(path, &out));
        CHECK_INT("length", out.len, lens[i]);
        CHECK_AT(path, lens[i] == 0 || memcmp(out.data, data, lens[i]) == 0);
        CHECK_AT(path, out.data == NULL || out.data[out.len] == '\0');
        akv_buf_free(&out);
    }
}

static void appends(void)
{
    struct akv_buf out = AKV_BUF_INIT(100);
    const char *path = unit_file("appends", "two", 3);

    CHECK(akv_buf_append_str(&out, "one "));
    CHECK(akv_file_read(path, &out));
    CHECK_STR("both", akv_buf_str(&out), "one two");
    akv_buf_free(&out);
}

static void too_large(void)
{
    static const char data[5000];
    const char *path = unit_file("large", data, sizeof(data));
    struct akv_buf out = AKV_BUF_INIT(4999);

    errno = 0;
    CHECK(!akv_file_read(path, &out));
    CHECK_INT("errno", errno, EFBIG);
    akv_buf_free(&out);
}

static void unreadable(void)
{
    struct akv_buf out = AKV_BUF_INIT(100);
    char path[200];

    (void)snprintf(path, sizeof(path), "%s/none", unit_folder());
    errno = 0;
    CHECK(!akv_file_read(path, &out));
    CHECK_INT("no such file", errno, ENOENT);
    errno = 0;
    CHECK(!akv_file_read(unit_folder(), &out));
    CHECK_INT("a folder", errno, EISDIR);
    errno = 0;
    CHECK(!akv_file_read("", &out));
    CHECK_INT("no name", errno, ENOENT);
    CHECK_INT("nothing was added", out.len, 0);
    akv_buf_free(&out);
}

int main(void)
{
    static const struct unit_test tests[] = {
        { "all sizes", sizes },
        { "appends", appends },
        { "too large", too_large },
        { "unreadable", unreadable },
    };

    return unit_main("file", tests, COUNT(tests));
}
