/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Recorded exchanges with the service, replayed by libakv: it has to send a
 * request of the recorded one's shape, and to understand the recorded reply.
 * Prints a table with a row for each file, and how many exchanges were not
 * replayed, for which reasons.
 * Usage: contract_replay_client RECORDINGS-FOLDER
 */

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "recordings.h"
#include "replay_calls.h"
#include "replay_identity.h"
#include "replay_world.h"
#include "shapes.h"
#include "unit.h"

#define SKIPPED 77
#define MAX_REASONS 16

/* In the place of a challenge that was not recorded. */
#define CHALLENGE                                                              \
    "Bearer authorization=\"https://login.microsoftonline.com/"                \
    "11111111-2222-3333-4444-555555555555\", "                                 \
    "resource=\"https://vault.azure.net\""

/* Why some are not replayed; each is found out from the exchange itself. */
static const char *const discovery =
    "discovery of the authority: libakv asks for none";
static const char *const control_plane =
    "control plane (management.azure.com): libakv has none";
static const char *const no_function = "no function: libakv does not offer it";
static const char *const refused =
    "refused: libakv knows a bad argument before it is sent";

static const char *folder;
static struct {
    const char *why;
    unsigned count;
} reasons[MAX_REASONS];
static unsigned total, replayed, without_body;

/* The path of a URL without its query; to be freed. */
static char *path_of(const char *url)
{
    const char *path = strchr(strstr(url, "://") + 3, '/');

    return strndup(path, strcspn(path, "?"));
}

static char *host_of(const char *url)
{
    const char *host = strstr(url, "://") + 3;

    return strndup(host, strcspn(host, ":/"));
}

/* The value of $skiptoken in a text, up to what may stand behind it. */
static const char *skiptoken(const char *text, size_t *len)
{
    const char *token = text == NULL ? NULL : strstr(text, "skiptoken=");

    if (token == NULL)
        return NULL;
    token += strlen("skiptoken=");
    *len = strcspn(token, "&\"");
    return token;
}

/* The exchange that the link in a reply leads to; NULL: not recorded. */
static struct exchange *next_page(const struct recording *recording,
                                  const struct exchange *x)
{
    const char *link = strstr(x->reply, "\"nextLink\":");
    size_t len, other;
    const char *token = skiptoken(link, &len);

    for (size_t i = (size_t)(x - recording->items) + 1;
         token != NULL && i < recording->count; i++) {
        const char *own = skiptoken(recording->items[i].url, &other);

        if (own != NULL && other == len && strncmp(own, token, len) == 0
            && !recording->items[i].replayed)
            return &recording->items[i];
    }
    return NULL;
}

/* How many items a page of a list has. */
static size_t count_items(const struct exchange *x)
{
    struct akv_json *json = akv_json_parse(x->reply, strlen(x->reply), NULL);
    size_t count = akv_json_length(akv_json_get(json, "value"));

    akv_json_free(json);
    return count;
}

/* The exchange and, for a list, the pages behind it that were recorded. */
static size_t collect_pages(const struct recording *recording,
                            struct exchange *x, struct replay_call *call,
                            struct exchange **pages)
{
    size_t count = 0;

    while (x != NULL && count < REPLAY_PAGES) {
        size_t len;

        pages[count++] = x;
        call->items += count_items(x);
        call->whole =
            skiptoken(strstr(x->reply, "\"nextLink\":"), &len) == NULL;
        x = next_page(recording, x);
    }
    return count;
}

/* The recorded question that the service answered with a challenge: the same
 * request without token and body. NULL: it was another request that made it. */
static struct exchange *find_question(const struct recording *recording,
                                      const struct exchange *x)
{
    for (struct exchange *q = recording->items; q < x; q++)
        if (q->status == 401 && !q->replayed && q->challenge != NULL
            && strcmp(q->method, x->method) == 0 && strcmp(q->url, x->url) == 0)
            return q;
    return NULL;
}

/* Bytes of the first segment, with the '/' in front of it. */
static size_t segment(const char *path)
{
    size_t slashes = strspn(path, "/");

    return slashes + strcspn(path + slashes, "/");
}

/* The identifier of what a path names: of /COLLECTION/NAME/VERSION/... what is
 * there. False if libakv takes it for none. */
static bool read_id(const char *url, const char *path, struct akv_id *id,
                    struct akv_error *err)
{
    const char *collection = path + strspn(path, "/"), *name;
    char *host = host_of(url), text[1024];
    size_t len;
    bool ok, none;

    if (strncmp(collection, "deleted", 7) == 0)
        collection += 7;
    if (strcmp(collection, "rng") == 0)
        collection = "keys"; /* of which only the host matters */
    name = collection + strcspn(collection, "/");
    len = segment(name);
    if (strncmp(name, "/issuers", len) == 0 && len > 1) {
        name += len;
        len = segment(name);
    }
    /* A version has digits; the words that may stand there have none. */
    if (strcspn(name + len, "0123456789") < segment(name + len))
        len += segment(name + len);
    none = len <= 1 || strncmp(name, "/contacts", len) == 0;
    (void)snprintf(text, sizeof(text), "https://%s/%.*s%.*s", host,
                   (int)strcspn(collection, "/"), collection,
                   none ? 5 : (int)len, none ? "/none" : name);
    ok = akv_id_parse_https(id, text, err);
    if (none)
        id->name[0] = '\0';
    free(host);
    return ok;
}

/* What libakv says of a recorded refusal. */
static void check_error(const struct exchange *x, const struct akv_error *err)
{
    static const struct {
        long status;
        enum akv_error_code code;
    } codes[] = { { 400, AKV_E_SERVICE },
                  { 403, AKV_E_FORBIDDEN },
                  { 404, AKV_E_NOT_FOUND },
                  { 409, AKV_E_CONFLICT } };
    struct akv_json *json = akv_json_parse(x->reply, strlen(x->reply), NULL);
    const struct akv_json *error = akv_json_get(json, "error");
    const char *code = akv_json_get_text(error, "code");
    const char *inner =
        akv_json_get_text(akv_json_get(error, "innererror"), "code");
    bool known = false;

    CHECK_INT(x->url, err->http_status, x->status);
    CHECK_STR(x->url, err->service_code, code != NULL ? code : "");
    CHECK_STR(x->url, err->inner_code, inner != NULL ? inner : "");
    CHECK_STR(x->url, err->request_id,
              x->request_id != NULL ? x->request_id : "");
    for (size_t i = 0; i < COUNT(codes); i++) {
        if (codes[i].status == x->status) {
            CHECK_INT(x->url, err->code, codes[i].code);
            known = true;
        }
    }
    CHECK_AT(x->url, known);
    akv_json_free(json);
}

/* The requests that were made: question, token, and one for each page. */
static void check_requests(const struct exchange *question,
                           struct exchange *const *pages, size_t count)
{
    const struct fake_io *io = replay_world_io();

    if (!CHECK_INT(pages[0]->url, io->count, REPLAY_BEFORE + count))
        return;
    /* Others ask by the operation itself, where a host that wants no token
     * carries it out. */
    CHECK_AT("question", io->requests[0].authorization == NULL
                             && io->requests[0].body == NULL
                             && strcmp(io->requests[0].method, "GET") == 0);
    if (question != NULL && strcmp(pages[0]->method, "GET") != 0)
        CHECK_HAS(question->url, io->requests[0].url, "&maxresults=1");
    for (size_t i = 0; i < count; i++) {
        const struct fake_request *ours = &io->requests[REPLAY_BEFORE + i];

        CHECK_STR(pages[i]->url, ours->method, pages[i]->method);
        CHECK_STR(pages[i]->url, ours->authorization, "Bearer tok");
        CHECK_AT(pages[i]->url, shapes_url(pages[i]->url, ours->url));
        if (pages[i]->kept)
            CHECK_AT(pages[i]->url, shapes_body(pages[i]->body, ours->body));
    }
}

/* Marks what was replayed. */
static void mark(struct exchange *question, struct exchange *const *pages,
                 size_t count)
{
    if (question != NULL)
        question->replayed = true;
    for (size_t i = 0; i < count; i++) {
        pages[i]->replayed = true;
        without_body += pages[i]->kept ? 0 : 1;
    }
}

static void run(const struct recording *recording, struct exchange *x,
                replay_call_fn *fn, struct replay_call *call)
{
    struct exchange *question = find_question(recording, x);
    struct exchange *pages[REPLAY_PAGES];
    size_t count = collect_pages(recording, x, call, pages);
    struct akv_error err = AKV_ERROR_INIT;
    char *host = host_of(x->url);
    bool ok;

    replay_world_start(host, question != NULL ? question->challenge : CHALLENGE,
                       pages, count);
    if (x->body != NULL)
        call->body = akv_json_parse(x->body, strlen(x->body), NULL);
    ok = fn(call, &err);
    if (!ok && err.code == AKV_E_INVALID && replay_world_io()->count == 0
        && x->status == 400) {
        x->why_not = refused;
    } else if (x->status < 300) {
        CHECK_STR(x->url, err.message, "");
        CHECK_AT(x->url, ok);
        check_requests(question, pages, count);
    } else {
        CHECK_AT(x->url, !ok);
        check_error(x, &err);
        check_requests(question, pages, count);
    }
    if (x->why_not == NULL)
        mark(question, pages, count);
    akv_json_free(call->body);
    free(host);
    replay_world_stop();
}

static void replay_call(const struct recording *recording, struct exchange *x,
                        const char *path)
{
    bool pem = strstr(x->url, "outContentType") != NULL;
    replay_call_fn *fn = replay_find(pem ? "GET PEM" : x->method, path);
    struct replay_call call = { .body = NULL };
    struct akv_error err = AKV_ERROR_INIT;

    if (fn == NULL)
        x->why_not = no_function;
    else if (read_id(x->url, path, &call.id, &err))
        run(recording, x, fn, &call);
    else if (x->status == 400)
        x->why_not = refused;
    else
        CHECK_STR(x->url, err.message, "");
}

static void replay(const struct recording *recording, struct exchange *x)
{
    char *path = path_of(x->url);

    if (strstr(path, "/discovery/") != NULL
        || strstr(path, "/.well-known/") != NULL)
        x->why_not = discovery;
    else if (strstr(x->url, "://management.azure.com/") != NULL)
        x->why_not = control_plane;
    else if (replay_is_identity(x))
        x->replayed = replay_identity(recording, x);
    else
        replay_call(recording, x, path);
    free(path);
}

static void note_reason(const char *why)
{
    size_t i = 0;

    while (i < MAX_REASONS - 1 && reasons[i].why != NULL
           && strcmp(reasons[i].why, why) != 0)
        i++;
    reasons[i].why = why;
    reasons[i].count++;
}

/* Where the recorder put {}, there was something or nothing. */
static void drop_empty_body(struct exchange *x)
{
    if (x->body == NULL || strcmp(x->body, "{}") != 0)
        return;
    free(x->body);
    x->body = NULL;
    x->kept = false;
}

/* Challenges are replayed as the beginning of what they were the answer to,
 * which comes later in the file; what is left is replayed for itself. */
static void replay_all(struct recording *recording)
{
    for (size_t i = 0; i < recording->count; i++)
        drop_empty_body(&recording->items[i]);
    for (size_t i = 0; i < recording->count; i++)
        if (recording->items[i].status != 401
            || replay_is_identity(&recording->items[i]))
            if (!recording->items[i].replayed)
                replay(recording, &recording->items[i]);
}

static unsigned count_others(const struct recording *recording, const char *why)
{
    unsigned count = 0;

    for (size_t i = 0; i < recording->count; i++)
        count += recording->items[i].why_not == why ? 1 : 0;
    return count;
}

static void print_row(const char *name, const struct recording *recording)
{
    const char *const kinds[] = { discovery, control_plane, no_function,
                                  refused };
    unsigned done = 0;

    for (size_t i = 0; i < recording->count; i++) {
        const struct exchange *x = &recording->items[i];

        if (x->replayed)
            done++;
        else if (CHECK_AT(x->url, x->why_not != NULL))
            note_reason(x->why_not);
        else
            printf("  NOT REPLAYED: %s %s %ld\n", x->method, x->url, x->status);
    }
    total += (unsigned)recording->count;
    replayed += done;
    printf("%-52s %5zu %8u", name, recording->count, done);
    for (size_t i = 0; i < COUNT(kinds); i++)
        if ((done = count_others(recording, kinds[i])) > 0)
            printf("  %u: %.*s", done, (int)strcspn(kinds[i], ":"), kinds[i]);
    putchar('\n');
}

static int is_recording(const struct dirent *entry)
{
    const char *dot = strrchr(entry->d_name, '.');

    return dot != NULL
           && (strcmp(dot, ".json") == 0 || strcmp(dot, ".yaml") == 0);
}

static void files(void)
{
    struct dirent **entries = NULL;
    int count = scandir(folder, &entries, is_recording, alphasort);

    printf("\n%-52s %5s %8s  %s\n", "file", "all", "replayed", "the others");
    for (int i = 0; i < count; i++) {
        struct recording recording;
        char path[4096];

        (void)snprintf(path, sizeof(path), "%s/%s", folder, entries[i]->d_name);
        if (CHECK_AT(path, recording_load(&recording, path))) {
            replay_all(&recording);
            print_row(entries[i]->d_name, &recording);
        }
        recording_free(&recording);
        free(entries[i]);
    }
    free(entries);
}

static void table(void)
{
    unsigned others = 0;

    printf("%u exchanges, %u replayed, %u of them with requests whose bodies "
           "the recorder did not keep; not replayed:\n",
           total, replayed, without_body);
    for (size_t i = 0; i < MAX_REASONS && reasons[i].why != NULL; i++) {
        printf("%5u  %s\n", reasons[i].count, reasons[i].why);
        others += reasons[i].count;
    }
    puts("Differences of requests that are meant:");
    shapes_print();
    CHECK_INT("all", replayed + others, total);
    CHECK("most are replayed" && replayed > 4 * others);
}

int main(int argc, char **argv)
{
    static const struct unit_test tests[] = {
        { "recordings", files },
        { "table", table },
    };
    DIR *dir;

    folder = argc > 1 ? argv[1] : "";
    dir = opendir(folder);
    if (dir == NULL) {
        printf("skipped: no recorded exchanges in '%s'\n", folder);
        return SKIPPED;
    }
    (void)closedir(dir);
    return unit_main("contract_replay_client", tests, COUNT(tests));
}
