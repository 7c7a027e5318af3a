/* SPDX-License-Identifier: Apache-2.0 */

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

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

/* What comes in pieces, from a descriptor that stays open. */
static void from_descriptor(void)
{
    struct akv_buf out = AKV_BUF_INIT(8), small = AKV_BUF_INIT(2);
    int ends[2];

    CHECK_INT("pipe", pipe(ends), 0);
    CHECK(write(ends[1], "secret", 6) == 6 && close(ends[1]) == 0);
    errno = 0;
    CHECK(!akv_file_read_fd(ends[0], &small));
    CHECK_INT("two fit", errno, EFBIG);
    CHECK(akv_file_read_fd(ends[0], &out));
    CHECK_STR("the rest", akv_buf_str(&out), "ret");
    CHECK_INT("it is still open", close(ends[0]), 0);
    CHECK(!akv_file_read_fd(-1, &out));
    CHECK_INT("none", errno, EBADF);
    akv_buf_free(&out);
    akv_buf_free(&small);
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
        { "from a descriptor", from_descriptor },
        { "too large", too_large },
        { "unreadable", unreadable },
    };

    return unit_main("file", tests, COUNT(tests));
}
