/* SPDX-License-Identifier: Apache-2.0 */

/* Azure Arc names a file in its challenge: which of them are opened, and what
 * becomes of their content. No file of the system is touched here. */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "auth/arc.h"
#include "base/file.h"
#include "fake_io.h"
#include "unit.h"

#define TOKENS "/var/opt/azcmagent/tokens/"
#define L100                                                                   \
    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" \
    "aaaaaaaaaaaaaaaaaaaaaaaaaaaa"

static const struct {
    const char *challenge;
    const char *path; /* NULL: refused */
} challenge_rows[] = {
    { "Basic realm=" TOKENS "a.key", TOKENS "a.key" },
    { "basic REALM=" TOKENS "a-b_c.1.key", TOKENS "a-b_c.1.key" },
    { "Basic realm=" TOKENS "..key", TOKENS "..key" },
    { NULL, NULL },
    { "", NULL },
    { "Basic", NULL },
    { "Basic realm=", NULL },
    { "Basic realm", NULL },
    { "Bearer realm=" TOKENS "a.key", NULL },
    { "Basic realm=\"" TOKENS "a.key\"", NULL },
    { "Basic realm=/etc/shadow", NULL },
    { "Basic realm=/etc/shadow.key", NULL },
    { "Basic realm=etc/a.key", NULL },
    { "Basic realm=" TOKENS, NULL },
    { "Basic realm=" TOKENS ".key", NULL },
    { "Basic realm=" TOKENS "a", NULL },
    { "Basic realm=" TOKENS "a.KEY", NULL },
    { "Basic realm=" TOKENS "a.key.txt", NULL },
    { "Basic realm=" TOKENS "a.keys", NULL },
    { "Basic realm=" TOKENS "a.key ", NULL },
    { "Basic realm=" TOKENS "../a.key", NULL },
    { "Basic realm=" TOKENS "../../../../etc/shadow.key", NULL },
    { "Basic realm=" TOKENS "sub/a.key", NULL },
    { "Basic realm=" TOKENS "/a.key", NULL },
    { "Basic realm=/var/opt/azcmagent/tokens/../a.key", NULL },
    { "Basic realm=/var/opt/azcmagent/./tokens/a.key", NULL },
    { "Basic realm=/VAR/opt/azcmagent/tokens/a.key", NULL },
    { "Basic realm=x/var/opt/azcmagent/tokens/a.key", NULL },
    { "Basic realm= " TOKENS "a.key", NULL },
    { "Basic realm=" TOKENS "a=b.key", NULL },
    { "Basic realm=x, realm=" TOKENS "a.key", NULL },
    { "Basic realm=" TOKENS L100 L100 L100 L100 L100 "a.key", NULL },
};

static void challenges(void)
{
    size_t i;

    for (i = 0; i < COUNT(challenge_rows); i++) {
        const char *where = challenge_rows[i].challenge != NULL
                                ? challenge_rows[i].challenge
                                : "(no challenge)";
        struct akv_error err = AKV_ERROR_INIT;
        char path[512] = "";

        CHECK_AT(where, akv_arc_file(challenge_rows[i].challenge, path,
                                     sizeof(path), &err)
                            == (challenge_rows[i].path != NULL));
        CHECK_STR(where, path,
                  challenge_rows[i].path != NULL ? challenge_rows[i].path : "");
        if (challenge_rows[i].path == NULL) {
            CHECK_INT(where, err.code, AKV_E_AUTHENTICATION);
            CHECK_HAS(where, err.message, "Azure Arc");
        }
    }
}

/* Files are read here instead. */
static struct {
    char path[200];
    const char *content; /* NULL: ENOENT */
    unsigned reads;
} disk;

bool __wrap_akv_file_read(const char *path, struct akv_buf *out, int64_t ms);

bool __wrap_akv_file_read(const char *path, struct akv_buf *out, int64_t ms)
{
    (void)ms;
    disk.reads++;
    (void)snprintf(disk.path, sizeof(disk.path), "%s", path);
    errno = disk.content == NULL ? ENOENT : EFBIG;
    return disk.content != NULL && strlen(disk.content) < out->max
           && akv_buf_append_str(out, disk.content);
}

static struct {
    unsigned calls;
    char basic[5000];
    struct akv_error err;
} got;

static void on_basic(void *arg, const char *basic, const struct akv_error *err)
{
    CHECK(arg == &got);
    got.calls++;
    (void)snprintf(got.basic, sizeof(got.basic), "%s",
                   basic != NULL ? basic : "");
    if (basic == NULL)
        got.err = *err;
}

static void start(struct fake_io *io, struct akv_arc **handle)
{
    struct akv_http_request request = { .method = "GET", .max_reply = 1000 };

    memset(&got, 0, sizeof(got));
    disk.reads = 0;
    disk.path[0] = '\0';
    request.url = strdup("http://127.0.0.1:40342/x");
    request.deadline = io->now + 10000;
    request.plain = true;
    akv_arc_start(io != NULL ? &io->base : NULL, &request, on_basic, &got,
                  handle);
    CHECK("moved" && request.url == NULL);
}

static char key_4096[4097], key_4097[4098];

static const struct {
    const char *where;
    struct fake_step step;
    const char *content, *basic;
    enum akv_error_code code;
    const char *message;
    unsigned reads;
} exchange_rows[] = {
    { "good",
      { 401, .challenge = "Basic realm=" TOKENS "a.key" },
      "s3cret",
      "Basic s3cret",
      AKV_E_NONE,
      "",
      1 },
    { "no such file",
      { 401, .challenge = "Basic realm=" TOKENS "a.key" },
      NULL,
      "",
      AKV_E_AUTHENTICATION,
      "'" TOKENS "a.key' cannot be read: No such file",
      1 },
    { "a file that is too large",
      { 401, .challenge = "Basic realm=" TOKENS "a.key" },
      key_4097,
      "",
      AKV_E_AUTHENTICATION,
      "cannot be read: File too large",
      1 },
    { "another file",
      { 401, .challenge = "Basic realm=/etc/shadow" },
      "root",
      "",
      AKV_E_AUTHENTICATION,
      "'/etc/shadow'",
      0 },
    { "no challenge",
      { 401, .body = "x" },
      "s3cret",
      "",
      AKV_E_AUTHENTICATION,
      "Basic realm=FILE",
      0 },
    { "a token at once",
      { 200, .body = "{\"access_token\":\"tok\",\"expires_in\":3600}" },
      "s3cret",
      "",
      AKV_E_AUTHENTICATION,
      "HTTP 200",
      0 },
    { "an error",
      { 500, .challenge = "Basic realm=" TOKENS "a.key" },
      "s3cret",
      "",
      AKV_E_AUTHENTICATION,
      "HTTP 500",
      0 },
    { "nobody there",
      { 0, .error = AKV_E_TRANSPORT },
      "s3cret",
      "",
      AKV_E_UNAVAILABLE,
      "broke",
      0 },
    { "no answer",
      { .ms = FAKE_NEVER },
      "s3cret",
      "",
      AKV_E_UNAVAILABLE,
      "time is up",
      0 },
    { "cannot be sent",
      { .refuse = true, .error = AKV_E_MEMORY },
      "s3cret",
      "",
      AKV_E_MEMORY,
      "cannot send",
      0 },
};

static void exchanges(void)
{
    size_t i;

    memset(key_4097, 'k', sizeof(key_4097) - 1);
    for (i = 0; i < COUNT(exchange_rows); i++) {
        struct akv_arc *handle = NULL;
        struct fake_io io;

        fake_io_init(&io, &exchange_rows[i].step, 1);
        disk.content = exchange_rows[i].content;
        start(&io, &handle);
        fake_io_run_all(&io);
        CHECK_INT(exchange_rows[i].where, got.calls, 1);
        CHECK_AT(exchange_rows[i].where, handle == NULL);
        CHECK_STR(exchange_rows[i].where, got.basic, exchange_rows[i].basic);
        CHECK_INT(exchange_rows[i].where, got.err.code, exchange_rows[i].code);
        CHECK_HAS(exchange_rows[i].where, got.err.message,
                  exchange_rows[i].message);
        CHECK_INT(exchange_rows[i].where, disk.reads, exchange_rows[i].reads);
        CHECK_AT(exchange_rows[i].where, io.requests[0].plain);
        CHECK(fake_io_idle(&io));
        fake_io_clear(&io);
    }
}

/* The largest key there is, and a request that is given up. */
static void limits(void)
{
    static const struct fake_step good = { 401, .challenge =
                                                    "Basic realm=" TOKENS
                                                    "a.key" };
    struct akv_arc *handle = NULL;
    struct fake_io io;

    memset(key_4096, 'k', sizeof(key_4096) - 1);
    disk.content = key_4096;
    fake_io_init(&io, &good, 1);
    start(&io, &handle);
    fake_io_run_all(&io);
    CHECK_INT("all of it", strlen(got.basic), 6 + 4096);
    fake_io_script(&io, &good, 1);
    start(&io, &handle);
    CHECK(handle != NULL);
    akv_arc_cancel(handle);
    akv_arc_cancel(NULL);
    CHECK(fake_io_idle(&io));
    CHECK_INT("not called", got.calls, 0);
    fake_io_clear(&io);
}

int main(void)
{
    static const struct unit_test tests[] = {
        { "challenges", challenges },
        { "exchanges", exchanges },
        { "limits", limits },
    };

    return unit_main("arc", tests, COUNT(tests));
}
