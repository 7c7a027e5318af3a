/* SPDX-License-Identifier: Apache-2.0 */
#ifndef EMU_CERT_MAKE_H
#define EMU_CERT_MAKE_H

#include <openssl/x509.h>

#include "jwk.h"

struct json_object;

/* A key as the policy wants it; NULL: OpenSSL. */
struct emu_material *emu_cert_generate_key(struct json_object *policy);

/* PKCS#10 in base64, the caller frees it; NULL: the policy has bad names. */
char *emu_cert_request(struct json_object *policy,
                       const struct emu_material *mat);

/* Self-signed, from 10 minutes ago. NULL: the policy has bad names. */
X509 *emu_cert_self_sign(struct json_object *policy,
                         const struct emu_material *mat);

#endif
