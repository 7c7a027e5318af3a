/* SPDX-License-Identifier: Apache-2.0 */

/*
 * libmicrohttpd on one side, a request and a reply on the other. One thread
 * per connection, so that a handler may simply sleep.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>
#include <unistd.h>

#include <microhttpd.h>

#include "clock.h"
#include "faults.h"
#include "raw_reply.h"
#include "server.h"
#include "tls_faults.h"
#include "tls_session.h"
#include "xmem.h"

#define MAX_CONNECTIONS 1024u
#define CHUNK 65536

struct emu_server {
    struct emu *emu; /* borrowed */
    emu_serve_fn *serve;
    enum emu_style style;
    struct MHD_Daemon *daemon[2];
    struct emu_tickets *tickets;    /* owned; NULL: no TLS */
    struct emu_tls_faults *bad_tls; /* likewise */
};

/* The request while its body arrives. */
struct exchange {
    struct emu_request req;
    bool begun;
};

const char *emu_request_header(const struct emu_request *req, const char *name)
{
    return MHD_lookup_connection_value(req->conn, MHD_HEADER_KIND, name);
}

static void *exchange_new(void *cls, const char *uri,
                          struct MHD_Connection *conn)
{
    struct exchange *x = emu_xcalloc(1, sizeof(*x));

    (void)cls;
    x->req.conn = conn;
    x->req.fd = -1;
    x->req.raw = emu_xstrdup(uri);
    x->req.bad_target = !emu_target_parse(&x->req.target, uri);
    return x;
}

static void exchange_done(void *cls, struct MHD_Connection *conn,
                          void **con_cls, enum MHD_RequestTerminationCode code)
{
    struct exchange *x = *con_cls;

    (void)cls;
    (void)conn;
    (void)code;
    if (x == NULL)
        return;
    emu_target_free(&x->req.target);
    emu_buf_free(&x->req.body);
    free(x->req.raw);
    free(x);
    *con_cls = NULL;
}

/* A documented substitute for verbs that a proxy may not let through. */
static const char *effective_method(const struct emu_request *req,
                                    const char *method)
{
    static const char *const verbs[] = { "PATCH", "DELETE", "PUT", "GET" };
    const char *other = emu_request_header(req, "X-HTTP-METHOD");

    if (other == NULL || strcmp(method, "POST") != 0)
        return method;
    for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++)
        if (strcasecmp(verbs[i], other) == 0)
            return verbs[i];
    return method;
}

/* A host that could not stand in a URL is answered as if it were absent. */
static const char *effective_host(const struct emu_request *req)
{
    const char *host = emu_request_header(req, "Host");

    if (host == NULL || *host == '\0'
        || host[strspn(host, "0123456789abcdefghijklmnopqrstuvwxyz"
                             "ABCDEFGHIJKLMNOPQRSTUVWXYZ-.:[]")]
               != '\0')
        return "localhost";
    return host;
}

static ssize_t huge_reader(void *cls, uint64_t pos, char *buf, size_t max)
{
    static const char head[] = "{\"value\":\"";
    static const char tail[] = "\"}";
    const struct emu_reply *reply = cls;
    size_t total = reply->huge;
    size_t n = max > total - pos ? (size_t)(total - pos) : max;

    for (size_t i = 0; i < n; i++) {
        size_t at = (size_t)pos + i;

        if (at < sizeof(head) - 1)
            buf[i] = head[at];
        else if (at + sizeof(tail) - 1 >= total)
            buf[i] = tail[at + sizeof(tail) - 1 - total];
        else
            buf[i] = 'A';
    }
    return (ssize_t)n;
}

static void huge_free(void *cls)
{
    free(cls);
}

static struct MHD_Response *huge_response(const struct emu_reply *reply)
{
    struct emu_reply *copy = emu_xcalloc(1, sizeof(*copy));

    copy->huge = reply->huge < 16 ? 16 : reply->huge;
    return MHD_create_response_from_callback(copy->huge, CHUNK, huge_reader,
                                             copy, huge_free);
}

/* By the clock that is set over the control interface. */
static void add_date(struct MHD_Response *response)
{
    time_t now = (time_t)emu_now();
    char text[40];
    struct tm tm;

    if (gmtime_r(&now, &tm) != NULL
        && strftime(text, sizeof(text), "%a, %d %b %Y %H:%M:%S GMT", &tm) > 0)
        (void)MHD_add_response_header(response, MHD_HTTP_HEADER_DATE, text);
}

static enum MHD_Result send_reply(const struct emu_server *server,
                                  struct MHD_Connection *conn,
                                  struct emu_reply *reply)
{
    struct MHD_Response *response;
    enum MHD_Result result;

    if (reply->delivery == EMU_DELIVER_HUGE)
        response = huge_response(reply);
    else {
        response = MHD_create_response_from_buffer(
            reply->body.len, reply->body.data, MHD_RESPMEM_MUST_COPY);
    }
    if (response == NULL)
        return MHD_NO;
    for (size_t i = 0; i < reply->nheaders; i++)
        MHD_add_response_header(response, reply->header[i].name,
                                reply->header[i].value);
    if (server->style != EMU_STYLE_HSM)
        add_date(response);
    result = MHD_queue_response(conn, reply->status, response);
    MHD_destroy_response(response);
    return result;
}

static enum MHD_Result answer(struct emu_server *server, struct exchange *x,
                              struct MHD_Connection *conn, const char *method)
{
    struct emu_reply reply = { 0 };
    enum MHD_Result result = MHD_NO;

    x->req.method = effective_method(&x->req, method);
    x->req.host = effective_host(&x->req);
    x->req.hsm = server->style == EMU_STYLE_HSM;
    server->serve(server->emu, &x->req, &reply);
    if (reply.delivery == EMU_DELIVER_RAW)
        emu_raw_reply(conn, &reply);
    else if (reply.delivery != EMU_DELIVER_DROP)
        result = send_reply(server, conn, &reply);
    emu_reply_free(&reply);
    return result;
}

static enum MHD_Result handle(void *cls, struct MHD_Connection *conn,
                              const char *url, const char *method,
                              const char *version, const char *data,
                              size_t *data_size, void **con_cls)
{
    struct exchange *x = *con_cls;
    const union MHD_ConnectionInfo *info;

    (void)url;
    (void)version;
    if (!x->begun) {
        x->begun = true;
        info = MHD_get_connection_info(conn, MHD_CONNECTION_INFO_CONNECTION_FD);
        if (info != NULL)
            x->req.fd = info->connect_fd;
        return MHD_YES;
    }
    if (*data_size == 0)
        return answer(cls, x, conn, method);
    if (x->req.body.len + *data_size > EMU_BODY_LIMIT) {
        x->req.too_large = true;
        emu_buf_free(&x->req.body);
    }
    if (!x->req.too_large)
        emu_buf_add(&x->req.body, data, *data_size);
    *data_size = 0;
    return MHD_YES;
}

static void log_nothing(void *cls, const char *fmt, va_list ap)
{
    (void)cls;
    (void)fmt;
    (void)ap;
}

static void connection_changed(void *cls, struct MHD_Connection *conn,
                               void **socket_cls,
                               enum MHD_ConnectionNotificationCode code)
{
    struct emu_server *server = cls;

    (void)socket_cls;
    if (code != MHD_CONNECTION_NOTIFY_STARTED)
        return;
    emu_tickets_attach(server->tickets, conn);
    if (server->style != EMU_STYLE_PLAIN)
        emu_tls_faults_attach(server->bad_tls, server->emu->faults, conn);
}

static struct MHD_Daemon *start_daemon(struct emu_server *server, int fd,
                                       const struct emu_tls *tls)
{
    unsigned flags = MHD_USE_INTERNAL_POLLING_THREAD
                     | MHD_USE_THREAD_PER_CONNECTION | MHD_USE_POLL
                     | MHD_USE_ERROR_LOG | MHD_USE_SUPPRESS_DATE_NO_CLOCK;
    /* The service has switched off what is older; not const, for MHD. */
    char priorities[] = "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2";
    struct MHD_OptionItem items[4] = { { MHD_OPTION_END, 0, NULL } };

    if (server->style != EMU_STYLE_PLAIN) {
        flags |= MHD_USE_TLS;
        items[0] =
            (struct MHD_OptionItem){ MHD_OPTION_HTTPS_MEM_KEY, 0, tls->key };
        items[1] =
            (struct MHD_OptionItem){ MHD_OPTION_HTTPS_MEM_CERT, 0, tls->cert };
        items[2] = (struct MHD_OptionItem){ MHD_OPTION_HTTPS_PRIORITIES, 0,
                                            priorities };
        items[3] = (struct MHD_OptionItem){ MHD_OPTION_END, 0, NULL };
    }
    return MHD_start_daemon(flags, 0, NULL, NULL, handle, server,
                            MHD_OPTION_EXTERNAL_LOGGER, log_nothing, NULL,
                            MHD_OPTION_LISTEN_SOCKET, fd,
                            MHD_OPTION_CONNECTION_LIMIT, MAX_CONNECTIONS,
                            MHD_OPTION_URI_LOG_CALLBACK, exchange_new, NULL,
                            MHD_OPTION_NOTIFY_COMPLETED, exchange_done, NULL,
                            MHD_OPTION_NOTIFY_CONNECTION, connection_changed,
                            server, MHD_OPTION_ARRAY, items, MHD_OPTION_END);
}

struct emu_server *emu_server_start(struct emu *emu, emu_serve_fn *serve,
                                    const struct emu_sockets *sockets,
                                    const struct emu_tls *tls,
                                    enum emu_style style)
{
    struct emu_server *server = emu_xcalloc(1, sizeof(*server));

    server->emu = emu;
    server->serve = serve;
    server->style = style;
    if (style != EMU_STYLE_PLAIN) {
        server->tickets = emu_tickets_new(emu->counters);
        server->bad_tls = emu_tls_faults_new(tls);
    }
    server->daemon[0] = start_daemon(server, sockets->ipv4, tls);
    if (server->daemon[0] != NULL && sockets->ipv6 >= 0)
        server->daemon[1] = start_daemon(server, sockets->ipv6, tls);
    if (server->daemon[0] == NULL
        || (sockets->ipv6 >= 0 && server->daemon[1] == NULL)) {
        fputs("akv-emulator: cannot start a server\n", stderr);
        emu_server_stop(server);
        return NULL;
    }
    return server;
}

void emu_server_stop(struct emu_server *server)
{
    if (server == NULL)
        return;
    for (size_t i = 0; i < 2; i++)
        if (server->daemon[i] != NULL)
            MHD_stop_daemon(server->daemon[i]);
    emu_tickets_free(server->tickets);
    emu_tls_faults_free(server->bad_tls);
    free(server);
}
