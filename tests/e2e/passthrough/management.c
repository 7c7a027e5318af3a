/* SPDX-License-Identifier: Apache-2.0 */

#include <openssl/core_dispatch.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/params.h>
#include <openssl/x509.h>
#include <string.h>

#include "passthrough.h"

static const int selections[] = {
    0,
    EVP_PKEY_KEY_PARAMETERS,
    EVP_PKEY_PUBLIC_KEY,
    EVP_PKEY_KEYPAIR,
    OSSL_KEYMGMT_SELECT_PUBLIC_KEY,
    OSSL_KEYMGMT_SELECT_PRIVATE_KEY,
    OSSL_KEYMGMT_SELECT_PRIVATE_KEY | OSSL_KEYMGMT_SELECT_PUBLIC_KEY,
    OSSL_KEYMGMT_SELECT_DOMAIN_PARAMETERS,
    OSSL_KEYMGMT_SELECT_OTHER_PARAMETERS,
};

static void tell_param(const OSSL_PARAM *p)
{
    tell_text(p->key);
    if (p->data != NULL)
        tell_bytes(p->data, p->data_size);
}

static void export_parts(const struct subject *subject)
{
    size_t i, j;

    for (i = 0; i < COUNT(selections); i++) {
        OSSL_PARAM *params = NULL;

        begin(subject, "export", "%#x", (unsigned)selections[i]);
        tell_code(EVP_PKEY_todata(subject->pkey, selections[i], &params));
        for (j = 0; params != NULL && params[j].key != NULL; j++)
            tell_param(&params[j]);
        OSSL_PARAM_free(params);
        end();
    }
}

static void check_all(const struct subject *subject)
{
    static const struct {
        const char *name;
        int (*check)(EVP_PKEY_CTX *ctx);
    } checks[] = {
        { "check", EVP_PKEY_check },
        { "public check", EVP_PKEY_public_check },
        { "quick public check", EVP_PKEY_public_check_quick },
        { "parameter check", EVP_PKEY_param_check },
        { "quick parameter check", EVP_PKEY_param_check_quick },
        { "private check", EVP_PKEY_private_check },
        { "pairwise check", EVP_PKEY_pairwise_check },
    };
    size_t i;

    for (i = 0; i < COUNT(checks); i++) {
        EVP_PKEY_CTX *ctx =
            EVP_PKEY_CTX_new_from_pkey(NULL, subject->pkey, NULL);

        begin(subject, checks[i].name, "%s", "");
        tell_code(checks[i].check(ctx));
        EVP_PKEY_CTX_free(ctx);
        end();
    }
}

static void compare(const struct subject *subject)
{
    EVP_PKEY *copy = EVP_PKEY_dup(subject->pkey);

    begin(subject, "equal", "%s", "");
    tell_code(copy != NULL);
    tell_code(EVP_PKEY_eq(subject->pkey, subject->pkey));
    tell_code(EVP_PKEY_eq(subject->pkey, subject->other));
    tell_code(EVP_PKEY_eq(subject->other, subject->pkey));
    tell_code(EVP_PKEY_parameters_eq(subject->pkey, subject->other));
    if (copy != NULL) {
        tell_code(EVP_PKEY_eq(copy, subject->pkey));
        tell_code(EVP_PKEY_parameters_eq(copy, subject->pkey));
    }
    end();
    EVP_PKEY_free(copy);
}

static void copy_parameters(const struct subject *subject)
{
    EVP_PKEY *fresh = EVP_PKEY_new(), *typed = EVP_PKEY_dup(subject->other);

    begin(subject, "copy parameters", "%s", "");
    tell_code(EVP_PKEY_copy_parameters(fresh, subject->pkey));
    tell_code(EVP_PKEY_copy_parameters(typed, subject->pkey));
    tell_code(EVP_PKEY_copy_parameters(subject->pkey, subject->other));
    tell_code(EVP_PKEY_missing_parameters(subject->pkey));
    tell_code(EVP_PKEY_missing_parameters(fresh));
    end();
    EVP_PKEY_free(fresh);
    EVP_PKEY_free(typed);
}

static void in_certificates(const struct subject *subject)
{
    X509 *cert = X509_new();
    X509_REQ *req = X509_REQ_new();
    X509_PUBKEY *made = NULL;

    begin(subject, "certificate", "%s", "");
    tell_code(X509_set_pubkey(cert, subject->pkey));
    tell_code(X509_check_private_key(cert, subject->pkey));
    tell_code(X509_check_private_key(cert, subject->other));
    tell_code(X509_sign(cert, subject->pkey, EVP_sha256()) > 0);
    tell_code(X509_verify(cert, subject->pkey));
    tell_code(X509_verify(cert, subject->other));
    tell_code(X509_REQ_set_pubkey(req, subject->pkey));
    tell_code(X509_REQ_sign(req, subject->pkey, NULL) > 0);
    tell_code(X509_REQ_verify(req, subject->pkey));
    tell_code(X509_PUBKEY_set(&made, subject->pkey));
    end();
    X509_PUBKEY_free(made);
    X509_REQ_free(req);
    X509_free(cert);
}

void do_management(const struct subject *subject)
{
    export_parts(subject);
    check_all(subject);
    compare(subject);
    in_certificates(subject);
    copy_parameters(subject);
}

/* --- Parameters ----------------------------------------------------------- */

static const struct {
    const char *name;
    int is_text;
} names[] = {
    { OSSL_PKEY_PARAM_BITS, 0 },
    { OSSL_PKEY_PARAM_SECURITY_BITS, 0 },
    { OSSL_PKEY_PARAM_MAX_SIZE, 0 },
    { OSSL_PKEY_PARAM_RSA_N, 0 },
    { OSSL_PKEY_PARAM_RSA_E, 0 },
    { OSSL_PKEY_PARAM_RSA_D, 0 },
    { OSSL_PKEY_PARAM_RSA_FACTOR1, 0 },
    { OSSL_PKEY_PARAM_RSA_COEFFICIENT1, 0 },
    { OSSL_PKEY_PARAM_DEFAULT_DIGEST, 1 },
    { OSSL_PKEY_PARAM_MANDATORY_DIGEST, 1 },
    { OSSL_PKEY_PARAM_GROUP_NAME, 1 },
    { OSSL_PKEY_PARAM_EC_ENCODING, 1 },
    { OSSL_PKEY_PARAM_EC_POINT_CONVERSION_FORMAT, 1 },
    { OSSL_PKEY_PARAM_EC_FIELD_TYPE, 1 },
    { OSSL_PKEY_PARAM_EC_GROUP_CHECK_TYPE, 1 },
    { OSSL_PKEY_PARAM_PUB_KEY, 2 },
    { OSSL_PKEY_PARAM_ENCODED_PUBLIC_KEY, 2 },
    { OSSL_PKEY_PARAM_EC_GENERATOR, 2 },
    { OSSL_PKEY_PARAM_EC_SEED, 2 },
    { OSSL_PKEY_PARAM_PRIV_KEY, 0 },
    { OSSL_PKEY_PARAM_EC_PUB_X, 0 },
    { OSSL_PKEY_PARAM_EC_PUB_Y, 0 },
    { OSSL_PKEY_PARAM_EC_P, 0 },
    { OSSL_PKEY_PARAM_EC_COFACTOR, 0 },
    { OSSL_PKEY_PARAM_EC_DECODED_FROM_EXPLICIT_PARAMS, 0 },
    { OSSL_PKEY_PARAM_USE_COFACTOR_ECDH, 0 },
    { OSSL_PKEY_PARAM_EC_INCLUDE_PUBLIC, 0 },
    { "nonsense", 1 },
};

static void get_all(const struct subject *subject)
{
    static const size_t rooms[] = { 0, 1, 1000 };
    unsigned char data[1000];
    size_t i, j;

    for (i = 0; i < COUNT(names); i++) {
        begin(subject, "get", "%s", names[i].name);
        for (j = 0; j < COUNT(rooms); j++) {
            OSSL_PARAM p[2];
            void *out = rooms[j] > 0 ? data : NULL;

            p[0] = names[i].is_text == 2 ? OSSL_PARAM_construct_octet_string(
                       names[i].name, out, rooms[j])
                   : names[i].is_text == 1
                       ? OSSL_PARAM_construct_utf8_string(names[i].name, out,
                                                          rooms[j])
                       : OSSL_PARAM_construct_BN(names[i].name, out, rooms[j]);
            p[1] = OSSL_PARAM_construct_end();
            tell_code(EVP_PKEY_get_params(subject->pkey, p));
            tell_code(OSSL_PARAM_modified(&p[0]));
            if (names[i].is_text || rooms[j] != 1)
                tell_size(p[0].return_size);
        }
        end();
    }
}

static void get_by_function(const struct subject *subject)
{
    char text[80] = "";
    unsigned char *encoded = NULL;
    size_t len = 0;

    begin(subject, "get", "%s", "by function");
    tell_code(EVP_PKEY_get_size(subject->pkey));
    tell_code(EVP_PKEY_get_bits(subject->pkey));
    tell_code(EVP_PKEY_get_security_bits(subject->pkey));
    tell_code(EVP_PKEY_get_id(subject->pkey));
    tell_code(EVP_PKEY_get_base_id(subject->pkey));
    tell_code(EVP_PKEY_is_a(subject->pkey, "RSA"));
    tell_code(EVP_PKEY_is_a(subject->pkey, "id-ecPublicKey"));
    tell_code(EVP_PKEY_can_sign(subject->pkey));
    tell_code(
        EVP_PKEY_get_default_digest_name(subject->pkey, text, sizeof(text)));
    tell_text(text);
    tell_code(EVP_PKEY_digestsign_supports_digest(subject->pkey, NULL, "SHA256",
                                                  NULL));
    tell_code(
        EVP_PKEY_digestsign_supports_digest(subject->pkey, NULL, "none", NULL));
    tell_code(EVP_PKEY_get_group_name(subject->pkey, text, sizeof(text), &len));
    tell_code(EVP_PKEY_get_field_type(subject->pkey));
    tell_code(EVP_PKEY_get_ec_point_conv_form(subject->pkey));
    tell_size(EVP_PKEY_get1_encoded_public_key(subject->pkey, &encoded));
    OPENSSL_free(encoded);
    end();
}

static void tell_names(const OSSL_PARAM *list)
{
    for (; list != NULL && list->key != NULL; list++)
        tell_text(list->key);
}

static void lists(const struct subject *subject)
{
    begin(subject, "lists", "%s", "");
    tell_names(EVP_PKEY_gettable_params(subject->pkey));
    tell_text("/");
    tell_names(EVP_PKEY_settable_params(subject->pkey));
    end();
}

static void set_texts(const struct subject *subject)
{
    static const struct {
        const char *name, *value;
    } rows[] = {
        { OSSL_PKEY_PARAM_EC_POINT_CONVERSION_FORMAT, "compressed" },
        { OSSL_PKEY_PARAM_EC_POINT_CONVERSION_FORMAT, "nonsense" },
        { OSSL_PKEY_PARAM_EC_ENCODING, "explicit" },
        { OSSL_PKEY_PARAM_EC_ENCODING, "nonsense" },
        { OSSL_PKEY_PARAM_EC_GROUP_CHECK_TYPE, "named" },
        { OSSL_PKEY_PARAM_GROUP_NAME, "P-384" },
        { "nonsense", "x" },
    };
    EVP_PKEY *copy = EVP_PKEY_dup(subject->pkey);
    size_t i;

    for (i = 0; copy != NULL && i < COUNT(rows); i++) {
        begin(subject, "set", "%s to %s", rows[i].name, rows[i].value);
        tell_code(
            EVP_PKEY_set_utf8_string_param(copy, rows[i].name, rows[i].value));
        tell_size((size_t)i2d_PUBKEY(copy, NULL));
        end();
    }
    EVP_PKEY_free(copy);
}

static void set_others(const struct subject *subject)
{
    EVP_PKEY *copy = EVP_PKEY_dup(subject->pkey);
    unsigned char *encoded = NULL;
    size_t len;

    if (copy == NULL)
        return;
    begin(subject, "set", "%s", "numbers and octets");
    tell_code(
        EVP_PKEY_set_int_param(copy, OSSL_PKEY_PARAM_USE_COFACTOR_ECDH, 1));
    tell_code(
        EVP_PKEY_set_int_param(copy, OSSL_PKEY_PARAM_EC_INCLUDE_PUBLIC, 0));
    tell_size((size_t)i2d_PrivateKey(copy, NULL));
    len = EVP_PKEY_get1_encoded_public_key(subject->other, &encoded);
    tell_code(EVP_PKEY_set1_encoded_public_key(copy, encoded, len));
    tell_code(EVP_PKEY_eq(copy, subject->other));
    tell_code(EVP_PKEY_set1_encoded_public_key(copy, encoded, 5));
    tell_code(EVP_PKEY_set_octet_string_param(copy, OSSL_PKEY_PARAM_PUB_KEY,
                                              encoded, len));
    tell_code(EVP_PKEY_set_octet_string_param(copy, OSSL_PKEY_PARAM_PRIV_KEY,
                                              encoded, len));
    OPENSSL_free(encoded);
    EVP_PKEY_free(copy);
    end();
}

void do_parameters(const struct subject *subject)
{
    get_all(subject);
    get_by_function(subject);
    lists(subject);
    set_texts(subject);
    set_others(subject);
}
