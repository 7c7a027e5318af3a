/* SPDX-License-Identifier: Apache-2.0 */
#ifndef EMU_FORM_H
#define EMU_FORM_H

#include <stddef.h>

#include "target.h"

#define EMU_MAX_FIELDS 24

/* A body of type application/x-www-form-urlencoded. */
struct emu_form {
    char *store; /* owned; the strings below point into it */
    struct emu_param field[EMU_MAX_FIELDS];
    size_t nfields;
};

/* What cannot be decoded is left out. */
void emu_form_parse(struct emu_form *form, const char *text);
void emu_form_free(struct emu_form *form);
const char *emu_form_get(const struct emu_form *form, const char *name);
/* A name that comes twice, NULL if none does. */
const char *emu_form_repeated(const struct emu_form *form);

#endif
