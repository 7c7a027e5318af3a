/* SPDX-License-Identifier: Apache-2.0 */

/*
 * certificate akv://VAULT/certificates/NAME SUBJECT: has a self-signed
 * certificate made, follows that in an event loop, and prints its thumbprint.
 * What takes the vault some time is asked for in steps; the pause between two
 * is kept by the library.
 *
 *     cc -o certificate certificate.c $(pkg-config --cflags --libs akv)
 */

#include <akv/akv.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>

struct follow {
    struct akv_client *client;
    struct akv_id id;
    struct akv_poller *poller;
    bool ended;
    struct akv_error err; /* AKV_E_NONE: it is made */
    struct akv_cert cert;
};

static void on_got(void *arg, struct akv_call *call)
{
    struct follow *follow = arg;

    (void)akv_cert_get_result(call, &follow->cert, &follow->err);
    follow->ended = true;
}

static void on_step(void *arg, struct akv_call *call)
{
    struct follow *follow = arg;
    struct akv_call *next;
    bool is_over;

    if (!akv_poller_step_result(follow->poller, call, &is_over, &follow->err)) {
        follow->ended = true;
        return;
    }
    fprintf(stderr, "%s\n", akv_poller_status(follow->poller));
    next = is_over ? akv_cert_get_start(follow->client, &follow->id, on_got,
                                        follow, &follow->err)
                   : akv_poller_step_start(follow->poller, -1, on_step, follow,
                                           &follow->err);
    follow->ended = next == NULL;
    akv_call_free(next);
}

static void on_created(void *arg, struct akv_call *call)
{
    struct follow *follow = arg;
    struct akv_json *operation;
    struct akv_call *next = NULL;

    if (akv_cert_create_result(call, &operation, &follow->err))
        next = akv_poller_step_start(follow->poller, -1, on_step, follow,
                                     &follow->err);
    akv_json_free(operation);
    follow->ended = next == NULL;
    akv_call_free(next);
}

static void follow_to_end(struct follow *follow, const char *subject)
{
    struct pollfd polled = { akv_client_fd(follow->client, &follow->err),
                             POLLIN, 0 };
    char *policy = akv_cert_default_policy(subject);
    struct akv_call *call = NULL;

    if (polled.fd >= 0 && policy != NULL)
        call = akv_cert_create_start(follow->client, &follow->id, policy, NULL,
                                     on_created, follow, &follow->err);
    free(policy);
    follow->ended = call == NULL;
    akv_call_free(call);
    while (!follow->ended) {
        (void)poll(&polled, 1, -1);
        akv_client_dispatch(follow->client);
    }
}

int main(int argc, char **argv)
{
    struct akv_settings *settings = akv_settings_new();
    struct follow follow = { .err = AKV_ERROR_INIT };
    size_t i;
    bool ok;

    if (argc != 3) {
        fprintf(stderr,
                "usage: certificate akv://VAULT/certificates/NAME SUBJECT\n");
        return 2;
    }
    ok = settings != NULL
         && akv_settings_read_environment(settings, &follow.err)
         && akv_id_parse(&follow.id, argv[1], settings, &follow.err)
         && (follow.client = akv_client_new(settings)) != NULL
         && (follow.poller =
                 akv_poller_new(follow.client, AKV_POLL_CREATE, &follow.id))
                != NULL;
    if (ok)
        follow_to_end(&follow, argv[2]);
    ok = ok && follow.err.code == AKV_E_NONE;
    if (ok) {
        for (i = 0; i < follow.cert.x5t.len; i++)
            printf("%02X", follow.cert.x5t.data[i]);
        printf("\n");
    } else {
        fprintf(stderr, "certificate: %s\n", follow.err.message);
    }
    akv_cert_free(&follow.cert);
    akv_poller_free(follow.poller);
    akv_client_free(follow.client);
    akv_settings_free(settings);
    return ok ? 0 : 1;
}
