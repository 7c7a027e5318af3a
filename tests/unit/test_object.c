/* SPDX-License-Identifier: Apache-2.0 */

/* What keys, secrets and certificates have in common. */

#include <stdio.h>
#include <string.h>

#include "akv/jwk.h"
#include "akv/object.h"
#include "client_fixture.h"
#include "unit.h"

static bool read(struct akv_properties *properties, const char *text,
                 const char *asked, struct akv_error *err)
{
    struct akv_json *json = akv_json_parse(text, strlen(text), err);
    struct akv_id id = client_id(asked);
    bool ok;

    CHECK_AT(text, json != NULL);
    memset(properties, 0xff, sizeof(*properties));
    ok = akv_properties_read(properties, json, &id, err);
    akv_json_free(json);
    return ok;
}

static void all_members(void)
{
    static const char text[] =
        "{\"id\":\"https://other.example:8443/secrets/S/7\",\"kid\":\"" H
        "/keys/k/1\",\"contentType\":\"text/plain\",\"managed\":true,"
        "\"attributes\":{\"enabled\":false,\"exportable\":true,\"nbf\":1,"
        "\"exp\":4102444800,\"created\":0,\"updated\":-1,\"recoverableDays\":"
        "90,\"recoveryLevel\":\"Recoverable+Purgeable\",\"future\":[]},"
        "\"tags\":{\"a\":\"1\",\"b\\u00e4\":\"\",\"c\":5},\"recoveryId\":"
        "\"" H "/deletedsecrets/s\",\"deletedDate\":1700000000,"
        "\"scheduledPurgeDate\":1700000001}";
    struct akv_error err = AKV_ERROR_INIT;
    struct akv_properties p;

    CHECK(read(&p, text, H "/secrets/s", &err));
    CHECK_STR("host, never another", p.id.host, "v.vault.azure.net");
    CHECK_INT("port", p.id.port, 443);
    CHECK_STR("name", p.id.name, "S");
    CHECK_STR("version", p.id.version, "7");
    CHECK_INT("kind", p.id.kind, AKV_KIND_SECRET);
    CHECK_STR("type", p.content_type, "text/plain");
    CHECK(p.managed);
    CHECK_INT("enabled", p.attributes.enabled, AKV_FLAG_NO);
    CHECK_INT("exportable", p.attributes.exportable, AKV_FLAG_YES);
    CHECK_INT("nbf", p.attributes.nbf, 1);
    CHECK_INT("exp", p.attributes.exp, 4102444800);
    CHECK_INT("created", p.attributes.created, 0);
    CHECK_INT("updated", p.attributes.updated, -1);
    CHECK_INT("days", p.attributes.recoverable_days, 90);
    CHECK_STR("level", p.attributes.recovery_level, "Recoverable+Purgeable");
    CHECK_STR("recovery", p.recovery_id, H "/deletedsecrets/s");
    CHECK_INT("deleted", p.deleted, 1700000000);
    CHECK_INT("purge", p.scheduled_purge, 1700000001);
    if (CHECK(p.tags.count == 3)) {
        CHECK_STR("tag", p.tags.items[0].name, "a");
        CHECK_STR("tag", p.tags.items[0].value, "1");
        CHECK_STR("tag", p.tags.items[1].name, "b\xc3\xa4");
        CHECK_STR("tag", p.tags.items[1].value, "");
        CHECK_STR("no text", p.tags.items[2].value, "");
    }
    akv_properties_free(&p);
    CHECK(p.tags.items == NULL && p.content_type == NULL);
    akv_properties_free(&p);
}

static void nothing_but_the_id(void)
{
    struct akv_error err = AKV_ERROR_INIT;
    struct akv_properties p;

    CHECK(read(&p, "{\"kid\":\"" H "/keys/k\"}", H "/keys/k", &err));
    CHECK_STR("no version", p.id.version, "");
    CHECK_INT("enabled", p.attributes.enabled, AKV_FLAG_UNSET);
    CHECK_INT("exportable", p.attributes.exportable, AKV_FLAG_UNSET);
    CHECK_INT("nbf", p.attributes.nbf, AKV_NO_TIME);
    CHECK_INT("exp", p.attributes.exp, AKV_NO_TIME);
    CHECK_INT("created", p.attributes.created, AKV_NO_TIME);
    CHECK_INT("days", p.attributes.recoverable_days, -1);
    CHECK_STR("level", p.attributes.recovery_level, "");
    CHECK_INT("deleted", p.deleted, AKV_NO_TIME);
    CHECK_INT("purge", p.scheduled_purge, AKV_NO_TIME);
    CHECK_INT("tags", p.tags.count, 0);
    CHECK(p.content_type == NULL && p.recovery_id == NULL && !p.managed);
    akv_properties_free(&p);
}

static void ids(void)
{
    static const struct {
        const char *asked, *text;
        const char *message; /* NULL: good */
    } rows[] = {
        { "/keys/k", "{\"key\":{\"kid\":\"" H "/keys/k/1\"}}", NULL },
        { "/keys/k", "{\"kid\":\"" H "/keys/K/1\"}", NULL },
        { "/keys/k/1", "{\"kid\":\"" H "/keys/k/1\"}", NULL },
        { "/secrets/s",
          "{\"id\":\"" H "/secrets/s/1\",\"kid\":\"" H "/keys/k/1\"}", NULL },
        { "/certificates/c", "{\"id\":\"" H "/certificates/c/1\"}", NULL },
        { "/keys/k", "{}", "id or kid is missing" },
        { "/keys/k", "{\"id\":null,\"kid\":7}", "id or kid is missing" },
        { "/keys/k", "{\"kid\":\"" H "/keys/o/1\"}", "of another object" },
        { "/keys/k", "{\"kid\":\"" H "/secrets/k/1\"}", "of another object" },
        { "/keys/k/1", "{\"kid\":\"" H "/keys/k/2\"}", "of another object" },
        { "/keys/k/a", "{\"kid\":\"" H "/keys/k/A\"}", "of another object" },
        { "/keys/k/1", "{\"kid\":\"" H "/keys/k\"}", "of another object" },
        { "/keys/k", "{\"kid\":\"http://v.vault.azure.net/keys/k/1\"}",
          "scheme 'http'" },
        { "/keys/k", "{\"kid\":\"k\"}", "scheme" },
        { "/keys/k", "[]", "id or kid is missing" },
    };
    size_t i;

    for (i = 0; i < COUNT(rows); i++) {
        struct akv_error err = AKV_ERROR_INIT;
        struct akv_properties p;
        char url[100];

        (void)snprintf(url, sizeof(url), H "%s", rows[i].asked);
        CHECK_AT(rows[i].text, read(&p, rows[i].text, url, &err)
                                   == (rows[i].message == NULL));
        if (rows[i].message != NULL)
            CHECK_HAS(rows[i].text, err.message, rows[i].message);
        akv_properties_free(&p);
    }
}

static const struct {
    struct akv_attributes attributes;
    const char *tags[4];
    bool has_tags;
    const char *json;
} write_rows[] = {
    { AKV_ATTRIBUTES_INIT, { NULL }, false, "{}" },
    { AKV_ATTRIBUTES_INIT, { NULL }, true, "{\"tags\":{}}" },
    { AKV_ATTRIBUTES_INIT,
      { "a", "1", "a b", "\"" },
      true,
      "{\"tags\":{\"a\":\"1\",\"a b\":\"\\\"\"}}" },
    { { AKV_FLAG_NO, AKV_NO_TIME, AKV_NO_TIME, AKV_FLAG_UNSET, 5, 6, 7, "x",
        "2" },
      { NULL },
      false,
      "{\"attributes\":{\"enabled\":false}}" },
    { { AKV_FLAG_YES, 0, 4102444800, AKV_FLAG_YES, AKV_NO_TIME, AKV_NO_TIME, -1,
        "", "" },
      { "a", "" },
      true,
      "{\"attributes\":{\"enabled\":true,\"exportable\":true,\"nbf\":0,"
      "\"exp\":4102444800},\"tags\":{\"a\":\"\"}}" },
    { { AKV_FLAG_UNSET, -1, AKV_NO_TIME, AKV_FLAG_NO, AKV_NO_TIME, AKV_NO_TIME,
        -1, "", "" },
      { NULL },
      false,
      "{\"attributes\":{\"exportable\":false,\"nbf\":-1}}" },
};

/* What the service says of itself is not sent back. */
static void written(void)
{
    size_t i, j;

    for (i = 0; i < COUNT(write_rows); i++) {
        struct akv_json *json = akv_json_new_object();
        struct akv_buf text = AKV_BUF_INIT(1000);
        struct akv_tags tags = { NULL, 0 };

        for (j = 0; j + 1 < 4 && write_rows[i].tags[j] != NULL; j += 2)
            CHECK(akv_tags_add(&tags, write_rows[i].tags[j],
                               write_rows[i].tags[j + 1]));
        CHECK(akv_properties_write(json, &write_rows[i].attributes,
                                   write_rows[i].has_tags ? &tags : NULL));
        CHECK(akv_json_print(json, &text));
        CHECK_STR("written", akv_buf_str(&text), write_rows[i].json);
        akv_tags_free(&tags);
        akv_buf_free(&text);
        akv_json_free(json);
    }
}

#define SECRET "{\"id\":\"" H "/secrets/s/1\"}"
#define KEY "{\"key\":{\"kid\":\"" H "/keys/k/1\"}}"

static void updates(void)
{
    struct akv_id secret = client_id(H "/secrets/s/1");
    struct akv_id key = client_id(H "/keys/k");
    struct akv_id cert = client_id(H "/certificates/c");
    struct akv_error err = AKV_ERROR_INIT;
    struct akv_update update = { .attributes = AKV_ATTRIBUTES_INIT };
    struct akv_tags none = { NULL, 0 };
    struct akv_properties p;

    client_answer(SECRET, SECRET, "!No.");
    CHECK(akv_object_update(NULL, &secret, &update, &p, &err));
    akv_properties_free(&p);
    update.attributes.enabled = AKV_FLAG_NO;
    update.content_type = "a/b";
    update.tags = &none;
    CHECK(akv_object_update(NULL, &secret, &update, &p, &err));
    CHECK_STR("version", p.id.version, "1");
    akv_properties_free(&p);
    CHECK(!akv_object_update(NULL, &secret, &update, &p, &err));
    CHECK_HAS("refused", err.message, "No.");
    akv_properties_free(&p);
    CHECK_STR("asked", client_asked(),
              "PATCH /secrets/s/1 {}\n"
              "PATCH /secrets/s/1 {\"attributes\":{\"enabled\":false},\"tags\":"
              "{},\"contentType\":\"a/b\"}\n"
              "PATCH /secrets/s/1 {\"attributes\":{\"enabled\":false},\"tags\":"
              "{},\"contentType\":\"a/b\"}\n");
    client_answer(KEY, "{\"id\":\"" H "/certificates/c/1\"}", KEY);
    memset(&update, 0, sizeof(update));
    update.attributes = (struct akv_attributes)AKV_ATTRIBUTES_INIT;
    update.policy = "{\"x\":[1]}";
    update.key_ops = AKV_OP_SIGN | AKV_OP_VERIFY;
    CHECK(akv_object_update(NULL, &key, &update, &p, &err));
    CHECK_STR("the version that was current", p.id.version, "1");
    akv_properties_free(&p);
    update.key_ops = 0;
    CHECK(akv_object_update(NULL, &cert, &update, &p, &err));
    akv_properties_free(&p);
    update.immutable_policy = true;
    CHECK(akv_object_update(NULL, &key, &update, &p, &err));
    akv_properties_free(&p);
    CHECK_STR("asked", client_asked(),
              "PATCH /keys/k "
              "{\"release_policy\":{\"data\":\"eyJ4IjpbMV19\"},\"key_ops\":["
              "\"sign\",\"verify\"]}\n"
              "PATCH /certificates/c {\"policy\":{\"x\":[1]}}\n"
              "PATCH /keys/k "
              "{\"release_policy\":{\"data\":\"eyJ4IjpbMV19\","
              "\"immutable\":true}}\n");
    client_clear();
}

static bool get_deleted(struct akv_client *client, const struct akv_id *id,
                        struct akv_properties *properties,
                        struct akv_error *err)
{
    struct akv_json *document = NULL;
    bool ok = akv_object_get_deleted(client, id, properties, &document, err);

    CHECK("all of it" && ok == (document != NULL));
    akv_json_free(document);
    return ok;
}

/* Operations on all versions: one in the identifier is left out. */
static void without_version(void)
{
    static const struct {
        bool (*fn)(struct akv_client *client, const struct akv_id *id,
                   struct akv_properties *properties, struct akv_error *err);
        const char *asked;
    } rows[] = {
        { akv_object_delete, "DELETE /secrets/s\n" },
        { get_deleted, "GET /deletedsecrets/s\n" },
        { akv_object_recover, "POST /deletedsecrets/s/recover\n" },
    };
    struct akv_id id = client_id(H "/secrets/s/5");
    size_t i;

    for (i = 0; i < COUNT(rows); i++) {
        struct akv_error err = AKV_ERROR_INIT;
        struct akv_properties p;

        client_answer(SECRET, "{}", "!No.");
        CHECK_AT(rows[i].asked, rows[i].fn(NULL, &id, &p, &err));
        CHECK_STR("asked", client_asked(), rows[i].asked);
        CHECK_STR("version", p.id.version, "1");
        akv_properties_free(&p);
        CHECK_AT(rows[i].asked, !rows[i].fn(NULL, &id, &p, &err));
        CHECK_INT(rows[i].asked, err.code, AKV_E_PROTOCOL);
        CHECK_HAS(rows[i].asked, err.message, "id or kid is missing");
        akv_properties_free(&p);
        CHECK_AT(rows[i].asked, !rows[i].fn(NULL, &id, &p, &err));
        CHECK_INT(rows[i].asked, err.code, AKV_E_FORBIDDEN);
        akv_properties_free(&p);
    }
    client_clear();
}

static void purge(void)
{
    struct akv_id id = client_id(H "/certificates/c/5");
    struct akv_error err = AKV_ERROR_INIT;

    client_answer("", "!No.", NULL); /* there is no content */
    CHECK(akv_object_purge(NULL, &id, &err));
    CHECK_STR("asked", client_asked(), "DELETE /deletedcertificates/c\n");
    CHECK(!akv_object_purge(NULL, &id, &err));
    CHECK_HAS("refused", err.message, "No.");
    client_clear();
}

static void backup_and_restore(void)
{
    struct akv_id id = client_id(H "/keys/k/5");
    struct akv_buf blob = AKV_BUF_INIT(100);
    struct akv_error err = AKV_ERROR_INIT;
    struct akv_properties p;

    client_answer("{\"value\":\"_wAB\"}", "{\"value\":\"+/\"}", "{}");
    CHECK(akv_object_backup(NULL, &id, &blob, &err));
    CHECK(blob.len == 3 && memcmp(blob.data, "\xff\0\1", 3) == 0);
    CHECK(!akv_object_backup(NULL, &id, &blob, &err));
    CHECK_HAS("not base64url", err.message, "value: is missing or not");
    CHECK(!akv_object_backup(NULL, &id, &blob, &err));
    CHECK_INT("nothing is appended", blob.len, 3);
    CHECK_STR("asked", client_asked(),
              "POST /keys/k/backup\nPOST /keys/k/backup\nPOST "
              "/keys/k/backup\n");
    client_answer("{\"key\":{\"kid\":\"" H "/keys/old/1\"}}",
                  "{\"id\":\"" H "/secrets/old/1\"}", NULL);
    CHECK(akv_object_restore(NULL, &id, blob.data, blob.len, &p, &err));
    CHECK_STR("the name that it had", p.id.name, "old");
    akv_properties_free(&p);
    CHECK(!akv_object_restore(NULL, &id, blob.data, blob.len, &p, &err));
    CHECK_HAS("a key was asked for", err.message, "of another object");
    akv_properties_free(&p);
    CHECK_STR("asked", client_asked(),
              "POST /keys/restore {\"value\":\"_wAB\"}\n"
              "POST /keys/restore {\"value\":\"_wAB\"}\n");
    akv_buf_free(&blob);
    client_clear();
}

int main(void)
{
    static const struct unit_test tests[] = {
        { "all members", all_members },
        { "nothing but the id", nothing_but_the_id },
        { "identifiers", ids },
        { "written", written },
        { "updates", updates },
        { "without version", without_version },
        { "purge", purge },
        { "backup and restore", backup_and_restore },
    };

    return unit_main("object", tests, COUNT(tests));
}
