/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include <gnutls/gnutls.h>
#include <microhttpd.h>

#include "tls_faults.h"
#include "xmem.h"

struct emu_tls_faults {
    gnutls_certificate_credentials_t cred[EMU_TLS_BAD]; /* owned; may be NULL */
};

static gnutls_datum_t datum(const char *text)
{
    char *data = emu_xstrdup(text);

    return (gnutls_datum_t){ (unsigned char *)data, (unsigned)strlen(data) };
}

static void load(gnutls_certificate_credentials_t *cred,
                 const struct emu_tls_pair *pair)
{
    gnutls_datum_t cert = datum(pair->cert);
    gnutls_datum_t key = datum(pair->key);

    if (gnutls_certificate_allocate_credentials(cred) < 0
        || gnutls_certificate_set_x509_key_mem(*cred, &cert, &key,
                                               GNUTLS_X509_FMT_PEM)
               < 0)
        *cred = NULL;
    free(cert.data);
    free(key.data);
}

struct emu_tls_faults *emu_tls_faults_new(const struct emu_tls *tls)
{
    struct emu_tls_faults *bad = emu_xcalloc(1, sizeof(*bad));

    for (size_t i = 0; i < EMU_TLS_BAD; i++)
        if (tls->bad[i].cert != NULL && tls->bad[i].key != NULL)
            load(&bad->cred[i], &tls->bad[i]);
    return bad;
}

void emu_tls_faults_free(struct emu_tls_faults *bad)
{
    if (bad == NULL)
        return;
    for (size_t i = 0; i < EMU_TLS_BAD; i++)
        if (bad->cred[i] != NULL)
            gnutls_certificate_free_credentials(bad->cred[i]);
    free(bad);
}

static gnutls_session_t session_of(struct MHD_Connection *conn)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(conn, MHD_CONNECTION_INFO_GNUTLS_SESSION);

    return info == NULL ? NULL : (gnutls_session_t)info->tls_session;
}

void emu_tls_faults_attach(const struct emu_tls_faults *bad,
                           struct emu_faults *faults,
                           struct MHD_Connection *conn)
{
    enum emu_tls_fault fault = emu_faults_tls(faults);
    gnutls_session_t session = session_of(conn);
    const union MHD_ConnectionInfo *info;

    if (fault == EMU_TLS_GOOD || session == NULL)
        return;
    if (fault == EMU_TLS_CLOSED) {
        info = MHD_get_connection_info(conn, MHD_CONNECTION_INFO_CONNECTION_FD);
        if (info != NULL)
            shutdown(info->connect_fd, SHUT_RDWR);
    } else if (bad->cred[fault - EMU_TLS_EXPIRED] != NULL) {
        gnutls_credentials_set(session, GNUTLS_CRD_CERTIFICATE,
                               bad->cred[fault - EMU_TLS_EXPIRED]);
    }
}
