/* SPDX-License-Identifier: Apache-2.0 */

/* What there is, from the tables of the groups: the help texts, and what
 * completion (cli_complete.c) offers, cannot forget a verb. */

#include <string.h>

#include "cli_args.h"

const struct cli_verb *const cli_groups[] = { cli_secret_verbs, cli_key_verbs,
                                              cli_certificate_verbs,
                                              cli_login_verbs, NULL };

const struct cli_option cli_general_options[] = {
    { "output", "text|json|raw", "how results are written; default: text" },
    { "set", "NAME=VALUE",
      "a setting, see provider-keyvault(7); may be repeated" },
    { "config", "FILE", "openssl.cnf; default: as libcrypto finds it" },
    { "provider", "NAME", "whose section of it, if several load the module" },
    { "id", "URI", "the same as the argument URI" },
    { "help", NULL, "this text" },
    { NULL, NULL, NULL },
};

static void print_options(const struct cli_option *options)
{
    char left[64];

    for (; options != NULL && options->name != NULL; options++) {
        (void)snprintf(left, sizeof(left), "--%s%s%s", options->name,
                       options->arg != NULL ? " " : "",
                       options->arg != NULL ? options->arg : "");
        printf("  %-27s  %s\n", left, options->help);
    }
}

void cli_print_verb_help(const struct cli_verb *verb)
{
    printf("usage: akv %s %s %s [OPTION]...\n\n%s.\n\n", verb->group,
           verb->name, verb->args, verb->help);
    print_options(verb->options);
    print_options(cli_general_options);
}

void cli_print_help(const char *group)
{
    size_t i;

    printf("usage: akv %s VERB [ARGUMENT]... [OPTION]...\n\n",
           group != NULL ? group : "GROUP");
    for (i = 0; cli_groups[i] != NULL; i++) {
        const struct cli_verb *verb;

        if (group != NULL && strcmp(group, cli_groups[i]->group) != 0)
            continue;
        for (verb = cli_groups[i]; verb->name != NULL; verb++) {
            char left[64];

            (void)snprintf(left, sizeof(left), "%s %s %s", verb->group,
                           verb->name, verb->args);
            printf("  %-42s %s\n", left, verb->help);
        }
    }
    printf("\nEach verb has a --help. A URI is akv://VAULT/keys/NAME[/VERSION]"
           ", likewise\n/secrets and /certificates; akv:///... is in the "
           "vault that AKV_DEFAULT_VAULT\nnames. See akv(1).\n");
}
