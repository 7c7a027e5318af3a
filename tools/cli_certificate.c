/* SPDX-License-Identifier: Apache-2.0 */

/* akv certificate */

#include <stdlib.h>
#include <string.h>

#include "akv/cert.h"
#include "akv/secret.h"
#include "base/base64.h"
#include "cli.h"
#include "cli_document.h"
#include "cli_schema.h"
#include "ossl/key_file.h"

#define JSON_MAX 65536
#define WAIT_MS (30LL * 60 * 1000)

static const struct cli_option create_options[] = {
    { "policy", "FILE", "a policy (JSON); default: self-signed RSA 2048" },
    { "subject", "NAME", "for the default policy; default: CN=NAME" },
    { "preserve-order", NULL, "keep the chain as the authority sends it" },
    { "no-wait", NULL, "return at once; the creation goes on" },
    CLI_ATTRIBUTE_OPTIONS,
    { NULL, NULL, NULL },
};

static const struct cli_option import_options[] = {
    { "file", "FILE", "a PFX or PEM file; default: standard input" },
    { "password-file", "FILE", "its password" },
    { "policy", "FILE", "a policy (JSON)" },
    { "preserve-order", NULL, "keep the chain as it is in the file" },
    CLI_ATTRIBUTE_OPTIONS,
    { NULL, NULL, NULL },
};

static const struct cli_option download_options[] = {
    { "file", "FILE", "instead of standard output" },
    { "der", NULL, "the certificate as DER; default: PEM" },
    { "with-key", NULL, "all that the secret holds, with the private key" },
    { NULL, NULL, NULL },
};

static const struct cli_option merge_options[] = {
    { "file", "FILE", "certificates: PEM, DER, PKCS#7; default: stdin" },
    CLI_ATTRIBUTE_OPTIONS,
    { NULL, NULL, NULL },
};

static const struct cli_option pending_options[] = {
    { "csr", NULL, "the request to sign, as PEM" },
    { "drop", NULL, "delete the operation" },
    { "file", "FILE", "instead of standard output" },
    { NULL, NULL, NULL },
};

static bool append_pem(struct akv_buf *out, const char *label, const char *text)
{
    size_t len = strlen(text), i;
    bool ok = akv_buf_appendf(out, "-----BEGIN %s-----\n", label);

    for (i = 0; ok && i < len; i += 64)
        ok = akv_buf_appendf(out, "%.64s\n", text + i);
    return ok && akv_buf_appendf(out, "-----END %s-----\n", label);
}

static bool cli_certificate_add_cert(struct akv_json *json,
                                     const struct akv_cert *cert)
{
    struct akv_buf hex = AKV_BUF_INIT(256), text = AKV_BUF_INIT(AKV_REPLY_MAX);
    bool ok =
        cli_add_properties(json, &cert->properties)
        && (cert->kid == NULL || akv_json_add_text(json, "kid", cert->kid))
        && (cert->sid == NULL || akv_json_add_text(json, "sid", cert->sid))
        && cli_hex_encode(&cert->x5t, &hex)
        && (hex.len == 0
            || akv_json_add_text(json, "thumbprint", akv_buf_str(&hex)))
        && akv_base64_encode(cert->der.data, cert->der.len, &text)
        && (text.len == 0 || akv_json_add_text(json, "cer", akv_buf_str(&text)))
        && (cert->policy == NULL
            || akv_json_add_json(json, "policy", cert->policy));

    akv_buf_free(&hex);
    akv_buf_free(&text);
    return ok;
}

/* Prints and frees what an operation has returned. */
static int cli_certificate_finish(struct cli *cli, bool ok,
                                  struct akv_cert *cert)
{
    struct akv_json *json = akv_json_new_object();

    ok =
        ok
        && cli_built(cli, json != NULL && cli_certificate_add_cert(json, cert));
    akv_cert_free(cert);
    return cli_print_if(cli, ok, json);
}

static bool read_options(struct cli *cli, struct akv_cert_options *options,
                         struct akv_tags *tags)
{
    bool has_tags = false;
    bool ok = cli_attributes(cli, &options->attributes, tags, &has_tags);

    options->tags = has_tags ? tags : NULL;
    options->preserve_order = cli_option(cli, "preserve-order") != NULL;
    return ok;
}

/* An object in another, made if it is not there. NULL: no memory. */
static struct akv_json *cli_certificate_member(struct akv_json *json,
                                               const char *name)
{
    struct akv_json *found =
        json != NULL ? akv_json_get_mutable(json, name) : NULL;

    return found != NULL || json == NULL ? found
                                         : akv_json_add_object(json, name);
}

static bool add_usage(struct akv_json *x509)
{
    struct akv_json *usage =
        x509 != NULL ? akv_json_add_array(x509, "key_usage") : NULL;

    return usage != NULL && akv_json_add_text(usage, NULL, "digitalSignature");
}

/* What users report that the service wants of a policy, though its document
 * says that there are defaults: the content type, and of EC the key usage,
 * whose default has the encipherment of keys. */
static bool cli_certificate_fill(struct akv_json *json, const char *type)
{
    struct akv_json *secret = cli_certificate_member(json, "secret_props");
    const char *kty = akv_json_get_text(akv_json_get(json, "key_props"), "kty");
    bool ok = secret != NULL
              && (akv_json_get(secret, "contentType") != NULL
                  || akv_json_add_text(secret, "contentType", type));

    if (ok && kty != NULL && strncmp(kty, "EC", 2) == 0
        && akv_json_get(akv_json_get(json, "x509_props"), "key_usage") == NULL)
        ok = add_usage(cli_certificate_member(json, "x509_props"));
    return ok;
}

static bool read_policy_file(struct cli *cli, const char *file,
                             const char *type, struct akv_buf *policy)
{
    struct akv_buf text = AKV_BUF_INIT(JSON_MAX);
    struct akv_json *json = NULL;
    bool ok = cli_read_document(cli, file, "policy", cli_policy_members, &text);

    if (ok)
        json = akv_json_parse(akv_buf_str(&text), text.len, &cli->err);
    ok = json != NULL
         && cli_built(cli, cli_certificate_fill(json, type)
                               && akv_json_print(json, policy));
    akv_json_free(json);
    akv_buf_free(&text);
    return ok;
}

#define PEM_TYPE "application/x-pem-file"
#define PFX_TYPE "application/x-pkcs12"

/* The policy of --policy, or the default one. */
static bool cli_certificate_read_policy(struct cli *cli,
                                        const struct akv_id *id,
                                        struct akv_buf *policy)
{
    const char *file = cli_option(cli, "policy");
    const char *subject = cli_option(cli, "subject");
    char common_name[AKV_NAME_MAX + 8];
    char *text;
    bool ok;

    if (file != NULL)
        return read_policy_file(cli, file, PFX_TYPE, policy);
    (void)snprintf(common_name, sizeof(common_name), "CN=%s", id->name);
    text = akv_cert_default_policy(subject != NULL ? subject : common_name);
    ok = text != NULL && akv_buf_append_str(policy, text);
    free(text);
    return ok || akv_error_set(&cli->err, AKV_E_MEMORY, "no memory");
}

/* Only a certificate that somebody here signs is waited for: the request of
 * an unknown issuer waits for its merge. */
static bool is_waited_for(struct cli *cli, const struct akv_json *operation)
{
    const char *issuer =
        akv_json_get_text(akv_json_get(operation, "issuer"), "name");

    return cli_option(cli, "no-wait") == NULL && issuer != NULL
           && strcmp(issuer, "Unknown") != 0;
}

static int cli_certificate_run_create(struct cli *cli)
{
    struct akv_buf policy = AKV_BUF_INIT(JSON_MAX);
    struct akv_cert_options options;
    struct akv_tags tags = { NULL, 0 };
    struct akv_json *operation = NULL;
    struct akv_cert cert;
    struct akv_id id;
    int status;
    bool ok;

    if (!cli_id(cli, true, &id, &status))
        return status;
    memset(&cert, 0, sizeof(cert));
    ok = read_options(cli, &options, &tags)
         && cli_certificate_read_policy(cli, &id, &policy)
         && akv_cert_create(cli->client, &id, akv_buf_str(&policy), &options,
                            &operation, &cli->err);
    akv_buf_free(&policy);
    akv_tags_free(&tags);
    if (ok && !is_waited_for(cli, operation))
        return cli_print_json(cli, operation);
    akv_json_free(operation);
    return cli_certificate_finish(
        cli,
        ok && cli_wait(cli, AKV_POLL_CREATE, &id, WAIT_MS)
            && akv_cert_get(cli->client, &id, &cert, &cli->err),
        &cert);
}

static int cli_certificate_run_show(struct cli *cli)
{
    struct akv_cert cert;
    struct akv_id id;
    int status;

    if (!cli_id(cli, true, &id, &status))
        return status;
    return cli_certificate_finish(
        cli, akv_cert_get(cli->client, &id, &cert, &cli->err), &cert);
}

static bool read_password(struct cli *cli, struct akv_buf *password)
{
    const char *file = cli_option(cli, "password-file");

    if (file == NULL)
        return true;
    return cli_read_trimmed(cli, file, password);
}

/* The service takes one form of PEM: the key in PKCS#8, then the certificates,
 * and LF. PKCS#12 goes as it is, with its password. */
static bool write_as_expected(struct cli *cli, struct akv_buf *data,
                              struct akv_buf *password)
{
    struct akv_key_file file = { 0 };
    struct akv_buf pem = AKV_BUF_INIT(2 * AKV_CERT_MAX);
    bool keeps_order = cli_option(cli, "preserve-order") != NULL;
    bool ok = true;

    if (!akv_is_pem(akv_buf_str(data), data->len))
        return true;
    ok = cli_read_key_file(cli, data, &file)
         && (file.pkey != NULL
             || akv_error_set(&cli->err, AKV_E_INVALID,
                              "there is no private key in the file"))
         && (keeps_order || akv_key_file_sort(&file)
             || akv_error_set(&cli->err, AKV_E_INVALID,
                              "no certificate in the file is that of its "
                              "private key"))
         && cli_built(cli, akv_key_file_write(&file, &pem));
    akv_key_file_free(&file);
    akv_buf_free(password); /* nothing is encrypted any more */
    akv_buf_free(data);
    *data = pem;
    return ok;
}

static int cli_certificate_run_import(struct cli *cli)
{
    const char *policy_file = cli_option(cli, "policy");
    struct akv_buf data = AKV_BUF_INIT(AKV_CERT_MAX);
    struct akv_buf password = AKV_BUF_INIT(4096);
    struct akv_buf policy = AKV_BUF_INIT(JSON_MAX);
    struct akv_cert_options options;
    struct akv_tags tags = { NULL, 0 };
    struct akv_cert cert;
    struct akv_id id;
    int status;
    bool is_pem, ok;

    if (!cli_id(cli, true, &id, &status))
        return status;
    memset(&cert, 0, sizeof(cert));
    ok = read_options(cli, &options, &tags) && read_password(cli, &password)
         && cli_read(cli, cli_option(cli, "file"), &data);
    is_pem = ok && akv_is_pem(data.data, data.len);
    ok = ok
         && (policy_file == NULL
             || read_policy_file(cli, policy_file, is_pem ? PEM_TYPE : PFX_TYPE,
                                 &policy))
         && write_as_expected(cli, &data, &password)
         && akv_cert_import(cli->client, &id, akv_buf_str(&data), data.len,
                            password.len > 0 ? akv_buf_str(&password) : NULL,
                            policy.len > 0 ? akv_buf_str(&policy) : NULL,
                            &options, &cert, &cli->err);
    akv_buf_free(&data);
    akv_buf_free(&password);
    akv_buf_free(&policy);
    akv_tags_free(&tags);
    return cli_certificate_finish(cli, ok, &cert);
}

/* What an authority sends, as PEM with the leaf first. A key among it stays
 * here. */
static bool cli_certificate_read_chain(struct cli *cli, struct akv_buf *pem)
{
    struct akv_buf data = AKV_BUF_INIT(AKV_CERT_MAX);
    struct akv_key_file file = { 0 };
    bool ok = cli_read(cli, cli_option(cli, "file"), &data)
              && cli_read_key_file(cli, &data, &file)
              && (akv_key_file_count(&file) > 0
                  || akv_error_set(&cli->err, AKV_E_INVALID,
                                   "there is no certificate to merge"));

    if (ok) {
        akv_certs_sort(file.certs, NULL);
        ok = cli_built(cli, akv_key_file_write_certs(&file, pem));
    }
    akv_key_file_free(&file);
    akv_buf_free(&data);
    return ok;
}

static int run_merge(struct cli *cli)
{
    struct akv_buf pem = AKV_BUF_INIT(2 * AKV_CERT_MAX);
    struct akv_cert_options options;
    struct akv_tags tags = { NULL, 0 };
    struct akv_cert cert;
    struct akv_id id;
    int status;
    bool ok;

    if (!cli_id(cli, true, &id, &status))
        return status;
    memset(&cert, 0, sizeof(cert));
    ok = read_options(cli, &options, &tags)
         && cli_certificate_read_chain(cli, &pem)
         && akv_cert_merge(cli->client, &id, akv_buf_str(&pem), &options, &cert,
                           &cli->err);
    akv_buf_free(&pem);
    akv_tags_free(&tags);
    return cli_certificate_finish(cli, ok, &cert);
}

/* Whether the bytes are what they are said to be: a certificate, and with the
 * policy also its key. */
static bool check_whole(struct cli *cli, const struct akv_id *id,
                        const struct akv_buf *bytes)
{
    struct akv_error why = AKV_ERROR_INIT;
    struct akv_key_file file;
    bool ok =
        akv_key_file_read(&file, akv_buf_str(bytes), bytes->len, NULL, &why)
        && akv_key_file_count(&file) > 0;

    if (!ok)
        (void)akv_error_set(
            &cli->err, AKV_E_PROTOCOL, "secrets/%s %s", id->name,
            why.code != AKV_E_NONE ? why.message : "has no certificate");
    akv_key_file_free(&file);
    return ok;
}

/* The secret of the same version: PFX as base64, or PEM. */
static int download_with_key(struct cli *cli, const struct akv_id *id)
{
    struct akv_buf bytes = AKV_BUF_INIT(AKV_REPLY_MAX);
    struct akv_secret secret;
    struct akv_id from = *id;
    bool pem, ok;
    int status;

    from.kind = AKV_KIND_SECRET;
    ok = akv_secret_get(cli->client, &from, &secret, &cli->err);
    pem = ok && akv_is_pem(secret.value.data, secret.value.len);
    if (ok && pem)
        ok = akv_buf_append(&bytes, akv_buf_str(&secret.value),
                            secret.value.len);
    else if (ok
             && !cli_base64_decode(akv_buf_str(&secret.value), secret.value.len,
                                   &bytes))
        ok = akv_error_set(&cli->err, AKV_E_PROTOCOL,
                           "secrets/%s holds neither PEM nor a PFX in base64",
                           id->name);
    ok = ok && check_whole(cli, id, &bytes);
    status = ok ? cli_print_bytes(cli, akv_buf_str(&bytes), bytes.len, pem)
                : cli_fail(cli);
    akv_secret_free(&secret);
    akv_buf_free(&bytes);
    return status;
}

static int print_cert(struct cli *cli, const struct akv_cert *cert)
{
    struct akv_buf base64 = AKV_BUF_INIT(2 * AKV_CERT_MAX);
    struct akv_buf pem = AKV_BUF_INIT(2 * AKV_CERT_MAX);
    int status;

    if (cli_option(cli, "der") != NULL)
        return cli_print_bytes(cli, cert->der.data, cert->der.len, false);
    if (akv_base64_encode(cert->der.data, cert->der.len, &base64)
        && append_pem(&pem, "CERTIFICATE", akv_buf_str(&base64))) {
        status = cli_print_bytes(cli, akv_buf_str(&pem), pem.len, true);
    } else {
        (void)akv_error_set(&cli->err, AKV_E_MEMORY, "no memory");
        status = cli_fail(cli);
    }
    akv_buf_free(&base64);
    akv_buf_free(&pem);
    return status;
}

static int cli_certificate_run_download(struct cli *cli)
{
    struct akv_cert cert;
    struct akv_id id;
    int status;

    if (!cli_id(cli, true, &id, &status))
        return status;
    if (cli_option(cli, "with-key") != NULL)
        return download_with_key(cli, &id);
    if (cli_option(cli, "der") != NULL && cli_binary_refused(cli, &status))
        return status;
    if (!akv_cert_get(cli->client, &id, &cert, &cli->err)) {
        status = cli_fail(cli);
    } else if (cert.der.len == 0) {
        (void)akv_error_set(&cli->err, AKV_E_NOT_FOUND,
                            "certificates/%s is still being created", id.name);
        status = cli_fail(cli);
    } else {
        status = print_cert(cli, &cert);
    }
    akv_cert_free(&cert);
    return status;
}

/* The request as PEM, ready for an authority. */
static int print_csr(struct cli *cli, struct akv_json *operation)
{
    const char *csr = akv_json_get_text(operation, "csr");
    struct akv_buf pem = AKV_BUF_INIT(JSON_MAX);
    int status;

    if (csr != NULL && append_pem(&pem, "CERTIFICATE REQUEST", csr)) {
        status = cli_print_bytes(cli, akv_buf_str(&pem), pem.len, true);
    } else {
        (void)akv_error_set(&cli->err, AKV_E_PROTOCOL,
                            "the operation has no request to sign");
        status = cli_fail(cli);
    }
    akv_buf_free(&pem);
    akv_json_free(operation);
    return status;
}

static int run_pending(struct cli *cli)
{
    struct akv_json *json = NULL;
    struct akv_id id;
    int status;
    bool ok;

    if (!cli_id(cli, true, &id, &status))
        return status;
    if (cli_option(cli, "drop") != NULL)
        ok = akv_cert_delete_operation(cli->client, &id, &json, &cli->err);
    else
        ok = akv_cert_get_operation(cli->client, &id, &json, &cli->err);
    if (!ok)
        return cli_fail(cli);
    return cli_option(cli, "csr") != NULL ? print_csr(cli, json)
                                          : cli_print_json(cli, json);
}

static int run_cancel(struct cli *cli)
{
    struct akv_json *json = NULL;
    struct akv_id id;
    int status;

    if (!cli_id(cli, true, &id, &status))
        return status;
    return akv_cert_cancel_operation(cli->client, &id, &json, &cli->err)
               ? cli_print_json(cli, json)
               : cli_fail(cli);
}

const struct cli_verb cli_certificate_verbs[] = {
    { "certificate", "create", "URI", 1, "create a certificate", create_options,
      cli_certificate_run_create, false },
    { "certificate", "import", "URI", 1, "import a PFX or PEM file",
      import_options, cli_certificate_run_import, false },
    { "certificate", "show", "URI", 1, "show a certificate", NULL,
      cli_certificate_run_show, false },
    { "certificate", "download", "URI", 1, "write the certificate to a file",
      download_options, cli_certificate_run_download, false },
    { "certificate", "policy", "[URI]", 1, "show or update the policy",
      cli_policy_options, cli_run_policy, false },
    { "certificate", "pending", "URI", 1, "show the creation under way",
      pending_options, run_pending, false },
    { "certificate", "cancel", "URI", 1, "cancel the creation under way", NULL,
      run_cancel, false },
    { "certificate", "merge", "URI", 1, "merge what an authority has signed",
      merge_options, run_merge, false },
    { "certificate", "issuer", "URI", 1, "list, show or set issuers",
      cli_issuer_options, cli_run_issuer, false },
    { "certificate", "contact", "URI", 1, "show, set, add or remove contacts",
      cli_contact_options, cli_run_contact, false },
    CLI_OBJECT_VERBS("certificate"),
    { NULL, NULL, NULL, 0, NULL, NULL, NULL, false },
};
