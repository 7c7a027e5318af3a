/* SPDX-License-Identifier: Apache-2.0 */

/* akv secret */

#include <openssl/ui.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "akv/secret.h"
#include "base/base64.h"
#include "cli.h"

#define ENCODING_TAG "file-encoding" /* as the Azure CLI has it */

static const struct cli_option set_options[] = {
    { "file", "FILE", "the value, instead of standard input" },
    { "encoding", "utf-8|base64|hex", "of the value; default: utf-8" },
    { "trim", NULL, "without the white space at its end" },
    { "content-type", "TYPE", "what the value is" },
    CLI_ATTRIBUTE_OPTIONS,
    { NULL, NULL, NULL },
};

static const struct cli_option show_options[] = {
    { "pem", NULL, "a certificate's secret as PEM" },
    { NULL, NULL, NULL },
};

static const struct cli_option download_options[] = {
    { "file", "FILE", "where it goes, mode 0600; default: standard output" },
    { "encoding", "utf-8|base64|hex", "what to decode; default: by its tag" },
    { NULL, NULL, NULL },
};

static bool cli_secret_encode(struct cli *cli, const struct akv_buf *in,
                              struct akv_buf *out)
{
    const char *encoding = cli_option(cli, "encoding");

    if (encoding == NULL || strcmp(encoding, "utf-8") == 0) {
        if (!akv_utf8_valid(akv_buf_str(in), in->len))
            return akv_error_set(&cli->err, AKV_E_INVALID,
                                 "the value is not UTF-8 text; use --encoding "
                                 "base64 or --encoding hex");
        return akv_buf_append(out, akv_buf_str(in), in->len);
    }
    if (strcmp(encoding, "base64") == 0)
        return akv_base64_encode(akv_buf_str(in), in->len, out);
    if (strcmp(encoding, "hex") == 0)
        return cli_hex_encode(in, out);
    return akv_error_set(&cli->err, AKV_E_INVALID,
                         "--encoding '%s': utf-8, base64 or hex is expected",
                         encoding);
}

/* A value that is typed: twice, unseen, and without its newline. */
static bool read_typed(struct cli *cli, struct akv_buf *value)
{
    char typed[4096];
    int rc = UI_UTIL_read_pw_string(typed, sizeof(typed), "Value: ", 1);
    bool ok = rc == 0 && akv_buf_append_str(value, typed);

    akv_wipe(typed, sizeof(typed));
    return ok
           || akv_error_set(&cli->err, AKV_E_INVALID,
                            "no value was typed, or not the same twice");
}

static bool cli_secret_read_value(struct cli *cli, struct akv_buf *value)
{
    const char *file = cli_option(cli, "file");
    bool from_stdin = file == NULL || strcmp(file, "-") == 0;

    if (from_stdin && isatty(STDIN_FILENO))
        return read_typed(cli, value);
    return cli_option(cli, "trim") != NULL ? cli_read_trimmed(cli, file, value)
                                           : cli_read(cli, file, value);
}

static bool cli_secret_set(struct cli *cli, const struct akv_id *id,
                           struct akv_secret *secret)
{
    struct akv_buf input = AKV_BUF_INIT(4 * AKV_SECRET_MAX);
    struct akv_buf value = AKV_BUF_INIT(9 * AKV_SECRET_MAX);
    struct akv_secret_options options;
    struct akv_tags tags;
    const char *encoding = cli_option(cli, "encoding");
    bool has_tags = false;
    bool ok = cli_attributes(cli, &options.attributes, &tags, &has_tags)
              && cli_secret_read_value(cli, &input)
              && cli_secret_encode(cli, &input, &value);

    if (ok && encoding != NULL && strcmp(encoding, "utf-8") != 0)
        ok = has_tags = akv_tags_add(&tags, ENCODING_TAG, encoding);
    if (ok && tags.count > 15)
        ok = akv_error_set(&cli->err, AKV_E_INVALID,
                           "there are 15 tags, and --encoding adds one more "
                           "than an object may have");
    options.tags = has_tags ? &tags : NULL;
    options.content_type = cli_option(cli, "content-type");
    ok = ok
         && akv_secret_set(cli->client, id, akv_buf_str(&value), value.len,
                           &options, secret, &cli->err);
    if (!ok && cli->err.code == AKV_E_NONE)
        (void)akv_error_set(&cli->err, AKV_E_MEMORY, "no memory");
    akv_buf_free(&input);
    akv_buf_free(&value);
    akv_tags_free(&tags);
    return ok;
}

static int run_set(struct cli *cli)
{
    struct akv_secret secret;
    struct akv_id id;
    int status;

    if (!cli_id(cli, true, &id, &status))
        return status;
    memset(&secret, 0, sizeof(secret));
    status = cli_secret_set(cli, &id, &secret)
                 ? cli_print_properties(cli, &secret.properties)
                 : cli_fail(cli);
    akv_secret_free(&secret);
    return status;
}

/* The value comes last in text, and alone with --output raw. */
static int print_secret(struct cli *cli, const struct akv_secret *secret)
{
    struct akv_json *json;
    bool ok;

    if (cli->output == CLI_RAW)
        return cli_print_bytes(cli, akv_buf_str(&secret->value),
                               secret->value.len, true);
    json = akv_json_new_object();
    ok = json != NULL && cli_add_properties(json, &secret->properties)
         && akv_json_add_bytes(json, "value", akv_buf_str(&secret->value),
                               secret->value.len);
    return cli_print_if(cli, cli_built(cli, ok), json);
}

static int cli_secret_run_show(struct cli *cli)
{
    struct akv_secret secret;
    struct akv_id id;
    int status;
    bool ok;

    if (!cli_id(cli, true, &id, &status))
        return status;
    ok = cli_option(cli, "pem") != NULL
             ? akv_secret_get_pem(cli->client, &id, &secret, &cli->err)
             : akv_secret_get(cli->client, &id, &secret, &cli->err);
    status = ok ? print_secret(cli, &secret) : cli_fail(cli);
    akv_secret_free(&secret);
    return status;
}

static const char *encoding_of(const struct cli *cli,
                               const struct akv_secret *secret)
{
    const char *encoding = cli_option(cli, "encoding");
    const struct akv_tags *tags = &secret->properties.tags;
    size_t i;

    for (i = 0; encoding == NULL && i < tags->count; i++)
        if (strcmp(tags->items[i].name, ENCODING_TAG) == 0)
            encoding = tags->items[i].value;
    return encoding != NULL ? encoding : "utf-8";
}

static bool cli_secret_decode(struct cli *cli, const struct akv_secret *secret,
                              struct akv_buf *out)
{
    const char *encoding = encoding_of(cli, secret);
    const struct akv_buf *value = &secret->value;
    bool ok;

    if (strcmp(encoding, "base64") == 0)
        ok = cli_base64_decode(akv_buf_str(value), value->len, out);
    else if (strcmp(encoding, "hex") == 0)
        ok = cli_hex_decode(akv_buf_str(value), out);
    else
        ok = akv_buf_append(out, akv_buf_str(value), value->len);
    return ok
           || akv_error_set(&cli->err, AKV_E_PROTOCOL,
                            "the secret is not %s, as --encoding or its tag "
                            "says",
                            encoding);
}

static int cli_secret_run_download(struct cli *cli)
{
    struct akv_secret secret;
    struct akv_buf bytes = AKV_BUF_INIT(AKV_REPLY_MAX);
    struct akv_id id;
    int status;

    if (!cli_id(cli, true, &id, &status))
        return status;
    status =
        akv_secret_get(cli->client, &id, &secret, &cli->err)
                && cli_secret_decode(cli, &secret, &bytes)
            ? cli_print_bytes(cli, akv_buf_str(&bytes), bytes.len,
                              strcmp(encoding_of(cli, &secret), "utf-8") == 0)
            : cli_fail(cli);
    akv_secret_free(&secret);
    akv_buf_free(&bytes);
    return status;
}

const struct cli_verb cli_secret_verbs[] = {
    { "secret", "set", "URI", 1, "set a value, read from standard input",
      set_options, run_set, false },
    { "secret", "show", "URI", 1, "show a secret with its value", show_options,
      cli_secret_run_show, false },
    { "secret", "download", "URI", 1, "write the value to a file",
      download_options, cli_secret_run_download, false },
    CLI_OBJECT_VERBS("secret"),
    { NULL, NULL, NULL, 0, NULL, NULL, NULL, false },
};
