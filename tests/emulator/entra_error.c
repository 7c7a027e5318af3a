/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stdio.h>
#include <time.h>

#include "clock.h"
#include "entra_error.h"
#include "jsonx.h"
#include "ossl.h"

#define LOGIN "https://login.microsoftonline.com"

static const struct refusal {
    unsigned status;
    unsigned code;
    const char *error;
    const char *text;
} refusals[] = {
    [EMU_R_MISSING] = { 400, 900144, "invalid_request",
                        "The request body must contain the following "
                        "parameter: '%s'." },
    [EMU_R_REPEATED] = { 400, 9000411, "invalid_request",
                         "The request is not properly formatted. The parameter "
                         "'%s' is duplicated." },
    [EMU_R_GRANT] = { 400, 70003, "unsupported_grant_type",
                      "The app requested an unsupported grant type '%s'." },
    [EMU_R_TENANT] = { 400, 90002, "invalid_request",
                       "Tenant '%s' not found. Check to make sure you have the "
                       "correct tenant ID "
                       "and are signing into the correct cloud. Check with "
                       "your subscription "
                       "administrator, this may happen if there are no active "
                       "subscriptions for "
                       "the tenant." },
    [EMU_R_CLIENT] = { 400, 700016, "unauthorized_client",
                       "Application with identifier '%s' was not found in the "
                       "directory '%s'. "
                       "This can happen if the application has not been "
                       "installed by the "
                       "administrator of the tenant or consented to by any "
                       "user in the tenant. "
                       "You may have sent your authentication request to the "
                       "wrong tenant." },
    [EMU_R_NO_CREDENTIAL] = { 401, 7000216, "invalid_client",
                              "'client_assertion', 'client_secret' or "
                              "'request' is required for the "
                              "'%s' grant type." },
    [EMU_R_SECRET] = { 401, 7000215, "invalid_client",
                       "Invalid client secret provided. Ensure the secret "
                       "being sent in the "
                       "request is the client secret value, not the client "
                       "secret ID, for a "
                       "secret added to app '%s'." },
    [EMU_R_SCOPE] = { 400, 1002012, "invalid_scope",
                      "The provided value for scope %s is not valid. Client "
                      "credential flows "
                      "must have a scope value with /.default suffixed to the "
                      "resource "
                      "identifier (application ID URI)." },
    [EMU_R_SCOPES] = { 400, 28000, "invalid_scope",
                       "Provided value for the input parameter scope is not "
                       "valid because it contains more than one resource. "
                       "Scope %s is not valid." },
    [EMU_R_RESOURCE] = { 400, 500011, "invalid_resource",
                         "The resource principal named %s was not found in the "
                         "tenant named %s. "
                         "This can happen if the application has not been "
                         "installed by the "
                         "administrator of the tenant or consented to by any "
                         "user in the tenant. "
                         "You might have sent your authentication request to "
                         "the wrong tenant." },
    [EMU_R_ASSERTION_TYPE] = { 401, 70002, "invalid_client",
                               "The request has an unsupported "
                               "'client_assertion_type': '%s'." },
    [EMU_R_ASSERTION_FORM] = { 401, 50027, "invalid_client",
                               "JWT token is invalid or malformed." },
    [EMU_R_ASSERTION_KEY] = { 401, 700027, "invalid_client",
                              "The certificate with identifier used to sign "
                              "the client assertion is not registered on "
                              "application. [Reason - The key was not found., "
                              "client '%s']" },
    [EMU_R_ASSERTION_SIGN] = { 401, 700027, "invalid_client",
                               "Client assertion contains an invalid "
                               "signature. [Reason - The key used is not the "
                               "one of client '%s'.]" },
    [EMU_R_ASSERTION_AUD] = { 401, 700023, "invalid_client",
                              "Client assertion audience claim does not match "
                              "Realm issuer: '%s'." },
    [EMU_R_ASSERTION_TIME] = { 401, 700024, "invalid_client",
                               "Client assertion is not within its valid time "
                               "range." },
    [EMU_R_ASSERTION_ISS] = { 401, 700021, "invalid_client",
                              "Client assertion application identifier doesn't "
                              "match 'client_id' parameter: '%s'." },
    [EMU_R_FEDERATED_ISS] = { 401, 700211, "invalid_client",
                              "No matching federated identity record found for "
                              "presented assertion issuer '%s'." },
    [EMU_R_FEDERATED_SUB] = { 401, 700213, "invalid_client",
                              "No matching federated identity record found for "
                              "presented assertion subject '%s'." },
    [EMU_R_FEDERATED_AUD] = { 401, 700212, "invalid_client",
                              "No matching federated identity record found for "
                              "presented assertion audience '%s'." },
    [EMU_R_CLAIMS] = { 400, 9000101, "invalid_request",
                       "The 'claims' parameter is not a JSON object." },
};

void emu_refuse(struct emu_reply *reply, enum emu_refusal reason, ...)
{
    const struct refusal *why = &refusals[reason];
    struct json_object *obj = json_object_new_object();
    struct json_object *codes = json_object_new_array();
    struct emu_buf text = EMU_BUF_INIT;
    char message[1024];
    char trace[37];
    char correlation[37];
    char date[32];
    time_t now = (time_t)emu_now();
    struct tm tm;
    va_list ap;

    va_start(ap, reason);
    vsnprintf(message, sizeof(message), why->text, ap);
    va_end(ap);
    emu_uuid(trace);
    emu_uuid(correlation);
    strftime(date, sizeof(date), "%Y-%m-%d %H:%M:%SZ", gmtime_r(&now, &tm));
    emu_buf_printf(&text,
                   "AADSTS%u: %s\r\nTrace ID: %s\r\nCorrelation ID: %s\r\n"
                   "Timestamp: %s",
                   why->code, message, trace, correlation, date);
    emu_json_add_str(obj, "error", why->error);
    emu_json_add_str(obj, "error_description", emu_buf_str(&text));
    json_object_array_add(codes, json_object_new_int64((int64_t)why->code));
    json_object_object_add(obj, "error_codes", codes);
    emu_json_add_str(obj, "timestamp", date);
    emu_json_add_str(obj, "trace_id", trace);
    emu_json_add_str(obj, "correlation_id", correlation);
    emu_buf_free(&text);
    emu_buf_printf(&text, LOGIN "/error?code=%u", why->code);
    emu_json_add_str(obj, "error_uri", emu_buf_str(&text));
    emu_buf_free(&text);
    emu_reply_json(reply, why->status, obj);
}
