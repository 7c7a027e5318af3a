/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Key references through libcrypto's decoders: what is ours becomes a key, by
 * no request where it can be; what is not is left as it is.
 */

#include <openssl/core_names.h>
#include <openssl/core_object.h>
#include <openssl/decoder.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "cert_fixture.h"
#include "key.h"
#include "remote_vault.h"

#define VERSION "0123456789abcdef0123456789abcdef"
#define RSA_URI "akv://v/keys/rsa/" VERSION
#define EC_URI "akv://v/keys/ec/" VERSION
#define THREADS 8
#define ROUNDS 20
#define MANY 24 /* more than the cache keeps */

static struct akv_buf rsa_pem = AKV_BUF_INIT(10000);
static struct akv_buf ec_pem = AKV_BUF_INIT(10000);

static void set_up(void)
{
    CHECK(remote_vault_open(NULL));
    CHECK(remote_reference(RSA_URI, &rsa_pem));
    CHECK(remote_reference(EC_URI, &ec_pem));
}

static void tear_down(void)
{
    akv_buf_free(&rsa_pem);
    akv_buf_free(&ec_pem);
    remote_vault_close();
    CHECK(fixture.libctx == NULL);
}

static BIO *bio_of(const struct akv_buf *text)
{
    BIO *bio = BIO_new_mem_buf(akv_buf_str(text), (int)text->len);

    CHECK(bio != NULL);
    return bio;
}

static void add_cert(struct akv_buf *text)
{
    X509 *cert = cert_make(remote.ec, "cert");

    cert_pem(cert, text);
    X509_free(cert);
}

/* A passphrase that nobody should ask for. */
static int no_passphrase(ossl_unused char *buf, ossl_unused int size,
                         ossl_unused int writes, ossl_unused void *arg)
{
    CHECK_AT("a passphrase is asked for", false);
    return -1;
}

static EVP_PKEY *read_pem(BIO *bio)
{
    return PEM_read_bio_PrivateKey_ex(bio, NULL, no_passphrase, NULL,
                                      fixture.libctx, NULL);
}

static EVP_PKEY *read_text(const struct akv_buf *text)
{
    BIO *bio = bio_of(text);
    EVP_PKEY *key = read_pem(bio);

    BIO_free(bio);
    return key;
}

static void check_key(const char *where, EVP_PKEY *key,
                      const EVP_PKEY *original)
{
    if (!CHECK_AT(where, key != NULL))
        return;
    CHECK_AT(where, is_ours(key));
    CHECK_AT(where, EVP_PKEY_eq(key, original) == 1);
    EVP_PKEY_free(key);
    CHECK_STR(where, provider_errors(), "");
}

/* As most servers read a file. */
static void pem(void)
{
    remote_vault_reset();
    check_key("rsa", read_text(&rsa_pem), remote.rsa);
    check_key("ec", read_text(&ec_pem), remote.ec);
    CHECK_INT("requests", remote.gets, 0);
}

/* By OSSL_DECODER, with what the caller knows of the input. */
static void decoder(void)
{
    static const struct {
        const char *input, *structure, *type;
        int selection;
        bool found;
    } rows[] = {
        { NULL, NULL, NULL, 0, true },
        { "PEM", NULL, NULL, 0, true },
        { "PEM", NULL, "RSA", 0, true },
        { "PEM", NULL, "RSA", EVP_PKEY_KEYPAIR, true },
        { NULL, NULL, "rsaEncryption", EVP_PKEY_KEYPAIR, true },
        { "PEM", NULL, "EC", 0, false },
        { "PEM", NULL, "ED25519", 0, false },
        { "PEM", NULL, NULL, EVP_PKEY_PUBLIC_KEY, false },
        { "DER", NULL, "RSA", EVP_PKEY_KEYPAIR, false },
    };
    size_t i;

    for (i = 0; i < COUNT(rows); i++) {
        char where[20];
        EVP_PKEY *key = NULL;
        BIO *bio = bio_of(&rsa_pem);
        OSSL_DECODER_CTX *ctx = OSSL_DECODER_CTX_new_for_pkey(
            &key, rows[i].input, rows[i].structure, rows[i].type,
            rows[i].selection, fixture.libctx, NULL);

        (void)snprintf(where, sizeof(where), "row %zu", i);
        if (ctx != NULL)
            (void)OSSL_DECODER_from_bio(ctx, bio);
        if (rows[i].found)
            check_key(where, key, remote.rsa);
        else
            CHECK_AT(where, key == NULL);
        OSSL_DECODER_CTX_free(ctx);
        BIO_free(bio);
        ERR_clear_error();
    }
}

/* Several references in one file are several keys, whatever is around them. */
static void several(void)
{
    struct akv_buf text = AKV_BUF_INIT(40000);
    BIO *bio;

    CHECK(akv_buf_append_str(&text, "some words\n")
          && akv_buf_append(&text, rsa_pem.data, rsa_pem.len));
    add_cert(&text);
    CHECK(akv_buf_append(&text, ec_pem.data, ec_pem.len)
          && akv_buf_append(&text, ec_pem.data, ec_pem.len)
          && akv_buf_append(&text, rsa_pem.data, rsa_pem.len));
    bio = bio_of(&text);
    remote_vault_reset();
    check_key("first", read_pem(bio), remote.rsa);
    check_key("second", read_pem(bio), remote.ec);
    check_key("third", read_pem(bio), remote.ec);
    check_key("fourth", read_pem(bio), remote.rsa);
    CHECK(read_pem(bio) == NULL);
    CHECK_INT("requests", remote.gets, 0);
    BIO_free(bio);
    akv_buf_free(&text);
    ERR_clear_error();
}

/* --- What is not ours ----------------------------------------------------- */

/* The reasons on the queue, one a letter, without the places. */
static void take_reasons(unsigned long *codes, size_t most)
{
    size_t n = 0;
    unsigned long code;

    memset(codes, 0, most * sizeof(*codes));
    while ((code = ERR_get_error()) != 0 && n < most)
        codes[n++] = code;
}

/* It is read as if we were not there, with the same reasons if it fails. */
static void as_without_us(const char *where, const struct akv_buf *text)
{
    OSSL_LIB_CTX *bare = OSSL_LIB_CTX_new();
    unsigned long want_codes[8], codes[8];
    BIO *bio = bio_of(text);
    EVP_PKEY *want, *key;

    ERR_clear_error();
    want = PEM_read_bio_PrivateKey_ex(bio, NULL, NULL, NULL, bare, NULL);
    take_reasons(want_codes, COUNT(want_codes));
    CHECK(BIO_reset(bio) >= 0);
    key =
        PEM_read_bio_PrivateKey_ex(bio, NULL, NULL, NULL, fixture.libctx, NULL);
    take_reasons(codes, COUNT(codes));
    CHECK_AT(where, (want == NULL) == (key == NULL));
    CHECK_AT(where, memcmp(codes, want_codes, sizeof(codes)) == 0);
    CHECK_AT(where,
             key == NULL || (!is_ours(key) && EVP_PKEY_eq(key, want) == 1));
    EVP_PKEY_free(want);
    EVP_PKEY_free(key);
    BIO_free(bio);
    OSSL_LIB_CTX_free(bare);
}

static void foreign_pem(void)
{
    static const char *const texts[] = {
        "",
        "no PEM at all",
        "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n",
        "-----BEGIN AKV KEY-----\nAAAA\n-----END AKV KEY-----\n",
        "-----BEGIN X-----\nAAAA\n-----END X-----\n",
        "-----BEGIN PRIVATE KEY-----\nno base64!\n-----END PRIVATE KEY-----\n",
        "-----BEGIN PRIVATE KEY-----\n",
    };
    struct akv_buf text = AKV_BUF_INIT(10000);
    EVP_PKEY *edwards = EVP_PKEY_Q_keygen(fixture.libctx, THEIRS, "ED25519");
    size_t i;

    remote_vault_reset();
    for (i = 0; i < COUNT(texts); i++) {
        akv_buf_free(&text);
        CHECK(akv_buf_append_str(&text, texts[i]));
        as_without_us(texts[i], &text);
    }
    akv_buf_free(&text);
    cert_pem_key(remote.rsa, NULL, &text);
    as_without_us("RSA", &text);
    akv_buf_free(&text);
    cert_pem_key(remote.ec, NULL, &text);
    as_without_us("EC", &text);
    akv_buf_free(&text);
    cert_pem_key(edwards, NULL, &text);
    as_without_us("Ed25519", &text);
    akv_buf_free(&text);
    add_cert(&text);
    as_without_us("a certificate", &text);
    CHECK_INT("requests", remote.gets, 0);
    EVP_PKEY_free(edwards);
    akv_buf_free(&text);
}

static EVP_PKEY *read_der(OSSL_LIB_CTX *libctx, const void *der, size_t len)
{
    const unsigned char *p = der;

    return d2i_AutoPrivateKey_ex(NULL, &p, (long)len, libctx, NULL);
}

/* Keys in DER, whole and cut short; and the reference itself in DER, which is
 * a kind of PEM only. */
static void foreign_der(void)
{
    unsigned char *der = NULL;
    int len = i2d_PrivateKey(remote.ec, &der), cut;
    EVP_PKEY *key = read_der(fixture.libctx, der, (size_t)len);

    CHECK(key != NULL && !is_ours(key) && EVP_PKEY_eq(key, remote.ec) == 1);
    EVP_PKEY_free(key);
    for (cut = 0; cut < len; cut++) {
        key = read_der(fixture.libctx, der, (size_t)cut);
        CHECK(key == NULL);
        EVP_PKEY_free(key);
    }
    CHECK(strstr(provider_errors(), "akv") == NULL);
    OPENSSL_free(der);
}

/* --- The second step ------------------------------------------------------ */

struct seen {
    unsigned count;
    struct akv_key *key; /* owned */
    char type[20];
};

static void take(struct seen *seen, void *data)
{
    memcpy(&seen->key, data, sizeof(seen->key));
    memset(data, 0, sizeof(seen->key));
}

static int construct(ossl_unused OSSL_DECODER_INSTANCE *instance,
                     const OSSL_PARAM *params, void *arg)
{
    struct seen *seen = arg;
    const OSSL_PARAM *ref =
        OSSL_PARAM_locate_const(params, OSSL_OBJECT_PARAM_REFERENCE);
    const OSSL_PARAM *type =
        OSSL_PARAM_locate_const(params, OSSL_OBJECT_PARAM_DATA_TYPE);
    const char *name = "";

    seen->count++;
    if (CHECK(ref != NULL && ref->data_size == sizeof(seen->key)))
        take(seen, ref->data);
    CHECK(type != NULL && OSSL_PARAM_get_utf8_string_ptr(type, &name) == 1);
    (void)snprintf(seen->type, sizeof(seen->type), "%s", name);
    return 1;
}

/* Gives DER to one of our decoders, and to no other. */
static void decode_with(const char *name, const unsigned char *der, size_t len,
                        struct seen *seen)
{
    OSSL_DECODER *one = OSSL_DECODER_fetch(
        fixture.libctx, name,
        "provider=keyvault,input=der,structure=" AKV_KEY_REF_STRUCTURE);
    OSSL_DECODER_CTX *ctx = OSSL_DECODER_CTX_new();

    memset(seen, 0, sizeof(*seen));
    CHECK_AT(name, one != NULL && ctx != NULL
                       && OSSL_DECODER_CTX_add_decoder(ctx, one) == 1
                       && OSSL_DECODER_CTX_set_input_type(ctx, "DER") == 1
                       && OSSL_DECODER_CTX_set_construct(ctx, construct) == 1
                       && OSSL_DECODER_CTX_set_construct_data(ctx, seen) == 1);
    (void)OSSL_DECODER_from_data(ctx, &der, &len);
    OSSL_DECODER_CTX_free(ctx);
    OSSL_DECODER_free(one);
}

static unsigned char *der_of(const struct akv_buf *text, long *len)
{
    BIO *bio = bio_of(text);
    char *label = NULL, *header = NULL;
    unsigned char *der = NULL;

    CHECK(PEM_read_bio(bio, &label, &header, &der, len) == 1);
    CHECK_STR("label", label, AKV_KEY_REF_LABEL);
    OPENSSL_free(label);
    OPENSSL_free(header);
    BIO_free(bio);
    return der;
}

static void types(void)
{
    static const struct {
        const char *decoder;
        const struct akv_buf *pem;
        unsigned count;
    } rows[] = {
        { "RSA", &rsa_pem, 1 },
        { "EC", &rsa_pem, 0 },
        { "EC", &ec_pem, 1 },
        { "RSA", &ec_pem, 0 },
        { "rsaEncryption", &rsa_pem, 1 },
        { "1.2.840.10045.2.1", &ec_pem, 1 },
    };
    size_t i;

    remote_vault_reset();
    for (i = 0; i < COUNT(rows); i++) {
        long len = 0, cut;
        unsigned char *der = der_of(rows[i].pem, &len);
        struct seen seen;

        decode_with(rows[i].decoder, der, (size_t)len, &seen);
        CHECK_INT(rows[i].decoder, seen.count, rows[i].count);
        if (seen.count > 0)
            CHECK_STR("type", seen.type, rows[i].pem == &ec_pem ? "EC" : "RSA");
        akv_key_free(seen.key);
        CHECK(strstr(provider_errors(), ":keyvault:") == NULL);
        for (cut = 0; cut < len; cut += 7) {
            decode_with(rows[i].decoder, der, (size_t)cut, &seen);
            CHECK_INT("a part of it", seen.count, 0);
        }
        CHECK(strstr(provider_errors(), ":keyvault:") == NULL);
        OPENSSL_free(der);
    }
    CHECK_INT("requests", remote.gets, 0);
}

/* --- The cache ------------------------------------------------------------ */

/* The same file is the same key, for as long as it is kept. */
static void same_key(void)
{
    long len = 0;
    unsigned char *der = der_of(&ec_pem, &len);
    struct seen first, second;

    EVP_PKEY_free(read_text(&ec_pem)); /* puts it there */
    decode_with("EC", der, (size_t)len, &first);
    decode_with("EC", der, (size_t)len, &second);
    CHECK(first.key != NULL && second.key != NULL && first.key != second.key);
    CHECK_INT("not read anew",
              EVP_PKEY_eq(first.key->pkey, second.key->pkey)
                  && first.key->pkey == second.key->pkey,
              1);
    akv_key_free(first.key);
    akv_key_free(second.key);
    OPENSSL_free(der);
}

static struct akv_buf many[MANY];

static void make_many(void)
{
    size_t i;

    for (i = 0; i < MANY; i++) {
        char uri[100];

        (void)snprintf(uri, sizeof(uri), "akv://v/keys/%s/%032zx",
                       i % 2 == 0 ? "rsa" : "ec", i);
        akv_buf_init(&many[i], 10000);
        CHECK(remote_reference(uri, &many[i]));
    }
}

/* Writes it again: it is the very one of many. */
static bool is_number(EVP_PKEY *key, size_t i)
{
    BIO *bio = BIO_new(BIO_s_mem());
    char *text = NULL;
    bool ok = key != NULL
              && PEM_write_bio_PrivateKey_ex(bio, key, NULL, NULL, 0, NULL,
                                             NULL, fixture.libctx, NULL)
                     == 1;
    long len = BIO_get_mem_data(bio, &text);

    ok = ok && (size_t)len == many[i].len
         && memcmp(text, many[i].data, many[i].len) == 0;
    EVP_PKEY_free(key);
    BIO_free(bio);
    return ok;
}

/* More than are kept, in order and out of order. */
static void more_than_fit(void)
{
    EVP_PKEY *keys[MANY];
    size_t i;

    remote_vault_reset();
    for (i = 0; i < MANY; i++)
        keys[i] = read_text(&many[i]);
    for (i = 0; i < MANY; i++)
        CHECK(is_number(keys[i], i));
    for (i = 0; i < 60; i++) {
        size_t n = unit_random() % MANY;

        CHECK(is_number(read_text(&many[n]), n));
    }
    CHECK_INT("requests", remote.gets, 0);
}

static pthread_barrier_t start;

static void *read_some(void *arg)
{
    size_t first = *(size_t *)arg, i;

    *(size_t *)arg = 0;
    (void)pthread_barrier_wait(&start);
    for (i = 0; i < ROUNDS; i++) {
        size_t n = (first + i) % MANY;
        BIO *bio = BIO_new_mem_buf(akv_buf_str(&many[n]), (int)many[n].len);

        *(size_t *)arg += is_number(read_pem(bio), n);
        BIO_free(bio);
    }
    ERR_clear_error();
    return NULL;
}

static void threads(void)
{
    pthread_t ids[THREADS];
    size_t done[THREADS], i;

    CHECK(pthread_barrier_init(&start, NULL, THREADS) == 0);
    for (i = 0; i < THREADS; i++) {
        done[i] = i / 2; /* two do the same */
        CHECK(pthread_create(&ids[i], NULL, read_some, &done[i]) == 0);
    }
    for (i = 0; i < THREADS; i++) {
        CHECK(pthread_join(ids[i], NULL) == 0);
        CHECK_INT("keys", done[i], ROUNDS);
    }
    CHECK(pthread_barrier_destroy(&start) == 0);
    for (i = 0; i < MANY; i++)
        akv_buf_free(&many[i]);
}

/* --- References without a version, and bad ones --------------------------- */

static void unpinned(void)
{
    struct akv_buf text = AKV_BUF_INIT(10000);

    CHECK(remote_reference("akv://v/keys/ec", &text));
    remote_vault_reset();
    check_key("current", read_text(&text), remote.ec);
    CHECK_INT("requests", remote.gets, 1);
    check_key("current", read_text(&text), remote.ec);
    CHECK_INT("it may be another by now", remote.gets, 2);
    akv_buf_free(&text);
}

/* One reason, ours, and nothing is asked. */
static void bad_block(const char *where, const void *der, size_t len,
                      const char *reason)
{
    BIO *bio = BIO_new(BIO_s_mem());
    const char *errors;
    EVP_PKEY *key;

    CHECK(PEM_write_bio(bio, AKV_KEY_REF_LABEL, "", der, (long)len) > 0);
    ERR_clear_error();
    key = read_pem(bio);
    CHECK_AT(where, key == NULL);
    errors = provider_errors();
    CHECK_HAS(where, errors, reason);
    EVP_PKEY_free(key);
    BIO_free(bio);
}

static void bad(void)
{
    static unsigned char huge[AKV_KEY_REF_MAX + 100];
    long len = 0, cut;
    unsigned char *der = der_of(&rsa_pem, &len), *longer;

    remote_vault_reset();
    for (cut = 1; cut < len; cut += 11)
        bad_block("cut short", der, (size_t)cut, "bad key reference");
    longer = OPENSSL_zalloc((size_t)len + 1);
    memcpy(longer, der, (size_t)len);
    bad_block("something behind it", longer, (size_t)len + 1,
              "bad key reference");
    bad_block("zeros", huge, 50, "bad key reference");
    bad_block("huge", huge, sizeof(huge), "bad key reference");
    CHECK_INT("requests", remote.gets, 0);
    OPENSSL_free(longer);
    OPENSSL_free(der);
}

int main(void)
{
    static const struct unit_test tests[] = {
        { "set up", set_up },
        { "in PEM", pem },
        { "by OSSL_DECODER", decoder },
        { "several in one file", several },
        { "foreign PEM", foreign_pem },
        { "foreign DER", foreign_der },
        { "each type by its decoder", types },
        { "the same key", same_key },
        { "make many", make_many },
        { "more than the cache keeps", more_than_fit },
        { "several threads", threads },
        { "without a version", unpinned },
        { "bad references", bad },
        { "tear down", tear_down },
    };

    return unit_main("decoder", tests, COUNT(tests));
}
