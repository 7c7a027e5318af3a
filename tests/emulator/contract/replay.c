/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Recorded requests, sent to the emulator: it has to answer as the service
 * did, see compare.h, but for what the file of excuses excuses. With --live, to
 * a vault of somebody, under names with that prefix and with its own time for
 * what it does; then of each recording it is told whether a difference was
 * found, and no excuse has to be needed.
 * Usage: replay --excuses FILE --vault URL --vault-token FILE
 * [--hsm URL --hsm-token FILE] [--ca FILE] [--control SOCKET] [--live PREFIX]
 * RECORDING...
 * Prints a table: of each exchange whether it was replayed, DIFFERS, or why it
 * was not; and how many there are of each. Status 1 if one differs, if a
 * recording is of no known format, or if an excuse excuses nothing.
 */

#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "ask.h"
#include "excuses.h"
#include "lost_body.h"
#include "names.h"
#include "polls.h"

#define MAX_OUTCOMES 16
/* How often, a second apart, something is asked for that takes its time. */
#define PATIENCE 120

/* What became of exchanges, and how many of them. */
struct outcome {
    const char *what;
    unsigned count;
};

struct replay {
    const char *url[2]; /* vault, HSM; NULL: there is none */
    char *token[2];
    struct asked asked;
    int polls; /* that it is told to take */
    int create_polls;
    struct excuses *excuses;
    const char *file;   /* that is replayed */
    char *what;         /* method, path and status of the exchange */
    unsigned differing; /* how often it differs, and is not excused */
    struct names names;
    struct outcome outcome[MAX_OUTCOMES];
    size_t noutcomes;
};

#define REPLAYED "replayed"
#define DIFFERS "DIFFERS"

static void say(struct replay *r, const char *what, const char *method,
                const char *uri)
{
    size_t i = 0;

    while (i < r->noutcomes && strcmp(r->outcome[i].what, what) != 0)
        i++;
    if (i == MAX_OUTCOMES)
        abort();
    if (i == r->noutcomes)
        r->outcome[r->noutcomes++].what = what;
    r->outcome[i].count++;
    printf("| %s | %.*s | %s |\n", method, (int)strcspn(uri, "?"), uri, what);
}

static unsigned count(const struct replay *r, const char *what)
{
    for (size_t i = 0; i < r->noutcomes; i++)
        if (strcmp(r->outcome[i].what, what) == 0)
            return r->outcome[i].count;
    return 0;
}

/* Why the answer cannot be the recorded one; NULL: it can. */
static const char *excuse(const struct replay *r, const char *path, long status,
                          const char *body)
{
    bool known = body != NULL && strstr(body, "\"value\"") != NULL;
    bool undo = strstr(path, "/decrypt?") != NULL
                || strstr(path, "/unwrapkey?") != NULL;

    if (status == 400 && strstr(path, "skiptoken") != NULL)
        return "a page, ours has ended";
    if (known && names_know(&r->names, body))
        known = false; /* not by whom it was recorded */
    if (status == 400 && undo && known)
        return "for a key of the recording";
    if (status == 400 && strstr(path, "/merge?") != NULL)
        return "for a key of the recording";
    return NULL;
}

static bool is_hsm(const char *uri)
{
    return strstr(uri, "hsm") != NULL && strstr(uri, "hsm") < strstr(uri, "?");
}

/* The text of the body with what we have learnt put in; NULL: none. */
static char *body_text(const struct replay *r, struct json_object *body)
{
    return body == NULL
               ? NULL
               : names_translate(
                   &r->names, json_object_to_json_string_ext(
                                  body, JSON_C_TO_STRING_PLAIN
                                            | JSON_C_TO_STRING_NOSLASHESCAPE));
}

static bool is_word(const char *text, size_t len)
{
    static const char *const words[] = {
        "create",  "import",         "restore", "backup",   "pending",
        "policy",  "rotationpolicy", "rotate",  "versions", "sign",
        "verify",  "encrypt",        "decrypt", "wrapkey",  "unwrapkey",
        "recover", "release",        "merge",   "issuers",  "contacts"
    };

    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
        if (strlen(words[i]) == len && strncmp(text, words[i], len) == 0)
            return true;
    return false;
}

/* The path with N for what has another name in each run; the caller frees. */
static char *shape_of(const char *path)
{
    size_t len = strcspn(path, "?");
    char *out = malloc(2 * len + 1);
    char *to = out;

    if (out == NULL)
        abort();
    for (size_t i = 0, n; i < len; i += n) {
        n = 1 + strcspn(path + i + 1, "/?");
        if (i == 0 || is_word(path + i + 1, n - 1))
            to += sprintf(to, "%.*s", (int)n, path + i);
        else if (n > 1)
            to += sprintf(to, "/N");
    }
    *to = '\0';
    return out;
}

/* A difference: it is excused, or told. */
static void judge(void *arg, const char *what)
{
    struct replay *r = arg;
    char line[4096];

    snprintf(line, sizeof(line), "%s %s: %s", r->file, r->what, what);
    if (excuses_have(r->excuses, line))
        return;
    printf("  %s\n", line);
    r->differing++;
}

/* The recorded message with the names of now; the caller frees it. */
static char *message_of(const struct replay *r, const struct exchange *e)
{
    const char *message = json_object_get_string(
        recording_get(recording_get(e->reply_json, "error"), "message"));

    return message == NULL ? NULL : names_message(&r->names, message);
}

/* Whether a live vault is not that far yet, or has had too much. */
static bool is_too_early(const struct exchange *e, const struct answer *answer)
{
    const char *is =
        json_object_get_string(recording_get(answer->body, "status"));
    const char *was =
        json_object_get_string(recording_get(e->reply_json, "status"));
    const char *inner = json_object_get_string(recording_get(
        recording_get(recording_get(answer->body, "error"), "innererror"),
        "code"));

    if (answer->status == 429
        || (inner != NULL && strcmp(inner, "ObjectIsBeingDeleted") == 0))
        return true;
    if (e->status != answer->status && answer->status == 404
        && strstr(e->url, "/deleted") != NULL)
        return true;
    if (e->status >= 300)
        return false;
    return answer->status == 404 || answer->status == 409
           || (is != NULL && was != NULL && strcmp(is, "inProgress") == 0
               && strcmp(was, "inProgress") != 0);
}

static void send_request(struct replay *r, const struct exchange *e,
                         const char *path, const char *body, bool hsm,
                         struct answer *answer)
{
    char *target = names_path(&r->names, path);
    const char *token = e->status == 401 ? NULL : r->token[hsm];
    char *url = NULL;

    if (asprintf(&url, "%s%s", r->url[hsm], target) < 0)
        abort();
    for (int i = 0;; i++) {
        ask(&r->asked, e->method, url, body, token, answer);
        if (r->names.prefix == NULL || i == PATIENCE
            || !is_too_early(e, answer))
            break;
        json_object_put(answer->body);
        json_object_put(answer->headers);
        nanosleep(&(struct timespec){ .tv_sec = 1 }, NULL);
    }
    free(url);
    free(target);
}

/* done: what to call it when the answer is as it was recorded. */
static void replay_one(struct replay *r, const struct exchange *e,
                       struct json_object *body, bool hsm, const char *done)
{
    const char *path = strchr(e->url + 8, '/');
    char *text = body_text(r, body);
    char *shape = shape_of(path);
    struct answer answer;
    const char *why;

    send_request(r, e, path, text, hsm, &answer);
    why = excuse(r, path, answer.status, text);
    if (why == NULL) {
        char *message = message_of(r, e);
        unsigned before = r->differing;

        if (asprintf(&r->what, "%s %s %ld", e->method, shape, e->status) < 0)
            abort();
        compare_answers(e, message, &answer, judge, r);
        names_learn(&r->names, e->reply_json, answer.body);
        free(r->what);
        free(message);
        why = r->differing == before ? done : DIFFERS;
    }
    say(r, why, e->method, path);
    json_object_put(answer.body);
    json_object_put(answer.headers);
    free(text);
    free(shape);
}

/* The emulator is to be as slow as the service was. */
static void set_slowness(struct replay *r, int polls, int create_polls)
{
    if (polls == r->polls && create_polls == r->create_polls)
        return;
    ask_slowness(&r->asked, polls, create_polls);
    r->polls = polls;
    r->create_polls = create_polls;
}

/* Why it is not sent; NULL: it is. */
static const char *leave_out(const struct replay *r,
                             const struct recording *recording, size_t index)
{
    const char *url = recording->items[index].url;

    if (!is_for_vault(url))
        return "not of a vault: identity or management";
    if (r->names.prefix == NULL)
        return NULL;
    if (strstr(url, "/contacts") != NULL || strstr(url, "/issuers") != NULL)
        return "of the whole vault, which others use";
    if (is_poll(recording, index))
        return "a poll";
    return NULL;
}

static bool is_body_lost(const struct exchange *e)
{
    return !e->kept && strcmp(e->method, "GET") != 0
           && strcmp(e->method, "DELETE") != 0;
}

static void replay_exchange(struct replay *r, const struct recording *recording,
                            size_t index, bool hsm)
{
    const struct exchange *e = &recording->items[index];
    const char *why = leave_out(r, recording, index);
    const char *path;
    struct json_object *body;

    if (why != NULL) {
        say(r, why, e->method, e->url);
        return;
    }
    hsm = hsm || is_hsm(e->url);
    path = strchr(e->url + 8, '/');
    if (r->asked.socket != NULL)
        set_slowness(r, polls_of(recording, index, path),
                     create_polls_of(recording, index, path));
    if (!is_body_lost(e)) {
        replay_one(r, e, e->body_json, hsm, REPLAYED);
    } else if (strstr(e->url, "/backup?") != NULL) {
        replay_one(r, e, NULL, hsm, REPLAYED);
    } else if ((body = lost_body(recording, index)) != NULL) {
        replay_one(r, e, body, hsm, "replayed, the body made of the replies");
        json_object_put(body);
    } else {
        say(r, "the recorder kept no body", e->method, e->url);
    }
}

static void replay_file(struct replay *r, const char *path)
{
    bool hsm = strstr(path, "mhsm") != NULL || strstr(path, "rng") != NULL;
    struct recording recording;

    if (!recording_load(&recording, path)) {
        say(r, DIFFERS, "unknown format", path);
        return;
    }
    r->file = strrchr(path, '/') + 1;
    if (hsm && r->url[1] == NULL) {
        printf("skipped: %s\n", r->file);
        recording_free(&recording);
        return;
    }
    r->differing = 0;
    printf("\n%s (%s)\n\n| method | path | outcome |\n|---|---|---|\n", r->file,
           recording.format);
    for (size_t i = 0; i < recording.count; i++)
        replay_exchange(r, &recording, i, hsm);
    printf("\n%s: %s\n", r->differing == 0 ? "passed" : "failed", r->file);
    recording_free(&recording);
    names_forget(&r->names);
}

/* The first line of the file: a token is for nobody's process list. */
static char *read_token(const char *path)
{
    FILE *f = fopen(path, "re");
    char *line = NULL;
    size_t size = 0;

    if (f == NULL || getline(&line, &size, f) <= 0) {
        fprintf(stderr, "%s: no token can be read\n", path);
        exit(2);
    }
    line[strcspn(line, "\r\n")] = '\0';
    fclose(f);
    return line;
}

static bool parse(struct replay *r, int argc, char **argv)
{
    static const struct option options[] = {
        { "excuses", required_argument, NULL, 'e' },
        { "vault", required_argument, NULL, 'v' },
        { "vault-token", required_argument, NULL, 'V' },
        { "hsm", required_argument, NULL, 'h' },
        { "hsm-token", required_argument, NULL, 'H' },
        { "ca", required_argument, NULL, 'c' },
        { "control", required_argument, NULL, 's' },
        { "live", required_argument, NULL, 'l' },
        { NULL, 0, NULL, 0 }
    };
    int c;

    r->excuses = excuses_new();
    while ((c = getopt_long(argc, argv, "", options, NULL)) >= 0) {
        if (c == 'e' && !excuses_load(r->excuses, optarg))
            return false;
        else if (c == 'e')
            continue;
        else if (c == 'v' || c == 'h')
            r->url[c == 'h'] = optarg;
        else if (c == 'V' || c == 'H')
            r->token[c == 'H'] = read_token(optarg);
        else if (c == 'c')
            r->asked.ca = optarg;
        else if (c == 's')
            r->asked.socket = optarg;
        else if (c == 'l')
            r->names.prefix = optarg;
        else
            return false;
    }
    return r->url[0] != NULL && r->token[0] != NULL
           && (r->url[1] == NULL) == (r->token[1] == NULL) && optind < argc;
}

int main(int argc, char **argv)
{
    static struct replay r;
    bool ok;

    if (!parse(&r, argc, argv)) {
        fputs("usage: replay --excuses FILE --vault URL --vault-token FILE "
              "[--hsm URL --hsm-token FILE] [--ca FILE] [--control SOCKET] "
              "[--live PREFIX] RECORDING...\n",
              stderr);
        return 2;
    }
    r.asked.curl = curl_easy_init();
    for (int i = optind; i < argc; i++)
        replay_file(&r, argv[i]);
    puts("\n| exchanges | outcome |\n|---|---|");
    for (size_t i = 0; i < r.noutcomes; i++)
        printf("| %u | %s |\n", r.outcome[i].count, r.outcome[i].what);
    curl_easy_cleanup(r.asked.curl);
    ok = (excuses_report(r.excuses) || r.names.prefix != NULL)
         && count(&r, DIFFERS) == 0 && count(&r, REPLAYED) > 0;
    excuses_free(r.excuses);
    free(r.token[0]);
    free(r.token[1]);
    return ok ? 0 : 1;
}
