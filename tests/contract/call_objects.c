/* SPDX-License-Identifier: Apache-2.0 */

/* What is the same for keys, secrets and certificates; and secrets. */

#include <string.h>

#include "akv/pager.h"
#include "akv/poller.h"
#include "akv/secret.h"
#include "operations.h"

static char purpose[] = "purpose", contract[] = "contract test";
static struct akv_tag tags[] = { { purpose, contract } };
const struct akv_tags call_tags = { tags, COUNT(tags) };

void called(const char *what, bool ok, const struct akv_error *err)
{
    CHECK_STR(what, ok ? "" : err->message, "");
    CHECK_INT(what, err->code, AKV_E_NONE);
}

size_t call_list(enum akv_list list, const struct akv_id *id)
{
    struct akv_pager *pager = akv_pager_new(vault.client, list, id);
    struct akv_error err = AKV_ERROR_INIT;
    size_t count = 0;

    while (akv_pager_next(pager, &err) != NULL)
        count++;
    called("list", err.code == AKV_E_NONE, &err);
    akv_pager_free(pager);
    return count;
}

static void wait_for(enum akv_poll poll, const struct akv_id *id)
{
    struct akv_poller *poller = akv_poller_new(vault.client, poll, id);
    struct akv_error err = AKV_ERROR_INIT;

    called("wait", akv_poller_wait(poller, 10000, NULL, NULL, &err), &err);
    akv_poller_free(poller);
}

static void delete (const struct akv_id *id)
{
    struct akv_properties properties;
    struct akv_error err = AKV_ERROR_INIT;

    called("delete", akv_object_delete(vault.client, id, &properties, &err),
           &err);
    CHECK(properties.recovery_id != NULL);
    akv_properties_free(&properties);
    wait_for(AKV_POLL_DELETE, id);
}

static void look_at_deleted(const struct akv_id *id)
{
    struct akv_properties properties;
    struct akv_error err = AKV_ERROR_INIT;

    called("get deleted",
           akv_object_get_deleted(vault.client, id, &properties, NULL, &err),
           &err);
    akv_properties_free(&properties);
    CHECK(call_list(AKV_LIST_DELETED, id) > 0);
}

void call_life(const struct akv_id *id)
{
    struct akv_buf blob = AKV_BUF_INIT(AKV_REPLY_MAX);
    struct akv_properties properties;
    struct akv_error err = AKV_ERROR_INIT;

    CHECK(call_list(AKV_LIST, id) > 0);
    CHECK(call_list(AKV_LIST_VERSIONS, id) > 0);
    called("backup", akv_object_backup(vault.client, id, &blob, &err), &err);
    delete (id);
    look_at_deleted(id);
    called("recover", akv_object_recover(vault.client, id, &properties, &err),
           &err);
    akv_properties_free(&properties);
    wait_for(AKV_POLL_RECOVER, id);
    delete (id);
    called("purge", akv_object_purge(vault.client, id, &err), &err);
    called("restore",
           akv_object_restore(vault.client, id, blob.data, blob.len,
                              &properties, &err),
           &err);
    CHECK_STR("restored", properties.id.name, id->name);
    akv_properties_free(&properties);
    akv_buf_free(&blob);
}

static void update_secret(const struct akv_id *id)
{
    const struct akv_update update = { .attributes = CALL_TIMES,
                                       .tags = &call_tags,
                                       .content_type = "text/html" };
    struct akv_properties properties;
    struct akv_error err = AKV_ERROR_INIT;

    called("update secret",
           akv_object_update(vault.client, id, &update, &properties, &err),
           &err);
    CHECK_STR("content type", properties.content_type, "text/html");
    akv_properties_free(&properties);
}

void call_secrets(void)
{
    const struct akv_secret_options options = { CALL_TIMES, &call_tags,
                                                "text/plain" };
    struct akv_id id = in_vault("secrets/s");
    struct akv_error err = AKV_ERROR_INIT;
    struct akv_secret secret;

    called("set secret",
           akv_secret_set(vault.client, &id, "one", 3, NULL, &secret, &err),
           &err);
    akv_secret_free(&secret);
    called("set secret",
           akv_secret_set(vault.client, &id, "two", 3, &options, &secret, &err),
           &err);
    update_secret(&secret.properties.id);
    akv_secret_free(&secret);
    called("get secret", akv_secret_get(vault.client, &id, &secret, &err),
           &err);
    CHECK_STR("value", akv_buf_str(&secret.value), "two");
    id = secret.properties.id;
    akv_secret_free(&secret);
    called("get secret's version",
           akv_secret_get(vault.client, &id, &secret, &err), &err);
    akv_secret_free(&secret);
    call_life(&id);
}
