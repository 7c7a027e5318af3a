/* SPDX-License-Identifier: Apache-2.0 */

/* How many objects there are, which may outlive the provider's teardown. */

#include "provctx.h"

void akv_provider_hold(struct akv_provider *prov)
{
    atomic_fetch_add(&prov->live, 1);
}

void akv_provider_drop(struct akv_provider *prov)
{
    atomic_fetch_sub(&prov->live, 1);
}
