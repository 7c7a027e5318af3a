/* SPDX-License-Identifier: Apache-2.0 */

/* Every operation of the REST interface; a new one is a row. */

#include <string.h>

#include "cert_ops.h"
#include "crypto_ops.h"
#include "key_ops.h"
#include "key_release.h"
#include "object_ops.h"
#include "rotation.h"
#include "route.h"
#include "secret_ops.h"

/* The first match counts: "versions" comes before an optional version. */
static const struct emu_operation operations[] = {
    { "create_key", "POST", "keys/{n}/create", "keys create", true, EMU_KEYS,
      "create", 0, emu_create_key },
    { "import_key", "PUT", "keys/{n}", "keys import", true, EMU_KEYS, "import",
      0, emu_import_key },
    { "restore_key", "POST", "keys/restore", "keys restore", true, EMU_KEYS,
      "restore", 0, emu_restore_object },
    { "backup_key", "POST", "keys/{n}/backup", "keys backup", false, EMU_KEYS,
      "backup", 0, emu_backup_object },
    { "rotate_key", "POST", "keys/{n}/rotate", "keys rotate", false, EMU_KEYS,
      "rotate", 0, emu_rotate_key },
    { "get_key_rotation_policy", "GET", "keys/{n}/rotationpolicy",
      "keys getRotationPolicy", false, EMU_KEYS, "getRotationPolicy", 0,
      emu_get_rotation_policy },
    { "update_key_rotation_policy", "PUT", "keys/{n}/rotationpolicy",
      "keys setRotationPolicy", true, EMU_KEYS, "setRotationPolicy", 0,
      emu_update_rotation_policy },
    { "get_random_bytes", "POST", "rng", "keys getRandomBytes", true, EMU_KEYS,
      "getRandomBytes", 0, emu_random_bytes },
    { "release_key", "POST", "keys/{n}/[v]/release", "keys release", true,
      EMU_KEYS, "release", 0, emu_release_key },
    { "get_key_attestation", "GET", "keys/{n}/[v]/attestation", "keys get",
      false, EMU_KEYS, "get", 0, emu_get_key_attestation },
    { "delete_key", "DELETE", "keys/{n}", "keys delete", false, EMU_KEYS,
      "delete", 0, emu_delete_object },
    { "list_keys", "GET", "keys", "keys list", false, EMU_KEYS, "list", 0,
      emu_list_objects },
    { "list_key_versions", "GET", "keys/{n}/versions", "keys list", false,
      EMU_KEYS, "list", 0, emu_list_object_versions },
    { "get_key", "GET", "keys/{n}/[v]", "keys get", false, EMU_KEYS, "get", 0,
      emu_get_key },
    { "update_key", "PATCH", "keys/{n}/[v]", "keys update", true, EMU_KEYS,
      "update", 0, emu_update_key },
    { "sign", "POST", "keys/{n}/[v]/sign", "keys sign", true, EMU_KEYS, "sign",
      EMU_KEY_OP_SIGN, emu_crypto },
    { "verify", "POST", "keys/{n}/[v]/verify", "keys verify", true, EMU_KEYS,
      "verify", EMU_KEY_OP_VERIFY, emu_crypto },
    { "encrypt", "POST", "keys/{n}/[v]/encrypt", "keys encrypt", true, EMU_KEYS,
      "encrypt", EMU_KEY_OP_ENCRYPT, emu_crypto },
    { "decrypt", "POST", "keys/{n}/[v]/decrypt", "keys decrypt", true, EMU_KEYS,
      "decrypt", EMU_KEY_OP_DECRYPT, emu_crypto },
    { "wrap_key", "POST", "keys/{n}/[v]/wrapkey", "keys wrapKey", true,
      EMU_KEYS, "wrapKey", EMU_KEY_OP_WRAP, emu_crypto },
    { "unwrap_key", "POST", "keys/{n}/[v]/unwrapkey", "keys unwrapKey", true,
      EMU_KEYS, "unwrapKey", EMU_KEY_OP_UNWRAP, emu_crypto },
    { "secure_wrap_key", "POST", "keys/{n}/[v]/securewrapkey", "keys wrapKey",
      true, EMU_KEYS, "secureWrapKey", 0, emu_secure_wrap },
    { "secure_unwrap_key", "POST", "keys/{n}/[v]/secureunwrapkey",
      "keys unwrapKey", true, EMU_KEYS, "secureUnwrapKey", 0,
      emu_secure_unwrap },
    { "set_secret", "PUT", "secrets/{n}", "secrets set", true, EMU_SECRETS,
      "set", 0, emu_set_secret },
    { "restore_secret", "POST", "secrets/restore", "secrets restore", true,
      EMU_SECRETS, "restore", 0, emu_restore_object },
    { "backup_secret", "POST", "secrets/{n}/backup", "secrets backup", false,
      EMU_SECRETS, "backup", 0, emu_backup_object },
    { "delete_secret", "DELETE", "secrets/{n}", "secrets delete", false,
      EMU_SECRETS, "delete", 0, emu_delete_object },
    { "list_secrets", "GET", "secrets", "secrets list", false, EMU_SECRETS,
      "list", 0, emu_list_objects },
    { "list_secret_versions", "GET", "secrets/{n}/versions", "secrets list",
      false, EMU_SECRETS, "list", 0, emu_list_object_versions },
    { "get_secret", "GET", "secrets/{n}/[v]", "secrets get", false, EMU_SECRETS,
      "get", 0, emu_get_secret },
    { "update_secret", "PATCH", "secrets/{n}/[v]", "secrets set", true,
      EMU_SECRETS, "update", 0, emu_update_secret },
    { "get_contacts", "GET", "certificates/contacts",
      "certificates managecontacts", false, EMU_CERTS, "get", 0,
      emu_get_contacts },
    { "set_contacts", "PUT", "certificates/contacts",
      "certificates managecontacts", true, EMU_CERTS, "set", 0,
      emu_set_contacts },
    { "delete_contacts", "DELETE", "certificates/contacts",
      "certificates managecontacts", false, EMU_CERTS, "delete", 0,
      emu_delete_contacts },
    { "list_issuers", "GET", "certificates/issuers", "certificates listissuers",
      false, EMU_CERTS, "list", 0, emu_list_issuers },
    { "get_issuer", "GET", "certificates/issuers/{n}",
      "certificates getissuers", false, EMU_CERTS, "get", 0, emu_get_issuer },
    { "set_issuer", "PUT", "certificates/issuers/{n}",
      "certificates setissuers", true, EMU_CERTS, "set", 0, emu_set_issuer },
    { "update_issuer", "PATCH", "certificates/issuers/{n}",
      "certificates setissuers", true, EMU_CERTS, "update", 0,
      emu_update_issuer },
    { "delete_issuer", "DELETE", "certificates/issuers/{n}",
      "certificates deleteissuers", false, EMU_CERTS, "delete", 0,
      emu_delete_issuer },
    { "create_certificate", "POST", "certificates/{n}/create",
      "certificates create", true, EMU_CERTS, "create", 0, emu_create_cert },
    { "import_certificate", "POST", "certificates/{n}/import",
      "certificates import", true, EMU_CERTS, "import", 0, emu_import_cert },
    { "get_certificate_operation", "GET", "certificates/{n}/pending",
      "certificates get", false, EMU_CERTS, "get", 0, emu_get_cert_operation },
    { "update_certificate_operation", "PATCH", "certificates/{n}/pending",
      "certificates update", true, EMU_CERTS, "update", 0,
      emu_update_cert_operation },
    { "delete_certificate_operation", "DELETE", "certificates/{n}/pending",
      "certificates delete", false, EMU_CERTS, "delete", 0,
      emu_delete_cert_operation },
    { "merge_certificate", "POST", "certificates/{n}/pending/merge",
      "certificates create", true, EMU_CERTS, "merge", 0, emu_merge_cert },
    { "get_certificate_policy", "GET", "certificates/{n}/policy",
      "certificates get", false, EMU_CERTS, "get", 0, emu_get_cert_policy },
    { "update_certificate_policy", "PATCH", "certificates/{n}/policy",
      "certificates update", true, EMU_CERTS, "update", 0,
      emu_update_cert_policy },
    { "restore_certificate", "POST", "certificates/restore",
      "certificates restore", true, EMU_CERTS, "restore", 0,
      emu_restore_object },
    { "backup_certificate", "POST", "certificates/{n}/backup",
      "certificates backup", false, EMU_CERTS, "backup", 0, emu_backup_object },
    { "delete_certificate", "DELETE", "certificates/{n}", "certificates delete",
      false, EMU_CERTS, "delete", 0, emu_delete_object },
    { "list_certificates", "GET", "certificates", "certificates list", false,
      EMU_CERTS, "list", 0, emu_list_objects },
    { "list_certificate_versions", "GET", "certificates/{n}/versions",
      "certificates list", false, EMU_CERTS, "list", 0,
      emu_list_object_versions },
    { "get_certificate", "GET", "certificates/{n}/[v]", "certificates get",
      false, EMU_CERTS, "get", 0, emu_get_cert },
    { "update_certificate", "PATCH", "certificates/{n}/[v]",
      "certificates update", true, EMU_CERTS, "update", 0, emu_update_cert },
    { "list_deleted_certificates", "GET", "deletedcertificates",
      "certificates list", false, EMU_CERTS, "list", 0,
      emu_list_deleted_objects },
    { "get_deleted_certificate", "GET", "deletedcertificates/{n}",
      "certificates get", false, EMU_CERTS, "get", 0, emu_get_deleted_object },
    { "purge_deleted_certificate", "DELETE", "deletedcertificates/{n}",
      "certificates purge", false, EMU_CERTS, "purge", 0, emu_purge_object },
    { "recover_deleted_certificate", "POST", "deletedcertificates/{n}/recover",
      "certificates recover", false, EMU_CERTS, "recover", 0,
      emu_recover_object },
    { "list_deleted_keys", "GET", "deletedkeys", "keys list", false, EMU_KEYS,
      "list", 0, emu_list_deleted_objects },
    { "get_deleted_key", "GET", "deletedkeys/{n}", "keys get", false, EMU_KEYS,
      "get", 0, emu_get_deleted_object },
    { "purge_deleted_key", "DELETE", "deletedkeys/{n}", "keys purge", false,
      EMU_KEYS, "purge", 0, emu_purge_object },
    { "recover_deleted_key", "POST", "deletedkeys/{n}/recover", "keys recover",
      false, EMU_KEYS, "recover", 0, emu_recover_object },
    { "list_deleted_secrets", "GET", "deletedsecrets", "secrets list", false,
      EMU_SECRETS, "list", 0, emu_list_deleted_objects },
    { "get_deleted_secret", "GET", "deletedsecrets/{n}", "secrets get", false,
      EMU_SECRETS, "get", 0, emu_get_deleted_object },
    { "purge_deleted_secret", "DELETE", "deletedsecrets/{n}", "secrets purge",
      false, EMU_SECRETS, "purge", 0, emu_purge_object },
    { "recover_deleted_secret", "POST", "deletedsecrets/{n}/recover",
      "secrets recover", false, EMU_SECRETS, "recover", 0, emu_recover_object },
};

#define OPERATIONS (sizeof(operations) / sizeof(operations[0]))

size_t emu_operation_count(void)
{
    return OPERATIONS;
}

const struct emu_operation *emu_operation_at(size_t index)
{
    return &operations[index];
}

const struct emu_operation *emu_operation_by_name(const char *name)
{
    for (size_t i = 0; i < OPERATIONS; i++)
        if (strcmp(operations[i].name, name) == 0)
            return &operations[i];
    return NULL;
}

size_t emu_operation_index(const struct emu_operation *op)
{
    return (size_t)(op - operations);
}
