/* SPDX-License-Identifier: Apache-2.0 */

/* The provider without memory, and with OpenSSL's functions failing. */

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/rsa.h>
#include <openssl/store.h>
#include <string.h>

#include "remote_vault.h"
#include "torture.h"

static struct remote_keys keys;

/* A failure leaves something on the queue, if only libcrypto's own. */
static bool ended(bool ok)
{
    ERR_clear_error();
    return ok;
}

static bool load_and_unload(void)
{
    OSSL_LIB_CTX *libctx = OSSL_LIB_CTX_new();
    OSSL_PROVIDER *loaded = NULL;
    EVP_PKEY *key = NULL;

    if (libctx != NULL
        && OSSL_PROVIDER_add_builtin(libctx, "keyvault", OSSL_provider_init)
               == 1)
        loaded = OSSL_PROVIDER_load(libctx, "keyvault");
    if (loaded != NULL) /* the first use makes what loading does not */
        key = EVP_PKEY_Q_keygen(libctx, OURS, "EC", "P-256");
    EVP_PKEY_free(key);
    if (loaded != NULL)
        CHECK(OSSL_PROVIDER_unload(loaded) == 1);
    OSSL_LIB_CTX_free(libctx);
    return ended(key != NULL);
}

static bool load_key(void)
{
    EVP_PKEY *key = remote_key("akv://v/keys/ec"), *copy;
    bool ok;

    copy = key != NULL ? EVP_PKEY_dup(key) : NULL;
    ok = copy != NULL;
    EVP_PKEY_free(key);
    EVP_PKEY_free(copy);
    return ended(ok);
}

static bool load_both(void)
{
    OSSL_STORE_CTX *store = OSSL_STORE_open_ex(
        "akv://v/keys/rsa", fixture.libctx, NULL, NULL, NULL, NULL, NULL, NULL);
    int objects = 0, tries = 0;

    if (store == NULL)
        return ended(false);
    while (!OSSL_STORE_eof(store) && tries++ < 5) {
        OSSL_STORE_INFO *info = OSSL_STORE_load(store);

        objects += info != NULL;
        OSSL_STORE_INFO_free(info);
    }
    CHECK(tries < 5);
    CHECK(OSSL_STORE_close(store) == 1);
    return ended(objects == 2);
}

/* With a duplicate in the midst of it. */
static bool sign_with(EVP_PKEY *key, const char *digest)
{
    EVP_MD_CTX *ctx = EVP_MD_CTX_new(), *copy = EVP_MD_CTX_new();
    unsigned char sig[600];
    size_t len = sizeof(sig);
    bool ok = ctx != NULL && copy != NULL
              && EVP_DigestSignInit_ex(ctx, NULL, digest, fixture.libctx, OURS,
                                       key, NULL)
                     == 1
              && EVP_DigestSignUpdate(ctx, "a", 1) == 1
              && EVP_MD_CTX_copy_ex(copy, ctx) == 1
              && EVP_DigestSignFinal(copy, sig, &len) == 1;

    EVP_MD_CTX_free(ctx);
    EVP_MD_CTX_free(copy);
    return ended(ok);
}

static bool sign_remote_rsa(void)
{
    return sign_with(keys.remote_rsa, "SHA256");
}

static bool sign_remote_ec(void)
{
    return sign_with(keys.remote_ec, "SHA512");
}

static bool sign_plain_rsa(void)
{
    return sign_with(keys.plain_rsa, "SHA1");
}

static bool sign_plain_ec(void)
{
    return sign_with(keys.plain_ec, "SHA256");
}

static bool decrypt_with(EVP_PKEY *key)
{
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(fixture.libctx, key, OURS);
    EVP_PKEY_CTX *copy = NULL;
    unsigned char sealed[256], out[256];
    size_t sealed_len = sizeof(sealed), len = sizeof(out);
    bool ok = ctx != NULL && EVP_PKEY_encrypt_init(ctx) == 1
              && EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_OAEP_PADDING) == 1
              && EVP_PKEY_encrypt(ctx, sealed, &sealed_len,
                                  (const unsigned char *)"ab", 2)
                     == 1
              && EVP_PKEY_decrypt_init(ctx) == 1
              && EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_OAEP_PADDING) == 1
              && (copy = EVP_PKEY_CTX_dup(ctx)) != NULL
              && EVP_PKEY_decrypt(copy, out, &len, sealed, sealed_len) == 1
              && len == 2;

    EVP_PKEY_CTX_free(ctx);
    EVP_PKEY_CTX_free(copy);
    return ended(ok);
}

static bool decrypt_remote(void)
{
    return decrypt_with(keys.remote_rsa);
}

static bool decrypt_plain(void)
{
    return decrypt_with(keys.plain_rsa);
}

/* Import, copy, match, check, export. */
static bool manage(void)
{
    EVP_PKEY *imported = import_key(remote.ec, EVP_PKEY_KEYPAIR, OURS);
    EVP_PKEY *copy = imported != NULL ? EVP_PKEY_dup(imported) : NULL;
    EVP_PKEY *half =
        copy != NULL ? import_key(copy, EVP_PKEY_PUBLIC_KEY, THEIRS) : NULL;
    EVP_PKEY_CTX *ctx =
        copy != NULL ? EVP_PKEY_CTX_new_from_pkey(fixture.libctx, copy, OURS)
                     : NULL;
    bool ok = half != NULL && ctx != NULL && EVP_PKEY_eq(copy, half) == 1
              && EVP_PKEY_check(ctx) == 1;

    EVP_PKEY_CTX_free(ctx);
    EVP_PKEY_free(imported);
    EVP_PKEY_free(copy);
    EVP_PKEY_free(half);
    return ended(ok);
}

/* Parameters, then the peer's share, then a key of one's own. */
static bool share(void)
{
    EVP_PKEY *params = import_key(remote.ec, EVP_PKEY_KEY_PARAMETERS, OURS);
    EVP_PKEY *peer = EVP_PKEY_new(), *key = NULL;
    unsigned char *point = NULL;
    size_t len = EVP_PKEY_get1_encoded_public_key(remote.ec, &point);
    EVP_PKEY_CTX *ctx = NULL;
    bool ok =
        params != NULL && peer != NULL
        && EVP_PKEY_copy_parameters(peer, params) == 1
        && EVP_PKEY_set1_encoded_public_key(peer, point, len) == 1
        && (ctx = EVP_PKEY_CTX_new_from_pkey(fixture.libctx, params, OURS))
               != NULL
        && EVP_PKEY_keygen_init(ctx) == 1 && EVP_PKEY_generate(ctx, &key) == 1;

    EVP_PKEY_CTX_free(ctx);
    EVP_PKEY_free(key);
    EVP_PKEY_free(peer);
    EVP_PKEY_free(params);
    OPENSSL_free(point);
    return ended(ok);
}

static void set_up(void)
{
    remote_keys_open(&keys);
}

static void tear_down(void)
{
    remote_keys_close(&keys);
}

TORTURE(load_and_unload)
TORTURE(load_key)
TORTURE(load_both)
TORTURE(sign_remote_rsa)
TORTURE(sign_remote_ec)
TORTURE(sign_plain_rsa)
TORTURE(sign_plain_ec)
TORTURE(decrypt_remote)
TORTURE(decrypt_plain)
TORTURE(manage)
TORTURE(share)

int main(void)
{
    static const struct unit_test tests[] = {
        { "load and unload", torture_load_and_unload },
        { "set up", set_up },
        { "load a key", torture_load_key },
        { "load both halves", torture_load_both },
        { "sign with a remote RSA key", torture_sign_remote_rsa },
        { "sign with a remote EC key", torture_sign_remote_ec },
        { "sign with a plain RSA key", torture_sign_plain_rsa },
        { "sign with a plain EC key", torture_sign_plain_ec },
        { "decrypt with a remote key", torture_decrypt_remote },
        { "decrypt with a plain key", torture_decrypt_plain },
        { "manage keys", torture_manage },
        { "share keys", torture_share },
        { "tear down", tear_down },
    };

    return unit_main("torture_provider", tests, COUNT(tests));
}
