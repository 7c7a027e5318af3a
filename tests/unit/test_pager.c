/* SPDX-License-Identifier: Apache-2.0 */

/* The rules of paging, on made-up pages. */

#include <stdio.h>
#include <string.h>

#include "akv/pager.h"
#include "base/clock.h"
#include "fake_client.h"
#include "unit.h"

#define H "https://v.vault.azure.net"

/* The names of the items, up to the number that is enough. */
static bool run(struct akv_pager *pager, size_t most, struct akv_buf *names,
                struct akv_error *err)
{
    const struct akv_json *item;

    while (names->len < most && (item = akv_pager_next(pager, err)) != NULL) {
        const char *name = akv_json_get_text(item, "n");

        CHECK(akv_buf_append_str(names, name != NULL ? name : "?"));
    }
    if (err->code != AKV_E_NONE)
        CHECK("the end stays the end" && akv_pager_next(pager, NULL) == NULL);
    return err->code == AKV_E_NONE;
}

static bool list(const char *url, const char *const *pages, size_t most,
                 struct akv_buf *names, struct fake_replies *replies,
                 struct akv_error *err)
{
    struct akv_pager *pager;
    struct akv_id id;
    bool ok;

    memset(replies, 0, sizeof(*replies));
    akv_buf_init(names, 100);
    akv_buf_init(&replies->asked, 4000);
    replies->texts = pages;
    fake_client_set(fake_client_replies, replies);
    CHECK_AT(url, akv_id_parse_https(&id, url, NULL));
    pager = akv_pager_new(NULL, AKV_LIST, &id);
    CHECK_INT("nothing is asked yet", fake_client_count(), 0);
    ok = run(pager, most, names, err);
    akv_pager_free(pager);
    return ok;
}

static const struct {
    const char *where, *pages[5];
    size_t most;
    const char *names;
    unsigned requests;
    const char *message; /* NULL: success */
} page_rows[] = {
    { "one page",
      { "{\"value\":[{\"n\":\"a\"},{\"n\":\"b\"}],"
        "\"nextLink\":null}" },
      99,
      "ab",
      1,
      NULL },
    { "no link at all", { "{\"value\":[{\"n\":\"a\"}]}" }, 99, "a", 1, NULL },
    { "an empty link",
      { "{\"value\":[],\"nextLink\":\"\"}" },
      99,
      "",
      1,
      NULL },
    { "three pages",
      { "{\"value\":[{\"n\":\"a\"}],\"nextLink\":\"" H ":443/keys?x=1\"}",
        "{\"value\":[{\"n\":\"b\"}],\"nextLink\":\"" H "/keys?$y=2\"}",
        "{\"value\":[{\"n\":\"c\"}]}" },
      99,
      "abc",
      3,
      NULL },
    { "an empty page is not the end",
      { "{\"value\":[],\"nextLink\":\"" H "/keys?x=1\"}",
        "{\"value\":[],\"nextLink\":\"" H "/keys?x=2\"}",
        "{\"value\":[{\"n\":\"z\"}],\"nextLink\":null}" },
      99,
      "z",
      3,
      NULL },
    { "letter case of scheme and host",
      { "{\"value\":[],\"nextLink\":\"HTTPS://V.Vault.AZURE.net/keys\"}",
        "{\"value\":[]}" },
      99,
      "",
      2,
      NULL },
    { "enough on the first page",
      { "{\"value\":[{\"n\":\"a\"},{\"n\":\"b\"}],\"nextLink\":\"" H
        "/keys?x=1\"}" },
      1,
      "a",
      1,
      NULL },
    { "enough on the second page",
      { "{\"value\":[{\"n\":\"a\"}],\"nextLink\":\"" H "/keys?x=1\"}",
        "{\"value\":[{\"n\":\"b\"},{\"n\":\"c\"}],\"nextLink\":\"" H
        "/keys?x=2\"}" },
      2,
      "ab",
      2,
      NULL },
    { "a link that leads back",
      { "{\"value\":[{\"n\":\"a\"}],\"nextLink\":\"" H "/keys?x=1\"}",
        "{\"value\":[{\"n\":\"b\"}],\"nextLink\":\"" H "/keys?x=1\"}" },
      99,
      "a",
      2,
      "nextLink leads back" },
    { "no value", { "{\"nextLink\":null}" }, 99, "", 1, "value: is no array" },
    { "value is no array",
      { "{\"value\":{}}" },
      99,
      "",
      1,
      "value: is no array" },
    { "value is null",
      { "{\"value\":null}" },
      99,
      "",
      1,
      "value: is no array" },
    { "a null item",
      { "{\"value\":[null]}" },
      99,
      "",
      1,
      "value: has an item that is no object" },
    { "a null item behind another",
      { "{\"value\":[{\"n\":\"a\"},null,{\"n\":\"b\"}]}" },
      99,
      "",
      1,
      "value: has an item that is no object" },
    { "an item that is a text",
      { "{\"value\":[\"a\"]}" },
      99,
      "",
      1,
      "value: has an item that is no object" },
    { "an item that is an array",
      { "{\"value\":[[]]}" },
      99,
      "",
      1,
      "value: has an item that is no object" },
    { "an item that is a number",
      { "{\"value\":[{\"n\":\"a\"},7]}" },
      99,
      "",
      1,
      "value: has an item that is no object" },
    { "value is a text",
      { "{\"value\":\"[]\"}" },
      99,
      "",
      1,
      "value: is no array" },
    { "value is false",
      { "{\"value\":false}" },
      99,
      "",
      1,
      "value: is no array" },
    { "a link that is a number",
      { "{\"value\":[{\"n\":\"a\"}],\"nextLink\":7}" },
      99,
      "",
      1,
      "nextLink: is no text" },
    { "a link that is false",
      { "{\"value\":[{\"n\":\"a\"}],\"nextLink\":false}" },
      99,
      "",
      1,
      "nextLink: is no text" },
    { "a link that is an object",
      { "{\"value\":[{\"n\":\"a\"}],\"nextLink\":{}}" },
      99,
      "",
      1,
      "nextLink: is no text" },
    { "a link that is an array",
      { "{\"value\":[{\"n\":\"a\"}],\"nextLink\":[\"" H "/keys?x=1\"]}" },
      99,
      "",
      1,
      "nextLink: is no text" },
    { "a link that is a text with NUL in it",
      { "{\"value\":[{\"n\":\"a\"}],\"nextLink\":\"" H "/keys\\u0000\"}" },
      99,
      "",
      1,
      "nextLink: is no text" },
    { "no JSON", { "<html>" }, 99, "", 1, "not JSON" },
    { "an array", { "[]" }, 99, "", 1, "not an object" },
    { "refused", { "!Not you." }, 99, "", 1, "Not you." },
    { "refused on the second page",
      { "{\"value\":[{\"n\":\"a\"}],\"nextLink\":\"" H "/keys?x=1\"}",
        "!Not you." },
      99,
      "a",
      2,
      "Not you." },
};

static void pages(void)
{
    size_t i;

    for (i = 0; i < COUNT(page_rows); i++) {
        struct akv_error err = AKV_ERROR_INIT;
        struct fake_replies replies;
        struct akv_buf names;

        CHECK_AT(page_rows[i].where,
                 list(H "/keys/x", page_rows[i].pages, page_rows[i].most,
                      &names, &replies, &err)
                     == (page_rows[i].message == NULL));
        CHECK_STR(page_rows[i].where, akv_buf_str(&names), page_rows[i].names);
        CHECK_INT(page_rows[i].where, fake_client_count(),
                  page_rows[i].requests);
        if (page_rows[i].message != NULL)
            CHECK_HAS(page_rows[i].where, err.message, page_rows[i].message);
        if (page_rows[i].message != NULL && *page_rows[i].pages[0] == '{'
            && page_rows[i].requests == 1)
            CHECK_INT(page_rows[i].where, err.code, AKV_E_PROTOCOL);
        akv_buf_free(&names);
        akv_buf_free(&replies.asked);
    }
}

/* A token must not follow a link to somebody else: the host is the one that was
 * dialled, and the link's only says where to go on. */
static void links(void)
{
    static const struct {
        const char *link, *path; /* NULL: it is refused */
    } rows[] = {
        { "https://localhost:8443/keys?x=1", "/keys?x=1" },
        { "https://LOCALHOST:8443/", "/" },
        { "https://localhost/keys?x=1", "/keys?x=1" },
        { "https://v.vault.azure.net/keys?x=1", "/keys?x=1" },
        { "https://v.vault.azure.net:443/keys?x=1", "/keys?x=1" },
        { "https://10.0.0.4:84/keys?$skiptoken=a%2fb",
          "/keys?$skiptoken=a%2fb" },
        { "https://[::1]:8443/keys", "/keys" },
        { "https://evil.example/keys?x=1", "/keys?x=1" },
        { "http://localhost:8443/keys?x=1", NULL },
        { "//localhost:8443/keys?x=1", NULL },
        { "/keys?x=1", NULL },
        { "keys?x=1", NULL },
        { "https:///keys", NULL },
        { "https://localhost:/keys", NULL },
        { "https://localhost:8443.evil.example/keys", NULL },
        { "https://localhost:8443@evil.example/keys", NULL },
        { "https://evil.example\\\\@localhost:8443/keys", NULL },
        { "https://localhost:8443?x=/1", NULL },
        { "https://localhost:8443#x/", NULL },
        { "https://localhost:8443", NULL },
        { "https://localhost:8443/keys?x= 1", NULL },
        { "https://localhost:8443/keys\\r\\nX-Evil: 1", NULL },
        { "https://localhost:8443/keys?x=\\u00e4", NULL },
    };
    size_t i;

    for (i = 0; i < COUNT(rows); i++) {
        struct akv_error err = AKV_ERROR_INIT;
        struct akv_id id = { .kind = AKV_KIND_KEY,
                             .host = "localhost",
                             .port = 8443 };
        struct akv_buf names = AKV_BUF_INIT(100);
        struct akv_pager *pager;
        char page[300];
        const char *const texts[] = { page, "{\"value\":[]}", NULL };
        struct fake_replies replies = { texts, 0, AKV_BUF_INIT(4000) };

        (void)snprintf(page, sizeof(page), "{\"value\":[],\"nextLink\":\"%s\"}",
                       rows[i].link);
        fake_client_set(fake_client_replies, &replies);
        pager = akv_pager_new(NULL, AKV_LIST, &id);
        CHECK_AT(rows[i].link,
                 run(pager, 99, &names, &err) == (rows[i].path != NULL));
        CHECK_INT(rows[i].link, fake_client_count(),
                  rows[i].path != NULL ? 2 : 1);
        if (rows[i].path != NULL) {
            (void)snprintf(page, sizeof(page),
                           "link https://localhost:8443%s\n", rows[i].path);
            CHECK_HAS(rows[i].link, akv_buf_str(&replies.asked), page);
        } else {
            CHECK_INT(rows[i].link, err.code, AKV_E_PROTOCOL);
            CHECK_HAS(rows[i].link, err.message, "nextLink is no https URL");
        }
        akv_pager_free(pager);
        akv_buf_free(&names);
        akv_buf_free(&replies.asked);
    }
}

/* What is asked for each kind of list, and how objects in it are read. */
static void kinds(void)
{
    static const struct {
        enum akv_list list;
        const char *url, *asked;
    } rows[] = {
        { AKV_LIST, H "/keys/k/1", "GET /keys\n" },
        { AKV_LIST_VERSIONS, H "/secrets/s/1", "GET /secrets/s/versions\n" },
        { AKV_LIST_DELETED, H "/certificates/c", "GET /deletedcertificates\n" },
        { AKV_LIST_PENDING, H "/certificates/c",
          "GET /certificates&includePending=true\n" },
        { AKV_LIST_ISSUERS, H "/certificates/c",
          "GET /certificates/issuers\n" },
    };
    static const char *const texts[] = { "{\"value\":[]}", NULL };
    size_t i;

    for (i = 0; i < COUNT(rows); i++) {
        struct fake_replies replies = { texts, 0, AKV_BUF_INIT(4000) };
        struct akv_error err = AKV_ERROR_INIT;
        struct akv_pager *pager;
        struct akv_id id;

        fake_client_set(fake_client_replies, &replies);
        CHECK(akv_id_parse_https(&id, rows[i].url, NULL));
        pager = akv_pager_new(NULL, rows[i].list, &id);
        CHECK(akv_pager_next(pager, &err) == NULL);
        CHECK_INT("the end", err.code, AKV_E_NONE);
        CHECK(akv_pager_next(pager, &err) == NULL);
        CHECK_STR("asked once", akv_buf_str(&replies.asked), rows[i].asked);
        akv_pager_free(pager);
        akv_buf_free(&replies.asked);
    }
    akv_pager_free(NULL);
}

/* An item that is none of the list ends it. */
static void objects(void)
{
    static const char *const texts[] = { "{\"value\":[{\"kid\":\"" H
                                         "/keys/a\"},{\"kid\":\"" H
                                         "/secrets/b\"},{\"kid\":\"" H
                                         "/keys/c\"}]}",
                                         NULL };
    struct fake_replies replies = { texts, 0, AKV_BUF_INIT(4000) };
    struct akv_error err = AKV_ERROR_INIT;
    struct akv_properties p;
    struct akv_pager *pager;
    struct akv_id id;

    fake_client_set(fake_client_replies, &replies);
    CHECK(akv_id_parse_https(&id, H "/keys/k", NULL));
    pager = akv_pager_new(NULL, AKV_LIST, &id);
    CHECK(akv_pager_next_object(pager, &p, &err));
    CHECK_STR("name", p.id.name, "a");
    akv_properties_free(&p);
    CHECK(!akv_pager_next_object(pager, &p, &err));
    CHECK_INT("code", err.code, AKV_E_PROTOCOL);
    CHECK_HAS("why", err.message, "an item: id or kid is of another object");
    CHECK("the end stays the end" && !akv_pager_next_object(pager, &p, NULL));
    akv_pager_free(pager);
    akv_buf_free(&replies.asked);
}

/* --- Lists without end ---------------------------------------------------- */

static int64_t now = 1000;

static int64_t mono_ms(void *arg)
{
    (void)arg;
    return now;
}

const struct akv_clock *__wrap_akv_clock_system(void);
const struct akv_clock *__wrap_akv_clock_system(void)
{
    static const struct akv_clock clock = { mono_ms, NULL, NULL };

    return &clock;
}

struct endless {
    unsigned asked, lead, circle; /* links before it, and in it; 0: no circle */
    int64_t ms;                   /* that a page takes */
};

static bool go_on(void *arg, const struct akv_op *op, struct akv_buf *body,
                  struct akv_error *err)
{
    struct endless *endless = arg;
    unsigned n = endless->asked++;

    (void)op;
    (void)err;
    now += endless->ms;
    if (endless->circle > 0 && n >= endless->lead)
        n = endless->lead + (n - endless->lead) % endless->circle;
    return akv_buf_appendf(
        body, "{\"value\":[],\"nextLink\":\"" H "/keys?x=%u\"}", n);
}

static void without_end(void)
{
    static const struct {
        unsigned lead, circle;
        int64_t ms;
        unsigned least, most; /* pages that are asked for */
        const char *message;
    } rows[] = {
        { 0, 1, 0, 2, 3, "nextLink leads back" },
        { 0, 2, 0, 3, 6, "nextLink leads back" },
        { 5, 7, 0, 12, 36, "nextLink leads back" },
        { 100, 1000, 0, 1100, 3300, "nextLink leads back" },
        { 0, 0, 0, 100000, 100000, "the list: has no end: 100000 pages" },
        { 0, 0, 60000, 30, 30, "the list: has no end: 30 pages in 1800 s" },
    };
    size_t i;

    for (i = 0; i < COUNT(rows); i++) {
        struct endless endless = { 0, rows[i].lead, rows[i].circle,
                                   rows[i].ms };
        struct akv_error err = AKV_ERROR_INIT;
        struct akv_pager *pager;
        struct akv_id id;

        fake_client_set(go_on, &endless);
        CHECK(akv_id_parse_https(&id, H "/keys/x", NULL));
        pager = akv_pager_new(NULL, AKV_LIST, &id);
        CHECK(akv_pager_next(pager, &err) == NULL);
        CHECK_HAS("message", err.message, rows[i].message);
        CHECK_AT(rows[i].message, endless.asked >= rows[i].least
                                      && endless.asked <= rows[i].most);
        CHECK("the end stays the end" && akv_pager_next(pager, NULL) == NULL);
        akv_pager_free(pager);
    }
}

int main(void)
{
    static const struct unit_test tests[] = {
        { "pages", pages },
        { "links to the next page", links },
        { "without end", without_end },
        { "kinds of lists", kinds },
        { "objects", objects },
    };

    return unit_main("pager", tests, COUNT(tests));
}
