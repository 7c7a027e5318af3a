/* SPDX-License-Identifier: Apache-2.0 */

/*
 * bench_secrets akv|bare VAULT-URL COUNT IN-FLIGHT: gets the secrets s0, s1,
 * ... of a vault, so many at a time, by the library or by a plain libcurl
 * program (curl_multi, CURLOPT_CAINFO) that reads its token from standard
 * input. The rest of the settings comes from the environment. Prints the rate,
 * and the peak of the memory that the process had. See secrets.sh.
 */

#include <curl/curl.h>
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "akv/secret.h"
#include "base/settings_impl.h"
#include "client/client_impl.h"

#define MAX_IN_FLIGHT 1024

static double now_s(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static long peak_kib(void)
{
    FILE *file = fopen("/proc/self/status", "r");
    char line[256];
    long peak = 0;

    while (file != NULL && fgets(line, sizeof(line), file) != NULL)
        (void)sscanf(line, "VmHWM: %ld", &peak);
    if (file != NULL)
        (void)fclose(file);
    return peak;
}

/* The library. */

struct count {
    sem_t room;
    size_t failures;
};

static void on_done(void *arg, struct akv_call *call)
{
    struct akv_error err = AKV_ERROR_INIT;
    struct count *count = arg;

    if (!akv_call_wait(call, &err)) {
        (void)fprintf(stderr, "%s\n", err.message);
        count->failures++;
    }
    (void)sem_post(&count->room);
}

static size_t run_akv(const char *url, size_t total, size_t in_flight)
{
    struct akv_error err = AKV_ERROR_INIT;
    struct akv_settings settings;
    struct akv_client *client;
    struct count count = { .failures = 0 };
    size_t i;

    (void)sem_init(&count.room, 0, (unsigned)in_flight);
    client = akv_settings_load(&settings, NULL, &err)
                 ? akv_client_new_borrowing(&settings, NULL)
                 : NULL;
    if (client == NULL)
        return total;
    for (i = 0; i < total; i++) {
        struct akv_call *call = NULL;
        struct akv_id id;
        char text[256];

        (void)snprintf(text, sizeof(text), "akv://%s/secrets/s%zu",
                       url + strlen("https://"), i);
        (void)sem_wait(&count.room);
        if (akv_id_parse(&id, text, &settings, &err))
            call = akv_secret_get_start(client, &id, on_done, &count, &err);
        if (call == NULL)
            return total;
        akv_call_free(call);
    }
    for (i = 0; i < in_flight; i++)
        (void)sem_wait(&count.room);
    (void)akv_client_free(client);
    akv_settings_clear(&settings);
    return count.failures;
}

/* A plain libcurl program. */

static size_t on_body(char *data, size_t size, size_t count, void *arg)
{
    (void)data;
    (void)arg;
    return size * count;
}

static void start(CURLM *multi, CURL *easy, const char *url, size_t number)
{
    char text[256];

    (void)snprintf(text, sizeof(text), "%s/secrets/s%zu?api-version=7.5", url,
                   number);
    (void)curl_easy_setopt(easy, CURLOPT_URL, text);
    (void)curl_multi_add_handle(multi, easy);
}

static CURL *make_easy(struct curl_slist *headers)
{
    CURL *easy = curl_easy_init();

    (void)curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers);
    (void)curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
    (void)curl_easy_setopt(easy, CURLOPT_FAILONERROR, 1L);
    (void)curl_easy_setopt(easy, CURLOPT_PROXY, "");
    (void)curl_easy_setopt(easy, CURLOPT_HTTP_VERSION,
                           (long)CURL_HTTP_VERSION_1_1);
    (void)curl_easy_setopt(easy, CURLOPT_CAINFO, getenv("AKV_CA_FILE"));
    return easy;
}

static size_t run_bare(const char *url, size_t total, size_t in_flight)
{
    static char header[16384] = "Authorization: Bearer ";
    size_t used = strlen(header), started = 0, failures = 0;
    struct curl_slist *headers;
    CURLM *multi;
    CURLMsg *msg;
    int running = 0, left;

    if (fgets(header + used, (int)(sizeof(header) - used), stdin) == NULL)
        return total;
    header[strcspn(header, "\n")] = '\0';
    headers = curl_slist_append(NULL, header);
    (void)curl_global_init(CURL_GLOBAL_DEFAULT);
    multi = curl_multi_init();
    (void)curl_multi_setopt(multi, CURLMOPT_MAX_TOTAL_CONNECTIONS,
                            (long)in_flight);
    (void)curl_multi_setopt(multi, CURLMOPT_MAXCONNECTS, (long)in_flight);
    for (; started < in_flight && started < total; started++)
        start(multi, make_easy(headers), url, started);
    do {
        (void)curl_multi_perform(multi, &running);
        while ((msg = curl_multi_info_read(multi, &left)) != NULL) {
            CURL *easy = msg->easy_handle;

            failures += msg->data.result != CURLE_OK;
            (void)curl_multi_remove_handle(multi, easy);
            if (started < total) {
                start(multi, easy, url, started++);
                running++;
            } else {
                curl_easy_cleanup(easy);
            }
        }
        if (running > 0)
            (void)curl_multi_poll(multi, NULL, 0, 1000, NULL);
    } while (running > 0);
    (void)curl_multi_cleanup(multi);
    curl_slist_free_all(headers);
    return failures;
}

int main(int argc, char **argv)
{
    size_t total = argc == 5 ? strtoul(argv[3], NULL, 10) : 0;
    size_t in_flight = argc == 5 ? strtoul(argv[4], NULL, 10) : 0, failures;
    double start_s, elapsed;

    if (in_flight < 1 || in_flight > MAX_IN_FLIGHT || total < in_flight) {
        (void)fprintf(stderr, "usage: bench_secrets akv|bare VAULT-URL COUNT "
                              "IN-FLIGHT\n");
        return 2;
    }
    start_s = now_s();
    failures = (strcmp(argv[1], "akv") == 0 ? run_akv : run_bare)(
        argv[2], total, in_flight);
    elapsed = now_s() - start_s;
    printf("%s: %.0f secrets/s, peak %ld KiB, failures %zu\n", argv[1],
           (double)total / elapsed, peak_kib(), failures);
    return failures == 0 ? 0 : 1;
}
