/* SPDX-License-Identifier: Apache-2.0 */

#ifndef AKV_API_ALG_H
#define AKV_API_ALG_H

#include "akv/alg.h"

/* The first api-version that has the algorithm; NULL: any. */
const char *akv_alg_min_version(enum akv_alg alg);

#endif
