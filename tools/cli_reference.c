/* SPDX-License-Identifier: Apache-2.0 */

/* akv key reference: what takes the place of a private key in a PEM file. */

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <string.h>

#include "akv/key.h"
#include "akv/key_ref.h"
#include "cli_reference.h"
#include "ossl/passphrase.h"
#include "ossl/pkey.h"

#define BUNDLE_MAX (4u * 1024 * 1024)

const struct cli_option cli_reference_options[] = {
    { "out", "FILE", "instead of standard output; mode 0600" },
    { "bundle", "FILE", "PEM certificates to put behind it, the key's first" },
    { "unpinned", NULL, "the current version at the time of loading" },
    { NULL, NULL, NULL },
};

/* The public key as it is in certificates. */
static bool cli_reference_set_public(struct cli *cli, struct akv_key_ref *ref,
                                     const struct akv_jwk *jwk)
{
    EVP_PKEY *pkey = akv_pkey_from_jwk(NULL, jwk);
    unsigned char *der = NULL;
    int len = pkey != NULL ? i2d_PUBKEY(pkey, &der) : -1;
    bool ok = len > 0 && akv_buf_append(&ref->spki, der, (size_t)len);

    OPENSSL_free(der);
    EVP_PKEY_free(pkey);
    return ok
           || akv_error_set(&cli->err, AKV_E_PROTOCOL,
                            "keys/%s has no valid RSA or EC public key",
                            ref->id.name);
}

static bool cli_reference_make(struct cli *cli, const struct akv_id *id,
                               struct akv_key_ref *ref)
{
    struct akv_key_bundle bundle;
    bool ok = akv_key_get(cli->client, id, &bundle, &cli->err);

    akv_key_ref_init(ref);
    if (ok) {
        ref->id = bundle.properties.id;
        ref->type = bundle.jwk.type;
        ref->ops = bundle.jwk.ops;
        ok = cli_reference_set_public(cli, ref, &bundle.jwk);
    }
    akv_key_bundle_free(&bundle);
    return ok;
}

static bool cli_reference_read_bundle(struct cli *cli, struct akv_buf *out)
{
    const char *path = cli_option(cli, "bundle");

    return path == NULL || cli_read(cli, path, out);
}

/* A server takes the first certificate for its own. */
static bool check_certificate(struct cli *cli, const struct akv_key_ref *ref,
                              X509 *certificate)
{
    const unsigned char *der = ref->spki.data;
    EVP_PKEY *key = d2i_PUBKEY(NULL, &der, (long)ref->spki.len);
    EVP_PKEY *certified = X509_get0_pubkey(certificate);
    bool ok =
        key != NULL && certified != NULL && EVP_PKEY_eq(key, certified) == 1;
    char name[200] = "";

    EVP_PKEY_free(key);
    if (ok)
        return true;
    (void)X509_NAME_oneline(X509_get_subject_name(certificate), name,
                            sizeof(name));
    return akv_error_set(&cli->err, AKV_E_INVALID,
                         "--bundle '%s': its first certificate, of '%s', is of "
                         "another key than keys/%s/%s",
                         cli_option(cli, "bundle"), name, ref->id.name,
                         ref->id.version);
}

static bool check_bundle(struct cli *cli, const struct akv_key_ref *ref,
                         const struct akv_buf *bundle)
{
    const char *path = cli_option(cli, "bundle");
    BIO *bio;
    X509 *certificate;
    bool ok;

    if (path == NULL)
        return true;
    bio = BIO_new_mem_buf(akv_buf_str(bundle), (int)bundle->len);
    certificate = PEM_read_bio_X509(bio, NULL, akv_pem_no_passphrase, NULL);
    BIO_free(bio);
    if (certificate == NULL)
        return akv_error_set(&cli->err, AKV_E_INVALID,
                             "--bundle '%s': there is no certificate in PEM "
                             "form in it",
                             path);
    ok = check_certificate(cli, ref, certificate);
    X509_free(certificate);
    return ok;
}

/* The reference comes first: some readers take what stands behind a
 * certificate for none. */
static bool cli_reference_write_all(struct cli *cli, struct akv_key_ref *ref,
                                    const struct akv_buf *bundle,
                                    struct akv_buf *out)
{
    if (cli_option(cli, "unpinned") != NULL) {
        ref->id.version[0] = '\0';
        akv_buf_free(&ref->spki);
    }
    return akv_key_ref_write_pem(ref, out, &cli->err)
           && (akv_buf_append(out, akv_buf_str(bundle), bundle->len)
               || akv_error_set(&cli->err, AKV_E_MEMORY,
                                "no memory for a bundle"));
}

int cli_run_reference(struct cli *cli)
{
    struct akv_buf bundle = AKV_BUF_INIT(BUNDLE_MAX);
    struct akv_buf pem = AKV_BUF_INIT(BUNDLE_MAX + AKV_KEY_REF_MAX);
    struct akv_key_ref ref;
    struct akv_id id;
    int status;

    if (!cli_id(cli, true, &id, &status))
        return status;
    if (cli_option(cli, "unpinned") != NULL && id.version[0] != '\0')
        return cli_usage(cli, "--unpinned: the URI names a version");
    akv_key_ref_init(&ref);
    status = cli_reference_read_bundle(cli, &bundle)
                     && cli_reference_make(cli, &id, &ref)
                     && check_bundle(cli, &ref, &bundle)
                     && cli_reference_write_all(cli, &ref, &bundle, &pem)
                 ? cli_print_bytes(cli, akv_buf_str(&pem), pem.len, true)
                 : cli_fail(cli);
    akv_key_ref_free(&ref);
    akv_buf_free(&bundle);
    akv_buf_free(&pem);
    return status;
}
