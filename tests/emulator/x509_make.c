/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include <openssl/bn.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509v3.h>

#include "b64.h"
#include "buf.h"
#include "ossl.h"
#include "x509_make.h"
#include "xmem.h"

bool emu_x509_add_extensions(X509 *cert, X509 *issuer,
                             const struct emu_extension *list, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        X509V3_CTX ctx;
        X509_EXTENSION *ext;
        bool ok;

        if (list[i].value == NULL || *list[i].value == '\0')
            continue;
        X509V3_set_ctx(&ctx, issuer, cert, NULL, NULL, 0);
        ext = X509V3_EXT_conf_nid(NULL, &ctx, list[i].nid, list[i].value);
        ok = ext != NULL && X509_add_ext(cert, ext, -1) == 1;
        X509_EXTENSION_free(ext);
        if (!ok)
            return false;
    }
    return true;
}

bool emu_x509_set_serial(X509 *cert)
{
    unsigned char raw[16];
    BIGNUM *bn;
    bool ok;

    emu_random(raw, sizeof(raw));
    raw[0] = (unsigned char)((raw[0] & 0x7f) | 1); /* positive, never zero */
    bn = BN_bin2bn(raw, sizeof(raw), NULL);
    ok = bn != NULL
         && BN_to_ASN1_INTEGER(bn, X509_get_serialNumber(cert)) != NULL;
    BN_free(bn);
    return ok;
}

/*
 * The names of the service and those of OpenSSL, which are the same in any
 * letter case for the one only.
 */
static const struct {
    const char *ours;
    const char *openssl;
} types[] = { { "S", "ST" },  { "E", "emailAddress" },
              { "CN", "CN" }, { "C", "C" },
              { "L", "L" },   { "O", "O" },
              { "OU", "OU" }, { "DC", "DC" },
              { "ST", "ST" }, { "SERIALNUMBER", "serialNumber" } };

#define TYPES (sizeof(types) / sizeof(types[0]))

static const char *type_for_openssl(const char *text)
{
    for (size_t i = 0; i < TYPES; i++)
        if (strcasecmp(types[i].ours, text) == 0)
            return types[i].openssl;
    return text;
}

/* One NAME=VALUE, which it takes apart. */
static bool add_part(X509_NAME *name, char *part)
{
    char *value = strchr(part, '=');
    size_t len;

    if (value == NULL)
        return false;
    *value++ = '\0';
    value += strspn(value, " ");
    len = strlen(value);
    if (len > 1 && value[0] == '"' && value[len - 1] == '"') {
        value[len - 1] = '\0';
        value++;
    }
    return *value != '\0'
           && X509_NAME_add_entry_by_txt(
                  name, type_for_openssl(part), MBSTRING_UTF8,
                  (const unsigned char *)value, -1, -1, 0)
                  == 1;
}

/* The end of the part: a comma that is not quoted. */
static char *part_end(char *p)
{
    bool quoted = false;

    for (; *p != '\0' && (quoted || *p != ','); p++)
        if (*p == '"')
            quoted = !quoted;
    return p;
}

X509_NAME *emu_x509_name(const char *text)
{
    X509_NAME *name = X509_NAME_new();
    char *copy = emu_xstrdup(text);
    char *p = copy;
    bool ok = name != NULL;

    while (ok && *p != '\0') {
        char *end = part_end(p);
        bool more = *end == ',';

        *end = '\0';
        p += strspn(p, " ");
        ok = add_part(name, p);
        p = end + (more ? 1 : 0);
    }
    free(copy);
    ERR_clear_error();
    if (ok)
        return name;
    X509_NAME_free(name);
    return NULL;
}

static const char *type_for_us(int nid)
{
    const char *text = OBJ_nid2sn(nid);

    for (size_t i = 0; i < TYPES; i++)
        if (strcmp(types[i].openssl, text) == 0)
            return types[i].ours;
    return text;
}

char *emu_x509_name_text(const X509_NAME *name)
{
    struct emu_buf out = EMU_BUF_INIT;
    char *text;

    for (int i = X509_NAME_entry_count(name) - 1; i >= 0; i--) {
        const X509_NAME_ENTRY *entry = X509_NAME_get_entry(name, i);
        unsigned char *utf8 = NULL;
        int len = ASN1_STRING_to_UTF8(&utf8, X509_NAME_ENTRY_get_data(entry));

        if (len >= 0)
            emu_buf_printf(
                &out, "%s%s=%.*s", out.len == 0 ? "" : ", ",
                type_for_us(OBJ_obj2nid(X509_NAME_ENTRY_get_object(entry))),
                len, (const char *)utf8);
        OPENSSL_free(utf8);
    }
    text = emu_xstrdup(emu_buf_str(&out));
    emu_buf_free(&out);
    return text;
}

char *emu_x509_base64(const X509 *cert)
{
    unsigned char *der = NULL;
    int len = i2d_X509(cert, &der);
    char *text = len > 0 ? emu_b64_encode(der, (size_t)len) : NULL;

    OPENSSL_free(der);
    return text;
}

static X509 *from_der(const unsigned char *der, size_t len)
{
    X509 *cert = X509_new_ex(emu_libctx(), NULL);
    const unsigned char *p = der;

    if (cert != NULL && d2i_X509(&cert, &p, (long)len) == NULL)
        cert = NULL;
    ERR_clear_error();
    return cert;
}

X509 *emu_x509_from_base64(const char *text)
{
    unsigned char *raw;
    size_t len;
    X509 *cert;

    if (!emu_b64_decode(text, &raw, &len))
        return NULL;
    cert = from_der(raw, len);
    /* The SDK of Python sends the text of a PEM file's body, encoded. */
    if (cert == NULL && len > 4 && memcmp(raw, "MII", 3) == 0) {
        unsigned char *der;
        size_t derlen;

        if (emu_b64_decode((const char *)raw, &der, &derlen)) {
            cert = from_der(der, derlen);
            free(der);
        }
    }
    free(raw);
    return cert;
}

char *emu_x509_thumbprint(const X509 *cert)
{
    unsigned char md[EVP_MAX_MD_SIZE];
    EVP_MD *sha1 = EVP_MD_fetch(emu_libctx(), "SHA1", NULL);
    unsigned len = 0;
    char *text = NULL;

    if (sha1 != NULL && X509_digest(cert, sha1, md, &len) == 1)
        text = emu_b64url_encode(md, len);
    EVP_MD_free(sha1);
    return text;
}

static int64_t seconds_of(const ASN1_TIME *when)
{
    struct tm tm;

    return ASN1_TIME_to_tm(when, &tm) == 1 ? (int64_t)timegm(&tm) : 0;
}

void emu_x509_dates(const X509 *cert, int64_t *nbf, int64_t *exp)
{
    *nbf = seconds_of(X509_get0_notBefore(cert));
    *exp = seconds_of(X509_get0_notAfter(cert));
}
