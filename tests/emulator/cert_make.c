/* SPDX-License-Identifier: Apache-2.0 */

/* From a policy to a key, a request and a self-signed certificate. */

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509v3.h>

#include "b64.h"
#include "buf.h"
#include "cert_make.h"
#include "clock.h"
#include "jsonx.h"
#include "ossl.h"
#include "x509_make.h"

#define BACKDATE 600 /* seconds */

/* Texts for the extensions that a policy asks for. */
struct texts {
    struct emu_buf usage;
    struct emu_buf ekus;
    struct emu_buf sans;
    const char *constraints;
};

struct emu_material *emu_cert_generate_key(struct json_object *policy)
{
    struct json_object *props = emu_json_get(policy, "key_props");
    const char *kty = emu_json_str(props, "kty");
    bool hsm = strstr(kty, "HSM") != NULL;
    int64_t size = 2048;

    emu_json_int(emu_json_get(props, "key_size"), &size);
    if (strncmp(kty, "RSA", 3) == 0)
        return emu_material_generate_rsa((unsigned)size, 65537, hsm);
    return emu_material_generate_ec(
        emu_curve_by_name(emu_json_str(props, "crv")), hsm);
}

static void add_list(struct emu_buf *out, struct json_object *list,
                     const char *prefix)
{
    if (!json_object_is_type(list, json_type_array))
        return;
    for (size_t i = 0; i < json_object_array_length(list); i++)
        emu_buf_printf(
            out, "%s%s%s", out->len == 0 ? "" : ",", prefix,
            json_object_get_string(json_object_array_get_idx(list, i)));
}

static void make_texts(struct json_object *policy, struct texts *t)
{
    static const struct {
        const char *name;
        const char *prefix;
    } kinds[] = {
        { "dns_names", "DNS:" },
        { "emails", "email:" },
        { "upns", "otherName:1.3.6.1.4.1.311.20.2.3;UTF8:" },
        { "uris", "URI:" },
        { "ipAddresses", "IP:" },
    };
    struct json_object *props = emu_json_get(policy, "x509_props");
    struct json_object *sans = emu_json_get(props, "sans");
    bool ca = json_object_get_boolean(
        emu_json_get(emu_json_get(props, "basic_constraints"), "ca"));

    memset(t, 0, sizeof(*t));
    add_list(&t->usage, emu_json_get(props, "key_usage"), "");
    if (t->usage.len > 0) {
        char *list = t->usage.data;

        t->usage = (struct emu_buf)EMU_BUF_INIT;
        emu_buf_printf(&t->usage, "critical,%s", list);
        free(list);
    }
    add_list(&t->ekus, emu_json_get(props, "ekus"), "");
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
        add_list(&t->sans, emu_json_get(sans, kinds[i].name), kinds[i].prefix);
    t->constraints = ca ? "CA:TRUE" : "CA:FALSE";
}

static void free_texts(struct texts *t)
{
    emu_buf_free(&t->usage);
    emu_buf_free(&t->ekus);
    emu_buf_free(&t->sans);
}

static X509_NAME *subject_of(struct json_object *policy)
{
    return emu_x509_name(
        emu_json_str(emu_json_get(policy, "x509_props"), "subject"));
}

static bool add_request_extensions(X509_REQ *req, const struct texts *t)
{
    const struct emu_extension list[] = {
        { NID_key_usage, emu_buf_str(&t->usage) },
        { NID_ext_key_usage, emu_buf_str(&t->ekus) },
        { NID_basic_constraints, t->constraints },
        { NID_subject_alt_name, emu_buf_str(&t->sans) },
    };
    STACK_OF(X509_EXTENSION) *stack = sk_X509_EXTENSION_new_null();
    bool ok = stack != NULL;

    for (size_t i = 0; ok && i < sizeof(list) / sizeof(list[0]); i++) {
        X509V3_CTX ctx;
        X509_EXTENSION *ext;

        if (*list[i].value == '\0')
            continue;
        X509V3_set_ctx(&ctx, NULL, NULL, req, NULL, 0);
        ext = X509V3_EXT_conf_nid(NULL, &ctx, list[i].nid, list[i].value);
        ok = ext != NULL && sk_X509_EXTENSION_push(stack, ext) > 0;
    }
    ok = ok && X509_REQ_add_extensions(req, stack) == 1;
    sk_X509_EXTENSION_pop_free(stack, X509_EXTENSION_free);
    return ok;
}

char *emu_cert_request(struct json_object *policy,
                       const struct emu_material *mat)
{
    X509_REQ *req = X509_REQ_new_ex(emu_libctx(), NULL);
    EVP_MD *md = EVP_MD_fetch(emu_libctx(), "SHA256", NULL);
    X509_NAME *name = subject_of(policy);
    unsigned char *der = NULL;
    struct texts t;
    char *text = NULL;
    int len = 0;

    make_texts(policy, &t);
    if (req != NULL && md != NULL && name != NULL
        && X509_REQ_set_subject_name(req, name) == 1
        && X509_REQ_set_pubkey(req, mat->pkey) == 1
        && add_request_extensions(req, &t)
        && X509_REQ_sign(req, mat->pkey, md) > 0)
        len = i2d_X509_REQ(req, &der);
    if (len > 0)
        text = emu_b64_encode(der, (size_t)len);
    OPENSSL_free(der);
    free_texts(&t);
    X509_NAME_free(name);
    EVP_MD_free(md);
    X509_REQ_free(req);
    ERR_clear_error();
    return text;
}

static bool set_dates(X509 *cert, struct json_object *policy)
{
    time_t begin = (time_t)(emu_now() - BACKDATE);
    time_t end = (time_t)emu_now();
    int64_t months = 12;
    struct tm tm;

    emu_json_int(
        emu_json_get(emu_json_get(policy, "x509_props"), "validity_months"),
        &months);
    if (gmtime_r(&end, &tm) == NULL)
        return false;
    tm.tm_mon += (int)months;
    end = timegm(&tm);
    return ASN1_TIME_set(X509_getm_notBefore(cert), begin) != NULL
           && ASN1_TIME_set(X509_getm_notAfter(cert), end) != NULL;
}

X509 *emu_cert_self_sign(struct json_object *policy,
                         const struct emu_material *mat)
{
    X509 *cert = X509_new_ex(emu_libctx(), NULL);
    EVP_MD *md = EVP_MD_fetch(emu_libctx(), "SHA256", NULL);
    X509_NAME *name = subject_of(policy);
    struct texts t;
    bool ok;

    make_texts(policy, &t);
    const struct emu_extension list[] = {
        { NID_key_usage, emu_buf_str(&t.usage) },
        { NID_basic_constraints, t.constraints },
        { NID_ext_key_usage, emu_buf_str(&t.ekus) },
        { NID_subject_key_identifier, "hash" },
        { NID_authority_key_identifier, "keyid:always" },
        { NID_subject_alt_name, emu_buf_str(&t.sans) },
    };
    ok = cert != NULL && md != NULL && name != NULL
         && X509_set_version(cert, X509_VERSION_3) == 1
         && emu_x509_set_serial(cert) && X509_set_subject_name(cert, name) == 1
         && X509_set_issuer_name(cert, name) == 1 && set_dates(cert, policy)
         && X509_set_pubkey(cert, mat->pkey) == 1
         && emu_x509_add_extensions(cert, cert, list,
                                    sizeof(list) / sizeof(list[0]))
         && X509_sign(cert, mat->pkey, md) > 0;
    free_texts(&t);
    X509_NAME_free(name);
    EVP_MD_free(md);
    ERR_clear_error();
    if (ok)
        return cert;
    X509_free(cert);
    return NULL;
}
