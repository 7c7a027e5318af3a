/* SPDX-License-Identifier: Apache-2.0 */

/* How much work a PKCS#12 file asks for, wherever it says so. */

#include <openssl/evp.h>
#include <openssl/pkcs12.h>
#include <openssl/x509.h>
#include <string.h>

#include "pkcs12.h"
#include "unit.h"

#define MOST AKV_PKCS12_ITERATIONS_MAX

static unsigned char salt[8];

static X509_ALGOR *pbes2(int iterations)
{
    return PKCS5_pbe2_set_iv(EVP_aes_256_cbc(), iterations, salt, sizeof(salt),
                             NULL, -1);
}

static X509_ALGOR *pkcs12_pbe(int iterations)
{
    return PKCS5_pbe_set(NID_pbe_WithSHA1And3_Key_TripleDES_CBC, iterations,
                         salt, sizeof(salt));
}

static X509_ALGOR *scrypt(int parallelization)
{
    return PKCS5_pbe2_set_scrypt(EVP_aes_256_cbc(), salt, sizeof(salt), NULL,
                                 1 << 14, 8, (uint64_t)parallelization);
}

static const struct {
    const char *label;
    X509_ALGOR *(*make)(int);
    int number;
    bool bounded;
} rows[] = {
    { "PBES2", pbes2, 2048, true },
    { "PBES2, the most", pbes2, MOST - 2, true },
    { "PBES2, too many", pbes2, MOST + 1, false },
    { "PBES2, 2^31 - 1", pbes2, 0x7fffffff, false },
    { "PKCS#12", pkcs12_pbe, 2000, true },
    { "PKCS#12, the most", pkcs12_pbe, MOST - 2, true },
    { "PKCS#12, too many", pkcs12_pbe, MOST + 1, false },
    { "scrypt", scrypt, 1, true },
    { "scrypt, often at once", scrypt, 1000, false },
};

/* A key that nobody could decrypt, by the algorithm. */
static STACK_OF(PKCS12_SAFEBAG) * bags_with(X509_ALGOR *algorithm)
{
    STACK_OF(PKCS12_SAFEBAG) *bags = sk_PKCS12_SAFEBAG_new_null();
    X509_SIG *encrypted = X509_SIG_new();
    ASN1_OCTET_STRING *content;
    X509_ALGOR *copy;

    X509_SIG_getm(encrypted, &copy, &content);
    (void)X509_ALGOR_copy(copy, algorithm);
    (void)ASN1_OCTET_STRING_set(content, salt, sizeof(salt));
    (void)sk_PKCS12_SAFEBAG_push(bags, PKCS12_SAFEBAG_create0_pkcs8(encrypted));
    return bags;
}

/* The bags in it are encrypted themselves, once, by a password or none, if
 * nid is one. */
static PKCS12 *file_of(STACK_OF(PKCS12_SAFEBAG) * bags, int nid,
                       const char *password)
{
    STACK_OF(PKCS7) *safes = NULL;
    PKCS12 *p12;

    (void)PKCS12_add_safe(&safes, bags, nid, 1, password);
    p12 = PKCS12_add_safes(safes, 0);
    sk_PKCS7_pop_free(safes, PKCS7_free);
    sk_PKCS12_SAFEBAG_pop_free(bags, PKCS12_SAFEBAG_free);
    return p12;
}

static void check(const char *label, PKCS12 *p12, bool bounded)
{
    CHECK(p12 != NULL);
    if (p12 != NULL)
        CHECK_INT(label, akv_pkcs12_is_bounded(p12), bounded);
    PKCS12_free(p12);
}

static void keys(void)
{
    static const struct {
        int nid;
        const char *password;
    } safes[] = {
        { -1, NULL },
        { NID_aes_128_cbc, "" },
        { NID_pbe_WithSHA1And3_Key_TripleDES_CBC, "" },
        { NID_pbe_WithSHA1And3_Key_TripleDES_CBC, NULL },
    };
    size_t i, j;

    for (i = 0; i < COUNT(rows); i++) {
        X509_ALGOR *algorithm = rows[i].make(rows[i].number);

        for (j = 0; j < COUNT(safes); j++)
            check(
                rows[i].label,
                file_of(bags_with(algorithm), safes[j].nid, safes[j].password),
                rows[i].bounded);
        X509_ALGOR_free(algorithm);
    }
}

/* Bags in a bag: { safeContentsBag, [0] bags }. */
static void nested(void)
{
    X509_ALGOR *algorithm = pbes2(MOST + 1);
    STACK_OF(PKCS12_SAFEBAG) *inner = bags_with(algorithm);
    STACK_OF(PKCS12_SAFEBAG) *outer = sk_PKCS12_SAFEBAG_new_null();
    unsigned char *bags = NULL, der[400], *end = der;
    const unsigned char *p = der;
    int len = ASN1_item_i2d((const ASN1_VALUE *)inner, &bags,
                            ASN1_ITEM_rptr(PKCS12_SAFEBAGS));
    ASN1_OBJECT *type = OBJ_nid2obj(NID_safeContentsBag);

    CHECK(len > 0 && len < 300);
    ASN1_put_object(&end, 1,
                    i2d_ASN1_OBJECT(type, NULL) + ASN1_object_size(1, len, 0),
                    V_ASN1_SEQUENCE, V_ASN1_UNIVERSAL);
    (void)i2d_ASN1_OBJECT(type, &end);
    ASN1_put_object(&end, 1, len, 0, V_ASN1_CONTEXT_SPECIFIC);
    memcpy(end, bags, (size_t)len);
    (void)sk_PKCS12_SAFEBAG_push(
        outer, d2i_PKCS12_SAFEBAG(NULL, &p, (long)(end - der) + len));
    OPENSSL_free(bags);
    X509_ALGOR_free(algorithm);
    sk_PKCS12_SAFEBAG_pop_free(inner, PKCS12_SAFEBAG_free);
    check("nested", file_of(outer, -1, NULL), false);
}

static void macs(void)
{
    static const struct {
        int iterations;
        bool bounded;
    } counts[] = { { 1, true },
                   { 2048, true },
                   { MOST - 10, true },
                   { MOST + 1, false },
                   { 0x7fffffff, false } };
    size_t i;

    for (i = 0; i < COUNT(counts); i++) {
        X509_ALGOR *algorithm = pbes2(1);
        PKCS12 *p12 = file_of(bags_with(algorithm), -1, NULL);

        X509_ALGOR_free(algorithm);
        CHECK(p12 != NULL
              && PKCS12_setup_mac(p12, counts[i].iterations, salt, sizeof(salt),
                                  EVP_sha256()));
        check("MAC", p12, counts[i].bounded);
    }
}

/* Each is within the bound, but all together are not. */
static void sums(void)
{
    X509_ALGOR *algorithm = pbes2(MOST / 2 + 1);
    STACK_OF(PKCS12_SAFEBAG) *bags = bags_with(algorithm);
    STACK_OF(PKCS12_SAFEBAG) *more = bags_with(algorithm);

    X509_ALGOR_free(algorithm);
    (void)sk_PKCS12_SAFEBAG_push(bags, sk_PKCS12_SAFEBAG_pop(more));
    sk_PKCS12_SAFEBAG_free(more);
    check("a sum", file_of(bags, -1, NULL), false);
}

/* It comes from elsewhere, and is not looked into where it is locked. */
static void locked(void)
{
    X509_ALGOR *algorithm = pbes2(MOST + 1);

    check("locked",
          file_of(bags_with(algorithm), NID_aes_128_cbc, "a password"), true);
    X509_ALGOR_free(algorithm);
}

int main(void)
{
    static const struct unit_test tests[] = {
        { "keys", keys }, { "nested", nested }, { "macs", macs },
        { "sums", sums }, { "locked", locked },
    };

    return unit_main("pkcs12", tests, COUNT(tests));
}
