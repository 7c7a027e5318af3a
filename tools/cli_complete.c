/* SPDX-License-Identifier: Apache-2.0 */

/*
 * akv --complete WORD...: what the last word may become, one a line, for
 * akv.bash-completion, which thereby knows all that this program knows. The
 * words are those behind "akv" up to the cursor; the last may be empty. A line
 * ":files" stands for the names of files. Nothing is read and nobody asked.
 */

#include <stdio.h>
#include <string.h>

#include "akv/key.h"
#include "cli.h"

static void cli_complete_offer(const char *word, const char *prefix,
                               const char *candidate, size_t len,
                               const char *end)
{
    size_t typed = strlen(word);

    if (typed <= len ? strncmp(word, candidate, typed) == 0
                     : strncmp(word, candidate, len) == 0
                           && strcmp(word + len, end) == 0)
        printf("%s%.*s%s\n", prefix, (int)len, candidate, end);
}

static void offer_word(const char *word, const char *candidate)
{
    cli_complete_offer(word, "", candidate, strlen(candidate), "");
}

/* "a|b|c" is three candidates. */
static void offer_list(const char *word, const char *prefix, const char *list)
{
    while (list != NULL && *list != '\0') {
        size_t len = strcspn(list, "|");

        cli_complete_offer(word, prefix, list, len, "");
        list += len + (list[len] == '|');
    }
}

/* The algorithms that a verb can mean: signing has those with a digest. */
static void offer_algorithms(const char *word, const char *prefix,
                             const struct cli_verb *verb)
{
    bool signing =
        strcmp(verb->name, "sign") == 0 || strcmp(verb->name, "verify") == 0;
    int alg;

    for (alg = 0; alg < AKV_ALG_COUNT; alg++) {
        const char *name = akv_alg_name((enum akv_alg)alg);

        if (signing == (alg < AKV_RSA1_5))
            cli_complete_offer(word, prefix, name, strlen(name), "");
    }
}

static void offer_settings(const char *word, const char *prefix)
{
    const struct akv_setting_info *info;
    size_t i;

    for (i = 0; (info = akv_settings_info(i)) != NULL; i++)
        if (!info->secret)
            cli_complete_offer(word, prefix, info->name, strlen(info->name),
                               "=");
}

static void offer_value(const struct cli_verb *verb,
                        const struct cli_option *option, const char *prefix,
                        const char *word)
{
    if (strcmp(option->arg, "FILE") == 0)
        puts(":files");
    else if (strcmp(option->name, "algorithm") == 0)
        offer_algorithms(word, prefix, verb);
    else if (strcmp(option->name, "set") == 0)
        offer_settings(word, prefix);
    else if (strchr(option->arg, '|') != NULL)
        offer_list(word, prefix, option->arg);
}

static const struct cli_option *cli_complete_find(const struct cli_verb *verb,
                                                  const char *word)
{
    const char *name = word + 2;
    size_t len = strcspn(name, "=");
    const struct cli_option *option = cli_find_option(verb->options, name, len);

    return option != NULL ? option
                          : cli_find_option(cli_general_options, name, len);
}

static void offer_options(const struct cli_option *options, const char *word)
{
    char text[64];

    for (; options != NULL && options->name != NULL; options++) {
        (void)snprintf(text, sizeof(text), "--%s", options->name);
        offer_word(word, text);
    }
}

/* The words behind the verb; the last is the one to complete. */
static void complete_rest(const struct cli_verb *verb, int count, char **words)
{
    const char *word = words[count - 1], *equals = strchr(word, '=');
    const struct cli_option *option = NULL;
    size_t args = 0;
    bool only_args = false;
    int i;

    for (i = 0; i < count - 1; i++) {
        bool is_value = option != NULL;

        option = NULL;
        if (is_value)
            continue;
        if (only_args || strncmp(words[i], "--", 2) != 0)
            args++;
        else if (strcmp(words[i], "--") == 0)
            only_args = true;
        else if (strchr(words[i], '=') == NULL)
            option = cli_complete_find(verb, words[i]);
        if (option != NULL && option->arg == NULL)
            option = NULL;
    }
    if (option != NULL) {
        offer_value(verb, option, "", word);
    } else if (!only_args && strncmp(word, "--", 2) == 0 && equals != NULL) {
        char prefix[64];

        option = cli_complete_find(verb, word);
        (void)snprintf(prefix, sizeof(prefix), "%.*s", (int)(equals + 1 - word),
                       word);
        if (option != NULL && option->arg != NULL)
            offer_value(verb, option, prefix, equals + 1);
    } else if (!only_args && (*word == '-' || args >= verb->arg_count)) {
        offer_options(verb->options, word);
        offer_options(cli_general_options, word);
    } else if (args < verb->arg_count) {
        offer_word(word, "akv://");
    }
}

int cli_complete(int count, char **words)
{
    const struct cli_verb *verb;
    bool has_group;
    size_t i;

    if (count < 1)
        return CLI_USAGE;
    if (count == 1) {
        for (i = 0; cli_groups[i] != NULL; i++)
            offer_word(words[0], cli_groups[i]->group);
        offer_word(words[0], "--help");
        offer_word(words[0], "--version");
        return CLI_OK;
    }
    verb = cli_find_verb(words[0], words[1], &has_group);
    if (count > 2 && verb != NULL)
        complete_rest(verb, count - 2, words + 2);
    if (count > 2 || !has_group)
        return CLI_OK;
    for (i = 0; strcmp(cli_groups[i]->group, words[0]) != 0; i++)
        ;
    for (verb = cli_groups[i]; verb->name != NULL; verb++)
        offer_word(words[1], verb->name);
    offer_word(words[1], "--help");
    return CLI_OK;
}
