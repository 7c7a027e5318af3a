/* SPDX-License-Identifier: Apache-2.0 */

/* Lists of names in a store, page by page. */

#include <openssl/err.h>
#include <stdio.h>
#include <string.h>

#include "store_fixture.h"

#define H "https://v.vault.azure.net"

static void set_up(void)
{
    CHECK(provider_set_up(NULL));
}

static void tear_down(void)
{
    provider_tear_down();
    CHECK(fixture.libctx == NULL);
}

#define KEYS(name) "{\"value\":[{\"kid\":\"" H "/keys/" name "\"}"
#define SECRETS(name) "{\"value\":[{\"id\":\"" H "/secrets/" name "\"}"
#define CERTS(name) "{\"value\":[{\"id\":\"" H "/certificates/" name "\"}"
#define LINK(rest) ",\"nextLink\":\"" H rest "\""
#define LAST "],\"nextLink\":null}"
#define ASK_KEYS "GET /keys\n"

static void lists(void)
{
    static const struct {
        const char *uri;
        int expected;
        const char *texts[5];
        const char *want, *reason;
    } rows[] = {
        { "akv://v/keys", 0, { KEYS("a") LAST }, "n", NULL },
        { "akv://v/keys", OSSL_STORE_INFO_NAME, { KEYS("a") LAST }, "n", NULL },
        { "akv://v/keys/", 0, { KEYS("a") LAST }, "n", NULL },
        { "akv://v/keys", OSSL_STORE_INFO_CERT, { KEYS("a") LAST }, "n", NULL },
        { "akv://v", OSSL_STORE_INFO_PKEY, { KEYS("a") LAST }, "n", NULL },
        { "akv://v", OSSL_STORE_INFO_PUBKEY, { KEYS("a") LAST }, "n", NULL },
        { "akv://v", OSSL_STORE_INFO_CERT, { CERTS("a") LAST }, "n", NULL },
        { "akv://v", OSSL_STORE_INFO_CERT, { KEYS("a") LAST }, "!", "list" },
        { "akv://v", OSSL_STORE_INFO_CRL, { NULL }, "", NULL },
        { "akv://v/secrets", 0, { "{\"value\":[]}" }, "", NULL },
        { "akv://v/keys", 0, { "{\"value\":null}" }, "!", "value" },
        { "akv://v/keys",
          0,
          { KEYS("a") "]" LINK("/keys?$skiptoken=x") "}", KEYS("b") LAST },
          "nn",
          NULL },
        { "akv://v",
          0,
          { KEYS("a") LAST, SECRETS("b") LAST, "{\"value\":[]}" },
          "nn",
          NULL },
        { "akv://v/keys", 0, { "!You may not." }, "!", "You may not." },
        { "akv://v",
          0,
          { KEYS("a") LAST, "!You may not." },
          "n!",
          "You may not." },
        { "akv://v/keys",
          0,
          { KEYS("a") "]" LINK("/keys?$skiptoken=x") "}", "!Gone." },
          "n!",
          "Gone." },
        { "akv://v/keys", 0, { "" }, "!", "not JSON" },
        { "akv://v/keys", 0, { "{}" }, "!", "value" },
        { "akv://v/keys", 0, { "{\"value\":7}" }, "!", "value" },
        { "akv://v/keys", 0, { "{\"value\":[7]}" }, "!", "list keys" },
        { "akv://v/keys", 0, { SECRETS("a") LAST }, "!", "list keys" },
        { "akv://v/keys",
          0,
          { "{\"value\":[],\"nextLink\":\"http://evil.example/keys\"}" },
          "!",
          "nextLink is no https URL" },
    };
    size_t i;

    for (i = 0; i < COUNT(rows); i++) {
        struct fake_replies replies = { rows[i].texts, 0, AKV_BUF_INIT(1000) };
        char where[20], letters[20];

        (void)snprintf(where, sizeof(where), "row %zu", i);
        fake_client_set(fake_client_replies, &replies);
        ERR_clear_error();
        store_load_all(rows[i].uri, rows[i].expected, letters, sizeof(letters),
                       NULL);
        CHECK_STR(where, letters, rows[i].want);
        CHECK_AT(where, rows[i].texts[replies.next] == NULL);
        CHECK_HAS(where, provider_errors(),
                  rows[i].reason != NULL ? rows[i].reason : "");
        akv_buf_free(&replies.asked);
    }
    fake_client_set(NULL, NULL);
}

/* A URI that can be opened, and what it is. */
static void names(void)
{
    static const struct {
        const char *item, *name, *description;
    } rows[] = {
        { "{\"id\":\"" H "/secrets/a\"}", "akv://v.vault.azure.net/secrets/a",
          "secret" },
        { "{\"id\":\"" H "/secrets/a\",\"contentType\":\"text/plain\","
          "\"attributes\":{\"enabled\":false}}",
          "akv://v.vault.azure.net/secrets/a", "secret, text/plain, disabled" },
        { "{\"id\":\"" H "/secrets/a\",\"managed\":true,\"contentType\":"
          "\"0123456789012345678901234567890123456789and more\"}",
          "akv://v.vault.azure.net/secrets/a",
          "secret, 0123456789012345678901234567890123456789, of a "
          "certificate" },
    };
    size_t i;

    for (i = 0; i < COUNT(rows); i++) {
        struct akv_buf page = AKV_BUF_INIT(1000);
        struct fake_replies replies = { NULL, 0, AKV_BUF_INIT(1000) };
        OSSL_STORE_INFO *info = NULL;
        const char *texts[] = { NULL, NULL };
        char letters[10];

        CHECK(akv_buf_appendf(&page, "{\"value\":[%s]}", rows[i].item));
        texts[0] = akv_buf_str(&page);
        replies.texts = texts;
        fake_client_set(fake_client_replies, &replies);
        store_load_all("akv://v/secrets", 0, letters, sizeof(letters), &info);
        if (CHECK(info != NULL)) {
            CHECK_STR("name", OSSL_STORE_INFO_get0_NAME(info), rows[i].name);
            CHECK_STR("what it is", OSSL_STORE_INFO_get0_NAME_description(info),
                      rows[i].description);
        }
        OSSL_STORE_INFO_free(info);
        akv_buf_free(&replies.asked);
        akv_buf_free(&page);
    }
    fake_client_set(NULL, NULL);
}

int main(void)
{
    static const struct unit_test tests[] = {
        { "set up", set_up },
        { "lists", lists },
        { "names", names },
        { "tear down", tear_down },
    };

    return unit_main("store_lists", tests, COUNT(tests));
}
