/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Public members alone, and their form: whether they make a key, a point on the
 * curve for instance, is found out by who makes one of them. RSA's numbers lose
 * their leading zeros; coordinates are as wide as the field.
 */

#include <string.h>

#include "akv/jwk.h"
#include "base/list.h"
#include "base/settings_impl.h"

static const struct {
    const char *name, *alias;
    size_t field;
} curves[] = {
    [AKV_P256] = { "P-256", NULL, 32 },
    [AKV_P384] = { "P-384", NULL, 48 },
    [AKV_P521] = { "P-521", NULL, 66 },
    [AKV_P256K] = { "P-256K", "SECP256K1", 32 }, /* the old services' name */
};

static const struct {
    const char *name;
    unsigned op;
} ops[] = {
    { "encrypt", AKV_OP_ENCRYPT },  { "decrypt", AKV_OP_DECRYPT },
    { "sign", AKV_OP_SIGN },        { "verify", AKV_OP_VERIFY },
    { "wrapKey", AKV_OP_WRAP },     { "unwrapKey", AKV_OP_UNWRAP },
    { "import", AKV_OP_IMPORT },    { "export", AKV_OP_EXPORT },
    { "deriveKey", AKV_OP_DERIVE },
};

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

const char *akv_curve_name(enum akv_curve curve)
{
    return curves[curve].name;
}

size_t akv_curve_field(enum akv_curve curve)
{
    return curves[curve].field;
}

const char *akv_key_op_name(unsigned op)
{
    size_t i;

    for (i = 0; i < COUNT(ops); i++)
        if (ops[i].op == op)
            return ops[i].name;
    return NULL;
}

unsigned akv_key_op_find(const char *name)
{
    size_t i;

    for (i = 0; i < COUNT(ops); i++)
        if (strcmp(name, ops[i].name) == 0)
            return ops[i].op;
    return AKV_OP_OTHER;
}

unsigned akv_key_ops_read(const struct akv_json *node)
{
    unsigned set = 0;
    size_t i;

    for (i = 0; i < akv_json_length(node); i++) {
        const char *text = akv_json_text(akv_json_at(node, i), NULL);

        set |= text != NULL ? akv_key_op_find(text) : (unsigned)AKV_OP_OTHER;
    }
    return set;
}

bool akv_key_ops_parse(const char *text, unsigned *ops_set,
                       struct akv_error *err)
{
    const char *cursor = text, *item;
    size_t len;

    *ops_set = 0;
    while ((item = akv_list_next(&cursor, &len)) != NULL) {
        char name[32] = "";

        if (len < sizeof(name))
            memcpy(name, item, len);
        if (akv_key_op_find(name) == AKV_OP_OTHER)
            return akv_error_set(err, AKV_E_INVALID,
                                 "'%.*s' is no operation: encrypt, decrypt, "
                                 "sign, verify, wrapKey, unwrapKey, import "
                                 "and export are",
                                 (int)len, item);
        *ops_set |= akv_key_op_find(name);
    }
    return true;
}

bool akv_key_ops_write(struct akv_json *array, unsigned set)
{
    size_t i;

    for (i = 0; i < COUNT(ops); i++)
        if ((set & ops[i].op) && !akv_json_add_text(array, NULL, ops[i].name))
            return false;
    return true;
}

static bool jwk_bad(struct akv_error *err, const char *member,
                    const char *problem)
{
    return akv_error_set(err, AKV_E_PROTOCOL, "key: %s: %s", member, problem);
}

/* An unsigned integer, without leading zeros; zero itself is none. */
static bool read_integer(const struct akv_json *json, const char *name,
                         struct akv_buf *out, struct akv_error *err)
{
    size_t zeros = 0;

    if (!akv_json_get_base64url(json, name, out))
        return jwk_bad(err, name, "is missing or not base64url");
    while (zeros < out->len && out->data[zeros] == 0)
        zeros++;
    if (zeros == out->len)
        return jwk_bad(err, name, "is zero");
    if (zeros > 0) {
        memmove(out->data, out->data + zeros, out->len - zeros);
        out->len -= zeros;
        out->data[out->len] = '\0';
    }
    return true;
}

static bool read_rsa(struct akv_jwk *jwk, const struct akv_json *json,
                     struct akv_error *err)
{
    if (!read_integer(json, "n", &jwk->n, err)
        || !read_integer(json, "e", &jwk->e, err))
        return false;
    if (jwk->n.len < 128)
        return jwk_bad(err, "n", "is shorter than 1024 bits");
    if (jwk->n.len > AKV_MODULUS_MAX)
        return jwk_bad(err, "n", "is longer than 16384 bits");
    return true;
}

/* A coordinate, left-padded with zeros to the width of the field. */
static bool read_coordinate(const struct akv_json *json, const char *name,
                            unsigned char *out, size_t field,
                            struct akv_error *err)
{
    struct akv_buf bytes = AKV_BUF_INIT(AKV_FIELD_MAX + 8);
    bool ok = akv_json_get_base64url(json, name, &bytes);
    size_t zeros = 0;

    while (ok && zeros < bytes.len && bytes.data[zeros] == 0)
        zeros++;
    if (!ok || bytes.len == 0 || bytes.len - zeros > field) {
        akv_buf_free(&bytes);
        return jwk_bad(err, name, "is no coordinate of the curve");
    }
    memset(out, 0, field);
    memcpy(out + field - (bytes.len - zeros), bytes.data + zeros,
           bytes.len - zeros);
    akv_buf_free(&bytes);
    return true;
}

static bool read_ec(struct akv_jwk *jwk, const struct akv_json *json,
                    struct akv_error *err)
{
    const char *name = akv_json_get_text(json, "crv");
    size_t i;

    for (i = 0; i < COUNT(curves) && name != NULL; i++)
        if (strcmp(name, curves[i].name) == 0
            || (curves[i].alias != NULL && strcmp(name, curves[i].alias) == 0))
            break;
    if (name == NULL || i == COUNT(curves))
        return jwk_bad(err, "crv", name != NULL ? name : "is missing");
    jwk->curve = (enum akv_curve)i;
    jwk->field = curves[i].field;
    return read_coordinate(json, "x", jwk->x, jwk->field, err)
           && read_coordinate(json, "y", jwk->y, jwk->field, err);
}

static const char *const types[][2] = {
    [AKV_KEY_RSA] = { "RSA", "RSA-HSM" },
    [AKV_KEY_EC] = { "EC", "EC-HSM" },
    [AKV_KEY_OCT] = { "oct", "oct-HSM" },
};

const char *akv_key_type_jwk(enum akv_key_type type, bool hsm)
{
    return types[type][hsm];
}

static bool jwk_read_type(struct akv_jwk *jwk, const char *kty)
{
    size_t i;

    for (i = 0; i < COUNT(types); i++) {
        jwk->type = (enum akv_key_type)i;
        jwk->hsm = strcmp(kty, types[i][true]) == 0;
        if (jwk->hsm || strcmp(kty, types[i][false]) == 0)
            return true;
    }
    return false;
}

bool akv_jwk_read(struct akv_jwk *jwk, const struct akv_json *json,
                  struct akv_error *err)
{
    const char *kty = akv_json_get_text(json, "kty");

    memset(jwk, 0, sizeof(*jwk));
    akv_buf_init(&jwk->n, AKV_MODULUS_MAX + 8);
    akv_buf_init(&jwk->e, 64);
    if (kty == NULL)
        return jwk_bad(err, "kty", "is missing");
    if (!jwk_read_type(jwk, kty))
        return jwk_bad(err, "kty", kty);
    jwk->ops = akv_key_ops_read(akv_json_get(json, "key_ops"));
    if (jwk->type == AKV_KEY_RSA)
        return read_rsa(jwk, json, err);
    return jwk->type == AKV_KEY_OCT || read_ec(jwk, json, err);
}

void akv_jwk_free(struct akv_jwk *jwk)
{
    akv_buf_free(&jwk->n);
    akv_buf_free(&jwk->e);
}
