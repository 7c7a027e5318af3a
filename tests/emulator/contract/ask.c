/* SPDX-License-Identifier: Apache-2.0 */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ask.h"

struct text {
    char *data;
    size_t len;
};

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

void ask(const struct asked *a, const char *method, const char *url,
         const char *body, const char *token, struct answer *answer)
{
    struct curl_slist *headers = NULL;
    struct text reply = { NULL, 0 };
    char authorization[8192];

    *answer = (struct answer){ .headers = json_object_new_object() };

    curl_easy_reset(a->curl);
    if (token != NULL) {
        snprintf(authorization, sizeof(authorization),
                 "Authorization: Bearer %s", token);
        headers = curl_slist_append(headers, authorization);
    }
    headers = curl_slist_append(headers, "Content-Type: application/json");
    curl_easy_setopt(a->curl, CURLOPT_URL, url);
    if (a->ca != NULL)
        curl_easy_setopt(a->curl, CURLOPT_CAINFO, a->ca);
    curl_easy_setopt(a->curl, CURLOPT_CUSTOMREQUEST, method);
    curl_easy_setopt(a->curl, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(a->curl, CURLOPT_WRITEFUNCTION, collect);
    curl_easy_setopt(a->curl, CURLOPT_WRITEDATA, &reply);
    curl_easy_setopt(a->curl, CURLOPT_HEADERFUNCTION, collect_header);
    curl_easy_setopt(a->curl, CURLOPT_HEADERDATA, answer);
    if (strcmp(method, "GET") != 0 && strcmp(method, "DELETE") != 0)
        curl_easy_setopt(a->curl, CURLOPT_COPYPOSTFIELDS,
                         body == NULL ? "" : body);
    curl_easy_perform(a->curl);
    curl_easy_getinfo(a->curl, CURLINFO_RESPONSE_CODE, &answer->status);
    curl_slist_free_all(headers);
    answer->body = reply.data == NULL ? NULL : json_tokener_parse(reply.data);
    free(reply.data);
}

void ask_slowness(const struct asked *a, int polls, int create_polls)
{
    struct text reply = { NULL, 0 };
    char body[96];

    snprintf(body, sizeof(body), "{\"polls\":%d,\"create_polls\":%d}", polls,
             create_polls);
    curl_easy_reset(a->curl);
    curl_easy_setopt(a->curl, CURLOPT_UNIX_SOCKET_PATH, a->socket);
    curl_easy_setopt(a->curl, CURLOPT_URL, "http://emulator/slow-delete");
    curl_easy_setopt(a->curl, CURLOPT_COPYPOSTFIELDS, body);
    curl_easy_setopt(a->curl, CURLOPT_WRITEFUNCTION, collect);
    curl_easy_setopt(a->curl, CURLOPT_WRITEDATA, &reply);
    curl_easy_perform(a->curl);
    free(reply.data);
}
