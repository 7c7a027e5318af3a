/* SPDX-License-Identifier: Apache-2.0 */

/* The policy that an imported certificate would have had. */

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <openssl/x509v3.h>

#include "cert_policy.h"
#include "jsonx.h"
#include "x509_make.h"

static void add_usage_of(struct json_object *out, X509 *cert)
{
    static const struct {
        uint32_t bit;
        const char *name;
    } bits[] = {
        { KU_DIGITAL_SIGNATURE, "digitalSignature" },
        { KU_NON_REPUDIATION, "nonRepudiation" },
        { KU_KEY_ENCIPHERMENT, "keyEncipherment" },
        { KU_DATA_ENCIPHERMENT, "dataEncipherment" },
        { KU_KEY_AGREEMENT, "keyAgreement" },
        { KU_KEY_CERT_SIGN, "keyCertSign" },
        { KU_CRL_SIGN, "cRLSign" },
        { KU_ENCIPHER_ONLY, "encipherOnly" },
        { KU_DECIPHER_ONLY, "decipherOnly" },
    };
    struct json_object *list = json_object_new_array();
    uint32_t usage = X509_get_key_usage(cert);

    for (size_t i = 0; i < sizeof(bits) / sizeof(bits[0]); i++)
        if (usage != UINT32_MAX && (usage & bits[i].bit) != 0)
            json_object_array_add(list, json_object_new_string(bits[i].name));
    json_object_object_add(out, "key_usage", list);
}

static void add_ekus_of(struct json_object *out, X509 *cert)
{
    EXTENDED_KEY_USAGE *ekus =
        X509_get_ext_d2i(cert, NID_ext_key_usage, NULL, NULL);
    struct json_object *list = json_object_new_array();

    for (int i = 0; ekus != NULL && i < sk_ASN1_OBJECT_num(ekus); i++) {
        char oid[80];

        if (OBJ_obj2txt(oid, sizeof(oid), sk_ASN1_OBJECT_value(ekus, i), 1) > 0)
            json_object_array_add(list, json_object_new_string(oid));
    }
    sk_ASN1_OBJECT_pop_free(ekus, ASN1_OBJECT_free);
    json_object_object_add(out, "ekus", list);
}

static void add_sans_of(struct json_object *out, X509 *cert)
{
    GENERAL_NAMES *names =
        X509_get_ext_d2i(cert, NID_subject_alt_name, NULL, NULL);
    struct json_object *list = json_object_new_array();
    struct json_object *sans = json_object_new_object();

    for (int i = 0; names != NULL && i < sk_GENERAL_NAME_num(names); i++) {
        const GENERAL_NAME *name = sk_GENERAL_NAME_value(names, i);

        if (name->type == GEN_DNS)
            json_object_array_add(
                list, json_object_new_string((
                          const char *)ASN1_STRING_get0_data(name->d.dNSName)));
    }
    json_object_object_add(sans, "dns_names", list);
    if (json_object_array_length(list) > 0)
        json_object_object_add(out, "sans", sans);
    else
        json_object_put(sans);
    GENERAL_NAMES_free(names);
}

/* Of the calendar, a begun one whole (recorded six times). */
static int64_t months_of(const X509 *cert)
{
    struct tm from;
    struct tm to;
    int64_t nbf;
    int64_t exp;
    int64_t months;
    time_t begin;
    time_t end;

    emu_x509_dates(cert, &nbf, &exp);
    begin = (time_t)nbf;
    end = (time_t)exp;
    if (gmtime_r(&begin, &from) == NULL || gmtime_r(&end, &to) == NULL)
        return 1;
    months =
        (int64_t)(to.tm_year - from.tm_year) * 12 + to.tm_mon - from.tm_mon;
    from.tm_year = to.tm_year;
    from.tm_mon = to.tm_mon;
    months += timegm(&from) < end;
    return months < 1 ? 1 : months > 1200 ? 1200 : months;
}

struct json_object *emu_policy_from_x509(X509 *cert,
                                         const struct emu_material *mat,
                                         const char *content_type)
{
    struct json_object *policy = json_object_new_object();
    struct json_object *key = json_object_new_object();
    struct json_object *secret = json_object_new_object();
    struct json_object *props = json_object_new_object();
    struct json_object *constraints = json_object_new_object();
    char *subject = emu_x509_name_text(X509_get_subject_name(cert));

    emu_json_add_str(key, "kty", emu_kty_name(mat));
    emu_json_add_int(key, "key_size", emu_material_bits(mat));
    if (mat->curve != NULL)
        emu_json_add_str(key, "crv", mat->curve->jose);
    json_object_object_add(policy, "key_props", key);
    emu_json_add_str(secret, "contentType", content_type);
    json_object_object_add(policy, "secret_props", secret);
    emu_json_add_str(props, "subject", subject);
    add_sans_of(props, cert);
    add_ekus_of(props, cert);
    add_usage_of(props, cert);
    emu_json_add_int(props, "validity_months", months_of(cert));
    emu_json_add_bool(constraints, "ca", X509_check_ca(cert) > 0);
    json_object_object_add(props, "basic_constraints", constraints);
    json_object_object_add(policy, "x509_props", props);
    free(subject);
    return policy;
}
