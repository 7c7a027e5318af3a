/* SPDX-License-Identifier: Apache-2.0 */

#include "pem.h"

int akv_pem_no_passphrase(char *buf, int size, int rwflag, void *userdata)
{
    (void)buf;
    (void)size;
    (void)rwflag;
    (void)userdata;
    return -1;
}
