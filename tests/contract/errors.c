/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Every refusal of the service, made by the emulator, as libakv reports it:
 * its own code, the HTTP status, the service's codes and the request's id. The
 * emulator refuses for the real reason where it can, else by a fault rule.
 * Prints a table; each row of the reference's table of errors must be in it.
 * Usage: contract_errors EMULATOR REFERENCE
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "errors.h"
#include "reference.h"

#define TOKEN(kind)                                                            \
    "[{\"match\":{\"op\":\"get_key\",\"count\":1},\"phase\":\"before_auth\","  \
    "\"action\":{\"status\":401}},{\"match\":{\"op\":\"token\"},\"action\":"   \
    "{\"token\":\"" kind "\"}}]"
#define GET_KEY "\"match\":{\"op\":\"get_key\"},"
#define REFUSE(body) "[{" GET_KEY "\"action\":{\"status\":" body "}}]"
#define UNKNOWN(body)                                                          \
    "[{" GET_KEY "\"phase\":\"before_auth\",\"action\":{\"status\":401" body   \
    "}}]"
#define FORBID(inner, message)                                                 \
    REFUSE("{\"code\":403,\"error\":\"Forbidden\",\"inner\":\"" inner          \
           "\",\"message\":\"" message "\"}")
/* The next try would be too late, so that nothing is waited for. */
#define LATER(status)                                                          \
    REFUSE("{\"code\":" status ",\"headers\":{\"Retry-After\":\"60\"}}")
#define HTML "[{" GET_KEY "\"action\":{\"status\":400,\"body\":\"html\"}}]"

struct test_vault vault, guarded;

static const char *emulator, *reference;

static const struct row {
    const char *what;
    error_call_fn *call;
    const char *path;  /* begins with "hsm:" in the HSM, "guarded:" in the vault
                          of a client with few rights */
    const char *fault; /* NULL: the real reason */
    long status;
    const char *code, *inner; /* of the service; "": none */
    enum akv_error_code ours;
    const char *words; /* of the message */
} rows[] = {
    { "name", error_get_key, "keys/name:a_b", NULL, 400, "BadParameter", "",
      AKV_E_SERVICE, "invalid name: a_b" },
    { "name, HSM", error_get_key, "hsm:keys/name:a_b", NULL, 400,
      "BadParameter", "", AKV_E_SERVICE, "Invalid key identifier or name" },
    { "size of a key", error_create_small, "keys/small", NULL, 400,
      "BadParameter", "", AKV_E_SERVICE, "key_size" },
    { "no JSON Web Key", error_import_nothing, "keys/nothing", NULL, 400,
      "BadParameter", "", AKV_E_SERVICE, "must be a valid JsonWebKey" },
    { "no JSON Web Key, HSM", error_import_nothing, "hsm:keys/nothing", NULL,
      400, "BadParameter", "", AKV_E_SERVICE, "must be a valid JsonWebKey" },
    { "immutable policy", error_update_policy, "hsm:keys/immutable", NULL, 400,
      "BadParameter", "", AKV_E_SERVICE, "AKV.SKR.1020" },
    { "merge of no certificate", error_merge, "certificates/unknown", NULL, 400,
      "BadParameter", "", AKV_E_SERVICE, "Unable to parse X5c" },
    { "recovery of a live one", error_recover, "keys/live", NULL, 400,
      "MethodNotAllowed", "RequestNotAllowedOnNonDeletedObject", AKV_E_SERVICE,
      "exists already" },
    { "backup blob", error_restore, "keys/live", NULL, 400,
      "Malformed backup blob", "", AKV_E_SERVICE, "corrupt version" },
    { "backup blob, HSM", error_restore, "hsm:keys/live", NULL, 400,
      "MalformedBackupBlob", "", AKV_E_SERVICE, "crypto domain" },
    { "HTML of the front end", error_get_key, "keys/live", HTML, 400, "", "",
      AKV_E_SERVICE, "<html" },
    { "no token", error_get_key, "keys/live", UNKNOWN(""), 401, "Unauthorized",
      "", AKV_E_AUTHENTICATION, "AKV10000" },
    { "no token, HSM", error_get_key, "hsm:keys/live",
      UNKNOWN(",\"body\":\"empty\""), 401, "", "", AKV_E_AUTHENTICATION,
      "401" },
    { "audience of the token", error_get_key, "keys/live",
      TOKEN("wrong_audience"), 401, "Unauthorized", "", AKV_E_AUTHENTICATION,
      "AKV10022" },
    { "expired token", error_get_key, "keys/live", TOKEN("expired"), 401,
      "Unauthorized", "", AKV_E_AUTHENTICATION, "AKV10036" },
    { "right", error_get_key, "guarded:keys/live", NULL, 403, "Forbidden",
      "ForbiddenByPolicy", AKV_E_FORBIDDEN, "does not have keys get" },
    { "right", error_get_key, "keys/live", FORBID("AccessDenied", "no"), 403,
      "Forbidden", "AccessDenied", AKV_E_FORBIDDEN, "no" },
    { "role", error_get_key, "keys/live",
      FORBID("ForbiddenByRbac", "Caller is not authorized to perform action on "
                                "resource.\\r\\nCaller: appid=1\\r\\n"),
      403, "Forbidden", "ForbiddenByRbac", AKV_E_FORBIDDEN,
      "resource.  Caller: appid=1" },
    { "address", error_get_key, "keys/live", REFUSE("403"), 403, "Forbidden",
      "ForbiddenByFirewall", AKV_E_FORBIDDEN, "Client address" },
    { "disabled secret", error_get_secret, "secrets/disabled", NULL, 403,
      "Forbidden", "SecretDisabled", AKV_E_FORBIDDEN, "disabled secret" },
    { "disabled key", error_sign, "keys/disabled", NULL, 403, "Forbidden",
      "KeyDisabled", AKV_E_FORBIDDEN, "disabled key" },
    { "key_ops", error_sign, "keys/verifies", NULL, 403, "Forbidden",
      "KeyOperationForbidden", AKV_E_FORBIDDEN, "not permitted" },
    { "expired key", error_sign, "keys/expired", NULL, 403, "Forbidden",
      "KeyExpired", AKV_E_FORBIDDEN, "expired" },
    { "key of the future", error_sign, "keys/future", NULL, 403, "Forbidden",
      "KeyNotYetValid", AKV_E_FORBIDDEN, "not yet valid" },
    { "certificate's secret", error_delete, "secrets/certificate", NULL, 403,
      "Forbidden", "SecretManagedByKeyVault", AKV_E_FORBIDDEN, "" },
    { "purge protection", error_purge, "guarded:secrets/gone", NULL, 403,
      "Forbidden", "", AKV_E_FORBIDDEN, "purge protection is enabled" },
    { "no key", error_get_key, "keys/none", NULL, 404, "KeyNotFound", "",
      AKV_E_NOT_FOUND, "(name/id) none was not found" },
    { "no key, HSM", error_get_key, "hsm:keys/none", NULL, 404, "KeyNotFound",
      "", AKV_E_NOT_FOUND, "Key not found: " },
    { "no secret", error_get_secret, "secrets/none", NULL, 404,
      "SecretNotFound", "", AKV_E_NOT_FOUND, "A secret with (name/id) none" },
    { "no certificate", error_get_certificate, "certificates/none", NULL, 404,
      "CertificateNotFound", "", AKV_E_NOT_FOUND, "A certificate with" },
    { "no deleted key", error_get_deleted, "keys/none", NULL, 404,
      "KeyNotFound", "", AKV_E_NOT_FOUND, "Deleted Key not found: none" },
    { "no operation", error_get_operation, "certificates/none", NULL, 404,
      "PendingCertificateNotFound", "", AKV_E_NOT_FOUND,
      "Pending certificate not found: none" },
    { "no issuer", error_get_issuer, "certificates/none", NULL, 404,
      "CertificateIssuerNotFound", "", AKV_E_NOT_FOUND, "Issuer not found" },
    { "no contacts", error_get_contacts, "certificates/none", NULL, 404,
      "ContactsNotFound", "", AKV_E_NOT_FOUND, "Contacts not found" },
    { "deleted key's name", error_create, "keys/gone", NULL, 409, "Conflict",
      "ObjectIsDeletedButRecoverable", AKV_E_CONFLICT, "cannot be reused" },
    { "key in deletion", error_create_in_deletion, "keys/going", NULL, 409,
      "Conflict", "ObjectIsBeingDeleted", AKV_E_CONFLICT, "retry later" },
    { "restore of a live one", error_restore_live, "keys/live", NULL, 409,
      "Conflict", "", AKV_E_CONFLICT, "There was a conflict restoring" },
    { "too many requests", error_get_key, "keys/live", LATER("429"), 429,
      "Throttled", "", AKV_E_THROTTLED, "VaultRequestTypeLimitReached" },
    /* Repeated for as long as there is time: it is that which ends. */
    { "internal error", error_get_key, "keys/live", LATER("500"), 500,
      "InternalServerError", "", AKV_E_DEADLINE, "500" },
    { "service unavailable", error_get_key, "keys/live", LATER("503"), 503,
      "ServiceUnavailable", "", AKV_E_DEADLINE, "503" },
    { "gateway", error_get_key, "keys/live", LATER("504"), 504,
      "GatewayTimeout", "", AKV_E_DEADLINE, "504" },
};

/* The row's vault, and the identifier there. An odd name is put in past the
 * parser, which would not have it. */
static const struct test_vault *place(const struct row *row, struct akv_id *id)
{
    bool hsm = strncmp(row->path, "hsm:", 4) == 0;
    bool guard = strncmp(row->path, "guarded:", 8) == 0;
    const char *path = row->path + (hsm ? 4 : 0) + (guard ? 8 : 0);
    const struct test_vault *at = guard ? &guarded : &vault;
    const char *odd = strstr(path, "name:");

    *id = test_vault_id(at, hsm ? "hsm_url" : "vault_url",
                        odd == NULL ? path : "keys/name");
    if (odd != NULL)
        (void)snprintf(id->name, sizeof(id->name), "%s", odd + 5);
    return at;
}

/* The status of the last reply that went over the wire. */
static long last_status(const struct test_vault *at)
{
    struct json_object *log = test_vault_log(at), *status = NULL;
    size_t count = json_object_array_length(log);
    long value = 0;

    for (size_t i = 0; i < count; i++)
        if (json_object_object_get_ex(json_object_array_get_idx(log, i),
                                      "status", &status))
            value = json_object_get_int(status);
    json_object_put(log);
    return value;
}

static void print_row(const struct row *row, const struct akv_error *err)
{
    printf("%-24s %-5s %3ld %-26s %-35s %-14s %s\n", row->what,
           row->fault != NULL ? "rule" : "real", err->http_status,
           err->service_code, err->inner_code, akv_error_name(err->code),
           err->request_id[0] != '\0' ? "id" : "-");
}

static void try_row(const struct row *row)
{
    struct akv_error err = AKV_ERROR_INIT;
    const struct test_vault *at;
    struct akv_id id;

    at = place(row, &id);
    test_vault_post(at, "/log/reset", "");
    if (row->fault != NULL)
        test_vault_post(at, "/faults", row->fault);
    CHECK_AT(row->what, !row->call(at->client, &id, &err));
    test_vault_post(at, "/faults", "[]");
    print_row(row, &err);
    CHECK_INT(row->what, err.code, row->ours);
    CHECK_INT(row->what, err.http_status, row->status);
    CHECK_INT(row->what, last_status(at), row->status);
    CHECK_STR(row->what, err.service_code, row->code);
    CHECK_STR(row->what, err.inner_code, row->inner);
    CHECK_HAS(row->what, err.message, row->words);
    CHECK_INT(row->what, strlen(err.request_id), 36);
    CHECK_HAS(row->what, err.message, err.request_id);
}

static void refusals(void)
{
    printf("\n%-24s %-5s %3s %-26s %-35s %-14s %s\n", "", "made", "", "code",
           "inner code", "libakv", "request");
    for (size_t i = 0; i < COUNT(rows); i++)
        try_row(&rows[i]);
}

/* Whether a refusal of this kind is in our table. */
static bool is_tried(long status, const char *code, const char *inner)
{
    for (size_t i = 0; i < COUNT(rows); i++)
        if (rows[i].status == status
            && (code == NULL || strcmp(rows[i].code, code) == 0)
            && (inner == NULL || strcmp(rows[i].inner, inner) == 0))
            return true;
    return false;
}

/* Each status, code and inner code of the reference. */
static void all_of_reference(void)
{
    unsigned count = 0;

    if (!reference_each_error(reference, is_tried, &count))
        printf("skipped: '%s' is not there\n", reference);
    else
        CHECK_AT("rows of the reference's table of errors", count > 15);
    printf("%u rows of the reference\n", count);
}

static void start(void)
{
    static const char seed[] =
        "{\"keys\":[{\"name\":\"live\",\"kty\":\"EC\"},"
        "{\"name\":\"gone\",\"kty\":\"EC\"},{\"name\":\"going\",\"kty\":\"EC\"}"
        ","
        "{\"name\":\"verifies\",\"kty\":\"EC\",\"key_ops\":[\"verify\"]},"
        "{\"name\":\"disabled\",\"kty\":\"EC\",\"attributes\":"
        "{\"enabled\":false}},"
        "{\"name\":\"expired\",\"kty\":\"EC\",\"attributes\":{\"exp\":\"-1h\"}}"
        ","
        "{\"name\":\"future\",\"kty\":\"EC\",\"attributes\":"
        "{\"nbf\":\"+1h\"}}],"
        "\"secrets\":[{\"name\":\"disabled\",\"value\":\"x\",\"attributes\":"
        "{\"enabled\":false}}]}";
    static const char few_rights[] =
        "{\"vaults\":[{\"name\":\"vault\",\"purge_protection\":true}],"
        "\"secrets\":[{\"name\":\"gone\",\"value\":\"x\"}],"
        "\"principals\":[{\"client_id\":\"clerk\",\"client_secret\":\"s3cret\","
        "\"operations\":[\"delete_secret\",\"purge_deleted_secret\"]}]}";
    static const char *const clerk[] = { "client-id", "clerk", "client-secret",
                                         "s3cret", NULL };

    test_vault_start(&vault, emulator, seed, NULL);
    test_vault_start(&guarded, emulator, few_rights, clerk);
    error_set_up();
}

static void stop(void)
{
    test_vault_stop(&vault);
    test_vault_stop(&guarded);
}

int main(int argc, char **argv)
{
    static const struct unit_test tests[] = {
        { "start", start },
        { "refusals", refusals },
        { "all of the reference", all_of_reference },
        { "stop", stop },
    };

    if (argc != 3) {
        (void)fprintf(stderr, "usage: %s EMULATOR REFERENCE\n", argv[0]);
        return 2;
    }
    emulator = argv[1];
    reference = argv[2];
    return unit_main("contract_errors", tests, COUNT(tests));
}
