/* SPDX-License-Identifier: Apache-2.0 */

/* The instance metadata service: what answers at its address means, asked alone
 * and with others behind it. Nothing is sent: a fake_io answers. */

#include <errno.h>
#include <string.h>

#include "cred_fixture.h"
#include "unit.h"

#define GOOD                                                                   \
    {                                                                          \
        200, .body = "{\"access_token\":\"tok\",\"expires_in\":\"85771\","     \
                     "\"expires_on\":\"1700003600\",\"resource\":\"r\"}"       \
    }
#define PROBE                                                                  \
    "http://169.254.169.254/metadata/identity/oauth2/token"                    \
    "?api-version=2018-02-01"
#define RESOURCE "&resource=" CRED_RESOURCE

/* The machine that the tests run on is no Arc machine for them. */
int __wrap_access(const char *path, int mode);

int __wrap_access(const char *path, int mode)
{
    (void)path;
    (void)mode;
    errno = ENOENT;
    return -1;
}

#define SAYS(text)                                                             \
    "{\"error\":\"invalid_request\",\"error_description\":\"" text "\"}"
#define FOREIGN "what answers there is not the metadata service"
#define REFUSES "the identity endpoint refuses a token"
#define GONE AKV_E_UNAVAILABLE
#define BAD AKV_E_AUTHENTICATION

/* What has been seen to answer at the metadata service's address, asked alone
 * and with others behind it. */
static const struct {
    const char *where, *identity;
    struct fake_step step;
    const char *alone, *in_chain; /* what is said */
    enum akv_error_code codes[2];
    bool is_tried_again[2];
} answer_rows[] = {
    { "no identity at all",
      NULL,
      { 400, .body = SAYS("Identity not found") },
      REFUSES,
      REFUSES,
      { GONE, GONE },
      { false, false } },
    { "not this identity",
      "c",
      { 400, .body = SAYS("Identity not found") },
      REFUSES,
      REFUSES,
      { BAD, BAD },
      { false, false } },
    { "a filter",
      NULL,
      { 403, .body = "denied destination" },
      FOREIGN,
      FOREIGN,
      { GONE, GONE },
      { false, false } },
    { "a filter, for an identity",
      "c",
      { 403, .body = "<html>Blocked by policy</html>" },
      FOREIGN,
      FOREIGN,
      { GONE, GONE },
      { false, false } },
    { "a virtual network without a way",
      NULL,
      { 403, .body = "connecting to 169.254.169.254:80: unreachable network" },
      FOREIGN,
      FOREIGN,
      { GONE, GONE },
      { false, false } },
    { "a portal",
      NULL,
      { .status = 302 },
      FOREIGN,
      FOREIGN,
      { GONE, GONE },
      { false, false } },
    { "something that wants a password",
      NULL,
      { 401, .body = SAYS("Identity not found") },
      REFUSES,
      FOREIGN,
      { BAD, GONE },
      { false, false } },
    { "another cloud",
      NULL,
      { 404, .body = "<html>Not Found</html>" },
      FOREIGN,
      FOREIGN,
      { AKV_E_DEADLINE, GONE },
      { true, false } },
    { "a broken proxy",
      NULL,
      { 502, .body = "<html>Bad Gateway</html>" },
      FOREIGN,
      FOREIGN,
      { AKV_E_DEADLINE, GONE },
      { true, false } },
    { "a proxy that forbids a method",
      NULL,
      { 405, .body = "<html>no</html>" },
      FOREIGN,
      FOREIGN,
      { GONE, GONE },
      { false, false } },
    { "the service, which has too much to do",
      NULL,
      { 429, .body = SAYS("Too many requests") },
      REFUSES,
      REFUSES,
      { AKV_E_THROTTLED, AKV_E_THROTTLED },
      { true, true } },
    { "the service, which does not work",
      NULL,
      { 503, .body = SAYS("unavailable") },
      REFUSES,
      REFUSES,
      { AKV_E_DEADLINE, AKV_E_DEADLINE },
      { true, true } },
    { "no JSON",
      NULL,
      { 200, .body = "<html>" },
      "the token reply",
      "the token reply",
      { GONE, GONE },
      { false, false } },
    { "nothing",
      NULL,
      { 200, .body = "" },
      "will not do: not JSON: the text is empty",
      "the text is empty",
      { GONE, GONE },
      { false, false } },
    { "another cloud's answer",
      NULL,
      { 200, .body = "{\"Code\":\"Success\"}" },
      "has no token of one word",
      "has no token of one word",
      { GONE, GONE },
      { false, false } },
    { "an expired token",
      NULL,
      { 200, .body = "{\"access_token\":\"x\",\"expires_on\":\"5\"}" },
      "has expired",
      "has expired",
      { GONE, GONE },
      { false, false } },
    { "cannot be sent",
      NULL,
      { .refuse = true, .error = AKV_E_MEMORY },
      "cannot send",
      "cannot send",
      { AKV_E_MEMORY, AKV_E_MEMORY },
      { false, false } },
    { "silence",
      NULL,
      { .ms = FAKE_NEVER },
      "time is up",
      "time is up",
      { GONE, GONE },
      { false, false } },
};

#define ANSWER_STEPS 12

static void answer_one(size_t row, bool in_chain)
{
    const char *const settings[] = { answer_rows[row].identity != NULL
                                         ? "managed-identity-id"
                                         : NULL,
                                     answer_rows[row].identity, NULL };
    struct fake_step steps[ANSWER_STEPS] = { { 400,
                                               .body = SAYS("Metadata") } };
    const char *where = answer_rows[row].where;
    struct akv_error err = AKV_ERROR_INIT;
    size_t i, probes = in_chain ? 1 : 0;
    struct akv_cred *cred;

    for (i = probes; i < ANSWER_STEPS; i++)
        steps[i] = answer_rows[row].step;
    cred_set_up(steps, ANSWER_STEPS, settings);
    cred = akv_cred_managed_new(&cred_io.base, &cred_settings, in_chain, &err);
    cred_get(cred, "", NULL, 10000);
    fake_io_run_all(&cred_io);
    CHECK_STR(where, cred_result.text, "");
    CHECK_INT(where, cred_result.err.code, answer_rows[row].codes[in_chain]);
    CHECK_HAS(where, cred_result.err.message,
              in_chain ? answer_rows[row].in_chain : answer_rows[row].alone);
    CHECK_AT(where, (cred_io.count > probes + 1)
                        == answer_rows[row].is_tried_again[in_chain]);
    cred_tear_down(cred);
}

static void answers(void)
{
    size_t i;

    for (i = 0; i < COUNT(answer_rows) * 2; i++)
        answer_one(i / 2, i % 2 != 0);
}

/* An update of the service takes up to 70 s: as long as timeout allows. */
static void updated(void)
{
    static const struct {
        int64_t timeout;
        const char *text;
        long status;
    } cases[] = { { 150000, "tok", 0 }, { 30000, "", 410 } };
    struct fake_step steps[15] = { [14] = GOOD };
    size_t i;

    for (i = 0; i < COUNT(steps) - 1; i++)
        steps[i].status = 410;
    for (i = 0; i < COUNT(cases); i++) {
        struct akv_error err = AKV_ERROR_INIT;
        struct akv_cred *cred;

        cred_set_up(steps, COUNT(steps), NULL);
        cred = akv_cred_managed_new(&cred_io.base, &cred_settings, false, &err);
        cred_get(cred, "", NULL, cases[i].timeout);
        fake_io_run_all(&cred_io);
        CHECK_STR("in time", cred_result.text, cases[i].text);
        CHECK_INT("in time", cred_result.err.http_status, cases[i].status);
        cred_tear_down(cred);
    }
}

/* The service comes up, is updated, has too much to do: tried again. */
static void tried_again(void)
{
    static const struct fake_step script[] = { { .status = 404 },
                                               { .status = 410 },
                                               { .status = 429 },
                                               { .status = 500 },
                                               { .status = 508 },
                                               { .status = 511 },
                                               GOOD };
    static const struct fake_step other[] = { { .status = 404 } };
    static const char *const settings[] = { "identity-endpoint",
                                            "http://127.0.0.1:41",
                                            "identity-header", "h", NULL };
    struct akv_error err = AKV_ERROR_INIT;
    struct akv_cred *cred;

    cred_set_up(script, COUNT(script), NULL);
    cred = akv_cred_managed_new(&cred_io.base, &cred_settings, false, &err);
    cred_get_all(cred, "", NULL);
    CHECK_STR("token", cred_result.text, "tok");
    CHECK_INT("requests", cred_io.count, COUNT(script));
    cred_tear_down(cred);
    cred_set_up(other, COUNT(other), settings);
    cred = akv_cred_managed_new(&cred_io.base, &cred_settings, false, &err);
    cred_get_all(cred, "", NULL);
    CHECK_INT("other sources are there or not", cred_result.err.code,
              AKV_E_AUTHENTICATION);
    cred_tear_down(cred);
}

/* Inside a chain the service is looked for first, for a second, without the
 * header that would make a token of it. */
static void probe(void)
{
    static const struct fake_step there[] = { { .status = 400 }, GOOD, GOOD };
    static const struct fake_step gone[] = { { .ms = FAKE_NEVER },
                                             { 0, .error = AKV_E_TRANSPORT },
                                             { .refuse = true,
                                               .error = AKV_E_TRANSPORT },
                                             { .status = 500 },
                                             GOOD };
    static const char *const settings[] = { "client-id", "c", NULL };
    struct akv_error err = AKV_ERROR_INIT;
    struct akv_cred *cred;
    size_t i;

    cred_set_up(there, COUNT(there), settings);
    cred = akv_cred_managed_new(&cred_io.base, &cred_settings, true, &err);
    cred_get_all(cred, "", NULL);
    CHECK_STR("token", cred_result.text, "tok");
    CHECK_STR("probe", cred_io.requests[0].url, PROBE);
    CHECK_STR("no header", cred_io.requests[0].headers, "");
    CHECK_INT("a second", cred_io.requests[0].deadline, FAKE_MONO + 1000);
    CHECK(cred_io.requests[0].plain && cred_io.requests[0].no_proxy);
    CHECK_STR("the client's", cred_io.requests[1].url,
              PROBE RESOURCE "&client_id=c");
    cred_get_all(cred, "", NULL);
    CHECK_INT("not looked for again", cred_io.count, 3);
    cred_tear_down(cred);

    cred_set_up(gone, COUNT(gone), NULL);
    cred = akv_cred_managed_new(&cred_io.base, &cred_settings, true, &err);
    for (i = 0; i < 3; i++) {
        int64_t begun = cred_io.now;

        cred_get_all(cred, "", NULL);
        CHECK_INT("not there", cred_result.err.code, AKV_E_UNAVAILABLE);
        CHECK("within a second" && cred_io.now - begun <= 1000);
    }
    CHECK_INT("no retries", cred_io.count, 3);
    cred_get_all(cred, "", NULL);
    CHECK_STR("there now", cred_result.text, "tok");
    cred_tear_down(cred);
}

int main(void)
{
    static const struct unit_test tests[] = {
        { "answers", answers },
        { "updated", updated },
        { "tried again", tried_again },
        { "probe", probe },
    };

    return unit_main("cred_imds", tests, COUNT(tests));
}
