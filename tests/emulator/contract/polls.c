/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "polls.h"

bool is_for_vault(const char *uri)
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

int polls_of(const struct recording *recording, size_t index, const char *path)
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

int create_polls_of(const struct recording *recording, size_t index,
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
            json_object_get_string(recording_get(e->reply_json, "status"));

        if (!is_for_vault(e->url) || strcmp(e->method, "GET") != 0
            || !same_path(strchr(e->url + 8, '/'), pending))
            continue;
        if (status == NULL || strcmp(status, "inProgress") != 0)
            break;
        n++;
    }
    return n;
}

/* How a certificate that is being made stands; NULL: it is something else. */
static const char *standing(const struct exchange *e)
{
    return strstr(e->url, "/pending") == NULL
               ? NULL
               : json_object_get_string(recording_get(e->reply_json, "status"));
}

static bool recovers(const struct recording *recording, size_t index)
{
    for (size_t i = 0; i < index; i++)
        if (strstr(recording->items[i].url, "/recover?") != NULL)
            return true;
    return false;
}

bool is_poll(const struct recording *recording, size_t index)
{
    const struct exchange *e = &recording->items[index];
    const char *path = strchr(e->url + 8, '/');
    const char *status = standing(e);
    bool making = status != NULL && strcmp(status, "inProgress") == 0
                  && strcmp(e->method, "GET") == 0;
    bool changing =
        (e->status == 404 && strcmp(e->method, "GET") == 0
         && (strncmp(path, "/deleted", 8) == 0 || recovers(recording, index)))
        || (e->status == 409 && strstr(path, "/restore?") != NULL);

    for (size_t i = index + 1; (making || changing) && i < recording->count;
         i++) {
        const struct exchange *next = &recording->items[i];

        if (!is_for_vault(next->url) || strcmp(next->method, e->method) != 0
            || !same_path(strchr(next->url + 8, '/'), path))
            continue;
        if (making)
            return standing(next) != NULL;
        return true;
    }
    return false;
}
