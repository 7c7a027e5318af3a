/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Only the part between the first two dots is read. An expiry of 0 or less is
 * made 1: 0 says that there is none.
 */

#include <string.h>

#include "base/base64.h"
#include "base/date.h"
#include "base/jwt.h"

#define PAYLOAD_MAX 65536

struct akv_json *akv_jwt_payload(const char *token)
{
    const char *dot = strchr(token, '.'), *end;
    struct akv_buf payload = AKV_BUF_INIT(PAYLOAD_MAX);
    struct akv_json *json = NULL;

    end = dot != NULL ? strchr(dot + 1, '.') : NULL;
    if (end != NULL
        && akv_base64url_decode(dot + 1, (size_t)(end - dot - 1), &payload))
        json = akv_json_parse(akv_buf_str(&payload), payload.len, NULL);
    akv_buf_free(&payload);
    return json;
}

int64_t akv_jwt_expiry(const char *token)
{
    struct akv_json *json = akv_jwt_payload(token);
    const char *text = akv_json_scalar(akv_json_get(json, "exp"));
    int64_t expiry = 0;

    /* Long ago: the difference from now must be a number. */
    if (text != NULL
        && (*text == '-'
            || (akv_date_read(text, false, &expiry) && expiry < 1)))
        expiry = 1;
    akv_json_free(json);
    return expiry;
}
