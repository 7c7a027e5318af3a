/* SPDX-License-Identifier: Apache-2.0 */

/* The files that the settings name, read once. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "auth/deferred_files.h"
#include "base/file.h"
#include "base/settings_impl.h"
#include "transport/tls.h"

#define SECRET_MAX 8192
#define CERTIFICATE_MAX (1024 * 1024)

void akv_deferred_files_free(struct akv_deferred_files *files)
{
    if (files == NULL)
        return;
    akv_buf_free(&files->ca);
    akv_buf_free(&files->client_secret);
    akv_buf_free(&files->client_certificate);
    akv_buf_free(&files->certificate_password);
    free(files->tools[AKV_TOOL_AZ]);
    free(files->tools[AKV_TOOL_AZD]);
    free(files);
}

/* Reads the file that a setting names, if it is set and not unneeded. */
static bool read_setting(const char *setting, const char *path, bool is_text,
                         int64_t ms, struct akv_buf *out, struct akv_error *err)
{
    if (path == NULL)
        return true;
    if (!akv_file_read(path, out, ms))
        return akv_file_explain(err, AKV_E_CONFIG, setting, path);
    if (is_text)
        akv_buf_trim(out);
    if (out->len == 0)
        return akv_error_set(err, AKV_E_CONFIG, "%s: '%s' is empty", setting,
                             path);
    return true;
}

/* Where PATH has it: servers take that away from their workers. */
static char *find_tool(const char *name)
{
    const char *path = secure_getenv("PATH");
    char *file;

    while (path != NULL && *path != '\0') {
        size_t len = strcspn(path, ":");

        if (*path == '/'
            && asprintf(&file, "%.*s/%s", (int)len, path, name) >= 0) {
            if (access(file, X_OK) == 0)
                return file;
            free(file);
        }
        path += len + (path[len] == ':');
    }
    return NULL;
}

static bool read_principal(struct akv_deferred_files *files,
                           const struct akv_settings *settings,
                           struct akv_error *err)
{
    const char *secret = settings->client_secret_file;
    const char *password = settings->client_certificate_password_file;
    const char *certificate = settings->client_certificate;
    int64_t ms = AKV_FILE_MS(settings);

    if (settings->client_secret != NULL)
        secret = NULL;
    if (settings->client_certificate_password != NULL)
        password = NULL;
    if (settings->client_secret != NULL || secret != NULL)
        certificate = password = NULL; /* the secret wins */
    return read_setting("client-secret-file", secret, true, ms,
                        &files->client_secret, err)
           && read_setting("client-certificate", certificate, false, ms,
                           &files->client_certificate, err)
           && read_setting("client-certificate-password-file", password, true,
                           ms, &files->certificate_password, err);
}

struct akv_deferred_files *
akv_deferred_files_new(const struct akv_settings *settings,
                       struct akv_error *principal, struct akv_error *err)
{
    struct akv_deferred_files *files = calloc(1, sizeof(*files));

    if (files == NULL) {
        (void)akv_error_set(err, AKV_E_MEMORY, "no memory for a client");
        return NULL;
    }
    akv_buf_init(&files->ca, AKV_TLS_MAX_PEM);
    akv_buf_init(&files->client_secret, SECRET_MAX);
    akv_buf_init(&files->client_certificate, CERTIFICATE_MAX);
    akv_buf_init(&files->certificate_password, SECRET_MAX);
    if (akv_tls_read_ca(settings, &files->ca, err)) {
        (void)read_principal(files, settings, principal);
        files->tools[AKV_TOOL_AZ] = find_tool("az");
        files->tools[AKV_TOOL_AZD] = find_tool("azd");
        return files;
    }
    akv_deferred_files_free(files);
    return NULL;
}
