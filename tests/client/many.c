/* SPDX-License-Identifier: Apache-2.0 */

/*
 * many akv://VAULT: from one thread, and by one descriptor, the 500 secrets s0,
 * s1, ... (of which sN has the value vN), 32 signatures with the key ec, a list
 * of all secrets and a certificate that is made meanwhile. In what programs may
 * use, and no more.
 */

#include <akv/akv.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#define SECRETS 500
#define SIGNATURES 32

static struct akv_client *client;
static struct akv_poller *poller;
static struct akv_pager *pager;
static struct akv_id cert_id;
static int secrets, signatures, listed;
static bool list_ended, cert_ended;

static void fail(const char *what, const struct akv_error *err)
{
    fprintf(stderr, "many: %s: %s\n", what, err->message);
    exit(1);
}

static void on_secret(void *arg, struct akv_call *call)
{
    struct akv_error err = AKV_ERROR_INIT;
    const int *number = arg;
    struct akv_secret secret;
    char value[16];

    if (!akv_secret_get_result(call, &secret, &err))
        fail("a secret", &err);
    snprintf(value, sizeof(value), "v%d", *number);
    if (strcmp(akv_buf_str(&secret.value), value) != 0)
        fail("another secret's value", &err);
    akv_secret_free(&secret);
    secrets++;
}

static void on_signature(void *arg, struct akv_call *call)
{
    struct akv_buf signature = AKV_BUF_INIT(64);
    struct akv_error err = AKV_ERROR_INIT;

    (void)arg;
    if (!akv_key_sign_result(call, &signature, &err) || signature.len != 64)
        fail("a signature", &err);
    akv_buf_free(&signature);
    signatures++;
}

static void on_page(void *arg, struct akv_call *call)
{
    struct akv_error err = AKV_ERROR_INIT;

    (void)arg;
    if (!akv_pager_fetch_result(pager, call, &err))
        fail("a page", &err);
    while (akv_pager_item(pager) != NULL)
        listed++;
    list_ended = !akv_pager_has_more(pager);
    if (!list_ended)
        akv_call_free(akv_pager_fetch_start(pager, on_page, NULL, &err));
}

static void on_step(void *arg, struct akv_call *call)
{
    struct akv_error err = AKV_ERROR_INIT;

    (void)arg;
    if (!akv_poller_step_result(poller, call, &cert_ended, &err))
        fail("a step", &err);
    if (!cert_ended)
        akv_call_free(akv_poller_step_start(poller, 50, on_step, NULL, &err));
}

static void on_created(void *arg, struct akv_call *call)
{
    struct akv_error err = AKV_ERROR_INIT;
    struct akv_json *operation;

    (void)arg;
    if (!akv_cert_create_result(call, &operation, &err))
        fail("a certificate", &err);
    akv_json_free(operation);
    akv_call_free(akv_poller_step_start(poller, 0, on_step, NULL, &err));
}

static void begin_all(const struct akv_id *vault)
{
    static int numbers[SECRETS];
    unsigned char digest[32] = { 1 };
    struct akv_error err = AKV_ERROR_INIT;
    char *policy = akv_cert_default_policy("CN=many");
    struct akv_id id = *vault;
    int i;

    cert_id = *vault;
    cert_id.kind = AKV_KIND_CERTIFICATE;
    strcpy(cert_id.name, "many");
    id.kind = AKV_KIND_SECRET;
    poller = akv_poller_new(client, AKV_POLL_CREATE, &cert_id);
    pager = akv_pager_new(client, AKV_LIST, &id);
    if (policy == NULL || poller == NULL || pager == NULL)
        fail("memory", &err);
    akv_call_free(akv_cert_create_start(client, &cert_id, policy, NULL,
                                        on_created, NULL, &err));
    free(policy);
    for (i = 0; i < SECRETS; i++) {
        numbers[i] = i;
        snprintf(id.name, sizeof(id.name), "s%d", i);
        akv_call_free(
            akv_secret_get_start(client, &id, on_secret, &numbers[i], &err));
    }
    id.kind = AKV_KIND_KEY;
    strcpy(id.name, "ec");
    for (i = 0; i < SIGNATURES; i++)
        akv_call_free(akv_key_sign_start(client, &id, AKV_ES256, digest,
                                         sizeof(digest), on_signature, NULL,
                                         &err));
    akv_call_free(akv_pager_fetch_start(pager, on_page, NULL, &err));
    if (err.code != AKV_E_NONE)
        fail("begin", &err);
}

int main(int argc, char **argv)
{
    struct akv_error err = AKV_ERROR_INIT;
    struct akv_settings *settings = akv_settings_new();
    struct epoll_event event = { .events = EPOLLIN };
    int epoll = epoll_create1(EPOLL_CLOEXEC), fd;
    struct akv_id vault;

    if (argc != 2 || settings == NULL
        || !akv_settings_read_environment(settings, &err)
        || !akv_id_parse(&vault, argv[1], settings, &err)
        || (client = akv_client_new(settings)) == NULL
        || (fd = akv_client_fd(client, &err)) < 0
        || epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) < 0)
        fail("usage: many akv://VAULT", &err);
    akv_settings_free(settings); /* the client has a copy */
    begin_all(&vault);
    while (secrets < SECRETS || signatures < SIGNATURES || !list_ended
           || !cert_ended) {
        if (epoll_wait(epoll, &event, 1, 60000) != 1)
            fail("nothing happens", &err);
        akv_client_dispatch(client);
    }
    printf("%d secrets, %d signatures, %d listed, certificate %s\n", secrets,
           signatures, listed, akv_poller_status(poller));
    akv_poller_free(poller);
    akv_pager_free(pager);
    akv_client_free(client);
    close(epoll);
    return 0;
}
