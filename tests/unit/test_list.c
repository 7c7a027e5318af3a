/* SPDX-License-Identifier: Apache-2.0 */

/* The rules of paging, on made-up pages. */

#include <stdio.h>
#include <string.h>

#include "fake_client.h"
#include "list.h"
#include "unit.h"

#define H "https://v.vault.azure.net"

static const struct akv_op_kind kind = { "list", "GET", "", "7.0", true };

/* What is seen of the items, and when enough is enough. */
struct seen {
    struct akv_buf names;
    size_t most; /* items; then the listing is ended */
};

static bool on_item(void *arg, const struct akv_json *item,
                    const struct akv_id *id, struct akv_error *err)
{
    struct seen *seen = arg;
    const char *name = akv_json_get_text(item, "n");

    CHECK_STR("what is listed", id->host, "v.vault.azure.net");
    if (name == NULL)
        return akv_error_set(err, AKV_E_PROTOCOL, "an item without n");
    if (!akv_buf_append_str(&seen->names, name))
        return false;
    return seen->names.len < seen->most;
}

static bool list(const char *url, const char *const *pages, size_t most,
                 struct seen *seen, struct fake_replies *replies,
                 struct akv_error *err)
{
    struct akv_id id;

    memset(seen, 0, sizeof(*seen));
    memset(replies, 0, sizeof(*replies));
    akv_buf_init(&seen->names, 100);
    seen->most = most;
    akv_buf_init(&replies->asked, 4000);
    replies->texts = pages;
    fake_client_set(fake_client_replies, replies);
    CHECK_AT(url, akv_id_parse_https(&id, url, NULL));
    id.name[0] = '\0';
    return akv_list_run(NULL, &kind, &id, on_item, seen, err);
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
        "/keys?x=1\"}" },
      2,
      "ab",
      2,
      NULL },
    { "a bad item",
      { "{\"value\":[{\"n\":\"a\"},{}],\"nextLink\":\"" H "/keys?x=1\"}" },
      99,
      "a",
      1,
      "an item without n" },
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
        struct seen seen;

        CHECK_AT(page_rows[i].where,
                 list(H "/keys/x", page_rows[i].pages, page_rows[i].most, &seen,
                      &replies, &err)
                     == (page_rows[i].message == NULL));
        CHECK_STR(page_rows[i].where, akv_buf_str(&seen.names),
                  page_rows[i].names);
        CHECK_INT(page_rows[i].where, fake_client_count(),
                  page_rows[i].requests);
        if (page_rows[i].message != NULL)
            CHECK_HAS(page_rows[i].where, err.message, page_rows[i].message);
        akv_buf_free(&seen.names);
        akv_buf_free(&replies.asked);
    }
}

/* A token must not follow a link to somebody else. */
static void links(void)
{
    static const struct {
        const char *link;
        bool ok;
    } rows[] = {
        { "https://localhost:8443/keys?x=1", true },
        { "https://LOCALHOST:8443/", true },
        { "https://localhost/keys?x=1", false },
        { "https://localhost:443/keys?x=1", false },
        { "https://localhost:84430/keys?x=1", false },
        { "https://localhost:08443/keys?x=1", false },
        { "http://localhost:8443/keys?x=1", false },
        { "//localhost:8443/keys?x=1", false },
        { "/keys?x=1", false },
        { "keys?x=1", false },
        { "https://evil.example/keys?x=1", false },
        { "https://localhost.evil.example:8443/keys?x=1", false },
        { "https://localhost:8443.evil.example/keys", false },
        { "https://localhost:8443@evil.example/keys", false },
        { "https://evil.example\\\\@localhost:8443/keys", false },
        { "https://localhost:8443?x=1", false },
        { "https://localhost:8443#x", false },
        { "https://localhost:8443", false },
        { "https://localhost:8443/keys?x= 1", false },
        { "https://localhost:8443/keys\\r\\nX-Evil: 1", false },
        { "https://localhost:8443/keys?x=\\u00e4", false },
    };
    size_t i;

    for (i = 0; i < COUNT(rows); i++) {
        struct akv_error err = AKV_ERROR_INIT;
        struct akv_id id = { .kind = AKV_KIND_KEY,
                             .host = "localhost",
                             .port = 8443 };
        struct seen seen = { AKV_BUF_INIT(100), 99 };
        char page[300];
        const char *const texts[] = { page, "{\"value\":[]}", NULL };
        struct fake_replies replies = { texts, 0, AKV_BUF_INIT(4000) };

        (void)snprintf(page, sizeof(page), "{\"value\":[],\"nextLink\":\"%s\"}",
                       rows[i].link);
        fake_client_set(fake_client_replies, &replies);
        CHECK_AT(rows[i].link,
                 akv_list_run(NULL, &kind, &id, on_item, &seen, &err)
                     == rows[i].ok);
        CHECK_INT(rows[i].link, fake_client_count(), rows[i].ok ? 2 : 1);
        if (rows[i].ok) {
            CHECK_HAS(rows[i].link, akv_buf_str(&replies.asked), "link https");
        } else {
            CHECK_INT(rows[i].link, err.code, AKV_E_PROTOCOL);
            CHECK_HAS(rows[i].link, err.message, "nextLink leads elsewhere");
        }
        akv_buf_free(&seen.names);
        akv_buf_free(&replies.asked);
    }
}

/* The port of a vault may be left out. */
static void standard_port(void)
{
    static const struct {
        const char *link;
        bool ok;
    } rows[] = {
        { H "/keys", true },
        { H ":443/keys", true },
        { H ":444/keys", false },
        { H ":/keys", false },
        { H "x/keys", false },
        { H ".evil.example/keys", false },
        { H "@evil.example/keys", false },
        { "https://xv.vault.azure.net/keys", false },
        { "https://vault.azure.net/keys", false },
    };
    size_t i;

    for (i = 0; i < COUNT(rows); i++) {
        struct akv_error err = AKV_ERROR_INIT;
        struct fake_replies replies;
        struct seen seen;
        char page[300];
        const char *const texts[] = { page, "{\"value\":[]}", NULL };

        (void)snprintf(page, sizeof(page), "{\"value\":[],\"nextLink\":\"%s\"}",
                       rows[i].link);
        CHECK_AT(rows[i].link,
                 list(H "/keys/x", texts, 99, &seen, &replies, &err)
                     == rows[i].ok);
        akv_buf_free(&seen.names);
        akv_buf_free(&replies.asked);
    }
}

int main(void)
{
    static const struct unit_test tests[] = {
        { "pages", pages },
        { "links to the next page", links },
        { "the standard port", standard_port },
    };

    return unit_main("list", tests, COUNT(tests));
}
