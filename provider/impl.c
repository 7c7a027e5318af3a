/* SPDX-License-Identifier: Apache-2.0 */

/*
 * libcrypto chooses the key management by its own rules; all else is taken from
 * the same provider, by OSSL_PROVIDER_query_operation(), so that its functions
 * fit its keys. What was found is in a list that only grows until teardown,
 * without a lock.
 */

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/provider.h>
#include <string.h>
#include <strings.h>

#include "config.h"
#include "err.h"
#include "impl.h"
#include "libctx.h"

/* Default properties of the application hold, too, but for that of a provider:
 * that it prefers us is what brought us here. */
#define OTHERS "provider!=keyvault"
#define OTHERS_FIPS "provider!=keyvault,fips=yes"

const char *akv_key_type_name(enum akv_key_type type)
{
    return type == AKV_KEY_RSA ? "RSA" : "EC";
}

static void take_functions(struct akv_functions *functions,
                           const OSSL_DISPATCH *table)
{
    for (; table->function_id != 0; table++)
        if (table->function_id > 0 && table->function_id < AKV_FUNCTIONS_MAX)
            functions->fn[table->function_id] = table->function;
}

/* Whether a list of names, with colons between them, has that one. */
static bool has_name(const char *names, const char *name)
{
    size_t len = strlen(name), part;

    for (; *names != '\0'; names += part + (names[part] == ':')) {
        part = strcspn(names, ":");
        if (part == len && strncasecmp(names, name, len) == 0)
            return true;
    }
    return false;
}

/* Whether a definition of properties has one with that value, or, without a
 * value, does not have it. */
static bool has_property(const char *definition, const char *name,
                         const char *value)
{
    size_t len = strlen(name), part;
    bool absent = true;

    for (; *definition != '\0';
         definition += part + (definition[part] == ',')) {
        part = strcspn(definition, ",");
        if (part <= len || strncmp(definition, name, len) != 0
            || definition[len] != '=')
            continue;
        absent = false;
        if (value != NULL && part - len - 1 == strlen(value)
            && strncasecmp(definition + len + 1, value, part - len - 1) == 0)
            return true;
    }
    return value == NULL && absent;
}

static bool impl_find(const struct akv_impl *impl, int operation,
                      const char *name, const char *output,
                      const char *structure, struct akv_functions *functions)
{
    const OSSL_PROVIDER *provider = EVP_KEYMGMT_get0_provider(impl->keymgmt);
    int no_cache = 0;
    const OSSL_ALGORITHM *all =
        OSSL_PROVIDER_query_operation(provider, operation, &no_cache);
    const OSSL_ALGORITHM *alg = all;
    bool found = false;

    for (; !found && alg != NULL && alg->algorithm_names != NULL; alg++) {
        const char *properties = alg->property_definition;

        found = has_name(alg->algorithm_names, name)
                && (output == NULL
                    || (has_property(properties, "output", output)
                        && has_property(properties, "structure", structure)));
        if (found)
            take_functions(functions, alg->implementation);
    }
    if (all != NULL)
        OSSL_PROVIDER_unquery_operation(provider, operation, all);
    return found;
}

bool akv_impl_same_provider(const struct akv_impl *a, const struct akv_impl *b)
{
    return EVP_KEYMGMT_get0_provider(a->keymgmt)
           == EVP_KEYMGMT_get0_provider(b->keymgmt);
}

const char *akv_impl_name(const struct akv_impl *impl)
{
    return OSSL_PROVIDER_get0_name(EVP_KEYMGMT_get0_provider(impl->keymgmt));
}

bool akv_impl_encoder(const struct akv_impl *impl, const char *output,
                      const char *structure, struct akv_functions *functions)
{
    memset(functions, 0, sizeof(*functions));
    return impl_find(impl, OSSL_OP_ENCODER, akv_key_type_name(impl->type),
                     output, structure, functions);
}

/* Takes over the key management. */
static struct akv_impl *impl_new(enum akv_key_type type, EVP_KEYMGMT *keymgmt,
                                 OSSL_LIB_CTX *libctx, const char *propq,
                                 bool fips)
{
#define RSA(index, bits, ...) "RSA-SHA2-" bits,
#define ECDSA(index, bits, ...) "ECDSA-SHA2-" bits,
    static const char *const composed[][AKV_DIGESTS_COUNT] = {
        [AKV_KEY_RSA] = { AKV_DIGESTS(RSA) },
        [AKV_KEY_EC] = { AKV_DIGESTS(ECDSA) },
    };
#undef RSA
#undef ECDSA
    const bool rsa = type == AKV_KEY_RSA;
    struct akv_impl *impl = OPENSSL_zalloc(sizeof(*impl));
    size_t i;

    if (impl == NULL) {
        EVP_KEYMGMT_free(keymgmt);
        return NULL;
    }
    impl->type = type;
    impl->fips = fips;
    impl->keymgmt = keymgmt;
    impl->libctx = libctx;
    impl->propq = propq;
    impl->provctx =
        OSSL_PROVIDER_get0_provider_ctx(EVP_KEYMGMT_get0_provider(keymgmt));
    (void)impl_find(impl, OSSL_OP_KEYMGMT, akv_key_type_name(type), NULL, NULL,
                    &impl->key);
    (void)impl_find(impl, OSSL_OP_SIGNATURE, rsa ? "RSA" : "ECDSA", NULL, NULL,
                    &impl->signature);
    for (i = 0; i < AKV_DIGESTS_COUNT; i++)
        (void)impl_find(impl, OSSL_OP_SIGNATURE, composed[type][i], NULL, NULL,
                        &impl->composed[i]);
    (void)impl_find(impl, OSSL_OP_KEM, akv_key_type_name(type), NULL, NULL,
                    &impl->kem);
    if (rsa)
        (void)impl_find(impl, OSSL_OP_ASYM_CIPHER, "RSA", NULL, NULL,
                        &impl->cipher);
    else
        (void)impl_find(impl, OSSL_OP_KEYEXCH, "ECDH", NULL, NULL,
                        &impl->exchange);
    return impl;
}

/* The one that is known for the key management, or a new one. */
static const struct akv_impl *known_or_new(struct akv_provider *prov,
                                           enum akv_key_type type,
                                           EVP_KEYMGMT *keymgmt,
                                           OSSL_LIB_CTX *libctx,
                                           const char *propq, bool fips)
{
    const OSSL_PROVIDER *provider = EVP_KEYMGMT_get0_provider(keymgmt);
    const struct akv_impl *impl = atomic_load(&prov->impls);
    struct akv_impl *made;

    for (; impl != NULL; impl = impl->next) {
        if (impl->type == type && impl->fips == fips && impl->libctx == libctx
            && EVP_KEYMGMT_get0_provider(impl->keymgmt) == provider) {
            EVP_KEYMGMT_free(keymgmt);
            return impl;
        }
    }
    made = impl_new(type, keymgmt, libctx, propq, fips);
    if (made == NULL)
        return NULL;
    /* Where another thread was faster there are two of them, which is fine. */
    made->next = atomic_load(&prov->impls);
    while (!atomic_compare_exchange_weak(&prov->impls, &made->next, made))
        ;
    return made;
}

static const struct akv_impl *impl_fetch(struct akv_provider *prov,
                                         enum akv_key_type type,
                                         OSSL_LIB_CTX *libctx,
                                         const char *propq, bool fips)
{
    EVP_KEYMGMT *keymgmt;

    (void)ERR_set_mark();
    keymgmt = EVP_KEYMGMT_fetch(libctx, akv_key_type_name(type), propq);
    (void)ERR_pop_to_mark();
    return keymgmt != NULL
               ? known_or_new(prov, type, keymgmt, libctx, propq, fips)
               : NULL;
}

static const struct akv_impl *impl_refuse(struct akv_provider *prov,
                                          enum akv_key_type type)
{
    if (!prov->shares_libcrypto)
        (void)akv_raise(prov, AKV_R_FIPS,
                        "fips=yes is asked for, but the program has another "
                        "libcrypto than this module, whose providers it "
                        "cannot use (setting assume-fips, AKV_ASSUME_FIPS)");
    else
        (void)akv_raise(prov, AKV_R_FIPS,
                        "no active provider has %s with fips=yes, and no other "
                        "will do under the setting assume-fips "
                        "(AKV_ASSUME_FIPS): activate fips",
                        akv_key_type_name(type));
    return NULL;
}

/* In the application's context, or in ours. */
const struct akv_impl *akv_impl_get(struct akv_provider *prov,
                                    enum akv_key_type type, enum akv_role role)
{
    const bool assumed = akv_config_fips(prov) == AKV_FIPS_ASSUMED;
    const bool strict =
        role == AKV_ROLE_VAULT ? assumed : role == AKV_ROLE_FIPS;
    const struct akv_impl *impl = NULL;
    OSSL_LIB_CTX *own;

    if (prov->shares_libcrypto && (strict || role == AKV_ROLE_LOCAL))
        impl = impl_fetch(prov, type, prov->app, strict ? OTHERS_FIPS : OTHERS,
                          strict);
    if (impl != NULL)
        return impl;
    if (strict || assumed)
        return impl_refuse(prov, type);
    own = akv_libctx(prov);
    return own != NULL ? impl_fetch(prov, type, own, NULL, false) : NULL;
}

void akv_impl_free_all(struct akv_provider *prov)
{
    struct akv_impl *impl = atomic_exchange(&prov->impls, NULL), *next;

    for (; impl != NULL; impl = next) {
        next = impl->next;
        EVP_KEYMGMT_free(impl->keymgmt);
        OPENSSL_free(impl);
    }
}
