/* SPDX-License-Identifier: Apache-2.0 */

/* akv certificate: what a vault keeps as JSON and gives as such: policies,
 * issuers, contacts. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "akv/cert.h"
#include "akv/contacts.h"
#include "akv/issuer.h"
#include "akv/pager.h"
#include "cli_document.h"
#include "cli_schema.h"

#define JSON_MAX 65536

const struct cli_option cli_policy_options[] = {
    { "file", "FILE", "what to set (JSON); - is standard input" },
    { "default", NULL, "print the default one, to begin with; no URI" },
    { "subject", "NAME", "of --default; else CN=example.org" },
    { NULL, NULL, NULL },
};

const struct cli_option cli_issuer_options[] = {
    { "name", "NAME", "the issuer; without it they are listed" },
    { "file", "FILE", "what to set (JSON); - is standard input" },
    { "issuer-provider", "NAME",
      "in place of --file: DigiCert, GlobalSign, Test ..." },
    { "account-id", "ID", "at the provider" },
    { "password-file", "FILE", "of the account" },
    { "organization-id", "ID", "of ours, at the provider" },
    { "admin", "EMAIL", "who administrates; may be repeated" },
    { "enabled", "yes|no", "whether it can be used" },
    { "update", NULL, "change what is given, keep the rest" },
    { "delete", NULL, "delete the issuer" },
    { NULL, NULL, NULL },
};

const struct cli_option cli_contact_options[] = {
    { "file", "FILE", "all contacts (JSON); - is standard input" },
    { "add", "EMAIL", "add a contact, or replace the one of this address" },
    { "name", "NAME", "of the contact that is added" },
    { "phone", "NUMBER", "of the contact that is added" },
    { "remove", "EMAIL", "remove a contact" },
    { "delete", NULL, "delete all contacts" },
    { NULL, NULL, NULL },
};

int cli_document(struct cli *cli, const struct akv_id *id,
                 const struct cli_document *document)
{
    const char *file = cli_option(cli, "file");
    struct akv_buf text = AKV_BUF_INIT(JSON_MAX);
    struct akv_json *json = NULL;
    bool ok;

    if (file == NULL)
        ok = document->get(cli->client, id, &json, &cli->err);
    else
        ok = cli_read_document(cli, file, document->what, document->members,
                               &text)
             && document->set(cli->client, id, akv_buf_str(&text), &json,
                              &cli->err);
    akv_buf_free(&text);
    return cli_print_if(cli, ok, json);
}

/* What akv certificate create takes without --policy. */
static int print_default_policy(struct cli *cli)
{
    const char *subject = cli_option(cli, "subject");
    char *text =
        akv_cert_default_policy(subject != NULL ? subject : "CN=example.org");
    struct akv_json *json =
        text != NULL ? akv_json_parse(text, strlen(text), NULL) : NULL;
    int status;

    cli->output = CLI_JSON;
    status = cli_print_if(cli, cli_built(cli, json != NULL), json);
    free(text);
    return status;
}

int cli_run_policy(struct cli *cli)
{
    static const struct cli_document policy = { "policy", cli_policy_members,
                                                akv_cert_get_policy,
                                                akv_cert_set_policy };
    bool by_default = cli_option(cli, "default") != NULL;
    struct akv_id id;
    int status;

    if (cli->arg_count == 0 && !by_default)
        return cli_usage(cli, "URI is missing: akv://VAULT/certificates/NAME "
                              "is expected, or --default");
    if (by_default && (cli->arg_count > 0 || cli_option(cli, "file") != NULL))
        return cli_usage(cli, "--default is of no certificate, and sets none");
    if (!by_default && cli_option(cli, "subject") != NULL)
        return cli_usage(cli, "--subject needs --default");
    if (by_default)
        return print_default_policy(cli);
    return cli_id(cli, true, &id, &status) ? cli_document(cli, &id, &policy)
                                           : status;
}

/* --- Issuers -------------------------------------------------------------- */

static void print_issuer(const struct akv_json *item)
{
    const char *issuer = akv_json_get_text(item, "id");
    const char *provider = akv_json_get_text(item, "provider");

    cli_print_name(issuer != NULL ? issuer : "");
    printf("\t");
    cli_print_name(provider != NULL ? provider : "");
    printf("\n");
}

static int list_issuers(struct cli *cli, const struct akv_id *id)
{
    struct akv_pager *pager = akv_pager_new(cli->client, AKV_LIST_ISSUERS, id);
    struct cli_stream stream = { 0 };
    const struct akv_json *item;
    bool ok = pager != NULL;

    while (ok && (item = akv_pager_next(pager, &cli->err)) != NULL)
        if (cli->output == CLI_JSON)
            ok = cli_stream_item(cli, &stream, item);
        else
            print_issuer(item);
    akv_pager_free(pager);
    if (!ok)
        (void)akv_error_set(&cli->err, AKV_E_MEMORY, "no memory for a list");
    ok = cli->err.code == AKV_E_NONE;
    if (ok && cli->output == CLI_JSON)
        cli_stream_end(&stream);
    return ok ? CLI_OK : cli_fail(cli);
}

static const char *const issuer_parts[] = {
    "issuer-provider", "account-id", "password-file",
    "organization-id", "admin",      "enabled"
};

#define ISSUER_PARTS (sizeof(issuer_parts) / sizeof(issuer_parts[0]))

static bool has_issuer_part(const struct cli *cli)
{
    size_t i;

    for (i = 0; i < ISSUER_PARTS; i++)
        if (cli_option(cli, issuer_parts[i]) != NULL)
            return true;
    return false;
}

static bool add_credentials(struct cli *cli, struct akv_json *json)
{
    const char *account = cli_option(cli, "account-id");
    const char *file = cli_option(cli, "password-file");
    struct akv_buf password = AKV_BUF_INIT(4096);
    struct akv_json *to;
    bool ok;

    if (account == NULL && file == NULL)
        return true;
    if (file != NULL && !cli_read_trimmed(cli, file, &password))
        return false;
    to = akv_json_add_object(json, "credentials");
    ok = to != NULL
         && (account == NULL || akv_json_add_text(to, "account_id", account))
         && (file == NULL
             || akv_json_add_text(to, "pwd", akv_buf_str(&password)));
    akv_buf_free(&password);
    return cli_built(cli, ok);
}

static bool add_organization(struct cli *cli, struct akv_json *json)
{
    const char *organization = cli_option(cli, "organization-id"), *email;
    struct akv_json *to, *admins = NULL;
    size_t at = 0;
    bool ok;

    if (organization == NULL && cli_option(cli, "admin") == NULL)
        return true;
    to = akv_json_add_object(json, "org_details");
    ok = to != NULL
         && (organization == NULL || akv_json_add_text(to, "id", organization));
    while (ok && (email = cli_next_option(cli, "admin", &at)) != NULL) {
        struct akv_json *admin;

        if (admins == NULL)
            admins = akv_json_add_array(to, "admin_details");
        admin = admins != NULL ? akv_json_add_object(admins, NULL) : NULL;
        ok = admin != NULL && akv_json_add_text(admin, "email", email);
    }
    return cli_built(cli, ok);
}

static bool add_enabled(struct cli *cli, struct akv_json *json)
{
    const char *enabled = cli_option(cli, "enabled");
    struct akv_json *to;

    if (enabled == NULL)
        return true;
    if (strcmp(enabled, "yes") != 0 && strcmp(enabled, "no") != 0)
        return akv_error_set(&cli->err, AKV_E_INVALID,
                             "--enabled '%s': yes or no is expected", enabled);
    to = akv_json_add_object(json, "attributes");
    return cli_built(cli, to != NULL
                              && akv_json_add_bool(
                                  to, "enabled", strcmp(enabled, "yes") == 0));
}

/* An issuer of options, in the place of a document. */
static int set_issuer(struct cli *cli, const struct akv_id *id, cli_set_fn *set)
{
    const char *provider = cli_option(cli, "issuer-provider");
    struct akv_json *json = akv_json_new_object(), *result = NULL;
    struct akv_buf text = AKV_BUF_INIT(JSON_MAX);
    bool ok =
        cli_built(cli,
                  json != NULL
                      && (provider == NULL
                          || akv_json_add_text(json, "provider", provider)))
        && add_credentials(cli, json) && add_organization(cli, json)
        && add_enabled(cli, json) && cli_built(cli, akv_json_print(json, &text))
        && set(cli->client, id, akv_buf_str(&text), &result, &cli->err);

    akv_json_free(json);
    akv_buf_free(&text);
    return cli_print_if(cli, ok, result);
}

/* What goes together. */
static bool check_issuer(const struct cli *cli, int *status)
{
    bool has_part = has_issuer_part(cli);
    bool has_file = cli_option(cli, "file") != NULL;
    bool updates = cli_option(cli, "update") != NULL;
    bool deletes = cli_option(cli, "delete") != NULL;

    if (cli_option(cli, "name") == NULL
        && (deletes || has_file || updates || has_part))
        *status = cli_usage(cli, "--name NAME is missing: which issuer?");
    else if (has_part && (has_file || deletes))
        *status = cli_usage(cli, "--file, --delete and the options of an "
                                 "issuer exclude each other");
    else if (updates && !has_file && !has_part)
        *status = cli_usage(cli, "--update needs --file FILE, or what to "
                                 "change");
    else if (has_part && !updates && cli_option(cli, "issuer-provider") == NULL)
        *status =
            cli_usage(cli, "--issuer-provider NAME is missing: or is it an "
                           "--update?");
    else
        return true;
    return false;
}

int cli_run_issuer(struct cli *cli)
{
    static const struct cli_document whole = { "issuer", cli_issuer_members,
                                               akv_issuer_get, akv_issuer_set };
    static const struct cli_document updated = { "issuer", cli_issuer_members,
                                                 akv_issuer_get,
                                                 akv_issuer_update };
    const char *name = cli_option(cli, "name");
    struct akv_json *json = NULL;
    struct akv_id id;
    int status;

    if (!cli_id(cli, false, &id, &status))
        return status;
    if (!check_issuer(cli, &status))
        return status;
    if (name == NULL)
        return list_issuers(cli, &id);
    if (!akv_name_valid(name))
        return cli_usage(cli,
                         "--name '%s': 1 to 127 letters, digits and "
                         "hyphens are expected",
                         name);
    (void)snprintf(id.name, sizeof(id.name), "%s", name);
    if (cli_option(cli, "delete") != NULL)
        return akv_issuer_delete(cli->client, &id, &json, &cli->err)
                   ? cli_print_json(cli, json)
                   : cli_fail(cli);
    if (has_issuer_part(cli))
        return set_issuer(cli, &id,
                          cli_option(cli, "update") != NULL ? akv_issuer_update
                                                            : akv_issuer_set);
    return cli_document(cli, &id,
                        cli_option(cli, "update") != NULL ? &updated : &whole);
}

/* --- Contacts ------------------------------------------------------------- */

static bool add_copy(struct akv_json *array, const struct akv_json *item)
{
    struct akv_buf text = AKV_BUF_INIT(JSON_MAX);
    bool ok = akv_json_print(item, &text)
              && akv_json_add_json(array, NULL, akv_buf_str(&text));

    akv_buf_free(&text);
    return ok;
}

/* The contacts that there are into array, except the one of an address. */
static bool copy_others(struct cli *cli, const struct akv_id *id,
                        const char *email, struct akv_json *array, bool *found)
{
    struct akv_json *now = NULL;
    const struct akv_json *list;
    bool ok = true;
    size_t i;

    *found = false;
    if (!akv_contacts_get(cli->client, id, &now, &cli->err))
        return cli->err.code == AKV_E_NOT_FOUND; /* there are none */
    list = akv_json_get(now, "contacts");
    for (i = 0; ok && i < akv_json_length(list); i++) {
        const struct akv_json *contact = akv_json_at(list, i);
        const char *address = akv_json_get_text(contact, "email");

        if (address != NULL && strcasecmp(address, email) == 0)
            *found = true;
        else
            ok = add_copy(array, contact);
    }
    akv_json_free(now);
    return ok || akv_error_set(&cli->err, AKV_E_MEMORY, "no memory for a list");
}

static bool add_contact(const struct cli *cli, struct akv_json *array)
{
    static const char *const members[][2] = { { "add", "email" },
                                              { "name", "name" },
                                              { "phone", "phone" } };
    struct akv_json *contact = akv_json_add_object(array, NULL);
    bool ok = contact != NULL;
    size_t i;

    for (i = 0; ok && i < sizeof(members) / sizeof(members[0]); i++) {
        const char *value = cli_option(cli, members[i][0]);

        ok = value == NULL || akv_json_add_text(contact, members[i][1], value);
    }
    return ok;
}

/* The service sets them as a whole only: all are read, one is changed, and
 * all are written. */
static bool change_contact(struct cli *cli, const struct akv_id *id,
                           struct akv_json *root, struct akv_json **result)
{
    const char *add = cli_option(cli, "add");
    const char *email = add != NULL ? add : cli_option(cli, "remove");
    struct akv_json *array =
        root != NULL ? akv_json_add_array(root, "contacts") : NULL;
    struct akv_buf text = AKV_BUF_INIT(JSON_MAX);
    bool found = false, ok;

    if (array == NULL)
        return akv_error_set(&cli->err, AKV_E_MEMORY, "no memory for a list");
    if (!copy_others(cli, id, email, array, &found))
        return false;
    if (add == NULL && !found)
        return akv_error_set(&cli->err, AKV_E_NOT_FOUND,
                             "--remove '%s': there is no such contact", email);
    if (add == NULL && akv_json_length(array) == 0)
        return akv_contacts_delete(cli->client, id, result, &cli->err);
    ok = ((add == NULL || add_contact(cli, array))
          && akv_json_print(root, &text))
         || akv_error_set(&cli->err, AKV_E_MEMORY, "no memory for a list");
    ok = ok
         && akv_contacts_set(cli->client, id, akv_buf_str(&text), result,
                             &cli->err);
    akv_buf_free(&text);
    return ok;
}

/* One of the ways to change them at a time. */
static bool check_contact(const struct cli *cli, int *status)
{
    static const char *const ways[] = { "file", "add", "remove", "delete" };
    size_t i, given = 0;

    for (i = 0; i < sizeof(ways) / sizeof(ways[0]); i++)
        given += cli_option(cli, ways[i]) != NULL;
    if (given > 1)
        *status = cli_usage(cli, "--file, --add, --remove and --delete exclude "
                                 "each other");
    else if (cli_option(cli, "add") == NULL
             && (cli_option(cli, "name") != NULL
                 || cli_option(cli, "phone") != NULL))
        *status = cli_usage(cli, "--name and --phone need --add EMAIL");
    else
        return true;
    return false;
}

int cli_run_contact(struct cli *cli)
{
    static const struct cli_document contacts = { "list of contacts",
                                                  cli_contacts_members,
                                                  akv_contacts_get,
                                                  akv_contacts_set };
    struct akv_json *root, *json = NULL;
    struct akv_id id;
    int status;
    bool ok;

    if (!cli_id(cli, false, &id, &status) || !check_contact(cli, &status))
        return status;
    if (cli_option(cli, "delete") != NULL) {
        ok = akv_contacts_delete(cli->client, &id, &json, &cli->err);
    } else if (cli_option(cli, "add") != NULL
               || cli_option(cli, "remove") != NULL) {
        root = akv_json_new_object();
        ok = change_contact(cli, &id, root, &json);
        akv_json_free(root);
    } else {
        return cli_document(cli, &id, &contacts);
    }
    return ok ? cli_print_json(cli, json) : cli_fail(cli);
}
