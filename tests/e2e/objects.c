/* SPDX-License-Identifier: Apache-2.0 */

/*
 * What a URI yields through OSSL_STORE, as a program that uses it sees it.
 *
 * Usage: objects all|first TYPE URI     one line an object
 *        objects raw URI                a key's bytes, in hexadecimal
 *        objects delete URI             77: OpenSSL has no OSSL_STORE_delete
 *
 * TYPE is any, name, params, public, key, cert or crl: what is expected. The
 * providers come from openssl.cnf.
 */

#include <openssl/err.h>
#include <openssl/store.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "keys.h"

#define MOST 100000 /* loads, before it counts as endless */

static const struct {
    const char *name;
    int info;
} types[] = {
    { "any", 0 },
    { "name", OSSL_STORE_INFO_NAME },
    { "params", OSSL_STORE_INFO_PARAMS },
    { "public", OSSL_STORE_INFO_PUBKEY },
    { "key", OSSL_STORE_INFO_PKEY },
    { "cert", OSSL_STORE_INFO_CERT },
    { "crl", OSSL_STORE_INFO_CRL },
};

static void print_key(const char *what, const EVP_PKEY *pkey)
{
    printf("%s %s %d\n", what, EVP_PKEY_get0_type_name(pkey),
           EVP_PKEY_get_bits(pkey));
}

static void print(const OSSL_STORE_INFO *info)
{
    const X509 *cert;

    switch (OSSL_STORE_INFO_get_type(info)) {
    case OSSL_STORE_INFO_NAME:
        printf("name %s (%s)\n", OSSL_STORE_INFO_get0_NAME(info),
               OSSL_STORE_INFO_get0_NAME_description(info));
        break;
    case OSSL_STORE_INFO_PUBKEY:
        print_key("public", OSSL_STORE_INFO_get0_PUBKEY(info));
        break;
    case OSSL_STORE_INFO_PKEY:
        print_key("key", OSSL_STORE_INFO_get0_PKEY(info));
        break;
    case OSSL_STORE_INFO_CERT:
        cert = OSSL_STORE_INFO_get0_CERT(info);
        printf("cert ");
        X509_NAME_print_ex_fp(stdout, X509_get_subject_name(cert), 0,
                              XN_FLAG_RFC2253);
        printf("\n");
        break;
    default:
        printf("%s\n",
               OSSL_STORE_INFO_type_string(OSSL_STORE_INFO_get_type(info)));
    }
}

static OSSL_STORE_CTX *open_uri(const char *type, const char *uri)
{
    OSSL_STORE_CTX *ctx =
        OSSL_STORE_open_ex(uri, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
    size_t i;

    check(ctx != NULL, "open the URI");
    for (i = 0; i < sizeof(types) / sizeof(types[0]); i++)
        if (strcmp(type, types[i].name) == 0)
            break;
    check(i < sizeof(types) / sizeof(types[0]), "an unknown type");
    check(OSSL_STORE_expect(ctx, types[i].info) == 1, "expect the type");
    return ctx;
}

/* Loads until the end, as callers do: a failure is passed over. */
static int print_objects(const char *type, const char *uri, int most)
{
    OSSL_STORE_CTX *ctx = open_uri(type, uri);
    int loads, errors = 0, given = 0;

    for (loads = 0; !OSSL_STORE_eof(ctx) && given < most; loads++) {
        OSSL_STORE_INFO *info = OSSL_STORE_load(ctx);

        check(loads < MOST, "there is no end");
        if (info == NULL) {
            errors += OSSL_STORE_error(ctx);
            continue;
        }
        print(info);
        given++;
        OSSL_STORE_INFO_free(info);
    }
    check(OSSL_STORE_close(ctx) == 1, "close");
    if (errors == 0)
        return 0;
    ERR_print_errors_fp(stderr);
    return 1;
}

static int print_raw(const char *uri)
{
    EVP_PKEY *pkey = load_key(NULL, uri);
    unsigned char *bytes;
    size_t len = 0, i;

    check(EVP_PKEY_is_a(pkey, "HMAC"), "it is no key for HMAC");
    check(EVP_PKEY_get_raw_private_key(pkey, NULL, &len) == 1, "the size");
    bytes = malloc(len + 1);
    check(bytes != NULL && EVP_PKEY_get_raw_private_key(pkey, bytes, &len) == 1,
          "the bytes");
    for (i = 0; i < len; i++)
        printf("%02x", bytes[i]);
    printf("\n");
    free(bytes);
    EVP_PKEY_free(pkey);
    return 0;
}

static int delete_object(const char *uri)
{
#if OPENSSL_VERSION_NUMBER >= 0x30200000L
    if (OSSL_STORE_delete(uri, NULL, NULL, NULL, NULL, NULL) == 1)
        return 0;
    ERR_print_errors_fp(stderr);
    return 1;
#else
    (void)uri;
    printf("OpenSSL %s has no OSSL_STORE_delete\n", OPENSSL_VERSION_STR);
    return 77;
#endif
}

int main(int argc, char **argv)
{
    const char *mode = argc > 1 ? argv[1] : "";

    if (argc == 4 && strcmp(mode, "all") == 0)
        return print_objects(argv[2], argv[3], MOST);
    if (argc == 4 && strcmp(mode, "first") == 0)
        return print_objects(argv[2], argv[3], 1);
    if (argc == 3 && strcmp(mode, "raw") == 0)
        return print_raw(argv[2]);
    if (argc == 3 && strcmp(mode, "delete") == 0)
        return delete_object(argv[2]);
    fprintf(stderr, "usage: objects all|first TYPE URI, raw|delete URI\n");
    return 2;
}
