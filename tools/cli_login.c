/* SPDX-License-Identifier: Apache-2.0 */

/* akv login: which credentials there are, and whose token they get. */

#include <string.h>

#include "base/jwt.h"
#include "cli.h"
#include "client/cred_probe.h"

static const struct cli_option check_options[] = {
    { "scope", "SCOPE", "default: https://vault.azure.net/.default" },
    { NULL, NULL, NULL },
};

struct results {
    struct akv_json *list; /* borrowed; an array */
    bool any;              /* one has given a token */
};

/* What a token says of itself: not verified, since that is the vault's. */
static bool add_claims(struct akv_json *result, const char *token)
{
    static const char *const names[] = { "appid", "azp", "oid", "upn",
                                         "tid",   "aud", "exp" };
    struct akv_json *json = akv_jwt_payload(token);
    struct akv_json *claims = akv_json_add_object(result, "claims");
    bool ok = claims != NULL;
    size_t i;

    for (i = 0; ok && i < sizeof(names) / sizeof(names[0]); i++) {
        const char *text = akv_json_get_text(json, names[i]);
        int64_t number;

        if (text != NULL)
            ok = akv_json_add_text(claims, names[i], text);
        else if (akv_json_get_int(json, names[i], &number))
            ok = akv_json_add_int(claims, names[i], number);
    }
    akv_json_free(json);
    return ok;
}

/* A result that there is no memory for is missing in the list; the first
 * credential with a token is the one that is used. */
static void add_result(void *arg, const char *name, const char *token,
                       const struct akv_error *err)
{
    struct results *results = arg;
    struct akv_json *result = akv_json_add_object(results->list, NULL);
    const char *status = results->any ? "token" : "used";

    if (token == NULL)
        status = err->code == AKV_E_UNAVAILABLE ? "unavailable" : "failed";
    (void)(result != NULL && akv_json_add_text(result, "credential", name)
           && akv_json_add_text(result, "status", status)
           && (token != NULL
                   ? add_claims(result, token)
                   : akv_json_add_text(result, "reason", err->message)));
    results->any |= token != NULL;
}

static bool print_claim(void *arg, const char *name,
                        const struct akv_json *value)
{
    const char *text = akv_json_text(value, NULL);
    struct akv_buf number = AKV_BUF_INIT(64);

    (void)arg;
    if (text == NULL && akv_json_print(value, &number))
        text = akv_buf_str(&number);
    printf("    ");
    cli_print_name(name);
    printf(": ");
    cli_print_name(text != NULL ? text : "");
    printf("\n");
    akv_buf_free(&number);
    return true;
}

static void print_result(const struct akv_json *result)
{
    const char *status = akv_json_get_text(result, "status");
    const char *name = akv_json_get_text(result, "credential");
    const char *reason = akv_json_get_text(result, "reason");

    if (status == NULL || name == NULL)
        return;
    if (reason != NULL)
        printf("%s: %s: %s\n", name,
               strcmp(status, "failed") == 0 ? status : "not available",
               reason);
    else
        printf("%s: a token%s\n", name,
               strcmp(status, "used") == 0 ? ", which is used" : "");
    (void)akv_json_each(akv_json_get(result, "claims"), print_claim, NULL);
}

static bool cli_login_check(struct cli *cli, const char *scope,
                            struct akv_json *root)
{
    struct results results = { akv_json_add_array(root, "value"), false };
    size_t i;

    if (results.list == NULL)
        return akv_error_set(&cli->err, AKV_E_MEMORY, "no memory for a list");
    if (!akv_cred_probe_all(cli->client, scope, add_result, &results,
                            &cli->err))
        return false;
    if (cli->output == CLI_JSON && !cli_print_array(cli, results.list))
        return false;
    for (i = 0; cli->output != CLI_JSON && i < akv_json_length(results.list);
         i++)
        print_result(akv_json_at(results.list, i));
    return results.any
           || akv_error_set(&cli->err, AKV_E_AUTHENTICATION,
                            "no credential gives a token");
}

/* NULL: reported, and the status is CLI_USAGE. */
static const char *take_scope(const struct cli *cli)
{
    const char *scope = cli_option(cli, "scope");
    size_t len = scope != NULL ? strlen(scope) : 0;

    if (scope == NULL)
        return "https://vault.azure.net/.default";
    if (strncmp(scope, "https://", 8) == 0 && len > 17
        && strcmp(scope + len - 9, "/.default") == 0)
        return scope;
    (void)cli_usage(cli, "--scope '%s': https://RESOURCE/.default is expected",
                    scope);
    return NULL;
}

static int run_check(struct cli *cli)
{
    const char *scope = take_scope(cli);
    struct akv_json *root;
    int status;

    if (scope == NULL)
        return CLI_USAGE;
    root = akv_json_new_object();
    status = cli_login_check(cli, scope, root) ? CLI_OK : cli_fail(cli);
    akv_json_free(root);
    return status;
}

/* To a file that its owner alone can read, never to a terminal or a log. */
static int run_token(struct cli *cli)
{
    struct akv_buf token = AKV_BUF_INIT(65536);
    const char *scope = take_scope(cli);
    int64_t expires_on;
    int status;

    if (scope == NULL)
        return CLI_USAGE;
    if (cli_option(cli, "out") == NULL)
        return cli_usage(cli, "--out is missing: the file for the token, as "
                              "access-token-file names it");
    if (akv_client_get_token(cli->client, scope, &token, &expires_on,
                             &cli->err))
        status = cli_print_bytes(cli, token.data, token.len, true);
    else
        status = cli_fail(cli);
    akv_buf_free(&token);
    return status;
}

static const struct cli_option token_options[] = {
    { "scope", "SCOPE", "default: https://vault.azure.net/.default" },
    { "out", "FILE", "where it goes, mode 0600; must be given" },
    { NULL, NULL, NULL },
};

const struct cli_verb cli_login_verbs[] = {
    { "login", "check", "", 0, "try each credential and say what it gives",
      check_options, run_check, false },
    { "login", "token", "", 0, "get a token, for access-token-file",
      token_options, run_token, false },
    { NULL, NULL, NULL, 0, NULL, NULL, NULL, false },
};
