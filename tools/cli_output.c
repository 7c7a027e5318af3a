/* SPDX-License-Identifier: Apache-2.0 */

/*
 * What others have written may command a terminal: there it is escaped, blanked
 * or refused, while files and pipes get it as it is. A regular file is replaced
 * as a whole or not at all.
 */

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/printable.h"
#include "cli.h"

/* --- Documents ------------------------------------------------------------ */

/* Whether a terminal shows it, and does nothing else at its command. */
static bool is_shown(const char *text, size_t len)
{
    size_t i, size;

    for (i = 0; i < len; i += size) {
        bool is_printable;

        size = akv_character(text + i, len - i, &is_printable);
        if (!is_printable && text[i] != '\t' && text[i] != '\n'
            && text[i] != '\r')
            return false;
    }
    return true;
}

void cli_print_name(const char *name)
{
    char *copy = isatty(STDOUT_FILENO) ? strdup(name) : NULL;

    if (copy != NULL)
        akv_make_printable(copy);
    printf("%s", copy != NULL ? copy : name);
    free(copy);
}

/* JSON in which a control character is escaped, where a terminal shows it. */
static void print_json_text(const char *text)
{
    size_t len = strlen(text), i, size;

    for (i = 0; i < len; i += size) {
        bool is_printable;

        size = akv_character(text + i, len - i, &is_printable);
        if (is_printable || !isatty(STDOUT_FILENO))
            (void)fwrite(text + i, 1, size, stdout);
        else
            printf("\\u%04x", (unsigned char)text[i + size - 1]);
    }
}

/* A text as it is, and as JSON what text cannot show: NUL, and what would
 * command a terminal. */
static void print_value(const struct akv_json *value)
{
    struct akv_buf text = AKV_BUF_INIT(AKV_REPLY_MAX);
    const char *string = akv_json_text(value, NULL);

    if (string != NULL
        && (!isatty(STDOUT_FILENO) || is_shown(string, strlen(string))))
        printf("%s", string);
    else if (akv_json_print(value, &text))
        print_json_text(akv_buf_str(&text));
    akv_buf_free(&text);
}

struct prefix {
    const char *text;
};

/* Nested objects become dotted names: "attributes.enabled: true". */
static bool print_member(void *arg, const char *name,
                         const struct akv_json *value)
{
    const struct prefix *outer = arg;
    char full[256];
    struct prefix inner = { full };

    if (value == NULL)
        return true;
    (void)snprintf(full, sizeof(full), "%s%s%s", outer->text,
                   *outer->text != '\0' ? "." : "", name);
    if (akv_json_is_object(value))
        return akv_json_each(value, print_member, &inner);
    cli_print_name(full);
    printf(": ");
    print_value(value);
    putchar('\n');
    return true;
}

bool cli_built(struct cli *cli, bool built)
{
    return built
           || akv_error_set(&cli->err, AKV_E_MEMORY,
                            "no memory for the output");
}

int cli_print_json(struct cli *cli, struct akv_json *json)
{
    struct akv_buf text = AKV_BUF_INIT(AKV_REPLY_MAX);
    struct prefix top = { "" };
    bool ok = true;

    if (cli->output == CLI_TEXT && akv_json_is_object(json)) {
        (void)akv_json_each(json, print_member, &top);
    } else {
        ok = cli_built(cli, akv_json_print(json, &text));
        if (ok) {
            print_json_text(akv_buf_str(&text));
            putchar('\n');
        }
    }
    akv_buf_free(&text);
    akv_json_free(json);
    return ok ? CLI_OK : cli_fail(cli);
}

int cli_print_if(struct cli *cli, bool ok, struct akv_json *json)
{
    if (ok)
        return cli_print_json(cli, json);
    akv_json_free(json);
    return cli_fail(cli);
}

bool cli_print_array(struct cli *cli, const struct akv_json *array)
{
    struct akv_buf text = AKV_BUF_INIT(64u * 1024 * 1024);
    bool ok = akv_json_print(array, &text);

    if (ok) {
        print_json_text(akv_buf_str(&text));
        putchar('\n');
    }
    akv_buf_free(&text);
    return cli_built(cli, ok);
}

bool cli_stream_item(struct cli *cli, struct cli_stream *stream,
                     const struct akv_json *item)
{
    struct akv_buf text = AKV_BUF_INIT(AKV_REPLY_MAX);
    bool ok = item != NULL && akv_json_print(item, &text);

    if (ok) {
        putchar(stream->count++ == 0 ? '[' : ',');
        print_json_text(akv_buf_str(&text));
    }
    akv_buf_free(&text);
    return cli_built(cli, ok);
}

void cli_stream_end(const struct cli_stream *stream)
{
    puts(stream->count == 0 ? "[]" : "]");
}

/* --- Objects -------------------------------------------------------------- */

static bool cli_output_add_time(struct akv_json *json, const char *name,
                                int64_t value)
{
    time_t seconds = (time_t)value;
    struct tm tm;
    char text[32];

    if (value == AKV_NO_TIME)
        return true;
    if (gmtime_r(&seconds, &tm) == NULL
        || strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &tm) == 0)
        return akv_json_add_int(json, name, value);
    return akv_json_add_text(json, name, text);
}

static bool cli_output_add_flag(struct akv_json *json, const char *name,
                                enum akv_flag value)
{
    return value == AKV_FLAG_UNSET
           || akv_json_add_bool(json, name, value == AKV_FLAG_YES);
}

static bool cli_output_add_attributes(struct akv_json *json,
                                      const struct akv_attributes *attributes)
{
    struct akv_json *to = akv_json_add_object(json, "attributes");

    return to != NULL && cli_output_add_flag(to, "enabled", attributes->enabled)
           && cli_output_add_flag(to, "exportable", attributes->exportable)
           && cli_output_add_time(to, "notBefore", attributes->nbf)
           && cli_output_add_time(to, "expires", attributes->exp)
           && cli_output_add_time(to, "created", attributes->created)
           && cli_output_add_time(to, "updated", attributes->updated)
           && (attributes->recovery_level[0] == '\0'
               || akv_json_add_text(to, "recoveryLevel",
                                    attributes->recovery_level))
           && (attributes->hsm_platform[0] == '\0'
               || akv_json_add_text(to, "hsmPlatform",
                                    attributes->hsm_platform))
           && (attributes->recoverable_days < 0
               || akv_json_add_int(to, "recoverableDays",
                                   attributes->recoverable_days));
}

static bool add_id(struct akv_json *json, const struct akv_id *id)
{
    struct akv_buf uri = AKV_BUF_INIT(1024);
    bool ok = akv_id_append_uri(id, &uri)
              && akv_json_add_text(json, "uri", akv_buf_str(&uri))
              && akv_json_add_text(json, "name", id->name)
              && (id->version[0] == '\0'
                  || akv_json_add_text(json, "version", id->version));

    akv_buf_free(&uri);
    return ok;
}

bool cli_add_properties(struct akv_json *json,
                        const struct akv_properties *properties)
{
    struct akv_json *tags;
    size_t i;

    if (!add_id(json, &properties->id)
        || !cli_output_add_attributes(json, &properties->attributes)
        || (properties->content_type != NULL
            && !akv_json_add_text(json, "contentType",
                                  properties->content_type))
        || (properties->managed && !akv_json_add_bool(json, "managed", true))
        || (properties->recovery_id != NULL
            && !akv_json_add_text(json, "recoveryId", properties->recovery_id))
        || !cli_output_add_time(json, "deleted", properties->deleted)
        || !cli_output_add_time(json, "scheduledPurge",
                                properties->scheduled_purge))
        return false;
    if (properties->tags.count == 0)
        return true;
    tags = akv_json_add_object(json, "tags");
    for (i = 0; tags != NULL && i < properties->tags.count; i++)
        if (!akv_json_add_text(tags, properties->tags.items[i].name,
                               properties->tags.items[i].value))
            return false;
    return tags != NULL;
}

int cli_print_properties(struct cli *cli,
                         const struct akv_properties *properties)
{
    struct akv_json *json = akv_json_new_object();
    bool ok =
        cli_built(cli, json != NULL && cli_add_properties(json, properties));

    return cli_print_if(cli, ok, json);
}

/* --- Bytes ---------------------------------------------------------------- */

static bool cli_output_write_all(int fd, const char *from, size_t len)
{
    while (len > 0) {
        ssize_t n = write(fd, from, len);

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        from += n;
        len -= (size_t)n;
    }
    return true;
}

/* Written beside and renamed, so that a file is never half a result; readable
 * by its owner only, since it may be a secret. */
static bool replace_file(const char *path, const void *data, size_t len)
{
    char *beside = NULL;
    bool ok = false;
    int fd = -1, saved;

    if (asprintf(&beside, "%s.XXXXXX", path) > 0)
        fd = mkstemp(beside); /* mode 0600 */
    if (fd >= 0) {
        ok = cli_output_write_all(fd, data, len) && fsync(fd) == 0;
        ok = close(fd) == 0 && ok && rename(beside, path) == 0;
        saved = errno;
        if (!ok)
            (void)unlink(beside);
        errno = saved;
    }
    free(beside);
    return ok;
}

/* A device, a pipe: it is written into, never replaced. */
static bool write_special(const char *path, const void *data, size_t len)
{
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    bool ok;

    if (fd < 0)
        return false;
    ok = cli_output_write_all(fd, data, len);
    return close(fd) == 0 && ok;
}

static bool write_file(struct cli *cli, const char *path, const void *data,
                       size_t len)
{
    char *target = realpath(path, NULL); /* a link's target, if there is one */
    const char *real = target != NULL ? target : path;
    struct stat st;
    bool ok = stat(real, &st) == 0 && !S_ISREG(st.st_mode)
                  ? write_special(real, data, len)
                  : replace_file(real, data, len);

    if (!ok)
        (void)akv_error_set(
            &cli->err, AKV_E_INVALID, "'%s' cannot be written: %s%s", path,
            strerror(errno), errno == EISDIR ? "; name a file in it" : "");
    free(target);
    return ok;
}

/* Where the result goes, or NULL: a reference has --out, as openssl does. */
static const char *out_path(const struct cli *cli)
{
    const char *path = cli_option(cli, "file");

    return path != NULL ? path : cli_option(cli, "out");
}

static bool goes_to_terminal(const struct cli *cli)
{
    const char *path = out_path(cli);

    return (path == NULL || strcmp(path, "-") == 0) && isatty(STDOUT_FILENO);
}

static int refuse_terminal(const struct cli *cli)
{
    return cli_usage(cli, "the result is binary: write it to a file or a "
                          "pipe, not to a terminal");
}

bool cli_binary_refused(const struct cli *cli, int *status)
{
    bool refused = goes_to_terminal(cli);

    if (refused)
        *status = refuse_terminal(cli);
    return refused;
}

int cli_print_bytes(struct cli *cli, const void *data, size_t len, bool is_text)
{
    const char *path = out_path(cli);
    bool to_terminal = goes_to_terminal(cli);

    if (path != NULL && strcmp(path, "-") != 0)
        return write_file(cli, path, data, len) ? CLI_OK : cli_fail(cli);
    if (to_terminal && (!is_text || !is_shown(data, len)))
        return refuse_terminal(cli);
    (void)fwrite(data, 1, len, stdout);
    if (to_terminal)
        putchar('\n');
    return CLI_OK;
}

/* --- Progress ------------------------------------------------------------- */

bool cli_progress(void *arg, const char *status, int64_t ms)
{
    (void)arg;
    if (isatty(STDERR_FILENO))
        (void)fprintf(stderr, "\rakv: %s, %lld s ", status,
                      (long long)(ms / 1000));
    return true;
}

void cli_progress_end(const struct cli *cli)
{
    (void)cli;
    if (isatty(STDERR_FILENO))
        (void)fprintf(stderr, "\r%60s\r", "");
}
