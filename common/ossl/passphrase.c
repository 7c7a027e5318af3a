/* SPDX-License-Identifier: Apache-2.0 */

/* The answer is -1, since a length of 0 would be an empty passphrase. */

#include "ossl/passphrase.h"

int akv_pem_no_passphrase(char *buf, int size, int rwflag, void *userdata)
{
    (void)rwflag;
    (void)userdata;
    if (size > 0)
        *buf = '\0';
    return -1;
}
