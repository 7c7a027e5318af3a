/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The run-time log: one line an event, on standard error or in a file.
 *
 * Off by default. Headers and bodies are never logged, and the one place that
 * writes masks anything shaped like a token all the same. Safe from any
 * thread; the file is opened at the first line, not when the log is made.
 */

#ifndef AKV_LOG_H
#define AKV_LOG_H

#include "error.h"
#include "settings.h"

struct akv_log;

/* A log as the settings say. The settings must outlive it. NULL: no memory. */
struct akv_log *akv_log_new(const struct akv_settings *settings);
void akv_log_free(struct akv_log *log);

/* Whether a line of that level would be written; log may be NULL: no. */
bool akv_log_enabled(const struct akv_log *log, enum akv_log_level level);

/* Writes "TIME akv[PID] LEVEL: text". log may be NULL. */
void akv_log_write(struct akv_log *log, enum akv_log_level level,
                   const char *fmt, ...) AKV_PRINTF(3, 4);

/* Overwrites the text of JSON Web Tokens (eyJ...) with asterisks in place. */
void akv_log_mask(char *text);

#endif
