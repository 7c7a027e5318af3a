/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The run-time log: one line an event, on standard error, in a file, or in the
 * system log, whose socket is opened as the file is.
 *
 * Off unless it is set. Headers and bodies are never logged, and the one place
 * that writes masks anything shaped like a token all the same. Safe from any
 * thread. The file is opened where keys are loaded, since a worker may have no
 * right to, else by the first line; again when it was renamed or removed, as
 * rotation does; and where its descriptor is not ours any more (see fd.h). What
 * cannot be opened is told once on standard error, and takes its place, unless
 * that is another file than it was at akv_log_init().
 */

#ifndef AKV_LOG_H
#define AKV_LOG_H

#include "akv/error.h"
#include "base/settings_impl.h"

struct akv_log;

/* A log as the settings say. The settings must outlive it. NULL: no memory. */
struct akv_log *akv_log_new(const struct akv_settings *settings);
void akv_log_free(struct akv_log *log);

/* Opens the file, if there is to be one. log may not be NULL. */
void akv_log_open(struct akv_log *log);

/* Whether a line of that level would be written; log may be NULL: no. */
bool akv_log_enabled(const struct akv_log *log, enum akv_log_level level);

/* Writes "TIME akv[PID] LEVEL: text". log may be NULL. */
void akv_log_write(struct akv_log *log, enum akv_log_level level,
                   const char *fmt, ...) AKV_PRINTF(3, 4);

/* Overwrites every copy of a secret in len bytes of text, whatever it looks
 * like. NULL, and what is too short to be one, is fine. */
void akv_log_mask_known(char *text, size_t len, const char *secret);

/* Remembers what standard error is, unless it is a network connection. The
 * first call counts: when the module is loaded. */
void akv_log_init(void);

/*
 * Where the setting log is not made: says what has failed on standard error,
 * once for each code and process, for servers that print a reason and no more.
 * Not on a terminal, where a person sees OpenSSL's queue, and not where
 * standard error is another file than it was at akv_log_init().
 */
void akv_log_failure(const struct akv_settings *settings,
                     const struct akv_error *err);

/* Overwrites the text of JSON Web Tokens (eyJ...) with asterisks in place. */
void akv_log_mask(char *text);

#endif
