/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Backups look from outside as those of the service do, and are as closed:
 * AES-256-GCM under a key of the emulator's own.
 */

#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>

#include "aes.h"
#include "b64.h"
#include "backup.h"
#include "identity.h"
#include "jsonx.h"
#include "ossl.h"
#include "xmem.h"

#define IV 12
#define TAG 16

/* What a blob begins with; the first byte is the length of the rest. */
static const char *prefix_of(const struct emu_call *call)
{
    static const char *const vault[EMU_KINDS] = {
        [EMU_KEYS] = "\x26"
                     "AzureKeyVaultKeyBackupV1.microsoft.com",
        [EMU_SECRETS] = "\x29"
                        "AzureKeyVaultSecretBackupV1.microsoft.com",
        [EMU_CERTS] = "\x2e"
                      "AzureKeyVaultCertificateBackupV1.microsoft.com",
    };

    /* The text of a JWE, {"alg":"dir","enc":"A256GCM"}. */
    return call->traits->hsm ? "eyJhbGciOiJkaXIiLCJlbmMiOiJBMjU2R0NNIn0.."
                             : vault[call->op->kind];
}

static struct emu_aes cipher(const struct emu_call *call,
                             const unsigned char *iv, unsigned char *tag)
{
    const char *prefix = prefix_of(call);

    return (struct emu_aes){ .mode = EMU_AES_GCM,
                             .key =
                                 emu_identity_backup_key(call->emu->identity),
                             .keylen = 32,
                             .iv = iv,
                             .ivlen = IV,
                             .aad = (const unsigned char *)prefix,
                             .aadlen = strlen(prefix),
                             .tag = tag };
}

char *emu_backup_seal(const struct emu_call *call, struct json_object *obj)
{
    const char *text = emu_json_text(obj);
    const char *prefix = prefix_of(call);
    unsigned char head[IV + TAG];
    struct emu_aes aes = cipher(call, head, head + IV);
    struct emu_buf blob = EMU_BUF_INIT;
    unsigned char *out = NULL;
    size_t len = 0;
    char *sealed;

    emu_random(head, IV);
    emu_aes_encrypt(&aes, (const unsigned char *)text, strlen(text), &out,
                    &len);
    emu_buf_addstr(&blob, prefix);
    emu_buf_add(&blob, head, sizeof(head));
    emu_buf_add(&blob, out, len);
    sealed = emu_b64url_encode(blob.data, blob.len);
    emu_buf_free(&blob);
    free(out);
    return sealed;
}

static struct json_object *unseal(const struct emu_call *call,
                                  unsigned char *raw, size_t len)
{
    size_t skip = strlen(prefix_of(call));
    struct json_object *obj = NULL;
    unsigned char *plain = NULL;
    struct emu_aes aes;
    size_t plainlen = 0;

    if (len < skip + IV + TAG || memcmp(raw, prefix_of(call), skip) != 0)
        return NULL;
    aes = cipher(call, raw + skip, raw + skip + IV);
    skip += IV + TAG;
    if (emu_aes_decrypt(&aes, raw + skip, len - skip, &plain, &plainlen))
        obj = emu_json_parse((const char *)plain, plainlen);
    if (plain != NULL)
        OPENSSL_cleanse(plain, plainlen);
    free(plain);
    return obj;
}

struct json_object *emu_backup_open(struct emu_call *call, const char *blob)
{
    struct json_object *obj = NULL;
    unsigned char *raw;
    size_t len;

    if (blob == NULL) {
        emu_reply_error(call->reply, EMU_E_MISSING, "value");
        return NULL;
    }
    if (emu_b64url_decode(blob, &raw, &len)) {
        obj = unseal(call, raw, len);
        free(raw);
    }
    if (obj == NULL)
        emu_reply_error(call->reply,
                        call->traits->hsm ? EMU_E_BACKUP_HSM : EMU_E_BACKUP);
    return obj;
}
