/* SPDX-License-Identifier: Apache-2.0 */

/*
 * POST /keys/NAME/create, sent by akv_keygen_vault_run() alone. The parameters
 * akv-... are texts, as -pkeyopt of openssl-genpkey(1) gives them; bits,
 * exponent and group are those of any RSA or EC key, and are judged only at the
 * end.
 */

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/objects.h>
#include <openssl/params.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/clock.h"
#include "base/list.h"
#include "config.h"
#include "err.h"
#include "keygen_vault.h"

typedef bool set_fn(struct akv_provider *prov, struct akv_keygen_vault *vault,
                    const char *value, struct akv_error *err);

static set_fn set_uri, keygen_vault_set_ops, set_hsm, set_exportable,
    set_enabled, set_not_before, set_expires, set_tags, set_release_policy;

static const struct {
    const char *name;
    set_fn *set;
} rows[] = {
    { "akv-uri", set_uri },
    { "akv-key-ops", keygen_vault_set_ops },
    { "akv-hsm", set_hsm },
    { "akv-exportable", set_exportable },
    { "akv-enabled", set_enabled },
    { "akv-not-before", set_not_before },
    { "akv-expires", set_expires },
    { "akv-tags", set_tags },
    { "akv-release-policy", set_release_policy },
};

const OSSL_PARAM akv_keygen_vault_settable[] = {
    OSSL_PARAM_utf8_string("akv-uri", NULL, 0),
    OSSL_PARAM_utf8_string("akv-key-ops", NULL, 0),
    OSSL_PARAM_utf8_string("akv-hsm", NULL, 0),
    OSSL_PARAM_utf8_string("akv-exportable", NULL, 0),
    OSSL_PARAM_utf8_string("akv-enabled", NULL, 0),
    OSSL_PARAM_utf8_string("akv-not-before", NULL, 0),
    OSSL_PARAM_utf8_string("akv-expires", NULL, 0),
    OSSL_PARAM_utf8_string("akv-tags", NULL, 0),
    OSSL_PARAM_utf8_string("akv-release-policy", NULL, 0),
    OSSL_PARAM_END,
};

void akv_keygen_vault_init(struct akv_keygen_vault *vault)
{
    static const struct akv_key_create none = AKV_KEY_CREATE_INIT;

    memset(vault, 0, sizeof(*vault));
    vault->create = none;
}

void akv_keygen_vault_free(struct akv_keygen_vault *vault)
{
    akv_tags_free(&vault->tags);
    akv_wipe_free(vault->release_policy);
}

static bool set_uri(struct akv_provider *prov, struct akv_keygen_vault *vault,
                    const char *value, struct akv_error *err)
{
    if (!akv_id_parse(&vault->id, value, &akv_config_of(prov)->settings, err))
        return false;
    if (vault->id.kind != AKV_KIND_KEY || vault->id.name[0] == '\0'
        || vault->id.version[0] != '\0')
        return akv_error_set(err, AKV_E_INVALID,
                             "%.200s: akv://HOST/keys/NAME is expected; the "
                             "vault chooses the version",
                             value);
    vault->named = true;
    return true;
}

static bool keygen_vault_set_ops(struct akv_provider *prov,
                                 struct akv_keygen_vault *vault,
                                 const char *value, struct akv_error *err)
{
    (void)prov;
    return akv_key_ops_parse(value, &vault->create.ops, err);
}

static bool parse_flag(const char *value, bool *flag, struct akv_error *err)
{
    *flag = strcasecmp(value, "yes") == 0;
    return *flag || strcasecmp(value, "no") == 0
           || akv_error_set(err, AKV_E_INVALID,
                            "'%.80s': yes or no is expected", value);
}

static bool set_hsm(struct akv_provider *prov, struct akv_keygen_vault *vault,
                    const char *value, struct akv_error *err)
{
    (void)prov;
    return parse_flag(value, &vault->create.hsm, err);
}

static bool set_exportable(struct akv_provider *prov,
                           struct akv_keygen_vault *vault, const char *value,
                           struct akv_error *err)
{
    bool flag;

    (void)prov;
    if (!parse_flag(value, &flag, err))
        return false;
    vault->create.attributes.exportable = flag ? AKV_FLAG_YES : AKV_FLAG_NO;
    return true;
}

static bool set_enabled(struct akv_provider *prov,
                        struct akv_keygen_vault *vault, const char *value,
                        struct akv_error *err)
{
    bool flag;

    (void)prov;
    if (!parse_flag(value, &flag, err))
        return false;
    vault->create.attributes.enabled = flag ? AKV_FLAG_YES : AKV_FLAG_NO;
    return true;
}

static bool read_time_param(const char *value, int64_t *time,
                            struct akv_error *err)
{
    return akv_time_parse(value, time)
           || akv_error_set(err, AKV_E_INVALID,
                            "'%.80s': a time such as 2026-01-31T12:00:00Z is "
                            "expected",
                            value);
}

static bool set_not_before(struct akv_provider *prov,
                           struct akv_keygen_vault *vault, const char *value,
                           struct akv_error *err)
{
    (void)prov;
    return read_time_param(value, &vault->create.attributes.nbf, err);
}

static bool set_expires(struct akv_provider *prov,
                        struct akv_keygen_vault *vault, const char *value,
                        struct akv_error *err)
{
    (void)prov;
    return read_time_param(value, &vault->create.attributes.exp, err);
}

/* NAME=VALUE,... */
static bool set_tags(struct akv_provider *prov, struct akv_keygen_vault *vault,
                     const char *value, struct akv_error *err)
{
    const char *cursor = value, *item;
    size_t len;

    (void)prov;
    while ((item = akv_list_next(&cursor, &len)) != NULL) {
        char tag[600] = "", *equals;

        if (len < sizeof(tag))
            memcpy(tag, item, len);
        equals = strchr(tag, '=');
        if (equals == NULL)
            return akv_error_set(err, AKV_E_INVALID,
                                 "'%.*s': NAME=VALUE is expected, several "
                                 "separated by commas",
                                 (int)len, item);
        *equals = '\0';
        if (!akv_tags_add(&vault->tags, tag, equals + 1))
            return akv_error_set(err, AKV_E_MEMORY, "no memory for tags");
    }
    return true;
}

static bool set_release_policy(struct akv_provider *prov,
                               struct akv_keygen_vault *vault,
                               const char *value, struct akv_error *err)
{
    (void)prov;
    akv_wipe_free(vault->release_policy);
    vault->create.release_policy = vault->release_policy = strdup(value);
    return vault->release_policy != NULL
           || akv_error_set(err, AKV_E_MEMORY, "no memory for a policy");
}

static int set_own(struct akv_provider *prov, struct akv_keygen_vault *vault,
                   size_t row, const OSSL_PARAM *p)
{
    struct akv_error err = AKV_ERROR_INIT;
    const char *value = NULL;

    if (akv_config_good(prov) == NULL)
        return 0;
    if (!OSSL_PARAM_get_utf8_string_ptr(p, &value) || value == NULL)
        return akv_raise(prov, AKV_R_BAD_GENERATION, "%s: is no text",
                         rows[row].name);
    if (vault->first == NULL)
        vault->first = rows[row].name;
    if (rows[row].set(prov, vault, value, &err))
        return 1;
    return akv_raise(prov, AKV_R_BAD_GENERATION, "%s: %s", rows[row].name,
                     err.message);
}

/* What RSA and EC keys of any provider are told, too. What cannot be read is
 * for those to refuse; here it becomes what no vault has. */
static void set_common(struct akv_keygen_vault *vault,
                       const OSSL_PARAM params[])
{
    const OSSL_PARAM *bits =
        OSSL_PARAM_locate_const(params, OSSL_PKEY_PARAM_RSA_BITS);
    const OSSL_PARAM *e =
        OSSL_PARAM_locate_const(params, OSSL_PKEY_PARAM_RSA_E);
    const OSSL_PARAM *group =
        OSSL_PARAM_locate_const(params, OSSL_PKEY_PARAM_GROUP_NAME);
    const int most = 1000000;
    BIGNUM *number = NULL;
    const char *name;
    size_t size = 0;

    if (group != NULL && OSSL_PARAM_get_utf8_string_ptr(group, &name))
        (void)snprintf(vault->group, sizeof(vault->group), "%s", name);
    if (bits != NULL)
        vault->create.bits =
            OSSL_PARAM_get_size_t(bits, &size) && size < (size_t)most
                ? (int)size
                : most;
    if (e != NULL)
        vault->create.exponent =
            OSSL_PARAM_get_BN(e, &number) && BN_num_bits(number) < 64
                ? (int64_t)BN_get_word(number)
                : -1;
    BN_free(number);
}

int akv_keygen_vault_set(struct akv_provider *prov,
                         struct akv_keygen_vault *vault,
                         const OSSL_PARAM params[])
{
    size_t i;

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const OSSL_PARAM *p = OSSL_PARAM_locate_const(params, rows[i].name);

        if (p != NULL && !set_own(prov, vault, i, p))
            return 0;
    }
    set_common(vault, params);
    return 1;
}

static int check_rsa(struct akv_provider *prov, struct akv_keygen_vault *vault)
{
    struct akv_key_create *create = &vault->create;

    if (create->bits == 0)
        create->bits = 2048;
    if (create->bits != 2048 && create->bits != 3072 && create->bits != 4096)
        return akv_raise(prov, AKV_R_BAD_GENERATION,
                         "%d bits: RSA keys in a vault have 2048, 3072 or "
                         "4096",
                         create->bits);
    if (create->exponent == 65537)
        create->exponent = 0; /* which is the service's own */
    if (create->exponent < 0)
        return akv_raise(prov, AKV_R_BAD_GENERATION,
                         "the public exponent is too large for a vault");
    return 1;
}

static int check_ec(struct akv_provider *prov, struct akv_keygen_vault *vault)
{
    static const struct {
        int nid;
        enum akv_curve curve;
    } curves[] = {
        { NID_X9_62_prime256v1, AKV_P256 },
        { NID_secp384r1, AKV_P384 },
        { NID_secp521r1, AKV_P521 },
        { NID_secp256k1, AKV_P256K },
    };
    int nid = EC_curve_nist2nid(vault->group);
    size_t i;

    if (nid == NID_undef)
        nid = OBJ_txt2nid(vault->group);
    for (i = 0; i < sizeof(curves) / sizeof(curves[0]); i++) {
        if (curves[i].nid == nid) {
            vault->create.curve = curves[i].curve;
            return 1;
        }
    }
    return akv_raise(prov, AKV_R_BAD_GENERATION,
                     "group '%s': EC keys in a vault are on P-256, P-384, "
                     "P-521 or secp256k1 (ec_paramgen_curve)",
                     vault->group);
}

struct akv_key *akv_keygen_vault_run(struct akv_provider *prov,
                                     struct akv_keygen_vault *vault,
                                     enum akv_key_type type)
{
    struct akv_error err = AKV_ERROR_INIT;
    struct akv_key_bundle bundle;
    struct akv_key *key = NULL;

    if (!vault->named) {
        (void)akv_raise(prov, AKV_R_BAD_GENERATION,
                        "%s is of keys in a vault, and akv-uri names none",
                        vault->first);
        return NULL;
    }
    if (type == AKV_KEY_RSA ? !check_rsa(prov, vault) : !check_ec(prov, vault))
        return NULL;
    vault->create.type = type;
    vault->create.tags = vault->tags.count > 0 ? &vault->tags : NULL;
    if (!akv_key_create(akv_config_of(prov)->client, &vault->id, &vault->create,
                        &bundle, &err))
        (void)akv_raise_error(prov, &err);
    else if (bundle.jwk.type != type)
        (void)akv_raise(prov, AKV_R_BAD_REPLY,
                        "the vault made keys/%s of another type",
                        vault->id.name);
    else
        key = akv_key_new_remote(prov, &bundle);
    akv_key_bundle_free(&bundle);
    return key;
}
