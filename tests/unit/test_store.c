/* SPDX-License-Identifier: Apache-2.0 */

/*
 * What certificates and secrets become in a store, reply by reply; and what
 * becomes of replies that no vault should give.
 */

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <openssl/store.h>
#include <stdio.h>
#include <string.h>

#include "base/base64.h"
#include "cert_fixture.h"
#include "store_fixture.h"

#define H "https://v.vault.azure.net"

static EVP_PKEY *rsa, *ec;
static X509 *leaf, *ec_leaf, *other;

static void open_fixture(const char *conf)
{
    CHECK(provider_set_up(conf));
    rsa = their_rsa(2048);
    ec = their_ec("P-256");
    leaf = cert_make(rsa, "leaf");
    ec_leaf = cert_make(ec, "ec");
    other = cert_make(ec, "other");
}

static void set_up(void)
{
    open_fixture(NULL);
}

static void set_up_with_chains(void)
{
    open_fixture("chain-from-secret = yes\n");
}

static void tear_down(void)
{
    X509_free(leaf);
    X509_free(ec_leaf);
    X509_free(other);
    EVP_PKEY_free(rsa);
    EVP_PKEY_free(ec);
    provider_tear_down();
    CHECK(fixture.libctx == NULL);
}

/* --- Replies -------------------------------------------------------------- */

static void append_base64(struct akv_buf *out, const void *data, size_t len)
{
    CHECK(akv_base64_encode(data, len, out));
}

/* A JSON string of text. */
static void append_string(struct akv_buf *out, const struct akv_buf *text)
{
    size_t i;

    for (i = 0; i < text->len; i++) {
        if (text->data[i] == '\n')
            CHECK(akv_buf_append_str(out, "\\n"));
        else
            CHECK(akv_buf_append(out, text->data + i, 1));
    }
}

/* A certificate's reply; kid and policy as they are to be there, or "". */
static void cert_reply(struct akv_buf *out, X509 *cert, const char *kid,
                       const char *policy)
{
    unsigned char *der = NULL;
    int len = cert != NULL ? i2d_X509(cert, &der) : 0;

    akv_buf_free(out);
    CHECK(akv_buf_append_str(out, "{\"id\":\"" H "/certificates/c/7\""));
    if (len > 0) {
        CHECK(akv_buf_append_str(out, ",\"cer\":\""));
        append_base64(out, der, (size_t)len);
        CHECK(akv_buf_append_str(out, "\""));
    }
    CHECK(akv_buf_appendf(out, "%s%s}", kid, policy));
    OPENSSL_free(der);
}

/* A secret's reply. type: with its quotes, or null. */
static void secret_reply(struct akv_buf *out, const struct akv_buf *value,
                         const char *type)
{
    akv_buf_free(out);
    CHECK(
        akv_buf_append_str(out, "{\"id\":\"" H "/secrets/c/7\",\"value\":\""));
    append_string(out, value);
    CHECK(akv_buf_appendf(out, "\",\"contentType\":%s}", type));
}

#define KID ",\"kid\":\"" H "/keys/c/8\""
#define HIDDEN ",\"policy\":{\"key_props\":{\"exportable\":false}}"
#define SHOWN ",\"policy\":{\"key_props\":{\"exportable\":true}}"
#define ASK_CERT "GET /certificates/c\n"
#define ASK_BOTH ASK_CERT "GET /secrets/c/7\n"
#define PEM_TYPE "\"application/x-pem-file\""
#define PFX_TYPE "\"application/x-pkcs12\""

/* --- Certificates --------------------------------------------------------- */

static void certificates(void)
{
    static const struct {
        const char *kid, *policy;
        int expected;
        const char *want, *asked, *reason;
    } rows[] = {
        { KID, SHOWN, 0, "kc", ASK_CERT, NULL },
        { KID, "", 0, "kc", ASK_CERT, NULL },
        { KID, ",\"policy\":{}", 0, "kc", ASK_CERT, NULL },
        { KID, ",\"policy\":7", 0, "kc", ASK_CERT, NULL },
        { KID, SHOWN, OSSL_STORE_INFO_PKEY, "k", ASK_CERT, NULL },
        { KID, SHOWN, OSSL_STORE_INFO_PUBKEY, "p", ASK_CERT, NULL },
        { KID, SHOWN, OSSL_STORE_INFO_CERT, "c", ASK_CERT, NULL },
        { KID, SHOWN, OSSL_STORE_INFO_NAME, "", "", NULL },
        { KID, SHOWN, OSSL_STORE_INFO_PARAMS, "", "", NULL },
        { KID, SHOWN, OSSL_STORE_INFO_CRL, "", "", NULL },
        { ",\"kid\":\"https://evil.example/keys/c/8\"", SHOWN, 0, "kc",
          ASK_CERT, NULL },
        { "", SHOWN, 0, "!", ASK_CERT, "names no key" },
        { ",\"kid\":7", SHOWN, 0, "!", ASK_CERT, "names no key" },
        { ",\"kid\":\"\"", SHOWN, 0, "!", ASK_CERT, "certificates/c" },
        { ",\"kid\":\"" H "/keys/c\"", SHOWN, 0, "!", ASK_CERT,
          "no version of a key" },
        { ",\"kid\":\"" H "/secrets/c/8\"", SHOWN, 0, "!", ASK_CERT,
          "no version of a key" },
        { ",\"kid\":\"http://v/keys/c/8\"", SHOWN, 0, "!", ASK_CERT,
          "certificates/c" },
        { ",\"kid\":\"" H "/keys/../8\"", SHOWN, 0, "!", ASK_CERT,
          "certificates/c" },
        /* The certificate is good all the same. */
        { "", SHOWN, OSSL_STORE_INFO_CERT, "c", ASK_CERT, NULL },
    };
    struct akv_buf text = AKV_BUF_INIT(10000);
    size_t i;

    for (i = 0; i < COUNT(rows); i++) {
        const char *texts[] = { NULL, NULL };
        char where[20];

        (void)snprintf(where, sizeof(where), "row %zu", i);
        cert_reply(&text, i % 2 == 0 ? leaf : ec_leaf, rows[i].kid,
                   rows[i].policy);
        texts[0] = akv_buf_str(&text);
        store_yields(where, "akv://v/certificates/c", rows[i].expected, texts,
                     rows[i].want, rows[i].asked, rows[i].reason);
    }
    akv_buf_free(&text);
}

/* Keys that a vault cannot have. */
static void odd_certificates(void)
{
    EVP_PKEY *keys[] = {
        EVP_PKEY_Q_keygen(fixture.libctx, THEIRS, "ED25519"),
        their_ec("P-224"),
    };
    struct akv_buf text = AKV_BUF_INIT(10000);
    size_t i;

    for (i = 0; i < COUNT(keys); i++) {
        X509 *cert = cert_make(keys[i], "odd");
        const char *texts[] = { NULL, NULL };

        cert_reply(&text, cert, KID, SHOWN);
        texts[0] = akv_buf_str(&text);
        store_yields("key", "akv://v/certificates/c", 0, texts, "!", ASK_CERT,
                     "neither RSA nor EC on a curve of Key Vault");
        store_yields("certificate", "akv://v/certificates/c",
                     OSSL_STORE_INFO_CERT, texts, "c", ASK_CERT, NULL);
        X509_free(cert);
        EVP_PKEY_free(keys[i]);
    }
    akv_buf_free(&text);
}

/* The MAC of the file is no more the right one, and takes long to see so. */
static void want_iterations(struct akv_buf *pfx)
{
    const unsigned char *p = pfx->data;
    PKCS12 *p12 = d2i_PKCS12(NULL, &p, (long)pfx->len);
    unsigned char salt[8] = { 0 }, *der = NULL;
    int len = -1;

    if (p12 != NULL
        && PKCS12_setup_mac(p12, 0x7fffffff, salt, sizeof(salt), EVP_sha256()))
        len = i2d_PKCS12(p12, &der);
    akv_buf_free(pfx);
    CHECK(len > 0 && akv_buf_append(pfx, der, (size_t)len));
    OPENSSL_free(der);
    PKCS12_free(p12);
}

/* Of secrets that hold certificates alone. */
static void chains(void)
{
    struct akv_buf cert = AKV_BUF_INIT(10000), value = AKV_BUF_INIT(20000);
    struct akv_buf secret = AKV_BUF_INIT(40000), pfx = AKV_BUF_INIT(20000);
    const char *texts[] = { NULL, NULL, NULL };
    const char *uri = "akv://v/certificates/c";

    cert_reply(&cert, leaf, KID, HIDDEN);
    texts[0] = akv_buf_str(&cert);
    cert_pem(leaf, &value);
    cert_pem(other, &value);
    cert_pem(ec_leaf, &value);
    secret_reply(&secret, &value, PEM_TYPE);
    texts[1] = akv_buf_str(&secret);
    store_yields("PEM", uri, 0, texts, "kccc", ASK_BOTH, NULL);
    store_yields("PEM", uri, OSSL_STORE_INFO_CERT, texts, "ccc", ASK_BOTH,
                 NULL);
    store_yields("its key", uri, OSSL_STORE_INFO_PKEY, texts, "k", ASK_CERT,
                 NULL);
    cert_pfx(NULL, leaf, other, "", &pfx);
    akv_buf_free(&value);
    append_base64(&value, pfx.data, pfx.len);
    secret_reply(&secret, &value, PFX_TYPE);
    texts[1] = akv_buf_str(&secret);
    store_yields("PKCS#12", uri, 0, texts, "kcc", ASK_BOTH, NULL);
    /* That would be read for hours: the MAC's 2^31 - 1 iterations. */
    want_iterations(&pfx);
    akv_buf_free(&value);
    append_base64(&value, pfx.data, pfx.len);
    secret_reply(&secret, &value, PFX_TYPE);
    texts[1] = akv_buf_str(&secret);
    store_yields("slow PKCS#12", uri, 0, texts, "kc", ASK_BOTH, NULL);
    akv_buf_free(&value);
    cert_pem(leaf, &value);
    secret_reply(&secret, &value, PEM_TYPE);
    texts[1] = akv_buf_str(&secret);
    store_yields("the leaf alone", uri, 0, texts, "kc", ASK_BOTH, NULL);
    texts[1] = "!You may not.";
    store_yields("refused", uri, 0, texts, "kc", ASK_BOTH, NULL);
    texts[1] = "{}";
    store_yields("no secret", uri, 0, texts, "kc", ASK_BOTH, NULL);
    akv_buf_free(&cert);
    akv_buf_free(&value);
    akv_buf_free(&secret);
    akv_buf_free(&pfx);
}

/* The private key in the secret is passed over. */
static void chain_from_secret(void)
{
    struct akv_buf cert = AKV_BUF_INIT(10000), value = AKV_BUF_INIT(20000);
    struct akv_buf secret = AKV_BUF_INIT(40000);
    const char *texts[] = { NULL, NULL, NULL };

    cert_reply(&cert, leaf, KID, SHOWN);
    texts[0] = akv_buf_str(&cert);
    cert_pem_key(rsa, NULL, &value);
    cert_pem(leaf, &value);
    cert_pem(other, &value);
    secret_reply(&secret, &value, PEM_TYPE);
    texts[1] = akv_buf_str(&secret);
    store_yields("with its key", "akv://v/certificates/c", 0, texts, "kcc",
                 ASK_BOTH, NULL);
    akv_buf_free(&cert);
    akv_buf_free(&value);
    akv_buf_free(&secret);
}

static void bad_certificates(void)
{
    static const struct {
        const char *text, *reason;
    } rows[] = {
        { "{\"id\":\"" H "/certificates/c/7\"}", "has not been issued yet" },
        { "{\"id\":\"" H "/certificates/c/7\",\"cer\":\"\"}",
          "has not been issued yet" },
        { "{\"id\":\"" H "/certificates/c/7\",\"cer\":\"AAAA\"}",
          "no X.509 certificate" },
        { "{\"id\":\"" H "/certificates/c/7\",\"cer\":\"MIIB\"}",
          "no X.509 certificate" },
        { "{\"id\":\"" H "/certificates/c/7\",\"cer\":\"?\"}", "not base64" },
        { "{\"id\":\"" H "/certificates/d/7\"}", "of another object" },
        { "{}", "missing" },
        { "[]", "certificates/c" },
        { "", "not JSON" },
        { "!You may not.", "You may not." },
    };
    size_t i;

    for (i = 0; i < COUNT(rows); i++) {
        const char *texts[] = { rows[i].text, NULL };

        store_yields(rows[i].text, "akv://v/certificates/c", 0, texts, "!",
                     ASK_CERT, rows[i].reason);
    }
}

/* --- Secrets -------------------------------------------------------------- */

#define ASK_SECRET "GET /secrets/c\n"

static void secrets(void)
{
    static const struct {
        const char *value, *type;
        int expected;
        const char *want, *reason;
    } rows[] = {
        { "bytes", "null", 0, "k", NULL },
        { "bytes", "\"text/plain\"", OSSL_STORE_INFO_PKEY, "k", NULL },
        { "", "null", 0, "k", NULL },
        { "bytes", "null", OSSL_STORE_INFO_PUBKEY, "", NULL },
        { "bytes", "null", OSSL_STORE_INFO_CERT, "", NULL },
        { "bytes", PEM_TYPE, 0, "!", "no PEM file" },
        { "", PEM_TYPE, 0, "!", "no PEM file" },
        { "?", PFX_TYPE, 0, "!", "not base64" },
        { "", PFX_TYPE, 0, "!", "no PKCS#12 file" },
        { "AAAA", PFX_TYPE, 0, "!", "no PKCS#12 file" },
        { "MIIB", PFX_TYPE, 0, "!", "no PKCS#12 file" },
        /* Blocks that mean nothing to a store are passed over. */
        { "-----BEGIN X-----\nAAAA\n-----END X-----\n", PEM_TYPE, 0, "", NULL },
        { "-----BEGIN X-----\nAAAA\n-----END X-----\n", "null", 0, "", NULL },
        { "-----BEGIN X-----\nAAAA\n-----END Y-----\n", "null", 0, "!",
          "begins like a PEM file" },
        { "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n",
          PEM_TYPE, 0, "!", "a key that cannot be read" },
        { "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
          PEM_TYPE, 0, "!", "a certificate that cannot be read" },
        { "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
          PEM_TYPE, OSSL_STORE_INFO_PKEY, "", NULL },
        { "-----BEGIN EC PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n"
          "DEK-Info: AES-256-CBC,00\n\nAAAA\n-----END EC PRIVATE KEY-----\n",
          PEM_TYPE, 0, "!", "encrypted in the old form of PEM" },
    };
    struct akv_buf text = AKV_BUF_INIT(10000), value = AKV_BUF_INIT(10000);
    size_t i;

    for (i = 0; i < COUNT(rows); i++) {
        const char *texts[] = { NULL, NULL };
        char where[20];

        (void)snprintf(where, sizeof(where), "row %zu", i);
        akv_buf_free(&value);
        CHECK(akv_buf_append_str(&value, rows[i].value));
        secret_reply(&text, &value, rows[i].type);
        texts[0] = akv_buf_str(&text);
        store_yields(where, "akv://v/secrets/c", rows[i].expected, texts,
                     rows[i].want, ASK_SECRET, rows[i].reason);
    }
    akv_buf_free(&text);
    akv_buf_free(&value);
}

static void bad_secrets(void)
{
    static const struct {
        const char *text, *reason;
    } rows[] = {
        { "{\"id\":\"" H "/secrets/c/7\"}", "value: is missing" },
        { "{\"id\":\"" H "/secrets/c/7\",\"value\":7}", "value" },
        { "{\"id\":\"" H "/secrets/d/7\",\"value\":\"\"}",
          "of another object" },
        { "", "not JSON" },
        { "!You may not.", "You may not." },
    };
    size_t i;

    for (i = 0; i < COUNT(rows); i++) {
        const char *texts[] = { rows[i].text, NULL };

        store_yields(rows[i].text, "akv://v/secrets/c", 0, texts, "!",
                     ASK_SECRET, rows[i].reason);
    }
}

/* The files of several objects, in order. */
static void files(void)
{
    struct akv_buf text = AKV_BUF_INIT(40000), value = AKV_BUF_INIT(20000);
    struct akv_buf pfx = AKV_BUF_INIT(20000);
    const char *texts[] = { NULL, NULL };

    cert_pem(leaf, &value);
    cert_pem_key(rsa, NULL, &value);
    cert_pem_key(ec, NULL, &value);
    cert_pem(other, &value);
    secret_reply(&text, &value, PEM_TYPE);
    texts[0] = akv_buf_str(&text);
    store_yields("PEM", "akv://v/secrets/c", 0, texts, "ckkc", ASK_SECRET,
                 NULL);
    store_yields("keys", "akv://v/secrets/c", OSSL_STORE_INFO_PKEY, texts, "kk",
                 ASK_SECRET, NULL);
    store_yields("none", "akv://v/secrets/c", OSSL_STORE_INFO_CRL, texts, "",
                 ASK_SECRET, NULL);
    store_yields("names", "akv://v/secrets/c", OSSL_STORE_INFO_NAME, texts, "",
                 "", NULL);
    store_yields("parameters", "akv://v/secrets/c", OSSL_STORE_INFO_PARAMS,
                 texts, "", "", NULL);
    cert_pfx(rsa, leaf, other, "", &pfx);
    akv_buf_free(&value);
    append_base64(&value, pfx.data, pfx.len);
    secret_reply(&text, &value, PFX_TYPE);
    texts[0] = akv_buf_str(&text);
    store_yields("PKCS#12", "akv://v/secrets/c", 0, texts, "kcc", ASK_SECRET,
                 NULL);
    store_yields("its key", "akv://v/secrets/c", OSSL_STORE_INFO_PKEY, texts,
                 "k", ASK_SECRET, NULL);
    akv_buf_free(&text);
    akv_buf_free(&value);
    akv_buf_free(&pfx);
}

/* The bytes, NUL among them. */
static void raw_key(void)
{
    static const char *const texts[] = {
        "{\"id\":\"" H "/secrets/c/7\",\"value\":\"a\\u0000b\\u00e9\"}", NULL
    };
    struct fake_replies replies = { texts, 0, AKV_BUF_INIT(1000) };
    OSSL_STORE_INFO *info = NULL;
    unsigned char raw[20];
    size_t len = sizeof(raw);
    char letters[10];
    EVP_PKEY *key;

    fake_client_set(fake_client_replies, &replies);
    store_load_all("akv://v/secrets/c", 0, letters, sizeof(letters), &info);
    key = info != NULL ? OSSL_STORE_INFO_get0_PKEY(info) : NULL;
    if (CHECK(key != NULL && EVP_PKEY_is_a(key, "HMAC"))) {
        CHECK(EVP_PKEY_get_raw_private_key(key, raw, &len) == 1);
        CHECK(len == 5 && memcmp(raw, "a\0b\xc3\xa9", 5) == 0);
    }
    OSSL_STORE_INFO_free(info);
    akv_buf_free(&replies.asked);
    fake_client_set(NULL, NULL);
}

int main(void)
{
    static const struct unit_test tests[] = {
        { "set up", set_up },
        { "certificates", certificates },
        { "certificates of odd keys", odd_certificates },
        { "chains", chains },
        { "bad certificates", bad_certificates },
        { "secrets", secrets },
        { "bad secrets", bad_secrets },
        { "files", files },
        { "raw keys", raw_key },
        { "tear down", tear_down },
        { "set up with chains", set_up_with_chains },
        { "chains from secrets", chain_from_secret },
        { "tear down again", tear_down },
    };

    return unit_main("store", tests, COUNT(tests));
}
