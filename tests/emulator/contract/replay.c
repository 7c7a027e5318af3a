/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Recorded requests, sent to the emulator: it has to answer as the service
 * did, see compare.h, but for what the file of excuses excuses.
 * Usage: replay EXCUSES VAULT-URL HSM-URL VAULT-TOKEN HSM-TOKEN CA-FILE SOCKET
 * RECORDING...
 * Prints a table: of each exchange whether it was replayed, DIFFERS, or why it
 * was not; and how many there are of each. Status 1 if one differs, if a
 * recording is of no known format, or if an excuse excuses nothing.
 */

#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <curl/curl.h>
#include <json-c/json.h>

#include "compare.h"
#include "excuses.h"
#include "lost_body.h"
#include "recordings.h"

#define MAX_PAIRS 4096
#define MAX_OUTCOMES 16

/* What the service called it, and what the emulator does. */
struct pair {
    char *recorded;
    char *ours;
};

/* What became of exchanges, and how many of them. */
struct outcome {
    const char *what;
    unsigned count;
};

struct replay {
    const char *url[2]; /* vault, HSM */
    const char *token[2];
    const char *ca;
    const char *socket; /* for control */
    int polls;          /* that it is told to take */
    int create_polls;
    CURL *curl;
    struct excuses *excuses;
    const char *file;   /* that is replayed */
    char *what;         /* method, path and status of the exchange */
    unsigned differing; /* how often it differs, and is not excused */
    struct pair pair[MAX_PAIRS];
    size_t npairs;
    struct outcome outcome[MAX_OUTCOMES];
    size_t noutcomes;
};

#define REPLAYED "replayed"
#define DIFFERS "DIFFERS"

struct text {
    char *data;
    size_t len;
};

static struct json_object *get(struct json_object *obj, const char *name)
{
    struct json_object *value = NULL;

    json_object_object_get_ex(obj, name, &value);
    return value;
}

static void learn(struct replay *r, const char *recorded, const char *ours)
{
    if (r->npairs == MAX_PAIRS || strlen(recorded) < 8
        || strcmp(recorded, ours) == 0)
        return;
    r->pair[r->npairs++] = (struct pair){ strdup(recorded), strdup(ours) };
}

/* Of two ids, only the version differs by design. */
static void learn_string(struct replay *r, const char *recorded,
                         const char *ours)
{
    const char *a = strrchr(recorded, '/');
    const char *b = strrchr(ours, '/');
    const char *token = strstr(recorded, "$skiptoken=");
    const char *own = strstr(ours, "$skiptoken=");

    if (token != NULL && own != NULL) {
        char *x = strndup(token + 11, strcspn(token + 11, "&"));
        char *y = strndup(own + 11, strcspn(own + 11, "&"));

        learn(r, x, y);
        free(x);
        free(y);
    } else if (strncmp(recorded, "https://", 8) == 0 && a != NULL && b != NULL
               && strlen(a) == 33 && strlen(b) == 33) {
        learn(r, a + 1, b + 1);
    } else {
        learn(r, recorded, ours);
    }
}

/* What has to be another by what is recorded. */
static void learn_all(struct replay *r, struct json_object *recorded,
                      struct json_object *ours)
{
    if (json_object_get_type(recorded) != json_object_get_type(ours))
        return;
    if (json_object_is_type(recorded, json_type_string))
        learn_string(r, json_object_get_string(recorded),
                     json_object_get_string(ours));
    if (json_object_is_type(recorded, json_type_object)) {
        json_object_object_foreach(recorded, name, value)
        {
            if (strcmp(name, "tags") != 0) /* which are of who asked */
                learn_all(r, value, get(ours, name));
        }
    }
    /* Lists hold what else is in the vault, so one item stands for all. */
    if (json_object_is_type(recorded, json_type_array)
        && json_object_array_length(recorded) > 0
        && json_object_array_length(ours) > 0)
        learn_all(r, json_object_array_get_idx(recorded, 0),
                  json_object_array_get_idx(ours, 0));
}

/* The text with what we have learnt put in; the caller frees it. */
static char *translate(const struct replay *r, const char *text)
{
    char *out = strdup(text);

    for (size_t i = r->npairs; i-- > 0;) {
        const struct pair *p = &r->pair[i];
        char *at = strstr(out, p->recorded);

        if (at != NULL) {
            char *next = NULL;

            if (asprintf(&next, "%.*s%s%s", (int)(at - out), out, p->ours,
                         at + strlen(p->recorded))
                < 0)
                abort();
            free(out);
            out = next;
        }
    }
    return out;
}

static size_t collect(char *data, size_t size, size_t n, void *arg)
{
    struct text *text = arg;

    text->data = realloc(text->data, text->len + size * n + 1);
    memcpy(text->data + text->len, data, size * n);
    text->len += size * n;
    text->data[text->len] = '\0';
    return size * n;
}

/* One line of the reply's headers. */
static size_t collect_header(char *data, size_t size, size_t n, void *arg)
{
    struct answer *answer = arg;
    size_t len = size * n;
    char line[8192];
    char *value;

    if (len >= sizeof(line))
        return 0;
    memcpy(line, data, len);
    line[len] = '\0';
    line[strcspn(line, "\r\n")] = '\0';
    value = strchr(line, ':');
    if (value == NULL)
        return len;
    *value++ = '\0';
    for (char *p = line; *p != '\0'; p++)
        *p = (char)tolower((unsigned char)*p);
    json_object_object_add(answer->headers, line,
                           json_object_new_string(value + strspn(value, " ")));
    return len;
}

/* The caller puts body and headers of the answer. */
static void send_request(struct replay *r, const char *method, const char *url,
                         const char *body, const char *token,
                         struct answer *answer)
{
    struct curl_slist *headers = NULL;
    struct text reply = { NULL, 0 };
    char authorization[8192];

    *answer = (struct answer){ .headers = json_object_new_object() };

    curl_easy_reset(r->curl);
    if (token != NULL) {
        snprintf(authorization, sizeof(authorization),
                 "Authorization: Bearer %s", token);
        headers = curl_slist_append(headers, authorization);
    }
    headers = curl_slist_append(headers, "Content-Type: application/json");
    curl_easy_setopt(r->curl, CURLOPT_URL, url);
    curl_easy_setopt(r->curl, CURLOPT_CAINFO, r->ca);
    curl_easy_setopt(r->curl, CURLOPT_CUSTOMREQUEST, method);
    curl_easy_setopt(r->curl, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(r->curl, CURLOPT_WRITEFUNCTION, collect);
    curl_easy_setopt(r->curl, CURLOPT_WRITEDATA, &reply);
    curl_easy_setopt(r->curl, CURLOPT_HEADERFUNCTION, collect_header);
    curl_easy_setopt(r->curl, CURLOPT_HEADERDATA, answer);
    if (strcmp(method, "GET") != 0 && strcmp(method, "DELETE") != 0)
        curl_easy_setopt(r->curl, CURLOPT_COPYPOSTFIELDS,
                         body == NULL ? "" : body);
    curl_easy_perform(r->curl);
    curl_easy_getinfo(r->curl, CURLINFO_RESPONSE_CODE, &answer->status);
    curl_slist_free_all(headers);
    answer->body = reply.data == NULL ? NULL : json_tokener_parse(reply.data);
    free(reply.data);
}

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
    for (size_t i = 0; known && i < r->npairs; i++)
        if (strstr(body, r->pair[i].ours) != NULL)
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
               : translate(r, json_object_to_json_string_ext(
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
    const char *message =
        json_object_get_string(get(get(e->reply_json, "error"), "message"));

    return message == NULL ? NULL : translate(r, message);
}

/* done: what to call it when the answer is as it was recorded. */
static void replay_one(struct replay *r, const struct exchange *e,
                       struct json_object *body, bool hsm, const char *done)
{
    const char *path = strchr(e->url + 8, '/');
    char *target = translate(r, path);
    char *text = body_text(r, body);
    char *shape = shape_of(path);
    char *message = message_of(r, e);
    char url[8192];
    struct answer answer;
    const char *why;

    snprintf(url, sizeof(url), "%s%s", r->url[hsm], target);
    send_request(r, e->method, url, text,
                 e->status == 401 ? NULL : r->token[hsm], &answer);
    why = excuse(r, path, answer.status, text);
    if (why == NULL) {
        if (asprintf(&r->what, "%s %s %ld", e->method, shape, e->status) < 0)
            abort();
        r->differing = 0;
        compare_answers(e, message, &answer, judge, r);
        learn_all(r, e->reply_json, answer.body);
        free(r->what);
        why = r->differing == 0 ? done : DIFFERS;
    }
    say(r, why, e->method, path);
    json_object_put(answer.body);
    json_object_put(answer.headers);
    free(target);
    free(text);
    free(shape);
    free(message);
}

static bool is_for_vault(const char *uri)
{
    static const char *const others[] = { "https://login.microsoftonline.com/",
                                          "https://management.azure.com/",
                                          "https://msi-endpoint/", "http://" };

    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
        if (strncmp(uri, others[i], strlen(others[i])) == 0)
            return false;
    return true;
}

/* The same path, but for a slash at the end. */
static bool same_path(const char *a, const char *b)
{
    size_t alen = strcspn(a, "?");
    size_t blen = strcspn(b, "?");

    alen -= alen > 0 && a[alen - 1] == '/';
    blen -= blen > 0 && b[blen - 1] == '/';
    return alen == blen && strncmp(a, b, alen) == 0;
}

/* How often that was asked for, behind the index, until it was there. */
static int count_polls(const struct recording *recording, size_t index,
                       const char *method, const char *path, long status)
{
    int n = 0;

    for (size_t i = index + 1; i < recording->count; i++) {
        const struct exchange *e = &recording->items[i];

        if (!is_for_vault(e->url) || strcmp(e->method, method) != 0
            || !same_path(strchr(e->url + 8, '/'), path))
            continue;
        if (e->status != status)
            break;
        n++;
    }
    return n;
}

/* How many polls the change of the exchange took; path: from the slash. */
static int polls_of(const struct recording *recording, size_t index,
                    const char *path)
{
    const char *method = recording->items[index].method;
    size_t len = strcspn(path, "?");
    const char *kind = path + 1;
    char other[512];

    if (strcmp(method, "DELETE") == 0 && strncmp(kind, "deleted", 7) == 0) {
        snprintf(other, sizeof(other), "/%.*s/restore",
                 (int)strcspn(kind + 7, "/"), kind + 7);
        return count_polls(recording, index, "POST", other, 409);
    }
    if (strcmp(method, "DELETE") == 0) {
        snprintf(other, sizeof(other), "/deleted%.*s", (int)len - 1, kind);
        return count_polls(recording, index, "GET", other, 404);
    }
    if (strncmp(kind, "deleted", 7) == 0 && len > 8
        && strncmp(path + len - 8, "/recover", 8) == 0) {
        snprintf(other, sizeof(other), "/%.*s", (int)len - 16, kind + 7);
        return count_polls(recording, index, "GET", other, 404);
    }
    return 0;
}

/* How many polls the making of a certificate took. */
static int create_polls_of(const struct recording *recording, size_t index,
                           const char *path)
{
    size_t len = strcspn(path, "?");
    char pending[512];
    int n = 0;

    if (strncmp(path, "/certificates/", 14) != 0 || len < 7
        || strncmp(path + len - 7, "/create", 7) != 0)
        return 0;
    snprintf(pending, sizeof(pending), "%.*s/pending", (int)len - 7, path);
    for (size_t i = index + 1; i < recording->count; i++) {
        const struct exchange *e = &recording->items[i];
        const char *status =
            json_object_get_string(get(e->reply_json, "status"));

        if (!is_for_vault(e->url) || strcmp(e->method, "GET") != 0
            || !same_path(strchr(e->url + 8, '/'), pending))
            continue;
        if (status == NULL || strcmp(status, "inProgress") != 0)
            break;
        n++;
    }
    return n;
}

/* The emulator is to be as slow as the service was. */
static void set_slowness(struct replay *r, int polls, int create_polls)
{
    struct text reply = { NULL, 0 };
    char body[96];

    if (polls == r->polls && create_polls == r->create_polls)
        return;
    snprintf(body, sizeof(body), "{\"polls\":%d,\"create_polls\":%d}", polls,
             create_polls);
    curl_easy_reset(r->curl);
    curl_easy_setopt(r->curl, CURLOPT_UNIX_SOCKET_PATH, r->socket);
    curl_easy_setopt(r->curl, CURLOPT_URL, "http://emulator/slow-delete");
    curl_easy_setopt(r->curl, CURLOPT_COPYPOSTFIELDS, body);
    curl_easy_setopt(r->curl, CURLOPT_WRITEFUNCTION, collect);
    curl_easy_setopt(r->curl, CURLOPT_WRITEDATA, &reply);
    curl_easy_perform(r->curl);
    free(reply.data);
    r->polls = polls;
    r->create_polls = create_polls;
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
    const char *path;
    struct json_object *body;

    hsm = hsm || is_hsm(e->url);
    if (!is_for_vault(e->url)) {
        say(r, "not of a vault: identity or management", e->method, e->url);
        return;
    }
    path = strchr(e->url + 8, '/');
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

static void forget(struct replay *r)
{
    for (size_t i = 0; i < r->npairs; i++) {
        free(r->pair[i].recorded);
        free(r->pair[i].ours);
    }
    r->npairs = 0;
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
    printf("\n%s (%s)\n\n| method | path | outcome |\n|---|---|---|\n", r->file,
           recording.format);
    for (size_t i = 0; i < recording.count; i++)
        replay_exchange(r, &recording, i, hsm);
    recording_free(&recording);
    forget(r);
}

int main(int argc, char **argv)
{
    static struct replay r;
    bool ok;

    if (argc < 9) {
        fputs("usage: replay EXCUSES VAULT-URL HSM-URL VAULT-TOKEN HSM-TOKEN "
              "CA-FILE SOCKET RECORDING...\n",
              stderr);
        return 2;
    }
    r.excuses = excuses_load(argv[1]);
    if (r.excuses == NULL)
        return 2;
    r.url[0] = argv[2];
    r.url[1] = argv[3];
    r.token[0] = argv[4];
    r.token[1] = argv[5];
    r.ca = argv[6];
    r.curl = curl_easy_init();
    r.socket = argv[7];
    for (int i = 8; i < argc; i++)
        replay_file(&r, argv[i]);
    puts("\n| exchanges | outcome |\n|---|---|");
    for (size_t i = 0; i < r.noutcomes; i++)
        printf("| %u | %s |\n", r.outcome[i].count, r.outcome[i].what);
    curl_easy_cleanup(r.curl);
    ok = excuses_report(r.excuses) && count(&r, DIFFERS) == 0
         && count(&r, REPLAYED) > 0;
    excuses_free(r.excuses);
    return ok ? 0 : 1;
}
