/* SPDX-License-Identifier: Apache-2.0 */

/* The files that the settings name, read when they can still be reached. */

#ifndef AKV_DEFERRED_FILES_H
#define AKV_DEFERRED_FILES_H

#include "akv/buf.h"
#include "akv/settings.h"

/* What a chrooted process could not read any more. */
enum akv_tool { AKV_TOOL_AZ, AKV_TOOL_AZD, AKV_TOOL_COUNT };

struct akv_deferred_files {
    struct akv_buf ca;                   /* PEM */
    struct akv_buf client_secret;        /* from client-secret-file */
    struct akv_buf client_certificate;   /* PEM or PKCS#12 */
    struct akv_buf certificate_password; /* from its file */
    char *tools[AKV_TOOL_COUNT];         /* paths; NULL: there is none */
};

/*
 * Reads what the settings name, for the caller, who frees it. A file
 * of the service principal that cannot be used is not fatal here: *principal
 * says why, and what is of other credentials is there. NULL: *err says why.
 */
struct akv_deferred_files *
akv_deferred_files_new(const struct akv_settings *settings,
                       struct akv_error *principal, struct akv_error *err);
void akv_deferred_files_free(
    struct akv_deferred_files *files); /* NULL is fine */

#endif
