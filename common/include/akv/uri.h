/* SPDX-License-Identifier: Apache-2.0 */

/*
 * What names a thing in a vault: akv:// URIs, which people write, and https
 * identifiers, which the service writes. Both become a struct akv_id; nothing
 * that did not pass through here reaches a URL.
 */

#ifndef AKV_URI_H
#define AKV_URI_H

#include <stdbool.h>

#include "buf.h"
#include "error.h"

#ifdef __cplusplus
extern "C" {
#endif

struct akv_settings;

enum akv_kind {
    AKV_KIND_VAULT, /* the vault itself: everything in it */
    AKV_KIND_KEY,
    AKV_KIND_SECRET,
    AKV_KIND_CERTIFICATE
};

#define AKV_NAME_MAX 127 /* characters of a name or a version */

struct akv_id {
    enum akv_kind kind;
    char host[256];                 /* lower case; IPv6 in brackets */
    unsigned port;                  /* 443 when the text has none */
    char name[AKV_NAME_MAX + 1];    /* empty: the collection */
    char version[AKV_NAME_MAX + 1]; /* empty: the current one */
};

/*
 * Parses akv://HOST[:PORT][/keys|secrets|certificates[/NAME[/VERSION]]] and
 * the forms of other Key Vault modules for OpenSSL: managedhsm:VAULT:NAME and
 * vault:VAULT:NAME, both with an optional ?version=VERSION, and
 * akv:[type=managedhsm,]vault=VAULT,name=NAME[,version=VERSION]; and the
 * service's identifier, https://HOST[:PORT]/COLLECTION/NAME[/VERSION].
 *
 * A HOST with neither dot nor port that trusted-hosts does not list is a
 * vault's name and gets the configured suffix; an empty one is the default
 * vault, which may be a URL. On failure the message names the offending part;
 * *id is undefined.
 */
bool akv_id_parse(struct akv_id *id, const char *uri,
                  const struct akv_settings *settings, struct akv_error *err);

/* Parses the service's identifier https://HOST[:PORT]/COLLECTION/NAME[/VER]. */
bool akv_id_parse_https(struct akv_id *id, const char *url,
                        struct akv_error *err);

/* "keys", "secrets", "certificates"; "" for the vault itself. */
const char *akv_kind_collection(enum akv_kind kind);

/* Appends "HOST" or "HOST:PORT" when the port is not 443. */
bool akv_id_append_host(const struct akv_id *id,
                        struct akv_buf *out) AKV_MUST_CHECK;

/* Appends the akv:// URI, which akv_id_parse() reads as the same whatever the
 * settings say: with the full host, and its port where that tells it from a
 * vault's name. */
bool akv_id_append_uri(const struct akv_id *id,
                       struct akv_buf *out) AKV_MUST_CHECK;

/* Whether a text is a valid name or version. */
bool akv_name_valid(const char *name);

#ifdef __cplusplus
}
#endif

#endif
