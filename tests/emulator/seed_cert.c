/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Certificates of the seed file: made by a policy and self-signed, or read as
 * in an import.
 */

#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include "b64.h"
#include "cert_content.h"
#include "cert_make.h"
#include "cert_policy.h"
#include "cert_store.h"
#include "emu.h"
#include "jsonx.h"
#include "jwk.h"
#include "seed_impl.h"
#include "xmem.h"

/* A PFX is binary there, and base64 in what reads it. */
static char *file_text(const struct emu_buf *data)
{
    static const char begin[] = "-----BEGIN";
    char *text;

    if (data->len >= sizeof(begin) - 1
        && memmem(data->data, data->len, begin, sizeof(begin) - 1) != NULL)
        return emu_xstrndup((const char *)data->data, data->len);
    text = emu_xcalloc(data->len / 3 * 4 + 8, 1);
    EVP_EncodeBlock((unsigned char *)text, (const unsigned char *)data->data,
                    (int)data->len);
    return text;
}

static bool read_file(const struct seed *seed, const char *file,
                      const char *password, struct emu_cert_parts *parts)
{
    struct emu_buf data = EMU_BUF_INIT;
    const char *why = "cannot be read";
    bool ok = emu_seed_read_beside(seed, "file", file, &data);

    if (ok) {
        char *text = file_text(&data);

        ok = emu_cert_parts_read(parts, text, password, true, &why)
             || emu_seed_bad(seed, "file", "%s", why);
        free(text);
    }
    emu_buf_free(&data);
    return ok;
}

/* The policy that is given, complete, and a certificate as it says. */
static struct json_object *make(const struct seed *seed,
                                struct json_object *given,
                                struct emu_cert_parts *parts)
{
    const char *why = "policy";
    struct json_object *policy = emu_policy_complete(given, NULL, &why);
    struct emu_material *mat =
        policy == NULL ? NULL : emu_cert_generate_key(policy);

    if (mat != NULL) {
        parts->leaf = emu_cert_self_sign(policy, mat);
        EVP_PKEY_up_ref(mat->pkey);
        parts->key = mat->pkey;
        why = "policy.x509_props";
    }
    emu_material_free(mat);
    if (parts->leaf != NULL)
        return policy;
    json_object_put(policy);
    emu_seed_bad(seed, why, "not valid");
    return NULL;
}

static bool put(const struct seed *seed, const struct emu_place *at,
                struct emu_object *like, const struct emu_new_cert *new_cert)
{
    struct emu emu = { .store = seed->store, .identity = seed->identity };
    struct emu_reply reply = { 0 };
    struct emu_call call = { .emu = &emu,
                             .reply = &reply,
                             .op = emu_operation_by_name("import_certificate"),
                             .vault =
                                 emu_store_find_vault(seed->store, at->vault),
                             .name = at->name };
    struct emu_object *cert = NULL;
    bool ok;

    call.traits = emu_store_traits(seed->store, at->vault);
    ok = emu_cert_name_free(&call);
    if (ok) {
        like->settings.tags = NULL; /* the store's now */
        ok = emu_cert_store(&call, new_cert, &cert);
    }
    if (!ok)
        emu_seed_bad(seed, "name", "%s", emu_buf_str(&reply.body));
    emu_object_free(cert);
    emu_reply_free(&reply);
    return ok;
}

static bool store(const struct seed *seed, const struct emu_place *at,
                  struct emu_object *like, struct emu_cert_parts *parts,
                  struct json_object *policy)
{
    struct emu_new_cert new_cert = { .parts = parts,
                                     .policy = policy,
                                     .tags = like->settings.tags,
                                     .enabled = like->settings.enabled };
    struct json_object *derived = NULL;
    bool ok = false;

    EVP_PKEY_up_ref(parts->key);
    new_cert.mat = emu_material_new(parts->key, false);
    if (new_cert.mat == NULL)
        return emu_seed_bad(seed, "file", "a vault does not hold such a key");
    if (policy == NULL)
        new_cert.policy = derived = emu_policy_from_x509(
            parts->leaf, new_cert.mat,
            parts->pem ? "application/x-pem-file" : "application/x-pkcs12");
    ok = put(seed, at, like, &new_cert);
    json_object_put(derived);
    emu_material_free(new_cert.mat);
    return ok;
}

bool emu_seed_certificate(struct seed *seed, struct json_object *obj)
{
    static const char *const members[] = { "vault",    "name",   "file",
                                           "password", "policy", "attributes",
                                           "tags",     NULL };
    struct emu_place at = { .kind = EMU_CERTS };
    struct emu_cert_parts parts = { NULL, NULL, NULL, false };
    struct json_object *given = emu_json_get(obj, "policy");
    struct json_object *policy = NULL;
    const char *password = NULL;
    const char *file = NULL;
    struct emu_object *like;
    bool ok;

    if (!emu_seed_check_members(seed, obj, members)
        || !emu_seed_names(seed, obj, &at)
        || !emu_seed_get_string(seed, obj, "file", &file)
        || !emu_seed_get_string(seed, obj, "password", &password))
        return false;
    if ((file == NULL) == (given == NULL))
        return emu_seed_bad(seed, "policy", "want either policy or file");
    if (emu_store_traits(seed->store, at.vault)->hsm)
        return emu_seed_bad(seed, "vault", "a Managed HSM has keys only");
    if (emu_seed_passes(seed, &at))
        return true;
    like = emu_object_new(EMU_CERTS);
    ok = emu_seed_settings(seed, obj, &like->settings);
    if (ok && file != NULL)
        ok = read_file(seed, file, password, &parts);
    else if (ok)
        ok = (policy = make(seed, given, &parts)) != NULL;
    ok = ok && store(seed, &at, like, &parts, policy);
    emu_cert_parts_free(&parts);
    json_object_put(policy);
    emu_object_free(like);
    return ok;
}
