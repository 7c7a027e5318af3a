/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The settings, and what is made of them when the first vault is to be asked.
 *
 * They are read when the provider is loaded, for servers overwrite their
 * environment, and the parameters that the application gives once more at that
 * first use: it may add some after loading
 * (OSSL_PROVIDER_add_conf_parameter(3), the option -provparam of openssl).
 */

#ifndef AKV_CONFIG_H
#define AKV_CONFIG_H

#include "provctx.h"

/* At init: fills prov->given, from the section of openssl.cnf (or what
 * OSSL_PROVIDER_load_ex() was given) and the environment. A fault is kept for
 * the first operation that needs a vault. */
void akv_config_load(struct akv_provider *prov);

/* What holds from now on, made when it is first asked for; any thread may ask.
 * NULL with the reason raised: no memory. */
const struct akv_config *akv_config_get(struct akv_provider *prov);

/* The same for who needs good settings: NULL with the reason raised. */
const struct akv_config *akv_config_good(struct akv_provider *prov);

/* Of what has been made with a key or a vault: it is there. */
const struct akv_config *akv_config_of(const struct akv_provider *prov);

/* At teardown: ends what is under way. False: it is still used, and must be
 * left alone for good (akv_client_free()). */
bool akv_config_end(struct akv_provider *prov);
void akv_config_free(struct akv_provider *prov); /* then */

/* Whether our cryptography is found by a query for fips=yes. Decided once, when
 * libcrypto first wants to know what there is. */
enum akv_fips {
    AKV_FIPS_UNDECIDED,
    AKV_FIPS_NO,
    AKV_FIPS_ASKED,  /* the application wants fips=yes: so that we can tell
                        which setting is missing */
    AKV_FIPS_ASSUMED /* setting assume-fips */
};
enum akv_fips akv_config_fips(struct akv_provider *prov);

/*
 * Whether a property query, which may be NULL, cannot be met: it has fips=yes,
 * not as a wish (?fips=yes), and no cryptography of ours has it. libcrypto
 * would not say so.
 */
bool akv_config_misses_fips(struct akv_provider *prov, const char *propq);

#endif
