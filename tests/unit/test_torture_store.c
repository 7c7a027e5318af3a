/* SPDX-License-Identifier: Apache-2.0 */

/* Key references, and what a store yields, without memory and with OpenSSL's
 * functions failing. */

#include <openssl/encoder.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/store.h>
#include <stdio.h>
#include <string.h>

#include "base/base64.h"
#include "cert_fixture.h"
#include "remote_vault.h"
#include "torture.h"

#define H "https://v.vault.azure.net"
#define MOST 10 /* objects, before it counts as endless */

static EVP_PKEY *remote_rsa, *plain_ec;
static X509 *leaf, *other;
static struct akv_buf cert_text = AKV_BUF_INIT(10000);
static struct akv_buf pem_text = AKV_BUF_INIT(20000);
static struct akv_buf pfx_text = AKV_BUF_INIT(20000);
static struct akv_buf reference = AKV_BUF_INIT(10000);

/* A failure leaves something on the queue, if only libcrypto's own. */
static bool ended(bool ok)
{
    ERR_clear_error();
    return ok;
}

/* --- References ----------------------------------------------------------- */

static EVP_PKEY *read_reference(const struct akv_buf *text)
{
    BIO *bio = BIO_new_mem_buf(akv_buf_str(text), (int)text->len);
    EVP_PKEY *key = NULL;

    if (bio != NULL)
        key = PEM_read_bio_PrivateKey_ex(bio, NULL, NULL, NULL, fixture.libctx,
                                         NULL);
    BIO_free(bio);
    return key;
}

static bool read_uri(const char *uri)
{
    struct akv_buf text = AKV_BUF_INIT(10000);
    EVP_PKEY *key = NULL;
    bool ok;

    if (remote_reference(uri, &text))
        key = read_reference(&text);
    ok = key != NULL;
    EVP_PKEY_free(key);
    akv_buf_free(&text);
    return ended(ok);
}

/* Another one each time, which no cache has. */
static bool read_new(void)
{
    static unsigned number;
    char uri[100];

    (void)snprintf(uri, sizeof(uri), "akv://v/keys/rsa/%032x", ++number);
    return read_uri(uri);
}

static bool read_kept(void)
{
    EVP_PKEY *key = read_reference(&reference);
    bool ok = key != NULL;

    EVP_PKEY_free(key);
    return ended(ok);
}

static bool read_unpinned(void)
{
    return read_uri("akv://v/keys/ec");
}

static int give_passphrase(char *buf, int size, ossl_unused int writes,
                           ossl_unused void *arg)
{
    return snprintf(buf, (size_t)size, "secret");
}

static bool encode(EVP_PKEY *key, const char *output, const char *cipher)
{
    OSSL_ENCODER_CTX *ctx = OSSL_ENCODER_CTX_new_for_pkey(
        key, EVP_PKEY_KEYPAIR, output, NULL, "?provider=keyvault");
    unsigned char *data = NULL;
    size_t len = 0;
    bool ok = ctx != NULL;

    if (ok && cipher != NULL)
        ok = OSSL_ENCODER_CTX_set_cipher(ctx, cipher, NULL) == 1
             && OSSL_ENCODER_CTX_set_pem_password_cb(ctx, give_passphrase, NULL)
                    == 1;
    ok = ok && OSSL_ENCODER_to_data(ctx, &data, &len) == 1;
    OPENSSL_free(data);
    OSSL_ENCODER_CTX_free(ctx);
    return ended(ok);
}

static bool write_reference(void)
{
    return encode(remote_rsa, "PEM", NULL);
}

static bool write_text(void)
{
    return encode(remote_rsa, "TEXT", NULL);
}

static bool write_locked(void)
{
    return encode(plain_ec, "PEM", "AES-256-CBC");
}

/* --- A store -------------------------------------------------------------- */

/* By the kind of thing, and its name. */
static bool answer(ossl_unused void *arg, const struct akv_op *op,
                   struct akv_buf *body, struct akv_error *err)
{
    const struct akv_buf *text = &pem_text;
    bool ok;

    if (op->id.name[0] == '\0')
        ok = akv_buf_append_str(
            body, "{\"value\":[{\"id\":\"" H "/secrets/a\",\"contentType\":"
                  "\"text/plain\"},{\"id\":\"" H "/secrets/b\"}]}");
    else if (op->id.kind == AKV_KIND_CERTIFICATE)
        ok = akv_buf_append(body, cert_text.data, cert_text.len);
    else if (strcmp(op->id.name, "plain") == 0)
        ok = akv_buf_append_str(body, "{\"id\":\"" H "/secrets/plain/7\","
                                      "\"value\":\"bytes\"}");
    else {
        bool pfx = strcmp(op->id.name, "pfx") == 0;

        text = pfx ? &pfx_text : &pem_text;
        ok = akv_buf_appendf(body,
                             "{\"id\":\"" H "/secrets/%s/7\",\"contentType\":"
                             "\"application/x-%s\",\"value\":\"%s\"}",
                             op->id.name, pfx ? "pkcs12" : "pem-file",
                             akv_buf_str(text));
    }
    return ok || akv_error_set(err, AKV_E_MEMORY, "no memory for a reply");
}

/* Whether it yields so many objects. It must end in any case. */
static bool yields(const char *uri, int wanted)
{
    OSSL_STORE_CTX *store = OSSL_STORE_open_ex(uri, fixture.libctx, NULL, NULL,
                                               NULL, NULL, NULL, NULL);
    int objects = 0, loads = 0;

    if (store == NULL)
        return ended(false);
    while (!OSSL_STORE_eof(store) && loads++ < MOST) {
        OSSL_STORE_INFO *info = OSSL_STORE_load(store);

        objects += info != NULL;
        OSSL_STORE_INFO_free(info);
    }
    CHECK_AT(uri, loads < MOST);
    CHECK_AT(uri, objects <= wanted);
    CHECK(OSSL_STORE_close(store) == 1);
    return ended(objects == wanted);
}

static bool load_certificate(void)
{
    return yields("akv://v/certificates/pem", 3);
}

static bool load_pem(void)
{
    return yields("akv://v/secrets/pem", 2);
}

static bool load_pkcs12(void)
{
    return yields("akv://v/secrets/pfx", 3);
}

static bool load_plain(void)
{
    return yields("akv://v/secrets/plain", 1);
}

static bool load_names(void)
{
    return yields("akv://v/secrets", 2);
}

/* --- Set up --------------------------------------------------------------- */

/* The lines of PEM within a JSON string. */
static void escape(const struct akv_buf *text, struct akv_buf *out)
{
    size_t i;

    for (i = 0; i < text->len; i++)
        if (text->data[i] == '\n')
            CHECK(akv_buf_append_str(out, "\\n"));
        else
            CHECK(akv_buf_append(out, text->data + i, 1));
}

static void make_replies(void)
{
    struct akv_buf text = AKV_BUF_INIT(10000);
    unsigned char *der = NULL;
    int len = i2d_X509(leaf, &der);

    CHECK(akv_buf_append_str(
              &cert_text,
              "{\"id\":\"" H "/certificates/pem/7\",\"kid\":\"" H
              "/keys/pem/7\",\"policy\":{\"key_props\":{\"exportable\":false}},"
              "\"cer\":\"")
          && akv_base64_encode(der, (size_t)len, &cert_text)
          && akv_buf_append_str(&cert_text, "\"}"));
    OPENSSL_free(der);
    cert_pem(leaf, &text);
    cert_pem(other, &text);
    escape(&text, &pem_text);
    akv_buf_free(&text);
    cert_pfx(remote.ec, leaf, other, "", &text);
    CHECK(akv_base64_encode(text.data, text.len, &pfx_text));
    akv_buf_free(&text);
}

static void set_up(void)
{
    CHECK(remote_vault_open(NULL));
    remote_rsa = remote_key("akv://v/keys/rsa");
    plain_ec = import_key(remote.ec, EVP_PKEY_KEYPAIR, OURS);
    leaf = cert_make(remote.ec, "leaf");
    other = cert_make(remote.rsa, "other");
    CHECK(remote_rsa != NULL && plain_ec != NULL);
    CHECK(remote_reference("akv://v/keys/ec/0123456789abcdef", &reference));
    make_replies();
}

/* From here on the vault holds other things. */
static void other_vault(void)
{
    fake_client_set(answer, NULL);
}

static void tear_down(void)
{
    EVP_PKEY_free(remote_rsa);
    EVP_PKEY_free(plain_ec);
    X509_free(leaf);
    X509_free(other);
    akv_buf_free(&cert_text);
    akv_buf_free(&pem_text);
    akv_buf_free(&pfx_text);
    akv_buf_free(&reference);
    remote_vault_close();
    CHECK(fixture.libctx == NULL);
}

TORTURE(read_new)
TORTURE(read_kept)
TORTURE(read_unpinned)
TORTURE(write_reference)
TORTURE(write_text)
TORTURE(write_locked)
TORTURE(load_certificate)
TORTURE(load_pem)
TORTURE(load_pkcs12)
TORTURE(load_plain)
TORTURE(load_names)

int main(void)
{
    static const struct unit_test tests[] = {
        { "set up", set_up },
        { "read a reference", torture_read_new },
        { "read it again", torture_read_kept },
        { "read one without a version", torture_read_unpinned },
        { "write a reference", torture_write_reference },
        { "write text", torture_write_text },
        { "write with a passphrase", torture_write_locked },
        { "another vault", other_vault },
        { "load a certificate", torture_load_certificate },
        { "load PEM", torture_load_pem },
        { "load PKCS#12", torture_load_pkcs12 },
        { "load a plain secret", torture_load_plain },
        { "load names", torture_load_names },
        { "tear down", tear_down },
    };

    return unit_main("torture_store", tests, COUNT(tests));
}
