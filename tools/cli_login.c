/* SPDX-License-Identifier: Apache-2.0 */

/* akv login: which credentials there are, and whose token they get. */

#include <string.h>

#include "base64.h"
#include "check.h"
#include "cli.h"

static const struct cli_option check_options[] = {
    { "scope", "SCOPE", "default: https://vault.azure.net/.default" },
    { NULL, NULL, NULL },
};

/* What a token says of itself: not verified, since that is the vault's. */
static void print_claims(const char *token)
{
    static const char *const names[] = { "appid", "azp", "oid", "upn",
                                         "tid",   "aud", "exp" };
    const char *dot = strchr(token, '.'), *end;
    struct akv_buf payload = AKV_BUF_INIT(65536);
    struct akv_json *json = NULL;
    size_t i;

    end = dot != NULL ? strchr(dot + 1, '.') : NULL;
    if (end != NULL
        && akv_base64url_decode(dot + 1, (size_t)(end - dot - 1), &payload))
        json = akv_json_parse(akv_buf_str(&payload), payload.len, NULL);
    for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        const char *text = akv_json_get_text(json, names[i]);
        int64_t number;

        if (text != NULL)
            printf("    %s: %s\n", names[i], text);
        else if (akv_json_get_int(json, names[i], &number))
            printf("    %s: %lld\n", names[i], (long long)number);
    }
    akv_json_free(json);
    akv_buf_free(&payload);
}

static void print_result(void *arg, const char *name, const char *token,
                         const struct akv_error *err)
{
    bool *any = arg;

    if (token != NULL) {
        printf("%s: %s\n", name, *any ? "a token" : "a token, which is used");
        print_claims(token);
        *any = true;
    } else {
        printf("%s: %s: %s\n", name,
               err->code == AKV_E_UNAVAILABLE ? "not available" : "failed",
               err->message);
    }
}

static int run_check(struct cli *cli)
{
    const char *scope = cli_option(cli, "scope");
    size_t len = scope != NULL ? strlen(scope) : 0;
    bool any = false;

    if (scope != NULL
        && (strncmp(scope, "https://", 8) != 0 || len <= 17
            || strcmp(scope + len - 9, "/.default") != 0))
        return cli_usage(
            cli, "--scope '%s': https://RESOURCE/.default is expected", scope);
    if (!akv_check_credentials(
            cli->client,
            scope != NULL ? scope : "https://vault.azure.net/.default",
            print_result, &any, &cli->err))
        return cli_fail(cli);
    if (any)
        return CLI_OK;
    (void)akv_error_set(&cli->err, AKV_E_AUTHENTICATION,
                        "no credential gives a token");
    return cli_fail(cli);
}

const struct cli_verb cli_login_verbs[] = {
    { "login", "check", "", 0, "try each credential and say what it gives",
      check_options, run_check, false },
    { NULL, NULL, NULL, 0, NULL, NULL, NULL, false },
};
