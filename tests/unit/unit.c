/* SPDX-License-Identifier: Apache-2.0 */

#include <CUnit/Basic.h>
#include <ftw.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/settings_impl.h"
#include "unit.h"

extern char **environ;

static char folder[64];
static pid_t folder_owner;

static bool is_ours(const char *entry)
{
    static const char *const prefixes[] = {
        "AKV_",      "AZURE_",        "HTTPS_PROXY=",  "https_proxy=",
        "NO_PROXY=", "no_proxy=",     "SSL_CERT_DIR=", "SSL_CERT_FILE=",
        "OPENSSL_",  "CURL_CA_BUNDLE"
    };
    size_t i;

    if (strncmp(entry, "AKV_THREADS=", 12)
        == 0) /* the test's, not the host's */
        return false;
    for (i = 0; i < COUNT(prefixes); i++)
        if (strncmp(entry, prefixes[i], strlen(prefixes[i])) == 0)
            return true;
    return false;
}

/* OpenSSL must not read the machine's configuration either. */
static void clean_environment(void)
{
    char name[256];
    size_t i = 0;

    while (environ != NULL && environ[i] != NULL) {
        if (!is_ours(environ[i])) {
            i++;
            continue;
        }
        (void)snprintf(name, sizeof(name), "%.*s",
                       (int)strcspn(environ[i], "="), environ[i]);
        if (unsetenv(name) != 0)
            i++;
    }
    (void)setenv("OPENSSL_CONF", "/dev/null", 1);
}

bool unit_may_thread(void)
{
    const char *threads = getenv("AKV_THREADS");

    return threads == NULL || strcmp(threads, "never") != 0;
}

static int remove_entry(const char *path, const struct stat *status, int flag,
                        struct FTW *ftw)
{
    (void)status;
    (void)flag;
    (void)ftw;
    return remove(path);
}

/* A forked child must not take the parent's folder away. */
static void remove_folder(void)
{
    if (folder[0] != '\0' && folder_owner == getpid())
        (void)nftw(folder, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
    folder[0] = '\0';
}

const char *unit_folder(void)
{
    const char *base = getenv("TMPDIR");

    if (folder[0] != '\0')
        return folder;
    if (base == NULL || strlen(base) > 40)
        base = "/tmp";
    (void)snprintf(folder, sizeof(folder), "%s/akv-unit-XXXXXX", base);
    if (mkdtemp(folder) == NULL) {
        folder[0] = '\0';
        return NULL;
    }
    folder_owner = getpid();
    return folder;
}

const char *unit_file(const char *name, const void *data, size_t len)
{
    static char paths[16][128];
    static unsigned next;
    char *path = paths[next++ % COUNT(paths)];
    FILE *file;

    (void)snprintf(path, sizeof(paths[0]), "%s/%s", unit_folder(), name);
    file = fopen(path, "w");
    if (file == NULL)
        return "";
    if (len > 0 && fwrite(data, 1, len, file) != len)
        len = 0; /* the test will notice that the content is not there */
    return fclose(file) == 0 ? path : "";
}

int unit_main(const char *suite, const struct unit_test *tests, size_t count)
{
    CU_pSuite added;
    size_t i;
    unsigned failed;

    clean_environment();
    if (CU_initialize_registry() != CUE_SUCCESS)
        return EXIT_FAILURE;
    added = CU_add_suite(suite, NULL, NULL);
    for (i = 0; added != NULL && i < count; i++)
        if (CU_add_test(added, tests[i].name, tests[i].fn) == NULL)
            added = NULL;
    if (added == NULL) {
        (void)fprintf(stderr, "%s: %s\n", suite, CU_get_error_msg());
        CU_cleanup_registry();
        return EXIT_FAILURE;
    }
    CU_basic_set_mode(CU_BRM_NORMAL);
    (void)CU_basic_run_tests();
    failed = CU_get_number_of_failures() + CU_get_number_of_suites_failed();
    if (CU_get_number_of_tests_run() != count)
        failed++;
    CU_cleanup_registry();
    remove_folder();
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

bool unit_check(bool ok, const char *file, unsigned line, const char *fmt, ...)
{
    char text[1000];
    va_list ap;

    va_start(ap, fmt);
    (void)vsnprintf(text, sizeof(text), fmt, ap);
    va_end(ap);
    (void)CU_assertImplementation(ok, line, text, file, "", CU_FALSE);
    return ok;
}

bool unit_check_str(const char *file, unsigned line, const char *where,
                    const char *got, const char *want)
{
    bool ok =
        got != NULL && want != NULL ? strcmp(got, want) == 0 : got == want;

    return unit_check(ok, file, line, "%s: \"%s\" instead of \"%s\"", where,
                      got != NULL ? got : "(null)",
                      want != NULL ? want : "(null)");
}

bool unit_check_int(const char *file, unsigned line, const char *where,
                    long long got, long long want)
{
    return unit_check(got == want, file, line, "%s: %lld instead of %lld",
                      where, got, want);
}

bool unit_check_has(const char *file, unsigned line, const char *where,
                    const char *text, const char *part)
{
    bool ok = text != NULL && strstr(text, part) != NULL;

    return unit_check(ok, file, line, "%s: \"%s\" is not in \"%s\"", where,
                      part, text != NULL ? text : "(null)");
}

struct pairs {
    const char *names[32], *values[32];
    size_t count;
};

static const char *conf_value(void *arg, const char *name)
{
    const struct pairs *pairs = arg;
    size_t i;

    for (i = 0; i < pairs->count; i++)
        if (strcmp(pairs->names[i], name) == 0)
            return pairs->values[i];
    return NULL;
}

bool unit_settings(struct akv_settings *settings, struct akv_error *err, ...)
{
    struct pairs pairs = { .count = 0 };
    const struct akv_settings_source source = { conf_value, &pairs };
    const char *name;
    va_list ap;

    va_start(ap, err);
    while ((name = va_arg(ap, const char *)) != NULL
           && pairs.count < COUNT(pairs.names)) {
        pairs.names[pairs.count] = name;
        pairs.values[pairs.count++] = va_arg(ap, const char *);
    }
    va_end(ap);
    return akv_settings_load(settings, &source, err);
}

/* xorshift32 (Marsaglia). */
unsigned unit_random(void)
{
    static uint32_t state = 2463534242u;

    state ^= state << 13;
    state ^= state >> 17;
    state ^= state << 5;
    return state;
}
