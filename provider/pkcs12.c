/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Costs are read from the parameters of algorithms, and no key is derived, but
 * for what lies in encrypted contents: these are decrypted by the empty
 * password if their own cost is within the limit.
 */

#include "pkcs12.h"

#include <openssl/err.h>
#include <openssl/pkcs12.h>
#include <openssl/x509.h>
#include <stdint.h>

/* All costs end here, so that sums of them do not overflow. */
#define ENDLESS ((uint64_t)1 << 32)

static uint64_t pkcs12_number(const ASN1_INTEGER *value)
{
    uint64_t n;

    if (value == NULL)
        return 1;
    return ASN1_INTEGER_get_uint64(&n, value) && n < ENDLESS ? n : ENDLESS;
}

static uint64_t pkcs12_times(uint64_t a, uint64_t b)
{
    return a < ENDLESS && b < ENDLESS && a * b < ENDLESS ? a * b : ENDLESS;
}

/* The three forms of parameters that a key is derived by. What is not of its
 * form costs nothing: libcrypto does nothing with it, either. Of PBKDF2, each
 * 64 bytes of key cost all of its iterations. */
static uint64_t pbkdf2_cost(const X509_ALGOR *algorithm)
{
    PBKDF2PARAM *p = ASN1_TYPE_unpack_sequence(ASN1_ITEM_rptr(PBKDF2PARAM),
                                               algorithm->parameter);
    uint64_t cost = 0;

    if (p != NULL)
        cost = pkcs12_times(pkcs12_number(p->iter),
                            (pkcs12_number(p->keylength) + 63) / 64);
    PBKDF2PARAM_free(p);
    return cost;
}

static uint64_t scrypt_cost(const X509_ALGOR *algorithm)
{
    SCRYPT_PARAMS *p = ASN1_TYPE_unpack_sequence(ASN1_ITEM_rptr(SCRYPT_PARAMS),
                                                 algorithm->parameter);
    uint64_t cost = 0;

    if (p != NULL)
        cost = pkcs12_times(pkcs12_times(pkcs12_number(p->costParameter),
                                         pkcs12_number(p->blockSize)),
                            pkcs12_number(p->parallelizationParameter));
    SCRYPT_PARAMS_free(p);
    return cost;
}

static uint64_t pbe_cost(const X509_ALGOR *algorithm)
{
    PBEPARAM *p = ASN1_TYPE_unpack_sequence(ASN1_ITEM_rptr(PBEPARAM),
                                            algorithm->parameter);
    uint64_t cost = p != NULL ? pkcs12_number(p->iter) : 0;

    PBEPARAM_free(p);
    return cost;
}

/* PBES2 and PBMAC1 are two algorithms, the first of which derives the key; what
 * is neither is derived by its own. */
static uint64_t cost_of(const X509_ALGOR *algorithm)
{
    PBE2PARAM *two;
    uint64_t cost;

    if (algorithm == NULL || algorithm->parameter == NULL)
        return 0;
    two = ASN1_TYPE_unpack_sequence(ASN1_ITEM_rptr(PBE2PARAM),
                                    algorithm->parameter);
    if (two == NULL)
        return pbe_cost(algorithm);
    cost = OBJ_obj2nid(two->keyfunc->algorithm) == NID_id_scrypt
               ? scrypt_cost(two->keyfunc)
               : pbkdf2_cost(two->keyfunc);
    PBE2PARAM_free(two);
    return cost;
}

static uint64_t mac_cost(const PKCS12 *p12)
{
    const ASN1_INTEGER *iterations = NULL;
    const X509_ALGOR *algorithm = NULL;

    PKCS12_get0_mac(NULL, &algorithm, NULL, &iterations, p12);
    return algorithm == NULL ? 0
                             : pkcs12_number(iterations) + cost_of(algorithm);
}

static uint64_t bags_cost(const STACK_OF(PKCS12_SAFEBAG) * bags)
{
    uint64_t cost = 0;
    int i;

    for (i = 0; i < sk_PKCS12_SAFEBAG_num(bags); i++) {
        const PKCS12_SAFEBAG *bag = sk_PKCS12_SAFEBAG_value(bags, i);
        const X509_ALGOR *algorithm = NULL;

        if (PKCS12_SAFEBAG_get_nid(bag) == NID_safeContentsBag)
            cost += bags_cost(PKCS12_SAFEBAG_get0_safes(bag));
        if (PKCS12_SAFEBAG_get_nid(bag) != NID_pkcs8ShroudedKeyBag)
            continue;
        X509_SIG_get0(PKCS12_SAFEBAG_get0_pkcs8(bag), &algorithm, NULL);
        cost += cost_of(algorithm);
    }
    return cost;
}

static uint64_t content_cost(PKCS7 *content)
{
    STACK_OF(PKCS12_SAFEBAG) *bags = NULL;
    uint64_t cost = 0;

    if (PKCS7_type_is_data(content)) {
        bags = PKCS12_unpack_p7data(content);
    } else if (PKCS7_type_is_encrypted(content)) {
        cost = cost_of(content->d.encrypted->enc_data->algorithm);
        /* No password has two forms (RFC 7292, B.1), and both are tried. */
        if (cost <= AKV_PKCS12_ITERATIONS_MAX
            && (bags = PKCS12_unpack_p7encdata(content, NULL, 0)) == NULL)
            bags = PKCS12_unpack_p7encdata(content, "", 0);
    }
    cost += bags_cost(bags);
    sk_PKCS12_SAFEBAG_pop_free(bags, PKCS12_SAFEBAG_free);
    return cost;
}

PKCS12 *akv_pkcs12_read(OSSL_LIB_CTX *libctx, const struct akv_buf *der)
{
    const unsigned char *p = der->data;
    PKCS12 *p12;

    (void)ERR_set_mark();
    p12 = PKCS12_init_ex(NID_pkcs7_data, libctx, NULL);
    if (p12 != NULL)
        (void)d2i_PKCS12(&p12, &p, (long)der->len); /* or frees it */
    (void)ERR_pop_to_mark();
    return p12;
}

bool akv_pkcs12_is_bounded(const PKCS12 *p12)
{
    STACK_OF(PKCS7) * contents;
    uint64_t cost = mac_cost(p12);
    int i;

    (void)ERR_set_mark();
    contents = PKCS12_unpack_authsafes(p12);
    for (i = 0; i < sk_PKCS7_num(contents) && cost <= AKV_PKCS12_ITERATIONS_MAX;
         i++)
        cost += content_cost(sk_PKCS7_value(contents, i));
    sk_PKCS7_pop_free(contents, PKCS7_free);
    (void)ERR_pop_to_mark();
    return cost <= AKV_PKCS12_ITERATIONS_MAX;
}
