/* SPDX-License-Identifier: Apache-2.0 */

/*
 * What libcrypto does with keys that are in no vault, case by case: a line of
 * results each. passthrough.sh runs the program without our provider and with
 * it in every order; not a line may differ.
 */

#ifndef PASSTHROUGH_H
#define PASSTHROUGH_H

#include <openssl/evp.h>
#include <stddef.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* A key, whole or in part; the names are in the lines. */
struct subject {
    const char *name;
    const char *type; /* "RSA", "RSA-PSS", "EC" */
    EVP_PKEY *pkey;   /* borrowed; not NULL */
    EVP_PKEY *other;  /* borrowed; a whole key of the type, another one */
};

/* --- Lines (report.c) --- */

/* From now on random numbers are the same in every run. */
void use_same_random(void);

/* And come once more from the beginning, as at the beginning of each case. */
void restart_random(void);

/* Begins a case of a subject: what is done, and how (a format). */
void begin(const struct subject *subject, const char *what, const char *fmt,
           ...) __attribute__((format(printf, 3, 4)));

/* Adds to the case: a return code, a size, bytes (by their
 * digest), a text. */
void tell_code(int code);
void tell_size(size_t size);
void tell_bytes(const void *bytes, size_t len);
void tell_text(const char *text);

/* Ends it: prints the reasons on the queue, and empties it. */
void end(void);

/* --- Keys (subjects.c) --- */

/* Calls visit for each subject; they are made of the PEM files rsa.pem,
 * rsa2.pem, ec.pem, ec2.pem and pss.pem of the working directory. */
void each_subject(void (*visit)(const struct subject *subject));

/* --- Cases; each begins and ends lines --- */

void do_signatures(const struct subject *subject);    /* signatures.c */
void do_pss_orders(const struct subject *subject);    /* signatures.c */
void do_composed(const struct subject *subject);      /* composed.c */
void do_ciphers(const struct subject *subject);       /* exchanges.c */
void do_exchanges(const struct subject *subject);     /* exchanges.c */
void do_management(const struct subject *subject);    /* management.c */
void do_parameters(const struct subject *subject);    /* management.c */
void do_encoders(const struct subject *subject);      /* forms.c */
void do_old_functions(const struct subject *subject); /* forms.c */
void do_templates(const struct subject *subject);     /* generation.c */
void do_generation(void);                             /* generation.c */
void do_imports(void);                                /* generation.c */

#endif
