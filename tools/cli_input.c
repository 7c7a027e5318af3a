/* SPDX-License-Identifier: Apache-2.0 */

/*
 * A fault is left in cli->err, but for cli_id(), which reports it, and for the
 * decoders, whose callers know the option. Input may be a secret: it goes past
 * stdio, whose buffers are not wiped.
 */

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "akv/jwk.h"
#include "base/ascii.h"
#include "base/base64.h"
#include "base/clock.h"
#include "base/fd_read.h"
#include "base/file.h"
#include "base/settings_impl.h"
#include "cli.h"
#include "ossl/key_file.h"

bool cli_id(struct cli *cli, bool needs_name, struct akv_id *id, int *status)
{
    static const struct {
        const char *group;
        enum akv_kind kind;
    } kinds[] = { { "secret", AKV_KIND_SECRET },
                  { "key", AKV_KIND_KEY },
                  { "certificate", AKV_KIND_CERTIFICATE } };
    const char *uri = cli->arg_count > 0 ? cli->args[0] : "akv:///";
    size_t i;

    if (cli->arg_count == 0 && cli->settings.default_vault == NULL) {
        *status = cli_usage(cli,
                            "URI is missing: akv://VAULT/%ss is expected, "
                            "or the setting default-vault",
                            cli->verb->group);
        return false;
    }
    if (!akv_id_parse(id, uri, &cli->settings, &cli->err)) {
        *status = cli_fail(cli);
        return false;
    }
    for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
        if (strcmp(kinds[i].group, cli->verb->group) == 0)
            break;
    if (id->kind == AKV_KIND_VAULT && !needs_name)
        id->kind = kinds[i].kind;
    if (id->kind == kinds[i].kind && (!needs_name || id->name[0] != '\0'))
        return true;
    *status = cli_usage(cli, "'%s': akv://VAULT/%s%s is expected", uri,
                        akv_kind_collection(kinds[i].kind),
                        needs_name ? "/NAME" : "");
    return false;
}

/* Not by stdio, whose buffer would keep what may be a secret. */
static bool read_stdin(struct cli *cli, struct akv_buf *out)
{
    if (akv_fd_read(STDIN_FILENO, out))
        return true;
    if (errno == EFBIG)
        return akv_error_set(&cli->err, AKV_E_INVALID,
                             "standard input has more than the %zu bytes "
                             "expected",
                             out->max);
    return akv_error_set(&cli->err, AKV_E_INVALID,
                         "standard input cannot be read: %s; redirect it "
                         "from a file or a pipe",
                         strerror(errno));
}

bool cli_read(struct cli *cli, const char *path, struct akv_buf *out)
{
    if (path == NULL || strcmp(path, "-") == 0) {
        if (isatty(STDIN_FILENO))
            (void)fprintf(stderr, "akv: reading standard input, end with "
                                  "Ctrl-D\n");
        return read_stdin(cli, out);
    }
    if (akv_file_read(path, out, AKV_FILE_PATIENT))
        return true;
    if (errno == EFBIG)
        return akv_error_set(&cli->err, AKV_E_INVALID,
                             "'%s' has more than the %zu bytes expected", path,
                             out->max);
    return akv_error_set(&cli->err, AKV_E_INVALID, "'%s' cannot be read: %s%s",
                         path, strerror(errno),
                         errno == EISDIR ? "; name a file in it" : "");
}

bool cli_read_trimmed(struct cli *cli, const char *path, struct akv_buf *out)
{
    bool ok = cli_read(cli, path, out);

    akv_buf_trim(out);
    return ok;
}

bool cli_read_key_file(struct cli *cli, const struct akv_buf *data,
                       struct akv_key_file *file)
{
    const char *password_file = cli_option(cli, "password-file");
    const char *path = cli_option(cli, "file");
    struct akv_buf password = AKV_BUF_INIT(4096);
    struct akv_error why = AKV_ERROR_INIT;
    bool ok = password_file == NULL
              || cli_read_trimmed(cli, password_file, &password);

    if (ok
        && !akv_key_file_read(
            file, akv_buf_str(data), data->len,
            password_file != NULL ? akv_buf_str(&password) : NULL, &why))
        ok =
            akv_error_set(&cli->err, why.code, "%s %s%s",
                          path != NULL ? path : "standard input", why.message,
                          strstr(why.message, "its password is missing") != NULL
                              ? " (--password-file)"
                              : "");
    akv_buf_free(&password);
    return ok;
}

static bool read_time(struct cli *cli, const char *option, int64_t *time)
{
    const char *text = cli_option(cli, option);

    return text == NULL || akv_time_parse(text, time)
           || akv_error_set(&cli->err, AKV_E_INVALID,
                            "--%s '%s': a time such as 2026-01-31T12:00:00Z "
                            "is expected",
                            option, text);
}

static bool read_tags(struct cli *cli, struct akv_tags *tags, bool *has_tags)
{
    const char *text;
    size_t at = 0;

    *has_tags = false;
    while ((text = cli_next_option(cli, "tag", &at)) != NULL) {
        const char *equals = strchr(text, '=');
        char *name =
            equals != NULL ? strndup(text, (size_t)(equals - text)) : NULL;
        bool ok = name != NULL && *name != '\0'
                  && akv_tags_add(tags, name, equals + 1);

        free(name);
        if (!ok)
            return akv_error_set(&cli->err, AKV_E_INVALID,
                                 "--tag '%s': NAME=VALUE is expected", text);
        *has_tags = true;
    }
    if (tags->count > 15)
        return akv_error_set(&cli->err, AKV_E_INVALID,
                             "there are %zu tags, an object may have 15",
                             tags->count);
    return true;
}

bool cli_attributes(struct cli *cli, struct akv_attributes *attributes,
                    struct akv_tags *tags, bool *has_tags)
{
    const struct akv_attributes unset = AKV_ATTRIBUTES_INIT;
    const char *enabled = cli_option(cli, "enabled");

    *attributes = unset;
    memset(tags, 0, sizeof(*tags));
    if (enabled != NULL && strcmp(enabled, "yes") != 0
        && strcmp(enabled, "no") != 0)
        return akv_error_set(&cli->err, AKV_E_INVALID,
                             "--enabled '%s': yes or no is expected", enabled);
    if (enabled != NULL)
        attributes->enabled =
            strcmp(enabled, "yes") == 0 ? AKV_FLAG_YES : AKV_FLAG_NO;
    return read_time(cli, "not-before", &attributes->nbf)
           && read_time(cli, "expires", &attributes->exp)
           && read_tags(cli, tags, has_tags);
}

bool cli_release_policy(struct cli *cli, struct akv_buf *text,
                        const char **policy, bool *immutable)
{
    const char *file = cli_option(cli, "policy");

    *immutable = cli_option(cli, "immutable") != NULL;
    *policy = NULL;
    if (file == NULL)
        return !*immutable
               || akv_error_set(&cli->err, AKV_E_INVALID,
                                "--immutable: --policy FILE, which is not to "
                                "be changed, is missing");
    if (!cli_read(cli, file, text))
        return false;
    *policy = akv_buf_str(text);
    return true;
}

static int cli_input_hex_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

bool cli_hex_decode(const char *text, struct akv_buf *out)
{
    for (; *text != '\0'; text += 2) {
        int high = cli_input_hex_value(text[0]);
        int low = high >= 0 ? cli_input_hex_value(text[1]) : -1;
        unsigned char byte;

        if (low < 0)
            return false;
        byte = (unsigned char)(high << 4 | low);
        if (!akv_buf_append(out, &byte, 1))
            return false;
    }
    return true;
}

bool cli_base64_decode(const char *text, size_t len, struct akv_buf *out)
{
    struct akv_buf bare = AKV_BUF_INIT(len + 1);
    bool ok = true;
    size_t i;

    for (i = 0; ok && i < len; i++)
        if (!akv_is_space(text[i]))
            ok = akv_buf_append(&bare, text + i, 1);
    ok = ok && akv_base64_decode(akv_buf_str(&bare), bare.len, out);
    akv_buf_free(&bare);
    return ok;
}

bool cli_hex_encode(const struct akv_buf *in, struct akv_buf *out)
{
    size_t i;

    for (i = 0; i < in->len; i++)
        if (!akv_buf_appendf(out, "%02x", in->data[i]))
            return false;
    return true;
}
