/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "form.h"
#include "xmem.h"

void emu_form_parse(struct emu_form *form, const char *text)
{
    char *save = NULL;

    memset(form, 0, sizeof(*form));
    form->store = emu_xstrdup(text);
    for (char *p = strtok_r(form->store, "&", &save);
         p != NULL && form->nfields < EMU_MAX_FIELDS;
         p = strtok_r(NULL, "&", &save)) {
        struct emu_param *field = &form->field[form->nfields];
        char *value = strchr(p, '=');

        if (value == NULL)
            continue;
        *value++ = '\0';
        if (!emu_percent_decode(p, true) || !emu_percent_decode(value, true))
            continue;
        field->name = p;
        field->value = value;
        form->nfields++;
    }
}

void emu_form_free(struct emu_form *form)
{
    free(form->store);
    memset(form, 0, sizeof(*form));
}

const char *emu_form_get(const struct emu_form *form, const char *name)
{
    for (size_t i = 0; i < form->nfields; i++)
        if (strcmp(form->field[i].name, name) == 0)
            return form->field[i].value;
    return NULL;
}

const char *emu_form_repeated(const struct emu_form *form)
{
    for (size_t i = 0; i < form->nfields; i++)
        for (size_t j = 0; j < i; j++)
            if (strcmp(form->field[i].name, form->field[j].name) == 0)
                return form->field[i].name;
    return NULL;
}
