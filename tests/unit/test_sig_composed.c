/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The composed algorithms of OpenSSL 3.4, with keys of the vault and with
 * software keys: what is signed verifies by the default provider's, and the
 * other way round. Older versions do not see them.
 */

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <string.h>

#include "remote_vault.h"

static void set_up(void)
{
    CHECK(remote_vault_open(NULL));
}

static void tear_down(void)
{
    remote_vault_close();
    CHECK(fixture.libctx == NULL);
}

static const struct row {
    const char *name, *uri, *alg, *digest;
} rows[] = {
    { "RSA-SHA2-256", "akv://v/keys/rsa", "RS256", "SHA256" },
    { "RSA-SHA384", "akv://v/keys/rsa", "RS384", "SHA384" },
    { "sha512WithRSAEncryption", "akv://v/keys/rsa", "RS512", "SHA512" },
    { "ECDSA-SHA2-256", "akv://v/keys/ec", "ES256", "SHA256" },
    { "1.2.840.10045.4.3.3", "akv://v/keys/ec", "ES256", "SHA384" },
    { "ecdsa-with-SHA512", "akv://v/keys/ec521", "ES512", "SHA512" },
};

#if OPENSSL_VERSION_PREREQ(3, 4)

static const unsigned char message[] = "what is to be signed";

/* How the message is handed over. */
enum how { IN_PARTS, AT_ONCE, AS_DIGEST, BY_DUPLICATE, HOWS };

struct use {
    EVP_PKEY_CTX *ctx;
    EVP_SIGNATURE *alg;
};

static bool begin(struct use *use, EVP_PKEY *key, const char *name,
                  const char *propq)
{
    use->ctx = EVP_PKEY_CTX_new_from_pkey(fixture.libctx, key, propq);
    use->alg = EVP_SIGNATURE_fetch(fixture.libctx, name, propq);
    return use->ctx != NULL && use->alg != NULL;
}

static void end(struct use *use)
{
    EVP_PKEY_CTX_free(use->ctx);
    EVP_SIGNATURE_free(use->alg);
}

/* Half of the message was taken in; a duplicate goes on. */
static bool go_on_with_duplicate(struct use *use)
{
    EVP_PKEY_CTX *copy = EVP_PKEY_CTX_dup(use->ctx);

    EVP_PKEY_CTX_free(use->ctx);
    use->ctx = copy;
    return copy != NULL;
}

static size_t digest_of(const struct row *row, unsigned char *out)
{
    size_t len = 0;

    CHECK(EVP_Q_digest(fixture.libctx, row->digest, THEIRS, message,
                       sizeof(message), out, &len));
    return len;
}

static bool sign_in(struct use *use, const struct row *row, enum how how,
                    unsigned char *sig, size_t *len)
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    EVP_PKEY_CTX *ctx = use->ctx;
    size_t most = 0;

    if (how == AS_DIGEST)
        return EVP_PKEY_sign_init_ex2(ctx, use->alg, NULL) == 1
               && EVP_PKEY_sign(ctx, NULL, &most, digest,
                                digest_of(row, digest))
                      == 1
               && most <= *len
               && EVP_PKEY_sign(ctx, sig, len, digest, digest_of(row, digest))
                      == 1;
    if (EVP_PKEY_sign_message_init(ctx, use->alg, NULL) != 1)
        return false;
    if (how == AT_ONCE)
        return EVP_PKEY_sign(ctx, NULL, &most, message, sizeof(message)) == 1
               && most <= *len
               && EVP_PKEY_sign(ctx, sig, len, message, sizeof(message)) == 1;
    return EVP_PKEY_sign_message_update(ctx, message, 5) == 1
           && (how != BY_DUPLICATE || go_on_with_duplicate(use))
           && EVP_PKEY_sign_message_update(use->ctx, message + 5,
                                           sizeof(message) - 5)
                  == 1
           && EVP_PKEY_sign_message_final(use->ctx, NULL, &most) == 1
           && most <= *len
           && EVP_PKEY_sign_message_final(use->ctx, sig, len) == 1;
}

/* 0: it cannot be done. */
static size_t sign(EVP_PKEY *key, const char *propq, const struct row *row,
                   enum how how, unsigned char *sig, size_t size)
{
    struct use use;

    if (!begin(&use, key, row->name, propq)
        || !sign_in(&use, row, how, sig, &size))
        size = 0;
    end(&use);
    return size;
}

static bool verify_in(struct use *use, const struct row *row, enum how how,
                      const unsigned char *sig, size_t len)
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    EVP_PKEY_CTX *ctx = use->ctx;

    if (how == AS_DIGEST)
        return EVP_PKEY_verify_init_ex2(ctx, use->alg, NULL) == 1
               && EVP_PKEY_verify(ctx, sig, len, digest, digest_of(row, digest))
                      == 1;
    if (EVP_PKEY_verify_message_init(ctx, use->alg, NULL) != 1)
        return false;
    if (how == AT_ONCE)
        return EVP_PKEY_verify(ctx, sig, len, message, sizeof(message)) == 1;
    return EVP_PKEY_CTX_set_signature(ctx, sig, len) == 1
           && EVP_PKEY_verify_message_update(ctx, message, 5) == 1
           && (how != BY_DUPLICATE || go_on_with_duplicate(use))
           && EVP_PKEY_verify_message_update(use->ctx, message + 5,
                                             sizeof(message) - 5)
                  == 1
           && EVP_PKEY_verify_message_final(use->ctx) == 1;
}

static bool verify(EVP_PKEY *key, const char *propq, const struct row *row,
                   enum how how, const unsigned char *sig, size_t len)
{
    struct use use;
    bool ok = begin(&use, key, row->name, propq)
              && verify_in(&use, row, how, sig, len);

    end(&use);
    ERR_clear_error();
    return ok;
}

/* Each way gives one signature by one request, which verifies in each way by
 * the vault's key and by the default provider; one bit more does not. */
static void of_the_vault(void)
{
    unsigned char sig[512];
    size_t i, how, len;

    for (i = 0; i < COUNT(rows) * HOWS; i++) {
        const struct row *row = &rows[i / HOWS];
        EVP_PKEY *key = remote_key(row->uri);

        remote_vault_reset();
        len = sign(key, OURS, row, i % HOWS, sig, sizeof(sig));
        CHECK_AT(row->name, len > 0);
        CHECK_INT(row->name, remote.signs, 1);
        CHECK_STR(row->name, remote.alg, row->alg);
        for (how = 0; how < HOWS; how++) {
            CHECK_AT(row->name, verify(key, OURS, row, how, sig, len));
            CHECK_AT(row->name, verify(remote_original(row->uri), THEIRS, row,
                                       how, sig, len));
        }
        sig[len / 2] ^= 1;
        for (how = 0; how < HOWS; how++)
            CHECK_AT(row->name, !verify(key, OURS, row, how, sig, len));
        CHECK_INT("verification asks nothing", remote.signs, 1);
        EVP_PKEY_free(key);
    }
}

static void of_software(void)
{
    unsigned char sig[512];
    size_t i, how, len;

    remote_vault_reset();
    for (i = 0; i < COUNT(rows) * HOWS; i++) {
        const struct row *row = &rows[i / HOWS];
        EVP_PKEY *theirs = remote_original(row->uri);
        EVP_PKEY *key = import_key(theirs, EVP_PKEY_KEYPAIR, OURS);

        len = sign(key, OURS, row, i % HOWS, sig, sizeof(sig));
        CHECK_AT(row->name, len > 0);
        for (how = 0; how < HOWS; how++)
            CHECK_AT(row->name, verify(theirs, THEIRS, row, how, sig, len));
        len = sign(theirs, THEIRS, row, i % HOWS, sig, sizeof(sig));
        for (how = 0; how < HOWS; how++)
            CHECK_AT(row->name, verify(key, OURS, row, how, sig, len));
        EVP_PKEY_free(key);
    }
    CHECK_INT("requests", remote.signs, 0);
}

/* What is fixed stays so; what does not fit is refused before a request. */
static void refused(void)
{
    EVP_PKEY *rsa = remote_key("akv://v/keys/rsa");
    EVP_PKEY *ec = remote_key("akv://v/keys/ec");
    unsigned char sig[512], digest[20] = { 0 };
    size_t len = sizeof(sig);
    struct use use;

    remote_vault_reset();
    CHECK_INT("an RSA key for ECDSA",
              sign(rsa, OURS, &rows[3], AT_ONCE, sig, len), 0);
    CHECK_INT("an EC key for RSA", sign(ec, OURS, &rows[0], AT_ONCE, sig, len),
              0);
    ERR_clear_error();
    if (CHECK(begin(&use, rsa, rows[0].name, OURS))) {
        CHECK_INT("init", EVP_PKEY_sign_init_ex2(use.ctx, use.alg, NULL), 1);
        CHECK_INT(
            "a digest of another length",
            EVP_PKEY_sign(use.ctx, sig, &len, digest, sizeof(digest)) == 1, 0);
        CHECK_HAS("reason", provider_errors(), "20");
    }
    end(&use);
    if (CHECK(begin(&use, rsa, rows[0].name, OURS))) {
        CHECK_INT("init", EVP_PKEY_sign_message_init(use.ctx, use.alg, NULL),
                  1);
        (void)EVP_PKEY_CTX_set_rsa_padding(use.ctx, RSA_PKCS1_PSS_PADDING);
        len = sizeof(sig);
        CHECK_INT("sign",
                  EVP_PKEY_sign(use.ctx, sig, &len, message, sizeof(message)),
                  1);
        CHECK_STR("the padding", remote.alg, "RS256");
    }
    end(&use);
    ERR_clear_error();
    if (CHECK(begin(&use, rsa, rows[0].name, OURS))) {
        CHECK_INT("init", EVP_PKEY_verify_message_init(use.ctx, use.alg, NULL),
                  1);
        CHECK_INT("no signature", EVP_PKEY_verify_message_final(use.ctx) == 1,
                  0);
    }
    end(&use);
    ERR_clear_error();
    CHECK_INT("requests", remote.signs, 1);
    EVP_PKEY_free(rsa);
    EVP_PKEY_free(ec);
}

#else

static void absent(void)
{
    size_t i;

    for (i = 0; i < COUNT(rows); i++)
        CHECK_AT(rows[i].name,
                 EVP_SIGNATURE_fetch(fixture.libctx, rows[i].name, OURS)
                     == NULL);
    ERR_clear_error();
}

#endif

int main(void)
{
    static const struct unit_test tests[] = {
        { "set up", set_up },
#if OPENSSL_VERSION_PREREQ(3, 4)
        { "keys of the vault", of_the_vault },
        { "software keys", of_software },
        { "refused", refused },
#else
        { "absent", absent },
#endif
        { "tear down", tear_down },
    };

    return unit_main("sig_composed", tests, COUNT(tests));
}
