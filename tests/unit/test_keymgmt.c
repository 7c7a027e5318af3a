/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Software keys in our key management: whatever the default provider does
 * with a key, ours has to do alike, since libcrypto may prefer us for every
 * key of a process. Results of both are compared throughout.
 */

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/params.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <string.h>

#include "provider_fixture.h"

static const char *const propqs[] = { THEIRS, OURS };

#define SIDES COUNT(propqs)

#define EXPLICIT "explicit parameters"

/* Keys that are made once; NULL group: RSA. */
static struct {
    const char *where, *group;
    EVP_PKEY *key;
} kinds[] = {
    { "RSA 2048", NULL, NULL },
    { "P-256", "P-256", NULL },
    { "P-384", "secp384r1", NULL },
    { "P-521", "P-521", NULL },
    { "P-256K", "secp256k1", NULL },
    { "brainpool", "brainpoolP256r1", NULL },
    { "a binary field", "sect283r1", NULL },
    { EXPLICIT, "P-256", NULL },
};

static void make_keys(void)
{
    size_t i;

    if (!provider_set_up(NULL))
        return;
    for (i = 0; i < COUNT(kinds); i++) {
        kinds[i].key =
            kinds[i].group == NULL ? their_rsa(2048) : their_ec(kinds[i].group);
        if (strcmp(kinds[i].where, EXPLICIT) == 0)
            CHECK_INT(
                EXPLICIT,
                EVP_PKEY_set_utf8_string_param(
                    kinds[i].key, OSSL_PKEY_PARAM_EC_ENCODING, "explicit"),
                1);
    }
}

static void drop_keys(void)
{
    size_t i;

    for (i = 0; i < COUNT(kinds); i++)
        EVP_PKEY_free(kinds[i].key);
    provider_tear_down();
    CHECK(fixture.libctx == NULL);
}

/* Whether two keys export the same; a failure equals a failure. */
static bool same_export(const EVP_PKEY *a, const EVP_PKEY *b, int selection)
{
    OSSL_PARAM *pa = NULL, *pb = NULL, *p;
    const OSSL_PARAM *q;
    size_t na = 0, nb = 0;
    int ra = EVP_PKEY_todata(a, selection, &pa);
    int rb = EVP_PKEY_todata(b, selection, &pb);
    bool same = (ra == 1) == (rb == 1);

    for (p = pa; p != NULL && p->key != NULL; p++) {
        na++;
        q = OSSL_PARAM_locate_const(pb, p->key);
        if (q == NULL || q->data_type != p->data_type
            || q->data_size != p->data_size
            || (p->data_size > 0
                && memcmp(p->data, q->data, p->data_size) != 0))
            same = false;
    }
    for (p = pb; p != NULL && p->key != NULL; p++)
        nb++;
    OSSL_PARAM_free(pa);
    OSSL_PARAM_free(pb);
    return same && na == nb;
}

static bool same_properties(EVP_PKEY *a, EVP_PKEY *b)
{
    char da[80] = "", db[80] = "", ga[80] = "", gb[80] = "";
    int ra = EVP_PKEY_get_default_digest_name(a, da, sizeof(da));
    int rb = EVP_PKEY_get_default_digest_name(b, db, sizeof(db));

    (void)EVP_PKEY_get_group_name(a, ga, sizeof(ga), NULL);
    (void)EVP_PKEY_get_group_name(b, gb, sizeof(gb), NULL);
    return ra == rb && strcmp(da, db) == 0 && strcmp(ga, gb) == 0
           && EVP_PKEY_get_bits(a) == EVP_PKEY_get_bits(b)
           && EVP_PKEY_get_size(a) == EVP_PKEY_get_size(b)
           && EVP_PKEY_get_security_bits(a) == EVP_PKEY_get_security_bits(b)
           && EVP_PKEY_get_id(a) == EVP_PKEY_get_id(b)
           && EVP_PKEY_can_sign(a) == EVP_PKEY_can_sign(b);
}

static void import_export(void)
{
    static const int selections[] = { EVP_PKEY_KEYPAIR, EVP_PKEY_PUBLIC_KEY,
                                      EVP_PKEY_KEY_PARAMETERS };
    size_t i, j, k;

    for (i = 0; i < COUNT(kinds); i++) {
        for (j = 0; j < COUNT(selections); j++) {
            EVP_PKEY *theirs = import_key(kinds[i].key, selections[j], THEIRS);
            EVP_PKEY *ours = import_key(kinds[i].key, selections[j], OURS);

            CHECK_AT(kinds[i].where, (ours != NULL) == (theirs != NULL));
            if (ours == NULL || theirs == NULL)
                continue;
            CHECK_AT(kinds[i].where, is_ours(ours) && !is_ours(theirs));
            CHECK_AT(kinds[i].where, same_properties(ours, theirs));
            for (k = 0; k < COUNT(selections); k++)
                CHECK_AT(kinds[i].where,
                         same_export(ours, theirs, selections[k]));
            EVP_PKEY_free(ours);
            EVP_PKEY_free(theirs);
        }
    }
    (void)provider_errors();
}

/* In all directions, equal and different, whole and public only. */
static void match(void)
{
    size_t i, j;

    for (i = 0; i < COUNT(kinds); i++) {
        EVP_PKEY *pair = import_key(kinds[i].key, EVP_PKEY_KEYPAIR, OURS);
        EVP_PKEY *half = import_key(kinds[i].key, EVP_PKEY_PUBLIC_KEY, OURS);

        if (!CHECK_AT(kinds[i].where, pair != NULL && half != NULL))
            continue;
        CHECK_INT(kinds[i].where, EVP_PKEY_eq(pair, kinds[i].key), 1);
        CHECK_INT(kinds[i].where, EVP_PKEY_eq(kinds[i].key, pair), 1);
        CHECK_INT(kinds[i].where, EVP_PKEY_eq(half, kinds[i].key), 1);
        CHECK_INT(kinds[i].where, EVP_PKEY_eq(kinds[i].key, half), 1);
        CHECK_INT(kinds[i].where, EVP_PKEY_eq(half, pair), 1);
        CHECK_INT(kinds[i].where, EVP_PKEY_parameters_eq(half, kinds[i].key),
                  EVP_PKEY_parameters_eq(kinds[i].key, kinds[i].key));
        for (j = 0; j < COUNT(kinds); j++) {
            int want = EVP_PKEY_eq(kinds[i].key, kinds[j].key);

            CHECK_INT(kinds[j].where, EVP_PKEY_eq(pair, kinds[j].key), want);
            CHECK_INT(kinds[j].where, EVP_PKEY_eq(kinds[j].key, pair), want);
        }
        EVP_PKEY_free(pair);
        EVP_PKEY_free(half);
    }
}

/* Another key of the same kind does not match. */
static void mismatch(void)
{
    EVP_PKEY *other = their_ec("P-256");
    EVP_PKEY *ours = import_key(other, EVP_PKEY_KEYPAIR, OURS);

    CHECK_INT("ours, theirs", EVP_PKEY_eq(ours, kinds[1].key), 0);
    CHECK_INT("theirs, ours", EVP_PKEY_eq(kinds[1].key, ours), 0);
    CHECK_INT("parameters", EVP_PKEY_parameters_eq(ours, kinds[1].key), 1);
    CHECK_INT("other parameters", EVP_PKEY_parameters_eq(ours, kinds[2].key),
              EVP_PKEY_parameters_eq(kinds[1].key, kinds[2].key));
    EVP_PKEY_free(ours);
    EVP_PKEY_free(other);
}

static void duplicate(void)
{
    static const int selections[] = { EVP_PKEY_KEYPAIR, EVP_PKEY_PUBLIC_KEY,
                                      EVP_PKEY_KEY_PARAMETERS };
    size_t i, j;

    for (i = 0; i < COUNT(kinds); i++) {
        for (j = 0; j < COUNT(selections); j++) {
            EVP_PKEY *ours = import_key(kinds[i].key, selections[j], OURS);
            EVP_PKEY *copy = ours != NULL ? EVP_PKEY_dup(ours) : NULL;

            if (ours == NULL)
                continue;
            if (CHECK_AT(kinds[i].where, copy != NULL)) {
                CHECK_AT(kinds[i].where, is_ours(copy));
                CHECK_AT(kinds[i].where,
                         same_export(copy, ours, selections[j]));
            }
            EVP_PKEY_free(ours); /* the copy stands alone */
            if (copy != NULL && selections[j] != EVP_PKEY_KEY_PARAMETERS)
                CHECK_INT(kinds[i].where, EVP_PKEY_eq(copy, kinds[i].key), 1);
            EVP_PKEY_free(copy);
        }
    }
    (void)provider_errors();
}

/* The checks of EVP_PKEY_check(3), as one number each. */
static void run_checks(EVP_PKEY *key, const char *propq, int results[7])
{
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(fixture.libctx, key, propq);

    results[0] = EVP_PKEY_check(ctx);
    results[1] = EVP_PKEY_public_check(ctx);
    results[2] = EVP_PKEY_private_check(ctx);
    results[3] = EVP_PKEY_pairwise_check(ctx);
    results[4] = EVP_PKEY_param_check(ctx);
    results[5] = EVP_PKEY_public_check_quick(ctx);
    results[6] = EVP_PKEY_param_check_quick(ctx);
    EVP_PKEY_CTX_free(ctx);
    ERR_clear_error();
}

static void compare_checks(const char *where, const EVP_PKEY *key,
                           int selection)
{
    static const char *const names[] = { "check",      "public", "private",
                                         "pairwise",   "param",  "public quick",
                                         "param quick" };
    EVP_PKEY *theirs = import_key(key, selection, THEIRS);
    EVP_PKEY *ours = import_key(key, selection, OURS);
    int want[7], got[7];
    char what[100];
    size_t i;

    CHECK_AT(where, (ours != NULL) == (theirs != NULL));
    if (ours != NULL && theirs != NULL) {
        run_checks(theirs, THEIRS, want);
        run_checks(ours, OURS, got);
        for (i = 0; i < COUNT(names); i++) {
            (void)snprintf(what, sizeof(what), "%s (%d) %s", where, selection,
                           names[i]);
            CHECK_INT(what, got[i] == 1, want[i] == 1);
        }
    }
    EVP_PKEY_free(ours);
    EVP_PKEY_free(theirs);
}

/* A key of two that do not belong together. */
static EVP_PKEY *mixed_ec(void)
{
    EVP_PKEY_CTX *ctx =
        EVP_PKEY_CTX_new_from_name(fixture.libctx, "EC", THEIRS);
    OSSL_PARAM *mine = NULL, *other = NULL, *p, *q;
    EVP_PKEY *stranger = their_ec("P-256"), *mixed = NULL;

    if (EVP_PKEY_todata(kinds[1].key, EVP_PKEY_KEYPAIR, &mine) == 1
        && EVP_PKEY_todata(stranger, EVP_PKEY_KEYPAIR, &other) == 1) {
        p = OSSL_PARAM_locate(mine, OSSL_PKEY_PARAM_PUB_KEY);
        q = OSSL_PARAM_locate(other, OSSL_PKEY_PARAM_PUB_KEY);
        if (p != NULL && q != NULL && p->data_size == q->data_size)
            memcpy(p->data, q->data, p->data_size);
        if (EVP_PKEY_fromdata_init(ctx) != 1
            || EVP_PKEY_fromdata(ctx, &mixed, EVP_PKEY_KEYPAIR, mine) != 1)
            mixed = NULL;
    }
    OSSL_PARAM_free(mine);
    OSSL_PARAM_free(other);
    EVP_PKEY_free(stranger);
    EVP_PKEY_CTX_free(ctx);
    return mixed;
}

static void validate(void)
{
    EVP_PKEY *mixed = mixed_ec();
    size_t i;

    for (i = 0; i < COUNT(kinds); i++) {
        compare_checks(kinds[i].where, kinds[i].key, EVP_PKEY_KEYPAIR);
        compare_checks(kinds[i].where, kinds[i].key, EVP_PKEY_PUBLIC_KEY);
    }
    if (CHECK(mixed != NULL))
        compare_checks("halves of two keys", mixed, EVP_PKEY_KEYPAIR);
    EVP_PKEY_free(mixed);
}

/* Encodings of a public key that are refused, or not, alike. */
static void encoded_public_keys(void)
{
    static const struct {
        const char *where;
        size_t cut;       /* bytes less at the end */
        unsigned char at; /* the byte that is changed ... */
        unsigned char to; /* ... and what it becomes */
        bool ok;
    } rows[] = {
        { "as it is", 0, 0, 4, true },
        { "compressed, but too long", 0, 0, 2, false },
        { "unknown form", 0, 0, 9, false },
        { "not on the curve", 0, 20, 0x55, false },
        { "too short", 1, 0, 4, false },
        { "one byte", 64, 0, 4, false },
    };
    unsigned char *point = NULL;
    size_t len = EVP_PKEY_get1_encoded_public_key(kinds[1].key, &point), i, j;

    CHECK_INT("length", len, 65);
    for (i = 0; i < COUNT(rows) && len == 65; i++) {
        for (j = 0; j < SIDES; j++) {
            EVP_PKEY *key =
                import_key(kinds[1].key, EVP_PKEY_KEY_PARAMETERS, propqs[j]);
            unsigned char bytes[65], *again = NULL;

            memcpy(bytes, point, len);
            bytes[rows[i].at] = rows[i].to;
            CHECK_AT(rows[i].where, (EVP_PKEY_set1_encoded_public_key(
                                         key, bytes, len - rows[i].cut)
                                     == 1)
                                        == rows[i].ok);
            if (rows[i].ok) {
                CHECK_INT(rows[i].where, EVP_PKEY_eq(key, kinds[1].key), 1);
                CHECK_INT(rows[i].where,
                          EVP_PKEY_get1_encoded_public_key(key, &again), len);
                CHECK_AT(rows[i].where, memcmp(again, point, len) == 0);
            }
            OPENSSL_free(again);
            EVP_PKEY_free(key);
        }
    }
    OPENSSL_free(point);
    (void)provider_errors();
}

/* As libssl does with a peer's share: parameters of ours, their public key. */
static void copied_parameters(void)
{
    size_t i;

    for (i = 1; i < COUNT(kinds); i++) {
        EVP_PKEY *ours = import_key(kinds[i].key, EVP_PKEY_KEYPAIR, OURS);
        EVP_PKEY *peer = EVP_PKEY_new();
        unsigned char *point = NULL;
        size_t len = EVP_PKEY_get1_encoded_public_key(kinds[i].key, &point);

        CHECK_INT(kinds[i].where, EVP_PKEY_copy_parameters(peer, ours), 1);
        CHECK_INT(kinds[i].where, EVP_PKEY_missing_parameters(peer), 0);
        CHECK_INT(kinds[i].where, EVP_PKEY_parameters_eq(peer, ours), 1);
        CHECK_AT(kinds[i].where, EVP_PKEY_eq(peer, ours) != 1);
        CHECK_INT(kinds[i].where,
                  EVP_PKEY_set1_encoded_public_key(peer, point, len), 1);
        CHECK_INT(kinds[i].where, EVP_PKEY_eq(peer, ours), 1);
        OPENSSL_free(point);
        EVP_PKEY_free(peer);
        EVP_PKEY_free(ours);
    }
    (void)provider_errors();
}

/* Encoders and legacy code get it by export, in the same bytes. */
static void encodings(void)
{
    size_t i;

    for (i = 0; i < COUNT(kinds); i++) {
        EVP_PKEY *ours = import_key(kinds[i].key, EVP_PKEY_KEYPAIR, OURS);
        unsigned char *a = NULL, *b = NULL, *c = NULL, *d = NULL;
        int na = i2d_PrivateKey(kinds[i].key, &a);
        int nb = i2d_PrivateKey(ours, &b);
        int nc = i2d_PUBKEY(kinds[i].key, &c);
        int nd = i2d_PUBKEY(ours, &d);

        CHECK_AT(kinds[i].where,
                 na > 0 && na == nb && memcmp(a, b, (size_t)na) == 0);
        CHECK_AT(kinds[i].where,
                 nc > 0 && nc == nd && memcmp(c, d, (size_t)nc) == 0);
        OPENSSL_free(a);
        OPENSSL_free(b);
        OPENSSL_free(c);
        OPENSSL_free(d);
        EVP_PKEY_free(ours);
    }
}

static void set_parameters(void)
{
    EVP_PKEY *theirs = import_key(kinds[1].key, EVP_PKEY_KEYPAIR, THEIRS);
    EVP_PKEY *ours = import_key(kinds[1].key, EVP_PKEY_KEYPAIR, OURS);

    CHECK_INT(
        "theirs",
        EVP_PKEY_set_utf8_string_param(
            theirs, OSSL_PKEY_PARAM_EC_POINT_CONVERSION_FORMAT, "compressed"),
        1);
    CHECK_INT(
        "ours",
        EVP_PKEY_set_utf8_string_param(
            ours, OSSL_PKEY_PARAM_EC_POINT_CONVERSION_FORMAT, "compressed"),
        1);
    CHECK(same_export(ours, theirs, EVP_PKEY_KEYPAIR));
    CHECK_INT("nonsense, theirs",
              EVP_PKEY_set_utf8_string_param(
                  theirs, OSSL_PKEY_PARAM_EC_POINT_CONVERSION_FORMAT, "round"),
              0);
    CHECK_INT("nonsense, ours",
              EVP_PKEY_set_utf8_string_param(
                  ours, OSSL_PKEY_PARAM_EC_POINT_CONVERSION_FORMAT, "round"),
              0);
    EVP_PKEY_free(ours);
    EVP_PKEY_free(theirs);
    (void)provider_errors();
}

/* That a list names the same parameters as the default provider's. */
static bool same_list(const OSSL_PARAM *ours, const OSSL_PARAM *theirs)
{
    size_t a = 0, b = 0;

    if (ours == NULL || theirs == NULL)
        return ours == theirs;
    for (; ours[a].key != NULL; a++)
        if (OSSL_PARAM_locate_const(theirs, ours[a].key) == NULL)
            return false;
    for (; theirs[b].key != NULL; b++)
        ;
    return a == b;
}

/* What a key in a vault is told, and all that theirs can be. */
static bool has_list(const OSSL_PARAM *ours, const OSSL_PARAM *theirs)
{
    size_t own = 0, shared = 0;

    for (; ours->key != NULL; ours++)
        if (strncmp(ours->key, "akv-", 4) == 0)
            own++;
        else if (OSSL_PARAM_locate_const(theirs, ours->key) != NULL)
            shared++;
    for (; theirs->key != NULL; theirs++)
        shared--;
    return own == 9 && shared == 0;
}

static void lists(void)
{
    static const char *const names[] = { "RSA", "EC" };
    size_t i;

    for (i = 0; i < COUNT(names); i++) {
        EVP_KEYMGMT *ours = EVP_KEYMGMT_fetch(fixture.libctx, names[i], OURS);
        EVP_KEYMGMT *theirs =
            EVP_KEYMGMT_fetch(fixture.libctx, names[i], THEIRS);

        CHECK_AT(names[i], same_list(EVP_KEYMGMT_gettable_params(ours),
                                     EVP_KEYMGMT_gettable_params(theirs)));
        CHECK_AT(names[i], same_list(EVP_KEYMGMT_settable_params(ours),
                                     EVP_KEYMGMT_settable_params(theirs)));
        CHECK_AT(names[i], has_list(EVP_KEYMGMT_gen_settable_params(ours),
                                    EVP_KEYMGMT_gen_settable_params(theirs)));
        EVP_KEYMGMT_free(ours);
        EVP_KEYMGMT_free(theirs);
    }
}

int main(void)
{
    static const struct unit_test tests[] = {
        { "make keys", make_keys },
        { "import and export", import_export },
        { "match", match },
        { "mismatch", mismatch },
        { "duplicate", duplicate },
        { "validate", validate },
        { "encoded public keys", encoded_public_keys },
        { "copied parameters", copied_parameters },
        { "encodings", encodings },
        { "set parameters", set_parameters },
        { "lists of parameters", lists },
        { "drop keys", drop_keys },
    };

    return unit_main("keymgmt", tests, COUNT(tests));
}
