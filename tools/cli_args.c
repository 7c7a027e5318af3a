/* SPDX-License-Identifier: Apache-2.0 */

/* Options may stand anywhere, before the group as well; "--" ends them. Of one
 * that may be given once the last counts. */

#include <string.h>

#include "cli_args.h"

const char *cli_next_option(const struct cli *cli, const char *name, size_t *at)
{
    while (*at < cli->option_count) {
        size_t i = (*at)++;

        if (strcmp(cli->options[i].name, name) == 0)
            return cli->options[i].value;
    }
    return NULL;
}

const char *cli_option(const struct cli *cli, const char *name)
{
    const char *value = NULL, *next;
    size_t at = 0;

    while ((next = cli_next_option(cli, name, &at)) != NULL)
        value = next;
    return value;
}

const struct cli_verb *cli_find_verb(const char *group, const char *name,
                                     bool *has_group)
{
    const struct cli_verb *verb;
    size_t i;

    *has_group = false;
    for (i = 0; cli_groups[i] != NULL; i++) {
        if (strcmp(group, cli_groups[i]->group) != 0)
            continue;
        *has_group = true;
        for (verb = cli_groups[i]; verb->name != NULL; verb++)
            if (name != NULL && strcmp(name, verb->name) == 0)
                return verb;
    }
    return NULL;
}

const struct cli_option *cli_find_option(const struct cli_option *options,
                                         const char *name, size_t len)
{
    for (; options != NULL && options->name != NULL; options++)
        if (strlen(options->name) == len
            && strncmp(options->name, name, len) == 0)
            return options;
    return NULL;
}

/* --name value or --name=value; *i is moved behind it. */
static int take_option(struct cli *cli, int argc, char **argv, int *i)
{
    const char *name = argv[*i] + 2;
    size_t len = strcspn(name, "=");
    const struct cli_option *option =
        cli_find_option(cli->verb->options, name, len);
    const char *value = "";

    if (option == NULL)
        option = cli_find_option(cli_general_options, name, len);
    if (option == NULL)
        return cli_usage(cli, "there is no option '--%.*s'", (int)len, name);
    if (option->arg == NULL && name[len] == '=')
        return cli_usage(cli, "--%s takes no value", option->name);
    if (option->arg != NULL && name[len] == '=')
        value = name + len + 1;
    else if (option->arg != NULL && *i + 1 < argc)
        value = argv[++*i];
    else if (option->arg != NULL)
        return cli_usage(cli, "--%s needs a value: %s", option->name,
                         option->arg);
    if (cli->option_count == CLI_MAX_ARGS)
        return cli_usage(cli, "there are too many options");
    cli->options[cli->option_count].name = option->name;
    cli->options[cli->option_count++].value = value;
    return CLI_OK;
}

void cli_find_words(int argc, char **argv, int words[2])
{
    int i, found = 0;

    words[0] = words[1] = argc;
    for (i = 1; i < argc && found < 2; i++) {
        const char *name = argv[i] + 2;
        const struct cli_option *option;

        if (strncmp(argv[i], "--", 2) != 0 || *name == '\0') {
            words[found++] = i;
            continue;
        }
        option = cli_find_option(cli_general_options, name, strcspn(name, "="));
        if (option != NULL && option->arg != NULL && strchr(name, '=') == NULL)
            i++;
    }
}

/* --id is what az calls the URI. */
static void take_id(struct cli *cli)
{
    const char *id = cli_option(cli, "id");

    if (id != NULL && cli->arg_count < CLI_MAX_ARGS)
        cli->args[cli->arg_count++] = id;
}

int cli_take_arguments(struct cli *cli, int argc, char **argv,
                       const int words[2])
{
    bool only_args = false;
    int i, status;

    for (i = 1; i < argc; i++) {
        if (i == words[0] || i == words[1])
            continue;
        if (!only_args && strcmp(argv[i], "--") == 0) {
            only_args = true;
        } else if (!only_args && strncmp(argv[i], "--", 2) == 0) {
            status = take_option(cli, argc, argv, &i);
            if (status != CLI_OK)
                return status;
        } else if (cli->arg_count < CLI_MAX_ARGS) {
            cli->args[cli->arg_count++] = argv[i];
        }
    }
    take_id(cli);
    if (cli->arg_count > cli->verb->arg_count)
        return cli_usage(cli, "'%s' is one argument too many",
                         cli->args[cli->verb->arg_count]);
    if (cli->arg_count < cli->verb->arg_count && *cli->verb->args != '[')
        return cli_usage(cli,
                         "%s is missing: akv://VAULT/%ss[/NAME] is expected",
                         cli->verb->args, cli->verb->group);
    return CLI_OK;
}

int cli_take_output(struct cli *cli)
{
    static const char *const names[] = {
        [CLI_TEXT] = "text", [CLI_JSON] = "json", [CLI_RAW] = "raw"
    };
    const char *value = cli_option(cli, "output");
    size_t i;

    for (i = 0; value != NULL && i < 3; i++) {
        if (strcmp(value, names[i]) == 0) {
            cli->output = (enum cli_output)i;
            return CLI_OK;
        }
    }
    if (value == NULL)
        return CLI_OK;
    return cli_usage(cli, "--output '%s': text, json or raw is expected",
                     value);
}

void cli_spell_out(int argc, char **argv)
{
    static char help[] = "--help";
    int i;

    for (i = 1; i < argc && strcmp(argv[i], "--") != 0; i++)
        if (strcmp(argv[i], "-h") == 0)
            argv[i] = help;
}

bool cli_has_word(int argc, char **argv, const char *word)
{
    int i;

    for (i = 1; i < argc && strcmp(argv[i], "--") != 0; i++)
        if (strcmp(argv[i], word) == 0)
            return true;
    return false;
}
