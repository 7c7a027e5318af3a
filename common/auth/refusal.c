/* SPDX-License-Identifier: Apache-2.0 */

/*
 * A refusal by role-based access control is prose, with lines that begin by
 * Action, Resource or Caller. What is found there is put before the service's
 * own text, which stays, so that nothing is lost if the lines change.
 */

#include <stdio.h>
#include <string.h>

#include "akv/json.h"
#include "auth/refusal.h"
#include "base/date.h"

#define FOREIGN_TEXT 300 /* of what is not the service's own */
#define SUMMARY_SIZE 400

static enum akv_error_code code_of(long status)
{
    switch (status) {
    case 401:
        return AKV_E_AUTHENTICATION;
    case 403:
        return AKV_E_FORBIDDEN;
    case 404:
        return AKV_E_NOT_FOUND;
    case 409:
        return AKV_E_CONFLICT;
    case 429:
        return AKV_E_THROTTLED;
    default:
        return AKV_E_SERVICE;
    }
}

struct part {
    const char *text; /* NULL: there is none */
    int len;
};

/* What stands behind "NAME: " on a line of its own, without quotes. */
static struct part find_line(const char *text, const char *name)
{
    struct part part = { NULL, 0 };
    size_t len = strlen(name);

    while (text != NULL) {
        if (strncmp(text, name, len) == 0 && text[len] == ':') {
            part.text = text + len + 1;
            part.text += strspn(part.text, " '");
            part.len = (int)strcspn(part.text, "\r\n'");
            break;
        }
        text = strchr(text, '\n');
        text = text != NULL ? text + 1 : NULL;
    }
    return part;
}

/* Of "appid=GUID;oid=GUID;iss=URL" the one that roles are assigned to. */
static struct part find_identity(struct part caller)
{
    static const char *const names[] = { "oid=", "appid=" };
    struct part part = { NULL, 0 };
    size_t i;

    for (i = 0; caller.text != NULL && i < 2; i++) {
        part.text = strstr(caller.text, names[i]);
        if (part.text != NULL && part.text < caller.text + caller.len) {
            part.len = (int)strcspn(part.text, ";\r\n");
            return part;
        }
    }
    return caller;
}

/* The end of a path that tells: vaults/NAME/keys/NAME. */
static struct part find_scope(struct part resource)
{
    const char *at =
        resource.text != NULL ? strstr(resource.text, "/vaults/") : NULL;

    if (at != NULL && at < resource.text + resource.len) {
        resource.len -= (int)(at + 1 - resource.text);
        resource.text = at + 1;
    }
    return resource;
}

/* Of a refusal by role-based access control; "" of others. */
static void refusal_summarize(const char *text, char summary[SUMMARY_SIZE])
{
    struct part action = find_line(text, "Action");
    struct part assignment = find_line(text, "Assignment");
    struct part scope = find_scope(find_line(text, "Resource"));
    struct part who = find_identity(find_line(text, "Caller"));
    bool is_missing = assignment.text != NULL
                      && strncmp(assignment.text, "(not found)", 11) == 0;

    summary[0] = '\0';
    if (action.text == NULL || scope.text == NULL || who.text == NULL)
        return;
    (void)snprintf(summary, SUMMARY_SIZE, "%s: '%.*s' on %.*s for %.*s. ",
                   is_missing ? "assignment not found" : "not permitted",
                   action.len, action.text, scope.len, scope.text, who.len,
                   who.text);
}

const char *akv_refusal_clock(const struct akv_http_reply *reply,
                              const struct akv_clock *clock,
                              char text[AKV_CLOCK_NOTE_SIZE])
{
    const char *date = reply->headers[AKV_H_DATE];
    int64_t theirs, ahead;

    text[0] = '\0';
    if (date == NULL || !akv_date_read_http(date, &theirs))
        return text;
    ahead = akv_clock_wall(clock) - theirs;
    if (ahead > AKV_CLOCK_OFF_S || ahead < -AKV_CLOCK_OFF_S)
        (void)snprintf(text, AKV_CLOCK_NOTE_SIZE,
                       "; this machine's clock is %lld s %s the server's",
                       (long long)(ahead > 0 ? ahead : -ahead),
                       ahead > 0 ? "ahead of" : "behind");
    return text;
}

/* Where a redirection leads, which is not followed: a token may go to the vault
 * alone. */
static void describe_target(const struct akv_http_reply *reply,
                            char target[SUMMARY_SIZE])
{
    const char *location = reply->headers[AKV_H_LOCATION];

    if (reply->status >= 300 && reply->status < 400)
        (void)snprintf(target, SUMMARY_SIZE,
                       "a redirection to %.200s, which is not followed. ",
                       location != NULL ? location : "nowhere");
}

/* "[request id ID]" is what the service's support asks for. */
static void refusal_compose(const struct akv_http_reply *reply,
                            const char *code, const char *inner,
                            const char *summary, const char *text, int len,
                            const char *note, struct akv_error *err)
{
    const char *request_id = reply->headers[AKV_H_REQUEST_ID];

    (void)akv_error_set(
        err, code_of(reply->status), "HTTP %ld%s%s%s%s%s%s%s%.*s%s%s%s%s",
        reply->status, code != NULL ? " " : "", code != NULL ? code : "",
        inner != NULL ? " (" : "", inner != NULL ? inner : "",
        inner != NULL ? ")" : "", *summary != '\0' || *text != '\0' ? ": " : "",
        summary, len, text, note, request_id != NULL ? " [request id " : "",
        request_id != NULL ? request_id : "", request_id != NULL ? "]" : "");
    akv_error_set_reply(err, reply->status, code, inner, request_id);
}

void akv_refusal_read(const struct akv_http_reply *reply,
                      const struct akv_clock *clock, struct akv_error *err)
{
    struct akv_json *json =
        akv_json_parse(akv_buf_str(&reply->body), reply->body.len, NULL);
    const struct akv_json *error = akv_json_get(json, "error");
    const char *text = akv_json_get_text(error, "message");
    char summary[SUMMARY_SIZE] = "", note[AKV_CLOCK_NOTE_SIZE] = "";
    bool is_own = text != NULL;

    if (is_own)
        refusal_summarize(text, summary);
    else
        text = akv_buf_str(&reply->body);
    describe_target(reply, summary);
    if (reply->status == 401)
        (void)akv_refusal_clock(reply, clock, note);
    refusal_compose(
        reply, akv_json_get_text(error, "code"),
        akv_json_get_text(akv_json_get(error, "innererror"), "code"), summary,
        text, is_own ? (int)strlen(text) : FOREIGN_TEXT, note, err);
    akv_json_free(json);
}
