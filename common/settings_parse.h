/* SPDX-License-Identifier: Apache-2.0 */

/* What a setting may say: a reader for each kind of value. */

#ifndef AKV_SETTINGS_PARSE_H
#define AKV_SETTINGS_PARSE_H

#include <stdbool.h>

/* Reads value into the member at the given address; false leaves the member
 * usable, mostly as it was, and sets *why to what was expected. */
typedef bool akv_parse_fn(const char *value, void *member, const char **why);

akv_parse_fn akv_parse_text, akv_parse_suffix, akv_parse_trusted,
    akv_parse_resolve, akv_parse_authority, akv_parse_time, akv_parse_period,
    akv_parse_wait, akv_parse_count, akv_parse_bool, akv_parse_strict_bool,
    akv_parse_threads, akv_parse_credential, akv_parse_chain,
    akv_parse_endpoint, akv_parse_host, akv_parse_token_proxy,
    akv_parse_api_version, akv_parse_log;

#endif
