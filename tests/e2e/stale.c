/* SPDX-License-Identifier: Apache-2.0 */

/*
 * A server that reads all certificates of a file, up to the failure that ends
 * them, and then the key of the same file, with that failure still on the
 * queue. Usage: stale FILE; prints the key's type, and how many reasons the key
 * has added. The providers come from openssl.cnf.
 */

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <stdio.h>

#include "keys.h"

static unsigned reasons(void)
{
    unsigned n = 0;

    while (ERR_get_error() != 0)
        n++;
    return n;
}

int main(int argc, char **argv)
{
    BIO *in = argc == 2 ? BIO_new_file(argv[1], "r") : NULL;
    X509 *certificate;
    EVP_PKEY *pkey;

    check(in != NULL, "usage: stale FILE");
    while ((certificate = PEM_read_bio_X509(in, NULL, NULL, NULL)) != NULL)
        X509_free(certificate);
    check(ERR_peek_error() != 0, "the end of the certificates");
    BIO_free(in);
    in = BIO_new_file(argv[1], "r");
    pkey = PEM_read_bio_PrivateKey(in, NULL, NULL, NULL);
    (void)printf("%s, %u reasons\n",
                 pkey != NULL ? EVP_PKEY_get0_type_name(pkey) : "no key",
                 reasons() - 1);
    EVP_PKEY_free(pkey);
    BIO_free(in);
    return 0;
}
