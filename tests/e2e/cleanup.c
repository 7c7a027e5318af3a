/* SPDX-License-Identifier: Apache-2.0 */

/*
 * A key that is freed after OPENSSL_cleanup(), as some servers do at exit.
 *
 * Usage: cleanup URI-OR-FILE; the providers come from openssl.cnf.
 */

#include "keys.h"

int main(int argc, char **argv)
{
    EVP_PKEY *pkey;

    check(argc == 2, "usage: cleanup URI-OR-FILE");
    pkey = load_key(NULL, argv[1]);
    sign_and_verify(NULL, pkey, NULL, pkey, 1);
    OPENSSL_cleanup();
    EVP_PKEY_free(pkey);
    return 0;
}
