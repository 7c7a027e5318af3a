/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Operations that go on after the reply: deletion and recovery, which leave an
 * object in transition for seconds, and the creation of a certificate. Begin
 * them by akv_object_delete(), akv_object_recover() or akv_cert_create(); a
 * poller then asks until the end is reached.
 *
 * A poller is for one thread at a time. Errors as in object.h.
 */

#ifndef AKV_POLLER_H
#define AKV_POLLER_H

#include "call.h"
#include "object.h"

#ifdef __cplusplus
extern "C" {
#endif

enum akv_poll {
    AKV_POLL_DELETE,  /* until the deleted object can be read */
    AKV_POLL_RECOVER, /* until the object can be read again */
    AKV_POLL_CREATE,  /* until the certificate's operation has ended */
    AKV_POLL_PURGE    /* until the deleted object is gone */
};

struct akv_poller;

/* Asks nothing yet. client is borrowed. NULL: no memory. */
struct akv_poller *akv_poller_new(struct akv_client *client, enum akv_poll poll,
                                  const struct akv_id *id);
/* What the vault is doing goes on. NULL is fine. */
void akv_poller_free(struct akv_poller *poller);

/*
 * Asks once, after the pause that is due (none the first time, then 2 s, or
 * 5 s for certificates; delay_ms < 0 leaves it so, else it replaces the
 * pause). *is_over tells whether the end is reached; "forbidden" is one too for
 * all but creation, since the right to read may be missing. A
 * certificate whose creation failed or was cancelled is AKV_E_SERVICE, with
 * the issuer's words. Three ways, as in call.h; one step at a time.
 */
bool akv_poller_step(struct akv_poller *poller, int64_t delay_ms, bool *is_over,
                     struct akv_error *err);
struct akv_call *akv_poller_step_start(struct akv_poller *poller,
                                       int64_t delay_ms, akv_done_fn *done,
                                       void *arg, struct akv_error *err);
bool akv_poller_step_result(struct akv_poller *poller, struct akv_call *call,
                            bool *is_over, struct akv_error *err);

/* What the last step found: "deleting", "inProgress" and the like. */
const char *akv_poller_status(const struct akv_poller *poller);

/* Called between steps with the milliseconds since the first; false ends the
 * wait with AKV_E_CANCELLED. */
typedef bool akv_progress_fn(void *arg, const char *status, int64_t ms);

/* Steps until the end, or until limit_ms have passed (AKV_E_DEADLINE; the
 * operation itself goes on in the vault). progress may be NULL. */
bool akv_poller_wait(struct akv_poller *poller, int64_t limit_ms,
                     akv_progress_fn *progress, void *arg,
                     struct akv_error *err);

#ifdef __cplusplus
}
#endif

#endif
