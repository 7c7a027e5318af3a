/* SPDX-License-Identifier: Apache-2.0 */

/* akv key: what is not cryptography. */

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "akv/key.h"
#include "akv/pem.h"
#include "base/base64.h"
#include "cli.h"
#include "cli_bench.h"
#include "cli_crypto.h"
#include "cli_document.h"
#include "cli_reference.h"
#include "cli_schema.h"
#include "ossl/key_file.h"
#include "ossl/pkey.h"

#define JSON_MAX 65536

/* The options that read_common() reads. */
#define COMMON_OPTIONS                                                         \
    { "ops", "LIST", CLI_OPS_HELP },                                           \
        { "exportable", NULL, "it can be released; needs --policy" },          \
        { "policy", "FILE", "a release policy (JSON)" },                       \
        { "immutable", NULL, "the policy can never be changed" },              \
        CLI_ATTRIBUTE_OPTIONS

static const struct cli_option create_options[] = {
    { "kty", "RSA|RSA-HSM|EC|EC-HSM|oct|oct-HSM", "default: RSA" },
    { "size", "BITS", "RSA: 2048, 3072, 4096; oct: 128, 192, 256" },
    { "curve", "P-256|P-384|P-521|P-256K", "of EC; default: P-256" },
    { "exponent", "NUMBER", "RSA in a Managed HSM: the public exponent" },
    COMMON_OPTIONS,
    { NULL, NULL, NULL },
};

static const struct cli_option import_options[] = {
    { "file", "FILE", "a private key: PEM, DER, PFX, JWK; default: stdin" },
    { "password-file", "FILE", "the password of what is encrypted" },
    { "hsm", NULL, "keep it in an HSM" },
    { "byok", "FILE",
      "a key that was encrypted for the HSM, in place of --file" },
    { "kty", "RSA-HSM|EC-HSM|oct-HSM", "of --byok; default: RSA-HSM" },
    { "curve", "P-256|P-384|P-521|P-256K", "of --byok" },
    COMMON_OPTIONS,
    { NULL, NULL, NULL },
};

static const struct cli_option policy_options[] = {
    { "file", "FILE", "a new policy (JSON); - is standard input" },
    { NULL, NULL, NULL },
};

static const struct cli_option random_options[] = {
    { "count", "NUMBER", "bytes, 1 to 128; default: 32" },
    { "file", "FILE", "instead of standard output" },
    { NULL, NULL, NULL },
};

static const struct cli_option release_options[] = {
    { "target", "FILE", "the attestation token; default: standard input" },
    { "nonce", "TEXT", "to tell replies apart" },
    { "enc", "NAME", "such as RSA_AES_KEY_WRAP_256" },
    { "file", "FILE", "instead of standard output" },
    { NULL, NULL, NULL },
};

static bool cli_key_add_key(struct akv_json *json, const struct akv_jwk *jwk)
{
    struct akv_json *key = akv_json_add_object(json, "key"), *ops;

    if (key == NULL
        || !akv_json_add_text(key, "kty",
                              akv_key_type_jwk(jwk->type, jwk->hsm)))
        return false;
    if (jwk->type == AKV_KEY_RSA
        && (!akv_json_add_base64url(key, "n", jwk->n.data, jwk->n.len)
            || !akv_json_add_base64url(key, "e", jwk->e.data, jwk->e.len)))
        return false;
    if (jwk->type == AKV_KEY_EC
        && (!akv_json_add_text(key, "crv", akv_curve_name(jwk->curve))
            || !akv_json_add_base64url(key, "x", jwk->x, jwk->field)
            || !akv_json_add_base64url(key, "y", jwk->y, jwk->field)))
        return false;
    ops = akv_json_add_array(key, "key_ops");
    return ops != NULL && akv_key_ops_write(ops, jwk->ops);
}

/* A release policy travels as base64url of JSON; what is not, is shown as it
 * came. */
static bool add_policy(struct akv_json *json, const char *policy)
{
    struct akv_buf text = AKV_BUF_INIT(JSON_MAX);
    bool ok = policy == NULL;

    if (!ok && akv_base64url_decode(policy, strlen(policy), &text)
        && akv_json_check("policy", akv_buf_str(&text), NULL))
        ok = akv_json_add_json(json, "releasePolicy", akv_buf_str(&text));
    else if (!ok)
        ok = akv_json_add_text(json, "releasePolicy", policy);
    akv_buf_free(&text);
    return ok;
}

/* Prints and frees what an operation has returned. */
static int cli_key_finish(struct cli *cli, bool ok,
                          struct akv_key_bundle *bundle)
{
    struct akv_json *json = akv_json_new_object();

    ok = ok
         && cli_built(cli, json != NULL
                               && cli_add_properties(json, &bundle->properties)
                               && cli_key_add_key(json, &bundle->jwk)
                               && add_policy(json, bundle->release_policy));
    akv_key_bundle_free(bundle);
    return cli_print_if(cli, ok, json);
}

static bool cli_key_read_type(struct cli *cli, struct akv_key_create *create)
{
    const char *kty = cli_option(cli, "kty");
    enum akv_key_type type;
    int hsm;

    for (type = AKV_KEY_RSA; kty != NULL && type <= AKV_KEY_OCT; type++) {
        for (hsm = 0; hsm < 2; hsm++) {
            if (strcasecmp(kty, akv_key_type_jwk(type, hsm)) == 0) {
                create->type = type;
                create->hsm = hsm;
                return true;
            }
        }
    }
    return kty == NULL
           || akv_error_set(&cli->err, AKV_E_INVALID,
                            "--kty '%s': RSA, EC or oct, or one of them with "
                            "-HSM, is expected",
                            kty);
}

static bool read_curve(struct cli *cli, struct akv_key_create *create)
{
    const char *name = cli_option(cli, "curve");
    enum akv_curve curve;

    for (curve = AKV_P256; name != NULL && curve <= AKV_P256K; curve++) {
        if (strcasecmp(name, akv_curve_name(curve)) == 0) {
            create->curve = curve;
            return true;
        }
    }
    return name == NULL
           || akv_error_set(&cli->err, AKV_E_INVALID,
                            "--curve '%s': P-256, P-384, P-521 or P-256K is "
                            "expected",
                            name);
}

static bool cli_key_read_number(struct cli *cli, const char *option,
                                int64_t *number)
{
    const char *text = cli_option(cli, option);
    char *end;

    if (text == NULL)
        return true;
    *number = strtoll(text, &end, 10);
    if (*text >= '0' && *text <= '9' && *end == '\0')
        return true;
    return akv_error_set(&cli->err, AKV_E_INVALID,
                         "--%s '%s': a number is expected", option, text);
}

/* What create and import have in common. */
static bool read_common(struct cli *cli, struct akv_key_create *create,
                        struct akv_tags *tags, struct akv_buf *policy)
{
    const char *ops = cli_option(cli, "ops");
    bool has_tags = false;

    if (!cli_attributes(cli, &create->attributes, tags, &has_tags)
        || (ops != NULL && !akv_key_ops_parse(ops, &create->ops, &cli->err))
        || !cli_release_policy(cli, policy, &create->release_policy,
                               &create->immutable_policy))
        return false;
    if (cli_option(cli, "exportable") != NULL)
        create->attributes.exportable = AKV_FLAG_YES;
    create->tags = has_tags ? tags : NULL;
    return true;
}

/* What is of one type of key does not go with another; a curve says EC. */
static bool check_type(struct cli *cli, struct akv_key_create *create)
{
    static const struct {
        const char *option;
        bool of[AKV_KEY_OCT + 1];
        const char *types;
    } rows[] = {
        { "curve", { [AKV_KEY_EC] = true }, "EC" },
        { "size",
          { [AKV_KEY_RSA] = true, [AKV_KEY_OCT] = true },
          "RSA or oct" },
        { "exponent", { [AKV_KEY_RSA] = true }, "RSA" },
    };
    size_t i;

    if (cli_option(cli, "kty") == NULL && cli_option(cli, "curve") != NULL)
        create->type = AKV_KEY_EC;
    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        if (cli_option(cli, rows[i].option) != NULL
            && !rows[i].of[create->type])
            return akv_error_set(&cli->err, AKV_E_INVALID,
                                 "--%s is of %s keys, and this would be %s: "
                                 "give --kty, or leave it out",
                                 rows[i].option, rows[i].types,
                                 akv_key_type_jwk(create->type, create->hsm));
    return true;
}

static bool read_create(struct cli *cli, struct akv_key_create *create,
                        struct akv_tags *tags, struct akv_buf *policy)
{
    int64_t bits = 0;

    if (!cli_key_read_type(cli, create) || !read_curve(cli, create)
        || !check_type(cli, create) || !cli_key_read_number(cli, "size", &bits)
        || !cli_key_read_number(cli, "exponent", &create->exponent)
        || !read_common(cli, create, tags, policy))
        return false;
    create->bits = (int)(bits < INT32_MAX ? bits : INT32_MAX);
    return true;
}

static int cli_key_run_create(struct cli *cli)
{
    struct akv_key_create create = AKV_KEY_CREATE_INIT;
    struct akv_tags tags = { NULL, 0 };
    struct akv_buf policy = AKV_BUF_INIT(JSON_MAX);
    struct akv_key_bundle bundle;
    struct akv_id id;
    int status;

    if (!cli_id(cli, true, &id, &status))
        return status;
    memset(&bundle, 0, sizeof(bundle));
    status = cli_key_finish(
        cli,
        read_create(cli, &create, &tags, &policy)
            && akv_key_create(cli->client, &id, &create, &bundle, &cli->err),
        &bundle);
    akv_tags_free(&tags);
    akv_buf_free(&policy);
    return status;
}

/* Whether a text is JSON: nothing else that is imported begins so. */
static bool is_json(const struct akv_buf *file)
{
    const char *text = akv_buf_str(file);

    return text[strspn(text, " \t\r\n\xef\xbb\xbf")] == '{';
}

/* A private key of any form becomes a JWK; a JWK stays as it is. */
static bool read_private_key(struct cli *cli, struct akv_buf *jwk)
{
    struct akv_buf file = AKV_BUF_INIT(AKV_KEY_FILE_MAX);
    struct akv_key_file keys = { 0 };
    bool ok = cli_read(cli, cli_option(cli, "file"), &file);

    if (ok && is_json(&file))
        ok = akv_buf_append_str(jwk, strchr(akv_buf_str(&file), '{'));
    else if (ok)
        ok = cli_read_key_file(cli, &file, &keys)
             && (keys.pkey != NULL
                 || akv_error_set(&cli->err, AKV_E_INVALID,
                                  "there is no private key in the file"))
             && akv_pkey_to_jwk(keys.pkey, jwk, &cli->err);
    akv_key_file_free(&keys);
    akv_buf_free(&file);
    return ok;
}

/* What a tool of the HSM's maker has encrypted for the vault's key. */
static bool read_byok(struct cli *cli, struct akv_buf *jwk)
{
    const char *kty = cli_option(cli, "kty");
    const char *curve = cli_option(cli, "curve");
    struct akv_buf blob = AKV_BUF_INIT(JSON_MAX);
    struct akv_json *json = akv_json_new_object();
    bool ok = cli_read(cli, cli_option(cli, "byok"), &blob);

    ok =
        ok
        && cli_built(
            cli,
            json != NULL
                && akv_json_add_text(json, "kty", kty != NULL ? kty : "RSA-HSM")
                && (curve == NULL || akv_json_add_text(json, "crv", curve))
                && akv_json_add_base64url(json, "key_hsm", blob.data, blob.len)
                && akv_json_print(json, jwk));
    akv_json_free(json);
    akv_buf_free(&blob);
    return ok;
}

static int cli_key_run_import(struct cli *cli)
{
    struct akv_key_create create = AKV_KEY_CREATE_INIT;
    struct akv_tags tags = { NULL, 0 };
    struct akv_buf policy = AKV_BUF_INIT(JSON_MAX);
    struct akv_buf jwk = AKV_BUF_INIT(JSON_MAX);
    bool is_byok = cli_option(cli, "byok") != NULL;
    struct akv_key_bundle bundle;
    struct akv_id id;
    int status;

    if (!cli_id(cli, true, &id, &status))
        return status;
    if (is_byok && cli_option(cli, "file") != NULL)
        return cli_usage(cli, "--byok and --file: give one of them");
    if (!is_byok
        && (cli_option(cli, "kty") != NULL || cli_option(cli, "curve") != NULL))
        return cli_usage(cli, "--kty and --curve are of --byok: of other keys "
                              "the file says it");
    memset(&bundle, 0, sizeof(bundle));
    create.hsm = is_byok || cli_option(cli, "hsm") != NULL;
    status = cli_key_finish(
        cli,
        read_common(cli, &create, &tags, &policy)
            && (is_byok ? read_byok : read_private_key)(cli, &jwk)
            && akv_key_import(cli->client, &id, akv_buf_str(&jwk), &create,
                              &bundle, &cli->err),
        &bundle);
    akv_tags_free(&tags);
    akv_buf_free(&policy);
    akv_buf_free(&jwk);
    return status;
}

static int cli_key_run_show(struct cli *cli)
{
    struct akv_key_bundle bundle;
    struct akv_id id;
    int status;

    if (!cli_id(cli, true, &id, &status))
        return status;
    return cli_key_finish(
        cli, akv_key_get(cli->client, &id, &bundle, &cli->err), &bundle);
}

int cli_update_key(struct cli *cli, const struct akv_id *id,
                   const struct akv_update *update)
{
    struct akv_key_bundle bundle;

    return cli_key_finish(
        cli, akv_key_update(cli->client, id, update, &bundle, &cli->err),
        &bundle);
}

static int run_rotate(struct cli *cli)
{
    struct akv_key_bundle bundle;
    struct akv_id id;
    int status;

    if (!cli_id(cli, true, &id, &status))
        return status;
    return cli_key_finish(
        cli, akv_key_rotate(cli->client, &id, &bundle, &cli->err), &bundle);
}

static int run_rotation_policy(struct cli *cli)
{
    static const struct cli_document policy = { "rotation policy",
                                                cli_rotation_members,
                                                akv_key_get_rotation_policy,
                                                akv_key_set_rotation_policy };
    struct akv_id id;
    int status;

    return cli_id(cli, true, &id, &status) ? cli_document(cli, &id, &policy)
                                           : status;
}

static int run_random(struct cli *cli)
{
    struct akv_buf bytes = AKV_BUF_INIT(256);
    int64_t count = 32;
    struct akv_id id;
    int status;

    if (!cli_id(cli, false, &id, &status))
        return status;
    if (!cli_key_read_number(cli, "count", &count))
        return cli_fail(cli);
    if (count < 1 || count > 128)
        return cli_usage(cli, "--count %lld: 1 to 128 is expected",
                         (long long)count);
    if (cli_binary_refused(cli, &status))
        return status;
    status =
        akv_key_random(cli->client, &id, (unsigned)count, &bytes, &cli->err)
            ? cli_print_bytes(cli, akv_buf_str(&bytes), bytes.len, false)
            : cli_fail(cli);
    akv_buf_free(&bytes);
    return status;
}

static int run_release(struct cli *cli)
{
    struct akv_buf target = AKV_BUF_INIT(JSON_MAX);
    struct akv_buf jws = AKV_BUF_INIT(AKV_REPLY_MAX);
    struct akv_id id;
    int status;
    bool ok;

    if (!cli_id(cli, true, &id, &status))
        return status;
    ok = cli_read_trimmed(cli, cli_option(cli, "target"), &target)
         && akv_key_release(cli->client, &id, akv_buf_str(&target),
                            cli_option(cli, "nonce"), cli_option(cli, "enc"),
                            &jws, &cli->err);
    status = ok ? cli_print_bytes(cli, akv_buf_str(&jws), jws.len, true)
                : cli_fail(cli);
    akv_buf_free(&target);
    akv_buf_free(&jws);
    return status;
}

static int run_attestation(struct cli *cli)
{
    struct akv_json *json;
    struct akv_id id;
    int status;

    if (!cli_id(cli, true, &id, &status))
        return status;
    return akv_key_get_attestation(cli->client, &id, &json, &cli->err)
               ? cli_print_json(cli, json)
               : cli_fail(cli);
}

static const struct cli_option download_options[] = {
    { "file", "FILE", "instead of standard output" },
    { "der", NULL, "as DER; default: PEM" },
    { "jwk", NULL, "as a JSON Web Key" },
    { NULL, NULL, NULL },
};

/* What is not secret of a key, in a form that programs take. */
static bool write_public(struct cli *cli, const struct akv_key_bundle *bundle,
                         struct akv_buf *out)
{
    struct akv_json *json;
    bool ok;

    if (bundle->jwk.type == AKV_KEY_OCT)
        return akv_error_set(&cli->err, AKV_E_INVALID,
                             "the key is symmetric: it has no public half");
    if (cli_option(cli, "jwk") == NULL)
        return cli_option(cli, "der") == NULL
                   ? akv_pem_from_jwk(&bundle->jwk, out, &cli->err)
                   : akv_pem_der_from_jwk(&bundle->jwk, out, &cli->err);
    json = akv_json_new_object();
    ok = json != NULL && cli_key_add_key(json, &bundle->jwk)
         && akv_json_print(akv_json_get(json, "key"), out);
    akv_json_free(json);
    return cli_built(cli, ok);
}

static int cli_key_run_download(struct cli *cli)
{
    bool is_text = cli_option(cli, "der") == NULL;
    struct akv_buf out = AKV_BUF_INIT(JSON_MAX);
    struct akv_key_bundle bundle;
    struct akv_id id;
    int status;

    if (!cli_id(cli, true, &id, &status)
        || (!is_text && cli_binary_refused(cli, &status)))
        return status;
    if (!is_text && cli_option(cli, "jwk") != NULL)
        return cli_usage(cli, "--der and --jwk: give one of them");
    memset(&bundle, 0, sizeof(bundle));
    status = akv_key_get(cli->client, &id, &bundle, &cli->err)
                     && write_public(cli, &bundle, &out)
                 ? cli_print_bytes(cli, akv_buf_str(&out), out.len, is_text)
                 : cli_fail(cli);
    akv_key_bundle_free(&bundle);
    akv_buf_free(&out);
    return status;
}

const struct cli_verb cli_key_verbs[] = {
    { "key", "create", "URI", 1, "create a key, or a new version of it",
      create_options, cli_key_run_create, false },
    { "key", "import", "URI", 1, "import a private key", import_options,
      cli_key_run_import, false },
    { "key", "show", "URI", 1, "show a key's public half and attributes", NULL,
      cli_key_run_show, false },
    { "key", "download", "URI", 1, "write a key's public half to a file",
      download_options, cli_key_run_download, false },
    { "key", "bench", "URI", 1, "measure what signing with a key takes",
      cli_bench_options, cli_run_bench, false },
    { "key", "reference", "URI", 1,
      "write what stands for the key in PEM files", cli_reference_options,
      cli_run_reference, false },
    { "key", "sign", "URI", 1, "sign standard input, or a digest",
      cli_sign_options, cli_run_sign, false },
    { "key", "verify", "URI", 1, "verify a signature in the vault",
      cli_verify_options, cli_run_verify, false },
    { "key", "encrypt", "URI", 1, "encrypt standard input", cli_cipher_options,
      cli_run_encrypt, false },
    { "key", "decrypt", "URI", 1, "decrypt standard input", cli_cipher_options,
      cli_run_decrypt, false },
    { "key", "wrap", "URI", 1, "wrap a key", cli_cipher_options, cli_run_wrap,
      false },
    { "key", "unwrap", "URI", 1, "unwrap a key", cli_cipher_options,
      cli_run_unwrap, false },
    { "key", "rotate", "URI", 1, "make a new version by the rotation policy",
      NULL, run_rotate, false },
    { "key", "rotation-policy", "URI", 1, "show or set the rotation policy",
      policy_options, run_rotation_policy, false },
    { "key", "random", "URI", 1, "get random bytes of a Managed HSM",
      random_options, run_random, false },
    { "key", "release", "URI", 1, "release an exportable key", release_options,
      run_release, false },
    { "key", "attestation", "URI", 1, "show an HSM key's attestation", NULL,
      run_attestation, false },
    CLI_OBJECT_VERBS("key"),
    { NULL, NULL, NULL, 0, NULL, NULL, NULL, false },
};
