/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include <gnutls/gnutls.h>
#include <microhttpd.h>

#include "counters.h"
#include "tls_session.h"
#include "xmem.h"

struct emu_tickets {
    gnutls_datum_t key;            /* owned by GnuTLS' allocator */
    struct emu_counters *counters; /* borrowed */
};

static struct emu_counters *_Atomic hook_counters;

struct emu_tickets *emu_tickets_new(struct emu_counters *counters)
{
    struct emu_tickets *tickets = emu_xcalloc(1, sizeof(*tickets));

    tickets->counters = counters;
    hook_counters = counters;
    if (gnutls_session_ticket_key_generate(&tickets->key) < 0)
        tickets->key.data = NULL;
    return tickets;
}

void emu_tickets_free(struct emu_tickets *tickets)
{
    if (tickets == NULL)
        return;
    gnutls_free(tickets->key.data);
    free(tickets);
}

/* The client's Finished ends a handshake, full or resumed, 1.2 or 1.3. */
static int finished(gnutls_session_t session, unsigned type, unsigned when,
                    unsigned incoming, const gnutls_datum_t *msg)
{
    (void)type;
    (void)when;
    (void)msg;
    if (incoming != 0)
        emu_count_event(hook_counters, gnutls_session_is_resumed(session) != 0
                                           ? EMU_COUNT_TLS_RESUMED
                                           : EMU_COUNT_TLS_FULL);
    return 0;
}

void emu_tickets_attach(struct emu_tickets *tickets,
                        struct MHD_Connection *conn)
{
    const union MHD_ConnectionInfo *info;
    gnutls_session_t session;

    if (tickets == NULL)
        return;
    emu_count_event(tickets->counters, EMU_COUNT_TCP_ACCEPTS);
    info = MHD_get_connection_info(conn, MHD_CONNECTION_INFO_GNUTLS_SESSION);
    if (info == NULL)
        return;
    session = (gnutls_session_t)info->tls_session;
    gnutls_handshake_set_hook_function(session, GNUTLS_HANDSHAKE_FINISHED,
                                       GNUTLS_HOOK_POST, finished);
    if (tickets->key.data != NULL)
        gnutls_session_ticket_enable_server(session, &tickets->key);
}
