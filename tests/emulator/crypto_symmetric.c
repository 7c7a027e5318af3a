/* SPDX-License-Identifier: Apache-2.0 */

/*
 * AES and HMAC with the keys of a Managed HSM. The service makes the iv of
 * GCM, the caller that of CBC; what CBC gets is filled up with zero bytes, as
 * the service did in 2022.
 */

#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>

#include "crypto_call.h"
#include "jsonx.h"
#include "ossl.h"
#include "xmem.h"

#define BLOCK 16
#define GCM_IV 12

/* The parts of a call that only AES has. */
struct parts {
    struct emu_bytes iv;
    struct emu_bytes aad;
    struct emu_bytes tag;
};

static void parts_free(struct parts *p)
{
    free(p->iv.data);
    free(p->aad.data);
    free(p->tag.data);
}

static bool is_undo(const struct emu_crypto *c)
{
    return c->op == EMU_KEY_OP_DECRYPT || c->op == EMU_KEY_OP_UNWRAP;
}

static bool read_sized(struct emu_crypto *c, const char *name,
                       struct emu_bytes *out, size_t size)
{
    if (!emu_crypto_read(c, name, out))
        return false;
    return out->len == size
           || emu_crypto_wrong_length(c, EMU_E_LENGTH, name, out->len, size);
}

static bool read_gcm(struct emu_crypto *c, struct parts *p)
{
    if (emu_json_get(c->call->body, "aad") != NULL
        && !emu_crypto_read(c, "aad", &p->aad))
        return false;
    if (is_undo(c))
        return emu_crypto_read(c, "iv", &p->iv)
               && read_sized(c, "tag", &p->tag, EMU_AES_TAG);
    p->iv.data = emu_xcalloc(GCM_IV, 1);
    p->iv.len = GCM_IV;
    emu_random(p->iv.data, GCM_IV);
    p->tag.data = emu_xcalloc(EMU_AES_TAG, 1);
    p->tag.len = EMU_AES_TAG;
    return true;
}

static void fill_block(struct emu_bytes *value)
{
    size_t len = (value->len + BLOCK - 1) / BLOCK * BLOCK;

    value->data = emu_xrealloc(value->data, len + 1, 1);
    memset(value->data + value->len, 0, len - value->len);
    value->len = len;
}

static bool read_parts(struct emu_crypto *c, struct parts *p)
{
    switch (c->alg->mode) {
    case EMU_AES_GCM:
        return read_gcm(c, p);
    case EMU_AES_CBC:
    case EMU_AES_CBCPAD:
        if (!read_sized(c, "iv", &p->iv, BLOCK))
            return false;
        if (c->alg->mode == EMU_AES_CBC && !is_undo(c))
            fill_block(&c->value);
        return true;
    case EMU_AES_KW:
        if (c->value.len % 8 == 0 && c->value.len >= (is_undo(c) ? 24u : 16u))
            return true;
        emu_reply_error(c->call->reply, EMU_E_WRAP_LENGTH, c->alg->name);
        return false;
    case EMU_AES_KWPAD:
        break;
    }
    return true;
}

static void aes(struct emu_crypto *c)
{
    struct parts p = { { NULL, 0 }, { NULL, 0 }, { NULL, 0 } };
    struct emu_bytes out = { NULL, 0 };
    struct json_object *obj;
    struct emu_aes aes;
    bool ok;

    if (!read_parts(c, &p)) {
        parts_free(&p);
        return;
    }
    aes = (struct emu_aes){ .mode = c->alg->mode,
                            .key = c->key->mat->k,
                            .keylen = c->key->mat->size,
                            .iv = p.iv.data,
                            .ivlen = p.iv.len,
                            .aad = p.aad.data,
                            .aadlen = p.aad.len,
                            .tag = p.tag.data };
    ok = is_undo(c) ? emu_aes_decrypt(&aes, c->value.data, c->value.len,
                                      &out.data, &out.len)
                    : emu_aes_encrypt(&aes, c->value.data, c->value.len,
                                      &out.data, &out.len);
    if (ok) {
        obj = emu_crypto_result(c, &out);
        if (p.iv.data != NULL && !is_undo(c))
            emu_crypto_add_bytes(obj, "iv", &p.iv);
        if (p.tag.data != NULL && !is_undo(c))
            emu_crypto_add_bytes(obj, "tag", &p.tag);
        if (p.aad.data != NULL && !is_undo(c))
            emu_crypto_add_bytes(obj, "aad", &p.aad);
        emu_reply_json(c->call->reply, 200, obj);
    } else {
        emu_reply_error(c->call->reply, EMU_E_PADDING, "AES");
    }
    free(out.data);
    parts_free(&p);
}

static void hmac(struct emu_crypto *c)
{
    bool verify = c->op == EMU_KEY_OP_VERIFY;
    const struct emu_bytes *in = verify ? &c->digest : &c->value;
    unsigned char mac[64];
    struct emu_bytes out = { mac, 0 };
    struct json_object *obj;

    if (!emu_hmac(c->alg->digest, c->key->mat->k, c->key->mat->size, in->data,
                  in->len, mac, &out.len)) {
        emu_reply_error(c->call->reply, EMU_E_INTERNAL, "no HMAC");
        return;
    }
    obj = emu_crypto_result(c, &out);
    if (verify)
        emu_json_add_bool(obj, "value",
                          c->value.len == out.len
                              && CRYPTO_memcmp(c->value.data, mac, out.len)
                                     == 0);
    emu_reply_json(c->call->reply, 200, obj);
}

void emu_crypto_symmetric(struct emu_crypto *c)
{
    if (c->alg->signs)
        hmac(c);
    else
        aes(c);
}
