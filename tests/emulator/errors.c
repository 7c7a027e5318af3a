/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Every error body of the vault in one place. Wordings that were seen in real
 * replies are kept to the letter; the rest follow their style, and no client
 * should depend on them.
 */

#include <stddef.h>

#include "errors.h"

#define BAD "BadParameter"
#define UNAUTHORIZED "Unauthorized"
#define FORBIDDEN "Forbidden"
#define CONFLICT "Conflict"
#define NOT_FOUND(noun)                                                        \
    "A " noun " with (name/id) %s was not found in this key vault. If you "    \
    "recently deleted this " noun " you may be able to recover it using the "  \
    "correct recovery command. For help resolving this issue, please see "     \
    "https://go.microsoft.com/fwlink/?linkid=2125182"

static const struct emu_error_row rows[] = {
    [EMU_E_NO_TOKEN] = { 401, UNAUTHORIZED, NULL,
                         "AKV10000: Request is missing a Bearer or PoP "
                         "token." },
    [EMU_E_TOKEN_FORM] = { 401, UNAUTHORIZED, NULL,
                           "AKV10001: The token is not a well-formed JWT." },
    [EMU_E_TOKEN_SIGNATURE] = { 401, UNAUTHORIZED, NULL,
                                "AKV10046: Unable to resolve the key used for "
                                "signature validation. EncodedJwtHeader: "
                                "'%s'." },
    [EMU_E_TOKEN_AUDIENCE] = { 401, UNAUTHORIZED, NULL,
                               "AKV10022: Invalid audience. Expected %s, "
                               "found: %s." },
    [EMU_E_TOKEN_ISSUER] = { 401, UNAUTHORIZED, NULL,
                             "AKV10032: Invalid issuer. Expected one of %s, "
                             "found %s." },
    [EMU_E_TOKEN_EXPIRED] = { 401, UNAUTHORIZED, NULL,
                              "AKV10036: The token has expired. It was valid "
                              "until %s." },
    [EMU_E_TOKEN_NOT_YET] = { 401, UNAUTHORIZED, NULL,
                              "AKV10035: The token is not yet valid. It is "
                              "valid from %s." },
    [EMU_E_CLAIMS] = { 401, UNAUTHORIZED, NULL,
                       "AKV10095: Continuous access evaluation resulted in "
                       "challenge: the token lacks claims." },
    [EMU_E_API_VERSION_ABSENT] = { 400, BAD, NULL,
                                   "The api-version query parameter must be "
                                   "specified." },
    [EMU_E_API_VERSION] = { 400, BAD, NULL,
                            "The specified version (%s) is not recognized. "
                            "Consider using the latest supported version "
                            "(%s)." },
    [EMU_E_FORBIDDEN] = { 403, FORBIDDEN, "ForbiddenByPolicy",
                          "The user, group or application 'appid=%s;oid=%s;"
                          "iss=https://sts.windows.net/%s/' does not have "
                          "%s permission on key vault '%s;location=local'. "
                          "For help resolving this issue, please see "
                          "https://go.microsoft.com/fwlink/?linkid=2125287" },
    [EMU_E_METHOD] = { 400, BAD, NULL,
                       "Method %s does not allow operation '%s'" },
    [EMU_E_NAME] = { 400, BAD, NULL,
                     "The request URI contains an invalid name: %s" },
    [EMU_E_NOT_SERVED] = { 501, "NotImplemented", NULL,
                           "akv-emulator does not serve %s %s." },
    [EMU_E_VAULT_UNKNOWN] = { 404, "VaultNotFound", NULL,
                              "akv-emulator has no vault for the host '%s'." },
    [EMU_E_BODY] = { 400, BAD, NULL,
                     "The request body must be a JSON object." },
    [EMU_E_BODY_LARGE] = { 413, "RequestBodyTooLarge", NULL,
                           "The request body must not exceed %s bytes." },
    [EMU_E_MISSING] = { 400, BAD, NULL, "Property %s is missing" },
    [EMU_E_VALUE] = { 400, BAD, NULL, "Property %s has invalid value\r\n" },
    [EMU_E_JWK] = { 400, BAD, NULL,
                    "The property \"key\" must be a valid JsonWebKey "
                    "object." },
    [EMU_E_BASE64] = { 400, BAD, NULL,
                       "Content of '%s' is not base64url.\r\n" },
    [EMU_E_TAGS] = { 400, BAD, NULL,
                     "Tags must be at most 15 pairs of strings, each of at "
                     "most 256 characters." },
    [EMU_E_ALG_UNKNOWN] = { 400, BAD, NULL,
                            "The algorithm '%s' is not supported." },
    [EMU_E_ALG_TYPE] = { 400, BAD, NULL,
                         "Key and %s algorithm are incompatible. Key %s is of "
                         "type '%s', and algorithm '%s' can only be used with "
                         "key type %s." },
    [EMU_E_ALG_CURVE] = { 400, BAD, NULL,
                          "Key and signing algorithm are incompatible. Key %s "
                          "uses curve '%s', and algorithm '%s' can only be "
                          "used with curve '%s'." },
    [EMU_E_ALG_SIZE] = { 400, BAD, NULL,
                         "Key %s is of a size that algorithm '%s' cannot be "
                         "used with." },
    [EMU_E_WRAP_LENGTH] = { 400, BAD, NULL,
                            "Invalid length of 'value': %s takes a multiple of "
                            "8 bytes, of at least 16." },
    [EMU_E_KTY_MISSING_HSM] = { 400, BAD, NULL,
                                "JSON Web Key: kty is missing" },
    [EMU_E_NAME_HSM] = { 400, BAD, NULL,
                         "Invalid key identifier or name (Activity ID: %s)" },
    [EMU_E_KEY_NOT_FOUND_HSM] = { 404, "KeyNotFound", NULL,
                                  "Key not found: %s (Activity ID: %s)" },
    [EMU_E_RNG_COUNT] = { 400, BAD, NULL,
                          "GetRandomBytesRequest: count cannot be greater than "
                          "128 or less than 1" },
    [EMU_E_POLICY_IMMUTABLE] = { 400, BAD, NULL,
                                 "AKV.SKR.1020: Immutable Key Release Policy "
                                 "cannot be modified." },
    [EMU_E_NOT_EXPORTABLE] = { 403, FORBIDDEN, "KeyOperationForbidden",
                               "Operation release is not permitted on this "
                               "key." },
    [EMU_E_EXPORTABLE] = { 400, BAD, NULL,
                           "An exportable key must be an HSM key and have a "
                           "release policy." },
    [EMU_E_EXTERNAL_KEY] = { 400, BAD, NULL,
                             "External keys are not supported by this "
                             "vault." },
    [EMU_E_ATTESTATION] = { 403, FORBIDDEN, "AccessDenied",
                            "Target environment attestation statement cannot "
                            "be verified." },
    [EMU_E_RELEASE_POLICY] = { 403, FORBIDDEN, "AccessDenied",
                               "Target environment attestation does not meet "
                               "key release policy requirements." },
    [EMU_E_ROTATION] = { 400, BAD, NULL,
                         "The key rotation policy is not valid: %s" },
    [EMU_E_LENGTH] = { 400, BAD, NULL,
                       "Invalid length of '%s': %s bytes. %s requires %s "
                       "bytes, encoded with base64url." },
    [EMU_E_TOO_LONG] = { 400, BAD, NULL,
                         "Invalid length of '%s': %s bytes. %s allows at most "
                         "%s bytes, encoded with base64url." },
    [EMU_E_PADDING] = { 400, BAD, NULL,
                        "Error occurred while decoding %s padding." },
    [EMU_E_MAXRESULTS] = { 400, BAD, NULL,
                           "The value of maxresults is invalid: %s. It must "
                           "be between 1 and 25." },
    [EMU_E_SKIPTOKEN] = { 400, BAD, NULL, "The skiptoken is invalid." },
    [EMU_E_KEY_NOT_FOUND] = { 404, "KeyNotFound", NULL, NOT_FOUND("key") },
    [EMU_E_SECRET_NOT_FOUND] = { 404, "SecretNotFound", NULL,
                                 NOT_FOUND("secret") },
    [EMU_E_CERT_NOT_FOUND] = { 404, "CertificateNotFound", NULL,
                               NOT_FOUND("certificate") },
    [EMU_E_DELETED_KEY_NOT_FOUND] = { 404, "KeyNotFound", NULL,
                                      "Deleted Key not found: %s" },
    [EMU_E_DELETED_SECRET_NOT_FOUND] = { 404, "SecretNotFound", NULL,
                                         "Deleted Secret not found: %s" },
    [EMU_E_DELETED_CERT_NOT_FOUND] = { 404, "CertificateNotFound", NULL,
                                       "Deleted Certificate not found: %s" },
    [EMU_E_IS_DELETED] = { 409, CONFLICT, "ObjectIsDeletedButRecoverable",
                           "%s %s is currently in a deleted but recoverable "
                           "state, and its name cannot be reused; in this "
                           "state, the %s can only be recovered or purged." },
    [EMU_E_IN_DELETION] = { 409, CONFLICT, "ObjectIsBeingDeleted",
                            "%s %s is currently being deleted and cannot be "
                            "re-created; retry later." },
    [EMU_E_IN_RECOVERY] = { 409, CONFLICT, "ObjectIsBeingRecovered",
                            "%s %s is currently being recovered; retry "
                            "later." },
    [EMU_E_NOT_DELETED] = { 400, "MethodNotAllowed",
                            "RequestNotAllowedOnNonDeletedObject",
                            "%s exists already: %s" },
    [EMU_E_NAME_TAKEN] = { 409, CONFLICT, NULL,
                           "The name '%s' is taken by a key or secret that "
                           "does not belong to the certificate." },
    [EMU_E_PURGE_PROTECTED] = { 403, FORBIDDEN, NULL,
                                "Operation \"purge\" is not allowed because "
                                "purge protection is enabled for this vault. "
                                "Key Vault service will automatically purge it "
                                "after the retention period has passed." },
    [EMU_E_RESTORE] = { 409, CONFLICT, NULL,
                        "There was a conflict restoring the %s '%s'. This can "
                        "happen if either: a second %s with the same name was "
                        "created after the first %s was deleted; thus trying "
                        "to restore a %s whose name is already in use. To fix "
                        "this, rename the second %s to something else so that "
                        "the restore works. The second probable cause of this "
                        "exception is when multiple operations are performed "
                        "in parallel against the %s. To avoid this error, "
                        "perform operations against a %s in a sequential "
                        "manner." },
    [EMU_E_BACKUP] = { 400, "Malformed backup blob", NULL,
                       "Backup blob contains invalid or corrupt version." },
    [EMU_E_BACKUP_HSM] = { 400, "MalformedBackupBlob", NULL,
                           "Backup blob belongs to a different crypto domain "
                           "and cannot be restored." },
    [EMU_E_PENDING_NOT_FOUND] = { 404, "PendingCertificateNotFound", NULL,
                                  "Pending certificate not found: %s" },
    [EMU_E_CERT_PENDING] = { 409, CONFLICT, NULL,
                             "A new key vault certificate can not be created "
                             "or imported while a pending key vault "
                             "certificate's status is inProgress." },
    [EMU_E_ISSUER_UNKNOWN] = { 400, BAD, NULL,
                               "The issuer '%s' is not configured in this key "
                               "vault." },
    [EMU_E_ISSUER_NOT_FOUND] = { 404, "CertificateIssuerNotFound", NULL,
                                 "Issuer not found" },
    [EMU_E_CONTACTS_NOT_FOUND] = { 404, "ContactsNotFound", NULL,
                                   "Contacts not found" },
    [EMU_E_X5C] = { 400, BAD, NULL,
                    "Unable to parse X5c certificate chain and locate leaf "
                    "certificate" },
    [EMU_E_X5C_KEY] = { 400, BAD, NULL,
                        "Property x5c has a certificate whose public key does "
                        "not match that of the pending certificate." },
    [EMU_E_IMPORT] = { 400, BAD, NULL,
                       "The specified X.509 certificate content can not be "
                       "read: %s." },
    [EMU_E_SECRET_DISABLED] = { 403, FORBIDDEN, "SecretDisabled",
                                "Operation %s is not allowed on a disabled "
                                "secret." },
    [EMU_E_SECRET_MANAGED] = { 403, FORBIDDEN, "SecretManagedByKeyVault",
                               "Operation %s is not allowed on a secret that "
                               "is managed by Key Vault." },
    [EMU_E_KEY_MANAGED] = { 403, FORBIDDEN, "KeyManagedByKeyVault",
                            "Operation %s is not allowed on a key that is "
                            "managed by Key Vault." },
    [EMU_E_SECRET_SIZE] = { 400, BAD, NULL,
                            "The secret value must not exceed 25600 bytes." },
    [EMU_E_CONTENT_TYPE] = { 400, BAD, NULL,
                             "The content type must not exceed 255 "
                             "characters." },
    [EMU_E_TRANSFORMATION] = { 400, BAD, NULL,
                               "The '%s' to '%s' transformation is not "
                               "supported. Only PFX to PEM transformation is "
                               "supported." },
    [EMU_E_KEY_DISABLED] = { 403, FORBIDDEN, "KeyDisabled",
                             "Operation %s is not allowed on a disabled "
                             "key." },
    [EMU_E_KEY_OPERATION] = { 403, FORBIDDEN, "KeyOperationForbidden",
                              "Operation %s is not permitted on this key." },
    [EMU_E_KEY_NOT_YET_VALID] = { 403, FORBIDDEN, "KeyNotYetValid",
                                  "Operation %s is not allowed on a key that "
                                  "is not yet valid." },
    [EMU_E_KEY_EXPIRED] = { 403, FORBIDDEN, "KeyExpired",
                            "Operation %s is not allowed on an expired "
                            "key." },
    [EMU_E_INTERNAL] = { 500, "InternalServerError", NULL, "%s" },
};

/* For injected statuses that give nothing but the number. */
static const struct emu_error_row plain[] = {
    { 400, BAD, NULL, "The request is not valid." },
    { 401, UNAUTHORIZED, NULL,
      "AKV10000: Request is missing a Bearer or PoP token." },
    { 403, FORBIDDEN, "ForbiddenByFirewall",
      "Client address is not authorized and caller is not a trusted service" },
    { 404, "KeyNotFound", NULL, "The key was not found in this key vault." },
    { 408, "RequestTimeout", NULL, "The request timed out." },
    { 409, "Conflict", NULL, "The object is being changed." },
    { 429, "Throttled", NULL,
      "Request was not processed because too many requests were received. "
      "Reason: VaultRequestTypeLimitReached" },
    { 500, "InternalServerError", NULL, "An internal error occurred." },
    { 502, "BadGateway", NULL, "The gateway got no valid answer." },
    { 503, "ServiceUnavailable", NULL, "The service is unavailable." },
    { 504, "GatewayTimeout", NULL, "The gateway got no answer in time." },
};

const struct emu_error_row *emu_error_row(enum emu_error error)
{
    return &rows[error];
}

const struct emu_error_row *emu_error_of_status(unsigned status)
{
    for (size_t i = 0; i < sizeof(plain) / sizeof(plain[0]); i++)
        if (plain[i].status == status)
            return &plain[i];
    return NULL;
}
