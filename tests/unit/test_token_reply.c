/* SPDX-License-Identifier: Apache-2.0 */

/* Tokens in JSON: when they expire, and what will not do. */

#include <string.h>

#include "auth/token_reply.h"
#include "base/jwt.h"
#include "unit.h"

/* What a token reply says: expiry and refresh, as seconds behind 1000. */
static void replies(void)
{
    static const struct {
        const char *text;
        int64_t expires_on, refresh_on; /* 0: there is no token; none */
    } rows[] = {
        { "{\"access_token\":\"t\",\"expires_in\":60}", 1060, 0 },
        { "{\"access_token\":\"t\",\"expires_on\":1070}", 1070, 0 },
        { "{\"access_token\":\"t\",\"expires_on\":\"1070\"}", 1070, 0 },
        { "{\"access_token\":\"t\",\"expires_in\":60,\"expires_on\":1070}",
          1070, 0 },
        { "{\"access_token\":\"t\",\"expires_in\":60,\"expires_on\":\"5/6/2027 "
          "7:00:00 AM +00:00\"}",
          1809586800, 0 },
        { "{\"access_token\":\"t\",\"expires_in\":\"0\",\"expires_on\":1070}",
          1070, 0 },
        { "{\"access_token\":\"t\",\"expires_in\":60,\"expires_on\":900}", 0,
          0 },
        { "{\"access_token\":\"t\",\"expires_on\":1000}", 0, 0 },
        { "{\"access_token\":\"t\",\"expires_in\":60,\"refresh_in\":30}", 1060,
          1030 },
        { "{\"access_token\":\"t\",\"expires_in\":60,\"refresh_on\":\"1020\"}",
          1060, 1020 },
        { "{\"access_token\":\"t\",\"expires_in\":60,\"refresh_in\":30,"
          "\"refresh_on\":1020}",
          1060, 1020 },
        { "{\"access_token\":\"t\",\"expires_in\":60,\"refresh_on\":1060}",
          1060, 0 },
        { "{\"access_token\":\"t\",\"expires_in\":60.5}", 1060, 0 },
        { "{\"access_token\":\"t\",\"expires_in\":\"60.0\"}", 1060, 0 },
        { "{\"access_token\":\"t\",\"expires_on\":\"1070.9\"}", 1070, 0 },
        { "{\"access_token\":\"t\",\"expires_on\":null,\"expires_in\":60}",
          1060, 0 },
        { "{\"access_token\":\"t\",\"expires_on\":\"\",\"expires_in\":60}",
          1060, 0 },
        { "{\"access_token\":\"t\",\"expires_on\":0,\"expires_in\":60}", 1060,
          0 },
        { "{\"access_token\":\"t\",\"expiresOn\":\"1070\"}", 1070, 0 },
        { "{\"access_token\":\"t\",\"expires_in\":-60}", 0, 0 },
        { "{\"access_token\":\"t\",\"expires_in\":\"2027-01-01T00:00:00Z\"}", 0,
          0 },
        { "{\"access_token\":\"t\"}", 0, 0 },
        { "{\"access_token\":\"\",\"expires_in\":60}", 0, 0 },
        { "{\"access_token\":\"t\\r\\nX: y\",\"expires_in\":60}", 0, 0 },
        { "{\"access_token\":\"t t\",\"expires_in\":60}", 0, 0 },
        { "{\"expires_in\":60}", 0, 0 },
        { "[]", 0, 0 },
    };
    size_t i;

    for (i = 0; i < COUNT(rows); i++) {
        struct akv_json *json =
            akv_json_parse(rows[i].text, strlen(rows[i].text), NULL);
        struct akv_token token;

        CHECK_AT(
            rows[i].text,
            (akv_token_read(json, &akv_token_form_oauth, 1000, &token) == NULL)
                == (rows[i].expires_on > 0));
        if (rows[i].expires_on > 0) {
            CHECK_STR(rows[i].text, token.text, "t");
            CHECK_INT(rows[i].text, token.expires_on, rows[i].expires_on);
            CHECK_INT(rows[i].text, token.refresh_on, rows[i].refresh_on);
        }
        akv_json_free(json);
    }
}

/* A token that says itself when it expires: {"exp":1070}. */
#define JWT "e30.eyJleHAiOjEwNzB9.x"

static void says_it_itself(void)
{
    static const char text[] =
        "{\"accessToken\":\"" JWT "\",\"expiresOn\":null}";
    static const struct akv_token_form form = { "accessToken", true };
    struct akv_json *json = akv_json_parse(text, strlen(text), NULL);
    struct akv_token token;

    CHECK("it will do" && akv_token_read(json, &form, 1000, &token) == NULL);
    CHECK_INT("expiry", token.expires_on, 1070);
    CHECK_HAS("expired", akv_token_read(json, &form, 1070, &token),
              "has expired");
    CHECK_HAS("another name",
              akv_token_read(json, &akv_token_form_oauth, 1000, &token),
              "no token of one word");
    akv_json_free(json);
}

static void expiry(void)
{
    static const struct {
        const char *token;
        int64_t want;
    } rows[] = {
        { JWT, 1070 },
        { "e30.eyJleHAiOjEwNzAuNX0.x", 1070 }, /* 1070.5 */
        { "e30.eyJleHAiOi01fQ.x", 1 },         /* -5 */
        { "e30.eyJleHAiOiJzb29uIn0.x", 0 },    /* "soon" */
        { "e30.e30.x", 0 },
        { "e30.!.x", 0 },
        { "e30.eyJleHAiOjEwNzB9", 0 },
        { "opaque", 0 },
        { "", 0 },
    };
    size_t i;

    for (i = 0; i < COUNT(rows); i++)
        CHECK_INT(rows[i].token, akv_jwt_expiry(rows[i].token), rows[i].want);
}

int main(void)
{
    static const struct unit_test tests[] = {
        { "replies", replies },
        { "a token that says it itself", says_it_itself },
        { "expiry of JSON Web Tokens", expiry },
    };

    return unit_main("token_reply", tests, COUNT(tests));
}
