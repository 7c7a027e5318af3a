/* SPDX-License-Identifier: Apache-2.0 */
#include <poll.h>
#include <sys/socket.h>

#include <gnutls/gnutls.h>
#include <microhttpd.h>

#include "raw_reply.h"

#define PATIENCE_MS 5000

static bool wait_for(int fd)
{
    struct pollfd p = { fd, POLLOUT, 0 };

    return poll(&p, 1, PATIENCE_MS) == 1;
}

/* session NULL: plain HTTP. */
static void write_all(gnutls_session_t session, int fd, const char *data,
                      size_t len)
{
    while (len > 0) {
        ssize_t n = session == NULL ? send(fd, data, len, MSG_NOSIGNAL)
                                    : gnutls_record_send(session, data, len);

        if (n < 0
            && (session == NULL || n == GNUTLS_E_AGAIN
                || n == GNUTLS_E_INTERRUPTED)
            && wait_for(fd))
            continue;
        if (n <= 0)
            return;
        data += n;
        len -= (size_t)n;
    }
}

static void write_head(struct emu_buf *out, const struct emu_reply *reply)
{
    long long length = (long long)reply->body.len + reply->length_error;

    emu_buf_printf(out, "HTTP/1.1 %u %s\r\n", reply->status,
                   reply->status < 300 ? "OK" : "Error");
    for (size_t i = 0; i < reply->nheaders; i++)
        emu_buf_printf(out, "%s: %s\r\n", reply->header[i].name,
                       reply->header[i].value);
    emu_buf_printf(out, "Content-Length: %lld\r\n\r\n",
                   length < 0 ? 0 : length);
}

/* One at a time: what libmicrohttpd tells, it may tell in the same place. */
static gnutls_session_t session_of(struct MHD_Connection *conn)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(conn, MHD_CONNECTION_INFO_GNUTLS_SESSION);

    return info == NULL ? NULL : (gnutls_session_t)info->tls_session;
}

static int fd_of(struct MHD_Connection *conn)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(conn, MHD_CONNECTION_INFO_CONNECTION_FD);

    return info == NULL ? -1 : info->connect_fd;
}

void emu_raw_reply(struct MHD_Connection *conn, const struct emu_reply *reply)
{
    gnutls_session_t session = session_of(conn);
    int fd = fd_of(conn);
    size_t len = reply->body.len;
    struct emu_buf out = EMU_BUF_INIT;

    if (fd < 0)
        return;
    write_head(&out, reply);
    if (reply->body_limit < len)
        len = reply->body_limit;
    emu_buf_add(&out, emu_buf_str(&reply->body), len);
    write_all(session, fd, out.data, out.len);
    emu_buf_free(&out);
    shutdown(fd, SHUT_RDWR);
}

void emu_raw_reset(int fd)
{
    struct sockaddr nothing = { .sa_family = AF_UNSPEC };

    (void)connect(fd, &nothing, sizeof(nothing));
}
