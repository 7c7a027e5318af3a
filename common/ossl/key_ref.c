/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The format, by OpenSSL's ASN.1 templates. The public key is kept as the bytes
 * of its SEQUENCE, and not taken apart. DER of any key may come here, to find
 * out what it is: what that leaves in the error queue is taken off again. The
 * host is checked where a reference is read, as the file may be a stranger's.
 */

#include <openssl/asn1t.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <string.h>

#include "akv/key_ref.h"
#include "base/trust.h"

#define FORMAT 1

typedef struct {
    ASN1_INTEGER *version;
    ASN1_UTF8STRING *uri;
    ASN1_UTF8STRING *key_type;
    ASN1_STRING *public_key; /* the whole SubjectPublicKeyInfo */
    STACK_OF(ASN1_UTF8STRING) * key_ops;
} KEY_REF;

/* clang-format off */
ASN1_SEQUENCE(KEY_REF) = {
    ASN1_SIMPLE(KEY_REF, version, ASN1_INTEGER),
    ASN1_SIMPLE(KEY_REF, uri, ASN1_UTF8STRING),
    ASN1_SIMPLE(KEY_REF, key_type, ASN1_UTF8STRING),
    ASN1_EXP_OPT(KEY_REF, public_key, ASN1_SEQUENCE, 0),
    ASN1_EXP_SEQUENCE_OF_OPT(KEY_REF, key_ops, ASN1_UTF8STRING, 1),
} static_ASN1_SEQUENCE_END(KEY_REF)
/* clang-format on */

void akv_key_ref_init(struct akv_key_ref *ref)
{
    memset(ref, 0, sizeof(*ref));
    akv_buf_init(&ref->spki, AKV_KEY_REF_MAX);
}

void akv_key_ref_free(struct akv_key_ref *ref)
{
    akv_buf_free(&ref->spki);
}

static KEY_REF *asn1_new(void)
{
    return (KEY_REF *)ASN1_item_new(ASN1_ITEM_rptr(KEY_REF));
}

static void asn1_free(KEY_REF *asn1)
{
    ASN1_item_free((ASN1_VALUE *)asn1, ASN1_ITEM_rptr(KEY_REF));
}

/* A string without NUL, as much of it as fits. False if it does not. */
static bool key_ref_copy_text(char *out, size_t size, const ASN1_STRING *text)
{
    size_t len = (size_t)ASN1_STRING_length(text);

    if (len >= size || memchr(ASN1_STRING_get0_data(text), '\0', len) != NULL)
        return false;
    memcpy(out, ASN1_STRING_get0_data(text), len);
    out[len] = '\0';
    return true;
}

static bool key_ref_bad(struct akv_error *err, const char *what)
{
    return akv_error_set(err, AKV_E_INVALID,
                         "the key reference cannot be used: %s", what);
}

static bool read_version(const KEY_REF *asn1, struct akv_error *err)
{
    int64_t version = -1;

    if (!ASN1_INTEGER_get_int64(&version, asn1->version))
        return key_ref_bad(err, "its version is no number");
    if (version == FORMAT)
        return true;
    return akv_error_set(err, AKV_E_INVALID,
                         "the key reference has format version %lld, known "
                         "here is %d: a newer release may read it",
                         (long long)version, FORMAT);
}

static bool read_uri(struct akv_key_ref *ref, const KEY_REF *asn1,
                     const struct akv_settings *settings, struct akv_error *err)
{
    struct akv_error why;
    char uri[600];

    if (!key_ref_copy_text(uri, sizeof(uri), asn1->uri))
        return key_ref_bad(err, memchr(ASN1_STRING_get0_data(asn1->uri), '\0',
                                       (size_t)ASN1_STRING_length(asn1->uri))
                                        != NULL
                                    ? "its URI has a NUL in it"
                                    : "its URI is too long");
    if (!akv_id_parse(&ref->id, uri, settings, err))
        return false;
    if (ref->id.kind != AKV_KIND_KEY || ref->id.name[0] == '\0')
        return akv_error_set(err, AKV_E_INVALID,
                             "the key reference names no key: '%.300s'", uri);
    if (!akv_host_check(settings, ref->id.host, &why))
        return akv_error_set(err, why.code, "the key reference names %s: %s",
                             ref->id.host, why.message);
    return true;
}

static bool key_ref_read_type(struct akv_key_ref *ref, const KEY_REF *asn1,
                              struct akv_error *err)
{
    char type[16];

    if (!key_ref_copy_text(type, sizeof(type), asn1->key_type))
        return key_ref_bad(err, "its key type is none that is known");
    ref->type = AKV_KEY_RSA;
    if (strcmp(type, "RSA") == 0)
        return true;
    ref->type = AKV_KEY_EC;
    if (strcmp(type, "EC") == 0)
        return true;
    return akv_error_set(err, AKV_E_INVALID,
                         "the key reference is of key type '%s', neither RSA "
                         "nor EC",
                         type);
}

static bool read_public(struct akv_key_ref *ref, const KEY_REF *asn1,
                        struct akv_error *err)
{
    const ASN1_STRING *spki = asn1->public_key;

    if ((spki != NULL) != (ref->id.version[0] != '\0'))
        return key_ref_bad(err, spki != NULL
                                    ? "it has a public key, but its URI names "
                                      "no version"
                                    : "its URI names a version, but it has no "
                                      "public key");
    if (spki == NULL)
        return true;
    return akv_buf_append(&ref->spki, ASN1_STRING_get0_data(spki),
                          (size_t)ASN1_STRING_length(spki))
           || key_ref_bad(err, "its public key is too long");
}

static bool read_ops(struct akv_key_ref *ref, const KEY_REF *asn1,
                     struct akv_error *err)
{
    char name[32];
    int i;

    for (i = 0; i < sk_ASN1_UTF8STRING_num(asn1->key_ops); i++) {
        if (!key_ref_copy_text(name, sizeof(name),
                               sk_ASN1_UTF8STRING_value(asn1->key_ops, i)))
            return key_ref_bad(err, "a key operation in it has no known name");
        ref->ops |= akv_key_op_find(name);
    }
    return true;
}

static KEY_REF *asn1_read(const void *der, size_t len)
{
    const unsigned char *p = der;
    KEY_REF *asn1 = NULL;

    (void)ERR_set_mark();
    if (len <= AKV_KEY_REF_MAX)
        asn1 = (KEY_REF *)ASN1_item_d2i(NULL, &p, (long)len,
                                        ASN1_ITEM_rptr(KEY_REF));
    (void)ERR_pop_to_mark();
    if (asn1 == NULL || p == (const unsigned char *)der + len)
        return asn1;
    asn1_free(asn1); /* something is behind it */
    return NULL;
}

/* A sequence of version 1 and a text: other keys have a number, octets or a
 * sequence behind their version. */
bool akv_key_ref_is(const void *der, size_t len)
{
    static const unsigned char begin[] = { 0x02, 0x01, FORMAT, 0x0c };
    const unsigned char *p = der;
    long content = 0;
    int tag = 0, class = 0;
    bool ok;

    (void)ERR_set_mark();
    ok = len <= AKV_KEY_REF_MAX
         && ASN1_get_object(&p, &content, &tag, &class, (long)len)
                == V_ASN1_CONSTRUCTED
         && tag == V_ASN1_SEQUENCE && class == V_ASN1_UNIVERSAL
         && content >= (long)sizeof(begin)
         && memcmp(p, begin, sizeof(begin)) == 0;
    (void)ERR_pop_to_mark();
    return ok;
}

bool akv_key_ref_type(const void *der, size_t len, enum akv_key_type *type)
{
    struct akv_key_ref ref = { .type = AKV_KEY_RSA };
    KEY_REF *asn1 = asn1_read(der, len);
    bool ok = asn1 != NULL && key_ref_read_type(&ref, asn1, NULL);

    if (ok)
        *type = ref.type;
    asn1_free(asn1);
    return ok;
}

bool akv_key_ref_read(struct akv_key_ref *ref, const void *der, size_t len,
                      const struct akv_settings *settings,
                      struct akv_error *err)
{
    KEY_REF *asn1 = asn1_read(der, len);
    bool ok;

    akv_key_ref_init(ref);
    if (asn1 == NULL)
        ok = key_ref_bad(err, "its content is damaged");
    else
        ok = read_version(asn1, err) && read_uri(ref, asn1, settings, err)
             && key_ref_read_type(ref, asn1, err) && read_public(ref, asn1, err)
             && read_ops(ref, asn1, err);
    asn1_free(asn1);
    return ok;
}

static bool key_ref_set_text(ASN1_STRING *out, const char *text)
{
    return ASN1_STRING_set(out, text, -1) == 1;
}

static bool key_ref_set_public(KEY_REF *asn1, const struct akv_key_ref *ref)
{
    if (ref->spki.len == 0)
        return true;
    asn1->public_key = ASN1_STRING_type_new(V_ASN1_SEQUENCE);
    return asn1->public_key != NULL
           && ASN1_STRING_set(asn1->public_key, ref->spki.data,
                              (int)ref->spki.len)
                  == 1;
}

static bool add_op(KEY_REF *asn1, const char *name)
{
    ASN1_UTF8STRING *text = ASN1_UTF8STRING_new();

    if (text != NULL && key_ref_set_text(text, name)
        && sk_ASN1_UTF8STRING_push(asn1->key_ops, text) > 0)
        return true;
    ASN1_UTF8STRING_free(text);
    return false;
}

static bool key_ref_set_ops(KEY_REF *asn1, const struct akv_key_ref *ref)
{
    unsigned op;

    if (ref->ops == 0)
        return true;
    asn1->key_ops = sk_ASN1_UTF8STRING_new_null();
    if (asn1->key_ops == NULL)
        return false;
    for (op = 1; op <= AKV_OP_DERIVE; op <<= 1)
        if ((ref->ops & op) != 0 && !add_op(asn1, akv_key_op_name(op)))
            return false;
    return true;
}

static bool key_ref_fill(KEY_REF *asn1, const struct akv_key_ref *ref)
{
    struct akv_buf uri = AKV_BUF_INIT(1024);
    bool ok = akv_id_append_uri(&ref->id, &uri)
              && ASN1_INTEGER_set_int64(asn1->version, FORMAT)
              && key_ref_set_text(asn1->uri, akv_buf_str(&uri))
              && key_ref_set_text(asn1->key_type,
                                  ref->type == AKV_KEY_RSA ? "RSA" : "EC")
              && key_ref_set_public(asn1, ref) && key_ref_set_ops(asn1, ref);

    akv_buf_free(&uri);
    return ok;
}

bool akv_key_ref_write_der(const struct akv_key_ref *ref, struct akv_buf *out,
                           struct akv_error *err)
{
    KEY_REF *asn1 = asn1_new();
    unsigned char *der = NULL;
    int len = -1;
    bool ok;

    if (asn1 != NULL && key_ref_fill(asn1, ref))
        len = ASN1_item_i2d((ASN1_VALUE *)asn1, &der, ASN1_ITEM_rptr(KEY_REF));
    ok = len > 0 && akv_buf_append(out, der, (size_t)len);
    OPENSSL_free(der);
    asn1_free(asn1);
    return ok
           || akv_error_set(err, AKV_E_MEMORY, "no memory for a key reference");
}

/* Nothing comes before the dashes: not every reader skips it. */
bool akv_key_ref_write_pem(const struct akv_key_ref *ref, struct akv_buf *out,
                           struct akv_error *err)
{
    struct akv_buf der = AKV_BUF_INIT(AKV_KEY_REF_MAX);
    BIO *bio = BIO_new(BIO_s_mem());
    char *text = NULL;
    long len = 0;
    bool ok = akv_key_ref_write_der(ref, &der, err);

    if (ok && bio != NULL
        && PEM_write_bio(bio, AKV_KEY_REF_LABEL, "", der.data, (long)der.len)
               > 0)
        len = BIO_get_mem_data(bio, &text);
    if (ok)
        ok = (len > 0 && akv_buf_append(out, text, (size_t)len))
             || akv_error_set(err, AKV_E_MEMORY,
                              "no memory for a key reference");
    BIO_free(bio);
    akv_buf_free(&der);
    return ok;
}
