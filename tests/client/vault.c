/* SPDX-License-Identifier: Apache-2.0 */

#include <curl/curl.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/settings_impl.h"
#include "client/client_impl.h"
#include "vault.h"

static void die(const char *what)
{
    (void)fprintf(stderr, "test vault: %s (%s)\n", what, strerror(errno));
    exit(1);
}

const char *test_vault_ready(const struct test_vault *vault, const char *name)
{
    struct json_object *value;

    if (!json_object_object_get_ex(vault->ready, name, &value))
        die(name);
    return json_object_get_string(value);
}

/* The text in an unnamed file, from which the emulator reads /dev/fd/N. */
static int text_fd(const char *text)
{
    FILE *file = tmpfile();

    if (file == NULL || fputs(text, file) < 0 || fflush(file) != 0)
        die("the seed cannot be written");
    rewind(file);
    return fileno(file);
}

static void run_emulator(const char *path, int seed, int ready)
{
    char seed_path[32], ready_fd[16], parent[16];

    (void)snprintf(seed_path, sizeof(seed_path), "/proc/self/fd/%d", seed);
    (void)snprintf(ready_fd, sizeof(ready_fd), "%d", ready);
    (void)snprintf(parent, sizeof(parent), "%ld", (long)getppid());
    (void)execl(path, path, "--seed", seed_path, "--ready-fd", ready_fd,
                "--parent", parent, "--vault", "vault", "--hsm", "hsm",
                (char *)NULL);
    _exit(127);
}

static void start_emulator(struct test_vault *vault, const char *path,
                           const char *seed)
{
    char line[4096];
    int ends[2], seed_fd = text_fd(seed);
    FILE *ready;

    if (pipe(ends) != 0)
        die("pipe");
    vault->pid = fork();
    if (vault->pid == 0) {
        (void)close(ends[0]);
        run_emulator(path, seed_fd, ends[1]);
    }
    (void)close(ends[1]);
    ready = fdopen(ends[0], "r");
    if (vault->pid < 0 || ready == NULL
        || fgets(line, sizeof(line), ready) == NULL)
        die("the emulator did not start");
    (void)fclose(ready);
    vault->ready = json_tokener_parse(line);
    if (vault->ready == NULL)
        die("the emulator's ready line is not JSON");
}

/* Settings by name: those of the ready file, then the test's own. */
struct conf {
    const struct test_vault *vault;
    const char *const *extra;
};

static const char *conf_value(void *arg, const char *name)
{
    static const char *const from_ready[][2] = {
        { "ca-file", "ca_file" },
        { "tenant-id", "tenant_id" },
        { "client-id", "client_id" },
        { "client-secret", "client_secret" },
        { "authority-host", "authority_url" },
    };
    const struct conf *conf = arg;
    size_t i;

    for (i = 0; conf->extra != NULL && conf->extra[i] != NULL; i += 2)
        if (strcmp(conf->extra[i], name) == 0)
            return conf->extra[i + 1];
    for (i = 0; i < sizeof(from_ready) / sizeof(from_ready[0]); i++)
        if (strcmp(from_ready[i][0], name) == 0)
            return test_vault_ready(conf->vault, from_ready[i][1]);
    return strcmp(name, "trusted-hosts") == 0 ? "localhost" : NULL;
}

void test_vault_start(struct test_vault *vault, const char *emulator,
                      const char *seed, const char *const *extra)
{
    struct conf conf = { vault, extra };
    struct akv_settings_source source = { conf_value, &conf };
    struct akv_error err = AKV_ERROR_INIT;

    memset(vault, 0, sizeof(*vault));
    start_emulator(vault, emulator, seed);
    if (!akv_settings_load(&vault->settings, &source, &err)) {
        (void)fprintf(stderr, "%s\n", err.message);
        die("settings");
    }
    vault->client = akv_client_new_borrowing(&vault->settings, NULL);
    if (vault->client == NULL)
        die("client");
}

void test_vault_stop(struct test_vault *vault)
{
    (void)akv_client_free(vault->client);
    akv_settings_clear(&vault->settings);
    (void)kill(vault->pid, SIGTERM);
    (void)waitpid(vault->pid, NULL, 0);
    (void)json_object_put(vault->ready);
}

static struct akv_id parse(const struct test_vault *vault, const char *uri)
{
    struct akv_error err = AKV_ERROR_INIT;
    struct akv_id id;

    if (!akv_id_parse(&id, uri, &vault->settings, &err)) {
        (void)fprintf(stderr, "%s\n", err.message);
        die(uri);
    }
    return id;
}

struct akv_id test_vault_id(const struct test_vault *vault, const char *url,
                            const char *path)
{
    char uri[256];

    (void)snprintf(uri, sizeof(uri), "akv://%s/%s",
                   test_vault_ready(vault, url) + strlen("https://"), path);
    return parse(vault, uri);
}

struct akv_id test_vault_key(const struct test_vault *vault, const char *name)
{
    char path[160];

    (void)snprintf(path, sizeof(path), "keys/%s", name);
    return test_vault_id(vault, "vault_url", path);
}

static size_t append(char *data, size_t size, size_t count, void *arg)
{
    return akv_buf_append(arg, data, size * count) ? size * count : 0;
}

static void control(const struct test_vault *vault, const char *path,
                    const char *body, struct akv_buf *reply)
{
    CURL *curl = curl_easy_init();
    char url[128];

    (void)snprintf(url, sizeof(url), "http://emulator%s", path);
    (void)curl_easy_setopt(curl, CURLOPT_UNIX_SOCKET_PATH,
                           test_vault_ready(vault, "control_socket"));
    (void)curl_easy_setopt(curl, CURLOPT_URL, url);
    (void)curl_easy_setopt(curl, CURLOPT_FAILONERROR, 1L);
    (void)curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, append);
    (void)curl_easy_setopt(curl, CURLOPT_WRITEDATA, reply);
    if (body != NULL)
        (void)curl_easy_setopt(curl, CURLOPT_POSTFIELDS, body);
    if (curl_easy_perform(curl) != CURLE_OK)
        die(path);
    curl_easy_cleanup(curl);
}

void test_vault_post(const struct test_vault *vault, const char *path,
                     const char *body)
{
    struct akv_buf reply = AKV_BUF_INIT(65536);

    control(vault, path, body, &reply);
    akv_buf_free(&reply);
}

struct json_object *test_vault_log(const struct test_vault *vault)
{
    struct akv_buf reply = AKV_BUF_INIT(64u * 1024 * 1024);
    struct json_object *log;

    control(vault, "/log", NULL, &reply);
    log = json_tokener_parse(akv_buf_str(&reply));
    akv_buf_free(&reply);
    if (log == NULL)
        die("log");
    return log;
}

long test_vault_count(const struct test_vault *vault, const char *operation)
{
    struct akv_buf reply = AKV_BUF_INIT(65536);
    struct json_object *counters, *operations, *count;
    long value = 0;

    control(vault, "/counters", NULL, &reply);
    counters = json_tokener_parse(akv_buf_str(&reply));
    if (!json_object_object_get_ex(counters, "operations", &operations))
        die("counters");
    if (json_object_object_get_ex(operations, operation, &count)
        || json_object_object_get_ex(counters, operation, &count))
        value = (long)json_object_get_int64(count);
    (void)json_object_put(counters);
    akv_buf_free(&reply);
    return value;
}
