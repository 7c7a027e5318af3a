/* SPDX-License-Identifier: Apache-2.0 */
#ifndef EMU_CERT_POLICY_H
#define EMU_CERT_POLICY_H

#include <stdbool.h>

#include <openssl/x509.h>

#include "object.h"

struct json_object;

/*
 * A certificate policy with all that the service fills in, in its order and
 * without an id; the caller puts it. Members that `given` (may be NULL) lacks
 * come from `old` (may be NULL). NULL: *why says what is wrong.
 */
struct json_object *emu_policy_complete(struct json_object *given,
                                        struct json_object *old,
                                        const char **why);
/* What the service derives from a certificate that is imported. */
struct json_object *emu_policy_from_x509(X509 *cert,
                                         const struct emu_material *mat,
                                         const char *content_type);

bool emu_policy_exportable(struct json_object *policy);
const char *emu_policy_content_type(struct json_object *policy);
const char *emu_policy_issuer(struct json_object *policy);
/* The key_ops that the key usages stand for. */
void emu_policy_key_ops(struct json_object *policy,
                        struct emu_settings *settings);

#endif
