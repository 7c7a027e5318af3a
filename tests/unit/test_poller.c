/* SPDX-License-Identifier: Apache-2.0 */

/* Waiting for what goes on in the vault; pauses are only noted here. */

#include <stdio.h>
#include <string.h>

#include "akv/poller.h"
#include "client_fixture.h"
#include "unit.h"

/* A reply is a text, or an error code. */
struct reply {
    const char *text;
    enum akv_error_code code;
};

static struct {
    const struct reply *replies;
    size_t next;
    int64_t delays[10];
    char path[100];
    bool whether;
} vault;

static bool answer(void *arg, const struct akv_op *op, struct akv_buf *body,
                   struct akv_error *err)
{
    const struct reply *reply = &vault.replies[vault.next];
    struct akv_buf path = AKV_BUF_INIT(100);

    (void)arg;
    CHECK(akv_op_append_path(op, &path));
    CHECK_STR("method", op->kind->method, "GET");
    CHECK("for the log" && op->kind->absence_is_answer == vault.whether);
    (void)snprintf(vault.path, sizeof(vault.path), "%s", akv_buf_str(&path));
    akv_buf_free(&path);
    vault.delays[vault.next++ % COUNT(vault.delays)] = op->delay_ms;
    if (reply->text == NULL)
        return akv_error_set(err, reply->code, "said code %d", reply->code);
    return akv_buf_append_str(body, reply->text);
}

static struct akv_poller *poller(enum akv_poll poll, const char *url,
                                 const struct reply *replies)
{
    struct akv_id id = client_id(url);
    struct akv_poller *made = akv_poller_new(NULL, poll, &id);

    CHECK(made != NULL);
    memset(&vault, 0, sizeof(vault));
    vault.replies = replies;
    vault.whether = poll != AKV_POLL_CREATE;
    fake_client_set(answer, NULL);
    return made;
}

#define GONE                                                                   \
    {                                                                          \
        NULL, AKV_E_NOT_FOUND                                                  \
    }
#define THERE                                                                  \
    {                                                                          \
        "{}", AKV_E_NONE                                                       \
    }
#define FORBIDDEN                                                              \
    {                                                                          \
        NULL, AKV_E_FORBIDDEN                                                  \
    }

static const struct {
    const char *where;
    enum akv_poll poll;
    struct reply reply;
    bool ok, done;
    enum akv_error_code code;
    const char *status, *message;
} step_rows[] = {
    { "deleted", AKV_POLL_DELETE, THERE, true, true, AKV_E_NONE, "deleting",
      "" },
    { "in transition", AKV_POLL_DELETE, GONE, true, false, AKV_E_NONE,
      "deleting", "" },
    { "may not read", AKV_POLL_DELETE, FORBIDDEN, true, true, AKV_E_NONE,
      "deleting", "" },
    { "an error",
      AKV_POLL_DELETE,
      { NULL, AKV_E_SERVICE },
      false,
      false,
      AKV_E_SERVICE,
      "deleting",
      "said code" },
    { "recovered", AKV_POLL_RECOVER, THERE, true, true, AKV_E_NONE,
      "recovering", "" },
    { "in transition", AKV_POLL_RECOVER, GONE, true, false, AKV_E_NONE,
      "recovering", "" },
    { "may not read", AKV_POLL_RECOVER, FORBIDDEN, true, true, AKV_E_NONE,
      "recovering", "" },
    { "purged", AKV_POLL_PURGE, GONE, true, true, AKV_E_NONE, "being purged",
      "" },
    { "not yet purged", AKV_POLL_PURGE, THERE, true, false, AKV_E_NONE,
      "being purged", "" },
    { "may not read", AKV_POLL_PURGE, FORBIDDEN, true, true, AKV_E_NONE,
      "being purged", "" },
    { "the purge, an error",
      AKV_POLL_PURGE,
      { NULL, AKV_E_SERVICE },
      false,
      false,
      AKV_E_SERVICE,
      "being purged",
      "said code" },
    { "throttled",
      AKV_POLL_RECOVER,
      { NULL, AKV_E_THROTTLED },
      false,
      false,
      AKV_E_THROTTLED,
      "recovering",
      "said code" },
    { "no JSON",
      AKV_POLL_RECOVER,
      { "<html>", AKV_E_NONE },
      false,
      false,
      AKV_E_PROTOCOL,
      "recovering",
      "not JSON" },
    { "created",
      AKV_POLL_CREATE,
      { "{\"status\":\"completed\",\"target\":\"x\"}", AKV_E_NONE },
      true,
      true,
      AKV_E_NONE,
      "completed",
      "" },
    { "in progress",
      AKV_POLL_CREATE,
      { "{\"status\":\"inProgress\",\"cancellation_requested\":true}",
        AKV_E_NONE },
      true,
      false,
      AKV_E_NONE,
      "inProgress",
      "" },
    { "cancelled",
      AKV_POLL_CREATE,
      { "{\"status\":\"cancelled\"}", AKV_E_NONE },
      false,
      false,
      AKV_E_SERVICE,
      "cancelled",
      "the creation of certificates/x is cancelled" },
    { "failed",
      AKV_POLL_CREATE,
      { "{\"status\":\"failed\",\"error\":{\"code\":\"Bad\",\"message\":\"The "
        "issuer says no.\"},\"status_details\":\"unused\"}",
        AKV_E_NONE },
      false,
      false,
      AKV_E_SERVICE,
      "failed",
      "certificates/x is failed: The issuer says no." },
    { "failed, with details only",
      AKV_POLL_CREATE,
      { "{\"status\":\"failed\",\"error\":null,\"status_details\":\"No.\"}",
        AKV_E_NONE },
      false,
      false,
      AKV_E_SERVICE,
      "failed",
      "is failed: No." },
    { "no status",
      AKV_POLL_CREATE,
      { "{}", AKV_E_NONE },
      false,
      false,
      AKV_E_PROTOCOL,
      "inProgress",
      "status: is missing" },
    { "may not read the operation", AKV_POLL_CREATE, FORBIDDEN, false, false,
      AKV_E_FORBIDDEN, "inProgress", "said code" },
    { "the operation was deleted", AKV_POLL_CREATE, GONE, false, false,
      AKV_E_NOT_FOUND, "inProgress", "said code" },
};

static void steps(void)
{
    static const char *const paths[] = {
        [AKV_POLL_DELETE] = "/deletedcertificates/x",
        [AKV_POLL_RECOVER] = "/certificates/x",
        [AKV_POLL_CREATE] = "/certificates/x/pending",
        [AKV_POLL_PURGE] = "/deletedcertificates/x",
    };
    size_t i;

    for (i = 0; i < COUNT(step_rows); i++) {
        const char *where = step_rows[i].where;
        struct akv_error err = AKV_ERROR_INIT;
        struct akv_poller *p = poller(step_rows[i].poll, H "/certificates/x/5",
                                      &step_rows[i].reply);
        bool done = !step_rows[i].done;

        CHECK_AT(where, akv_poller_step(p, -1, &done, &err) == step_rows[i].ok);
        CHECK_AT(where, done == step_rows[i].done);
        CHECK_INT(where, err.code, step_rows[i].code);
        CHECK_STR(where, akv_poller_status(p), step_rows[i].status);
        CHECK_HAS(where, err.message, step_rows[i].message);
        CHECK_STR(where, vault.path, paths[step_rows[i].poll]);
        akv_poller_free(p);
    }
    akv_poller_free(NULL);
    client_clear();
}

/* None the first time, then the kind's own, or the caller's. */
static void pauses(void)
{
    static const struct reply replies[] = { GONE, GONE, GONE, GONE, THERE };
    static const struct reply creation[] = {
        { "{\"status\":\"inProgress\"}", AKV_E_NONE },
        { "{\"status\":\"inProgress\"}", AKV_E_NONE },
    };
    struct akv_poller *p = poller(AKV_POLL_DELETE, H "/keys/k", replies);
    struct akv_error err = AKV_ERROR_INIT;
    bool done;

    CHECK(akv_poller_step(p, -1, &done, &err) && !done);
    CHECK(akv_poller_step(p, -1, &done, &err) && !done);
    CHECK(akv_poller_step(p, 0, &done, &err) && !done);
    CHECK(akv_poller_step(p, 70, &done, &err) && !done);
    CHECK(akv_poller_step(p, -1, &done, &err) && done);
    CHECK_INT("first", vault.delays[0], 0);
    CHECK_INT("second", vault.delays[1], 2000);
    CHECK_INT("third", vault.delays[2], 0);
    CHECK_INT("fourth", vault.delays[3], 70);
    CHECK_INT("fifth", vault.delays[4], 2000);
    akv_poller_free(p);
    p = poller(AKV_POLL_CREATE, H "/certificates/c", creation);
    CHECK(akv_poller_step(p, 100, &done, &err) && !done);
    CHECK(akv_poller_step(p, -1, &done, &err) && !done);
    CHECK_INT("first", vault.delays[0], 100);
    CHECK_INT("second", vault.delays[1], 5000);
    akv_poller_free(p);
    client_clear();
}

/* Ends the wait at the step that *arg counts down to. */
static bool on_progress(void *arg, const char *status, int64_t ms)
{
    int *steps_left = arg;

    CHECK_STR("status", status, "deleting");
    CHECK(ms >= 0 && ms < 10000);
    return --*steps_left > 0;
}

static void waits(void)
{
    static const struct reply replies[] = { GONE, GONE, GONE, GONE, THERE };
    static const struct reply failure[] = { GONE, { NULL, AKV_E_TRANSPORT } };
    struct akv_poller *p = poller(AKV_POLL_DELETE, H "/keys/k", replies);
    struct akv_error err = AKV_ERROR_INIT;
    int left = 99;

    CHECK(akv_poller_wait(p, 100000, on_progress, &left, &err));
    CHECK_INT("steps between", left, 95);
    akv_poller_free(p);
    p = poller(AKV_POLL_DELETE, H "/keys/k", replies);
    left = 2;
    CHECK(!akv_poller_wait(p, 100000, on_progress, &left, &err));
    CHECK_INT("given up", err.code, AKV_E_CANCELLED);
    CHECK_INT("asked", vault.next, 2);
    akv_poller_free(p);
    p = poller(AKV_POLL_DELETE, H "/keys/k", replies);
    CHECK(!akv_poller_wait(p, 0, NULL, NULL, &err));
    CHECK_INT("too long", err.code, AKV_E_DEADLINE);
    CHECK_HAS("too long", err.message, "keys/k is still deleting after 0 s");
    CHECK_INT("asked", vault.next, 1);
    akv_poller_free(p);
    p = poller(AKV_POLL_DELETE, H "/keys/k", failure);
    CHECK(!akv_poller_wait(p, 100000, NULL, NULL, &err));
    CHECK_INT("failed", err.code, AKV_E_TRANSPORT);
    akv_poller_free(p);
    client_clear();
}

int main(void)
{
    static const struct unit_test tests[] = {
        { "steps", steps },
        { "pauses", pauses },
        { "waits", waits },
    };

    return unit_main("poller", tests, COUNT(tests));
}
