/* SPDX-License-Identifier: Apache-2.0 */

/* The certificate's credential: which files will do, and whether what it signs
 * can be verified with the certificate. */

#include <openssl/rsa.h>
#include <openssl/sha.h>
#include <stdio.h>
#include <string.h>

#include "akv/json.h"
#include "base/base64.h"
#include "base/settings_impl.h"
#include "cert_fixture.h"
#include "cred_fixture.h"
#include "unit.h"

#define GOOD                                                                   \
    {                                                                          \
        200, .body = "{\"access_token\":\"tok\",\"expires_in\":3600}"          \
    }
#define ENDPOINT "https://login.microsoftonline.com/t/oauth2/v2.0/token"
#define MOST 100000

static EVP_PKEY *rsa, *rsa2, *ec;
static X509 *rsa_cert, *rsa2_cert, *ec_cert;

/* What a file is made of: letters, in order. */
static void make_file(const char *parts, const char *password,
                      struct akv_buf *out)
{
    for (; *parts != '\0'; parts++) {
        switch (*parts) {
        case 'k':
            cert_pem_key(rsa, NULL, out);
            break;
        case 'K':
            cert_pem_key(rsa, "pass", out);
            break;
        case 'e':
            cert_pem_key(ec, NULL, out);
            break;
        case 'c':
            cert_pem(rsa_cert, out);
            break;
        case 'C':
            cert_pem(rsa2_cert, out);
            break;
        case 'E':
            cert_pem(ec_cert, out);
            break;
        case 'p':
            cert_pfx(rsa, rsa_cert, rsa2_cert, password, out);
            break;
        case 'P':
            cert_pfx(ec, ec_cert, NULL, password, out);
            break;
        case '#':
            CHECK(akv_buf_append_str(out, "# a comment\n"));
            break;
        default:
            CHECK(akv_buf_append(out, parts, 1));
            break;
        }
    }
}

static struct akv_cred *make(const char *parts, const char *file_password,
                             const char *setting, const char *late_password,
                             const char *more, struct akv_error *err)
{
    struct akv_deferred_files files = { .client_certificate =
                                            AKV_BUF_INIT(MOST),
                                        .certificate_password =
                                            AKV_BUF_INIT(100) };
    struct akv_cred *cred;

    make_file(parts, file_password, &files.client_certificate);
    if (late_password != NULL)
        CHECK(akv_buf_append_str(&files.certificate_password, late_password));
    akv_settings_clear(&cred_settings);
    CHECK(unit_settings(
        &cred_settings, err, "tenant-id",
        more != NULL && strcmp(more, "adfs") == 0 ? "adfs" : "t", "client-id",
        "c", "client-certificate", "/the/file",
        setting != NULL ? "client-certificate-password" : "unknown", setting,
        more != NULL && strcmp(more, "chain") == 0 ? "send-certificate-chain"
                                                   : "unknown",
        "yes", NULL));
    cred = akv_cred_cert_new(&cred_io.base, &cred_settings, &files, err);
    akv_buf_free(&files.client_certificate);
    akv_buf_free(&files.certificate_password);
    return cred;
}

static const struct {
    const char *where, *parts, *file_password, *setting, *files;
    const char *message; /* NULL: good */
} file_rows[] = {
    { "key and certificate", "kc", NULL, NULL, NULL, NULL },
    { "certificate and key", "ck", NULL, NULL, NULL, NULL },
    { "among others", "#C#k#c#", NULL, NULL, NULL, NULL },
    { "a password that PEM needs not", "kc", NULL, "p", NULL, NULL },
    { "no certificate", "k", NULL, NULL, NULL, "holds no certificate" },
    { "no key", "c", NULL, NULL, NULL, "holds no certificate" },
    { "the certificate of another", "kC", NULL, NULL, NULL,
      "holds no certificate" },
    { "an encrypted key", "Kc", NULL, "pass", NULL, NULL },
    { "an encrypted key, no password", "Kc", NULL, NULL, NULL,
      "its password is missing (client-certificate-password)" },
    { "EC", "eE", NULL, NULL, NULL, "the key is EC, RSA is expected" },
    { "nothing", "", NULL, NULL, NULL, "is neither PEM nor PKCS#12" },
    { "words", "none", NULL, NULL, NULL, "is neither PEM nor PKCS#12" },
    { "PFX", "p", "pass", "pass", NULL, NULL },
    { "PFX, password from a file", "p", "pass", NULL, "pass", NULL },
    { "PFX, the setting wins", "p", "pass", "pass", "wrong", NULL },
    { "PFX without password", "p", "", NULL, NULL, NULL },
    { "PFX with a wrong password", "p", "pass", "wrong", NULL,
      "is encrypted with another password" },
    { "PFX, no password given", "p", "pass", NULL, NULL,
      "its password is missing" },
    { "PFX of an EC key", "P", "pass", "pass", NULL, "the key is EC" },
};

static void files(void)
{
    size_t i;

    for (i = 0; i < COUNT(file_rows); i++) {
        struct akv_error err = AKV_ERROR_INIT;
        struct akv_cred *cred;

        cred_set_up(NULL, 0, NULL);
        cred = make(file_rows[i].parts, file_rows[i].file_password,
                    file_rows[i].setting, file_rows[i].files, NULL, &err);
        CHECK_AT(file_rows[i].where,
                 (cred != NULL) == (file_rows[i].message == NULL));
        if (file_rows[i].message != NULL) {
            CHECK_INT(file_rows[i].where, err.code, AKV_E_CONFIG);
            CHECK_HAS(file_rows[i].where, err.message, file_rows[i].message);
            CHECK_HAS(file_rows[i].where, err.message, "'/the/file'");
            CHECK_AT(file_rows[i].where, strstr(err.message, "pass ") == NULL);
        }
        cred_tear_down(cred);
    }
}

/* The part of a JSON Web Token before the n-th dot, decoded. */
static struct akv_json *part(const char *jwt, unsigned n)
{
    struct akv_buf text = AKV_BUF_INIT(MOST);
    struct akv_json *json;
    size_t len;

    for (; n > 0; n--)
        jwt += strcspn(jwt, ".") + 1;
    len = strcspn(jwt, ".");
    CHECK(akv_base64url_decode(jwt, len, &text));
    json = akv_json_parse(akv_buf_str(&text), text.len, NULL);
    CHECK(json != NULL);
    akv_buf_free(&text);
    return json;
}

static bool verifies(const char *jwt, bool pss)
{
    const char *last = strrchr(jwt, '.');
    struct akv_buf signature = AKV_BUF_INIT(2048);
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    EVP_PKEY *key = X509_get_pubkey(rsa_cert);
    EVP_PKEY_CTX *pctx = NULL;
    bool ok =
        last != NULL
        && akv_base64url_decode(last + 1, strlen(last + 1), &signature)
        && EVP_DigestVerifyInit_ex(ctx, &pctx, "SHA256", NULL, NULL, key, NULL)
               == 1;

    if (ok && pss)
        ok = EVP_PKEY_CTX_set_rsa_padding(pctx, RSA_PKCS1_PSS_PADDING) == 1
             && EVP_PKEY_CTX_set_rsa_pss_saltlen(pctx, 32) == 1;
    ok = ok
         && EVP_DigestVerify(ctx, signature.data, signature.len,
                             (const unsigned char *)jwt, (size_t)(last - jwt))
                == 1;
    EVP_MD_CTX_free(ctx);
    EVP_PKEY_free(key);
    akv_buf_free(&signature);
    return ok;
}

static void check_thumbprint(const struct akv_json *header, const char *name,
                             const EVP_MD *md)
{
    struct akv_buf got = AKV_BUF_INIT(64);
    unsigned char want[EVP_MAX_MD_SIZE];
    unsigned len = 0;

    CHECK_AT(name, akv_json_get_base64url(header, name, &got));
    CHECK_AT(name, X509_digest(rsa_cert, md, want, &len) == 1);
    CHECK_AT(name, got.len == len && memcmp(got.data, want, len) == 0);
    akv_buf_free(&got);
}

static void check_claims(const char *jwt, const char *endpoint, char jti[64])
{
    struct akv_json *claims = part(jwt, 1);
    const char *id = akv_json_get_text(claims, "jti");
    int64_t nbf = 0, exp = 0;

    CHECK_STR("aud", akv_json_get_text(claims, "aud"), endpoint);
    CHECK_STR("iss", akv_json_get_text(claims, "iss"), "c");
    CHECK_STR("sub", akv_json_get_text(claims, "sub"), "c");
    CHECK(akv_json_get_int(claims, "nbf", &nbf));
    CHECK(akv_json_get_int(claims, "exp", &exp));
    CHECK_INT("not before", nbf, FAKE_WALL);
    CHECK_INT("life", exp - nbf, 600);
    CHECK(id != NULL && strlen(id) >= 22);
    (void)snprintf(jti, 64, "%s", id != NULL ? id : "");
    akv_json_free(claims);
}

/* Two requests are proved by two assertions. */
static void assertion(void)
{
    static const struct fake_step script[] = { GOOD, GOOD };
    struct akv_error err = AKV_ERROR_INIT;
    struct akv_json *header;
    struct akv_cred *cred;
    char jti[2][64];
    size_t i;

    cred_set_up(script, COUNT(script), NULL);
    cred = make("Ckc", NULL, NULL, NULL, NULL, &err);
    for (i = 0; i < 2; i++) {
        char jwt[5000];

        cred_get_all(cred, "t", NULL);
        CHECK_STR("token", cred_result.text, "tok");
        CHECK_STR("type",
                  cred_field(cred_io.requests[i].body, "client_assertion_type"),
                  "urn:ietf:params:oauth:client-assertion-type:jwt-bearer");
        (void)snprintf(
            jwt, sizeof(jwt), "%s",
            cred_field(cred_io.requests[i].body, "client_assertion"));
        header = part(jwt, 0);
        CHECK_STR("alg", akv_json_get_text(header, "alg"), "PS256");
        CHECK_STR("typ", akv_json_get_text(header, "typ"), "JWT");
        check_thumbprint(header, "x5t#S256", EVP_sha256());
        CHECK("no chain unless asked" && akv_json_get(header, "x5c") == NULL);
        CHECK("signature" && verifies(jwt, true));
        check_claims(jwt, ENDPOINT, jti[i]);
        akv_json_free(header);
    }
    CHECK(strcmp(jti[0], jti[1]) != 0);
    cred_tear_down(cred);
}

static void adfs(void)
{
    static const struct fake_step script[] = { GOOD };
    struct akv_error err = AKV_ERROR_INIT;
    struct akv_json *header;
    struct akv_cred *cred;
    char jti[64];
    const char *jwt;

    cred_set_up(script, COUNT(script), NULL);
    cred = make("p", "x", "x", NULL, "adfs", &err);
    cred_get_all(cred, "", NULL);
    jwt = cred_field(cred_io.requests[0].body, "client_assertion");
    header = part(jwt, 0);
    CHECK_STR("alg", akv_json_get_text(header, "alg"), "RS256");
    check_thumbprint(header, "x5t", EVP_sha1());
    CHECK(akv_json_get(header, "x5t#S256") == NULL);
    CHECK("signature" && verifies(jwt, false));
    check_claims(jwt, "https://login.microsoftonline.com/adfs/oauth2/token",
                 jti);
    akv_json_free(header);
    cred_tear_down(cred);
}

/* The leaf first, whatever the file's order; each as standard base64. */
static void chain(void)
{
    static const struct fake_step script[] = { GOOD };
    static const char *const files_with_both[] = { "Ckc", "kcC", "p" };
    size_t i;

    for (i = 0; i < COUNT(files_with_both); i++) {
        const char *where = files_with_both[i];
        struct akv_buf der = AKV_BUF_INIT(MOST);
        struct akv_error err = AKV_ERROR_INIT;
        const struct akv_json *x5c;
        struct akv_json *header;
        struct akv_cred *cred;
        unsigned char *want = NULL;
        const char *text;
        int len = i2d_X509(rsa_cert, &want);

        cred_set_up(script, COUNT(script), NULL);
        cred = make(where, "", NULL, NULL, "chain", &err);
        cred_get_all(cred, "", NULL);
        header =
            part(cred_field(cred_io.requests[0].body, "client_assertion"), 0);
        x5c = akv_json_get(header, "x5c");
        CHECK_INT(where, akv_json_length(x5c), 2);
        text = akv_json_text(akv_json_at(x5c, 0), NULL);
        CHECK_AT(where,
                 text != NULL && akv_base64_decode(text, strlen(text), &der));
        CHECK_AT(where, der.len == (size_t)len
                            && memcmp(der.data, want, der.len) == 0);
        OPENSSL_free(want);
        akv_buf_free(&der);
        akv_json_free(header);
        cred_tear_down(cred);
    }
}

static void make_keys(void)
{
    rsa = EVP_RSA_gen(2048);
    rsa2 = EVP_RSA_gen(2048);
    ec = EVP_EC_gen("P-256");
    rsa_cert = cert_make(rsa, "one");
    rsa2_cert = cert_make(rsa2, "two");
    ec_cert = cert_make(ec, "three");
}

static void free_keys(void)
{
    X509_free(rsa_cert);
    X509_free(rsa2_cert);
    X509_free(ec_cert);
    EVP_PKEY_free(rsa);
    EVP_PKEY_free(rsa2);
    EVP_PKEY_free(ec);
}

int main(void)
{
    static const struct unit_test tests[] = {
        { "keys are made", make_keys },     { "files", files },
        { "assertion", assertion },         { "AD FS", adfs },
        { "chain of certificates", chain }, { "keys are freed", free_keys },
    };

    return unit_main("cred_cert", tests, COUNT(tests));
}
