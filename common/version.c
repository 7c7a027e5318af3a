/* SPDX-License-Identifier: Apache-2.0 */
#include "version.h"

const char *akv_version(void)
{
    return AKV_VERSION;
}
