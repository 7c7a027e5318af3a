/* SPDX-License-Identifier: Apache-2.0 */

/* Credentials in a row: who is asked, in which order, and what is said when
 * nobody gives a token. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "auth/cred_factory.h"
#include "cred_fixture.h"
#include "unit.h"

/* A credential that answers as it is told, at once or after 10 ms. */
struct puppet {
    struct akv_cred base;
    enum akv_error_code code; /* AKV_E_NONE: a token */
    bool slow;
    struct akv_timer *timer;
    unsigned gets;
    char asked[200]; /* the last request: scope, tenant, claims */
    akv_token_fn *done;
    void *arg;
};

static struct puppet puppets[3];
static unsigned frees;
static char order[20]; /* who was asked */

static void answer(void *arg)
{
    struct puppet *puppet = arg;
    struct akv_error err = AKV_ERROR_INIT;
    char text[10];
    const struct akv_token token = { text, FAKE_WALL + 3600, 0 };

    puppet->timer = NULL;
    (void)snprintf(text, sizeof(text), "tok%d", (int)(puppet - puppets));
    if (puppet->code == AKV_E_NONE) {
        puppet->done(puppet->arg, &token, NULL);
        return;
    }
    (void)akv_error_set(&err, puppet->code, "reason %d",
                        (int)(puppet - puppets));
    puppet->done(puppet->arg, NULL, &err);
}

static void puppet_get(struct akv_cred *cred,
                       const struct akv_token_request *request,
                       akv_token_fn *done, void *arg)
{
    struct puppet *puppet = (struct puppet *)cred;
    size_t len = strlen(order);

    puppet->gets++;
    (void)snprintf(order + len, sizeof(order) - len, "%d",
                   (int)(puppet - puppets));
    (void)snprintf(puppet->asked, sizeof(puppet->asked), "%s %s %s",
                   request->scope, request->tenant,
                   request->claims != NULL ? request->claims : "-");
    puppet->done = done;
    puppet->arg = arg;
    if (puppet->slow)
        puppet->timer =
            cred_io.base.ops->timer(&cred_io.base, 10, answer, puppet);
    else
        answer(puppet);
}

static void puppet_free(struct akv_cred *cred)
{
    struct puppet *puppet = (struct puppet *)cred;

    if (puppet->timer != NULL)
        cred_io.base.ops->timer_stop(&cred_io.base, puppet->timer);
    frees++;
}

static const char *hint = ""; /* of the next one */

/* Three of them; the last two are tools if the row says so. */
static struct akv_cred *chain(const enum akv_error_code codes[3],
                              const char *tools, bool slow)
{
    static const struct akv_cred_ops ops = { puppet_get, puppet_free };
    static const char *const names[] = { "First", "Second", "Third" };
    struct akv_chain_link links[3] = { { 0 } };
    struct akv_error err = AKV_ERROR_INIT;
    struct akv_cred *cred;
    size_t i;

    cred_set_up(NULL, 0, NULL);
    memset(puppets, 0, sizeof(puppets));
    frees = 0;
    order[0] = '\0';
    for (i = 0; i < COUNT(links); i++) {
        puppets[i].base.ops = &ops;
        puppets[i].code = codes[i];
        puppets[i].slow = slow;
        links[i].name = names[i];
        links[i].cred = &puppets[i].base;
        links[i].tool = tools[i] == 't';
    }
    cred =
        akv_cred_chain_new(cred_io.base.clock, links, COUNT(links), hint, &err);
    CHECK(cred != NULL);
    return cred;
}

#define OK AKV_E_NONE
#define GONE AKV_E_UNAVAILABLE
#define BAD AKV_E_AUTHENTICATION

static const struct {
    const char *where;
    enum akv_error_code codes[3];
    const char *tools, *order, *text; /* "": a failure with the message */
    const char *message;
} rows[] = {
    { "the first", { OK, OK, OK }, "...", "0", "tok0", "" },
    { "one is not set up", { GONE, OK, OK }, "...", "01", "tok1", "" },
    { "two are not", { GONE, GONE, OK }, "...", "012", "tok2", "" },
    { "a refusal ends it", { BAD, OK, OK }, "...", "0", "", "reason 0" },
    { "a refusal behind one that is not set up",
      { GONE, BAD, OK },
      "...",
      "01",
      "",
      "Second: reason 1 (before it: First: reason 0)" },
    { "a configuration error ends it",
      { AKV_E_CONFIG, OK, OK },
      "...",
      "0",
      "",
      "reason 0" },
    { "a tool may fail", { GONE, BAD, OK }, ".tt", "012", "tok2", "" },
    { "all tools may fail",
      { GONE, BAD, BAD },
      ".tt",
      "012",
      "",
      "no credential: First: reason 0; Second: reason 1; Third: reason 2" },
    { "nothing is set up",
      { GONE, GONE, GONE },
      "...",
      "012",
      "",
      "no credential: First: reason 0; Second: reason 1; Third: reason 2" },
    { "the deadline ends it",
      { AKV_E_DEADLINE, OK, OK },
      "...",
      "0",
      "",
      "reason 0" },
};

static void search(bool slow)
{
    size_t i;

    for (i = 0; i < COUNT(rows); i++) {
        struct akv_cred *cred = chain(rows[i].codes, rows[i].tools, slow);

        cred_get_all(cred, "t", "{}");
        CHECK_STR(rows[i].where, cred_result.text, rows[i].text);
        CHECK_STR(rows[i].where, order, rows[i].order);
        CHECK_STR(rows[i].where, cred_result.err.message, rows[i].message);
        if (*rows[i].text == '\0' && strlen(rows[i].order) == 3)
            CHECK_INT(rows[i].where, cred_result.err.code,
                      AKV_E_AUTHENTICATION);
        CHECK_STR(rows[i].where, puppets[strlen(rows[i].order) - 1].asked,
                  CRED_SCOPE " t {}");
        cred_tear_down(cred);
        CHECK_INT(rows[i].where, frees, 3);
    }
}

static void at_once(void)
{
    search(false);
}

static void later(void)
{
    search(true);
}

/* Who has given a token is asked alone from then on. */
static void chosen(void)
{
    static const enum akv_error_code codes[] = { GONE, OK, OK };
    struct akv_cred *cred = chain(codes, "...", true);

    cred_get_all(cred, "", NULL);
    CHECK_STR("first", cred_result.text, "tok1");
    puppets[0].code = OK;
    cred_get_all(cred, "x", NULL);
    CHECK_STR("again", cred_result.text, "tok1");
    CHECK_STR("asked", puppets[1].asked, CRED_SCOPE " x -");
    puppets[1].code = GONE;
    cred_get_all(cred, "", NULL);
    CHECK_STR("its failure is the chain's", cred_result.err.message,
              "reason 1");
    CHECK_INT("its failure is the chain's", cred_result.err.code, GONE);
    CHECK_STR("order", order, "0111");
    cred_tear_down(cred);
}

/* Somebody has set what another provider reads. */
static void hinted(void)
{
    static const enum akv_error_code codes[] = { GONE, GONE, GONE };
    const char *const settings[] = { "token-credentials", "dev", NULL };
    struct akv_deferred_files files = { .ca = AKV_BUF_INIT(10) };
    struct akv_error err = AKV_ERROR_INIT;
    struct akv_cred *cred;

    hint = "; look there";
    cred = chain(codes, "...", false);
    hint = "";
    cred_get_all(cred, "", NULL);
    CHECK_HAS("hint", cred_result.err.message, "reason 2; look there");
    cred_tear_down(cred);
    (void)setenv("AZURE_CLI_ACCESS_TOKEN", "tok", 1);
    cred_set_up(NULL, 0, settings);
    (void)unsetenv("AZURE_CLI_ACCESS_TOKEN");
    cred = akv_cred_new(&cred_io.base, &cred_settings, &files, &err);
    cred_get_all(cred, "", NULL);
    CHECK_HAS("remedy", cred_result.err.message,
              "AZURE_CLI_ACCESS_TOKEN is not read: give the token in "
              "AKV_ACCESS_TOKEN");
    cred_tear_down(cred);
}

/* Until then the search begins anew each time. */
static void searched_anew(void)
{
    static const enum akv_error_code codes[] = { GONE, BAD, GONE };
    struct akv_cred *cred = chain(codes, "...", false);

    cred_get_all(cred, "", NULL);
    CHECK_STR("refused", cred_result.err.message,
              "Second: reason 1 (before it: First: reason 0)");
    puppets[1].code = GONE;
    cred_get_all(cred, "", NULL);
    CHECK_STR("each reason once", cred_result.err.message,
              "no credential: First: reason 0; Second: reason 1; Third: "
              "reason 2");
    puppets[0].code = OK;
    cred_get_all(cred, "", NULL);
    CHECK_STR("found", cred_result.text, "tok0");
    CHECK_STR("order", order, "010120");
    cred_tear_down(cred);
}

static void freed_under_way(void)
{
    static const enum akv_error_code codes[] = { GONE, OK, OK };
    struct akv_cred *cred = chain(codes, "...", true);

    cred_get(cred, "t", "{}", 1000);
    fake_io_run(&cred_io, cred_io.now + 15);
    CHECK_STR("the second is asked", order, "01");
    cred_tear_down(cred);
    CHECK_INT("not called", cred_result.calls, 0);
    CHECK_INT("freed", frees, 3);
}

static bool is_among(const struct akv_default_link *link,
                     const struct akv_default_link *const *links, size_t count)
{
    while (count > 0)
        if (links[--count] == link)
            return true;
    return false;
}

static void selection(void)
{
    static const struct {
        const char *choice, *names; /* the first letters of who is left */
    } selections[] = {
        { NULL, "EnWoMaCLDeSh" },
        { "prod", "EnWoMa" },
        { "Dev", "CLDeSh" },
        { "environmentCredential", "En" },
        { "WorkloadIdentityCredential", "Wo" },
        { "ManagedIdentityCredential", "Ma" },
        { "AzureCLICredential", "CL" },
        { "AzureDeveloperCLICredential", "De" },
        { "AzurePowerShellCredential", "Sh" },
    };
    static const char *const letters[] = { "En", "Wo", "Ma", "CL", "De", "Sh" };
    const struct akv_default_link *links[AKV_CREDENTIALS_MAX], *all[6];
    size_t i, j, count;

    cred_set_up(NULL, 0, NULL);
    CHECK_INT("members", akv_cred_select(&cred_settings, links), COUNT(all));
    memcpy(all, links, sizeof(all));
    cred_tear_down(NULL);
    for (i = 0; i < COUNT(selections); i++) {
        const char *const settings[] = { "token-credentials",
                                         selections[i].choice, NULL };
        const char *where =
            selections[i].choice != NULL ? selections[i].choice : "(none)";
        char names[20] = "";

        cred_set_up(NULL, 0, selections[i].choice != NULL ? settings : NULL);
        count = akv_cred_select(&cred_settings, links);
        for (j = 0; j < COUNT(all); j++)
            if (is_among(all[j], links, count))
                (void)strcat(names, letters[j]);
        CHECK_STR(where, names, selections[i].names);
        cred_tear_down(NULL);
    }
}

/* A chain of a program's own is in its order. */
static void composed(void)
{
    static const struct {
        const char *credential, *names;
    } chains[] = {
        { "azd", "AzureDeveloperCLICredential " },
        { "azure-cli,environment",
          "AzureCLICredential EnvironmentCredential " },
        { "token, managed-identity,workload-identity",
          "the token given ManagedIdentityCredential "
          "WorkloadIdentityCredential " },
    };
    size_t i, j, count;

    for (i = 0; i < COUNT(chains); i++) {
        const struct akv_default_link *links[AKV_CREDENTIALS_MAX];
        const char *const settings[] = { "credential", chains[i].credential,
                                         NULL };
        char names[200] = "";

        cred_set_up(NULL, 0, settings);
        count = akv_cred_select(&cred_settings, links);
        for (j = 0; j < count; j++) {
            (void)strcat(names, links[j]->name);
            (void)strcat(names, " ");
        }
        CHECK_STR(chains[i].credential, names, chains[i].names);
        cred_tear_down(NULL);
    }
}

/* The default chain as a whole, on a machine where nothing is set up. */
static void standard(void)
{
    static const struct fake_step no_metadata[] = { { .ms = FAKE_NEVER } };
    static const char *const names[] = {
        "EnvironmentCredential: neither client-secret",
        "WorkloadIdentityCredential: federated-token-file",
        "ManagedIdentityCredential: ",
        "AzureCLICredential: az is not installed",
        "AzureDeveloperCLICredential: azd is not installed",
        "AzurePowerShellCredential: Azure PowerShell is not supported",
    };
    struct akv_deferred_files files = { .ca = AKV_BUF_INIT(10) };
    struct akv_error err = AKV_ERROR_INIT;
    struct akv_cred *cred;
    const char *at;
    size_t i;

    cred_set_up(no_metadata, 1, NULL);
    cred = akv_cred_new(&cred_io.base, &cred_settings, &files, &err);
    CHECK(cred != NULL);
    cred_get_all(cred, "", NULL);
    CHECK_INT("code", cred_result.err.code, AKV_E_AUTHENTICATION);
    at = cred_result.err.message;
    for (i = 0; i < COUNT(names); i++) {
        CHECK_HAS("in this order", at, names[i]);
        if (strstr(at, names[i]) != NULL)
            at = strstr(at, names[i]);
    }
    cred_tear_down(cred);
}

/* These fail when they are called for the nth time, counted down; at 0 never.
 */
static unsigned stand_in_fails, tool_fails;

struct akv_cred *__real_akv_cred_unavailable_new(const struct akv_error *why);
struct akv_cred *__wrap_akv_cred_unavailable_new(const struct akv_error *why);
struct akv_cred *
__real_akv_cred_tool_new(struct akv_io *io, const struct akv_settings *settings,
                         const struct akv_deferred_files *files,
                         enum akv_tool tool, struct akv_error *err);
struct akv_cred *
__wrap_akv_cred_tool_new(struct akv_io *io, const struct akv_settings *settings,
                         const struct akv_deferred_files *files,
                         enum akv_tool tool, struct akv_error *err);

struct akv_cred *__wrap_akv_cred_unavailable_new(const struct akv_error *why)
{
    if (stand_in_fails > 0 && --stand_in_fails == 0)
        return NULL;
    return __real_akv_cred_unavailable_new(why);
}

struct akv_cred *
__wrap_akv_cred_tool_new(struct akv_io *io, const struct akv_settings *settings,
                         const struct akv_deferred_files *files,
                         enum akv_tool tool, struct akv_error *err)
{
    if (tool_fails > 0 && --tool_fails == 0) {
        (void)akv_error_set(err, AKV_E_MEMORY, "none left");
        return NULL;
    }
    return __real_akv_cred_tool_new(io, settings, files, tool, err);
}

/* A member less would be another order of credentials: then there is none. */
static void no_memory(void)
{
    static const unsigned nth[][2] = {
        { 1, 0 }, { 2, 0 }, { 3, 0 }, { 0, 1 }, { 0, 2 }
    };
    struct akv_deferred_files files = { .ca = AKV_BUF_INIT(10) };
    size_t i;

    for (i = 0; i < COUNT(nth); i++) {
        struct akv_error err = AKV_ERROR_INIT;

        cred_set_up(NULL, 0, NULL);
        stand_in_fails = nth[i][0];
        tool_fails = nth[i][1];
        CHECK("none"
              && akv_cred_new(&cred_io.base, &cred_settings, &files, &err)
                     == NULL);
        CHECK_INT("code", err.code, AKV_E_MEMORY);
        CHECK_INT("it has failed", stand_in_fails + tool_fails, 0);
        cred_tear_down(NULL);
    }
}

static void resources(void)
{
    static const struct {
        const char *scope;
        size_t len;
    } scopes[] = {
        { CRED_SCOPE, 23 },
        { "x/.default", 1 },
        { "/.default", 0 },
        { "", 0 },
        { "/.defaults", 10 },
        { ".default", 8 },
        { "x/.Default", 10 },
        { "x/.default/", 11 },
        { "x/.default/.default", 10 },
    };
    size_t i;

    for (i = 0; i < COUNT(scopes); i++)
        CHECK_INT(scopes[i].scope, akv_scope_resource_len(scopes[i].scope),
                  scopes[i].len);
}

/* Tools that hang use up their share of the time only, and are named. What is
 * not there needs none. */
static void hanging_tools(void)
{
    static char az[] = "/bin/az", azd[] = "/bin/azd";
    static const struct {
        const char *where;
        struct akv_deferred_files files;
        const char *choice;
        int64_t given[2]; /* to az and azd of 10 s; 0: it is not asked */
    } cases[] = {
        { "both", { .tools = { az, azd } }, NULL, { 4500, 4500 } },
        { "azd is not installed",
          { .tools = { az, NULL } },
          NULL,
          { 9000, 0 } },
        { "no tool in PATH", { .tools = { NULL, NULL } }, NULL, { 9000, 0 } },
        { "dev", { .tools = { az, azd } }, "dev", { 5000, 5000 } },
        { "alone",
          { .tools = { az, azd } },
          "AzureDeveloperCLICredential",
          { 0, 10000 } },
    };
    static const struct fake_step no_metadata[] = { { .ms = FAKE_NEVER } };
    static const struct fake_program hang[] = { { .ms = FAKE_NEVER },
                                                { .ms = FAKE_NEVER } };
    size_t i, j, command;

    for (i = 0; i < COUNT(cases); i++) {
        const char *const settings[] = { "token-credentials", cases[i].choice,
                                         NULL };
        struct akv_error err = AKV_ERROR_INIT;
        struct akv_cred *cred;

        cred_set_up(no_metadata, 1, cases[i].choice != NULL ? settings : NULL);
        fake_io_programs(&cred_io, hang, COUNT(hang));
        cred =
            akv_cred_new(&cred_io.base, &cred_settings, &cases[i].files, &err);
        CHECK(cred != NULL);
        cred_get(cred, "", NULL, 10000);
        fake_io_run(&cred_io, FAKE_MONO + 10000);
        CHECK_INT(cases[i].where, cred_result.calls, 1);
        for (j = command = 0; j < 2; j++)
            if (cases[i].given[j] > 0)
                CHECK_INT(cases[i].where,
                          cred_io.commands[command++].timeout_ms,
                          cases[i].given[j]);
        CHECK_HAS(cases[i].where, cred_result.err.message,
                  "AzureDeveloperCLICredential: azd gave no token within ");
        cred_tear_down(cred);
    }
}

int main(void)
{
    static const struct unit_test tests[] = {
        { "answers at once", at_once },
        { "answers that come later", later },
        { "the one that is chosen", chosen },
        { "searched anew", searched_anew },
        { "hinted", hinted },
        { "freed under way", freed_under_way },
        { "selection", selection },
        { "the default chain", standard },
        { "no memory for a member", no_memory },
        { "resources of scopes", resources },
        { "tools that hang", hanging_tools },
        { "a chain of one's own", composed },
    };

    return unit_main("cred_chain", tests, COUNT(tests));
}
