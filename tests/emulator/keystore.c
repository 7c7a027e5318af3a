/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Vaults, their keys and the versions of each. One rwlock guards the tables;
 * what is in them is immutable and counted, so it is used outside the lock.
 */

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "clock.h"
#include "keystore.h"
#include "ossl.h"
#include "xmem.h"

struct entry {
    char *name; /* owned, as it was first spelled */
    uint64_t order;
    struct emu_key **version; /* references, oldest first */
    size_t nversions;
};

struct vault {
    char *name;           /* owned */
    struct entry **entry; /* owned, sorted by compare() */
    size_t nentries;
};

struct emu_store {
    pthread_rwlock_t lock;
    struct vault *vault; /* fixed once requests are served */
    size_t nvaults;
};

static const char *const op_names[EMU_MAX_KEY_OPS] = {
    "encrypt",   "decrypt", "sign",   "verify",   "wrapKey",
    "unwrapKey", "import",  "export", "deriveKey"
};

const char *emu_key_op_name(enum emu_key_op op)
{
    return op_names[op];
}

bool emu_key_op_by_name(const char *name, enum emu_key_op *op)
{
    for (size_t i = 0; i < EMU_MAX_KEY_OPS; i++) {
        if (strcasecmp(op_names[i], name) == 0) {
            *op = (enum emu_key_op)i;
            return true;
        }
    }
    return false;
}

static bool name_chars_ok(const char *name)
{
    return name[strspn(name, "0123456789abcdefghijklmnopqrstuvwxyz"
                             "ABCDEFGHIJKLMNOPQRSTUVWXYZ-")]
           == '\0';
}

bool emu_vault_name_ok(const char *name)
{
    size_t len = strlen(name);

    return len >= 3 && len <= 24 && name_chars_ok(name)
           && strstr(name, "--") == NULL;
}

bool emu_object_name_ok(const char *name)
{
    size_t len = strlen(name);

    return len >= 1 && len <= EMU_MAX_NAME && name_chars_ok(name);
}

struct emu_store *emu_store_new(void)
{
    struct emu_store *store = emu_xcalloc(1, sizeof(*store));

    pthread_rwlock_init(&store->lock, NULL);
    return store;
}

static void entry_free(struct entry *entry)
{
    for (size_t i = 0; i < entry->nversions; i++)
        emu_key_free(entry->version[i]);
    free(entry->version);
    free(entry->name);
    free(entry);
}

void emu_store_free(struct emu_store *store)
{
    if (store == NULL)
        return;
    for (size_t i = 0; i < store->nvaults; i++) {
        struct vault *vault = &store->vault[i];

        for (size_t j = 0; j < vault->nentries; j++)
            entry_free(vault->entry[j]);
        free(vault->entry);
        free(vault->name);
    }
    free(store->vault);
    pthread_rwlock_destroy(&store->lock);
    free(store);
}

static struct vault *find_vault(const struct emu_store *store, const char *name)
{
    for (size_t i = 0; i < store->nvaults; i++)
        if (strcasecmp(store->vault[i].name, name) == 0)
            return &store->vault[i];
    return NULL;
}

bool emu_store_add_vault(struct emu_store *store, const char *name)
{
    if (!emu_vault_name_ok(name))
        return false;
    if (find_vault(store, name) != NULL)
        return true;
    store->vault =
        emu_xrealloc(store->vault, store->nvaults + 1, sizeof(*store->vault));
    store->vault[store->nvaults++] =
        (struct vault){ emu_xstrdup(name), NULL, 0 };
    return true;
}

const char *emu_store_vault(const struct emu_store *store, size_t index)
{
    return index < store->nvaults ? store->vault[index].name : NULL;
}

const char *emu_store_find_vault(const struct emu_store *store,
                                 const char *name)
{
    const struct vault *vault = find_vault(store, name);

    return vault == NULL ? NULL : vault->name;
}

/* FNV-1a of the lower-case name: an order that is neither name nor time. */
static uint64_t order_of(const char *name)
{
    uint64_t h = 14695981039346656037u;

    for (; *name != '\0'; name++) {
        unsigned char c = (unsigned char)*name;

        h ^= c >= 'A' && c <= 'Z' ? c + 32u : c;
        h *= 1099511628211u;
    }
    return h;
}

static int compare(const struct entry *entry, uint64_t order, const char *name)
{
    if (entry->order != order)
        return entry->order < order ? -1 : 1;
    return strcasecmp(entry->name, name);
}

/* Index of the first entry that is not before the name. */
static size_t lower_bound(const struct vault *vault, const char *name,
                          bool *found)
{
    uint64_t order = order_of(name);
    size_t low = 0;
    size_t high = vault->nentries;

    while (low < high) {
        size_t mid = low + (high - low) / 2;

        if (compare(vault->entry[mid], order, name) < 0)
            low = mid + 1;
        else
            high = mid;
    }
    *found =
        low < vault->nentries && compare(vault->entry[low], order, name) == 0;
    return low;
}

static struct entry *find_entry(const struct emu_store *store,
                                const char *vault_name, const char *name)
{
    const struct vault *vault = find_vault(store, vault_name);
    bool found = false;
    size_t i = vault == NULL ? 0 : lower_bound(vault, name, &found);

    return found ? vault->entry[i] : NULL;
}

static struct entry *add_entry(struct vault *vault, const char *name)
{
    bool found;
    size_t i = lower_bound(vault, name, &found);
    struct entry *entry;

    if (found)
        return vault->entry[i];
    entry = emu_xcalloc(1, sizeof(*entry));
    entry->name = emu_xstrdup(name);
    entry->order = order_of(name);
    vault->entry =
        emu_xrealloc(vault->entry, vault->nentries + 1, sizeof(struct entry *));
    memmove(vault->entry + i + 1, vault->entry + i,
            (vault->nentries - i) * sizeof(struct entry *));
    vault->entry[i] = entry;
    vault->nentries++;
    return entry;
}

/* Index of the version, NULL: the latest; nversions if it is not there. */
static size_t find_version(const struct entry *entry, const char *version)
{
    size_t i = 0;

    if (version == NULL)
        return entry->nversions - 1;
    while (i < entry->nversions
           && strcasecmp(entry->version[i]->version, version) != 0)
        i++;
    return i;
}

static struct emu_key *key_up_ref(struct emu_key *key)
{
    __atomic_add_fetch(&key->refs, 1, __ATOMIC_RELAXED);
    return key;
}

void emu_key_free(struct emu_key *key)
{
    if (key == NULL || __atomic_sub_fetch(&key->refs, 1, __ATOMIC_ACQ_REL) > 0)
        return;
    emu_material_free(key->mat);
    emu_settings_free(&key->settings);
    free(key);
}

static void settings_copy(struct emu_key_settings *dst,
                          const struct emu_key_settings *src)
{
    *dst = *src;
    if (src->tags != NULL)
        dst->tags = emu_xstrdup(src->tags);
}

struct emu_key *emu_store_add_key(struct emu_store *store, const char *vault,
                                  const char *name, struct emu_material *mat,
                                  const struct emu_key_settings *settings)
{
    struct emu_key *key = emu_xcalloc(1, sizeof(*key));
    struct entry *entry;

    key->refs = 2; /* the store's and the caller's */
    key->mat = mat;
    emu_hex_id(key->version);
    settings_copy(&key->settings, settings);
    key->created = emu_now();
    key->updated = key->created;
    pthread_rwlock_wrlock(&store->lock);
    entry = add_entry(find_vault(store, vault), name);
    strncpy(key->name, entry->name, EMU_MAX_NAME);
    entry->version = emu_xrealloc(entry->version, entry->nversions + 1,
                                  sizeof(struct emu_key *));
    entry->version[entry->nversions++] = key;
    pthread_rwlock_unlock(&store->lock);
    return key;
}

struct emu_key *emu_store_get_key(struct emu_store *store, const char *vault,
                                  const char *name, const char *version)
{
    struct emu_key *key = NULL;
    struct entry *entry;

    pthread_rwlock_rdlock(&store->lock);
    entry = find_entry(store, vault, name);
    if (entry != NULL) {
        size_t i = find_version(entry, version);

        if (i < entry->nversions)
            key = key_up_ref(entry->version[i]);
    }
    pthread_rwlock_unlock(&store->lock);
    return key;
}

static struct emu_key *key_changed(const struct emu_key *old,
                                   emu_settings_fn *change, void *arg)
{
    struct emu_key *key = emu_xcalloc(1, sizeof(*key));

    *key = *old;
    key->refs = 2; /* the store's and the caller's */
    emu_material_up_ref(key->mat);
    settings_copy(&key->settings, &old->settings);
    change(&key->settings, arg);
    key->updated = emu_now();
    return key;
}

struct emu_key *emu_store_update_key(struct emu_store *store, const char *vault,
                                     const char *name, const char *version,
                                     emu_settings_fn *change, void *arg)
{
    struct emu_key *key = NULL;
    struct emu_key *old = NULL;
    struct entry *entry;

    pthread_rwlock_wrlock(&store->lock);
    entry = find_entry(store, vault, name);
    if (entry != NULL) {
        size_t i = find_version(entry, version);

        if (i < entry->nversions) {
            old = entry->version[i];
            key = key_changed(old, change, arg);
            entry->version[i] = key;
        }
    }
    pthread_rwlock_unlock(&store->lock);
    emu_key_free(old);
    return key;
}

static size_t list_keys(const struct vault *vault, const char *marker,
                        struct emu_key **out, size_t max)
{
    size_t n = 0;
    size_t i = 0;
    bool found = false;

    if (marker != NULL)
        i = lower_bound(vault, marker, &found);
    if (found)
        i++;
    for (; i < vault->nentries && n < max; i++) {
        const struct entry *entry = vault->entry[i];

        out[n++] = key_up_ref(entry->version[entry->nversions - 1]);
    }
    return n;
}

static int compare_versions(const void *a, const void *b)
{
    const struct emu_key *const *left = a;
    const struct emu_key *const *right = b;

    return strcmp((*left)->version, (*right)->version);
}

/* Versions are random, so their own order will do. */
static size_t list_versions(const struct entry *entry, const char *marker,
                            struct emu_key **out, size_t max)
{
    struct emu_key **sorted = emu_xcalloc(entry->nversions, sizeof(*sorted));
    size_t n = 0;

    memcpy(sorted, entry->version, entry->nversions * sizeof(*sorted));
    qsort(sorted, entry->nversions, sizeof(*sorted), compare_versions);
    for (size_t i = 0; i < entry->nversions && n < max; i++)
        if (marker == NULL || strcmp(sorted[i]->version, marker) > 0)
            out[n++] = key_up_ref(sorted[i]);
    free(sorted);
    return n;
}

size_t emu_store_list(struct emu_store *store, const char *vault_name,
                      const char *name, const char *marker,
                      struct emu_key **out, size_t max)
{
    size_t n = 0;

    pthread_rwlock_rdlock(&store->lock);
    if (name == NULL) {
        n = list_keys(find_vault(store, vault_name), marker, out, max);
    } else {
        const struct entry *entry = find_entry(store, vault_name, name);

        if (entry != NULL)
            n = list_versions(entry, marker, out, max);
    }
    pthread_rwlock_unlock(&store->lock);
    return n;
}

bool emu_key_may(const struct emu_key *key, enum emu_key_op op)
{
    for (size_t i = 0; i < key->settings.nops; i++)
        if (key->settings.ops[i] == op)
            return true;
    return false;
}

void emu_settings_init(struct emu_key_settings *settings, enum emu_kty kty)
{
    static const enum emu_key_op rsa[] = {
        EMU_KEY_OP_ENCRYPT, EMU_KEY_OP_DECRYPT, EMU_KEY_OP_SIGN,
        EMU_KEY_OP_VERIFY,  EMU_KEY_OP_WRAP,    EMU_KEY_OP_UNWRAP
    };
    static const enum emu_key_op ec[] = { EMU_KEY_OP_SIGN, EMU_KEY_OP_VERIFY };
    const enum emu_key_op *ops = kty == EMU_KTY_RSA ? rsa : ec;
    size_t n = kty == EMU_KTY_RSA ? sizeof(rsa) / sizeof(rsa[0])
                                  : sizeof(ec) / sizeof(ec[0]);

    memset(settings, 0, sizeof(*settings));
    memcpy(settings->ops, ops, n * sizeof(*ops));
    settings->nops = n;
    settings->enabled = true;
    settings->nbf = EMU_NO_TIME;
    settings->exp = EMU_NO_TIME;
}

void emu_settings_free(struct emu_key_settings *settings)
{
    free(settings->tags);
    settings->tags = NULL;
}
