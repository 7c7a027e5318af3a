/* SPDX-License-Identifier: Apache-2.0 */

/* Compiled into the library: a program's header may be of another version. */

#include "akv/version.h"

const char *akv_version(void)
{
    return AKV_VERSION;
}
