/* SPDX-License-Identifier: Apache-2.0 */

#ifndef AKV_TLS_GROUP_H
#define AKV_TLS_GROUP_H

#include <openssl/core.h>

struct akv_provider;

/*
 * Announces as ours the TLS groups on EC keys that there are without us: those
 * of who does EC keys for us. libssl uses a group only if the provider that
 * announces it is also the one whose EC key management is fetched: with ours
 * listed first the curves would vanish from TLS for the whole process. See
 * provider-base(7), "TLS-GROUP".
 */
int akv_tls_groups(struct akv_provider *prov, OSSL_CALLBACK *callback,
                   void *arg);

#endif
