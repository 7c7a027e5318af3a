/* SPDX-License-Identifier: Apache-2.0 */

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <string.h>

#include "akv/key_ref.h"
#include "base/settings_impl.h"
#include "unit.h"

#define VERSION "0123456789abcdef0123456789abcdef"

static struct akv_settings settings;

static bool set_up(void)
{
    return unit_settings(&settings, NULL, "trusted-hosts", "localhost", NULL);
}

/* A reference to a key, with or without a public key that is one. */
static void make(struct akv_key_ref *ref, const char *uri,
                 enum akv_key_type type, bool pinned)
{
    EVP_PKEY *pkey = NULL;
    unsigned char *der = NULL;
    int len;

    akv_key_ref_init(ref);
    CHECK_AT(uri, akv_id_parse(&ref->id, uri, &settings, NULL));
    ref->type = type;
    if (!pinned)
        return;
    pkey = EVP_EC_gen("P-256");
    len = i2d_PUBKEY(pkey, &der);
    CHECK(len > 0 && akv_buf_append(&ref->spki, der, (size_t)len));
    OPENSSL_free(der);
    EVP_PKEY_free(pkey);
}

static void round_trips(void)
{
    static const struct {
        const char *uri;
        enum akv_key_type type;
        bool pinned;
        unsigned ops;
    } rows[] = {
        { "akv://v.vault.azure.net/keys/k", AKV_KEY_RSA, false, 0 },
        { "akv://localhost:8443/keys/k", AKV_KEY_EC, false, AKV_OP_SIGN },
        { "akv://v.managedhsm.azure.net/keys/k/" VERSION, AKV_KEY_EC, true,
          AKV_OP_SIGN | AKV_OP_VERIFY | AKV_OP_UNWRAP | AKV_OP_DERIVE },
        { "akv://v.vault.azure.net/keys/k/" VERSION, AKV_KEY_RSA, true, 0 },
    };
    size_t i;

    CHECK(set_up());
    for (i = 0; i < COUNT(rows); i++) {
        struct akv_buf der = AKV_BUF_INIT(AKV_KEY_REF_MAX);
        struct akv_error err = AKV_ERROR_INIT;
        struct akv_key_ref ref, read;

        make(&ref, rows[i].uri, rows[i].type, rows[i].pinned);
        ref.ops = rows[i].ops;
        CHECK_AT(rows[i].uri, akv_key_ref_write_der(&ref, &der, &err));
        CHECK_AT(rows[i].uri,
                 akv_key_ref_read(&read, der.data, der.len, &settings, &err));
        CHECK_STR(rows[i].uri, read.id.host, ref.id.host);
        CHECK_INT(rows[i].uri, read.id.port, ref.id.port);
        CHECK_STR(rows[i].uri, read.id.name, ref.id.name);
        CHECK_STR(rows[i].uri, read.id.version, ref.id.version);
        CHECK_INT(rows[i].uri, read.type, ref.type);
        CHECK_INT(rows[i].uri, read.ops, ref.ops);
        CHECK_INT(rows[i].uri, read.spki.len, ref.spki.len);
        CHECK_AT(rows[i].uri,
                 ref.spki.len == 0
                     || memcmp(read.spki.data, ref.spki.data, ref.spki.len)
                            == 0);
        akv_key_ref_free(&ref);
        akv_key_ref_free(&read);
        akv_buf_free(&der);
    }
    akv_settings_clear(&settings);
}

static void pem(void)
{
    struct akv_buf text = AKV_BUF_INIT(AKV_KEY_REF_MAX);
    struct akv_buf full = AKV_BUF_INIT(3);
    char *name = NULL, *header = NULL;
    unsigned char *der = NULL;
    struct akv_key_ref ref, read;
    struct akv_error err = AKV_ERROR_INIT;
    long len = 0;
    BIO *bio;

    CHECK(set_up());
    make(&ref, "akv://localhost:1/keys/k/" VERSION, AKV_KEY_EC, true);
    CHECK(akv_key_ref_write_pem(&ref, &text, &err));
    CHECK("nothing before it"
          && strncmp(akv_buf_str(&text), "-----BEGIN AKV KEY REFERENCE-----\n",
                     34)
                 == 0);
    bio = BIO_new_mem_buf(text.data, (int)text.len);
    CHECK(PEM_read_bio(bio, &name, &header, &der, &len) == 1);
    CHECK_STR("label", name, AKV_KEY_REF_LABEL);
    CHECK(akv_key_ref_read(&read, der, (size_t)len, &settings, &err));
    CHECK_STR("name", read.id.name, "k");
    CHECK(!akv_key_ref_write_pem(&ref, &full, &err));
    CHECK_INT("code", err.code, AKV_E_MEMORY);
    OPENSSL_free(name);
    OPENSSL_free(header);
    OPENSSL_free(der);
    BIO_free(bio);
    akv_key_ref_free(&ref);
    akv_key_ref_free(&read);
    akv_buf_free(&text);
    akv_buf_free(&full);
    akv_settings_clear(&settings);
}

/* DER by hand: what our own writer never writes. */
#define INT1 "\x02\x01\x01"
#define URI                                                                    \
    "\x0c\x1e"                                                                 \
    "akv://v.vault.azure.net/keys/k"
#define PINNED                                                                 \
    "\x0c\x20"                                                                 \
    "akv://v.vault.azure.net/keys/k/1"
#define RSA                                                                    \
    "\x0c\x03"                                                                 \
    "RSA"
#define EMPTY_KEY "\xa0\x02\x30\x00"

static void bad(void)
{
    static const struct {
        const char *content; /* of the outer SEQUENCE */
        size_t len;
        enum akv_error_code code;
        const char *why;
    } rows[] = {
#define ROW(text, code, why) { text, sizeof(text) - 1, code, why }
        ROW("", AKV_E_INVALID, "damaged"),
        ROW("\x02\x01\x02" URI RSA, AKV_E_INVALID, "format version 2"),
        ROW("\x02\x09\x01\1\1\1\1\1\1\1\1" URI RSA, AKV_E_INVALID, "no number"),
        ROW(INT1 "\x04\x01x" RSA, AKV_E_INVALID, "damaged"),
        ROW(INT1 "\x0c\x01x" RSA, AKV_E_INVALID, "x"),
        ROW(INT1 "\x0c\x20"
                 "akv://v.vault.azure.net/secrets/" RSA,
            AKV_E_INVALID, "names no key: 'akv://v.vault.azure.net/secrets/'"),
        ROW(INT1 "\x0c\x1c"
                 "akv://v.vault.azure.net/keys" RSA,
            AKV_E_INVALID, "names no key"),
        ROW(INT1 "\x0c\x1c"
                 "akv://evil.example.org/keys"
                 "\0" RSA,
            AKV_E_INVALID, "its URI has a NUL in it"),
        ROW(INT1 "\x0c\x1d"
                 "akv://evil.example.org/keys/k" RSA,
            AKV_E_UNTRUSTED_HOST,
            "names evil.example.org: the host is no vault"),
        ROW(INT1 URI "\x0c\x03"
                     "oct",
            AKV_E_INVALID, "key type 'oct'"),
        ROW(INT1 URI "\x0c\x14"
                     "aaaaaaaaaaaaaaaaaaaa",
            AKV_E_INVALID, "key type is none"),
        ROW(INT1 PINNED RSA, AKV_E_INVALID, "no public key"),
        ROW(INT1 URI RSA EMPTY_KEY, AKV_E_INVALID, "names no version"),
        ROW(INT1 URI RSA "\xa1\x05\x30\x03\x0c\x01\x00", AKV_E_INVALID,
            "no known name"),
        ROW(INT1 URI RSA "\xa2\x02\x30\x00", AKV_E_INVALID, "damaged"),
#undef ROW
    };
    size_t i;

    CHECK(set_up());
    for (i = 0; i < COUNT(rows); i++) {
        struct akv_error err = AKV_ERROR_INIT;
        struct akv_key_ref ref;
        unsigned char der[200] = { 0x30 };

        der[1] = (unsigned char)rows[i].len;
        memcpy(der + 2, rows[i].content, rows[i].len);
        CHECK_AT(rows[i].why, !akv_key_ref_read(&ref, der, rows[i].len + 2,
                                                &settings, &err));
        CHECK_INT(rows[i].why, err.code, rows[i].code);
        CHECK_HAS(rows[i].why, err.message, rows[i].why);
        akv_key_ref_free(&ref);
    }
    akv_settings_clear(&settings);
}

/* Every prefix of a good one, and bytes behind it. */
static void cut(void)
{
    struct akv_buf der = AKV_BUF_INIT(AKV_KEY_REF_MAX);
    struct akv_error err = AKV_ERROR_INIT;
    struct akv_key_ref ref, read;
    size_t len;

    CHECK(set_up());
    make(&ref, "akv://v.vault.azure.net/keys/k/1", AKV_KEY_EC, true);
    CHECK(akv_key_ref_write_der(&ref, &der, &err));
    for (len = 0; len < der.len; len++) {
        CHECK(!akv_key_ref_read(&read, der.data, len, &settings, &err));
        akv_key_ref_free(&read);
    }
    CHECK(akv_key_ref_read(&read, der.data, len, &settings, &err));
    akv_key_ref_free(&read);
    CHECK(akv_buf_append(&der, "", 1));
    CHECK(!akv_key_ref_read(&read, der.data, der.len, &settings, &err));
    akv_key_ref_free(&read);
    akv_key_ref_free(&ref);
    akv_buf_free(&der);
    akv_settings_clear(&settings);
}

int main(void)
{
    static const struct unit_test tests[] = {
        { "what is written can be read", round_trips },
        { "as PEM", pem },
        { "what cannot be used", bad },
        { "cut short, and too long", cut },
    };

    return unit_main("key_ref", tests, COUNT(tests));
}
