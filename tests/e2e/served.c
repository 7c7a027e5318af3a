/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Tells which provider serves local RSA and EC keys: a line for each kind of
 * use, "what: provider". A use that fails is "none". "can" lines tell whether
 * something that FIPS forbids is done all the same.
 *
 * Usage: served RSA.pem EC.pem [available:NAME | load:NAME]...: providers are
 * looked up or loaded first, beside those of openssl.cnf.
 */

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/provider.h>
#include <openssl/rsa.h>
#include <openssl/ssl.h>
#include <openssl/store.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <string.h>

static void tell(const char *type, const char *what,
                 const OSSL_PROVIDER *provider)
{
    printf("%s %s: %s\n", type, what,
           provider != NULL ? OSSL_PROVIDER_get0_name(provider) : "none");
    ERR_clear_error();
}

static void tell_key(const char *type, const char *what, const EVP_PKEY *pkey)
{
    tell(type, what, pkey != NULL ? EVP_PKEY_get0_provider(pkey) : NULL);
}

static EVP_PKEY *read_pem(const char *path)
{
    FILE *file = fopen(path, "r");
    EVP_PKEY *pkey = NULL;

    if (file != NULL) {
        pkey = PEM_read_PrivateKey(file, NULL, NULL, NULL);
        (void)fclose(file);
    }
    return pkey;
}

static EVP_PKEY *read_store(const char *path)
{
    OSSL_STORE_CTX *store = OSSL_STORE_open(path, NULL, NULL, NULL, NULL);
    OSSL_STORE_INFO *info = NULL;
    EVP_PKEY *pkey = NULL;

    if (store != NULL && OSSL_STORE_expect(store, OSSL_STORE_INFO_PKEY) == 1)
        info = OSSL_STORE_load(store);
    if (info != NULL)
        pkey = OSSL_STORE_INFO_get1_PKEY(info);
    OSSL_STORE_INFO_free(info);
    (void)OSSL_STORE_close(store);
    return pkey;
}

static void management(const char *type)
{
    EVP_KEYMGMT *keymgmt = EVP_KEYMGMT_fetch(NULL, type, NULL);

    tell(type, "management",
         keymgmt != NULL ? EVP_KEYMGMT_get0_provider(keymgmt) : NULL);
    EVP_KEYMGMT_free(keymgmt);
}

static int sign(EVP_PKEY *pkey, const char *digest,
                const OSSL_PROVIDER **provider)
{
    unsigned char sig[1000];
    size_t len = sizeof(sig);
    EVP_PKEY_CTX *pctx = NULL;
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    int ok =
        pkey != NULL
        && EVP_DigestSignInit_ex(ctx, &pctx, digest, NULL, NULL, pkey, NULL)
               == 1
        && EVP_DigestSign(ctx, sig, &len, (const unsigned char *)"x", 1) == 1;

    if (ok && provider != NULL)
        *provider = EVP_PKEY_CTX_get0_provider(pctx);
    EVP_MD_CTX_free(ctx);
    ERR_clear_error();
    return ok;
}

static void use_key(const char *type, EVP_PKEY *pkey)
{
    const OSSL_PROVIDER *signs = NULL, *other = NULL;
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(NULL, pkey, NULL);

    (void)sign(pkey, "SHA256", &signs);
    tell(type, "signature", signs);
    if (ctx != NULL
        && (strcmp(type, "RSA") == 0 ? EVP_PKEY_decrypt_init(ctx)
                                     : EVP_PKEY_derive_init(ctx))
               == 1)
        other = EVP_PKEY_CTX_get0_provider(ctx);
    tell(type, strcmp(type, "RSA") == 0 ? "decryption" : "exchange", other);
    EVP_PKEY_CTX_free(ctx);
}

static void generation(const char *type)
{
    EVP_PKEY *pkey =
        strcmp(type, "RSA") == 0 ? EVP_RSA_gen(2048) : EVP_EC_gen("P-256");

    tell_key(type, "generation", pkey);
    EVP_PKEY_free(pkey);
}

/* --- TLS ------------------------------------------------------------------ */

static X509 *self_signed(EVP_PKEY *pkey)
{
    X509 *cert = X509_new();

    if (pkey != NULL && X509_set_version(cert, 2) == 1
        && ASN1_INTEGER_set(X509_get_serialNumber(cert), 1) == 1
        && X509_gmtime_adj(X509_getm_notBefore(cert), 0) != NULL
        && X509_gmtime_adj(X509_getm_notAfter(cert), 3600) != NULL
        && X509_set_pubkey(cert, pkey) == 1
        && X509_sign(cert, pkey, EVP_sha256()) > 0)
        return cert;
    X509_free(cert);
    return NULL;
}

static void shake_hands(SSL *server, SSL *client)
{
    BIO *up = NULL, *down = NULL;
    int i, done = 0;

    if (BIO_new_bio_pair(&up, 0, &down, 0) != 1)
        return;
    SSL_set_bio(server, up, up);
    SSL_set_bio(client, down, down);
    SSL_set_accept_state(server);
    SSL_set_connect_state(client);
    for (i = 0; i < 20 && done != 2; i++)
        done =
            (SSL_do_handshake(client) == 1) + (SSL_do_handshake(server) == 1);
}

/* With one group that both offer, and the certificate's key: the server's key
 * for the exchange, which is NULL if there is no handshake. */
static EVP_PKEY *exchange(const char *group, EVP_PKEY *pkey, int version)
{
    SSL_CTX *ctx = SSL_CTX_new(TLS_method());
    X509 *cert = self_signed(pkey);
    SSL *server = NULL, *client = NULL;
    EVP_PKEY *ephemeral = NULL;

    if (ctx != NULL)
        SSL_CTX_set_security_level(ctx, 0); /* groups of few bits, too */
    if (ctx != NULL && cert != NULL && SSL_CTX_use_certificate(ctx, cert) == 1
        && SSL_CTX_use_PrivateKey(ctx, pkey) == 1
        && SSL_CTX_set_max_proto_version(ctx, version) == 1
        && SSL_CTX_set1_groups_list(ctx, group) == 1) {
        server = SSL_new(ctx);
        client = SSL_new(ctx);
        shake_hands(server, client);
        if (SSL_is_init_finished(client))
            (void)SSL_get_peer_tmp_key(client, &ephemeral);
    }
    SSL_free(server);
    SSL_free(client);
    X509_free(cert);
    SSL_CTX_free(ctx);
    return ephemeral;
}

static void handshake(const char *type, const char *group, EVP_PKEY *pkey)
{
    static const int versions[] = { TLS1_3_VERSION, TLS1_2_VERSION };
    size_t i;

    for (i = 0; i < 2; i++) {
        EVP_PKEY *ephemeral = exchange(group, pkey, versions[i]);
        char what[80];

        (void)snprintf(what, sizeof(what), "TLS 1.%d %s",
                       versions[i] == TLS1_3_VERSION ? 3 : 2, group);
        tell_key(type, what, ephemeral);
        EVP_PKEY_free(ephemeral);
    }
}

/* With RSA: in TLS 1.2 the group of a certificate's EC key must be offered. */
static void all_groups(EVP_PKEY *rsa)
{
    static const char *const groups[] = { "P-256",
                                          "P-384",
                                          "P-521",
                                          "X25519",
                                          "X448",
                                          "secp256k1",
                                          "secp224r1",
                                          "secp192r1",
                                          "sect233r1",
                                          "brainpoolP256r1",
                                          "brainpoolP384r1",
                                          "brainpoolP256r1tls13",
                                          "ffdhe2048",
                                          "X25519MLKEM768",
                                          "SecP256r1MLKEM768" };
    size_t i;

    for (i = 0; i < sizeof(groups) / sizeof(groups[0]); i++)
        handshake("groups", groups[i], rsa);
}

/* --- What FIPS forbids ---------------------------------------------------- */

static void forbidden(EVP_PKEY *rsa, EVP_PKEY *ec)
{
    EVP_PKEY *small = EVP_RSA_gen(1024), *koblitz = EVP_EC_gen("secp256k1");

    printf("can make RSA of 1024 bits: %d\n", small != NULL);
    printf("can make secp256k1: %d\n", koblitz != NULL);
    printf("can sign MD5 with RSA: %d\n", sign(rsa, "MD5", NULL));
    printf("can sign SHA1 with EC: %d\n", sign(ec, "SHA1", NULL));
    EVP_PKEY_free(small);
    EVP_PKEY_free(koblitz);
    ERR_clear_error();
}

/* Returns the provider that it has loaded, or NULL. */
static OSSL_PROVIDER *look_up(const char *what)
{
    OSSL_PROVIDER *loaded = NULL;

    if (strncmp(what, "available:", 10) == 0)
        (void)OSSL_PROVIDER_available(NULL, what + 10);
    else if (strncmp(what, "load:", 5) == 0)
        loaded = OSSL_PROVIDER_load(NULL, what + 5);
    ERR_clear_error();
    return loaded;
}

int main(int argc, char **argv)
{
    static const char *const types[] = { "RSA", "EC" };
    EVP_PKEY *keys[2], *stored;
    OSSL_PROVIDER *loaded[8] = { 0 };
    int i;

    for (i = 3; i < argc && i < 3 + 8; i++)
        loaded[i - 3] = look_up(argv[i]);
    for (i = 0; i < 2 && i + 1 < argc; i++) {
        management(types[i]);
        keys[i] = read_pem(argv[i + 1]);
        tell_key(types[i], "PEM", keys[i]);
        stored = read_store(argv[i + 1]);
        tell_key(types[i], "store", stored);
        EVP_PKEY_free(stored);
        use_key(types[i], keys[i]);
        generation(types[i]);
    }
    if (argc < 3)
        return 2;
    handshake("RSA", "P-256", keys[0]);
    handshake("EC", "P-256", keys[1]);
    all_groups(keys[0]);
    forbidden(keys[0], keys[1]);
    EVP_PKEY_free(keys[0]);
    EVP_PKEY_free(keys[1]);
    for (i = 0; i < 8; i++) {
        if (loaded[i] != NULL)
            OSSL_PROVIDER_unload(loaded[i]);
    }
    return 0;
}
