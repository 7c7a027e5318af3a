/* SPDX-License-Identifier: Apache-2.0 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <microhttpd.h>

#include "jsonx.h"
#include "ossl.h"
#include "request_log.h"
#include "xmem.h"

#define ENTRIES 1000
#define MAX_BODY 65536

struct entry {
    char *method; /* all owned */
    char *target;
    struct emu_buf headers; /* "name\0value\0", over and over */
    struct emu_buf body;
    uint64_t serial;
    unsigned status; /* 0: not answered yet, or kept to ourselves */
    struct emu_buf reply;
};

struct emu_log {
    pthread_mutex_t lock;
    struct entry *ring[ENTRIES];
    uint64_t added;
};

struct emu_log *emu_log_new(void)
{
    struct emu_log *log = emu_xcalloc(1, sizeof(*log));

    pthread_mutex_init(&log->lock, NULL);
    return log;
}

static void entry_free(struct entry *entry)
{
    if (entry == NULL)
        return;
    free(entry->method);
    free(entry->target);
    emu_buf_free(&entry->headers);
    emu_buf_free(&entry->body);
    emu_buf_free(&entry->reply);
    free(entry);
}

void emu_log_clear(struct emu_log *log)
{
    pthread_mutex_lock(&log->lock);
    for (size_t i = 0; i < ENTRIES; i++) {
        entry_free(log->ring[i]);
        log->ring[i] = NULL;
    }
    pthread_mutex_unlock(&log->lock);
}

void emu_log_free(struct emu_log *log)
{
    if (log == NULL)
        return;
    emu_log_clear(log);
    pthread_mutex_destroy(&log->lock);
    free(log);
}

/* The same token has the same id, and the id is of no use to anybody else. */
static void add_credentials(struct emu_buf *out, const char *value)
{
    size_t scheme = strcspn(value, " ");
    unsigned char hash[32] = { 0 };

    emu_buf_add(out, value, scheme);
    if (value[scheme] == '\0')
        return;
    if (emu_sha256(value + scheme + 1, strlen(value + scheme + 1), hash))
        emu_buf_printf(out, " token-%02x%02x%02x%02x%02x%02x", hash[0], hash[1],
                       hash[2], hash[3], hash[4], hash[5]);
}

static enum MHD_Result add_header(void *cls, enum MHD_ValueKind kind,
                                  const char *name, const char *value)
{
    struct emu_buf *out = cls;

    (void)kind;
    emu_buf_add(out, name, strlen(name) + 1);
    if (value != NULL && strcasecmp(name, "Authorization") == 0)
        add_credentials(out, value);
    else if (value != NULL)
        emu_buf_addstr(out, value);
    emu_buf_add(out, "", 1);
    return MHD_YES;
}

/* Form fields that prove who somebody is. */
static void add_body(struct emu_buf *out, const struct emu_buf *body)
{
    static const char *const secrets[] = { "client_secret=",
                                           "client_assertion=" };
    const char *text = emu_buf_str(body);
    size_t len = body->len > MAX_BODY ? MAX_BODY : body->len;
    size_t i = 0;

    while (i < len) {
        size_t n = 0;

        for (size_t j = 0; j < 2 && n == 0; j++)
            if ((i == 0 || text[i - 1] == '&')
                && strncmp(text + i, secrets[j], strlen(secrets[j])) == 0)
                n = strlen(secrets[j]);
        if (n == 0) {
            emu_buf_add(out, text + i++, 1);
            continue;
        }
        emu_buf_add(out, text + i, n);
        emu_buf_addstr(out, "***");
        i += n + strcspn(text + i + n, "&");
    }
}

uint64_t emu_log_add(struct emu_log *log, const struct emu_request *req)
{
    struct entry *entry = emu_xcalloc(1, sizeof(*entry));
    struct entry **slot;
    struct entry *old;
    uint64_t serial;

    entry->method = emu_xstrdup(req->method);
    entry->target = emu_xstrdup(req->raw);
    MHD_get_connection_values(req->conn, MHD_HEADER_KIND, add_header,
                              &entry->headers);
    add_body(&entry->body, &req->body);
    pthread_mutex_lock(&log->lock);
    serial = log->added++;
    entry->serial = serial;
    slot = &log->ring[serial % ENTRIES];
    old = *slot;
    *slot = entry;
    pthread_mutex_unlock(&log->lock);
    entry_free(old);
    return serial;
}

void emu_log_answer(struct emu_log *log, uint64_t serial,
                    const struct emu_reply *reply)
{
    size_t len = reply->body.len > MAX_BODY ? MAX_BODY : reply->body.len;
    struct entry *entry;

    pthread_mutex_lock(&log->lock);
    entry = log->ring[serial % ENTRIES];
    if (entry != NULL && entry->serial == serial) {
        entry->status = reply->status;
        emu_buf_add(&entry->reply, reply->body.data, len);
    }
    pthread_mutex_unlock(&log->lock);
}

/* What is no text is shown byte by byte, or the log would be no JSON. */
static struct json_object *text_json(const char *text, size_t len)
{
    struct json_object *obj;
    char *copy = emu_xcalloc(len + 1, 1);

    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)text[i];

        copy[i] = c < 0x80 && c != 0 ? text[i] : '?';
    }
    obj = json_object_new_string(copy);
    free(copy);
    return obj;
}

static struct json_object *headers_json(const struct emu_buf *headers)
{
    struct json_object *obj = json_object_new_object();
    const char *p = emu_buf_str(headers);
    const char *end = p + headers->len;

    while (p < end) {
        const char *value = p + strlen(p) + 1;

        json_object_object_add(obj, p, text_json(value, strlen(value)));
        p = value + strlen(value) + 1;
    }
    return obj;
}

struct json_object *emu_log_json(struct emu_log *log)
{
    struct json_object *list = json_object_new_array();
    uint64_t i;

    pthread_mutex_lock(&log->lock);
    i = log->added > ENTRIES ? log->added - ENTRIES : 0;
    for (; i < log->added; i++) {
        const struct entry *entry = log->ring[i % ENTRIES];
        struct json_object *obj;

        if (entry == NULL) /* cleared */
            continue;
        obj = json_object_new_object();
        emu_json_add_str(obj, "method", entry->method);
        json_object_object_add(obj, "target",
                               text_json(entry->target, strlen(entry->target)));
        json_object_object_add(obj, "headers", headers_json(&entry->headers));
        json_object_object_add(
            obj, "body", text_json(emu_buf_str(&entry->body), entry->body.len));
        if (entry->status != 0) {
            emu_json_add_int(obj, "status", entry->status);
            json_object_object_add(
                obj, "reply",
                text_json(emu_buf_str(&entry->reply), entry->reply.len));
        }
        json_object_array_add(list, obj);
    }
    pthread_mutex_unlock(&log->lock);
    return list;
}
