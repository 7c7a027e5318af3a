/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Errors go through the core (provider-base(7)). Where the libcrypto is shared
 * their texts are loaded by ERR_load_strings(), once: the library number that
 * they go by is not told, but read from the first error.
 */

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/params.h>
#include <stdarg.h>
#include <stdatomic.h>

#include "base/log.h"
#include "err.h"
#include "provctx.h"

static const OSSL_ITEM *get_reasons(size_t *count)
{
    static char memory[] = "out of memory";
    static char bad_uri[] = "malformed key identifier";
    static char bad_setting[] = "bad setting of the provider keyvault";
    static char untrusted[] = "host is not trusted with a token";
    static char authentication[] =
        "authentication failed (try akv login check)";
    static char forbidden[] = "forbidden by the vault";
    static char not_found[] = "not found in the vault";
    static char conflict[] = "conflict in the vault";
    static char throttled[] = "throttled by the vault";
    static char deadline[] = "no answer in time (setting timeout)";
    static char transport[] = "vault cannot be reached";
    static char bad_reply[] = "bad reply of the vault or the authority";
    static char service[] = "refused by the service";
    static char cancelled[] = "cancelled";
    static char no_key[] = "no key";
    static char digest[] = "unsupported digest";
    static char padding[] = "unsupported padding";
    static char salt[] = "unsupported salt length";
    static char length[] = "bad length";
    static char buffer[] = "buffer too small";
    static char signature[] = "bad signature";
    static char key_ops[] = "operation not in key_ops";
    static char decryption[] = "decryption failed";
    static char reference[] = "bad key reference";
    static char generation[] = "bad key generation";
    static char fips[] = "not allowed with fips=yes";
    static char immutable[] = "a key in a vault cannot be changed";
    static char exchange[] = "Key Vault has no key exchange";
    static char private_key[] = "the private key is in a vault";
    static char threads[] = "no thread or process allowed";
    static char descriptors[] = "no descriptors left";
    static char sandbox[] = "forbidden by the sandbox";
    static char chroot[] = "not reachable in this chroot";
    static char name[] = "host name cannot be looked up";
    static char proxy[] = "refused by the proxy (setting proxy)";
    static const OSSL_ITEM reasons[] = {
        { AKV_R_MEMORY, memory },
        { AKV_R_BAD_URI, bad_uri },
        { AKV_R_BAD_SETTING, bad_setting },
        { AKV_R_UNTRUSTED_HOST, untrusted },
        { AKV_R_AUTHENTICATION, authentication },
        { AKV_R_FORBIDDEN, forbidden },
        { AKV_R_NOT_FOUND, not_found },
        { AKV_R_CONFLICT, conflict },
        { AKV_R_THROTTLED, throttled },
        { AKV_R_DEADLINE, deadline },
        { AKV_R_TRANSPORT, transport },
        { AKV_R_BAD_REPLY, bad_reply },
        { AKV_R_SERVICE, service },
        { AKV_R_CANCELLED, cancelled },
        { AKV_R_NO_KEY, no_key },
        { AKV_R_UNSUPPORTED_DIGEST, digest },
        { AKV_R_UNSUPPORTED_PADDING, padding },
        { AKV_R_UNSUPPORTED_SALT, salt },
        { AKV_R_BAD_LENGTH, length },
        { AKV_R_BUFFER_TOO_SMALL, buffer },
        { AKV_R_BAD_SIGNATURE, signature },
        { AKV_R_KEY_OPS, key_ops },
        { AKV_R_DECRYPTION, decryption },
        { AKV_R_BAD_REFERENCE, reference },
        { AKV_R_BAD_GENERATION, generation },
        { AKV_R_FIPS, fips },
        { AKV_R_IMMUTABLE, immutable },
        { AKV_R_NO_EXCHANGE, exchange },
        { AKV_R_NO_PRIVATE_KEY, private_key },
        { AKV_R_THREADS, threads },
        { AKV_R_DESCRIPTORS, descriptors },
        { AKV_R_SANDBOX, sandbox },
        { AKV_R_CHROOT, chroot },
        { AKV_R_NAME, name },
        { AKV_R_PROXY, proxy },
        { 0, NULL },
    };

    *count = sizeof(reasons) / sizeof(reasons[0]) - 1;
    return reasons;
}

const OSSL_ITEM *akv_reason_strings(void)
{
    size_t count;

    return get_reasons(&count);
}

struct akv_reasons {
    struct loaded *_Atomic loaded; /* NULL until the first error */
};

/* What libcrypto knows by our library's number. */
struct loaded {
    struct loaded *next; /* of those that are kept */
    int lib;
    char name[64];          /* the provider's */
    ERR_STRING_DATA rows[]; /* name, reasons, end */
};

static struct loaded *_Atomic kept;

struct akv_reasons *akv_reasons_new(void)
{
    return OPENSSL_zalloc(sizeof(struct akv_reasons));
}

/* While OPENSSL_cleanup() runs libcrypto still has them, but does not say so:
 * they are kept, reachable. Behind it the lock that it would take is gone. */
static void err_unload(struct loaded *loaded)
{
    if (loaded == NULL)
        return;
    if (OPENSSL_init_crypto(0, NULL)) {
        (void)ERR_unload_strings(loaded->lib, loaded->rows);
        OPENSSL_free(loaded);
        return;
    }
    loaded->next = atomic_load(&kept);
    while (!atomic_compare_exchange_weak(&kept, &loaded->next, loaded))
        ;
}

void akv_reasons_free(struct akv_reasons *reasons)
{
    if (reasons != NULL)
        err_unload(atomic_load(&reasons->loaded));
    OPENSSL_free(reasons);
}

static void set_name(const struct akv_provider *prov, struct loaded *loaded)
{
    static char standard[] = "keyvault";
    char *name = NULL;
    OSSL_PARAM params[] = {
        OSSL_PARAM_utf8_ptr(OSSL_PROV_PARAM_CORE_PROV_NAME, &name, 0),
        OSSL_PARAM_END,
    };

    if (prov->core.get_params == NULL
        || !prov->core.get_params(prov->handle, params) || name == NULL)
        name = standard;
    (void)OPENSSL_strlcpy(loaded->name, name, sizeof(loaded->name));
}

/* Which library's number is ours is known from the error alone. */
static void err_load(const struct akv_provider *prov)
{
    int lib = ERR_GET_LIB(ERR_peek_last_error());
    const OSSL_ITEM *items;
    struct loaded *mine, *none = NULL;
    size_t count, i;

    items = get_reasons(&count);
    mine = lib != 0 ? OPENSSL_zalloc(sizeof(*mine)
                                     + (count + 2) * sizeof(mine->rows[0]))
                    : NULL;
    if (mine == NULL)
        return;
    mine->lib = lib;
    set_name(prov, mine);
    mine->rows[0] = (ERR_STRING_DATA){ ERR_PACK(lib, 0, 0), mine->name };
    for (i = 0; i < count; i++)
        mine->rows[i + 1] = (ERR_STRING_DATA){ items[i].id, items[i].ptr };
    /* libcrypto knows a text by its number: only one thread's may get there. */
    if (atomic_compare_exchange_strong(&prov->reasons->loaded, &none, mine))
        (void)ERR_load_strings(lib, mine->rows);
    else
        OPENSSL_free(mine);
}

int akv_raise_at(const struct akv_provider *prov, enum akv_reason reason,
                 const char *file, int line, const char *func, const char *fmt,
                 ...)
{
    va_list ap;

    if (prov->core.new_error == NULL)
        return 0;
    prov->core.new_error(prov->handle);
    prov->core.set_error_debug(prov->handle, file, line, func);
    va_start(ap, fmt);
    prov->core.vset_error(prov->handle, (uint32_t)reason, fmt, ap);
    va_end(ap);
    if (prov->shares_libcrypto && atomic_load(&prov->reasons->loaded) == NULL)
        err_load(prov);
    return 0;
}

enum akv_reason akv_reason_of(const struct akv_error *err)
{
    static const enum akv_reason reasons[] = {
        [AKV_E_NONE] = AKV_R_SERVICE,
        [AKV_E_MEMORY] = AKV_R_MEMORY,
        [AKV_E_INVALID] = AKV_R_BAD_URI,
        [AKV_E_CONFIG] = AKV_R_BAD_SETTING,
        [AKV_E_UNTRUSTED_HOST] = AKV_R_UNTRUSTED_HOST,
        [AKV_E_UNAVAILABLE] = AKV_R_AUTHENTICATION,
        [AKV_E_AUTHENTICATION] = AKV_R_AUTHENTICATION,
        [AKV_E_FORBIDDEN] = AKV_R_FORBIDDEN,
        [AKV_E_NOT_FOUND] = AKV_R_NOT_FOUND,
        [AKV_E_CONFLICT] = AKV_R_CONFLICT,
        [AKV_E_THROTTLED] = AKV_R_THROTTLED,
        [AKV_E_DEADLINE] = AKV_R_DEADLINE,
        [AKV_E_TRANSPORT] = AKV_R_TRANSPORT,
        [AKV_E_CERTIFICATE] = AKV_R_TRANSPORT,
        [AKV_E_PROTOCOL] = AKV_R_BAD_REPLY,
        [AKV_E_SERVICE] = AKV_R_SERVICE,
        [AKV_E_CANCELLED] = AKV_R_CANCELLED,
        [AKV_E_THREADS] = AKV_R_THREADS,
        [AKV_E_DESCRIPTORS] = AKV_R_DESCRIPTORS,
        [AKV_E_SANDBOX] = AKV_R_SANDBOX,
        [AKV_E_CHROOT] = AKV_R_CHROOT,
        [AKV_E_NAME] = AKV_R_NAME,
        [AKV_E_PROXY] = AKV_R_PROXY,
    };

    return reasons[err->code];
}

int akv_raise_error_at(const struct akv_provider *prov,
                       const struct akv_error *err, const char *file, int line,
                       const char *func)
{
    const struct akv_config *config = atomic_load(&prov->config);

    if (config != NULL)
        akv_log_failure(&config->settings, err);
    return akv_raise_at(prov, akv_reason_of(err), file, line, func, "%s",
                        err->message);
}
