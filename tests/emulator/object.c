/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <openssl/crypto.h>

#include "object.h"
#include "xmem.h"

static const char *const op_names[EMU_MAX_KEY_OPS] = {
    "encrypt",   "decrypt", "sign",   "verify",   "wrapKey",
    "unwrapKey", "import",  "export", "deriveKey"
};

const char *emu_key_op_name(enum emu_key_op op)
{
    return op_names[op];
}

bool emu_key_op_by_name(const char *name, enum emu_key_op *op)
{
    for (size_t i = 0; i < EMU_MAX_KEY_OPS; i++) {
        if (strcasecmp(op_names[i], name) == 0) {
            *op = (enum emu_key_op)i;
            return true;
        }
    }
    return false;
}

struct emu_object *emu_object_new(enum emu_kind kind)
{
    struct emu_object *obj = emu_xcalloc(1, sizeof(*obj));

    obj->refs = 1;
    obj->kind = kind;
    emu_settings_init(&obj->settings);
    return obj;
}

struct emu_object *emu_object_up_ref(struct emu_object *obj)
{
    __atomic_add_fetch(&obj->refs, 1, __ATOMIC_RELAXED);
    return obj;
}

void emu_object_free(struct emu_object *obj)
{
    if (obj == NULL || __atomic_sub_fetch(&obj->refs, 1, __ATOMIC_ACQ_REL) > 0)
        return;
    emu_material_free(obj->mat);
    emu_settings_free(&obj->settings);
    if (obj->value != NULL)
        OPENSSL_cleanse(obj->value, obj->value_len);
    free(obj->value);
    free(obj->previous);
    free(obj->cer);
    free(obj);
}

static char *dup_text(const char *text)
{
    return text == NULL ? NULL : emu_xstrdup(text);
}

struct emu_object *emu_object_dup(const struct emu_object *obj)
{
    struct emu_object *copy = emu_xcalloc(1, sizeof(*copy));

    *copy = *obj;
    copy->refs = 1;
    if (obj->mat != NULL)
        emu_material_up_ref(obj->mat);
    copy->settings.tags = dup_text(obj->settings.tags);
    copy->settings.content_type = dup_text(obj->settings.content_type);
    copy->settings.release_policy = dup_text(obj->settings.release_policy);
    if (obj->value != NULL) {
        copy->value = emu_xcalloc(obj->value_len + 1, 1);
        memcpy(copy->value, obj->value, obj->value_len);
    }
    copy->previous = dup_text(obj->previous);
    copy->cer = dup_text(obj->cer);
    return copy;
}

bool emu_key_may(const struct emu_object *key, enum emu_key_op op)
{
    for (size_t i = 0; i < key->settings.nops; i++)
        if (key->settings.ops[i] == op)
            return true;
    return false;
}

void emu_settings_init(struct emu_settings *settings)
{
    memset(settings, 0, sizeof(*settings));
    settings->enabled = true;
    settings->nbf = EMU_NO_TIME;
    settings->exp = EMU_NO_TIME;
}

void emu_settings_default_ops(struct emu_settings *settings, enum emu_kty kty)
{
    static const enum emu_key_op rsa[] = {
        EMU_KEY_OP_ENCRYPT, EMU_KEY_OP_DECRYPT, EMU_KEY_OP_SIGN,
        EMU_KEY_OP_VERIFY,  EMU_KEY_OP_WRAP,    EMU_KEY_OP_UNWRAP
    };
    static const enum emu_key_op ec[] = { EMU_KEY_OP_SIGN, EMU_KEY_OP_VERIFY };
    static const enum emu_key_op oct[] = {
        EMU_KEY_OP_WRAP,    EMU_KEY_OP_UNWRAP, EMU_KEY_OP_ENCRYPT,
        EMU_KEY_OP_DECRYPT, EMU_KEY_OP_SIGN,   EMU_KEY_OP_VERIFY,
        EMU_KEY_OP_DERIVE
    };
    static const struct {
        const enum emu_key_op *ops;
        size_t n;
    } defaults[] = { [EMU_KTY_RSA] = { rsa, sizeof(rsa) / sizeof(rsa[0]) },
                     [EMU_KTY_EC] = { ec, sizeof(ec) / sizeof(ec[0]) },
                     [EMU_KTY_OCT] = { oct, sizeof(oct) / sizeof(oct[0]) } };

    memcpy(settings->ops, defaults[kty].ops,
           defaults[kty].n * sizeof(settings->ops[0]));
    settings->nops = defaults[kty].n;
}

void emu_settings_free(struct emu_settings *settings)
{
    free(settings->tags);
    free(settings->content_type);
    free(settings->release_policy);
    settings->tags = NULL;
    settings->content_type = NULL;
    settings->release_policy = NULL;
}
