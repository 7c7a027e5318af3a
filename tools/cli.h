/* SPDX-License-Identifier: Apache-2.0 */

/* What the verbs of the akv command share. */

#ifndef AKV_CLI_H
#define AKV_CLI_H

#include <stdio.h>

#include "akv/json.h"
#include "akv/object.h"
#include "akv/poller.h"
#include "client/client_impl.h"

/* Exit statuses, documented in akv(1). */
enum cli_exit {
    CLI_OK = 0,
    CLI_FAILED = 1,
    CLI_USAGE = 2,
    CLI_NOT_FOUND = 3,
    CLI_FORBIDDEN = 4,
    CLI_AUTHENTICATION = 5,
    CLI_CONFLICT = 6,
    CLI_BUSY = 7, /* throttled, or no answer in time */
    CLI_TRANSPORT = 8
};

enum cli_output { CLI_TEXT, CLI_JSON, CLI_RAW };

/* An option that a verb takes; a list ends with a NULL name. arg is also what
 * completion goes by: FILE is a file, "a|b" is one of these. */
struct cli_option {
    const char *name; /* without the dashes */
    const char *arg;  /* what follows it; NULL: nothing */
    const char *help;
};

struct cli;

struct cli_verb {
    const char *group, *name;
    const char *args; /* positional ones, for people: "URI"; "[URI]": it may be
                         missing */
    size_t arg_count;
    const char *help;
    const struct cli_option *options; /* besides the general ones; or NULL */
    int (*run)(struct cli *cli);
    bool offline; /* needs no client */
};

/* The verbs of a group; each table ends with a NULL name. */
extern const struct cli_verb cli_secret_verbs[];
extern const struct cli_verb cli_key_verbs[];
extern const struct cli_verb cli_certificate_verbs[];
extern const struct cli_verb cli_login_verbs[];
extern const struct cli_verb *const cli_groups[];

/* The options that all verbs take. */
extern const struct cli_option cli_general_options[];

#define CLI_MAX_ARGS 64

/* One run of the command. */
struct cli {
    const struct cli_verb *verb;
    struct akv_settings settings;
    struct akv_log *log;
    struct akv_client *client; /* NULL for verbs that need none */
    enum cli_output output;
    const char *args[CLI_MAX_ARGS]; /* positional */
    size_t arg_count;
    struct {
        const char *name, *value; /* value "" for one without argument */
    } options[CLI_MAX_ARGS];
    size_t option_count;
    struct akv_error err; /* what a failed verb leaves for the message */
};

/* The value of an option, or NULL; of the last one where it may be repeated. */
const char *cli_option(const struct cli *cli, const char *name);

/* The next value of a repeated option; *at starts at 0. NULL at the end. */
const char *cli_next_option(const struct cli *cli, const char *name,
                            size_t *at);

/* Prints "akv: ..." with a hint to --help; returns CLI_USAGE. */
int cli_usage(const struct cli *cli, const char *fmt, ...) AKV_PRINTF(2, 3);

/* The verb of a group; NULL: there is none. name may be NULL. */
const struct cli_verb *cli_find_verb(const char *group, const char *name,
                                     bool *has_group);

/* An option of a list by its name of len bytes, or NULL. */
const struct cli_option *cli_find_option(const struct cli_option *options,
                                         const char *name, size_t len);

/* Prints cli->err as the reason and returns the status for it. */
int cli_fail(const struct cli *cli);

/* cli_input.c */

/* Parses the positional URI, or where it is missing the default vault's; its
 * kind must be the verb's. needs_name: it
 * names an object and not a collection. False: reported, *status is set. */
bool cli_id(struct cli *cli, bool needs_name, struct akv_id *id, int *status);

/* Reads a file, or standard input where path is NULL or "-". */
bool cli_read(struct cli *cli, const char *path, struct akv_buf *out);

/* The same without the white space at its end. */
bool cli_read_trimmed(struct cli *cli, const char *path, struct akv_buf *out);

/* What is in the bytes of a file, with --password-file. Free *file in either
 * case. */
struct akv_key_file;
bool cli_read_key_file(struct cli *cli, const struct akv_buf *data,
                       struct akv_key_file *file);

/* --enabled, --expires, --not-before, --tag NAME=VALUE into attributes and
 * tags; *has_tags tells whether there was a --tag. */
bool cli_attributes(struct cli *cli, struct akv_attributes *attributes,
                    struct akv_tags *tags, bool *has_tags);

/* --policy FILE, read into text, from which *policy borrows (NULL: there is
 * none), and --immutable, which needs it. */
bool cli_release_policy(struct cli *cli, struct akv_buf *text,
                        const char **policy, bool *immutable);

/* Standard base64; white space does not count: some write lines of it. */
bool cli_base64_decode(const char *text, size_t len, struct akv_buf *out);

bool cli_hex_decode(const char *text, struct akv_buf *out);
bool cli_hex_encode(const struct akv_buf *in, struct akv_buf *out);

#define CLI_OPS_HELP                                                           \
    "of sign,verify,encrypt,decrypt,wrapKey,unwrapKey,import,export,deriveKey"

/* The options that cli_attributes() reads. */
#define CLI_ATTRIBUTE_OPTIONS                                                  \
    { "enabled", "yes|no", "whether it can be used" },                         \
        { "not-before", "TIME", "not before: 2026-01-31T00:00:00Z" },          \
        { "expires", "TIME", "not after" },                                    \
    {                                                                          \
        "tag", "NAME=VALUE", "a tag; may be repeated"                          \
    }

/* cli_output.c */

/* Prints a document: JSON as it is, text as "name: value" lines. Frees it. */
int cli_print_json(struct cli *cli, struct akv_json *json);

/* Says that there was no memory for a document if it was not built; returns
 * whether it was. */
bool cli_built(struct cli *cli, bool built);

/* Prints a document if all went well, or the reason in cli->err. Frees it. */
int cli_print_if(struct cli *cli, bool ok, struct akv_json *json);

/* Prints what others have named, such that it commands no terminal. */
void cli_print_name(const char *name);

/* Prints an array as JSON. False: no memory, in cli->err. */
bool cli_print_array(struct cli *cli, const struct akv_json *array);

/* An array that is printed item by item, however long it is. If it comes to no
 * end, neither does the text, so that nobody takes it for whole. */
struct cli_stream {
    size_t count;
};

/* Prints an item; NULL: there was no memory for it, as there may be none here.
 * False: so it is, in cli->err. */
bool cli_stream_item(struct cli *cli, struct cli_stream *stream,
                     const struct akv_json *item);
void cli_stream_end(const struct cli_stream *stream);

/* Adds what there is to say of an object. */
bool cli_add_properties(struct akv_json *json,
                        const struct akv_properties *properties);

/* Prints an object's properties. */
int cli_print_properties(struct cli *cli,
                         const struct akv_properties *properties);

/* Whether binary output would go to a terminal, which is then said, with the
 * status in *status. To be asked before anything is sent. */
bool cli_binary_refused(const struct cli *cli, int *status);

/* Writes bytes to --file or standard output; bytes that are no text do not go
 * to a terminal. */
int cli_print_bytes(struct cli *cli, const void *data, size_t len,
                    bool is_text);

/* Shows how a long operation goes, where standard error is a terminal. */
bool cli_progress(void *arg, const char *status, int64_t ms);
void cli_progress_end(const struct cli *cli);

/* cli_complete.c: prints what the last of the words may become, for
 * akv.bash-completion. Returns an exit status. */
int cli_complete(int count, char **words);

/* cli_key.c: the same as cli_run_update, with the key that it results in. */
int cli_update_key(struct cli *cli, const struct akv_id *id,
                   const struct akv_update *update);

/* cli_object.c: verbs that are the same for all kinds. */
int cli_run_list(struct cli *cli);
int cli_run_list_versions(struct cli *cli);
int cli_run_list_deleted(struct cli *cli);
int cli_run_show_deleted(struct cli *cli);
int cli_run_update(struct cli *cli);
int cli_run_delete(struct cli *cli);
int cli_run_recover(struct cli *cli);
int cli_run_purge(struct cli *cli);
int cli_run_backup(struct cli *cli);
int cli_run_restore(struct cli *cli);

/* Waits for the end of a transition, ms at most, unless --no-wait. */
bool cli_wait(struct cli *cli, enum akv_poll poll, const struct akv_id *id,
              int64_t ms);

extern const struct cli_option cli_update_options[];
extern const struct cli_option cli_wait_options[];
extern const struct cli_option cli_file_options[];
extern const struct cli_option cli_list_options[];

/* Their rows in a group's table. */
#define CLI_OBJECT_VERBS(group)                                                  \
    { group,                                                                     \
      "list",                                                                    \
      "[URI]",                                                                   \
      1,                                                                         \
      "list the names in a vault",                                               \
      cli_list_options,                                                          \
      cli_run_list,                                                              \
      false },                                                                   \
        { group, "list-versions",       "URI", 1, "list the versions",           \
          NULL,  cli_run_list_versions, false },                                 \
        { group,                                                                 \
          "update",                                                              \
          "URI",                                                                 \
          1,                                                                     \
          "change attributes and tags",                                          \
          cli_update_options,                                                    \
          cli_run_update,                                                        \
          false },                                                               \
        { group,                                                                 \
          "delete",                                                              \
          "URI",                                                                 \
          1,                                                                     \
          "delete all versions",                                                 \
          cli_wait_options,                                                      \
          cli_run_delete,                                                        \
          false },                                                               \
        { group, "list-deleted",       "[URI]", 1, "list what can be recovered", \
          NULL,  cli_run_list_deleted, false },                                  \
        { group, "show-deleted",       "URI", 1, "show something deleted",       \
          NULL,  cli_run_show_deleted, false },                                  \
        { group,                                                                 \
          "recover",                                                             \
          "URI",                                                                 \
          1,                                                                     \
          "recover something deleted",                                           \
          cli_wait_options,                                                      \
          cli_run_recover,                                                       \
          false },                                                               \
        { group,                                                                 \
          "purge",                                                               \
          "URI",                                                                 \
          1,                                                                     \
          "delete for ever what was deleted",                                    \
          cli_wait_options,                                                      \
          cli_run_purge,                                                         \
          false },                                                               \
        { group,                                                                 \
          "backup",                                                              \
          "URI",                                                                 \
          1,                                                                     \
          "write all versions to a file",                                        \
          cli_file_options,                                                      \
          cli_run_backup,                                                        \
          false },                                                               \
    {                                                                            \
        group, "restore", "URI", 1, "restore a backup into a vault",             \
            cli_file_options, cli_run_restore, false                             \
    }

#endif
