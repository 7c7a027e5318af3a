/* SPDX-License-Identifier: Apache-2.0 */

/*
 * As much of YAML as the recorder "VCR" writes: mappings and sequences in
 * block and flow style, plain and quoted scalars over several lines. No
 * anchors, tags, comments, literal blocks or several documents.
 */

#ifndef YAML_H
#define YAML_H

#include <json-c/json.h>

/* Scalars become strings, "null" and nothing become null. The caller puts it.
 */
struct json_object *yaml_parse(const char *text);

#endif
