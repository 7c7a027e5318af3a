/* SPDX-License-Identifier: Apache-2.0 */

/* Tokens of az and azd: how they are called, and what their output means. */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "akv/client.h"
#include "base/settings_impl.h"
#include "cred_fixture.h"
#include "unit.h"

#define AZ                                                                     \
    "az account get-access-token -o json --resource "                          \
    "https://vault.azure.net"
#define AZD "azd auth token -o json --no-prompt --scope " CRED_SCOPE
#define LATER "1700003600" /* an hour after FAKE_WALL */

static bool is_privileged;

bool __wrap_akv_is_privileged(void);
bool __wrap_akv_is_privileged(void)
{
    return is_privileged;
}

static const struct akv_deferred_files *tool_late; /* of the next one */

static struct akv_cred *tool(enum akv_tool which,
                             const struct fake_program *program,
                             const char *const *settings)
{
    struct akv_error err = AKV_ERROR_INIT;
    struct akv_cred *cred;

    cred_set_up(NULL, 0, settings);
    fake_io_programs(&cred_io, program, program != NULL ? 1 : 0);
    cred = akv_cred_tool_new(&cred_io.base, &cred_settings, tool_late, which,
                             &err);
    CHECK(cred != NULL);
    return cred;
}

static void commands(void)
{
    static const struct {
        enum akv_tool which;
        const char *tenant, *claims, *settings[4], *line;
    } rows[] = {
        { AKV_TOOL_AZ, "", NULL, { NULL }, AZ },
        { AKV_TOOL_AZ, "t-1.x", NULL, { NULL }, AZ " --tenant t-1.x" },
        { AKV_TOOL_AZ, "t", NULL, { "single-tenant", "yes" }, AZ },
        { AKV_TOOL_AZ, "t", NULL, { "tenant-id", "own" }, AZ " --tenant t" },
        { AKV_TOOL_AZD, "", NULL, { NULL }, AZD },
        { AKV_TOOL_AZD, "t", NULL, { NULL }, AZD " --tenant-id t" },
        { AKV_TOOL_AZD, "t", NULL, { "single-tenant", "yes" }, AZD },
        { AKV_TOOL_AZD,
          "t",
          "{\"a\":1}",
          { NULL },
          AZD " --claims eyJhIjoxfQ== --tenant-id t" },
    };
    static const struct fake_program program = {
        .out =
            "{\"token\":\"tok\",\"accessToken\":\"tok\",\"expires_on\":" LATER "}"
    };
    size_t i;

    for (i = 0; i < COUNT(rows); i++) {
        struct akv_cred *cred = tool(rows[i].which, &program, rows[i].settings);

        cred_get_all(cred, rows[i].tenant, rows[i].claims);
        CHECK_STR(rows[i].line, cred_result.text, "tok");
        CHECK_INT(rows[i].line, cred_result.expires_on, FAKE_WALL + 3600);
        CHECK_INT(rows[i].line, cred_io.command_count, 1);
        CHECK_STR(rows[i].line, cred_io.commands[0].line, rows[i].line);
        CHECK_INT("time", cred_io.commands[0].timeout_ms, 600000);
        cred_tear_down(cred);
    }
}

/* By its path, where that was found when there was a PATH. */
static void by_its_path(void)
{
    static char path[] = "/opt/az/bin/az";
    static const struct akv_deferred_files files = { .tools = { [AKV_TOOL_AZ] =
                                                                    path } };
    struct akv_cred *cred;

    tool_late = &files;
    cred = tool(AKV_TOOL_AZ, NULL, NULL);
    cred_get_all(cred, "", NULL);
    CHECK_STR("command", cred_io.commands[0].line, "/opt/az/bin/" AZ);
    cred_tear_down(cred);
    cred = tool(AKV_TOOL_AZD, NULL, NULL);
    cred_get_all(cred, "", NULL);
    CHECK_STR("command", cred_io.commands[0].line, AZD);
    cred_tear_down(cred);
    tool_late = NULL;
}

/* It is looked for once, in the folders of PATH, when a client is prepared. */
static void found_in_path(void)
{
    struct akv_error err = AKV_ERROR_INIT, principal = AKV_ERROR_INIT;
    struct akv_settings settings;
    struct akv_deferred_files *files;
    const char *az = unit_file("az", "#!/bin/sh\n", 10);
    char path[600];

    CHECK(unit_settings(&settings, &err, "ca-file", unit_file("ca", "PEM", 3),
                        NULL));
    CHECK(chmod(az, 0700) == 0);
    (void)snprintf(path, sizeof(path), "relative:/nonexistent:%s",
                   unit_folder());
    CHECK(setenv("PATH", path, 1) == 0);
    files = akv_deferred_files_new(&settings, &principal, &err);
    CHECK(files != NULL);
    CHECK_STR("az", files->tools[AKV_TOOL_AZ], az);
    CHECK_STR("azd", files->tools[AKV_TOOL_AZD], NULL);
    akv_deferred_files_free(files);
    CHECK(unsetenv("PATH") == 0);
    files = akv_deferred_files_new(&settings, &principal, &err);
    CHECK_STR("no PATH", files->tools[AKV_TOOL_AZ], NULL);
    akv_deferred_files_free(files);
    akv_settings_clear(&settings);
}

/* The caller of a set-user-ID program chooses what az is. */
static void not_by_the_privileged(void)
{
    enum akv_tool which;

    is_privileged = true;
    for (which = AKV_TOOL_AZ; which <= AKV_TOOL_AZD; which++) {
        struct akv_cred *cred = tool(which, NULL, NULL);

        cred_get_all(cred, "", NULL);
        CHECK_INT("run", cred_io.command_count, 0);
        CHECK_INT("code", cred_result.err.code, AKV_E_UNAVAILABLE);
        CHECK_HAS("why", cred_result.err.message,
                  "more rights than its caller");
        cred_tear_down(cred);
    }
    is_privileged = false;
}

/* What would be an option or worse is not handed to a program. */
static void strange_arguments(void)
{
    static const char *const tenants[] = { "t;x",  "t x",    "$(x)",
                                           "t\nx", "t/../x", "t_x" };
    static const char *const scopes[] = { "https://v/;x/.default",
                                          "https://v/ x/.default",
                                          "https://v/$x/.default" };
    size_t i;

    for (i = 0; i < COUNT(tenants) + COUNT(scopes); i++) {
        struct akv_cred *cred =
            tool(i % 2 ? AKV_TOOL_AZ : AKV_TOOL_AZD, NULL, NULL);
        bool by_tenant = i < COUNT(tenants);
        const char *bad = by_tenant ? tenants[i] : scopes[i - COUNT(tenants)];
        const struct akv_token_request request = {
            .scope = by_tenant ? CRED_SCOPE : bad,
            .tenant = by_tenant ? bad : "t",
            .deadline = cred_io.now + 1000,
        };

        cred->ops->get(cred, &request, cred_on_token, &cred_result);
        CHECK_INT(bad, cred_result.calls, 1);
        CHECK_INT(bad, cred_result.err.code, AKV_E_AUTHENTICATION);
        CHECK_HAS(bad, cred_result.err.message, "strange characters");
        CHECK_INT(bad, cred_io.command_count, 0);
        cred_tear_down(cred);
    }
}

static void claims_of_az(void)
{
    struct akv_cred *cred = tool(AKV_TOOL_AZ, NULL, NULL);

    cred_get_all(cred, "t", "{\"a\":1}");
    CHECK_INT("code", cred_result.err.code, AKV_E_AUTHENTICATION);
    CHECK_HAS("remedy", cred_result.err.message,
              "az login --claims-challenge eyJhIjoxfQ==");
    CHECK_INT("az is not asked", cred_io.command_count, 0);
    cred_tear_down(cred);
}

#define AZ_REPLY(members) "{\"accessToken\":\"tok\"," members "}"
#define AZD_REPLY(members) "{\"token\":\"tok\"," members "}"

static const struct {
    enum akv_tool which;
    const char *out;
    int64_t expiry; /* 0: no token */
} output_rows[] = {
    { AKV_TOOL_AZ, AZ_REPLY("\"expires_on\":" LATER), 1700003600 },
    { AKV_TOOL_AZ, AZ_REPLY("\"expires_on\":\"" LATER "\""), 1700003600 },
    { AKV_TOOL_AZ,
      AZ_REPLY("\"expires_on\":" LATER
               ",\"expiresOn\":\"2030-01-01 00:00:00.000000\""),
      1700003600 },
    /* the zone in this test is five hours before UTC, without summer time */
    { AKV_TOOL_AZ, AZ_REPLY("\"expiresOn\":\"2023-11-14 18:13:20.000000\""),
      1700003600 },
    { AKV_TOOL_AZ, AZ_REPLY("\"expiresOn\":\"2023-11-14 18:13:20\""),
      1700003600 },
    { AKV_TOOL_AZD, AZD_REPLY("\"expiresOn\":\"2023-11-14T23:13:20Z\""),
      1700003600 },
    { AKV_TOOL_AZD, AZD_REPLY("\"expiresOn\":\"2023-11-14T23:13:20.123Z\""),
      1700003600 },
    /* noise around it, and a token that says it by itself */
    { AKV_TOOL_AZ, "WARNING: new {version}\n" AZ_REPLY("\"expires_on\":" LATER),
      1700003600 },
    { AKV_TOOL_AZ, AZ_REPLY("\"expires_on\":" LATER) "\n\033[0m", 1700003600 },
    { AKV_TOOL_AZ, "\xef\xbb\xbf" AZ_REPLY("\"expires_on\":" LATER),
      1700003600 },
    { AKV_TOOL_AZ, AZ_REPLY("\"expires_on\":" LATER ".0"), 1700003600 },
    { AKV_TOOL_AZD, AZD_REPLY("\"expiresOn\":\"2023-11-14T23:13:20+00:00\""),
      1700003600 },
    { AKV_TOOL_AZ, AZ_REPLY("\"expires_on\":1700000000"), 0 },
    { AKV_TOOL_AZ, AZ_REPLY("\"expires_on\":5"), 0 },
    { AKV_TOOL_AZ, AZ_REPLY("\"expiresOn\":\"2023-11-14\""), 0 },
    { AKV_TOOL_AZ, AZ_REPLY("\"expiresOn\":\"2023-11-14 18\""), 0 },
    { AKV_TOOL_AZ, AZ_REPLY("\"expiresOn\":\"tomorrow\""), 0 },
    { AKV_TOOL_AZ, AZ_REPLY("\"expiresOn\":null"), 0 },
    { AKV_TOOL_AZ, AZD_REPLY("\"expires_on\":" LATER), 0 },
    { AKV_TOOL_AZD, AZ_REPLY("\"expires_on\":" LATER), 0 },
    { AKV_TOOL_AZ, "{\"accessToken\":\"\",\"expires_on\":" LATER "}", 0 },
    { AKV_TOOL_AZ, "{\"accessToken\":5,\"expires_on\":" LATER "}", 0 },
    { AKV_TOOL_AZ, "[]", 0 },
    { AKV_TOOL_AZ, "WARNING: no", 0 },
    { AKV_TOOL_AZ, "", 0 },
};

static void outputs(void)
{
    size_t i;

    (void)setenv("TZ", "XYZ5", 1);
    tzset();
    for (i = 0; i < COUNT(output_rows); i++) {
        const struct fake_program program = { .out = output_rows[i].out };
        struct akv_cred *cred = tool(output_rows[i].which, &program, NULL);
        bool ok = output_rows[i].expiry > 0;

        cred_get_all(cred, "", NULL);
        CHECK_STR(output_rows[i].out, cred_result.text, ok ? "tok" : "");
        if (ok)
            CHECK_INT(output_rows[i].out, cred_result.expires_on,
                      output_rows[i].expiry);
        else
            CHECK_INT(output_rows[i].out, cred_result.err.code,
                      AKV_E_AUTHENTICATION);
        cred_tear_down(cred);
    }
    (void)unsetenv("TZ");
    tzset();
}

static const struct {
    const char *where;
    enum akv_tool which;
    struct fake_program program;
    enum akv_error_code code; /* AKV_E_NONE: a token */
    const char *message;
} failure_rows[] = {
    { "not installed",
      AKV_TOOL_AZ,
      { .status = 127 },
      AKV_E_UNAVAILABLE,
      "az is not installed" },
    { "no processes",
      AKV_TOOL_AZ,
      { .status = 127, .error = EAGAIN },
      AKV_E_THREADS,
      "az cannot be run: Resource temporarily unavailable" },
    { "not installed",
      AKV_TOOL_AZD,
      { .status = 127 },
      AKV_E_UNAVAILABLE,
      "azd is not installed" },
    { "cannot be run",
      AKV_TOOL_AZ,
      { .refuse = true },
      AKV_E_UNAVAILABLE,
      "az cannot be run" },
    { "logged out",
      AKV_TOOL_AZ,
      { .status = 1,
        .words = "ERROR: Please run 'az login' to setup account.\n" },
      AKV_E_UNAVAILABLE,
      "Please run 'az login'" },
    { "logged out",
      AKV_TOOL_AZD,
      { .status = 1,
        .words = "ERROR: not logged in, run `azd auth login` to login\n" },
      AKV_E_UNAVAILABLE,
      "run azd auth login" },
    { "logged out, in other words",
      AKV_TOOL_AZ,
      { .status = 1, .words = "You are Not Logged In" },
      AKV_E_UNAVAILABLE,
      "run az login" },
    { "takes too long",
      AKV_TOOL_AZ,
      { .ms = FAKE_NEVER },
      AKV_E_UNAVAILABLE,
      "az gave no token within 600000 ms; if it is slow, set a longer "
      "timeout" },
    { "fails",
      AKV_TOOL_AZ,
      { .status = 1, .words = "AADSTS50076: strong authentication" },
      AKV_E_AUTHENTICATION,
      "az ended with 1 and no token: AADSTS50076" },
    { "fails, with a token on its lips",
      AKV_TOOL_AZ,
      { .status = 1, .out = AZ_REPLY("\"expires_on\":" LATER), .words = "no" },
      AKV_E_AUTHENTICATION,
      "az ended with 1" },
    { "is killed",
      AKV_TOOL_AZ,
      { .status = 128 },
      AKV_E_AUTHENTICATION,
      "ended with 128" },
    { "nobody knows its status",
      AKV_TOOL_AZ,
      { .status = -1, .out = AZ_REPLY("\"expires_on\":" LATER) },
      AKV_E_NONE,
      "" },
    { "nobody knows its status",
      AKV_TOOL_AZ,
      { .status = -1 },
      AKV_E_AUTHENTICATION,
      "az has written nothing" },
    { "says why as JSON",
      AKV_TOOL_AZD,
      { .status = 1,
        .out = "{\"type\":\"consoleMessage\",\"data\":{\"message\":\"\\nERROR: "
               "fetching token: no luck\\n\"}}\n" },
      AKV_E_AUTHENTICATION,
      "azd ended with 1 and no token: " },
    { "says why as JSON, twice",
      AKV_TOOL_AZD,
      { .status = 1,
        .words = "{\"data\":{\"message\":\"ERROR: no luck\"}}\r\n"
                 "{\"message\":\"Suggestion: azd auth login\"}\n" },
      AKV_E_UNAVAILABLE,
      "run azd auth login: ERROR: no luck Suggestion: azd auth login" },
    { "says it in colours",
      AKV_TOOL_AZ,
      { .status = 1, .words = "\033[31mno\033[0m luck" },
      AKV_E_AUTHENTICATION,
      "az ended with 1 and no token: no luck" },
    { "says something else",
      AKV_TOOL_AZ,
      { .out = "not json at all" },
      AKV_E_AUTHENTICATION,
      "the output of az is no JSON: not json at all" },
    { "writes an unfinished token",
      AKV_TOOL_AZ,
      { .out = "{\"accessToken\":\"opaque" },
      AKV_E_AUTHENTICATION,
      "the output of az is no JSON: (not shown: it may hold a token)" },
    { "gives another token",
      AKV_TOOL_AZ,
      { .out = AZD_REPLY("\"expires_on\":" LATER) },
      AKV_E_AUTHENTICATION,
      "the reply of az has no member accessToken" },
    { "gives an old one",
      AKV_TOOL_AZ,
      { .out = AZ_REPLY("\"expires_on\":1700000000") },
      AKV_E_AUTHENTICATION,
      "the reply of az has a token that has expired" },
    { "says a secret",
      AKV_TOOL_AZ,
      { .status = 1,
        .words = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiIxMjM0NSJ9.c2lnbmF0dXJl" },
      AKV_E_AUTHENTICATION,
      "az ended with 1" },
};

static void failures(void)
{
    size_t i;

    for (i = 0; i < COUNT(failure_rows); i++) {
        struct akv_cred *cred =
            tool(failure_rows[i].which, &failure_rows[i].program, NULL);

        cred_get_all(cred, "", NULL);
        CHECK_INT(failure_rows[i].where, cred_result.err.code,
                  failure_rows[i].code);
        CHECK_HAS(failure_rows[i].where, cred_result.err.message,
                  failure_rows[i].message);
        CHECK_AT(failure_rows[i].where,
                 strstr(cred_result.err.message, "eyJzdWIi") == NULL);
        cred_tear_down(cred);
    }
}

/* It has its share, which is all of the time where nobody comes behind it. */
static void limits(void)
{
    static const int64_t left[] = { 600000, 10000, 100, 0, -1000 };
    static const struct fake_program hangs = { .ms = FAKE_NEVER };
    size_t i;

    for (i = 0; i < COUNT(left); i++) {
        struct akv_cred *cred = tool(AKV_TOOL_AZD, &hangs, NULL);
        int64_t given = left[i] > 0 ? left[i] : 0;
        char message[60];

        cred_get(cred, "", NULL, left[i]);
        fake_io_run_all(&cred_io);
        (void)snprintf(message, sizeof(message),
                       "azd gave no token within %d ms", (int)given);
        CHECK_INT(message, cred_io.commands[0].timeout_ms, given);
        CHECK_HAS(message, cred_result.err.message, message);
        CHECK_INT(message, cred_result.err.code, AKV_E_UNAVAILABLE);
        CHECK_INT(message, cred_io.now, FAKE_MONO + given);
        cred_tear_down(cred);
    }
}

static void freed_under_way(void)
{
    static const struct fake_program program = { .ms = 1000 };
    struct akv_cred *cred = tool(AKV_TOOL_AZ, &program, NULL);

    cred_get(cred, "", NULL, 10000);
    CHECK_INT("runs", cred_io.running, 1);
    cred_tear_down(cred); /* which is killed */
    CHECK_INT("not called", cred_result.calls, 0);
}

int main(void)
{
    static const struct unit_test tests[] = {
        { "by its path", by_its_path },
        { "found in PATH", found_in_path },
        { "not by the privileged", not_by_the_privileged },
        { "commands", commands },
        { "strange arguments", strange_arguments },
        { "az and claims", claims_of_az },
        { "outputs", outputs },
        { "failures", failures },
        { "limits", limits },
        { "freed under way", freed_under_way },
    };

    return unit_main("cred_tool", tests, COUNT(tests));
}
