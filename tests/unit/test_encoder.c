/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Keys through our encoders: a remote one as a reference or as text, and a
 * software key as if we were not there.
 */

#include <openssl/encoder.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <stdio.h>
#include <string.h>

#include "remote_vault.h"

#define VERSION "0123456789abcdef0123456789abcdef"
#define PREFER "?provider=keyvault"

static struct remote_keys keys;

static void set_up(void)
{
    remote_keys_open(&keys);
}

static void tear_down(void)
{
    remote_keys_close(&keys);
}

static int give_passphrase(char *buf, int size, ossl_unused int writes,
                           void *arg)
{
    int len = (int)strlen(arg);

    if (len > size)
        return -1;
    memcpy(buf, arg, (size_t)len);
    return len;
}

static int no_passphrase(ossl_unused char *buf, ossl_unused int size,
                         ossl_unused int writes, ossl_unused void *arg)
{
    return -1;
}

/* How something is to be written. */
struct form {
    const char *output, *structure;
    int selection;
};

static bool encode(EVP_PKEY *key, const struct form *form, const char *cipher,
                   const char *propq, struct akv_buf *out)
{
    OSSL_ENCODER_CTX *ctx = OSSL_ENCODER_CTX_new_for_pkey(
        key, form->selection, form->output, form->structure, propq);
    unsigned char *data = NULL;
    char passphrase[] = "secret";
    size_t len = 0;
    bool ok = ctx != NULL;

    akv_buf_free(out);
    if (ok && cipher != NULL)
        ok = OSSL_ENCODER_CTX_set_cipher(ctx, cipher, NULL) == 1
             && OSSL_ENCODER_CTX_set_pem_password_cb(ctx, give_passphrase,
                                                     passphrase)
                    == 1;
    ok = ok && OSSL_ENCODER_to_data(ctx, &data, &len) == 1
         && akv_buf_append(out, data, len);
    OPENSSL_clear_free(data, len);
    OSSL_ENCODER_CTX_free(ctx);
    return ok;
}

static const struct form forms[] = {
    { "PEM", "PrivateKeyInfo", EVP_PKEY_KEYPAIR },
    { "PEM", NULL, EVP_PKEY_KEYPAIR },
    { "DER", "PrivateKeyInfo", EVP_PKEY_KEYPAIR },
    { "PEM", "type-specific", EVP_PKEY_KEYPAIR },
    { "DER", "type-specific", EVP_PKEY_KEYPAIR },
    { "PEM", "SubjectPublicKeyInfo", EVP_PKEY_PUBLIC_KEY },
    { "DER", "SubjectPublicKeyInfo", EVP_PKEY_PUBLIC_KEY },
    { "TEXT", NULL, EVP_PKEY_KEYPAIR },
    { "TEXT", NULL, EVP_PKEY_PUBLIC_KEY },
};

/* Byte for byte what the default provider writes, whoever is preferred. */
static void software(void)
{
    static const char *const queries[] = { NULL, PREFER };
    struct akv_buf got = AKV_BUF_INIT(10000), want = AKV_BUF_INIT(10000);
    size_t i, q;

    for (i = 0; i < COUNT(forms) * 2; i++) {
        const struct form *form = &forms[i / 2];
        bool rsa = i % 2 == 0;
        char where[60];

        if (form->structure == NULL && strcmp(form->output, "PEM") == 0)
            continue; /* whichever kind of PEM comes first will do */
        (void)snprintf(where, sizeof(where), "%s %s, selection %d",
                       rsa ? "RSA" : "EC", form->output, form->selection);
        CHECK_AT(where, encode(rsa ? remote.rsa : remote.ec, form, NULL, THEIRS,
                               &want));
        for (q = 0; q < COUNT(queries); q++) {
            CHECK_AT(where, encode(rsa ? keys.plain_rsa : keys.plain_ec, form,
                                   NULL, queries[q], &got));
            CHECK_STR(where, akv_buf_str(&got), akv_buf_str(&want));
            CHECK_INT(where, got.len, want.len);
        }
    }
    akv_buf_free(&got);
    akv_buf_free(&want);
    CHECK_STR("no error", provider_errors(), "");
}

/* Locked with a passphrase, and readable by the default provider. */
static void locked(void)
{
    static const char *const ciphers[] = { "AES-256-CBC", "AES-128-CBC",
                                           "DES-EDE3-CBC" };
    OSSL_LIB_CTX *bare = OSSL_LIB_CTX_new();
    char passphrase[] = "secret", wrong[] = "Secret";
    struct akv_buf text = AKV_BUF_INIT(10000);
    size_t i;

    for (i = 0; i < COUNT(ciphers) * 2; i++) {
        EVP_PKEY *from = i % 2 == 0 ? keys.plain_rsa : keys.plain_ec, *key;
        BIO *bio;

        CHECK_AT(ciphers[i / 2],
                 encode(from, &forms[0], ciphers[i / 2], PREFER, &text));
        CHECK_HAS("label", akv_buf_str(&text), "BEGIN ENCRYPTED PRIVATE KEY");
        bio = BIO_new_mem_buf(text.data, (int)text.len);
        key = PEM_read_bio_PrivateKey_ex(bio, NULL, give_passphrase, wrong,
                                         bare, NULL);
        CHECK(key == NULL);
        EVP_PKEY_free(key);
        CHECK(BIO_reset(bio) >= 0);
        key = PEM_read_bio_PrivateKey_ex(bio, NULL, give_passphrase, passphrase,
                                         bare, NULL);
        CHECK(key != NULL && EVP_PKEY_eq(key, from) == 1);
        EVP_PKEY_free(key);
        BIO_free(bio);
    }
    akv_buf_free(&text);
    OSSL_LIB_CTX_free(bare);
    ERR_clear_error();
}

/* Nothing comes out in the clear when it cannot be locked. */
static void not_locked(void)
{
    static const struct {
        const char *name, *cipher;
        pem_password_cb *passphrase;
    } rows[] = {
        { "an unknown cipher", "ROT-13", give_passphrase },
        { "a name too long",
          "AES-256-CBC-AES-256-CBC-AES-256-CBC-AES-256-CBC-AES-256-CBC-AES-256",
          give_passphrase },
        { "no passphrase", "AES-256-CBC", no_passphrase },
    };
    char passphrase[] = "secret";
    size_t i;

    for (i = 0; i < COUNT(rows); i++) {
        OSSL_ENCODER_CTX *ctx = OSSL_ENCODER_CTX_new_for_pkey(
            keys.plain_ec, EVP_PKEY_KEYPAIR, "PEM", "PrivateKeyInfo", PREFER);
        BIO *bio = BIO_new(BIO_s_mem());
        char *text = NULL;

        if (OSSL_ENCODER_CTX_set_cipher(ctx, rows[i].cipher, NULL) == 1) {
            CHECK(OSSL_ENCODER_CTX_set_pem_password_cb(ctx, rows[i].passphrase,
                                                       passphrase)
                  == 1);
            CHECK_AT(rows[i].name, OSSL_ENCODER_to_bio(ctx, bio) != 1);
        }
        CHECK_INT(rows[i].name, BIO_get_mem_data(bio, &text), 0);
        OSSL_ENCODER_CTX_free(ctx);
        BIO_free(bio);
        ERR_clear_error();
    }
}

/* The reference, made by other means, is what comes out. */
static void reference(void)
{
    static const char *const uris[] = { "akv://v/keys/rsa/" VERSION,
                                        "akv://v/keys/ec/" VERSION };
    struct akv_buf got = AKV_BUF_INIT(10000), want = AKV_BUF_INIT(10000);
    size_t i, f;

    remote_vault_reset();
    for (i = 0; i < COUNT(uris); i++) {
        BIO *bio;
        EVP_PKEY *key;

        CHECK(remote_reference(uris[i], &want));
        bio = BIO_new_mem_buf(want.data, (int)want.len);
        key = PEM_read_bio_PrivateKey_ex(bio, NULL, NULL, NULL, fixture.libctx,
                                         NULL);
        BIO_free(bio);
        for (f = 0; f < 2; f++) { /* PEM, with its structure named or not */
            CHECK_AT(uris[i], encode(key, &forms[f], NULL, NULL, &got));
            CHECK_STR(uris[i], akv_buf_str(&got), akv_buf_str(&want));
        }
        EVP_PKEY_free(key);
        akv_buf_free(&want);
    }
    /* What the vault says that a key may do goes with it. */
    CHECK(encode(keys.remote_rsa, &forms[0], NULL, NULL, &got));
    CHECK(
        "nothing before it"
        && strncmp(akv_buf_str(&got), "-----BEGIN AKV KEY REFERENCE-----\n", 34)
               == 0);
    CHECK_INT("requests", remote.gets, 0);
    akv_buf_free(&got);
    CHECK_STR("no error", provider_errors(), "");
}

/* There is no private half to write, and nothing half is written. */
static void refused(void)
{
    static const struct form none[] = {
        { "DER", "PrivateKeyInfo", EVP_PKEY_KEYPAIR },
        { "DER", "type-specific", EVP_PKEY_KEYPAIR },
        { "DER", "EncryptedPrivateKeyInfo", EVP_PKEY_KEYPAIR },
    };
    struct akv_buf out = AKV_BUF_INIT(10000);
    size_t i;

    for (i = 0; i < COUNT(none) * 2; i++) {
        CHECK_AT(none[i / 2].structure,
                 !encode(i % 2 == 0 ? keys.remote_rsa : keys.remote_ec,
                         &none[i / 2], NULL, PREFER, &out));
        CHECK_HAS(none[i / 2].structure, provider_errors(),
                  "written as a reference, in PEM");
    }
    ERR_clear_error();
    CHECK(!encode(keys.remote_ec, &forms[0], "AES-256-CBC", NULL, &out));
    CHECK_HAS("a passphrase", provider_errors(),
              "takes no passphrase: leave out AES-256-CBC");
    akv_buf_free(&out);
}

/* The public half is like any other's. */
static void public_half(void)
{
    struct akv_buf got = AKV_BUF_INIT(10000), want = AKV_BUF_INIT(10000);
    size_t i;

    for (i = 0; i < COUNT(forms) * 2; i++) {
        const struct form *form = &forms[i / 2];
        bool rsa = i % 2 == 0;

        if (form->selection != EVP_PKEY_PUBLIC_KEY)
            continue;
        CHECK(encode(rsa ? remote.rsa : remote.ec, form, NULL, THEIRS, &want));
        CHECK_AT(form->output, encode(rsa ? keys.remote_rsa : keys.remote_ec,
                                      form, NULL, NULL, &got));
        CHECK_INT(form->output, got.len, want.len);
        CHECK_STR(form->output, akv_buf_str(&got), akv_buf_str(&want));
    }
    CHECK(encode(keys.remote_ec, &forms[7], NULL, NULL, &got));
    CHECK_HAS("text", akv_buf_str(&got),
              "Private-Key in Azure Key Vault: "
              "akv://v.vault.azure.net/keys/ec/" VERSION "\nPublic-Key: (");
    CHECK(strstr(akv_buf_str(&got), "priv:") == NULL);
    akv_buf_free(&got);
    akv_buf_free(&want);
}

/* The disk is full. */
static void no_room(void)
{
    EVP_PKEY *const all[] = { keys.remote_rsa, keys.remote_ec, keys.plain_rsa,
                              keys.plain_ec };
    size_t i, f;

    for (i = 0; i < COUNT(all); i++)
        for (f = 0; f < COUNT(forms); f++) {
            OSSL_ENCODER_CTX *ctx = OSSL_ENCODER_CTX_new_for_pkey(
                all[i], forms[f].selection, forms[f].output, forms[f].structure,
                PREFER);
            BIO *full = BIO_new_mem_buf("", 0); /* read-only */

            CHECK_AT(forms[f].output, OSSL_ENCODER_to_bio(ctx, full) != 1);
            OSSL_ENCODER_CTX_free(ctx);
            BIO_free(full);
        }
    ERR_clear_error();
}

int main(void)
{
    static const struct unit_test tests[] = {
        { "set up", set_up },
        { "software keys", software },
        { "with a passphrase", locked },
        { "that cannot be locked", not_locked },
        { "references", reference },
        { "what there is not", refused },
        { "public halves", public_half },
        { "no room", no_room },
        { "tear down", tear_down },
    };

    return unit_main("encoder", tests, COUNT(tests));
}
