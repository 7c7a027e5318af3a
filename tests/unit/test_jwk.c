/* SPDX-License-Identifier: Apache-2.0 */

#include <stdio.h>
#include <string.h>

#include "akv/jwk.h"
#include "base/base64.h"
#include "unit.h"

/* A JWK of one line of JSON; quotes are written as apostrophes here. */
static bool read_jwk(struct akv_jwk *jwk, const char *text,
                     struct akv_error *err)
{
    char copy[16000];
    struct akv_json *json;
    char *p;
    bool ok;

    (void)snprintf(copy, sizeof(copy), "%s", text);
    for (p = copy; *p != '\0'; p++)
        if (*p == '\'')
            *p = '"';
    json = akv_json_parse(copy, strlen(copy), err);
    ok = akv_jwk_read(jwk, json, err);
    akv_json_free(json);
    return ok;
}

/* base64url of zeros, then bytes 1, 2, 3 ... */
static const char *number(size_t zeros, size_t len, bool padded)
{
    static struct akv_buf texts[4] = { AKV_BUF_INIT(4000), AKV_BUF_INIT(4000),
                                       AKV_BUF_INIT(4000), AKV_BUF_INIT(4000) };
    static unsigned next;
    struct akv_buf *text = &texts[next++ % COUNT(texts)];
    unsigned char bytes[2600] = { 0 };
    size_t i;

    for (i = 0; i < len; i++)
        bytes[zeros + i] = (unsigned char)(i % 255 + 1);
    akv_buf_free(text);
    CHECK(akv_base64url_encode(bytes, zeros + len, text));
    while (padded && text->len % 4 != 0)
        if (!akv_buf_append_str(text, "="))
            break;
    return akv_buf_str(text);
}

static void rsa_sizes(void)
{
    static const struct {
        const char *where;
        size_t zeros, len;
        bool padded, ok;
    } rows[] = {
        { "2048 bits", 0, 256, false, true },
        { "padded", 0, 256, true, true },
        { "3072 bits", 0, 384, false, true },
        { "4096 bits", 0, 512, false, true },
        { "a leading zero", 1, 256, false, true },
        { "eight leading zeros", 8, 256, false, true },
        { "1024 bits", 0, 128, false, true },
        { "less than 1024 bits", 0, 127, false, false },
        { "less than 1024 bits but for zeros", 4, 127, false, false },
        { "the largest", 0, AKV_MODULUS_MAX, false, true },
        { "far too large", 0, AKV_MODULUS_MAX + 100, false, false },
        { "zero", 200, 0, false, false },
        { "empty", 0, 0, false, false },
    };
    size_t i;

    for (i = 0; i < COUNT(rows); i++) {
        struct akv_error err = AKV_ERROR_INIT;
        struct akv_jwk jwk;
        char text[5000];

        (void)snprintf(text, sizeof(text), "{'kty':'RSA','n':'%s','e':'AQAB'}",
                       number(rows[i].zeros, rows[i].len, rows[i].padded));
        memset(&jwk, 0xff, sizeof(jwk));
        CHECK_AT(rows[i].where, read_jwk(&jwk, text, &err) == rows[i].ok);
        if (rows[i].ok) {
            CHECK_INT(rows[i].where, jwk.type, AKV_KEY_RSA);
            CHECK_INT(rows[i].where, jwk.n.len, rows[i].len);
            CHECK_INT(rows[i].where, jwk.n.data[0], 1);
            CHECK_INT(rows[i].where, jwk.n.data[1], 2);
            CHECK_INT(rows[i].where, jwk.e.len, 3);
        } else {
            CHECK_INT(rows[i].where, err.code, AKV_E_PROTOCOL);
            CHECK_HAS(rows[i].where, err.message, "key: n: ");
        }
        akv_jwk_free(&jwk);
        CHECK_AT(rows[i].where, jwk.n.data == NULL && jwk.e.data == NULL);
    }
}

static void ec_sizes(void)
{
    static const struct {
        const char *where, *crv;
        enum akv_curve curve;
        size_t zeros, len, field;
        bool padded, ok;
    } rows[] = {
        { "P-256", "P-256", AKV_P256, 0, 32, 32, false, true },
        { "P-256 padded", "P-256", AKV_P256, 0, 32, 32, true, true },
        { "P-384", "P-384", AKV_P384, 0, 48, 48, false, true },
        { "P-521", "P-521", AKV_P521, 0, 66, 66, false, true },
        { "P-256K", "P-256K", AKV_P256K, 0, 32, 32, false, true },
        { "its old name", "SECP256K1", AKV_P256K, 0, 32, 32, false, true },
        { "one byte short", "P-256", AKV_P256, 0, 31, 32, false, true },
        { "much shorter", "P-521", AKV_P521, 0, 5, 66, false, true },
        { "a leading zero", "P-256", AKV_P256, 1, 32, 32, false, true },
        { "in the field's width", "P-384", AKV_P384, 3, 45, 48, false, true },
        { "zero", "P-256", AKV_P256, 32, 0, 32, false, true },
        { "empty", "P-256", AKV_P256, 0, 0, 32, false, false },
        { "one byte too long", "P-256", AKV_P256, 0, 33, 32, false, false },
        { "too long for all", "P-521", AKV_P521, 0, 67, 66, false, false },
        { "absurdly long", "P-521", AKV_P521, 0, 900, 66, false, false },
        { "of another curve", "P-256", AKV_P256, 0, 48, 32, false, false },
    };
    size_t i, j;

    for (i = 0; i < COUNT(rows); i++) {
        size_t pad = rows[i].ok ? rows[i].field - rows[i].len : 0;
        const char *x = number(rows[i].zeros, rows[i].len, rows[i].padded);
        struct akv_error err = AKV_ERROR_INIT;
        struct akv_jwk jwk;
        char text[5000];
        bool right = true;

        (void)snprintf(text, sizeof(text),
                       "{'kty':'EC','crv':'%s','x':'%s','y':'%s'}", rows[i].crv,
                       x, x);
        CHECK_AT(rows[i].where, read_jwk(&jwk, text, &err) == rows[i].ok);
        if (!rows[i].ok)
            CHECK_HAS(rows[i].where, err.message, "key: x: ");
        for (j = 0; rows[i].ok && j < rows[i].field; j++)
            right = right && jwk.x[j] == jwk.y[j]
                    && jwk.x[j] == (j < pad ? 0 : j - pad + 1);
        CHECK_AT(rows[i].where, right);
        if (rows[i].ok) {
            CHECK_INT(rows[i].where, jwk.type, AKV_KEY_EC);
            CHECK_INT(rows[i].where, jwk.curve, rows[i].curve);
            CHECK_INT(rows[i].where, jwk.field, rows[i].field);
        }
        akv_jwk_free(&jwk);
    }
}

#define X "AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyA"

static void members(void)
{
    static const struct {
        const char *text;
        const char *message; /* NULL: good */
    } rows[] = {
        { "{'kty':'EC','crv':'P-256','x':'" X "','y':'" X "'}", NULL },
        { "{'kty':'EC-HSM','crv':'P-256','x':'" X "','y':'" X "'}", NULL },
        { "{'kty':'EC','crv':'P-256','x':'" X "','y':'" X "','d':'" X "',"
          "'future':{'a':[1]},'kid':null}",
          NULL },
        { "{}", "kty: is missing" },
        { "{'kty':null}", "kty: is missing" },
        { "{'kty':5}", "kty: is missing" },
        { "{'kty':''}", "kty: " },
        { "{'kty':'oct'}", NULL },
        { "{'kty':'oct-HSM','key_ops':['wrapKey'],'k':null}", NULL },
        { "{'kty':'oct-hsm'}", "kty: oct-hsm" },
        { "{'kty':'OCT'}", "kty: OCT" },
        { "{'kty':'RSA-HSM-HSM'}", "kty: RSA-HSM-HSM" },
        { "{'kty':'OKP'}", "kty: OKP" },
        { "{'kty':'ec','crv':'P-256','x':'" X "','y':'" X "'}", "kty: ec" },
        { "{'kty':'EC-TPM','crv':'P-256','x':'" X "','y':'" X "'}",
          "kty: EC-TPM" },
        { "{'kty':'EC-','crv':'P-256','x':'" X "','y':'" X "'}", "kty: EC-" },
        { "{'kty':'-HSM'}", "kty: -HSM" },
        { "{'kty':'EC2','crv':'P-256','x':'" X "','y':'" X "'}", "kty: EC2" },
        { "{'kty':'EC','x':'" X "','y':'" X "'}", "crv: is missing" },
        { "{'kty':'EC','crv':'P-224','x':'" X "','y':'" X "'}", "crv: P-224" },
        { "{'kty':'EC','crv':'p-256','x':'" X "','y':'" X "'}", "crv: p-256" },
        { "{'kty':'EC','crv':'','x':'" X "','y':'" X "'}", "crv: " },
        { "{'kty':'EC','crv':'P-256','y':'" X "'}", "x: " },
        { "{'kty':'EC','crv':'P-256','x':'" X "'}", "y: " },
        { "{'kty':'EC','crv':'P-256','x':null,'y':'" X "'}", "x: " },
        { "{'kty':'EC','crv':'P-256','x':'!','y':'" X "'}", "x: " },
        { "{'kty':'EC','crv':'P-256','x':'" X "','y':17}", "y: " },
        { "{'kty':'RSA','e':'AQAB'}", "n: " },
        { "{'kty':'RSA','n':'+/','e':'AQAB'}", "n: " },
        { "[]", "kty: is missing" },
        { "'RSA'", "kty: is missing" },
    };
    size_t i;

    for (i = 0; i < COUNT(rows); i++) {
        struct akv_error err = AKV_ERROR_INIT;
        struct akv_jwk jwk;

        CHECK_AT(rows[i].text, read_jwk(&jwk, rows[i].text, &err)
                                   == (rows[i].message == NULL));
        if (rows[i].message != NULL) {
            CHECK_INT(rows[i].text, err.code, AKV_E_PROTOCOL);
            CHECK_HAS(rows[i].text, err.message, rows[i].message);
        } else {
            CHECK_AT(rows[i].text,
                     jwk.hsm == (strstr(rows[i].text, "-HSM") != NULL));
        }
        akv_jwk_free(&jwk);
    }
}

static void exponents(void)
{
    static const struct {
        const char *e;
        bool ok;
        size_t len;
    } rows[] = {
        { "'AQAB'", true, 3 },       { "'AAEAAQ'", true, 3 },
        { "'Aw'", true, 1 },         { "'AAAD'", true, 1 },
        { "''", false, 0 },          { "'AA'", false, 0 },
        { "'AAAA'", false, 0 },      { "'A'", false, 0 },
        { "65537", false, 0 },       { "null", false, 0 },
        { "'" X X X "'", false, 0 },
    };
    size_t i;

    for (i = 0; i < COUNT(rows); i++) {
        struct akv_error err = AKV_ERROR_INIT;
        struct akv_jwk jwk;
        char text[5000];

        (void)snprintf(text, sizeof(text), "{'kty':'RSA-HSM','n':'%s','e':%s}",
                       number(0, 256, false), rows[i].e);
        CHECK_AT(rows[i].e, read_jwk(&jwk, text, &err) == rows[i].ok);
        if (rows[i].ok)
            CHECK_INT(rows[i].e, jwk.e.len, rows[i].len);
        else
            CHECK_HAS(rows[i].e, err.message, "key: e: ");
        CHECK_AT(rows[i].e, jwk.hsm);
        akv_jwk_free(&jwk);
    }
}

static void key_ops(void)
{
    static const struct {
        const char *text;
        unsigned set;
    } rows[] = {
        { "[]", 0 },
        { "['sign']", AKV_OP_SIGN },
        { "['unwrapKey','sign','verify','wrapKey','decrypt','encrypt']",
          AKV_OP_ENCRYPT | AKV_OP_DECRYPT | AKV_OP_SIGN | AKV_OP_VERIFY
              | AKV_OP_WRAP | AKV_OP_UNWRAP },
        { "['sign','sign']", AKV_OP_SIGN },
        { "['import','export']", AKV_OP_IMPORT | AKV_OP_EXPORT },
        { "['imports']", AKV_OP_OTHER },
        { "['verify','deriveKey','x']",
          AKV_OP_VERIFY | AKV_OP_DERIVE | AKV_OP_OTHER },
        { "['Sign']", AKV_OP_OTHER },
        { "[7,null]", AKV_OP_OTHER },
        { "null", 0 },
        { "'sign'", 0 },
        { "{'sign':true}", 0 },
    };
    size_t i;

    for (i = 0; i < COUNT(rows); i++) {
        struct akv_error err = AKV_ERROR_INIT;
        struct akv_jwk jwk;
        char text[5000];

        (void)snprintf(text, sizeof(text),
                       "{'kty':'EC','crv':'P-256','x':'" X "','y':'" X
                       "','key_ops':%s}",
                       rows[i].text);
        CHECK_AT(rows[i].text, read_jwk(&jwk, text, &err));
        CHECK_INT(rows[i].text, jwk.ops, rows[i].set);
        akv_jwk_free(&jwk);
    }
    CHECK_INT("nothing", akv_key_ops_read(NULL), 0);
}

static void key_ops_written(void)
{
    struct akv_json *json = akv_json_new_object();
    struct akv_json *array = akv_json_add_array(json, "a");
    unsigned set;

    CHECK(akv_key_ops_write(array, 0));
    CHECK_INT("none", akv_json_length(array), 0);
    for (set = 1; set < AKV_OP_OTHER; set *= 2)
        CHECK(akv_key_ops_write(array, set));
    CHECK_INT("all", akv_json_length(array), 9);
    CHECK_INT("read again", akv_key_ops_read(array), AKV_OP_OTHER - 1);
    akv_json_free(json);
}

static void curves(void)
{
    CHECK_STR("name", akv_curve_name(AKV_P256), "P-256");
    CHECK_STR("name", akv_curve_name(AKV_P384), "P-384");
    CHECK_STR("name", akv_curve_name(AKV_P521), "P-521");
    CHECK_STR("name", akv_curve_name(AKV_P256K), "P-256K");
    CHECK_INT("field", akv_curve_field(AKV_P256), 32);
    CHECK_INT("field", akv_curve_field(AKV_P384), 48);
    CHECK_INT("field", akv_curve_field(AKV_P521), 66);
    CHECK_INT("field", akv_curve_field(AKV_P256K), 32);
}

int main(void)
{
    static const struct unit_test tests[] = {
        { "RSA moduli", rsa_sizes },    { "RSA exponents", exponents },
        { "EC coordinates", ec_sizes }, { "members", members },
        { "key_ops", key_ops },         { "key_ops written", key_ops_written },
        { "curves", curves },
    };

    return unit_main("jwk", tests, COUNT(tests));
}
