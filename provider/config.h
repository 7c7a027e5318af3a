/* SPDX-License-Identifier: Apache-2.0 */

#ifndef AKV_CONFIG_H
#define AKV_CONFIG_H

struct akv_provider;

/* Fills prov->settings from the section of openssl.cnf (or what
 * OSSL_PROVIDER_load_ex was given) and the environment; a fault is kept in
 * prov->config_error for the first operation that needs a vault. */
void akv_config_load(struct akv_provider *prov);

#endif
