/* SPDX-License-Identifier: Apache-2.0 */

/* The provider as a whole: loading, parameters, faults of settings, stores. */

#include <dirent.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/params.h>
#include <openssl/store.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "err.h"
#include "fake_client.h"
#include "provider_fixture.h"

/* How many entries a folder of /proc/self has. */
static size_t entries(const char *path)
{
    DIR *dir = opendir(path);
    size_t count = 0;

    if (dir == NULL)
        return 0;
    while (readdir(dir) != NULL)
        count++;
    (void)closedir(dir);
    return count;
}

/* Loading does nothing that anybody could notice. */
static void load(void)
{
    size_t threads = entries("/proc/self/task"), files;
    int i;

    files = entries("/proc/self/fd");
    for (i = 0; i < 20; i++) {
        if (provider_set_up(NULL)) {
            CHECK(OSSL_PROVIDER_available(fixture.libctx, "keyvault") == 1);
            CHECK_INT("threads", entries("/proc/self/task"), threads);
            CHECK_INT("open files", entries("/proc/self/fd"), files);
        }
        provider_tear_down();
    }
    CHECK_INT("threads", entries("/proc/self/task"), threads);
    CHECK_INT("open files", entries("/proc/self/fd"), files);
}

static void parameters(void)
{
    char *name = NULL, *version = NULL, *build = NULL;
    int status = 0, unknown = 7;
    OSSL_PARAM params[6];
    const OSSL_PARAM *gettable;

    if (!provider_set_up(NULL))
        return;
    params[0] = OSSL_PARAM_construct_utf8_ptr(OSSL_PROV_PARAM_NAME, &name, 0);
    params[1] =
        OSSL_PARAM_construct_utf8_ptr(OSSL_PROV_PARAM_VERSION, &version, 0);
    params[2] =
        OSSL_PARAM_construct_utf8_ptr(OSSL_PROV_PARAM_BUILDINFO, &build, 0);
    params[3] = OSSL_PARAM_construct_int(OSSL_PROV_PARAM_STATUS, &status);
    params[4] = OSSL_PARAM_construct_int("unknown", &unknown);
    params[5] = OSSL_PARAM_construct_end();
    CHECK(OSSL_PROVIDER_get_params(fixture.akv, params) == 1);
    CHECK_STR("name", name, "Azure Key Vault provider");
    CHECK(version != NULL && *version >= '0' && *version <= '9');
    CHECK_STR("build", build, version);
    CHECK_INT("status", status, 1);
    CHECK_INT("unknown", unknown, 7);
    gettable = OSSL_PROVIDER_gettable_params(fixture.akv);
    CHECK(OSSL_PARAM_locate_const(gettable, OSSL_PROV_PARAM_NAME) != NULL);
    CHECK(OSSL_PARAM_locate_const(gettable, OSSL_PROV_PARAM_STATUS) != NULL);
    CHECK(OSSL_PROVIDER_self_test(fixture.akv) == 1);
    provider_tear_down();
}

static void algorithms(void)
{
    static const char *const managers[] = {
        "RSA", "rsaEncryption",  "1.2.840.113549.1.1.1",
        "EC",  "id-ecPublicKey", "1.2.840.10045.2.1"
    };
    static const char *const loaders[] = { "akv", "managedhsm", "vault" };
    EVP_SIGNATURE *signature;
    EVP_ASYM_CIPHER *cipher;
    EVP_KEYEXCH *exchange;
    size_t i;

    if (!provider_set_up(NULL))
        return;
    for (i = 0; i < COUNT(managers); i++) {
        EVP_KEYMGMT *manager =
            EVP_KEYMGMT_fetch(fixture.libctx, managers[i], OURS);

        CHECK_AT(managers[i], manager != NULL);
        EVP_KEYMGMT_free(manager);
    }
    for (i = 0; i < COUNT(loaders); i++) {
        OSSL_STORE_LOADER *loader =
            OSSL_STORE_LOADER_fetch(fixture.libctx, loaders[i], OURS);

        CHECK_AT(loaders[i], loader != NULL);
        OSSL_STORE_LOADER_free(loader);
    }
    signature = EVP_SIGNATURE_fetch(fixture.libctx, "ECDSA", OURS);
    CHECK(signature != NULL);
    EVP_SIGNATURE_free(signature);
    signature = EVP_SIGNATURE_fetch(fixture.libctx, "RSA", OURS);
    CHECK(signature != NULL);
    EVP_SIGNATURE_free(signature);
    cipher = EVP_ASYM_CIPHER_fetch(fixture.libctx, "RSA", OURS);
    CHECK(cipher != NULL);
    EVP_ASYM_CIPHER_free(cipher);
    exchange = EVP_KEYEXCH_fetch(fixture.libctx, "ECDH", OURS);
    CHECK(exchange != NULL);
    EVP_KEYEXCH_free(exchange);
    /* Nothing else: other algorithms are other providers' business. */
    CHECK(EVP_MD_fetch(fixture.libctx, "SHA256", OURS) == NULL);
    CHECK(EVP_CIPHER_fetch(fixture.libctx, "AES-128-GCM", OURS) == NULL);
    CHECK(EVP_KEYMGMT_fetch(fixture.libctx, "X25519", OURS) == NULL);
    CHECK(OSSL_STORE_LOADER_fetch(fixture.libctx, "file", OURS) == NULL);
    provider_tear_down();
}

/* Loads from a URI until the end, as applications do: how many objects came.
 * Less than 0: it could not be opened, or there was no end. */
static int load_uri(const char *uri, int expected)
{
    OSSL_STORE_CTX *store = OSSL_STORE_open_ex(uri, fixture.libctx, NULL, NULL,
                                               NULL, NULL, NULL, NULL);
    int objects = 0, tries = 0;

    if (store == NULL)
        return -1;
    if (expected != 0)
        CHECK(OSSL_STORE_expect(store, expected) == 1);
    while (!OSSL_STORE_eof(store) && tries++ < 5) {
        OSSL_STORE_INFO *info = OSSL_STORE_load(store);

        objects += info != NULL;
        OSSL_STORE_INFO_free(info);
    }
    CHECK_AT(uri, tries < 5);
    CHECK(OSSL_STORE_close(store) == 1);
    return objects;
}

static void bad_uris(void)
{
    static const struct {
        const char *uri, *message;
    } rows[] = {
        { "akv://v/keys/a_b", "name 'a_b'" },
        { "akv://v/key/k", "collection 'key'" },
        { "akv://v/keys/k/a_b", "version 'a_b'" },
        { "akv://v/keys/k/v/x", "path 'x'" },
        { "akv://v:0/keys/k", "port '0'" },
        { "akv://a..b/keys/k", "host 'a..b'" },
        { "akv://user@v/keys/k", "character '@'" },
        { "akv:///keys/k", "default-vault" },
        { "akv:vault=v", "name ''" },
        { "akv:x", "attribute 'x'" },
        { "vault:v", "name ''" },
        { "vault:v:k?x", "query '?x'" },
        { "managedhsm:v_v:k", "vault 'v_v'" },
    };
    size_t i;

    if (!provider_set_up(NULL))
        return;
    fake_client_set(NULL, NULL);
    for (i = 0; i < COUNT(rows); i++) {
        const char *errors;

        ERR_clear_error();
        CHECK_AT(rows[i].uri, load_uri(rows[i].uri, 0) <= 0);
        errors = provider_errors();
        CHECK_HAS(rows[i].uri, errors, rows[i].message);
        CHECK_HAS(rows[i].uri, errors,
                  strcmp(rows[i].message, "default-vault") == 0
                      ? ":bad setting of the provider keyvault:"
                      : ":malformed key identifier:");
    }
    CHECK_INT("requests", fake_client_count(), 0);
    provider_tear_down();
}

/* The cause that the vault's client tells becomes one reason. */
static bool refuse(void *arg, const struct akv_op *op, struct akv_buf *body,
                   struct akv_error *err)
{
    (void)op;
    (void)body;
    return akv_error_set(err, *(const enum akv_error_code *)arg,
                         "the vault's own words");
}

static void reasons(void)
{
    static const struct {
        enum akv_error_code code;
        const char *reason;
    } rows[] = {
        { AKV_E_MEMORY, ":out of memory:" },
        { AKV_E_INVALID, ":malformed key identifier:" },
        { AKV_E_CONFIG, ":bad setting of the provider keyvault:" },
        { AKV_E_UNTRUSTED_HOST, ":host is not trusted with a token:" },
        { AKV_E_UNAVAILABLE, ":authentication failed (try akv login check):" },
        { AKV_E_AUTHENTICATION,
          ":authentication failed (try akv login check):" },
        { AKV_E_FORBIDDEN, ":forbidden by the vault:" },
        { AKV_E_NOT_FOUND, ":not found in the vault:" },
        { AKV_E_CONFLICT, ":conflict in the vault:" },
        { AKV_E_THROTTLED, ":throttled by the vault:" },
        { AKV_E_DEADLINE, ":no answer in time (setting timeout):" },
        { AKV_E_TRANSPORT, ":vault cannot be reached:" },
        { AKV_E_CERTIFICATE, ":vault cannot be reached:" },
        { AKV_E_PROTOCOL, ":bad reply of the vault or the authority:" },
        { AKV_E_SERVICE, ":refused by the service:" },
        { AKV_E_CANCELLED, ":cancelled:" },
    };
    size_t i;

    if (!provider_set_up(NULL))
        return;
    for (i = 0; i < COUNT(rows); i++) {
        enum akv_error_code code = rows[i].code;
        const char *errors;

        ERR_clear_error();
        fake_client_set(refuse, &code);
        CHECK_AT(rows[i].reason, load_uri("akv://v/keys/k", 0) == 0);
        CHECK_INT("requests", fake_client_count(), 1);
        errors = provider_errors();
        CHECK_HAS(rows[i].reason, errors, rows[i].reason);
        CHECK_HAS(rows[i].reason, errors, "the vault's own words");
    }
    CHECK_INT("all codes", i, AKV_E_CANCELLED);
    provider_tear_down();
}

static void reason_strings(void)
{
    const OSSL_ITEM *item, *other;
    unsigned seen = 0;

    for (item = akv_reason_strings(); item->id != 0; item++) {
        CHECK(item->ptr != NULL && *(const char *)item->ptr != '\0');
        CHECK(item->id <= AKV_R_PROXY);
        for (other = akv_reason_strings(); other < item; other++)
            CHECK(other->id != item->id && strcmp(other->ptr, item->ptr) != 0);
        seen++;
    }
    CHECK_INT("reasons with a text", seen, AKV_R_PROXY);
}

/* A bad setting is told by what needs a vault, and stops nothing else. */
static void bad_settings(void)
{
    static const struct {
        const char *conf, *env, *message;
    } rows[] = {
        { "timeout = soon\n", NULL, "timeout: 'soon'" },
        { "max-connections = 0\n", NULL, "max-connections: '0'" },
        { "trusted-hosts = *\n", NULL, "trusted-hosts: '*'" },
        { "verify-signatures = maybe\n", NULL, "verify-signatures: 'maybe'" },
        { NULL, "AKV_TIMEOUT", "AKV_TIMEOUT: 'soon'" },
    };
    size_t i;

    for (i = 0; i < COUNT(rows); i++) {
        const char *message = rows[i].message, *errors;
        EVP_PKEY *key;

        if (rows[i].env != NULL)
            CHECK(setenv(rows[i].env, "soon", 1) == 0);
        if (!provider_set_up(rows[i].conf))
            return;
        fake_client_set(NULL, NULL);
        ERR_clear_error();
        CHECK_AT(message, load_uri("akv://v/keys/k", 0) == 0);
        errors = provider_errors();
        CHECK_HAS(message, errors, ":bad setting of the provider keyvault:");
        CHECK_HAS(message, errors, message);
        CHECK_INT("requests", fake_client_count(), 0);
        key = EVP_PKEY_Q_keygen(fixture.libctx, OURS, "EC", "P-256");
        CHECK("local keys work" && key != NULL && is_ours(key));
        EVP_PKEY_free(key);
        provider_tear_down();
        if (rows[i].env != NULL)
            CHECK(unsetenv(rows[i].env) == 0);
    }
}

static bool note_host(void *arg, const struct akv_op *op, struct akv_buf *body,
                      struct akv_error *err)
{
    (void)body;
    memcpy(arg, op->id.host, sizeof(op->id.host));
    return akv_error_set(err, AKV_E_NOT_FOUND, "none");
}

/* The section of openssl.cnf, with the environment behind it. */
static void good_settings(void)
{
    char host[sizeof(((struct akv_id *)NULL)->host)] = "";

    fake_client_set(note_host, host);
    (void)setenv("AKV_DEFAULT_VAULT", "fromenv", 1);
    if (provider_set_up(NULL))
        CHECK(load_uri("akv:///keys/k", 0) == 0);
    CHECK_STR("environment", host, "fromenv.vault.azure.net");
    provider_tear_down();
    if (provider_set_up("default-vault = fromfile\n"
                        "dns-suffix = vault.azure.cn\n"))
        CHECK(load_uri("akv:///keys/k", 0) == 0);
    CHECK_STR("file", host, "fromfile.vault.azure.cn");
    provider_tear_down();
    (void)unsetenv("AKV_DEFAULT_VAULT");
}

/* Two instances know nothing of each other's settings. */
static void two_instances(void)
{
    struct provider_fixture first;
    char host[sizeof(((struct akv_id *)NULL)->host)] = "";

    fake_client_set(note_host, host);
    if (!provider_set_up("default-vault = one\n"))
        return;
    first = fixture;
    if (!provider_set_up("default-vault = two\n"))
        return;
    CHECK(load_uri("akv:///keys/k", 0) == 0);
    CHECK_STR("second", host, "two.vault.azure.net");
    provider_tear_down();
    fixture = first;
    CHECK(load_uri("akv:///keys/k", 0) == 0);
    CHECK_STR("first", host, "one.vault.azure.net");
    provider_tear_down();
}

struct groups {
    char names[2000];
    unsigned count;
};

static int on_group(const OSSL_PARAM params[], void *arg)
{
    const OSSL_PARAM *p, *alg;
    struct groups *groups = arg;
    const char *name, *alg_name;

    p = OSSL_PARAM_locate_const(params, OSSL_CAPABILITY_TLS_GROUP_NAME);
    alg = OSSL_PARAM_locate_const(params, OSSL_CAPABILITY_TLS_GROUP_ALG);
    if (!OSSL_PARAM_get_utf8_string_ptr(p, &name)
        || !OSSL_PARAM_get_utf8_string_ptr(alg, &alg_name))
        return 0;
    if (strcmp(alg_name, "EC") == 0) {
        (void)snprintf(groups->names + strlen(groups->names),
                       sizeof(groups->names) - strlen(groups->names), "%s ",
                       name);
        groups->count++;
    }
    return 1;
}

/* Those for EC keys of the default provider, as libssl asks for them. */
static void tls_groups(void)
{
    struct groups ours = { "", 0 }, theirs = { "", 0 };

    if (!provider_set_up(NULL))
        return;
    CHECK(OSSL_PROVIDER_get_capabilities(fixture.akv, "TLS-GROUP", on_group,
                                         &ours)
          == 1);
    CHECK(OSSL_PROVIDER_get_capabilities(fixture.standard, "TLS-GROUP",
                                         on_group, &theirs)
          == 1);
    CHECK_STR("groups", ours.names, theirs.names);
    CHECK(ours.count >= 3);
    ours.count = 0;
    (void)OSSL_PROVIDER_get_capabilities(fixture.akv, "TLS-NONSENSE", on_group,
                                         &ours);
    CHECK_INT("unknown capability", ours.count, 0);
    provider_tear_down();
}

int main(void)
{
    static const struct unit_test tests[] = {
        { "load and unload", load },
        { "parameters", parameters },
        { "algorithms", algorithms },
        { "bad URIs", bad_uris },
        { "reasons", reasons },
        { "texts of the reasons", reason_strings },
        { "bad settings", bad_settings },
        { "good settings", good_settings },
        { "two instances", two_instances },
        { "TLS groups", tls_groups },
    };

    return unit_main("provider", tests, COUNT(tests));
}
