/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Real replies of the service: every public key, identifier and challenge in a
 * folder of recorded exchanges, which is the program's argument. Skipped where
 * there is none.
 */

#include <dirent.h>
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "akv/jwk.h"
#include "akv/uri.h"
#include "auth/challenge.h"
#include "base/file.h"
#include "base/settings_impl.h"
#include "unit.h"

#define SKIPPED 77

static const char *folder_of_recordings;
static unsigned keys, ids, challenges;

static const char *text_member(struct json_object *object, const char *name)
{
    struct json_object *member;

    if (!json_object_object_get_ex(object, name, &member)
        || !json_object_is_type(member, json_type_string))
        return NULL;
    return json_object_get_string(member);
}

static void look_at_key(const char *file, struct json_object *object)
{
    const char *kty = text_member(object, "kty"), *text;
    struct akv_error err = AKV_ERROR_INIT;
    struct akv_json *json;
    struct akv_jwk jwk;
    bool rsa, ec;

    if (kty == NULL || text_member(object, "kid") == NULL)
        return; /* a request */
    rsa = strncmp(kty, "RSA", 3) == 0 && text_member(object, "n") != NULL;
    ec = strncmp(kty, "EC", 2) == 0 && text_member(object, "x") != NULL;
    if (!rsa && !ec)
        return;
    keys++;
    text = json_object_to_json_string_ext(object, JSON_C_TO_STRING_PLAIN);
    json = akv_json_parse(text, strlen(text), &err);
    CHECK_AT(file, akv_jwk_read(&jwk, json, &err));
    CHECK_STR(file, err.message, "");
    CHECK_INT(file, jwk.type, rsa ? AKV_KEY_RSA : AKV_KEY_EC);
    CHECK_AT(file, jwk.hsm == (strstr(kty, "-HSM") != NULL));
    CHECK_AT(file, rsa ? jwk.n.len >= 256 && jwk.n.len % 128 == 0
                       : jwk.field == akv_curve_field(jwk.curve));
    CHECK_AT(file, jwk.ops != 0);
    akv_jwk_free(&jwk);
    akv_json_free(json);
}

static void look_at_id(const char *file, const char *text)
{
    struct akv_error err = AKV_ERROR_INIT;
    struct akv_id id;

    ids++;
    CHECK_AT(file, akv_id_parse_https(&id, text, &err));
    CHECK_STR(file, err.message, "");
    CHECK_AT(file, id.kind == AKV_KIND_KEY && id.name[0] != '\0');
}

/* Hosts are made up in the recordings, and in some of them resources. */
static bool fits_one(const struct akv_challenge *challenge)
{
    static const char *const hosts[] = { "v.vault.azure.net",
                                         "h.managedhsm.azure.net",
                                         "fakevault.local" };
    size_t i;

    for (i = 0; i < COUNT(hosts); i++)
        if (akv_challenge_fits(challenge, hosts[i]))
            return true;
    return false;
}

static void look_at_challenge(const char *file, const char *text)
{
    struct akv_challenge challenge;
    struct akv_error err = AKV_ERROR_INIT;

    if (strstr(text, "resource=") == NULL)
        return;
    challenges++;
    CHECK_AT(file, akv_challenge_parse(&challenge, text, &err));
    CHECK_STR(file, err.message, "");
    CHECK_AT(file, challenge.tenant[0] != '\0');
    CHECK_AT(file, fits_one(&challenge));
}

static void look_at(const char *file, struct json_object *value);

static void look_at_member(const char *file, const char *name,
                           struct json_object *value)
{
    struct json_object *inner;
    const char *text;

    if (!json_object_is_type(value, json_type_string)) {
        look_at(file, value);
        return;
    }
    text = json_object_get_string(value);
    if (strcmp(name, "kid") == 0 && strncmp(text, "http", 4) == 0)
        look_at_id(file, text);
    else if (strcasecmp(name, "www-authenticate") == 0)
        look_at_challenge(file, text);
    else if (*text == '{' && (inner = json_tokener_parse(text)) != NULL) {
        look_at(file, inner); /* some recorders kept bodies as texts */
        json_object_put(inner);
    }
}

static void look_at(const char *file, struct json_object *value)
{
    size_t i;

    if (json_object_is_type(value, json_type_array)) {
        for (i = 0; i < json_object_array_length(value); i++)
            look_at_member(file, "", json_object_array_get_idx(value, i));
    } else if (json_object_is_type(value, json_type_object)) {
        look_at_key(file, value);
        json_object_object_foreach(value, name, member)
            look_at_member(file, name, member);
    }
}

static int is_json(const struct dirent *entry)
{
    const char *dot = strrchr(entry->d_name, '.');

    return dot != NULL && strcmp(dot, ".json") == 0;
}

static void recordings(void)
{
    struct dirent **entries = NULL;
    int i, count = scandir(folder_of_recordings, &entries, is_json, alphasort);

    for (i = 0; i < count; i++) {
        char path[1000];
        struct json_object *root;

        (void)snprintf(path, sizeof(path), "%s/%s", folder_of_recordings,
                       entries[i]->d_name);
        root = json_object_from_file(path);
        CHECK_AT(entries[i]->d_name, root != NULL);
        look_at(entries[i]->d_name, root);
        json_object_put(root);
        free(entries[i]);
    }
    free(entries);
    (void)printf("%u keys, %u identifiers, %u challenges\n", keys, ids,
                 challenges);
    CHECK(keys > 50 && ids > 50 && challenges > 20);
}

int main(int argc, char **argv)
{
    static const struct unit_test tests[] = {
        { "keys, identifiers, challenges", recordings },
    };
    DIR *dir;

    folder_of_recordings = argc > 1 ? argv[1] : "";
    dir = opendir(folder_of_recordings);
    if (dir == NULL) {
        (void)printf("skipped: no recorded exchanges in '%s'\n",
                     folder_of_recordings);
        return SKIPPED;
    }
    (void)closedir(dir);
    return unit_main("recordings", tests, COUNT(tests));
}
