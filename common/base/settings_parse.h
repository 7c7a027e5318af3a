/* SPDX-License-Identifier: Apache-2.0 */

/* What a setting may say: a reader and a writer for each kind of value. */

#ifndef AKV_SETTINGS_PARSE_H
#define AKV_SETTINGS_PARSE_H

#include <stdbool.h>

#include "akv/buf.h"

struct akv_setting_kind {
    /* Reads value into the member at the given address; false leaves the
     * member usable, mostly as it was, and sets *why to what was expected. */
    bool (*parse)(const char *value, void *member, const char **why);
    /* Appends what parse would read so; nothing if it is not set. */
    bool (*write)(const void *member, struct akv_buf *out);
};

extern const struct akv_setting_kind akv_kind_text, akv_kind_suffix,
    akv_kind_trusted, akv_kind_resolve, akv_kind_authority, akv_kind_time,
    akv_kind_period, akv_kind_wait, akv_kind_count, akv_kind_bool,
    akv_kind_strict_bool, akv_kind_threads, akv_kind_credential, akv_kind_chain,
    akv_kind_endpoint, akv_kind_host, akv_kind_token_proxy,
    akv_kind_api_version, akv_kind_log;

#endif
