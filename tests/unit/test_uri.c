/* SPDX-License-Identifier: Apache-2.0 */

#include <stdio.h>
#include <string.h>

#include "akv/uri.h"
#include "base/settings_impl.h"
#include "client/op.h"
#include "unit.h"

#define L10 "abcdefghij"
#define L60 L10 L10 L10 L10 L10 L10
#define L127 L60 L60 "abcdefg"
#define VERSION "0123456789abcdef0123456789abcdef"

static struct akv_settings settings;

/* With a default vault, an HSM domain and trusted hosts. */
static bool set_up(void)
{
    struct akv_error err = AKV_ERROR_INIT;

    return unit_settings(&settings, &err, "default-vault", "standard",
                         "hsm-dns-suffix", "hsm.example", "trusted-hosts",
                         "localhost, .corp.example", NULL);
}

/* An identifier as one line: COLLECTION HOST:PORT NAME VERSION. */
static const char *show(const struct akv_id *id)
{
    static char text[1000];

    (void)snprintf(text, sizeof(text), "%s %s:%u %s %s",
                   akv_kind_collection(id->kind), id->host, id->port, id->name,
                   id->version);
    return text;
}

#define STANDARD "standard.vault.azure.net:443"

static const struct {
    const char *uri, *want;
} good_uris[] = {
    { "akv://v.vault.azure.net/keys/k", "keys v.vault.azure.net:443 k " },
    { "akv://v.vault.azure.net/keys/k/" VERSION,
      "keys v.vault.azure.net:443 k " VERSION },
    { "akv://v.vault.azure.net/secrets/s", "secrets v.vault.azure.net:443 s " },
    { "akv://v.vault.azure.net/certificates/c/1",
      "certificates v.vault.azure.net:443 c 1" },
    { "AKV://V.Vault.Azure.NET/Keys/K-1", "keys v.vault.azure.net:443 K-1 " },
    { "akv://v.vault.azure.net/keys/k/", "keys v.vault.azure.net:443 k " },
    { "https://V.vault.azure.net/keys/k/" VERSION,
      "keys v.vault.azure.net:443 k " VERSION },
    { "https://v.vault.azure.net/secrets/s/",
      "secrets v.vault.azure.net:443 s " },
    { "https://v.vault.azure.net:8443/", " v.vault.azure.net:8443  " },
    { "akv://v.vault.azure.net:443/keys/k", "keys v.vault.azure.net:443 k " },
    { "akv://v.vault.azure.net:8443/keys/k", "keys v.vault.azure.net:8443 k " },
    { "akv://v.vault.azure.net:1/keys/k", "keys v.vault.azure.net:1 k " },
    { "akv://v.vault.azure.net:65535/keys/k",
      "keys v.vault.azure.net:65535 k " },
    { "akv://v.vault.azure.net:00443/keys/k", "keys v.vault.azure.net:443 k " },
    { "akv://v.vault.azure.net/keys/" L127,
      "keys v.vault.azure.net:443 " L127 " " },
    { "akv://v.vault.azure.net/keys/k/" L127,
      "keys v.vault.azure.net:443 k " L127 },
    /* a vault's name gets the suffix, if it has neither dot nor port and is
     * not trusted under that name */
    { "akv://myvault/keys/k", "keys myvault.vault.azure.net:443 k " },
    { "akv://MyVault/keys/k", "keys myvault.vault.azure.net:443 k " },
    { "akv://myvault:8443/keys/k", "keys myvault:8443 k " },
    { "akv://localhost/keys/k", "keys localhost:443 k " },
    { "akv://LOCALHOST/keys/k", "keys localhost:443 k " },
    { "akv://localhost:8443/keys/k", "keys localhost:8443 k " },
    { "akv://127.0.0.1:8443/keys/k", "keys 127.0.0.1:8443 k " },
    { "akv://[::1]/keys/k", "keys [::1]:443 k " },
    { "akv://[::1]:8443/keys/k", "keys [::1]:8443 k " },
    { "akv://[2001:DB8::1]/keys/k", "keys [2001:db8::1]:443 k " },
    /* the default vault */
    { "akv:///keys/k", "keys " STANDARD " k " },
    { "akv:///keys", "keys " STANDARD "  " },
    { "akv://", " " STANDARD "  " },
    { "akv:///", " " STANDARD "  " },
    /* collections */
    { "akv://v.vault.azure.net", " v.vault.azure.net:443  " },
    { "akv://v.vault.azure.net/", " v.vault.azure.net:443  " },
    { "akv://myvault/keys", "keys myvault.vault.azure.net:443  " },
    { "akv://myvault/secrets/", "secrets myvault.vault.azure.net:443  " },
    { "akv://myvault/certificates",
      "certificates myvault.vault.azure.net:443  " },
    /* the forms of other modules */
    { "vault:myvault:k", "keys myvault.vault.azure.net:443 k " },
    { "vault:myvault:k?version=" VERSION,
      "keys myvault.vault.azure.net:443 k " VERSION },
    { "vault:v.corp.example:k", "keys v.corp.example:443 k " },
    { "vault::k", "keys " STANDARD " k " },
    { "VAULT:myvault:k", "keys myvault.vault.azure.net:443 k " },
    { "managedhsm:myhsm:k", "keys myhsm.hsm.example:443 k " },
    { "managedhsm:myhsm:k?version=1", "keys myhsm.hsm.example:443 k 1" },
    { "ManagedHSM:myhsm:k", "keys myhsm.hsm.example:443 k " },
    { "akv:vault=myvault,name=k", "keys myvault.vault.azure.net:443 k " },
    { "akv:name=k,vault=myvault", "keys myvault.vault.azure.net:443 k " },
    { "akv:type=managedhsm,vault=myhsm,name=k",
      "keys myhsm.hsm.example:443 k " },
    { "akv:vault=myhsm,name=k,type=managedhsm",
      "keys myhsm.hsm.example:443 k " },
    { "akv:vault=myvault,name=k,version=" VERSION,
      "keys myvault.vault.azure.net:443 k " VERSION },
    { "akv:name=k", "keys " STANDARD " k " },
    { "akv:vault=localhost:8443,name=k", "keys localhost:8443 k " },
};

static void good(void)
{
    size_t i;

    CHECK(set_up());
    for (i = 0; i < COUNT(good_uris); i++) {
        struct akv_error err = AKV_ERROR_INIT;
        struct akv_id id;

        memset(&id, 0xff, sizeof(id));
        if (CHECK_AT(good_uris[i].uri,
                     akv_id_parse(&id, good_uris[i].uri, &settings, &err)))
            CHECK_STR(good_uris[i].uri, show(&id), good_uris[i].want);
        CHECK_STR(good_uris[i].uri, err.message, "");
    }
    akv_settings_clear(&settings);
}

/* The part that the message has to name, and the text it quotes. */
static const struct {
    const char *uri, *part;
} bad_uris[] = {
    { "akv:https://v.vault.azure.net/keys/k", "one scheme is expected" },
    { "akv://https://v.vault.azure.net/keys/k", "akv://HOST/keys/NAME" },
    { "", "scheme ''" },
    { "akv", "scheme 'akv'" },
    { "file:/x", "scheme 'file'" },
    { "http://v.vault.azure.net/keys/k", "scheme 'http'" },
    { " akv://v.vault.azure.net/keys/k", "scheme ' akv'" },
    { "akv:///keys/k/v/x", "path 'x'" },
    { "akv:///keys/k/v/x/y", "path 'x/y'" },
    { "akv:///key/k", "collection 'key'" },
    { "akv:///keyss/k", "collection 'keyss'" },
    { "akv:////k", "collection ''" },
    { "akv:///deletedkeys/k", "collection 'deletedkeys'" },
    { "akv:///../keys/k", "collection '..'" },
    { "akv:///keys//", "name ''" },
    { "akv:///keys//v", "name ''" },
    { "akv:///keys/a_b", "name 'a_b'" },
    { "akv:///keys/a.b", "name 'a.b'" },
    { "akv:///keys/..", "name '..'" },
    { "akv:///keys/a b", "name 'a b'" },
    { "akv:///keys/a\nb", "name 'a b'" },
    { "akv:///keys/a\\b", "name 'a\\b'" },
    { "akv:///keys/k\xc3\xa4", "name 'k\xc3\xa4'" },
    { "akv:///keys/" L127 "x", "name 'abc" },
    { "akv:///keys/k/a_b", "version 'a_b'" },
    { "akv:///keys/k//", "version ''" },
    { "akv:///keys/k/" L127 "x", "version 'abc" },
    { "akv:///keys/k?version=1", "character '?'" },
    { "akv:///keys/k#x", "character '#'" },
    { "akv:///keys/%6b", "character '%'" },
    { "akv://user@v.vault.azure.net/keys/k", "character '@'" },
    { "akv://v.vault.azure.net:/keys/k", "port ''" },
    { "akv://v.vault.azure.net:0/keys/k", "port '0'" },
    { "akv://v.vault.azure.net:65536/keys/k", "port '65536'" },
    { "akv://v.vault.azure.net:99999999999999999999/keys/k", "port '999" },
    { "akv://v.vault.azure.net:-1/keys/k", "port '-1'" },
    { "akv://v.vault.azure.net:44x/keys/k", "port '44x'" },
    { "akv://v.vault.azure.net: 443/keys/k", "port ' 443'" },
    { "akv://v.vault.azure.net:1:2/keys/k", "port '1:2'" },
    { "akv://:8443/keys/k", "host ''" },
    { "akv://a..b/keys/k", "host 'a..b'" },
    { "akv://-a/keys/k", "host '-a'" },
    { "akv://a-/keys/k", "host 'a-'" },
    { "akv://v.vault.azure.net./keys/k", "host 'v.vault.azure.net.'" },
    { "akv://b\xc3\xbc"
      "cher/keys/k",
      "host 'b\xc3\xbc"
      "cher'" },
    { "akv://a b/keys/k", "host 'a b'" },
    { "akv://[::1/keys/k", "host '['" },
    { "akv://[zz]/keys/k", "host '[zz]'" },
    { "akv://[::1]x/keys/k", "host '[::1]x'" },
    { "akv://" L60 L10 "/keys/k", "host 'abc" },
    { "akv://under_score/keys/k", "vault 'under_score'" },
    { "vault:", "name ''" },
    { "vault:myvault", "name ''" },
    { "vault:myvault:", "name ''" },
    { "vault:myvault:a/b", "name 'a/b'" },
    { "vault:myvault:a:b", "name 'a:b'" },
    { "vault:my/vault:k", "host 'my/vault'" },
    { "vault:myvault:k?", "query '?'" },
    { "vault:myvault:k?x=1", "query '?x=1'" },
    { "vault:myvault:k?Version=1", "query '?Version=1'" },
    { "vault:myvault:k?version=", "version ''" },
    { "vault:myvault:k?version=1&x=2", "version '1&x=2'" },
    { "managedhsm:myhsm", "name ''" },
    { "managedhsm:my_hsm:k", "vault 'my_hsm'" },
    { "akv:", "name ''" },
    { "akv:vault=myvault", "name ''" },
    { "akv:vault=a,vault=b,name=k", "attribute 'vault=b'" },
    { "akv:vault=a,name=k,name=l", "attribute 'name=l'" },
    { "akv:vault=myvault,name=", "name ''" },
    { "akv:vault=myvault,name=a_b", "name 'a_b'" },
    { "akv:vault=my/vault,name=k", "host 'my/vault'" },
    { "akv:vault=myvault,name=k,version=", "version ''" },
    { "akv:vault=myvault,name=k,version=a/b", "version 'a/b'" },
    { "akv:vault=myvault,name=k,colour=red", "attribute 'colour=red'" },
    { "akv:type=vault,name=k", "attribute 'type=vault'" },
    { "akv:myvault/keys/k", "attribute 'myvault/keys/k'" },
    { "akv:/keys/k", "attribute '/keys/k'" },
    { "akv:k", "attribute 'k'" },
};

static void bad(void)
{
    size_t i;

    CHECK(set_up());
    for (i = 0; i < COUNT(bad_uris); i++) {
        struct akv_error err = AKV_ERROR_INIT;
        struct akv_id id;

        CHECK_AT(bad_uris[i].uri,
                 !akv_id_parse(&id, bad_uris[i].uri, &settings, &err));
        CHECK_INT(bad_uris[i].uri, err.code, AKV_E_INVALID);
        CHECK_HAS(bad_uris[i].uri, err.message, bad_uris[i].part);
        CHECK_AT(bad_uris[i].uri,
                 !akv_id_parse(&id, bad_uris[i].uri, &settings, NULL));
    }
    akv_settings_clear(&settings);
}

static void no_default_vault(void)
{
    static const char *const uris[] = { "akv:///keys/k", "akv://", "vault::k",
                                        "akv:name=k" };
    struct akv_error err = AKV_ERROR_INIT;
    struct akv_id id;
    size_t i;

    CHECK(unit_settings(&settings, &err, NULL));
    for (i = 0; i < COUNT(uris); i++) {
        CHECK_AT(uris[i], !akv_id_parse(&id, uris[i], &settings, &err));
        CHECK_INT(uris[i], err.code, AKV_E_CONFIG);
        CHECK_HAS(uris[i], err.message, "default-vault");
    }
    akv_settings_clear(&settings);
    CHECK(unit_settings(&settings, &err, "default-vault", "a b", NULL));
    CHECK(!akv_id_parse(&id, "akv:///keys/k", &settings, &err));
    CHECK_HAS("a bad default vault", err.message, "host 'a b'");
    akv_settings_clear(&settings);
    CHECK(unit_settings(&settings, &err, "default-vault", "localhost:8443",
                        NULL));
    CHECK(akv_id_parse(&id, "akv:///keys/k", &settings, &err));
    CHECK_STR("one with a port", show(&id), "keys localhost:8443 k ");
    akv_settings_clear(&settings);
}

/* Long inputs are cut in the message, and never run over what they fill. */
static void long_inputs(void)
{
    static const char *const forms[] = { "akv://%s/keys/k",
                                         "akv://v/%s/k",
                                         "akv://v/keys/%s",
                                         "akv://v/keys/k/%s",
                                         "akv://v:%s/keys/k",
                                         "akv://v/keys/k/v/%s",
                                         "vault:%s:k",
                                         "vault:v:%s",
                                         "akv:vault=%s,name=k",
                                         "akv:name=%s",
                                         "%s",
                                         "akv:%s",
                                         "vault:v:k?version=%s" };
    static char text[70000], uri[70100];
    struct akv_id id;
    size_t i;

    CHECK(set_up());
    memset(text, 'a', sizeof(text) - 1);
    for (i = 0; i < COUNT(forms); i++) {
        struct akv_error err = AKV_ERROR_INIT;
        const char *place = strstr(forms[i], "%s");

        (void)snprintf(uri, sizeof(uri), "%.*s%s%s", (int)(place - forms[i]),
                       forms[i], text, place + 2);
        CHECK_AT(forms[i], !akv_id_parse(&id, uri, &settings, &err));
        CHECK_INT(forms[i], err.code, AKV_E_INVALID);
        CHECK_HAS(forms[i], err.message, "expected");
    }
    akv_settings_clear(&settings);
}

/* A vault's name and its suffix together must fit a host name. */
static void long_hosts(void)
{
    char suffix[254], uri[300];
    size_t len, i;

    for (len = 3; len < sizeof(suffix); len++) {
        struct akv_error err = AKV_ERROR_INIT;
        struct akv_id id;
        bool ok;

        for (i = 0; i < len; i++)
            suffix[i] = i % 50 == 1 ? '.' : 's';
        suffix[len] = '\0';
        if (suffix[len - 1] == '.')
            continue;
        CHECK(unit_settings(&settings, &err, "dns-suffix", suffix, NULL));
        (void)snprintf(uri, sizeof(uri), "akv://" L60 "/keys/k");
        ok = akv_id_parse(&id, uri, &settings, &err);
        if (ok)
            CHECK_AT(suffix, strlen(id.host) == 61 + len
                                 && strlen(id.host) < sizeof(id.host));
        else
            CHECK_AT(suffix, 61 + len > 253);
        akv_settings_clear(&settings);
    }
}

static void https(void)
{
    static const struct {
        const char *url, *want; /* bad ones: the part that is at fault */
        bool ok;
    } rows[] = {
        { "https://v.vault.azure.net/keys/k/" VERSION,
          "keys v.vault.azure.net:443 k " VERSION, true },
        { "https://V.vault.azure.net:443/keys/k",
          "keys v.vault.azure.net:443 k ", true },
        { "HTTPS://localhost:8443/Secrets/s/1/", "secrets localhost:8443 s 1",
          true },
        { "https://host/certificates/c", "certificates host:443 c ", true },
        { "https://[::1]:8443/keys/k", "keys [::1]:8443 k ", true },
        { "http://v.vault.azure.net/keys/k", "scheme 'http'", false },
        { "akv://v.vault.azure.net/keys/k", "scheme 'akv'", false },
        { "v.vault.azure.net/keys/k", "scheme", false },
        { "", "scheme ''", false },
        { "https://", "host ''", false },
        { "https:///keys/k", "host ''", false },
        { "https://v.vault.azure.net", "name ''", false },
        { "https://v.vault.azure.net/", "name ''", false },
        { "https://v.vault.azure.net/keys", "name ''", false },
        { "https://v.vault.azure.net/keys/", "name ''", false },
        { "https://v.vault.azure.net/keys/k/v/pending", "path 'pending'",
          false },
        { "https://v.vault.azure.net/deletedkeys/k", "collection", false },
        { "https://v.vault.azure.net/keys/k?x=1", "name 'k?x=1'", false },
        { "https://v.vault.azure.net/keys/k/1#x", "version '1#x'", false },
        { "https://user@v.vault.azure.net/keys/k", "host 'user@", false },
        { "https://v.vault.azure.net:0/keys/k", "port '0'", false },
        { "https://a b/keys/k", "host 'a b'", false },
        { "https://v?x/keys/k", "host 'v?x'", false },
    };
    size_t i;

    for (i = 0; i < COUNT(rows); i++) {
        struct akv_error err = AKV_ERROR_INIT;
        struct akv_id id;
        bool ok = akv_id_parse_https(&id, rows[i].url, &err);

        if (!CHECK_AT(rows[i].url, ok == rows[i].ok))
            continue;
        if (ok)
            CHECK_STR(rows[i].url, show(&id), rows[i].want);
        else
            CHECK_HAS(rows[i].url, err.message, rows[i].want);
        CHECK_INT(rows[i].url, err.code, ok ? AKV_E_NONE : AKV_E_INVALID);
    }
}

/* The path of an identifier, as an operation without more has it. */
static bool append_path(const struct akv_id *id, struct akv_buf *out)
{
    static const struct akv_op_kind plain = { .name = "get", .method = "GET" };
    struct akv_op op;

    akv_op_init(&op, &plain, id);
    return akv_op_append_path(&op, out);
}

static void appended(void)
{
    static const struct {
        const char *uri, *path, *host;
    } rows[] = {
        { "akv:///keys/k", "/keys/k", "standard.vault.azure.net" },
        { "akv:///keys/k/v", "/keys/k/v", "standard.vault.azure.net" },
        { "akv://localhost:8443/secrets/s", "/secrets/s", "localhost:8443" },
        { "akv://localhost:443/certificates/c", "/certificates/c",
          "localhost" },
        { "akv://[::1]:8443/keys/k", "/keys/k", "[::1]:8443" },
        { "akv:///keys", "/keys", "standard.vault.azure.net" },
        { "akv://localhost/keys/k", "/keys/k", "localhost" },
        { "akv://ets:443/keys/k/1", "/keys/k/1", "ets" },
        { "akv://et:8443/keys/k/1", "/keys/k/1", "et:8443" },
        { "akv://[::1]/keys/k", "/keys/k", "[::1]" },
    };
    struct akv_error err = AKV_ERROR_INIT;
    struct akv_settings others; /* who reads it trusts no such host */
    size_t i;

    CHECK(set_up());
    CHECK(unit_settings(&others, &err, NULL));
    for (i = 0; i < COUNT(rows); i++) {
        struct akv_buf path = AKV_BUF_INIT(100), host = AKV_BUF_INIT(100);
        struct akv_buf full = AKV_BUF_INIT(2), uri = AKV_BUF_INIT(100);
        struct akv_id id, again;

        CHECK(akv_id_parse(&id, rows[i].uri, &settings, NULL));
        CHECK(append_path(&id, &path) && akv_id_append_host(&id, &host));
        CHECK_STR(rows[i].uri, akv_buf_str(&path), rows[i].path);
        CHECK_STR(rows[i].uri, akv_buf_str(&host), rows[i].host);
        CHECK(!append_path(&id, &full) || full.len == 0);
        CHECK(!akv_id_append_host(&id, &full));
        CHECK_AT(rows[i].uri, akv_id_append_uri(&id, &uri));
        CHECK_AT(rows[i].uri,
                 akv_id_parse(&again, akv_buf_str(&uri), &others, NULL));
        CHECK_STR(rows[i].uri, again.host, id.host);
        CHECK_STR(rows[i].uri, again.name, id.name);
        CHECK_STR(rows[i].uri, again.version, id.version);
        CHECK_INT(rows[i].uri, again.port, id.port);
        CHECK_INT(rows[i].uri, again.kind, id.kind);
        CHECK(!akv_id_append_uri(&id, &full));
        akv_buf_free(&uri);
        akv_buf_free(&path);
        akv_buf_free(&host);
        akv_buf_free(&full);
    }
    akv_settings_clear(&others);
    akv_settings_clear(&settings);
}

static void small_things(void)
{
    CHECK(akv_name_valid("a") && akv_name_valid("A-1") && akv_name_valid(L127));
    CHECK(!akv_name_valid("") && !akv_name_valid(L127 "x"));
    CHECK(!akv_name_valid("a_b") && !akv_name_valid("a/b"));
    CHECK_STR("vault", akv_kind_collection(AKV_KIND_VAULT), "");
    CHECK_STR("key", akv_kind_collection(AKV_KIND_KEY), "keys");
}

int main(void)
{
    static const struct unit_test tests[] = {
        { "good URIs", good },
        { "bad URIs name the part at fault", bad },
        { "no default vault", no_default_vault },
        { "long inputs", long_inputs },
        { "long hosts", long_hosts },
        { "https identifiers", https },
        { "as parts of a URL", appended },
        { "names and schemes", small_things },
    };

    return unit_main("uri", tests, COUNT(tests));
}
