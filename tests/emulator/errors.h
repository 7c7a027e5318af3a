/* SPDX-License-Identifier: Apache-2.0 */
#ifndef EMU_ERRORS_H
#define EMU_ERRORS_H

/* The arguments that each message takes are in the comment. */
enum emu_error {
    EMU_E_NO_TOKEN,
    EMU_E_TOKEN_FORM,
    EMU_E_TOKEN_SIGNATURE, /* header */
    EMU_E_TOKEN_AUDIENCE,  /* expected, found */
    EMU_E_TOKEN_ISSUER,    /* expected, found */
    EMU_E_TOKEN_EXPIRED,   /* text of the date */
    EMU_E_TOKEN_NOT_YET,   /* text of the date */
    EMU_E_CLAIMS,
    EMU_E_API_VERSION_ABSENT,
    EMU_E_API_VERSION,   /* version, latest */
    EMU_E_FORBIDDEN,     /* appid, oid, tenant, permission, vault */
    EMU_E_METHOD,        /* method, operation */
    EMU_E_NAME,          /* name */
    EMU_E_NOT_SERVED,    /* method, path */
    EMU_E_VAULT_UNKNOWN, /* host */
    EMU_E_BODY,
    EMU_E_BODY_LARGE, /* limit as text */
    EMU_E_MISSING,    /* property */
    EMU_E_VALUE,      /* property */
    EMU_E_JWK,
    EMU_E_BASE64, /* property */
    EMU_E_TAGS,
    EMU_E_ALG_UNKNOWN, /* alg */
    EMU_E_ALG_TYPE,    /* what, kid, type, alg, types */
    EMU_E_ALG_CURVE,   /* kid, curve, alg, curve */
    EMU_E_ALG_SIZE,    /* kid, alg */
    EMU_E_WRAP_LENGTH, /* alg */
    EMU_E_KTY_MISSING_HSM,
    EMU_E_NAME_HSM,          /* activity id */
    EMU_E_KEY_NOT_FOUND_HSM, /* url, activity id */
    EMU_E_RNG_COUNT,
    EMU_E_POLICY_IMMUTABLE,
    EMU_E_NOT_EXPORTABLE,
    EMU_E_EXPORTABLE,
    EMU_E_EXTERNAL_KEY,
    EMU_E_ATTESTATION,
    EMU_E_RELEASE_POLICY,
    EMU_E_ROTATION,   /* reason */
    EMU_E_LENGTH,     /* property, bytes as text, alg, bytes as text */
    EMU_E_TOO_LONG,   /* property, bytes as text, alg, bytes as text */
    EMU_E_PADDING,    /* OAEP or PKCS1 */
    EMU_E_MAXRESULTS, /* value */
    EMU_E_SKIPTOKEN,
    EMU_E_KEY_NOT_FOUND,            /* name or name/version */
    EMU_E_SECRET_NOT_FOUND,         /* the same */
    EMU_E_CERT_NOT_FOUND,           /* the same */
    EMU_E_DELETED_KEY_NOT_FOUND,    /* name */
    EMU_E_DELETED_SECRET_NOT_FOUND, /* name */
    EMU_E_DELETED_CERT_NOT_FOUND,   /* name */
    EMU_E_IS_DELETED,               /* title, name, noun */
    EMU_E_IN_DELETION,              /* title, name */
    EMU_E_IN_RECOVERY,              /* title, name */
    EMU_E_NOT_DELETED,              /* title, name */
    EMU_E_NAME_TAKEN,               /* name */
    EMU_E_PURGE_PROTECTED,
    EMU_E_RESTORE, /* noun, id, noun six times */
    EMU_E_BACKUP,
    EMU_E_BACKUP_HSM,
    EMU_E_PENDING_NOT_FOUND, /* name */
    EMU_E_CERT_PENDING,
    EMU_E_ISSUER_UNKNOWN, /* name */
    EMU_E_ISSUER_NOT_FOUND,
    EMU_E_CONTACTS_NOT_FOUND,
    EMU_E_X5C,
    EMU_E_X5C_KEY,
    EMU_E_IMPORT,          /* reason */
    EMU_E_SECRET_DISABLED, /* operation */
    EMU_E_SECRET_MANAGED,  /* operation */
    EMU_E_KEY_MANAGED,     /* operation */
    EMU_E_SECRET_SIZE,
    EMU_E_CONTENT_TYPE,
    EMU_E_TRANSFORMATION,    /* from, to */
    EMU_E_KEY_DISABLED,      /* operation */
    EMU_E_KEY_OPERATION,     /* operation */
    EMU_E_KEY_NOT_YET_VALID, /* operation */
    EMU_E_KEY_EXPIRED,       /* operation */
    EMU_E_INTERNAL           /* reason */
};

struct emu_error_row {
    unsigned status;
    const char *code;
    const char *inner;   /* NULL: no innererror */
    const char *message; /* printf format, every argument a string */
};

/* Lives as long as the program. */
const struct emu_error_row *emu_error_row(enum emu_error error);

/* What the service says with a bare status; NULL if there is nothing usual. */
const struct emu_error_row *emu_error_of_status(unsigned status);

#endif
