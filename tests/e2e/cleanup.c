/* SPDX-License-Identifier: Apache-2.0 */

/*
 * What is freed after OPENSSL_cleanup(), as some servers do at exit, and as the
 * destructors of static objects do.
 *
 * Usage: cleanup URI-OR-FILE [CERTIFICATE key|certificate|both]; the providers
 * come from openssl.cnf. The certificate is the key's, and has been asked
 * whether it is.
 */

#include <openssl/pem.h>
#include <openssl/x509.h>
#include <string.h>

#include "keys.h"

static X509 *read_certificate(const char *path)
{
    BIO *in = BIO_new_file(path, "r");
    X509 *certificate = PEM_read_bio_X509(in, NULL, NULL, NULL);

    check(certificate != NULL, "read the certificate");
    BIO_free(in);
    return certificate;
}

int main(int argc, char **argv)
{
    const char *late = argc == 4 ? argv[3] : "key";
    X509 *certificate = NULL;
    EVP_PKEY *pkey;

    check(argc == 2 || argc == 4, "usage: cleanup URI-OR-FILE [CERTIFICATE "
                                  "key|certificate|both]");
    pkey = load_key(NULL, argv[1]);
    sign_and_verify(NULL, pkey, NULL, pkey, 1);
    if (argc == 4) {
        certificate = read_certificate(argv[2]);
        check(X509_check_private_key(certificate, pkey), "they fit");
    }
    if (strcmp(late, "certificate") == 0)
        EVP_PKEY_free(pkey);
    if (strcmp(late, "key") == 0)
        X509_free(certificate);
    OPENSSL_cleanup();
    if (strcmp(late, "certificate") != 0)
        EVP_PKEY_free(pkey);
    if (strcmp(late, "key") != 0)
        X509_free(certificate);
    return 0;
}
