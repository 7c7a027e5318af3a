/* SPDX-License-Identifier: Apache-2.0 */

/* What a JSON Web Token (RFC 7519) says of itself. It is not verified: that is
 * for whom it is meant. */

#ifndef AKV_JWT_H
#define AKV_JWT_H

#include "akv/json.h"

/* The payload, to be freed. NULL: the text is no such token, as access tokens
 * need not be, or there is no memory. */
struct akv_json *akv_jwt_payload(const char *token);

/* Its "exp", seconds since 1970, at least 1; 0: it says none. */
int64_t akv_jwt_expiry(const char *token);

#endif
