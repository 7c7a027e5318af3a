/* SPDX-License-Identifier: Apache-2.0 */

#include <stdio.h>
#include <string.h>

#include "client/op.h"
#include "unit.h"

static const struct akv_op_kind sign_kind = { .name = "sign",
                                              .method = "POST",
                                              .suffix = "/sign" };

static void make_op(struct akv_op *op, const char *url)
{
    struct akv_id id;

    CHECK_AT(url, akv_id_parse_https(&id, url, NULL));
    akv_op_init(op, &sign_kind, &id);
}

static void described(void)
{
    static const struct {
        const char *url, *want;
    } rows[] = {
        { "https://v.vault.azure.net/keys/k",
          "sign keys/k at v.vault.azure.net" },
        { "https://v.vault.azure.net/keys/k/1",
          "sign keys/k/1 at v.vault.azure.net" },
        { "https://localhost:8443/secrets/s/2",
          "sign secrets/s/2 at localhost:8443" },
        { "https://[::1]:65535/certificates/c",
          "sign certificates/c at [::1]:65535" },
    };
    char text[700];
    size_t i;

    for (i = 0; i < COUNT(rows); i++) {
        struct akv_op op;

        make_op(&op, rows[i].url);
        akv_op_describe(&op, text, sizeof(text));
        CHECK_STR(rows[i].url, text, rows[i].want);
        akv_op_describe(&op, text, 10);
        CHECK_INT("cut", strlen(text), 9);
        akv_op_free(&op);
    }
}

/* What is not in a collection, or in one of another name. */
static void described_otherwise(void)
{
    static const struct akv_op_kind issuer = { .name = "get issuer",
                                               .infix = "/issuers" };
    static const struct akv_op_kind random = { .name = "get random bytes",
                                               .suffix = "/rng" };
    static const struct akv_op_kind list = { .name = "list" };
    struct akv_id id;
    struct akv_op op;
    char text[700];

    CHECK(akv_id_parse_https(&id, "https://v.vault.azure.net/certificates/i",
                             NULL));
    akv_op_init(&op, &issuer, &id);
    akv_op_describe(&op, text, sizeof(text));
    CHECK_STR("issuer", text, "get issuer i at v.vault.azure.net");
    id.name[0] = '\0';
    akv_op_init(&op, &list, &id);
    akv_op_describe(&op, text, sizeof(text));
    CHECK_STR("list", text, "list certificates at v.vault.azure.net");
    id.kind = AKV_KIND_VAULT;
    akv_op_init(&op, &random, &id);
    akv_op_describe(&op, text, sizeof(text));
    CHECK_STR("random", text, "get random bytes at v.vault.azure.net");
}

static void bodies(void)
{
    struct akv_error err = AKV_ERROR_INIT;
    struct akv_json *json = akv_json_new_object();
    struct akv_op op;

    make_op(&op, "https://v.vault.azure.net/keys/k");
    CHECK(akv_json_add_text(json, "alg", "ES256"));
    CHECK(akv_op_set_json(&op, json, true, &err)); /* and frees it */
    CHECK_STR("body", akv_buf_str(&op.body), "{\"alg\":\"ES256\"}");
    akv_op_free(&op);
    CHECK(op.body.data == NULL);
    CHECK(!akv_op_set_json(&op, NULL, true, &err));
    CHECK_INT("no JSON could be made", err.code, AKV_E_MEMORY);
    op.body.max = 1;
    CHECK(!akv_op_set_json(&op, akv_json_new_object(), true, &err));
    CHECK_INT("no room", err.code, AKV_E_MEMORY);
    akv_op_free(&op);
}

static void replies(void)
{
    static const struct {
        const char *text, *message; /* NULL: good */
    } rows[] = {
        { "{}", NULL },
        { "{\"kid\":\"x\"}", NULL },
        { "", "reply: not JSON: the text is empty" },
        { "{\"kid\"", "reply: not JSON: the text ends too early" },
        { "<html>", "reply: not JSON" },
        { "[]", "reply: not an object" },
        { "\"text\"", "reply: not an object" },
    };
    size_t i;

    for (i = 0; i < COUNT(rows); i++) {
        struct akv_buf text = AKV_BUF_INIT(100);
        struct akv_error err = AKV_ERROR_INIT;
        struct akv_json *json;
        struct akv_op op;

        make_op(&op, "https://v.vault.azure.net/keys/k");
        CHECK(akv_buf_append_str(&text, rows[i].text));
        json = akv_op_parse(&op, &text, &err);
        CHECK_AT(rows[i].text, (json != NULL) == (rows[i].message == NULL));
        if (rows[i].message != NULL) {
            CHECK_INT(rows[i].text, err.code, AKV_E_PROTOCOL);
            CHECK_HAS(rows[i].text, err.message, rows[i].message);
            CHECK_HAS(rows[i].text, err.message,
                      "sign keys/k at v.vault.azure.net: ");
        }
        akv_json_free(json);
        akv_buf_free(&text);
        akv_op_free(&op);
    }
}

static void bad_reply(void)
{
    struct akv_error err = AKV_ERROR_INIT;
    struct akv_op op;

    make_op(&op, "https://v.vault.azure.net/keys/k");
    CHECK(!akv_op_bad_reply(&op, "kid", "is missing", &err));
    CHECK_INT("code", err.code, AKV_E_PROTOCOL);
    CHECK_HAS("text", err.message, "kid: is missing");
    CHECK(!akv_op_bad_reply(&op, "kid", "is missing", NULL));
    akv_op_free(&op);
}

int main(void)
{
    static const struct unit_test tests[] = {
        { "described", described },
        { "described otherwise", described_otherwise },
        { "bodies", bodies },
        { "replies", replies },
        { "bad replies", bad_reply },
    };

    return unit_main("op", tests, COUNT(tests));
}
