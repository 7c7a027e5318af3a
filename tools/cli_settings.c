/* SPDX-License-Identifier: Apache-2.0 */

/* Settings come from --set, openssl.cnf and the environment, in this order.
 * What is misspelt would otherwise be ignored in silence, and is refused. */

#include <string.h>

#include "base/settings_impl.h"
#include "cli_args.h"
#include "cli_config.h"
#include "client/client_impl.h"

struct given {
    const struct cli *cli;
    struct cli_config *config; /* owned; NULL: none */
};

/* --set comes before the file, as the file before the environment. */
static const char *cli_conf_value(void *arg, const char *name)
{
    const struct given *given = arg;
    const char *value = NULL, *set;
    size_t at = 0, len = strlen(name);

    while ((set = cli_next_option(given->cli, "set", &at)) != NULL)
        if (strncmp(set, name, len) == 0 && set[len] == '=')
            value = set + len + 1;
    return value != NULL ? value : cli_config_get(given->config, name);
}

/* A misspelt name would otherwise be ignored in silence, and a secret on the
 * command line can be read by everybody. */
static int check_sets(const struct cli *cli)
{
    const struct akv_setting_info *info;
    const char *set;
    size_t at = 0, i, len;

    while ((set = cli_next_option(cli, "set", &at)) != NULL) {
        len = strcspn(set, "=");
        for (i = 0; (info = akv_settings_info(i)) != NULL; i++)
            if (strlen(info->name) == len && strncmp(info->name, set, len) == 0)
                break;
        if (info == NULL || set[len] != '=')
            return cli_usage(cli, "--set '%.*s': there is no such setting",
                             (int)len, set);
        if (info->secret)
            return cli_usage(cli,
                             "--set %s: a secret does not belong on the "
                             "command line; use %s or a file",
                             info->name, info->env[0]);
    }
    return CLI_OK;
}

struct foreign {
    struct akv_error *err; /* one is misspelt */
    struct akv_buf names;  /* of the others */
};

static void take_foreign(void *arg, const char *name, const char *meant)
{
    struct foreign *foreign = arg;

    if (meant == NULL)
        (void)!akv_buf_appendf(&foreign->names, "%s%s",
                               foreign->names.len > 0 ? ", " : "", name);
    else if (foreign->err->code == AKV_E_NONE)
        (void)akv_error_set(foreign->err, AKV_E_CONFIG,
                            "environment variable %s: there is no such "
                            "setting; %s is meant, or another name",
                            name, meant);
}

/* What is misspelt would otherwise be ignored in silence. */
static bool check_environment(struct akv_error *err)
{
    struct foreign foreign = { err, AKV_BUF_INIT(4096) };

    akv_settings_foreign(take_foreign, &foreign);
    if (foreign.names.len > 0)
        (void)fprintf(stderr,
                      "akv: warning: not read, since there are no such "
                      "settings: %s\n",
                      akv_buf_str(&foreign.names));
    akv_buf_free(&foreign.names);
    return err->code == AKV_E_NONE;
}

int cli_load_settings(struct cli *cli)
{
    struct given given = { cli, NULL };
    struct akv_settings_source source = { cli_conf_value, &given };
    int status = check_sets(cli);
    bool ok;

    if (status != CLI_OK)
        return status;
    ok = (cli->verb->offline || check_environment(&cli->err))
         && cli_config_open(cli, &given.config)
         && akv_settings_load(&cli->settings, &source, &cli->err);
    cli_config_free(given.config);
    if (!ok)
        return cli_fail(cli);
    cli->log = akv_log_new(&cli->settings);
    if (!cli->verb->offline)
        cli->client = akv_client_new_borrowing(&cli->settings, cli->log);
    if (cli->log != NULL && (cli->verb->offline || cli->client != NULL))
        return CLI_OK;
    (void)akv_error_set(&cli->err, AKV_E_MEMORY, "no memory");
    return cli_fail(cli);
}
