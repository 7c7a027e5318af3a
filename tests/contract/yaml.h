/* SPDX-License-Identifier: Apache-2.0 */

#ifndef YAML_H
#define YAML_H

struct json_object;

/*
 * The YAML that recorders of HTTP write, as JSON: mappings and lists in block
 * and flow style, plain and quoted scalars, folded over lines. Of plain ones,
 * null and whole numbers are told from text. No anchors, tags, block scalars
 * or several documents. NULL: it is something else; the caller puts it.
 */
struct json_object *yaml_parse(const char *text);

#endif
