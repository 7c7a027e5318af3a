/* SPDX-License-Identifier: Apache-2.0 */

/* The verbs that are the same for secrets, keys and certificates. */

#include <string.h>

#include "akv/jwk.h"
#include "akv/pager.h"
#include "cli.h"

#define BACKUP_MAX (8u * 1024 * 1024)
#define WAIT_MS (10LL * 60 * 1000)

const struct cli_option cli_update_options[] = {
    CLI_ATTRIBUTE_OPTIONS,
    { "no-tags", NULL, "remove all tags" },
    { "content-type", "TYPE", "secrets: what the value is" },
    { "ops", "LIST", "keys: " CLI_OPS_HELP },
    { "policy", "FILE", "keys: a new release policy (JSON)" },
    { "immutable", NULL, "keys: the policy can never be changed again" },
    { NULL, NULL, NULL },
};

const struct cli_option cli_wait_options[] = {
    { "no-wait", NULL, "return at once; the operation goes on in the vault" },
    { NULL, NULL, NULL },
};

const struct cli_option cli_file_options[] = {
    { "file", "FILE", "instead of standard input or output" },
    { NULL, NULL, NULL },
};

const struct cli_option cli_list_options[] = {
    { "include-pending", NULL, "certificates: also those being created" },
    { NULL, NULL, NULL },
};

/* One line a URI, so that lists can be piped; JSON is one array. */
static bool print_item(const struct akv_properties *properties)
{
    struct akv_buf uri = AKV_BUF_INIT(1024);
    const struct akv_id *id = &properties->id;
    bool ok = akv_id_append_uri(id, &uri);

    if (ok)
        printf("%s%s\n", akv_buf_str(&uri),
               properties->attributes.enabled == AKV_FLAG_NO ? "\tdisabled"
                                                             : "");
    akv_buf_free(&uri);
    return ok;
}

static struct akv_json *describe_item(const struct akv_properties *properties)
{
    struct akv_json *item = akv_json_new_object();

    if (item != NULL && cli_add_properties(item, properties))
        return item;
    akv_json_free(item);
    return NULL;
}

static bool stream_item(struct cli *cli, struct cli_stream *stream,
                        const struct akv_properties *properties)
{
    struct akv_json *item = describe_item(properties);
    bool ok = cli_stream_item(cli, stream, item);

    akv_json_free(item);
    return ok;
}

static int cli_object_list(struct cli *cli, enum akv_list which,
                           const struct akv_id *id)
{
    struct akv_pager *pager = akv_pager_new(cli->client, which, id);
    struct cli_stream stream = { 0 };
    struct akv_properties item;
    bool ok = pager != NULL;

    while (ok && akv_pager_next_object(pager, &item, &cli->err)) {
        ok = cli->output == CLI_JSON ? stream_item(cli, &stream, &item)
                                     : print_item(&item);
        akv_properties_free(&item);
    }
    akv_pager_free(pager);
    if (!ok)
        (void)akv_error_set(&cli->err, AKV_E_MEMORY, "no memory for a list");
    ok = cli->err.code == AKV_E_NONE;
    if (ok && cli->output == CLI_JSON)
        cli_stream_end(&stream);
    return ok ? CLI_OK : cli_fail(cli);
}

int cli_run_list(struct cli *cli)
{
    struct akv_id id;
    int status;

    if (!cli_id(cli, false, &id, &status))
        return status;
    if (id.name[0] != '\0')
        return cli_usage(cli,
                         "'%s' names one object: a collection is listed (see "
                         "list-versions)",
                         cli->args[0]);
    return cli_object_list(cli,
                           cli_option(cli, "include-pending") != NULL
                                   && id.kind == AKV_KIND_CERTIFICATE
                               ? AKV_LIST_PENDING
                               : AKV_LIST,
                           &id);
}

int cli_run_list_versions(struct cli *cli)
{
    struct akv_id id;
    int status;

    return cli_id(cli, true, &id, &status)
               ? cli_object_list(cli, AKV_LIST_VERSIONS, &id)
               : status;
}

int cli_run_list_deleted(struct cli *cli)
{
    struct akv_id id;
    int status;

    return cli_id(cli, false, &id, &status)
               ? cli_object_list(cli, AKV_LIST_DELETED, &id)
               : status;
}

/* Prints and frees what an operation has returned. */
static int cli_object_finish(struct cli *cli, bool ok,
                             struct akv_properties *properties)
{
    int status = ok ? cli_print_properties(cli, properties) : cli_fail(cli);

    akv_properties_free(properties);
    return status;
}

/* With what the service still has of it: a key's public half, a certificate and
 * its policy. */
int cli_run_show_deleted(struct cli *cli)
{
    static const char *const members[] = { "key", "kid", "sid", "cer",
                                           "policy" };
    struct akv_json *json = NULL, *shown = akv_json_new_object();
    struct akv_properties properties;
    struct akv_id id;
    int status;
    size_t i;
    bool ok;

    if (!cli_id(cli, true, &id, &status)) {
        akv_json_free(shown);
        return status;
    }
    memset(&properties, 0, sizeof(properties));
    ok =
        akv_object_get_deleted(cli->client, &id, &properties, &json, &cli->err);
    if (ok)
        ok = cli_built(cli,
                       shown != NULL && cli_add_properties(shown, &properties));
    for (i = 0; ok && i < sizeof(members) / sizeof(members[0]); i++) {
        const struct akv_json *member = akv_json_get(json, members[i]);

        ok =
            cli_built(cli, member == NULL
                               || akv_json_add_copy(shown, members[i], member));
    }
    akv_properties_free(&properties);
    akv_json_free(json);
    return cli_print_if(cli, ok, shown);
}

/* What does not apply to the kind, or nothing at all, is a mistake. */
static bool check_update(struct cli *cli)
{
    static const struct {
        const char *option, *group;
    } only[] = { { "content-type", "secret" },
                 { "ops", "key" },
                 { "policy", "key" },
                 { "immutable", "key" } };
    size_t i;

    for (i = 0; i < sizeof(only) / sizeof(only[0]); i++)
        if (cli_option(cli, only[i].option) != NULL
            && strcmp(only[i].group, cli->verb->group) != 0)
            return akv_error_set(&cli->err, AKV_E_INVALID,
                                 "--%s is for a %s only", only[i].option,
                                 only[i].group);
    for (i = 0; cli_update_options[i].name != NULL; i++)
        if (cli_option(cli, cli_update_options[i].name) != NULL)
            return true;
    return akv_error_set(&cli->err, AKV_E_INVALID,
                         "there is nothing to change: no option says what");
}

static bool read_update(struct cli *cli, struct akv_update *update,
                        struct akv_tags *tags, struct akv_buf *policy)
{
    const char *ops = cli_option(cli, "ops");
    bool has_tags = false;

    if (!check_update(cli)
        || !cli_attributes(cli, &update->attributes, tags, &has_tags)
        || (ops != NULL && !akv_key_ops_parse(ops, &update->key_ops, &cli->err))
        || !cli_release_policy(cli, policy, &update->policy,
                               &update->immutable_policy))
        return false;
    update->tags = has_tags || cli_option(cli, "no-tags") != NULL ? tags : NULL;
    update->content_type = cli_option(cli, "content-type");
    return true;
}

int cli_run_update(struct cli *cli)
{
    struct akv_update update = { .content_type = NULL };
    struct akv_tags tags = { NULL, 0 };
    struct akv_buf policy = AKV_BUF_INIT(65536);
    struct akv_properties properties;
    struct akv_id id;
    int status;

    if (!cli_id(cli, true, &id, &status))
        return status;
    memset(&properties, 0, sizeof(properties));
    if (!read_update(cli, &update, &tags, &policy))
        status = cli_fail(cli);
    else if (id.kind == AKV_KIND_KEY)
        status = cli_update_key(cli, &id, &update);
    else
        status = cli_object_finish(cli,
                                   akv_object_update(cli->client, &id, &update,
                                                     &properties, &cli->err),
                                   &properties);
    akv_tags_free(&tags);
    akv_buf_free(&policy);
    return status;
}

bool cli_wait(struct cli *cli, enum akv_poll poll, const struct akv_id *id,
              int64_t ms)
{
    struct akv_poller *poller;
    bool ok;

    if (cli_option(cli, "no-wait") != NULL)
        return true;
    poller = akv_poller_new(cli->client, poll, id);
    ok = poller != NULL
         && akv_poller_wait(poller, ms, cli_progress, NULL, &cli->err);
    if (poller == NULL)
        (void)akv_error_set(&cli->err, AKV_E_MEMORY, "no memory");
    cli_progress_end(cli);
    akv_poller_free(poller);
    return ok;
}

int cli_run_delete(struct cli *cli)
{
    struct akv_properties properties;
    struct akv_id id;
    int status;
    bool ok;

    if (!cli_id(cli, true, &id, &status))
        return status;
    if (id.version[0] != '\0')
        return cli_usage(cli,
                         "'%s': a single version cannot be deleted, only "
                         "disabled (update --enabled no)",
                         cli->args[0]);
    ok = akv_object_delete(cli->client, &id, &properties, &cli->err);
    if (ok && properties.recovery_id != NULL)
        ok = cli_wait(cli, AKV_POLL_DELETE, &id, WAIT_MS);
    return cli_object_finish(cli, ok, &properties);
}

int cli_run_recover(struct cli *cli)
{
    struct akv_properties properties;
    struct akv_id id;
    int status;
    bool ok;

    if (!cli_id(cli, true, &id, &status))
        return status;
    ok = akv_object_recover(cli->client, &id, &properties, &cli->err)
         && cli_wait(cli, AKV_POLL_RECOVER, &id, WAIT_MS);
    return cli_object_finish(cli, ok, &properties);
}

int cli_run_purge(struct cli *cli)
{
    struct akv_id id;
    int status;

    if (!cli_id(cli, true, &id, &status))
        return status;
    return akv_object_purge(cli->client, &id, &cli->err)
                   && cli_wait(cli, AKV_POLL_PURGE, &id, WAIT_MS)
               ? CLI_OK
               : cli_fail(cli);
}

int cli_run_backup(struct cli *cli)
{
    struct akv_buf blob = AKV_BUF_INIT(BACKUP_MAX);
    struct akv_id id;
    int status;

    if (!cli_id(cli, true, &id, &status) || cli_binary_refused(cli, &status))
        return status;
    status = akv_object_backup(cli->client, &id, &blob, &cli->err)
                 ? cli_print_bytes(cli, akv_buf_str(&blob), blob.len, false)
                 : cli_fail(cli);
    akv_buf_free(&blob);
    return status;
}

int cli_run_restore(struct cli *cli)
{
    struct akv_buf blob = AKV_BUF_INIT(BACKUP_MAX);
    struct akv_properties properties;
    struct akv_id id;
    int status;

    if (!cli_id(cli, false, &id, &status))
        return status;
    memset(&properties, 0, sizeof(properties));
    status = cli_object_finish(
        cli,
        cli_read(cli, cli_option(cli, "file"), &blob)
            && akv_object_restore(cli->client, &id, akv_buf_str(&blob),
                                  blob.len, &properties, &cli->err),
        &properties);
    akv_buf_free(&blob);
    return status;
}
