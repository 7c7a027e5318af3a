/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Texts may quote anybody, and end in terminals and logs: each is cut to its
 * room and made printable, and a message does not end within a character. No
 * memory is allocated for them here, since lack of it is told this way, too.
 */

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "akv/error.h"
#include "base/printable.h"

/* A text that was cut must not end within a character. */
static void end_at_character(char *s, size_t size)
{
    size_t len = strlen(s), start = len;

    if (len + 1 < size)
        return;
    while (start > 0 && len - start < 4 && (s[start - 1] & 0xc0) == 0x80)
        start--;
    if (start > 0 && (unsigned char)s[start - 1] >= 0xc0)
        s[start - 1] = '\0';
}

static void error_copy_text(char *dst, size_t size, const char *src)
{
    (void)snprintf(dst, size, "%s", src != NULL ? src : "");
    akv_make_printable(dst);
}

bool akv_error_set(struct akv_error *err, enum akv_error_code code,
                   const char *fmt, ...)
{
    va_list ap;

    if (err == NULL)
        return false;
    memset(err, 0, sizeof(*err));
    err->code = code;
    va_start(ap, fmt);
    (void)vsnprintf(err->message, sizeof(err->message), fmt, ap);
    va_end(ap);
    end_at_character(err->message, sizeof(err->message));
    akv_make_printable(err->message);
    return false;
}

void akv_error_set_reply(struct akv_error *err, long http_status,
                         const char *service_code, const char *inner_code,
                         const char *request_id)
{
    if (err == NULL)
        return;
    err->http_status = http_status;
    error_copy_text(err->service_code, sizeof(err->service_code), service_code);
    error_copy_text(err->inner_code, sizeof(err->inner_code), inner_code);
    error_copy_text(err->request_id, sizeof(err->request_id), request_id);
}

const char *akv_error_name(enum akv_error_code code)
{
    static const char *const names[] = {
        [AKV_E_NONE] = "none",
        [AKV_E_MEMORY] = "memory",
        [AKV_E_INVALID] = "invalid",
        [AKV_E_CONFIG] = "configuration",
        [AKV_E_UNTRUSTED_HOST] = "untrusted-host",
        [AKV_E_UNAVAILABLE] = "unavailable",
        [AKV_E_AUTHENTICATION] = "authentication",
        [AKV_E_FORBIDDEN] = "forbidden",
        [AKV_E_NOT_FOUND] = "not-found",
        [AKV_E_CONFLICT] = "conflict",
        [AKV_E_THROTTLED] = "throttled",
        [AKV_E_DEADLINE] = "deadline",
        [AKV_E_TRANSPORT] = "transport",
        [AKV_E_CERTIFICATE] = "certificate",
        [AKV_E_PROTOCOL] = "protocol",
        [AKV_E_SERVICE] = "service",
        [AKV_E_CANCELLED] = "cancelled",
        [AKV_E_THREADS] = "threads",
        [AKV_E_DESCRIPTORS] = "descriptors",
        [AKV_E_SANDBOX] = "sandbox",
        [AKV_E_CHROOT] = "chroot",
        [AKV_E_NAME] = "name",
        [AKV_E_PROXY] = "proxy",
    };

    if ((size_t)code >= sizeof(names) / sizeof(names[0]))
        return "unknown";
    return names[code];
}
