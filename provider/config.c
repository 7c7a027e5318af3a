/* SPDX-License-Identifier: Apache-2.0 */

#include <openssl/params.h>

#include "config.h"
#include "provider.h"

/* The core returns its own string; settings copy it. */
static const char *conf_value(void *arg, const char *name)
{
    const struct akv_provider *prov = arg;
    char *value = NULL;
    OSSL_PARAM params[2];

    if (prov->core.get_params == NULL)
        return NULL;
    params[0] = OSSL_PARAM_construct_utf8_ptr(name, &value, 0);
    params[1] = OSSL_PARAM_construct_end();
    if (!prov->core.get_params(prov->handle, params)
        || !OSSL_PARAM_modified(&params[0]))
        return NULL;
    return value;
}

void akv_config_load(struct akv_provider *prov)
{
    const struct akv_settings_source source = { conf_value, prov };

    (void)akv_settings_load(&prov->settings, &source, &prov->config_error);
}
