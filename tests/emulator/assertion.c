/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <openssl/evp.h>
#include <openssl/x509.h>

#include "assertion.h"
#include "b64.h"
#include "clock.h"
#include "entra_error.h"
#include "jsonx.h"
#include "jwt.h"
#include "ossl.h"
#include "x509_make.h"
#include "xmem.h"

#define TYPE "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
#define LEEWAY 300

/* An assertion taken apart. */
struct assertion {
    const struct emu_principal *principal; /* borrowed */
    const struct emu_request *req;         /* borrowed */
    struct emu_reply *reply;               /* borrowed */
    const char *token;                     /* borrowed */
    struct json_object *header;            /* owned */
    struct json_object *claims;            /* owned */
};

static const char *claim(const struct assertion *a, const char *name)
{
    const char *text = emu_json_str(a->claims, name);

    return text == NULL ? "" : text;
}

static bool refuse(const struct assertion *a, enum emu_refusal why,
                   const char *value)
{
    emu_refuse(a->reply, why, value);
    return false;
}

static bool check_times(const struct assertion *a)
{
    int64_t now = emu_now();
    int64_t exp;
    int64_t nbf = 0;

    if (!emu_json_seconds(emu_json_get(a->claims, "exp"), &exp)
        || (emu_json_get(a->claims, "nbf") != NULL
            && !emu_json_seconds(emu_json_get(a->claims, "nbf"), &nbf)))
        return refuse(a, EMU_R_ASSERTION_FORM, "");
    if (exp + LEEWAY <= now || nbf - LEEWAY > now)
        return refuse(a, EMU_R_ASSERTION_TIME, "");
    return true;
}

/* Bytes are compared: libraries pad, or write another alphabet than RFC 7515
 * wants (Go, Java, Rust and Python; SDK source). */
static bool thumbprint_is(const X509 *cert, const char *digest,
                          const char *text)
{
    unsigned char md[EVP_MAX_MD_SIZE];
    EVP_MD *type = EVP_MD_fetch(emu_libctx(), digest, NULL);
    unsigned char *raw = NULL;
    size_t rawlen = 0;
    unsigned len = 0;
    bool same = false;

    if (type != NULL && X509_digest(cert, type, md, &len) == 1
        && emu_b64_decode(text, &raw, &rawlen)) {
        same = rawlen == len && memcmp(raw, md, len) == 0;
        free(raw);
    }
    EVP_MD_free(type);
    return same;
}

/* By x5t#S256 or x5t, else the leaf of x5c: beside a thumbprint the libraries
 * for Rust have PEM there (SDK source), which nobody seems to mind. */
static bool names_cert(const struct assertion *a, const X509 *cert)
{
    const char *sha256 = emu_json_str(a->header, "x5t#S256");
    const char *sha1 = emu_json_str(a->header, "x5t");
    struct json_object *chain = emu_json_get(a->header, "x5c");
    bool same;
    char *own;

    if (sha256 != NULL && !thumbprint_is(cert, "SHA256", sha256))
        return false;
    if (sha1 != NULL && !thumbprint_is(cert, "SHA1", sha1))
        return false;
    if (sha256 != NULL || sha1 != NULL)
        return true;
    if (!json_object_is_type(chain, json_type_array)
        || json_object_array_length(chain) == 0)
        return false;
    own = emu_x509_base64(cert);
    same =
        strcmp(json_object_get_string(json_object_array_get_idx(chain, 0)), own)
        == 0;
    free(own);
    return same;
}

static bool ends_with(const char *text, const char *tenant, const char *path)
{
    char *end = emu_xasprintf("/%s%s", tenant, path);
    size_t len = strlen(text);
    size_t endlen = strlen(end);
    bool ok = len > endlen && strcasecmp(text + len - endlen, end) == 0;

    free(end);
    return ok;
}

/* The token endpoint of either version, by whatever name of the host. */
static bool audience_ok(const struct assertion *a)
{
    const char *aud = claim(a, "aud");
    const char *tenant = a->req->target.segment[0];

    return strncmp(aud, "https://", 8) == 0
           && (ends_with(aud, tenant, "/oauth2/v2.0/token")
               || ends_with(aud, tenant, "/oauth2/token"));
}

static bool check_cert(const struct assertion *a)
{
    const struct emu_principal *principal = a->principal;
    const char *alg = emu_json_str(a->header, "alg");
    const char *id = principal->client_id;

    if (principal->cert == NULL || !names_cert(a, principal->cert))
        return refuse(a, EMU_R_ASSERTION_KEY, id);
    if (alg == NULL
        || !emu_jwt_signature_ok(X509_get0_pubkey(principal->cert), alg,
                                 a->token))
        return refuse(a, EMU_R_ASSERTION_SIGN, id);
    if (strcasecmp(claim(a, "sub"), id) != 0
        || strcasecmp(claim(a, "iss"), id) != 0)
        return refuse(a, EMU_R_ASSERTION_ISS, claim(a, "iss"));
    if (!audience_ok(a))
        return refuse(a, EMU_R_ASSERTION_AUD, claim(a, "aud"));
    if (*claim(a, "jti") == '\0')
        return refuse(a, EMU_R_ASSERTION_FORM, "");
    return check_times(a);
}

/* Kubernetes writes a list of one. */
static const char *federated_audience(const struct assertion *a)
{
    struct json_object *aud = emu_json_get(a->claims, "aud");

    if (json_object_is_type(aud, json_type_array)
        && json_object_array_length(aud) == 1)
        aud = json_object_array_get_idx(aud, 0);
    return json_object_is_type(aud, json_type_string)
               ? json_object_get_string(aud)
               : "";
}

static bool check_federated(const struct assertion *a)
{
    const struct emu_federation *f = &a->principal->federation;
    const char *alg = emu_json_str(a->header, "alg");

    if (f->issuer == NULL || strcmp(claim(a, "iss"), f->issuer) != 0)
        return refuse(a, EMU_R_FEDERATED_ISS, claim(a, "iss"));
    if (strcmp(claim(a, "sub"), f->subject) != 0)
        return refuse(a, EMU_R_FEDERATED_SUB, claim(a, "sub"));
    if (strcmp(federated_audience(a), f->audience) != 0)
        return refuse(a, EMU_R_FEDERATED_AUD, federated_audience(a));
    if (alg == NULL || !emu_jwt_signature_ok(f->key, alg, a->token))
        return refuse(a, EMU_R_ASSERTION_SIGN, a->principal->client_id);
    return check_times(a);
}

bool emu_assertion_check(const struct emu_principal *principal,
                         const struct emu_request *req,
                         const struct emu_form *form, struct emu_reply *reply)
{
    const char *type = emu_form_get(form, "client_assertion_type");
    struct assertion a = { .principal = principal,
                           .req = req,
                           .reply = reply,
                           .token = emu_form_get(form, "client_assertion") };
    bool ok;

    if (type == NULL || strcmp(type, TYPE) != 0)
        return refuse(&a, EMU_R_ASSERTION_TYPE, type == NULL ? "" : type);
    a.header = emu_jwt_header(a.token);
    a.claims = emu_jwt_claims(a.token);
    if (a.header == NULL || a.claims == NULL)
        ok = refuse(&a, EMU_R_ASSERTION_FORM, "");
    else if (emu_json_get(a.header, "x5t") != NULL
             || emu_json_get(a.header, "x5t#S256") != NULL
             || emu_json_get(a.header, "x5c") != NULL)
        ok = check_cert(&a);
    else
        ok = check_federated(&a);
    json_object_put(a.header);
    json_object_put(a.claims);
    return ok;
}
