/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Tells whose key management libcrypto fetches for RSA and EC, and so whether
 * a test of the order of providers tests anything.
 *
 * Usage: fetched [PROVIDER...]; more come from openssl.cnf.
 */

#include <openssl/evp.h>
#include <openssl/provider.h>
#include <stdio.h>

static int tell(const char *type)
{
    EVP_KEYMGMT *keymgmt = EVP_KEYMGMT_fetch(NULL, type, NULL);

    if (keymgmt == NULL)
        return 1;
    printf("%s: %s\n", type,
           OSSL_PROVIDER_get0_name(EVP_KEYMGMT_get0_provider(keymgmt)));
    EVP_KEYMGMT_free(keymgmt);
    return 0;
}

int main(int argc, char **argv)
{
    OSSL_PROVIDER *providers[8] = { NULL };
    int failed = argc > 8;

    for (int i = 1; i < argc && !failed; i++) {
        providers[i] = OSSL_PROVIDER_load(NULL, argv[i]);
        failed = providers[i] == NULL;
    }
    failed = failed || tell("RSA") || tell("EC");
    for (int i = 1; i < 8; i++)
        OSSL_PROVIDER_unload(providers[i]);
    return failed;
}
