/* SPDX-License-Identifier: Apache-2.0 */

/*
 * openssl.cnf (config(5)) read as data: libcrypto is kept from loading it,
 * since it would load the module into the command. Sections that leave programs
 * without the module, or without a default provider, are warned of on standard
 * error.
 */

#include "cli_config.h"

#include <errno.h>
#include <openssl/conf.h>
#include <openssl/err.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#define MODULE "keyvault"

struct cli_config {
    CONF *conf;          /* owned */
    const char *section; /* borrowed from conf; NULL: none loads us */
};

static const char *read_conf(const CONF *conf, const char *section,
                             const char *name)
{
    const char *value;

    (void)ERR_set_mark();
    value = NCONF_get_string(conf, section, name);
    (void)ERR_pop_to_mark();
    return value;
}

/* Whether the section of a provider loads our module: by the name of its file,
 * or by its own name where no file is given. */
static bool is_ours(const CONF *conf, const CONF_VALUE *provider)
{
    const char *module = read_conf(conf, provider->value, "module");
    const char *base;
    size_t len;

    if (module == NULL)
        return strcmp(provider->name, MODULE) == 0;
    base = strrchr(module, '/');
    base = base != NULL ? base + 1 : module;
    len = strcspn(base, ".");
    return len == sizeof(MODULE) - 1 && strncmp(base, MODULE, len) == 0;
}

/* openssl_conf = INIT, providers = LIST, NAME = SECTION. */
static STACK_OF(CONF_VALUE) * providers(const CONF *conf)
{
    const char *init = read_conf(conf, NULL, "openssl_conf");
    const char *list = init != NULL ? read_conf(conf, init, "providers") : NULL;

    return list != NULL ? NCONF_get_section(conf, list) : NULL;
}

/* As libcrypto reads it, of 3.0 and later. */
static bool is_active(const CONF *conf, const CONF_VALUE *provider)
{
    static const char *const yes[] = { "1", "yes", "true", "on" };
    const char *value = read_conf(conf, provider->value, "activate");
    size_t i;

    for (i = 0; value != NULL && i < sizeof(yes) / sizeof(yes[0]); i++)
        if (strcasecmp(value, yes[i]) == 0)
            return true;
    return false;
}

/* libcrypto activates the default provider by itself only where a file
 * activates none: with ours alone programs have no digests, ciphers and random
 * numbers. */
static void warn_of_default(const CONF *conf, STACK_OF(CONF_VALUE) * list,
                            const CONF_VALUE *ours, const char *file)
{
    int i;

    for (i = 0; i < sk_CONF_VALUE_num(list); i++) {
        const CONF_VALUE *value = sk_CONF_VALUE_value(list, i);
        const char *identity = read_conf(conf, value->value, "identity");

        if (identity == NULL)
            identity = value->name;
        if ((strcmp(identity, "default") == 0 || strcmp(identity, "fips") == 0)
            && is_active(conf, value))
            return;
    }
    if (is_active(conf, ours))
        (void)fprintf(stderr,
                      "akv: warning: %s activates %s, and not the default "
                      "provider, without which programs have no digests and "
                      "ciphers: add default = SECTION with activate = 1\n",
                      file, ours->name);
}

static void warn_of_module(const CONF *conf, const CONF_VALUE *ours,
                           const char *file)
{
    const char *module = read_conf(conf, ours->value, "module");

    if (module != NULL && *module == '/' && access(module, R_OK) != 0)
        (void)fprintf(stderr,
                      "akv: warning: %s: module '%s' of %s: %s; programs do "
                      "without the provider\n",
                      file, module, ours->name, strerror(errno));
}

static bool find_section(struct cli *cli, const char *file,
                         struct cli_config *config)
{
    const char *wanted = cli_option(cli, "provider");
    STACK_OF(CONF_VALUE) *list = providers(config->conf);
    const CONF_VALUE *found = NULL;
    bool several = false;
    int i;

    for (i = 0; i < sk_CONF_VALUE_num(list); i++) {
        const CONF_VALUE *value = sk_CONF_VALUE_value(list, i);

        if (wanted != NULL ? strcmp(value->name, wanted) != 0
                           : !is_ours(config->conf, value))
            continue;
        several = found != NULL;
        if (found == NULL)
            found = value;
    }
    if (found == NULL && wanted != NULL)
        return akv_error_set(&cli->err, AKV_E_CONFIG,
                             "--provider '%s': %s has no such provider", wanted,
                             file);
    if (found == NULL && cli_option(cli, "config") != NULL)
        (void)fprintf(stderr,
                      "akv: warning: no provider in %s loads %s.so, so that "
                      "no setting is read there\n",
                      file, MODULE);
    if (several)
        (void)fprintf(stderr,
                      "akv: %s loads the module as several providers; %s is "
                      "the first (see --provider)\n",
                      file, found->name);
    if (found != NULL) {
        warn_of_default(config->conf, list, found, file);
        warn_of_module(config->conf, found, file);
    }
    config->section = found != NULL ? found->value : NULL;
    return true;
}

static bool cannot_read(struct cli *cli, const char *file, long line,
                        bool is_named)
{
    if (!is_named) {
        (void)fprintf(stderr, "akv: warning: %s is not read: line %ld\n", file,
                      line);
        return true;
    }
    if (line > 0)
        return akv_error_set(&cli->err, AKV_E_CONFIG,
                             "--config '%s' cannot be read: line %ld", file,
                             line);
    return akv_error_set(&cli->err, AKV_E_CONFIG,
                         "--config '%s' cannot be read: there is no such file, "
                         "or it must not be read",
                         file);
}

static bool cli_config_load(struct cli *cli, const char *file, bool is_named,
                            struct cli_config *config)
{
    long line = 0;
    bool ok;

    config->conf = NCONF_new(NULL);
    if (config->conf == NULL)
        return akv_error_set(&cli->err, AKV_E_MEMORY, "no memory for settings");
    (void)ERR_set_mark();
    ok = NCONF_load(config->conf, file, &line) > 0;
    (void)ERR_pop_to_mark();
    if (ok)
        return find_section(cli, file, config);
    NCONF_free(config->conf);
    config->conf = NULL;
    return cannot_read(cli, file, line, is_named);
}

bool cli_config_open(struct cli *cli, struct cli_config **config)
{
    const char *named = cli_option(cli, "config");
    char *standard = named == NULL ? CONF_get1_default_config_file() : NULL;
    const char *file = named != NULL ? named : standard;
    bool is_there =
        named != NULL
        || (file != NULL && *file != '\0' && access(file, R_OK) == 0);
    bool ok = true;

    *config = NULL;
    if (is_there) {
        *config = calloc(1, sizeof(**config));
        ok = *config != NULL
                 ? cli_config_load(cli, file, named != NULL, *config)
                 : akv_error_set(&cli->err, AKV_E_MEMORY,
                                 "no memory for settings");
    } else if (cli_option(cli, "provider") != NULL) {
        ok = akv_error_set(&cli->err, AKV_E_CONFIG,
                           "--provider: there is no configuration file to look "
                           "for it in (see --config)");
    }
    OPENSSL_free(standard);
    return ok;
}

void cli_config_free(struct cli_config *config)
{
    if (config != NULL)
        NCONF_free(config->conf);
    free(config);
}

const char *cli_config_get(const struct cli_config *config, const char *name)
{
    return config != NULL && config->section != NULL
               ? read_conf(config->conf, config->section, name)
               : NULL;
}
