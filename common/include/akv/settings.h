/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Settings, by their names in openssl.cnf: which there are, their defaults and
 * their environment variables is in provider-keyvault(7), and
 * akv_settings_info() lists them.
 *
 *     settings = akv_settings_new();
 *     if (settings == NULL || !akv_settings_read_environment(settings, &err)
 *         || !akv_settings_set(settings, "timeout", "5s", &err))
 *         ...
 *     client = akv_client_new(settings);
 *
 * A client copies them. One object is for one thread at a time.
 */

#ifndef AKV_SETTINGS_H
#define AKV_SETTINGS_H

#include <stdbool.h>
#include <stddef.h>

#include "buf.h"
#include "error.h"

#ifdef __cplusplus
extern "C" {
#endif

struct akv_settings;

/* The defaults, and nothing else. NULL: no memory. */
struct akv_settings *akv_settings_new(void);

/* Wipes and frees. NULL is fine. */
void akv_settings_free(struct akv_settings *settings);

/*
 * Takes over what the environment says (AKV_TIMEOUT, AZURE_CLIENT_ID and so
 * on), in the place of what was set before. A variable that is empty counts as
 * not set. Nothing is read where the program has rights that its caller has
 * not (set-user-ID; secure_getenv(3)). False, with the first fault in *err
 * (AKV_E_CONFIG); what it is in keeps its value, the others are taken over.
 */
bool akv_settings_read_environment(struct akv_settings *settings,
                                   struct akv_error *err);

/*
 * Sets one; value is copied and checked, and NULL brings the default back. No
 * file is opened yet. False: there is none of that name (AKV_E_INVALID), or
 * the value will not do (AKV_E_CONFIG, with what is expected); it stays as it
 * was.
 */
bool akv_settings_set(struct akv_settings *settings, const char *name,
                      const char *value, struct akv_error *err);

/* Appends the value as text that akv_settings_set() takes, secrets too; nothing
 * where it has none. False: there is no such setting (AKV_E_INVALID), or no
 * memory. */
bool akv_settings_get(const struct akv_settings *settings, const char *name,
                      struct akv_buf *value, struct akv_error *err);

/* A row of the table, for those who list it (manual, tests, --set). */
struct akv_setting_info {
    const char *name;
    const char *env[4];   /* in order of precedence, NULL behind the last */
    const char *standard; /* the default as text; NULL: none */
    bool secret;          /* the value never appears in a message */
};

/* Row number i of the table, or NULL behind the last. */
const struct akv_setting_info *akv_settings_info(size_t i);

/*
 * Calls fn for each variable of the environment that is called AKV_ and is no
 * setting: somebody else's (Kubernetes makes such for a service named akv), or
 * misspelt. meant: the setting's variable that it is one letter off; NULL:
 * none. name is borrowed for the call, and cut at 99 characters.
 */
void akv_settings_foreign(void (*fn)(void *arg, const char *name,
                                     const char *meant),
                          void *arg);

#ifdef __cplusplus
}
#endif

#endif
