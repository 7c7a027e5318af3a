/* SPDX-License-Identifier: Apache-2.0 */

/* The command line: its words, options and help. */

#ifndef CLI_ARGS_H
#define CLI_ARGS_H

#include "cli.h"

/* Makes --help of -h, which is what the fingers know. */
void cli_spell_out(int argc, char **argv);

/* Whether one of the arguments is the word. */
bool cli_has_word(int argc, char **argv, const char *word);

/* The places of group and verb among the arguments: options may be before them
 * and between them. argc: there is none. */
void cli_find_words(int argc, char **argv, int words[2]);

/* Fills the options and positional arguments of cli, whose verb is known.
 * Returns an exit status, of what was said if it is not CLI_OK. */
int cli_take_arguments(struct cli *cli, int argc, char **argv,
                       const int words[2]);
int cli_take_output(struct cli *cli);

/* group: of one alone, or NULL. */
void cli_print_help(const char *group);
void cli_print_verb_help(const struct cli_verb *verb);

/* cli_settings.c: settings, log and client. Returns an exit status. */
int cli_load_settings(struct cli *cli);

#endif
