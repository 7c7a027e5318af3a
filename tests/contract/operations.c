/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Every operation of the service's OpenAPI documents, called by libakv against
 * the emulator; what went over the wire, both ways, has to be as the documents
 * have it. Prints a table of all operations.
 * Usage: contract_operations EMULATOR SPEC-FOLDER API-VERSION
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "attestation.h"
#include "openapi.h"
#include "operations.h"

#define SKIPPED 77
#define MAX_OPS 128
#define MAX_STATUSES 6

struct test_vault vault;

/* What libakv does not offer, and why. */
static const struct {
    const char *id, *why;
} left_out[] = {
    { "securewrapkey", "for confidential computing: the result is for an "
                       "attested environment, not for the caller" },
    { "secureunwrapkey", "likewise" },
};

/* Statuses of an operation's replies. */
static struct {
    unsigned status[MAX_STATUSES], count[MAX_STATUSES];
} seen[MAX_OPS];

static const char *emulator, *version;
static unsigned asked, others;

struct akv_id in_vault(const char *path)
{
    return test_vault_id(&vault, "vault_url", path);
}

struct akv_id in_hsm(const char *path)
{
    return test_vault_id(&vault, "hsm_url", path);
}

static const char *text(struct json_object *obj, const char *name)
{
    struct json_object *value = NULL;

    json_object_object_get_ex(obj, name, &value);
    return value == NULL ? "" : json_object_get_string(value);
}

static void note_status(const struct openapi_op *op, unsigned status)
{
    size_t i = (size_t)(op - openapi_at(0)), k = 0;

    while (k < MAX_STATUSES - 1 && seen[i].status[k] != 0
           && seen[i].status[k] != status)
        k++;
    seen[i].status[k] = status;
    seen[i].count[k]++;
}

/* The question that a host is asked first has neither token nor body. */
static bool is_question(struct json_object *entry)
{
    struct json_object *headers = NULL, *token = NULL;

    json_object_object_get_ex(entry, "headers", &headers);
    return !json_object_object_get_ex(headers, "Authorization", &token);
}

static void look_at(struct json_object *entry)
{
    char *path = strdup(text(entry, "target"));
    char *query = strchr(path, '?');
    struct openapi_op *op;
    char wanted[64];

    if (query != NULL)
        *query++ = '\0';
    (void)snprintf(wanted, sizeof(wanted), "api-version=%s", version);
    if (strstr(path, "/oauth2/") != NULL) {
        /* not the vault's */
    } else if (query == NULL || strstr(query, "api-version=") == NULL
               || strncmp(strstr(query, "api-version="), wanted,
                          strcspn(strstr(query, "api-version="), "&"))
                      != 0) {
        others++;
    } else if (CHECK_AT(path, (op = openapi_find(text(entry, "method"), path))
                                  != NULL)) {
        bool ok = is_question(entry)
                  || openapi_check_request(op, query, text(entry, "body"));

        asked += is_question(entry) ? 1 : 0;
        ok =
            openapi_check_reply(op, text(entry, "status"), text(entry, "reply"))
            && ok;
        note_status(op, (unsigned)atoi(text(entry, "status")));
        CHECK_AT(op->id, ok);
    }
    free(path);
}

/* What went over the wire since the last time. */
static void look_at_log(void)
{
    struct json_object *log = test_vault_log(&vault);
    size_t count = json_object_array_length(log);

    CHECK("the log had room" && count < 1000);
    for (size_t i = 0; i < count; i++)
        look_at(json_object_array_get_idx(log, i));
    json_object_put(log);
    test_vault_post(&vault, "/log/reset", "");
}

#define CALLS(name)                                                            \
    static void test_##name(void)                                              \
    {                                                                          \
        call_##name();                                                         \
        look_at_log();                                                         \
    }

CALLS(keys)
CALLS(policies)
CALLS(signatures)
CALLS(ciphers)
CALLS(secrets)
CALLS(certificates)
CALLS(pending)
CALLS(issuers)

static const char *why_not(const struct openapi_op *op)
{
    for (size_t i = 0; i < COUNT(left_out); i++)
        if (strcmp(op->id, left_out[i].id) == 0)
            return left_out[i].why;
    return NULL;
}

static void print_row(const struct openapi_op *op)
{
    size_t i = (size_t)(op - openapi_at(0));

    printf("%-27s %8u %7u %6u %4u  ", op->id, op->requests, op->good,
           op->errors, op->bad);
    for (size_t k = 0; k < MAX_STATUSES && seen[i].status[k] != 0; k++)
        printf("%u:%u ", seen[i].status[k], seen[i].count[k]);
    if (op->requests == 0)
        printf("not called: %s", why_not(op) != NULL ? why_not(op) : "missing");
    putchar('\n');
}

static void table(void)
{
    const struct openapi_op *op;

    printf("\n%-27s %8s %7s %6s %4s  %s\n", version, "requests", "replies",
           "errors", "bad", "statuses");
    for (size_t i = 0; (op = openapi_at(i)) != NULL; i++) {
        print_row(op);
        CHECK_AT(op->id, (op->good > 0) == (why_not(op) == NULL));
        CHECK_INT(op->id, op->bad, 0);
    }
    printf("%u questions for the challenge, %u requests in other versions\n",
           asked, others);
    CHECK("both hosts were asked for their challenge" && asked == 2);
}

/* One wrong thing in each, or nothing would be proved. */
static void wrong_ones(void)
{
    static const struct {
        const char *method, *path, *query, *body;
    } requests[] = {
        { "GET", "/keys/k", "", "" },
        { "GET", "/keys/k", "api-version=7.5&x=1", "" },
        { "GET", "/keys", "api-version=7.5&maxresults=26", "" },
        { "POST", "/keys/k/create", "api-version=7.5", "" },
        { "POST", "/keys/k/create", "api-version=7.5", "{}" },
        { "POST", "/keys/k/create", "api-version=7.5", "{\"kty\":\"DSA\"}" },
        { "POST", "/keys/k/create", "api-version=7.5",
          "{\"kty\":\"EC\",\"curve\":\"P-256\"}" },
        { "POST", "/keys/k/create", "api-version=7.5",
          "{\"kty\":\"EC\",\"attributes\":{\"created\":1}}" },
        { "POST", "/keys/k/create", "api-version=7.5",
          "{\"kty\":\"EC\",\"attributes\":{\"enabled\":1}}" },
        { "POST", "/keys/k/sign", "api-version=7.5",
          "{\"alg\":\"ES256\",\"value\":\"a+b=\"}" },
        { "POST", "/keys/k/backup", "api-version=7.5", "{}" },
    };

    for (size_t i = 0; i < COUNT(requests); i++) {
        struct openapi_op *op =
            openapi_find(requests[i].method, requests[i].path);
        const struct openapi_op before = *op;

        CHECK_AT(requests[i].body, !openapi_check_request(op, requests[i].query,
                                                          requests[i].body));
        *op = before;
    }
}

static void start(void)
{
    const char *const extra[] = { "api-version", version, NULL };
    struct akv_buf seed = AKV_BUF_INIT(4096);

    CHECK(attestation_start(&seed));
    test_vault_start(&vault, emulator, akv_buf_str(&seed), extra);
    akv_buf_free(&seed);
}

static void stop(void)
{
    test_vault_stop(&vault);
    attestation_stop();
}

int main(int argc, char **argv)
{
    static const struct unit_test tests[] = {
        { "wrong ones are found", wrong_ones },
        { "start", start },
        { "keys", test_keys },
        { "policies", test_policies },
        { "signatures", test_signatures },
        { "ciphers", test_ciphers },
        { "secrets", test_secrets },
        { "certificates", test_certificates },
        { "pending certificates", test_pending },
        { "issuers and contacts", test_issuers },
        { "table of operations", table },
        { "stop", stop },
    };
    char folder[4096];
    int rc;

    if (argc != 4) {
        (void)fprintf(stderr, "usage: %s EMULATOR SPEC-FOLDER API-VERSION\n",
                      argv[0]);
        return 2;
    }
    emulator = argv[1];
    version = argv[3];
    (void)snprintf(folder, sizeof(folder), "%s/%s", argv[2], version);
    if (access(folder, R_OK) != 0) {
        printf("skipped: there are no documents in '%s'\n", folder);
        return SKIPPED;
    }
    if (!openapi_load(folder)) {
        (void)fprintf(stderr, "%s: cannot be read\n", folder);
        return 1;
    }
    rc = unit_main("contract_operations", tests, COUNT(tests));
    openapi_free();
    return rc;
}
