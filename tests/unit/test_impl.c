/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Who does what is passed through: by the role, the settings, and whether the
 * program's libcrypto is ours.
 */

#include <openssl/core_dispatch.h>
#include <openssl/encoder.h>
#include <openssl/err.h>
#include <string.h>

#include "config.h"
#include "impl.h"
#include "libctx.h"
#include "provider_fixture.h"

static struct akv_provider *prov;

static void set_up_with(const char *conf)
{
    CHECK(provider_set_up(conf));
    prov = OSSL_PROVIDER_get0_provider_ctx(fixture.akv);
}

static void set_up(void)
{
    set_up_with(NULL);
}

static void set_up_assumed(void)
{
    set_up_with("assume-fips = yes\n");
}

static void set_up_bad(void)
{
    set_up_with("assume-fips = perhaps\n");
}

static void tear_down(void)
{
    provider_tear_down();
    CHECK(fixture.libctx == NULL);
}

static void wishes(void)
{
    static const struct {
        const char *query;
        bool demands;
    } rows[] = {
        { NULL, false },
        { "", false },
        { "fips=yes", true },
        { "fips", true },
        { "provider=default, FIPS = Yes", true },
        { "?fips=yes", false },
        { "fips=no", false },
        { "-fips", false },
        { "fips!=yes", false },
        { "fipsy=yes", false },
    };
    size_t i;

    for (i = 0; i < COUNT(rows); i++)
        CHECK_INT(rows[i].query != NULL ? rows[i].query : "none",
                  akv_config_misses_fips(prov, rows[i].query), rows[i].demands);
}

static const char *who(enum akv_key_type type, enum akv_role role)
{
    const struct akv_impl *impl = akv_impl_get(prov, type, role);

    if (impl == NULL)
        return "nobody";
    return impl->libctx == fixture.libctx ? "the application" : "we";
}

static void roles(void)
{
    CHECK_INT("fips", akv_config_fips(prov), AKV_FIPS_NO);
    CHECK_STR("RSA", who(AKV_KEY_RSA, AKV_ROLE_LOCAL), "the application");
    CHECK_STR("EC", who(AKV_KEY_EC, AKV_ROLE_LOCAL), "the application");
    CHECK_STR("EC", who(AKV_KEY_EC, AKV_ROLE_VAULT), "we");
    CHECK(akv_impl_get(prov, AKV_KEY_EC, AKV_ROLE_LOCAL)
          == akv_impl_get(prov, AKV_KEY_EC, AKV_ROLE_LOCAL));
    CHECK_STR("no reason", provider_errors(), "");
    CHECK_STR("strictly", who(AKV_KEY_EC, AKV_ROLE_FIPS), "nobody");
    CHECK_HAS("strictly", provider_errors(), "assume-fips");
}

static void assumed(void)
{
    CHECK_INT("fips", akv_config_fips(prov), AKV_FIPS_ASSUMED);
    /* There is no provider with the property here. */
    CHECK_STR("local", who(AKV_KEY_RSA, AKV_ROLE_LOCAL), "the application");
    CHECK_STR("vault", who(AKV_KEY_RSA, AKV_ROLE_VAULT), "nobody");
    CHECK_HAS("vault", provider_errors(), "activate fips");
    CHECK(EVP_PKEY_Q_keygen(fixture.libctx, "provider=keyvault,fips=yes", "EC",
                            "P-256")
          == NULL);
    CHECK_HAS("generation", provider_errors(), "assume-fips");
}

/* --- A program with another libcrypto ---------------------------------------
 */

/* The digest is not ours: where only we are asked for one, 4.0 leaves a
 * reason. */
static bool works(EVP_PKEY *pkey)
{
    unsigned char sig[600];
    size_t len = sizeof(sig);
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    bool ok = EVP_DigestSignInit_ex(ctx, NULL, "SHA256", fixture.libctx,
                                    "?provider=keyvault", pkey, NULL)
                  == 1
              && EVP_DigestSign(ctx, sig, &len, (const void *)"x", 1) == 1;

    EVP_MD_CTX_free(ctx);
    ctx = EVP_MD_CTX_new();
    ok = ok
         && EVP_DigestVerifyInit_ex(ctx, NULL, "SHA256", fixture.libctx,
                                    "?provider=keyvault", pkey, NULL)
                == 1
         && EVP_DigestVerify(ctx, sig, len, (const void *)"x", 1) == 1;
    EVP_MD_CTX_free(ctx);
    return ok;
}

static bool is_written(EVP_PKEY *pkey, const char *output,
                       const char *structure, int selection)
{
    OSSL_ENCODER_CTX *ctx = OSSL_ENCODER_CTX_new_for_pkey(
        pkey, selection, output, structure, "?provider=keyvault");
    BIO *bio = BIO_new(BIO_s_mem());
    bool ok = OSSL_ENCODER_to_bio(ctx, bio) == 1 && BIO_pending(bio) > 0;

    BIO_free(bio);
    OSSL_ENCODER_CTX_free(ctx);
    return ok;
}

static void foreign(void)
{
    EVP_PKEY *keys[2];
    size_t i;

    prov->shares_libcrypto = false;
    CHECK_STR("RSA", who(AKV_KEY_RSA, AKV_ROLE_LOCAL), "we");
    CHECK_STR("EC", who(AKV_KEY_EC, AKV_ROLE_VAULT), "we");
    keys[0] = EVP_PKEY_Q_keygen(fixture.libctx, OURS, "RSA", (size_t)2048);
    keys[1] = EVP_PKEY_Q_keygen(fixture.libctx, OURS, "EC", "P-256");
    for (i = 0; i < COUNT(keys); i++) {
        CHECK(keys[i] != NULL && is_ours(keys[i]) && works(keys[i]));
        CHECK(is_written(keys[i], "PEM", "PrivateKeyInfo", EVP_PKEY_KEYPAIR));
        CHECK(is_written(keys[i], "DER", "SubjectPublicKeyInfo",
                         EVP_PKEY_PUBLIC_KEY));
        CHECK(is_written(keys[i], "TEXT", NULL, EVP_PKEY_KEYPAIR));
        EVP_PKEY_free(keys[i]);
    }
    CHECK_STR("no reason", provider_errors(), "");
    CHECK_STR("strictly", who(AKV_KEY_EC, AKV_ROLE_FIPS), "nobody");
    CHECK_HAS("strictly", provider_errors(), "another libcrypto");
}

int main(void)
{
    static const struct unit_test tests[] = {
        { "set up", set_up },
        { "wishes", wishes },
        { "roles", roles },
        { "another libcrypto", foreign },
        { "tear down", tear_down },
        { "set up under assume-fips", set_up_assumed },
        { "under assume-fips", assumed },
        { "tear down under assume-fips", tear_down },
        { "set up under a bad assume-fips", set_up_bad },
        { "under a bad assume-fips", assumed },
        { "tear down under a bad assume-fips", tear_down },
    };

    return unit_main("impl", tests, COUNT(tests));
}
